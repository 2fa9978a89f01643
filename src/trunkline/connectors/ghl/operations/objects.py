"""Custom objects, and their records with properties by name."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.categories import OBJECTS
from trunkline.connectors.ghl.custom_fields import ASKED, NAMED, properties, properties_by_name
from trunkline.connectors.ghl.declaring import Looked, declared, first, gone_is_done, items_of, unidentified
from trunkline.connectors.ghl.paging import counted, last
from trunkline.connectors.ghl.same import agrees
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, integer, list_of, number, one_of, record, text

READ: Final = ("objects/record.readonly", *calls.FIELDS_READ)
WRITE: Final = ("objects/record.write", *calls.FIELDS_READ)
"""The description names no scope for some of the records' calls; those of their neighbours are these."""

_USUAL: Final = 20
_KEY: Final = text("custom_objects.… as objects.list tells it, or business", min_length=1)
_GIVEN: Final = record({}, about='Properties by name or key: {"Breed": "Collie"}; null clears one', open=True)
_PEOPLE: Final[dict[str, Schema]] = {
    "owner": list_of(text("User id"), "At most one", max_items=1),
    "followers": list_of(text("User id"), "At most ten", max_items=10),
}
_RECORD: Final = record(
    {
        "id": text(),
        **{name: list_of(text("User id")) for name in _PEOPLE},
        "properties": record({}, about="By key, as the vendor has them", open=True),
        "custom_fields": NAMED,
        **{name: text("ISO 8601") for name in ("dateAdded", "dateUpdated", "createdAt", "updatedAt")},
    },
    required=("id",),
    open=True,
)
"""The description types the properties as text and shows an object."""

_ALL: Final = "/objects/{schemaKey}/records"
_ONE: Final = "/objects/{schemaKey}/records/{id}"


def _record(key: str, id: str, title: str, **facts: Any) -> Operation:
    described: dict[str, Any] = {
        "record": "record",
        "id_field": "id",
        "updated_field": "dateUpdated",
        "output": record({"record": _RECORD}, required=("record",), open=True),
        **facts,
    }
    return declared(key, id, title, OBJECTS, add={"schemaKey": _KEY, **described.pop("add", {})}, **described)


_FIELDS: Final[dict[str, Schema]] = {"locationId": text(), "properties": _GIVEN, **_PEOPLE}
"""What a record is written with. The description has an empty body; its pages on the portal name these."""

_SEARCH: Final = _record(
    f"POST {_ALL}/search",
    "objects.search_records",
    "Search Records",
    kind="read",
    about="Words in the properties that can be searched, or name:Buddy for one of them",
    add={
        "page": integer(minimum=1),
        "pageLimit": integer("How many at once", minimum=1, maximum=100),
        "searchAfter": list_of(one_of(text(), number())),
    },
    required=("schemaKey", "locationId", "page", "pageLimit", "query"),
    defaults={"page": 1, "pageLimit": _USUAL, "query": ""},
    record=None,
    output=items_of(_RECORD, "records", total=number()),
    items="records",
    updated_field="updatedAt",
    scopes=READ,
)
_GET: Final = _record(f"GET {_ONE}", "objects.get_record", "Get Record", scopes=READ)
_CREATE: Final = _record(
    f"POST {_ALL}",
    "objects.create_record",
    "Create Record",
    add=_FIELDS,
    leave_out=("body",),
    required=("schemaKey", "locationId", "properties"),
    call={"whole": False, "options": {"locationId": "location"}},
    scopes=WRITE,
)
_UPDATE: Final = _record(
    f"PUT {_ONE}",
    "objects.update_record",
    "Update Record",
    about="Changes the properties that are named and keeps the others",
    add=_FIELDS,
    leave_out=("body",),
    required=("schemaKey", "id", "locationId"),
    call={"whole": False},
    scopes=WRITE,
)

# ── properties by name ───────────────────────────────────────────────────────────────────────────────────────────────


async def search(caller: Caller, input: JSONObject) -> JSON:
    answer = as_object(await caller.call(_SEARCH, _plain(input)))
    if not input.get("custom_fields"):
        return answer
    return {**answer, "records": [await _named(caller, as_object(one), input) for one in as_list(answer.get("records"))]}


