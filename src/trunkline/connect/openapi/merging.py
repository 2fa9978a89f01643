"""`allOf` made one schema where that is possible."""

from typing import Final

from trunkline.connect.openapi.keywords import distinct, kinds_of
from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import Schema

_LARGER: Final = frozenset(("minimum", "exclusiveMinimum", "minLength", "minItems"))
_SMALLER: Final = frozenset(("maximum", "exclusiveMaximum", "maxLength", "maxItems"))
_STRUCTURE: Final = frozenset(("$ref", "items", "anyOf", "oneOf", "const"))
_ALTERNATIVES: Final = ("anyOf", "oneOf", "allOf")


class _ApartError(Exception):
    """Two schemas say something that one cannot say."""


def merged(parts: list[Schema]) -> Schema:
    """One schema for what fits all `parts`; what cannot be put into one stays in `allOf`. Of two descriptions of a field the later wins."""
    parts = distinct([part for part in parts if part])
    if len(parts) > 1:
        parts = [part for part in parts if part != {"type": "object"}] or parts[:1]
    if len(parts) <= 1:
        return parts[0] if parts else {}
    whole: Schema = {}
    apart: list[JSON] = []
    for part in parts:
        try:
            whole = _both(whole, part)
        except _ApartError:
            apart.append(part)
    if apart:
        rest = as_list(whole.pop("allOf", None))
        whole = {"allOf": [*([whole] if whole else []), *rest, *apart]}
    return opened(whole)


def opened(schema: Schema) -> Schema:
    """`schema` without being closed to other fields where its alternatives bring fields of their own."""
    if schema.get("additionalProperties") is False and any(name in schema for name in _ALTERNATIVES):
        return {name: value for name, value in schema.items() if name != "additionalProperties"}
    return schema


def _both(one: Schema, other: Schema) -> Schema:
    if not one:
        return dict(other)
    if "$ref" in one or "$ref" in other:
        raise _ApartError
    both = {**one, **other}
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            both[name] = _one_keyword(name, one, other)
    closed = [schema.get("additionalProperties") is False for schema in (one, other)]
    if any(closed) and not all(closed):
        others = [schema["additionalProperties"] for schema in (one, other) if isinstance(schema.get("additionalProperties"), dict)]
        both.pop("additionalProperties")
        if others:
            both["additionalProperties"] = others[0]
    return both


def _one_keyword(name: str, one: Schema, other: Schema) -> JSON:
    mine, theirs = one[name], other[name]
    match name:
        case "properties":
            return _fields(as_object(mine), as_object(theirs))
        case "required":
            return list[JSON](sorted({*map(str, as_list(mine)), *map(str, as_list(theirs))}))
        case "allOf":
            return [*as_list(mine), *as_list(theirs)]
        case "type":
            return _types(one, other)
        case "enum":
            return [choice for choice in as_list(mine) if choice in as_list(theirs)] or _apart()
        case _ if name in _LARGER or name in _SMALLER:
            assert isinstance(mine, int | float)
            assert isinstance(theirs, int | float)
            return max(mine, theirs) if name in _LARGER else min(mine, theirs)
        case _ if name in _STRUCTURE:
            return _apart()
        case _:
            return theirs


def _fields(mine: Schema, theirs: Schema) -> JSON:
    fields: Schema = dict(mine)
    for name, field in theirs.items():
        known = as_object(mine.get(name))
        fields[name] = (
            merged([known, as_object(field)]) if known and "$ref" not in known and "$ref" not in as_object(field) else field or known
        )
    return fields


def _types(one: Schema, other: Schema) -> JSON:
    common = kinds_of({"type": one["type"]}) & kinds_of({"type": other["type"]})
    if not common:
        return _apart()
    whole = "integer" in (*as_list(one["type"]), *as_list(other["type"]), one["type"], other["type"])
    names = sorted("integer" if whole and name == "number" else name for name in common)
    return names[0] if len(names) == 1 else list[JSON](names)


def _apart() -> JSON:
    raise _ApartError
