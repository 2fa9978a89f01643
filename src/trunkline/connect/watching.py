"""Every read can be a trigger: a read operation, how often and how far it is read, and what of its answer counts as news."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from trunkline.connect.declaration import Call, Caller, Operation, Poll, Trigger, Walk, Window
from trunkline.model.clock import SECOND, Instant, from_iso, iso, later
from trunkline.model.connection import Account
from trunkline.model.errors import RejectedError
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path
from trunkline.model.schema import Schema, integer, nullable, number, record, text

News = Literal["new", "changed", "record"]
"""new: an id that was not there · changed: new, or its timestamp moved, or without timestamps anything of it · record: anything of the one
record that is read."""

_SIZES: Final = ("limit", "pageLimit", "pageSize", "perPage", "per_page", "maxResults")
_BEGINNINGS: Final = ("skip", "offset")
_PLACES: Final = ("page", "pageToken", "page_token", "cursor", "nextPage", "next_page", "searchAfter", "startAfter", "startAfterId")
PAGING: Final = frozenset((*_SIZES, *_BEGINNINGS, *_PLACES, "startAfterDate", "lastMessageId"))
"""Inputs that turn pages: a poll reads all of them, so no flow is asked."""

_PAGE: Final = 100
_DAY_S: Final = 86_400.0
_DAYS: Final = ("days_back", "days_ahead")
_MOST_TEXT: Final = 50_000
"""Longest text of a file that goes into an event; a flow that wants more reads the file itself."""


def _same(item: JSONObject) -> JSONObject:
    return item


def _same_schema(schema: Schema) -> Schema:
    return schema


def _same_name(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a vendor's item becomes the payload's: its values, its schema, and what a field of it is called then."""

    item: Callable[[JSONObject], JSONObject] = _same
    schema: Callable[[Schema], Schema] = _same_schema
    name: Callable[[str], str] = _same_name