async def get(caller: Caller, input: JSONObject) -> JSON:
    answer = as_object(await caller.call(_GET, {name: input[name] for name in ("schemaKey", "id")}))
    return {**answer, "record": await _named(caller, as_object(answer.get("record")), input)} if input.get("custom_fields") else answer


async def create(caller: Caller, input: JSONObject) -> JSON:
    return await caller.call(_CREATE, await _with_keys(caller, input))


async def update(caller: Caller, input: JSONObject) -> JSON:
    return await caller.call(_UPDATE, await _with_keys(caller, input))


def _plain(input: JSONObject) -> JSONObject:
    return {name: value for name, value in input.items() if name != "custom_fields"}


async def _with_keys(caller: Caller, input: JSONObject) -> JSONObject:
    if "properties" not in input:
        return input
    made = await properties(caller, input["properties"], str(input["schemaKey"]), location=input.get("locationId"))
    return {**input, "properties": made}


async def _named(caller: Caller, found: JSONObject, input: JSONObject) -> JSONObject:
    told = await properties_by_name(caller, found.get("properties"), str(input["schemaKey"]), location=input.get("locationId"))
    return {**found, "custom_fields": told}


def _next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
    """From the place of the last one where it tells it, else by number; over when a page is not full."""
    found = len(as_list(as_object(answer).get("records")))
    if not found or found < counted(input.get("pageLimit"), _USUAL):
        return None
    after = last(answer, "records").get("searchAfter")
    following: JSONObject = {**input, "page": counted(input.get("page"), 1) + 1}
    return {**following, "searchAfter": after} if after else following


SEARCH: Final = replace(
    _SEARCH,
    call=search,
    takes=lambda: {**_SEARCH.input, "properties": {**as_object(_SEARCH.input["properties"]), "custom_fields": ASKED}},
    next_page=_next_page,
)


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The record that holds everything that was sent."""
    sent = as_object((await _with_keys(caller, input)).get("properties"))
    wanted = tuple(name for name, value in sent.items() if isinstance(value, str | int | float) and value != "")
    if not wanted:
        raise unidentified(SEARCH, ("properties",))
    asked: JSONObject = {**{name: input[name] for name in ("schemaKey", "locationId") if name in input}, "pageLimit": 100}
    found = await first(caller, SEARCH, asked, lambda one: agrees(_bare(one, input), sent, wanted))
    return None if found is None else {"record": found}


def _bare(one: JSONObject, input: JSONObject) -> JSONObject:
    """Properties without the object's own key in front."""
    prefix = f"{input['schemaKey']}."
    return {name.removeprefix(prefix): value for name, value in as_object(one.get("properties")).items()}


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LIST: Final = declared(
    "GET /objects/", "objects.list", "List Objects", OBJECTS, items="objects", id_field="id", updated_field="dateUpdated"
)


def _object(key: str, id: str, title: str, **facts: Any) -> Operation:
    return declared(key, id, title, OBJECTS, record="object", id_field="id", updated_field="dateUpdated", **facts)


async def find_object(caller: Caller, input: JSONObject) -> JSON | None:
    """The object with the key a lost create would have made: the vendor puts `custom_objects.` before it where it is left out."""
    key = str(input["key"]).removeprefix("custom_objects.")
    found = await first(caller, LIST, {}, lambda one: str(one.get("key")).removeprefix("custom_objects.") == key)
    return None if found is None else {"object": found}


OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    _object(
        "GET /objects/{key}",
        "objects.get",
        "Get Object",
        about="Its labels, and with fetchProperties what its records can hold",
        defaults={"fetchProperties": "true"},
    ),
    _object(
        "POST /objects/",
        "objects.create",
        "Create Object",
        about="A kind of record of one's own",
        repeat=Looked(find_object, LIST),
    ),
    _object("PUT /objects/{key}", "objects.update", "Update Object"),
    SEARCH,
    replace(
        _GET,
        call=get,
        takes=record(
            {"schemaKey": _KEY, "id": text(min_length=1), "locationId": text(), "custom_fields": ASKED}, required=("schemaKey", "id")
        ),
    ),
    replace(_CREATE, call=create, repeat=LookFirst(find_created), scopes=(*WRITE, *READ[:1])),
    replace(_UPDATE, call=update),
    gone_is_done(_record(f"DELETE {_ONE}", "objects.delete_record", "Delete Record", record=None, scopes=WRITE)),
)
