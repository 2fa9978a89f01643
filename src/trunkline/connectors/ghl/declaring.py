"""How the operations of this vendor are declared: from the official facts, with what the connection knows filled in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connect.pages import pages
from trunkline.connectors.ghl.answers import says_missing
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.same import same
from trunkline.connectors.ghl.spelling import told
from trunkline.model.errors import OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, boolean, record

_MOST_PAGES: Final = 20


def declared(
    key: str,
    id: str,
    title: str,
    category: str,
    *,
    asked: tuple[str, ...] = (),
    defaults: Mapping[str, JSON] | None = None,
    call: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Operation:
    """The operation on an official endpoint; `facts` are those of `Endpoints.operation`.

    `asked` names inputs that are not filled although the connection knows a value: a sub-account that is acted upon. `defaults` are more
    of what is sent when nothing is said.
    """
    filled = {"defaults": dict(defaults)} if defaults else {}
    repeat = facts.get("repeat")
    if isinstance(repeat, Looked):
        own = facts.get("scopes", ENDPOINTS[key].scopes)
        facts["scopes"] = (*own, *(scope for scope in repeat.reading.scopes if scope not in own))
    facts = {"sample": f"{id}.json", **facts}
    return ENDPOINTS.operation(key, id=id, title=title, category=category, asked=asked, call={**filled, **(call or {})}, **facts)


# ── around a call ────────────────────────────────────────────────────────────────────────────────────────────────────


def around(
    operation: Operation,
    *,
    before: Callable[[JSONObject], JSONObject] | None = None,
    after: Callable[[JSON], JSON] | None = None,
    **facts: Any,
) -> Operation:
    """The same call with its input put into the vendor's words and its answer into ours."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        answer = await caller.call(operation, before(input) if before else input)
        return after(answer) if after else answer

    return replace(operation, call=perform, **facts)


_GONE: Final = record({"existed": boolean("False when it was gone already")}, required=("existed",), open=True)


def gone_is_done(operation: Operation) -> Operation:
    """A delete for which what is already gone counts as done, so that a repeat after a lost answer is harmless."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        try:
            return {**as_object(told(await caller.call(operation, input))), "existed": True}
        except RejectedError as refusal:
            if not says_missing(refusal):
                raise
            return {"existed": False}

    return replace(operation, call=perform, gives=_GONE, repeat="safe")


# ── after a lost answer ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Looked(LookFirst):
    """Before a repeat a list is read; whoever writes then needs the scopes to read it as well."""

    reading: Operation


def listed(
    reading: Operation,
    *fields: str,
    within: tuple[str, ...] = (),
    wrap: str | None = None,
    asking: Callable[[JSONObject], JSONObject] | None = None,
) -> Looked:
    """Look for what a lost create made: the record of the list `reading` that agrees with what was sent in all of `fields`.

    `within` are inputs handed on to the list, `asking` makes the rest of its input. Fields that were not sent do not count; when none of
    them was sent, a person has to look. What was there before with the same content is taken for it: rather one too few than one too many.
    """

    async def find(caller: Caller, input: JSONObject) -> JSON | None:
        sent = {name: input[name] for name in fields if input.get(name) not in (None, "", [])}
        if not sent:
            raise unidentified(reading, fields)
        asked = {**{name: input[name] for name in within if name in input}, **(asking(input) if asking else {})}
        found = await first(caller, reading, asked, lambda item: all(_held(item.get(name), value) for name, value in sent.items()))
        return found if found is None or wrap is None else {wrap: found}

    return Looked(find, reading)


def _held(held: JSON, sent: JSON) -> bool:
    """Numbers that were sent as text come back as numbers."""
    plain = isinstance(held, str | int | float) and isinstance(sent, str | int | float)
    return same(held, sent) or (plain and same(str(held), str(sent)))


async def first(caller: Caller, reading: Operation, input: JSONObject, fits: Callable[[JSONObject], bool]) -> JSONObject | None:
    """The first item of a list that fits. A list with no end in sight proves nothing: then a person has to look."""
    read = 0
    async for page in pages(caller, reading, input):
        for item in map(as_object, page):
            if fits(item):
                return item
        read += 1
        if read >= _MOST_PAGES and len(page):
            raise _undecided(reading, f"it is not among the first {read} pages of a longer list")
    return None


def unidentified(reading: Operation, fields: tuple[str, ...]) -> OutcomeUnknownError:
    return _undecided(reading, f"nothing identifies what was sent: it has none of {', '.join(fields)}")


def _undecided(reading: Operation, why: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"whether it was done cannot be told: {why}",
        hint=f"Look for it with ghl.{reading.id}, then mark the write as done or repeat it.",
        connector="ghl",
    )


# ── what an answer holds ─────────────────────────────────────────────────────────────────────────────────────────────


def items_of(item: Schema, name: str, **more: Schema) -> Schema:
    """The schema of an answer with a list under `name`."""
    return record({name: {"type": "array", "items": item}, **more}, required=(name,), open=True)


def items_under(answer: JSON, name: str) -> JSONObject:
    """The answer with a list under `name`, where the description is at odds with what comes: a list alone, one record, one in a field."""
    if isinstance(answer, list):
        return {name: answer, "total": len(answer)}
    found = as_object(answer)
    if name in found:
        inner = found[name]
        return {**found, name: inner if isinstance(inner, list) else [inner] if inner else []}
    alone = [found] if "id" in found or "_id" in found else []
    return {name: [*alone], "total": len(alone)}
