"""Parameters as they can be given one by one: fixed headers, lists and objects put the way they travel."""

from collections.abc import Callable, Sequence
from typing import Final

from trunkline.connect.openapi.documents import Spot
from trunkline.connect.openapi.schemas import Schemas
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema

_TEXT: Final[Schema] = {"type": "string"}
_IN_PATH: Final[dict[str, Schema]] = {
    "boolean": {"type": "string", "enum": ["true", "false"]},
    "number": {"type": ["integer", "string"]},
    "object": _TEXT,
}
_OF_THE_CLIENT: Final = frozenset(("accept", "authorization", "content-type"))
"""Headers no parameter describes (OpenAPI 3.1, "Parameter Object")."""
_OWN: Final = ("type", "format", "enum", "items", "oneOf", "anyOf", "allOf", "pattern", "default", "minimum", "maximum")
"""Keywords of a schema that some descriptions put beside `schema` instead of into it."""


def parameters_of(raw: JSONObject, at: Spot, schemas: Schemas, tell: Callable[[Spot, str], None]) -> list[JSONObject]:
    """What one declared parameter asks for: nothing, one value, or the fields of an object that travel apart."""
    name, place = raw.get("name"), raw.get("in")
    if not isinstance(name, str) or not name or place not in ("path", "query", "header", "cookie"):
        tell(at, "is no parameter and is left out")
        return []
    if place == "cookie":
        tell(at, f"{name} is a cookie, which no call sends: left out")
        return []
    if place == "header" and name.lower() in _OF_THE_CLIENT:
        return []
    schema = _schema(raw, at, schemas)
    facts: JSONObject = {"name": name.lower() if place == "header" else name, "in": place}
    if place == "path" or raw.get("required") is True:
        facts["required"] = True
    if raw.get("deprecated") is True:
        facts["deprecated"] = True
    whole = _whole(schema, schemas)
    if place == "query" and as_object(whole.get("properties")):
        return _fields(facts, raw, whole)
    return [{**facts, **_way(raw, whole, place), "schema": _carried(raw, schema, whole)}]


def split(given: Sequence[JSONObject]) -> tuple[list[JSONObject], dict[str, str]]:
    """The values to be given, and the headers whose one value the description tells."""
    fixed: dict[str, str] = {}
    rest: dict[tuple[str, str], JSONObject] = {}
    for one in given:
        name, place = str(one["name"]), str(one["in"])
        value = _only_value(as_object(one.get("schema"))) if place == "header" else None
        if value is None:
            rest[place, name] = one
        else:
            fixed[name] = value
    return list(rest.values()), fixed


def _only_value(schema: Schema) -> str | None:
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return str(choices[0]) if isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], str | int | float) else None


def _schema(raw: JSONObject, at: Spot, schemas: Schemas) -> Schema:
    if isinstance(content := raw.get("content"), dict) and content:
        return dict(_TEXT)  # the value is a document in itself, given as its text
    schema = schemas.pruned(raw.get("schema"), at / "schema")
    return schema or schemas.pruned({name: raw[name] for name in _OWN if name in raw}, at)


def _whole(schema: Schema, schemas: Schemas) -> Schema:
    """The schema itself, where it is a shared one."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    schemas.finish()
    return schemas.nodes[reference].schema


def _way(raw: JSONObject, schema: Schema, place: str) -> JSONObject:
    """How a list travels where it is not by repeating its name."""
    explode = raw.get("explode", place == "query") is not False and raw.get("style", "form") == "form"
    return {} if schema.get("type") != "array" or (place == "query" and explode) else {"list": "comma"}


def _carried(raw: JSONObject, schema: Schema, whole: Schema) -> Schema:
    """Lists with other separators than commas are given as their text, and what stands in a path is text or a whole number."""
    if raw.get("in") == "path" and (made := _IN_PATH.get(str(whole.get("type")))) is not None:
        return dict(made)
    separated = raw.get("style") in ("spaceDelimited", "pipeDelimited") and raw.get("explode") is not True
    return dict(_TEXT) if separated and whole.get("type") == "array" else schema


def _fields(facts: JSONObject, raw: JSONObject, schema: Schema) -> list[JSONObject]:
    """The fields of an object in the query: each travels under its own name, or as `name[field]`."""
    needed = schema.get("required")
    required = needed if isinstance(needed, list) and facts.get("required") else []
    deep = raw.get("style") == "deepObject"
    found: list[JSONObject] = []
    for field, inner in as_object(schema["properties"]).items():
        name: JSON = f"{facts['name']}[{field}]" if deep else field
        one: JSONObject = {"name": name, "in": "query", "schema": inner}
        found.append({**one, "required": True} if field in required else one)
    return found
