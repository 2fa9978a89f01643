"""Opportunities: found, made, moved, won and lost; pipelines and the reasons why something is lost."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.categories import OPPORTUNITIES
from trunkline.connectors.ghl.custom_fields import ASKED, GIVEN, OPPORTUNITY, Entries, attached, entries, merged
from trunkline.connectors.ghl.declaring import Looked, declared, first, gone_is_done, items_of
from trunkline.connectors.ghl.operations.searching import OPPORTUNITY_ANSWER, SEARCH, named
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.connectors.ghl.same import agrees, lost_fields
from trunkline.connectors.ghl.spelling import well_spelled
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, list_of, nullable, number, record, text

_UPDATED: Final = "updatedAt"
FIELDS_READ: Final = calls.FIELDS_READ

_STATUS: Final = text("How it stands", choices=("open", "won", "lost", "abandoned"))
"""The description has `all` too, which is a word for searches."""

_FIELDS: Final[dict[str, Schema]] = {"status": _STATUS, "customFields": calls.FIELDS["customFields"]}
_PROOF: Final = ("name", "pipelineStageId", "status")
"""What must agree, as far as it was sent, before one that is found is taken for the one a lost create made."""


def _holding(**more: Schema) -> Schema:
    fields = {"opportunity": OPPORTUNITY_ANSWER, "unwritten": list_of(text(), "What was sent and is not there"), **more}
    return record(fields, required=("opportunity",), open=True)


def _one(key: str, id: str, title: str, **facts: Any) -> Operation:
    described: dict[str, Any] = {"record": "opportunity", "id_field": "id", "updated_field": _UPDATED, "output": _holding(), **facts}
    return declared(key, id, title, OPPORTUNITIES, **described)


# ── written with custom fields by name ───────────────────────────────────────────────────────────────────────────────

_GET: Final = _one("GET /opportunities/{id}", "opportunities.get", "Get Opportunity")
_CREATE: Final = _one("POST /opportunities/", "opportunities.create", "Create Opportunity", add=_FIELDS)
_UPDATE: Final = _one("PUT /opportunities/{id}", "opportunities.update", "Update Opportunity", add=_FIELDS)
_UPSERT: Final = _one(
    "POST /opportunities/upsert",
    "opportunities.upsert",
    "Upsert Opportunity",
    # the description forgot the contact, types the value as an object, and needs followers of every opportunity
    add={"contactId": text("Whose it is"), "status": _STATUS, "monetaryValue": number(), "followers": list_of(text("User id"))},
    required=("pipelineId",),
    defaults={"followers": [], "isRemoveAllFollowers": False, "followersActionType": "add"},
)


async def get(caller: Caller, input: JSONObject) -> JSON:
    return await named(caller, await caller.call(_GET, {"id": input["id"]}), "opportunity", input)


async def create(caller: Caller, input: JSONObject) -> JSON:
    made = await _entries(caller, input)
    return await _finished(caller, as_object(await caller.call(_CREATE, merged(input, made))), input, made)


async def update(caller: Caller, input: JSONObject) -> JSON:
    made = await _entries(caller, input)
    return await _finished(caller, as_object(await caller.call(_UPDATE, merged(_without_location(input), made))), input, made)


async def upsert(caller: Caller, input: JSONObject) -> JSON:
    """The vendor's upsert takes no custom fields: they are written to what it made or found."""
    made = await _entries(caller, input)
    plain = {name: value for name, value in input.items() if name not in ("custom_fields", "customFields")}
    answer = as_object(await caller.call(_UPSERT, plain))
    return await _finished(caller, await _with_fields(caller, answer, input, made), input, made)


async def _with_fields(caller: Caller, answer: JSONObject, input: JSONObject, made: Entries) -> JSONObject:
    fields = merged({name: input[name] for name in ("customFields",) if name in input}, made)
    if not fields:
        return answer
    id = as_object(answer.get("opportunity")).get("id")
    return {**answer, **as_object(await caller.call(_UPDATE, {"id": id, **fields}))}


def _without_location(input: JSONObject) -> JSONObject:
    """An update is not told the sub-account; here it says whose custom fields are meant."""
    return {name: value for name, value in input.items() if name != "locationId"}


async def _entries(caller: Caller, input: JSONObject) -> Entries:
    return await entries(caller, input.get("custom_fields"), OPPORTUNITY, location=input.get("locationId"))


async def _finished(caller: Caller, answer: JSONObject, input: JSONObject, made: Entries) -> JSON:
    """The answer with its files attached, its custom fields by name, and what the vendor left out."""
    opportunity = as_object(answer.get("opportunity"))
    if made.files:
        more = await attached(caller, made, opportunity.get("id"), location=input.get("locationId"))
        answer = {**answer, **as_object(await caller.call(_UPDATE, {"id": opportunity.get("id"), "customFields": [*more]}))}
    missing = made.called(await _unwritten(caller, merged(input, made), as_object(answer.get("opportunity"))))
    return as_object(await named(caller, {**answer, "unwritten": [*missing]}, "opportunity", input))


