"""Static types: JSON Schemas read as far as the checker needs them. An empty schema is a value nobody knows anything about."""

from collections.abc import Iterable, Iterator
from typing import cast

from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

KINDS = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
ANY: Schema = {}

_WORDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_MAX_STEPS = 16


def of_kinds(*kinds: str) -> Schema:
    """The schema of a value of one of these JSON types; none: anything."""
    return {"type": kinds[0]} if len(kinds) == 1 else {"type": list(kinds)} if kinds else {}


def either(*schemas: Schema) -> Schema:
    """A value of one of these schemas."""
    different: list[JSON] = []
    for schema in schemas:
        if schema not in different:
            different.append(schema)
    if ANY in different or len(different) > 24:
        return {}
    return as_object(different[0]) if len(different) == 1 else {"anyOf": different}


def of_constant(value: JSON) -> Schema:
    """The schema of exactly this value."""
    return {"type": kind_of(value), "const": value}


def kind_of(value: JSON) -> str:
    """The JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"


def ways(schema: Schema, root: Schema | None = None) -> list[Schema]:
    """The alternatives of a schema, with references followed and `anyOf` and `oneOf` opened; at least one."""
    return list(_ways(schema, root or schema, _MAX_STEPS)) or [ANY]


def _ways(schema: Schema, root: Schema, steps: int) -> Iterator[Schema]:
    if steps == 0:
        yield ANY
        return
    if "$ref" in schema:
        yield from _ways(_referred(schema["$ref"], root), root, steps - 1)
        return
    if all_of := as_list(schema.get("allOf")):
        yield from _ways(_merged([{k: v for k, v in schema.items() if k != "allOf"}, *map(as_object, all_of)], root), root, steps - 1)
        return
    alternatives = as_list(schema.get("anyOf")) or as_list(schema.get("oneOf"))
    beside = {word: value for word, value in schema.items() if word in ("properties", "required", "additionalProperties")}
    for alternative in map(as_object, alternatives):
        together = _merged([beside, alternative], root) if "properties" in beside and "type" not in alternative else alternative
        yield from _ways(together, root, steps - 1)
    if not alternatives:
        yield schema


def _referred(reference: JSON, root: Schema) -> Schema:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return ANY
    found: JSON = root
    for part in reference.removeprefix("#").split("/")[1:]:
        found = as_object(found).get(part.replace("~1", "/").replace("~0", "~"))
    return as_object(found)


def _merged(schemas: Iterable[Schema], root: Schema) -> Schema:
    """Schemas that all hold, as one: fields and required lists together; it is open when one is."""
    merged: Schema = {}
    fields: JSONObject = {}
    required: list[JSON] = []
    is_open = False
    for schema in schemas:
        if "$ref" in schema:
            schema = _referred(schema["$ref"], root)
        fields.update(as_object(schema.get("properties")))
        required.extend(as_list(schema.get("required")))
        is_open = is_open or ("properties" in schema and schema.get("additionalProperties") is not False)
        merged.update({key: value for key, value in schema.items() if key not in ("properties", "required", "additionalProperties")})
    if fields:
        merged.update(properties=fields, required=required, additionalProperties=is_open)
    return merged


def kinds(schema: Schema, root: Schema | None = None) -> frozenset[str]:
    """The JSON types a value may have; all of them when the schema does not say."""
    found: set[str] = set()
    for way in ways(schema, root):
        found |= _kinds_here(way)
    return frozenset(found)


def _kinds_here(way: Schema) -> frozenset[str]:
    match way.get("type"):
        case str() as kind:
            return frozenset({kind})
        case list() as several:
            return frozenset(kind for kind in several if isinstance(kind, str))
        case _:
            pass
    if "const" in way:
        return frozenset({kind_of(way["const"])})
    if isinstance(choices := way.get("enum"), list):
        return frozenset(map(kind_of, choices))
    return frozenset({"object", "null"}) if "properties" in way else KINDS


def fits(given: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether a value of one of the `given` types may fit; null is left out of inputs, so it fits everywhere."""
    real = given - {"null"}
    if not real or real & wanted:
        return True
    return bool(real & {"number", "integer"} and wanted & {"number", "integer"})


def words(found: frozenset[str]) -> str:
    """Types as people call them."""
    named = [word for kind, word in _WORDS.items() if kind in found and not (kind == "integer" and "number" in found)]
    return " or ".join(named) or "nothing"


def field_of(schema: Schema, key: str | int, root: Schema | None = None) -> Schema | None:
    """The schema of a field or item; None when the schema is closed and has no such field."""
    found: list[Schema] = []
    for way in ways(schema, root):
        inside = _field_here(way, key)
        if inside is not None:
            found.append(inside)
    return either(*found) if found else None


def _field_here(way: Schema, key: str | int) -> Schema | None:
    here = _kinds_here(way)
    if "array" in here and here <= {"array", "null"}:
        return as_object(way.get("items")) if isinstance(key, int) else None
    if not here & {"object"}:
        return None
    fields = as_object(way.get("properties"))
    if key in fields:
        return as_object(fields[str(key)])
    extra = way.get("additionalProperties")
    if extra is False:
        return None
    return cast(Schema, extra) if isinstance(extra, dict) else ANY


def field_names(schema: Schema, root: Schema | None = None) -> list[str]:
    """The fields a schema names."""
    return sorted({name for way in ways(schema, root) for name in as_object(way.get("properties"))})


def item_of(schema: Schema, root: Schema | None = None) -> Schema:
    """The schema of a list's items."""
    return either(*(as_object(way.get("items")) for way in ways(schema, root) if "array" in _kinds_here(way)))
