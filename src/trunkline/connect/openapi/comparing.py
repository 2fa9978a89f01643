"""What became of a vendor's endpoints between two descriptions: added, removed, changed, and whether a change can break a caller."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from trunkline.connect.openapi.facts import SHARED, Facts, with_references
from trunkline.connect.openapi.keywords import kinds_of
from trunkline.connect.openapi.naming import Named, labels
from trunkline.model.json import JSON, JSONObject, as_list, as_object, canonical
from trunkline.model.schema import Schema

Way = Literal["in", "out"]
"""Whether a value goes to the vendor or comes from it: what breaks a caller differs."""

_TIGHTER_UP: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_TIGHTER_DOWN: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_PLAIN: Final = ("format", "pattern", "const", "default", "contentEncoding")
_ALTERNATIVES: Final = ("allOf", "anyOf", "oneOf")
_LONGEST: Final = 60
_MOST_VALUES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is different. `field` is where (`query.limit`, `body.contact.email`), empty for the endpoint itself."""

    field: str
    said: str
    breaking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An endpoint that both descriptions have. `key` is the older one's."""

    key: str
    changes: tuple[Change, ...]

    @property
    def breaking(self) -> bool:
        return any(change.breaking for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Keys of endpoints, in their order. `server` is the newer description's where it is another one, else empty."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    server: str


def compare(old: Facts, new: Facts) -> Difference:
    """What `new` has that `old` had not, and the other way round."""
    comparison = _Comparison(old, new)
    partners = {key: key for key in old.endpoints if key in new.endpoints}
    respelt = {shape(key): key for key in new.endpoints if key not in partners}
    for key in old.endpoints:
        if key not in partners and shape(key) in respelt:
            partners[key] = respelt.pop(shape(key))
    changed = [Changed(key=key, changes=tuple(comparison.endpoint(key, partners[key]))) for key in sorted(partners)]
    return Difference(
        added=tuple(sorted(new.endpoints.keys() - set(partners.values()))),
        removed=tuple(sorted(old.endpoints.keys() - partners.keys())),
        changed=tuple(one for one in changed if one.changes),
        server=new.server if new.server != old.server else "",
    )


def shape(key: str) -> str:
    """The key without the names of its path parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", key)


class _Comparison:
    def __init__(self, old: Facts, new: Facts) -> None:
        self._old = old
        self._new = new
        self._labels = labels({**_named("old", old.schemas), **_named("new", new.schemas)})

    # ── an endpoint ──────────────────────────────────────────────────────────────────────────────────────────────────

    def endpoint(self, key: str, new_key: str) -> Iterator[Change]:
        old, new = self._old.endpoints[key], self._new.endpoints[new_key]
        if key != new_key:
            yield Change(field="", said=f"is {new_key} now", breaking=True)
        if bool(old.get("deprecated")) != bool(new.get("deprecated")):
            yield Change(field="", said="is deprecated now" if new.get("deprecated") else "is no longer deprecated", breaking=False)
        yield from _lists("scope", old.get("scopes"), new.get("scopes"))
        yield from _lists("proof of who calls", old.get("access"), new.get("access"))
        if old.get("host") != new.get("host"):
            yield Change(field="", said=f"is at {new.get('host') or self._new.server} now", breaking=True)
        yield from _fixed(as_object(old.get("headers")), as_object(new.get("headers")))
        yield from self._parameters(old, new)
        yield from self._body(as_object(old.get("body")), as_object(new.get("body")))
        yield from self._answer(as_object(old.get("answer")), as_object(new.get("answer")))

    def _parameters(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        before, now = _by_place(old), _by_place(new)
        for place in sorted(before.keys() | now.keys()):
            field = ".".join(place)
            if place not in now:
                yield Change(field=field, said="is gone", breaking=True)
            elif place not in before:
                required = now[place].get("required") is True
                yield Change(field=field, said="is new and required" if required else "is new", breaking=required)
            else:
                yield from self._parameter(field, before[place], now[place])

    def _parameter(self, field: str, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        yield from _needed(field, old.get("required") is True, new.get("required") is True)
        yield from _deprecated(field, old, new)
        if old.get("list") != new.get("list"):
            yield Change(field=field, said=f"is a list {'with commas' if new.get('list') else 'by repeated names'} now", breaking=False)
        yield from self._schema(field, as_object(old.get("schema")), as_object(new.get("schema")), "in", frozenset())

    def _body(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        if not old or not new:
            if old != new:
                yield Change(field="body", said="is new" if new else "is gone", breaking=not new or new.get("required") is True)
            return
        yield from _needed("body", old.get("required") is True, new.get("required") is True)
        if old.get("type") != new.get("type"):
            yield Change(field="body", said=f"is {new.get('type')} now, it was {old.get('type')}", breaking=False)
        yield from self._schema("body", as_object(old.get("schema")), as_object(new.get("schema")), "in", frozenset())

    def _answer(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        for name in ("status", "type"):
            if old.get(name) != new.get(name):
                yield Change(field="answer", said=f"{name} {_shown(old.get(name))} → {_shown(new.get(name))}", breaking=name == "type")
        yield from self._schema("answer", as_object(old.get("schema")), as_object(new.get("schema")), "out", frozenset())

    # ── a schema ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _schema(self, field: str, old: Schema, new: Schema, way: Way, within: frozenset[tuple[str, str]]) -> Iterator[Change]:
        before, now = old.get("$ref"), new.get("$ref")
        if self._same(old, new) or (str(before), str(now)) in within:
            return
        if isinstance(before, str) or isinstance(now, str):
            within |= {(str(before), str(now))}
            old, new = _seen_through(old, self._old), _seen_through(new, self._new)
        if not new or not old:
            said = "may be anything now" if not new else "is described now"
            yield Change(field=field, said=said, breaking=bool(new) and way == "in")
            return
        yield from _own(field, old, new, way)
        yield from self._fields(field, old, new, way, within)
        for name, mark in (("items", "[]"), ("additionalProperties", ".*")):
            before, now = old.get(name), new.get(name)
            if isinstance(before, dict) or isinstance(now, dict):
                yield from self._schema(f"{field}{mark}", as_object(before), as_object(now), way, within)
        yield from self._alternatives(field, old, new, way, within)

    def _fields(self, field: str, old: Schema, new: Schema, way: Way, within: frozenset[tuple[str, str]]) -> Iterator[Change]:
        before, now = as_object(old.get("properties")), as_object(new.get("properties"))
        needed, needs = as_list(old.get("required")), as_list(new.get("required"))
        for name in sorted(before.keys() | now.keys()):
            inner = f"{field}.{name}"
            if name not in now:
                yield Change(field=inner, said="is gone", breaking=True)
            elif name not in before:
                required = way == "in" and name in needs
                yield Change(field=inner, said="is new and required" if required else "is new", breaking=required)
            else:
                if way == "in":
                    yield from _needed(inner, name in needed, name in needs)
                yield from self._schema(inner, as_object(before[name]), as_object(now[name]), way, within)

    def _alternatives(self, field: str, old: Schema, new: Schema, way: Way, within: frozenset[tuple[str, str]]) -> Iterator[Change]:
        for name in _ALTERNATIVES:
            before, now = [[as_object(one) for one in as_list(side.get(name))] for side in (old, new)]
            if len(before) == len(now):
                for at, (one, other) in enumerate(zip(before, now, strict=True)):
                    yield from self._schema(f"{field}({at + 1})", one, other, way, within)
                continue
            had, has = {self._label("old", one) for one in before}, {self._label("new", one) for one in now}
            kept = had <= has if way == "in" else has <= had
            yield Change(field=field, said=f"alternatives: {len(before)} → {len(now)}", breaking=not kept)

    def _same(self, old: Schema, new: Schema) -> bool:
        return self._label("old", old) == self._label("new", new)

    def _label(self, side: str, schema: Schema) -> bytes:
        return canonical(with_references(schema, lambda name: self._labels.get(f"{side} {name.removeprefix(SHARED)}", name)))


def _named(side: str, schemas: Mapping[str, Schema]) -> dict[str, Named]:
    """The schemas of one side with ids that differ from those of the other."""

    def renamed(name: str) -> str:
        return f"{side} {name.removeprefix(SHARED)}"

    return {f"{side} {name}": Named(name, side, with_references(schema, renamed)) for name, schema in schemas.items()}


def _seen_through(schema: Schema, facts: Facts) -> Schema:
    reference = schema.get("$ref")
    return facts.schemas.get(reference.removeprefix(SHARED), {}) if isinstance(reference, str) else schema


def _by_place(facts: JSONObject) -> dict[tuple[str, str], JSONObject]:
    given = [as_object(one) for one in as_list(facts.get("parameters"))]
    return {(str(one["in"]), str(one["name"])): one for one in given}


def _lists(what: str, old: JSON, new: JSON) -> Iterator[Change]:
    before, now = as_list(old), as_list(new)
    for name in now:
        if name not in before:
            yield Change(field="", said=f"{what} {name} is new", breaking=True)
    for name in before:
        if name not in now:
            yield Change(field="", said=f"{what} {name} is gone", breaking=False)


def _fixed(old: JSONObject, new: JSONObject) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Change(field=f"header.{name}", said=f"{_shown(old.get(name))} → {_shown(new.get(name))}", breaking=False)


def _needed(field: str, before: bool, now: bool) -> Iterator[Change]:
    if before != now:
        yield Change(field=field, said="is required now" if now else "is no longer required", breaking=now)


def _deprecated(field: str, old: Schema, new: Schema) -> Iterator[Change]:
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        yield Change(field=field, said="is deprecated now" if new.get("deprecated") else "is no longer deprecated", breaking=False)


def _own(field: str, old: Schema, new: Schema, way: Way) -> Iterator[Change]:
    """What differs in the facts that stand by themselves."""
    if old.get("type") != new.get("type"):
        before, now = kinds_of({"type": old.get("type")}), kinds_of({"type": new.get("type")})
        fits = before <= now if way == "in" else now <= before
        narrower = "integer" in (new.get("type"), *as_list(new.get("type"))) and "number" in (old.get("type"), *as_list(old.get("type")))
        said = f"type {_shown(old.get('type'))} → {_shown(new.get('type'))}"
        yield Change(field=field, said=said, breaking=not fits or (way == "in" and narrower))
    yield from _choices(field, old, new, way)
    yield from _deprecated(field, old, new)
    for name in (*_TIGHTER_UP, *_TIGHTER_DOWN, *_PLAIN):
        if old.get(name) != new.get(name):
            said = f"{name} {_shown(old.get(name))} → {_shown(new.get(name))}"
            yield Change(field=field, said=said, breaking=way == "in" and _is_tighter(name, old.get(name), new.get(name)))
    if (old.get("additionalProperties") is False) != (new.get("additionalProperties") is False):
        closed = new.get("additionalProperties") is False
        said = "takes no other fields now" if closed else "takes other fields now"
        yield Change(field=field, said=said, breaking=closed and way == "in")


def _choices(field: str, old: Schema, new: Schema, way: Way) -> Iterator[Change]:
    if ("enum" in old) != ("enum" in new):
        said = "takes certain values only now" if "enum" in new else "takes any value now"
        yield Change(field=field, said=said, breaking="enum" in new and way == "in")
        return
    before, now = as_list(old.get("enum")), as_list(new.get("enum"))
    for said, values, breaking in (
        ("values gone", [value for value in before if value not in now], way == "in"),
        ("values new", [value for value in now if value not in before], False),
    ):
        if values:
            more = f" and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
            shown = ", ".join(map(_shown, values[:_MOST_VALUES]))
            yield Change(field=field, said=f"{said}: {shown}{more}", breaking=breaking)


def _is_tighter(name: str, old: JSON, new: JSON) -> bool:
    if name in _PLAIN:
        return new is not None and name != "default"
    if not isinstance(new, int | float):
        return False
    if not isinstance(old, int | float):
        return True
    return new > old if name in _TIGHTER_UP else new < old


def _shown(value: JSON) -> str:
    """A value of a description, short."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return " or ".join(map(_shown, value))
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
