"""A schema in the few words people read: fields, what they hold, what is needed."""

from collections.abc import Iterator
from typing import Final

from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import Schema

DEEPEST: Final = 5
MOST_LINES: Final = 150
_MOST_CHOICES: Final = 12
_INDENT: Final = "  "

_WORDS: Final = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "yes or no",
    "array": "list",
    "object": "object",
    "null": "null",
}


def outline(schema: Schema) -> str:
    """The fields of an object schema, one a line, those inside indented; the kind of anything else. Empty when nothing is known."""
    fields = list(_fields(schema, 0))
    if not fields:
        return "" if _kind(schema) in ("anything", "object") else _kind(schema)
    if len(fields) > MOST_LINES:
        fields = [*fields[:MOST_LINES], f"… and {len(fields) - MOST_LINES} more"]
    return "\n".join(fields)


def _fields(schema: Schema, depth: int) -> Iterator[str]:
    inner = as_object(schema.get("properties"))
    required = as_list(schema.get("required"))
    for name, found in inner.items():
        yield from _field(name, as_object(found), depth, needed=name in required)
    ways = [as_list(as_object(way).get("required")) for way in (*as_list(schema.get("anyOf")), *as_list(schema.get("oneOf")))]
    if inner and len(ways) > 1 and all(ways):
        yield f"{_INDENT * depth}(one of: {', or '.join(' and '.join(map(str, names)) for names in ways)})"


def _field(name: str, schema: Schema, depth: int, *, needed: bool) -> Iterator[str]:
    about = schema.get("description")
    mark = "*" if needed else ""
    words = f" — {about}" if isinstance(about, str) and about else ""
    yield f"{_INDENT * depth}{name}{mark}: {_kind(schema)}{words}"
    below = _below(schema)
    if below and depth + 1 < DEEPEST:
        yield from _fields(below, depth + 1)


def _below(schema: Schema) -> Schema:
    """The object whose fields stand below: the schema itself, the one it may be, or that of its items."""
    if "properties" in schema:
        return schema
    if isinstance(items := schema.get("items"), dict):
        return _below(items)
    objects = [as_object(way) for way in _ways(schema) if _below(as_object(way))]
    return _below(objects[0]) if len(objects) == 1 else {}


def _ways(schema: Schema) -> list[JSON]:
    return [*as_list(schema.get("anyOf")), *as_list(schema.get("oneOf"))]


def _kind(schema: Schema) -> str:
    """What a value may be, in words: `text`, `a | b`, `list of text`, `text or null`."""
    if "const" in schema:
        return _constant(schema["const"])
    if choices := as_list(schema.get("enum")):
        shown = [_constant(choice) for choice in choices[:_MOST_CHOICES]]
        return " | ".join([*shown, *([f"… {len(choices) - _MOST_CHOICES} more"] if len(choices) > _MOST_CHOICES else [])])
    ways = _ways(schema)
    if ways and "properties" not in schema:
        return " or ".join(dict.fromkeys(_kind(as_object(way)) for way in ways))
    told = schema.get("type")
    kinds = [str(kind) for kind in (told if isinstance(told, list) else [told]) if kind]
    if not kinds:
        return "object" if "properties" in schema else "list" if "items" in schema else "anything"
    return " or ".join(_typed(kind, schema) for kind in kinds)


def _typed(kind: str, schema: Schema) -> str:
    items = as_object(schema.get("items"))
    if kind == "array" and items:
        return f"list of {'objects' if _kind(items) == 'object' else _kind(items)}"
    word = _WORDS.get(kind, kind)
    form = schema.get("format")
    return f"{word} ({form})" if isinstance(form, str) and kind == "string" else word


def _constant(value: JSON) -> str:
    return value if isinstance(value, str) and value else str(value).lower() if value is not None else "null"