async def _unwritten(caller: Caller, sent: JSONObject, held: JSONObject) -> list[str]:
    """What was sent and is not held: the opportunity is read back when its answer lacks something."""
    missing = _lost(sent, held)
    if not missing or not held.get("id"):
        return missing
    again = as_object(await caller.call(_GET, {"id": held["id"]}))
    return _lost(sent, as_object(again.get("opportunity")))


def _lost(sent: JSONObject, held: JSONObject) -> list[str]:
    plain = [name for name in (*_PROOF, "monetaryValue", "assignedTo") if not agrees(held, sent, (name,))]
    return plain + lost_fields(as_list(sent.get("customFields")), held)


# ── after a lost answer ──────────────────────────────────────────────────────────────────────────────────────────────


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The contact's opportunity in that pipeline with the same name, stage and status; what comes after a create is done now."""
    found = await _like(caller, input)
    return None if found is None else await _finished(caller, {"opportunity": found}, input, await _entries(caller, input))


async def find_upserted(caller: Caller, input: JSONObject) -> JSON | None:
    """With an id a repeat overwrites with the same; without one the vendor does not say what it goes by."""
    found = None if input.get("id") or not input.get("contactId") else await _like(caller, input)
    if found is None:
        return None
    made = await _entries(caller, input)
    return await _finished(caller, await _with_fields(caller, {"opportunity": found}, input, made), input, made)


async def _like(caller: Caller, input: JSONObject) -> JSONObject | None:
    asked = {name: input[name] for name in ("contactId", "pipelineId", "locationId") if name in input}
    return await first(caller, SEARCH, asked, lambda one: agrees(one, input, _PROOF))


# ── the operations ───────────────────────────────────────────────────────────────────────────────────────────────────


def _taking(operation: Operation, call: Any, *, location: bool = False, **facts: Any) -> Operation:
    """The operation with custom fields by name beside those by id."""

    def takes() -> Schema:
        fields = as_object(operation.input["properties"])
        more: dict[str, JSON] = {"custom_fields": GIVEN, **({"locationId": text()} if location else {})}
        return {**operation.input, "properties": {**fields, **more}}

    return replace(operation, call=call, takes=takes, scopes=(*operation.scopes, *SEARCH.scopes), **facts)


LIST_LOST_REASONS: Final = declared(
    "GET /opportunities/lost-reason",
    "opportunities.list_lost_reasons",
    "List Lost Reasons",
    OPPORTUNITIES,
    add={"limit": size(), "skip": start()},
    items="lostReasons",
    id_field="id",
    updated_field=_UPDATED,
    next_page=by_offset("lostReasons", offset="skip", usual=100, total="total"),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    SEARCH,
    replace(
        _GET,
        call=get,
        takes=record({"id": text(min_length=1), "custom_fields": ASKED, "locationId": text()}, required=("id",)),
        scopes=(*_GET.scopes, *FIELDS_READ),
    ),
    declared(
        "GET /opportunities/pipelines",
        "opportunities.list_pipelines",
        "List Pipelines",
        OPPORTUNITIES,
        about="With their stages",
        output=items_of(
            record(
                {
                    **{name: text() for name in ("id", "name", "locationId")},
                    "stages": list_of(record({"id": text(), "name": text(), "position": number()}, open=True)),
                },
                required=("id",),
                open=True,
            ),
            "pipelines",
        ),
        items="pipelines",
        id_field="id",
    ),
    _taking(_CREATE, create, repeat=Looked(find_created, SEARCH)),
    _taking(_UPDATE, update, location=True),
    gone_is_done(declared("DELETE /opportunities/{id}", "opportunities.delete", "Delete Opportunity", OPPORTUNITIES)),
    well_spelled(
        declared(
            "PUT /opportunities/{id}/status",
            "opportunities.update_status",
            "Update Opportunity Status",
            OPPORTUNITIES,
            about="Won, lost and why (opportunities.list_lost_reasons), abandoned or open again",
            add={"status": _STATUS},
        )
    ),
    _taking(
        _UPSERT,
        upsert,
        about="Changes the one with this id, or what the contact has in this pipeline; else makes one",
        gives=_holding(new=nullable(boolean())),
        repeat=Looked(find_upserted, SEARCH),
    ),
    declared(
        "POST /opportunities/{id}/followers",
        "opportunities.add_followers",
        "Add Followers",
        OPPORTUNITIES,
        about="Users, by their ids",
        repeat="safe",
    ),
    declared(
        "DELETE /opportunities/{id}/followers",
        "opportunities.remove_followers",
        "Remove Followers",
        OPPORTUNITIES,
        about="Some users, or all of them",
        add={"followers": list_of(text("User id"))},
        defaults={"followers": []},
    ),
    LIST_LOST_REASONS,
)
