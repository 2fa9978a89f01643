"""The facts of one schema that stand by themselves: type, choices, limits; mended where descriptions commonly get them wrong."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeVar

from jsonschema_rs import Draft202012Validator

from trunkline.model.json import JSON, JSONObject, as_list, canonical
from trunkline.model.schema import Schema

T = TypeVar("T")

_WRITTEN_FOR: Final = {
    "array": ("list",),
    "boolean": ("bool",),
    "integer": ("int", "int32", "int64", "long", "short"),
    "null": (),
    "number": ("float", "double", "decimal"),
    "object": ("dict", "map", "hash"),
    "string": ("str", "text", "char"),
}
_MEANT: Final[dict[str, Schema]] = {
    **{name: {"type": kind} for kind, others in _WRITTEN_FOR.items() for name in (kind, *others)},
    **{name: {"type": "string", "format": name} for name in ("date", "date-time", "email", "uri", "uuid")},
    "datetime": {"type": "string", "format": "date-time"},
    "file": {"type": "string", "format": "binary"},
}
"""What a type's name means; words that are no type of JSON Schema are what authors wrote for one."""

_LIMITS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_COUNTS: Final = ("minLength", "maxLength", "minItems", "maxItems")
_LARGEST_DEFAULT: Final = 20


def plain(raw: JSONObject) -> Schema:
    """Type, format, choices, limits, default and marks of `raw`; nothing of what is below it."""
    schema = _kind(raw)
    _choices(schema, raw)
    _limits(schema, raw)
    if isinstance(pattern := raw.get("pattern"), str) and _compiles(pattern):
        schema["pattern"] = pattern
    if isinstance(encoding := raw.get("contentEncoding"), str):
        schema["contentEncoding"] = encoding
    if "default" in raw and _is_small(raw["default"]):
        schema["default"] = raw["default"]
    for mark in ("deprecated", "readOnly"):
        if raw.get(mark) is True:
            schema[mark] = True
    return schema


def may_be_null(schema: Schema) -> Schema:
    """`schema`, or null."""
    kinds = schema.get("type")
    if not schema or "null" in as_list(kinds) or kinds == "null":
        return schema
    if kinds is None or "oneOf" in schema or "anyOf" in schema or "allOf" in schema or "const" in schema:
        options = as_list(schema["anyOf"]) if schema.keys() == {"anyOf"} else list[JSON]([schema])
        return {"anyOf": [*options, {"type": "null"}]}
    widened: Schema = {**schema, "type": [*_names(kinds), "null"]}
    if "enum" in widened and None not in as_list(widened["enum"]):
        widened["enum"] = [*as_list(widened["enum"]), None]
    return widened


def distinct(values: Sequence[T]) -> list[T]:
    """The values without repetition, in their order; `true` and 1 are not the same."""
    found: dict[bytes, T] = {}
    for value in values:
        found.setdefault(canonical(value), value)
    return list(found.values())


def kinds_of(schema: Schema) -> set[str]:
    """The JSON types a schema allows as far as it says so itself; every number is a `number`."""
    if "const" in schema or "enum" in schema:
        return {_kind_of(value) for value in (as_list(schema["enum"]) if "enum" in schema else [schema["const"]])}
    return {"number" if name == "integer" else name for name in _names(schema.get("type"))} or {*_WRITTEN_FOR} - {"integer"}


def _names(kinds: JSON) -> list[str]:
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in as_list(kinds)]


def _kind(raw: JSONObject) -> Schema:
    """Type and format; one that is not said but follows from what is said counts."""
    given = raw.get("type")
    meant = [_MEANT.get(name.lower(), {}) for name in _names(given)]
    schema: Schema = dict(meant[0]) if len(meant) == 1 else {}
    if len(meant) > 1 and all(meant):
        schema["type"] = [str(kind["type"]) for kind in meant]
    if not schema and given is None:
        schema = _implied(raw)
    if schema == {"type": "object"} and "properties" not in raw and isinstance(raw.get("example"), str | int | float):
        schema = {}  # what code generators write for a date or for "anything", while their example is plain
    if isinstance(named := raw.get("format"), str):
        schema["format"] = named
    if schema.get("type") == "string" and raw.get("contentMediaType") == "application/octet-stream" and "contentEncoding" not in raw:
        schema["format"] = "binary"
    return schema


def _implied(raw: JSONObject) -> Schema:
    if isinstance(raw.get("properties"), dict):
        return {"type": "object"}
    if isinstance(raw.get("items"), dict):
        return {"type": "array"}
    return {"type": "string"} if raw.get("contentMediaType") == "application/octet-stream" else {}


def _choices(schema: Schema, raw: JSONObject) -> None:
    if "const" in raw:
        schema["const"] = raw["const"]
    choices = as_list(raw.get("enum"))
    if len(choices) == 1 and isinstance(choices[0], list) and schema.get("type") != "array":
        choices = choices[0]
    choices = _fitting(distinct(choices), schema)
    if not choices:
        return
    schema["enum"] = choices
    if None in choices and isinstance(kind := schema.get("type"), str) and kind != "null":
        schema["type"] = [kind, "null"]


def _fitting(choices: list[JSON], schema: Schema) -> list[JSON]:
    """The choices in the type that is said. Where none can be, the choices are right and the type is dropped or replaced."""
    kinds = kinds_of({"type": schema["type"]}) if "type" in schema else None
    if kinds is None or all(choice is None or _kind_of(choice) in kinds for choice in choices):
        return choices
    if kinds == {"string"} and not any(isinstance(choice, dict | list) for choice in choices):
        return [_as_text(choice) for choice in choices]
    if any(_kind_of(choice) in kinds for choice in choices):
        return [choice for choice in choices if choice is None or _kind_of(choice) in kinds]
    if kinds == {"number"} and (numbers := _as_numbers(choices)):
        return numbers
    schema.pop("type")
    if all(isinstance(choice, str) for choice in choices):
        schema["type"] = "string"
    return choices


def _as_text(choice: JSON) -> JSON:
    if isinstance(choice, bool):
        return "true" if choice else "false"
    return str(choice) if isinstance(choice, int | float) else choice


def _as_numbers(choices: list[JSON]) -> list[JSON]:
    texts = [choice for choice in choices if isinstance(choice, str)]
    if len(texts) != len(choices) or not all(text.lstrip("-").isdecimal() for text in texts):
        return []
    return [int(text) for text in texts]


def _limits(schema: Schema, raw: JSONObject) -> None:
    for name in _LIMITS:
        if isinstance(limit := raw.get(name), int | float) and not isinstance(limit, bool):
            schema[name] = limit
    for name in _COUNTS:
        if isinstance(count := raw.get(name), int | float) and not isinstance(count, bool) and count >= 0 and count == int(count):
            schema[name] = int(count)
    for side, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if raw.get(side) is True and limit in schema:  # OpenAPI 3.0: a flag on the limit, a limit of its own since 3.1
            schema[side] = schema.pop(limit)


@lru_cache(maxsize=1024)
def _compiles(pattern: str) -> bool:
    try:
        Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


def _is_small(value: JSON) -> bool:
    if isinstance(value, list):
        return len(value) <= _LARGEST_DEFAULT and not any(isinstance(item, dict | list) for item in value)
    return value is not None and not isinstance(value, dict)


def _kind_of(value: JSON) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
