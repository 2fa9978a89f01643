"""Small constructors for JSON Schema, so that declarations read as words and forms, checks and docs share one source."""

from collections.abc import Mapping, Sequence

from trunkline.model.json import JSON, JSONObject

Schema = JSONObject
"""A JSON Schema (draft 2020-12) as plain data."""


def _with(schema: Schema, about: str, **facts: JSON) -> Schema:
    if about:
        schema["description"] = about
    schema.update({name: fact for name, fact in facts.items() if fact is not None})
    return schema


def text(
    about: str = "",
    *,
    choices: Sequence[str] | None = None,
    format: str | None = None,
    pattern: str | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
) -> Schema:
    """A string. `format` is a JSON Schema format (`email`, `date-time`, `uri`) or `e164`."""
    return _with(
        {"type": "string"},
        about,
        enum=list(choices) if choices is not None else None,
        format=format,
        pattern=pattern,
        minLength=min_length,
        maxLength=max_length,
    )


def integer(about: str = "", *, minimum: int | None = None, maximum: int | None = None) -> Schema:
    """A whole number."""
    return _with({"type": "integer"}, about, minimum=minimum, maximum=maximum)


def number(about: str = "") -> Schema:
    """Any number."""
    return _with({"type": "number"}, about)


def boolean(about: str = "") -> Schema:
    """True or false."""
    return _with({"type": "boolean"}, about)


def anything(about: str = "") -> Schema:
    """Any JSON value."""
    return _with({}, about)


def list_of(items: Schema, about: str = "", *, min_items: int | None = None, max_items: int | None = None) -> Schema:
    """A list whose items all have one shape."""
    return _with({"type": "array", "items": items}, about, minItems=min_items, maxItems=max_items)


def one_of(*schemas: Schema, about: str = "") -> Schema:
    """A value that fits any of `schemas`."""
    return _with({"anyOf": list(schemas)}, about)


def nullable(schema: Schema) -> Schema:
    """`schema`, or null."""
    return one_of(schema, {"type": "null"})


def record(
    fields: Mapping[str, Schema], *, required: Sequence[str] = (), either: Sequence[str] = (), about: str = "", open: bool = False
) -> Schema:
    """An object with these fields; unknown ones are refused unless it is `open`. At least one of `either` is needed."""
    schema: Schema = {"type": "object", "properties": dict(fields), "additionalProperties": open}
    if required:
        schema["required"] = list(required)
    if either:
        schema["anyOf"] = [{"required": [name]} for name in either]
    return _with(schema, about)