def _not_found(refusal: RejectedError) -> bool:
    return refusal.status == 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the list is read. `begin` is sent with the first page of every pass, `leave_out` are inputs that no flow is asked for.

    `since` makes inputs of a time (ISO 8601), where the vendor can be asked for what changed since then. `missing` tells the refusal that
    means that one record is not there: not yet, perhaps, so its coming is news.
    """

    begin: JSONObject = field(default_factory=dict[str, JSON])
    leave_out: Sequence[str] = ()
    since: Callable[[str], JSONObject] | None = None
    newest_first: bool = False
    window: Window | None = None
    items: Callable[[JSON], list[JSON]] | None = None
    missing: Callable[[RejectedError], bool] = _not_found
    overlap_s: float = 600
    every_s: float = 300


def watch(
    operation: Operation,
    *,
    id: str,
    title: str,
    news: News = "changed",
    under: str = "item",
    shape: Shape | None = None,
    reading: Reading | None = None,
    stamp: str | None = None,
    ignore: Sequence[str] = (),
    **facts: Any,
) -> Trigger:
    """A trigger that polls `operation`; its payload is `{under: item}`, each item in its `shape`.

    What the operation asks for, the trigger asks for too, but for paging and what the connection knows. `stamp` is the field with the
    time that decides (the operation's `updated_field` for `changed` unless told; for `new` the time of creation, if there is one).
    `ignore` names fields whose change is no news. `facts` are those of `Trigger`: a webhook that tells the same, with its `matches`.
    """
    shape, reading = shape or Shape(), reading or Reading()
    stamp = None if news == "record" else stamp or (operation.updated_field if news == "changed" else None)
    identity = _Identity(operation=operation, under=under, shape=shape, stamp=stamp, ignore=(*ignore, "traceId"), single=news == "record")

    def given() -> Schema:
        return asked(operation, reading)

    def told() -> Schema:
        item = _FILE if _is_file(operation) else _item_schema(operation, news)
        return record({under: shape.schema(item)}, required=(under,))

    poll = polling(operation, news=news, under=under, shape=shape, reading=reading, stamp=stamp)
    defaults: dict[str, Any] = {
        "category": operation.category,
        "record_key": identity.key,
        "fingerprint": _seen if news == "new" else identity.whole if stamp is None else identity.stamped,
        "scopes": operation.scopes,
        "sample": operation.sample,
        "takes": given,
        "gives": told,
    }
    return Trigger(**{**defaults, **facts}, id=id, title=title, poll=poll)


def polling(operation: Operation, *, news: News, under: str, shape: Shape, reading: Reading, stamp: str | None) -> Poll:
    """The poll of `watch`, for a trigger that is declared by other means."""

    made: list[JSONObject] = []

    def start(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - the call itself knows the account
        if not made:
            made.append({**_first_of(operation), **reading.begin})
        asked = reading.since(since) if reading.since and since is not None else {}
        return {**made[0], **input, **asked}

    def payload(item: JSONObject) -> JSONObject:
        return {under: shape.item(item)}

    return Poll(
        read=_or_nothing(operation, reading.missing) if news == "record" else operation,
        start=start,
        payload=payload,
        cursor=_cursor(stamp),
        walk=_walk(reading, stamp),
        window=reading.window,
        items=_items(operation, news, reading),
        overlap_s=reading.overlap_s,
        every_s=reading.every_s,
    )


def first_page(poll: Poll, *, since: str | None, account: Account, input: JSONObject, now: Instant) -> JSONObject:
    """The input of a pass's first page: what `start` makes, and the ends of the window as they are at `now`."""
    page = poll.start(since, account, {name: value for name, value in input.items() if name not in _DAYS})
    return page if poll.window is None else {**page, **ends(poll.window, input, now)}


def ends(window: Window, input: JSONObject, now: Instant) -> JSONObject:
    """The two inputs that a window stands for. One that is asked to be too long ends earlier."""
    back, ahead = (_days(input.get(name), unless) for name, unless in zip(_DAYS, (window.days_back, window.days_ahead), strict=True))
    ahead = min(ahead, window.most_days - back)
    return {
        window.begin: window.spell(later(now, -back * _DAY_S)),
        window.end: window.spell(later(now, ahead * _DAY_S)),
    }


def _days(given: JSON, unless: float) -> float:
    return given if isinstance(given, int | float) and not isinstance(given, bool) else unless


def epoch_ms(instant: Instant) -> int:
    """Milliseconds since 1970."""
    return instant // 1000


def epoch_ms_text(instant: Instant) -> str:
    """Milliseconds since 1970, for vendors that want them as text."""
    return str(epoch_ms(instant))


def moment(value: JSON) -> str | None:
    """A vendor's time as ISO 8601 in UTC: from ISO 8601, or seconds or milliseconds since 1970 (a number or text); None from the rest."""
    try:
        if isinstance(value, str):
            return iso(from_iso(value)) if not value.strip().isdecimal() else _since_1970(float(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _since_1970(value)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _since_1970(value: float) -> str:
    """Numbers too large for seconds (beyond the year 5138) are milliseconds."""
    return iso(Instant(round(value * (SECOND if abs(value) < 1e11 else 1000))))


def matching(paths: Mapping[str, str]) -> Callable[[JSONObject, JSONObject], bool]:
    """A trigger's `matches`: each input named in `paths`, if given, is what stands at its path in the payload (one of them, for a list)."""

    def matches(payload: JSONObject, input: JSONObject) -> bool:
        for name, path in paths.items():
            wanted, found = input.get(name), at_path(payload, path)
            if wanted is not None and found not in (wanted if isinstance(wanted, list) else [wanted]):
                return False
        return True

    return matches


# ── what is news ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _seen(payload: JSONObject) -> JSON:  # noqa: ARG001 - a record counts once, whatever it holds
    return "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    """Which record a payload is about, and what of it decides whether it changed."""

    operation: Operation
    under: str
    shape: Shape
    stamp: str | None
    ignore: tuple[str, ...]
    single: bool

    def key(self, payload: JSONObject) -> str:
        """The id; without one a list's item is known by what it holds, and a record by who reads it."""
        item = payload[self.under]
        path = self.operation.id_field
        found = at_path(item, self.shape.name(path)) if path else as_object(item).get("value")
        if isinstance(found, str | int | float) and not isinstance(found, bool) and found != "":
            return str(found)
        return self.operation.id if self.single else digest(str(self.whole(payload)))

    def whole(self, payload: JSONObject) -> JSON:
        """Everything but what is ignored."""
        ignored = {self.shape.name(name) for name in self.ignore}
        return {name: value for name, value in sorted(as_object(payload[self.under]).items()) if name not in ignored}

    def stamped(self, payload: JSONObject) -> JSON:
        """The time it was changed, where it has one."""
        at = at_path(payload[self.under], self.shape.name(self.stamp or ""))
        return self.whole(payload) if at in (None, "") else at


def _cursor(stamp: str | None) -> Callable[[JSONObject], str | None] | None:
    return None if stamp is None else lambda item: moment(at_path(item, stamp))


def _walk(reading: Reading, stamp: str | None) -> Walk:
    if stamp is None:
        return "whole"
    return "since" if reading.since else "newest_first" if reading.newest_first else "whole"


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────────

_FILE: Final = record(
    {
        "content_type": text(),
        "size_bytes": integer(),
        "digest": text("Changes when the content does"),
        "text": nullable(text("The content, if it is text and short")),
    },
    required=("content_type", "size_bytes", "digest", "text"),
)


def _is_file(operation: Operation) -> bool:
    return isinstance(operation.call, Call) and operation.call.file


def _items(operation: Operation, news: News, reading: Reading) -> Callable[[JSON], list[JSON]]:
    if _is_file(operation):
        return _file_of
    path = (operation.record if news == "record" else operation.items) or ""

    def found(answer: JSON) -> list[JSON]:
        if reading.items is not None:
            return list(map(_as_record, reading.items(answer)))
        value = at_path(answer, path)
        if news == "record":
            return [] if value is None else [_as_record(value)]
        return list(map(_as_record, as_list(value)))

    return found


def _or_nothing(operation: Operation, missing: Callable[[RejectedError], bool]) -> Operation:
    """The same read, with null for a record that is not there."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        try:
            return await caller.call(operation, input)
        except RejectedError as refusal:
            if not missing(refusal):
                raise
            return None

    return replace(operation, call=perform, takes=lambda: operation.input, gives=lambda: operation.output)


def _as_record(item: JSON) -> JSON:
    """An item that is no object becomes one, so that every payload has fields."""
    return item if isinstance(item, dict) else {"value": item}


def _file_of(answer: JSON) -> list[JSON]:
    """What is told of a file: not its content, unless that is short text."""
    if answer is None:
        return []
    file = as_object(answer)
    content = file.get("text") if isinstance(file.get("text"), str) else None
    return [
        {
            "content_type": file.get("content_type"),
            "size_bytes": file.get("size_bytes"),
            "digest": digest(str(file.get("text") or file.get("base64") or "")),
            "text": content if isinstance(content, str) and len(content) <= _MOST_TEXT else None,
        }
    ]


def _first_of(operation: Operation) -> JSONObject:
    """The paging inputs of the first page: as many as a page takes, where that is known or has to be said, from the beginning."""
    fields = as_object(operation.input.get("properties"))
    required = as_list(operation.input.get("required"))
    first: JSONObject = {}
    for name, found in fields.items():
        schema = as_object(found)
        most = schema.get("maximum")
        if name in _SIZES and (name in required or isinstance(most, int | float)):
            first[name] = _as_typed(int(most) if isinstance(most, int | float) else _PAGE, schema)
        elif name in _BEGINNINGS and name in required:
            first[name] = _as_typed(0, schema)
    return first


def _as_typed(value: int, schema: Schema) -> JSON:
    return str(value) if schema.get("type") == "string" else value


def asked(operation: Operation, reading: Reading) -> Schema:
    """The operation's input without what a poll or the connection fills in, and with how far a window reaches."""
    window, call = reading.window, operation.call
    filled = {**(call.options or {}), **(call.defaults or {})} if isinstance(call, Call) else {}
    out = {*PAGING, *reading.leave_out, *reading.begin, *filled, *((window.begin, window.end) if window else ())}
    fields = {name: as_object(schema) for name, schema in as_object(operation.input.get("properties")).items() if name not in out}
    required = [str(name) for name in as_list(operation.input.get("required")) if name in fields]
    if window is not None:
        fields.update(reach(window))
    ways = {word: operation.input[word] for word in ("anyOf", "oneOf") if word in operation.input}
    return {**record(fields, required=required), **ways}


def reach(window: Window) -> dict[str, Schema]:
    """The inputs by which a flow says how far a window reaches."""

    def days(about: str, unless: float) -> Schema:
        return {**number(f"How many days {about} now it reaches; {unless:g} unless told"), "minimum": 0, "maximum": window.most_days}

    return {"days_back": days("before", window.days_back), "days_ahead": days("after", window.days_ahead)}


def _item_schema(operation: Operation, news: News) -> Schema:
    """The schema of one item, from the operation's output; empty where that does not say. A list may hold more than its description."""
    found = schema_at(operation.output, (operation.record if news == "record" else operation.items) or "")
    if news != "record":
        found = as_object(found.get("items"))
    plain = found.get("type", "object")
    kinds = plain if isinstance(plain, list) else [plain]
    if "object" not in kinds:
        return record({"value": found}, required=("value",))
    return {**found, "additionalProperties": True} if "properties" in found else found


def schema_at(schema: Schema, path: str) -> Schema:
    """The schema of what stands at a dotted path; empty where nothing is known of it."""
    for part in path.split(".") if path else ():
        ways = [schema, *map(as_object, as_list(schema.get("anyOf"))), *map(as_object, as_list(schema.get("oneOf")))]
        fields = [as_object(way.get("properties")) for way in ways]
        schema = as_object(next((named[part] for named in fields if part in named), None))
    ways = [as_object(way) for way in as_list(schema.get("anyOf")) if as_object(way).get("type") != "null"]
    return ways[0] if len(ways) == 1 else schema
