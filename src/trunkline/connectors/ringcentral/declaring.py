"""How the operations of this vendor are declared: from the official facts, with ids as text and pages that find their next one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, NextPage, Operation
from trunkline.connectors.ringcentral.facts import ENDPOINTS
from trunkline.model.errors import RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, integer, list_of, one_of, record, text

ACCOUNT: Final = "/restapi/v1.0/account/{accountId}"
EXTENSION: Final = f"{ACCOUNT}/extension/{{extensionId}}"

ID: Final = one_of(text(pattern="^[0-9]{1,20}$"), integer(minimum=0), about="As text or as a number: the vendor has both")
IDS: Final = one_of(ID, list_of(ID, min_items=1, max_items=50), about="One, or several at once")


def declared(key: str, id: str, title: str, category: str, **facts: Any) -> Operation:
    """The operation on an official endpoint; `facts` are those of `Endpoints.operation`. An id in its path may be text or a number."""
    ids: dict[str, Schema] = {one.name: ID for one in ENDPOINTS[key].parameters if one.place == "path" and _is_number(one.schema)}
    add: dict[str, Schema] = {**ids, **facts.pop("add", {})}
    told: dict[str, Any] = {"sample": f"{id}.json", **facts}
    return ENDPOINTS.operation(key, id=id, title=title, category=category, add=add, **told)


def listed(key: str, id: str, title: str, category: str, **facts: Any) -> Operation:
    """A list in pages, whose records have an id."""
    return declared(key, id, title, category, **{"items": "records", "id_field": "id", "next_page": by_page(), **facts})


def composed(operation: Operation, perform: Callable[[Caller, JSONObject], Any], **facts: Any) -> Operation:
    """The same operation, carried out by `perform`."""
    return replace(operation, call=perform, **facts)


def _is_number(schema: Schema) -> bool:
    inner = as_object(schema.get("items")) or schema
    return schema.get("type") == "integer" or inner.get("format") == "int64"


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_page() -> NextPage:
    """The next number while there is more: `navigation` has a next page, or the total says so, or neither is told and the page is full.

    The vendor leaves out either on some lists (facts page, "Basics").
    """

    def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
        page = as_object(answer)
        found, paging = as_list(page.get("records")), as_object(page.get("paging"))
        number = _whole(paging.get("page")) or _whole(input.get("page")) or 1
        return {**input, "page": number + 1} if found and _is_more(page, paging, input, number, len(found)) else None

    return next_page


def _is_more(answer: JSONObject, paging: JSONObject, input: JSONObject, number: int, found: int) -> bool:
    if as_object(answer.get("navigation")).get("nextPage"):
        return True
    if (pages := _whole(paging.get("totalPages"))) is not None:
        return number < pages
    if answer.get("navigation"):
        return False
    size = _whole(paging.get("perPage")) or _whole(input.get("perPage"))
    return size is not None and found >= size


def _whole(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# ── sync ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_OLD_TOKEN: Final = ("CLG-101", "CLG-102", "CLG-103", "CLG-104", "CLG-105", "MSG-333")
_TOKEN_FIELD: Final = "synctoken"  # noqa: S105 - the name of a field


def starts_over(refusal: RejectedError) -> bool:
    """Whether a sync token is refused: it is too old, or more has changed than it can tell."""
    said = refusal.message
    return any(code in said for code in _OLD_TOKEN) or (refusal.status == 400 and _TOKEN_FIELD in said.lower())


def full(input: JSONObject) -> JSONObject:
    """The same sync from its beginning."""
    return {**{name: value for name, value in input.items() if name not in ("syncToken", "pageId")}, "syncType": "FSync"}


def syncing(operation: Operation, **facts: Any) -> Operation:
    """A sync that starts over by itself when its token is refused. A token is enough: it makes the sync incremental."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        token = input.get("syncToken")
        asked = {"syncType": "ISync" if token else "FSync", **input}
        try:
            return await caller.call(operation, asked)
        except RejectedError as refusal:
            if not token or not starts_over(refusal):
                raise
            return await caller.call(operation, full(input))

    return composed(operation, perform, **facts)


def token_of(answer: JSON) -> str | None:
    """The token for the next sync, in an answer of this one."""
    token = as_object(as_object(answer).get("syncInfo")).get("syncToken")
    return token if isinstance(token, str) and token else None


# ── read, merge, write ───────────────────────────────────────────────────────────────────────────────────────────────


def merging(reading: Operation, writing: Operation, names: Sequence[str]) -> Callable[[Caller, JSONObject], Any]:
    """A PUT that changes what is given and sends the rest as it is: the vendor clears what is left out.

    Objects such as addresses are merged by field. Nothing is sent when nothing differs. Runs that change the same record take turns.
    """

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        where = {name: value for name, value in input.items() if name not in names}
        async with caller.memory.turn(f"{writing.id} {sorted(where.items(), key=str)}"):
            current = as_object(await caller.call(reading, where))
            body = {name: merged(current.get(name), input.get(name)) for name in names if name in input or current.get(name) is not None}
            if all(body[name] == current.get(name) for name in body):
                return dict(current)
            return await caller.call(writing, {**where, **body})

    return perform


def merged(before: JSON, given: JSON) -> JSON:
    """`given` over `before`, field by field; null is for a field that was not mentioned."""
    if isinstance(before, dict) and isinstance(given, dict):
        return {name: merged(before.get(name), given.get(name)) for name in {**before, **given}}
    return before if given is None else given


# ── ids as text ──────────────────────────────────────────────────────────────────────────────────────────────────────


def plain(value: JSON) -> JSON:
    """The same value with every id as text: the vendor has them as text in some places and as 64-bit numbers in others."""
    if isinstance(value, dict):
        return {name: _text(item) if name == "id" or name.endswith("Id") else plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _text(value: JSON) -> JSON:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else plain(value)


def text_in(value: JSON) -> JSON:
    """A text or an id; None for all else, so that a flow gets what the schema promises."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def plain_object(value: JSON) -> JSONObject:
    return as_object(plain(value))


def ids_as_text(schema: Schema) -> Schema:
    """The schema of what `plain` makes."""
    changed: Schema = dict(schema)
    if isinstance(fields := schema.get("properties"), dict):
        changed["properties"] = {name: _id_schema(name, as_object(field)) for name, field in fields.items()}
    if isinstance(items := schema.get("items"), dict):
        changed["items"] = ids_as_text(items)
    for word in ("anyOf", "oneOf"):
        if isinstance(ways := schema.get(word), list):
            changed[word] = [ids_as_text(as_object(way)) for way in ways]
    return changed


def _id_schema(name: str, field: Schema) -> Schema:
    is_id = name == "id" or name.endswith("Id")
    return {"type": "string"} if is_id and field.get("type") in ("integer", "number") else ids_as_text(field)


GONE: Final = record({"existed": {"type": "boolean"}}, required=("existed",))


def gone_is_done(operation: Operation) -> Operation:
    """A delete of what is already gone is done, so that a repeat after a lost answer is harmless."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        try:
            await caller.call(operation, input)
        except RejectedError as refusal:
            if refusal.status != 404:
                raise
            return {"existed": False}
        return {"existed": True}

    return composed(operation, perform, gives=GONE, repeat="safe")
