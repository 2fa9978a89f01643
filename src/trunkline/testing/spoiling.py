"""Inputs that were good but for one fault, in every place that can have one; for laws about every operation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from trunkline.connect.inputs import compiled
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

Fault = Literal["missing", "unknown", "type", "choice", "bound"]

_WRONG: Final[tuple[JSON, ...]] = (0.5, "no such thing", True, ["no such thing"], {"no_such_thing": 1})
"""Values one of which is of a wrong type nearly everywhere."""
_ALTERNATIVES: Final = ("oneOf", "anyOf", "allOf", "$ref")
"""Where these stand nobody can say which part of a value is at fault."""
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """An input that was good but for one fault at `field`, a dotted place."""

    input: JSONObject
    fault: Fault
    field: str


def spoiled(schema: Schema, good: JSONObject, *, filled: frozenset[str] = frozenset()) -> Iterator[Spoiled]:
    """`good` with each fault there can be in one of its places; `filled` are needed fields that somebody else fills."""
    for place, value, fault in _faults(schema, good, filled):
        yield Spoiled(input=as_object(value), fault=fault, field=".".join(place))


def _faults(schema: Schema, good: JSON, filled: frozenset[str]) -> Iterator[tuple[tuple[str, ...], JSON, Fault]]:
    """Places below here, the value with the fault in it, and which fault."""
    if isinstance(good, dict):
        yield from _of_object(schema, good, filled)
    elif isinstance(good, list) and good and isinstance(schema.get("items"), dict):
        for place, value, fault in _of_value(as_object(schema["items"]), good[0]):
            yield ("0", *place), [value, *good[1:]], fault


def _of_object(schema: Schema, good: JSONObject, filled: frozenset[str]) -> Iterator[tuple[tuple[str, ...], JSON, Fault]]:
    fields = {name: as_object(field) for name, field in as_object(schema.get("properties")).items()}
    for name in map(str, as_list(schema.get("required"))):
        if name not in filled:
            yield (name,), {other: value for other, value in good.items() if other != name}, "missing"
    if schema.get("additionalProperties") is False:
        yield ("no_such_field",), {**good, "no_such_field": 1}, "unknown"
    for name in good.keys() & fields.keys():
        for place, value, fault in _of_value(fields[name], good[name]):
            yield (name, *place), {**good, name: value}, fault


def _of_value(schema: Schema, good: JSON) -> Iterator[tuple[tuple[str, ...], JSON, Fault]]:
    fits = compiled(schema).is_valid
    wrong = next((value for value in _WRONG if not fits(value)), None)
    if wrong is not None:
        yield (), wrong, "choice" if "enum" in schema else "type"
    for value in _beyond(schema, good):
        if not fits(value):
            yield (), value, "bound"
    if not any(word in schema for word in _ALTERNATIVES):
        yield from _faults(schema, good, frozenset())


def _beyond(schema: Schema, good: JSON) -> Iterator[JSON]:
    """Values of the right type that may be too small, too large, too short, too long or of another shape."""
    match good:
        case bool() | None:
            return
        case int() | float():
            yield from (bound + step for name, step in (("minimum", -1), ("maximum", 1)) if isinstance(bound := schema.get(name), int))
        case str():
            yield from ("", "no such thing")
            if isinstance(longest := schema.get("maxLength"), int) and longest < _LONGEST:
                yield "x" * (longest + 1)
        case list():
            yield []
            if good and isinstance(most := schema.get("maxItems"), int):
                yield [good[0]] * (most + 1)
        case dict():
            return
