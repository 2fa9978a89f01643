"""`oneOf` that can be kept: members of which never two fit the same value. Others become `anyOf`, since vendors mean "one of these"
and take a value that happens to fit two.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Final

from trunkline.connect.openapi.keywords import kinds_of
from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import Schema

_DEPTH: Final = 3
_MOST_MEMBERS: Final = 60

Content = Callable[[str], Schema]
"""What a reference leads to."""


def kept_apart(schema: Schema, content: Content) -> Schema:
    """`schema` with every `oneOf` in it either proven or turned into `anyOf`."""
    found: Schema = {name: _below(name, value, content) for name, value in schema.items()}
    members = [as_object(member) for member in as_list(found.get("oneOf"))]
    if members and not _all_apart(members, content):
        found.pop("oneOf")
        if "anyOf" in found:
            found["allOf"] = [*as_list(found.get("allOf")), {"anyOf": list[JSON](members)}]
        else:
            found["anyOf"] = list[JSON](members)
    return found


def _below(name: str, value: JSON, content: Content) -> JSON:
    if name == "properties":
        return {field: kept_apart(as_object(inner), content) for field, inner in as_object(value).items()}
    if name in ("items", "additionalProperties") and isinstance(value, dict):
        return kept_apart(value, content)
    if name in ("allOf", "anyOf", "oneOf"):
        return [kept_apart(as_object(inner), content) for inner in as_list(value)]
    return value


def _all_apart(members: list[Schema], content: Content) -> bool:
    return len(members) <= _MOST_MEMBERS and all(_apart(one, other, content, _DEPTH) for one, other in combinations(members, 2))


def _apart(one: Schema, other: Schema, content: Content, depth: int) -> bool:
    """Whether surely no value fits both."""
    one, other = _seen_through(one, content), _seen_through(other, content)
    if not kinds_of(one) & kinds_of(other):
        return True
    choices, others = _choices(one), _choices(other)
    if choices is not None and others is not None:
        return not any(choice in others for choice in choices)
    if depth == 0 or one.get("type") != "object" or other.get("type") != "object":
        return False
    return _lacks(one, other) or _lacks(other, one) or _told_apart(one, other, content, depth)


def _seen_through(schema: Schema, content: Content) -> Schema:
    reference = schema.get("$ref")
    return content(reference) if isinstance(reference, str) else schema


def _choices(schema: Schema) -> list[JSON] | None:
    return [schema["const"]] if "const" in schema else as_list(schema["enum"]) if "enum" in schema else None


def _lacks(one: Schema, other: Schema) -> bool:
    """Whether `one` needs a field that `other` is closed to."""
    if other.get("additionalProperties") is not False:
        return False
    return any(str(name) not in as_object(other.get("properties")) for name in as_list(one.get("required")))


def _told_apart(one: Schema, other: Schema, content: Content, depth: int) -> bool:
    """Whether both need a field whose values differ."""
    both = {*map(str, as_list(one.get("required")))} & {*map(str, as_list(other.get("required")))}
    mine, theirs = as_object(one.get("properties")), as_object(other.get("properties"))
    return any(_apart(as_object(mine.get(name)), as_object(theirs.get(name)), content, depth - 1) for name in both)
