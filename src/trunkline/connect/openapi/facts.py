"""What is known of a vendor's endpoints, and its text: one endpoint or schema a line, the same for the same facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from trunkline.connect.endpoints import Endpoints
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads
from trunkline.model.schema import Schema

SHARED: Final = "#/schemas/"
"""What a reference to a shared schema begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The endpoints by `METHOD /path`, the schemas they share by name, and the ways to prove who calls by the names `access` uses."""

    sources: tuple[str, ...]
    server: str
    security: Mapping[str, JSONObject]
    endpoints: Mapping[str, JSONObject]
    schemas: Mapping[str, Schema]


def text_of(facts: Facts) -> bytes:
    """The `endpoints.json` of these facts."""
    head = (
        _row("sources", list(facts.sources)),
        _row("server", facts.server),
        _row("security", dict(facts.security)),
    )
    tables = (_table("endpoints", facts.endpoints), _table("schemas", facts.schemas))
    return b"{\n" + b",\n".join((*head, *tables)) + b"\n}\n"


def _table(name: str, rows: Mapping[str, JSONObject]) -> bytes:
    lines = b",\n".join(_row(key, rows[key]) for key in sorted(rows))
    return _dumps(name) + b": {\n" + lines + (b"\n" if lines else b"") + b"}"


def _row(key: str, value: JSON) -> bytes:
    return _dumps(key) + b": " + _dumps(value)


def _dumps(value: JSON) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def facts_in(text: bytes) -> Facts:
    """The facts of an `endpoints.json`; `ConfigError` when it is none."""
    try:
        data = as_object(loads(text))
    except ValueError as error:
        raise ConfigError(f"This is no endpoints.json: {error}.", hint="Make it with: trunkline connectors import-openapi") from error
    if not isinstance(data.get("endpoints"), dict):
        raise ConfigError("This is no endpoints.json.", hint="Make it with: trunkline connectors import-openapi")
    return Facts(
        sources=tuple(map(str, as_list(data.get("sources")))),
        server=str(data.get("server", "")),
        security=_objects(data.get("security")),
        endpoints=_objects(data.get("endpoints")),
        schemas=_objects(data.get("schemas")),
    )


def facts_of(endpoints: Endpoints) -> Facts:
    """The facts a connector works with."""
    found = {key: endpoints[key] for key in endpoints}
    schemas: dict[str, Schema] = {}
    waiting = [(name, one.shared) for one in found.values() for schema in schemas_in(one.facts) for name in references(schema)]
    while waiting:
        reference, shared = waiting.pop()
        name = reference.removeprefix(SHARED)
        if name not in schemas and (schema := shared(name)) is not None:
            schemas[name] = schema
            waiting += [(further, shared) for further in references(schema)]
    return Facts(
        sources=endpoints.sources,
        server=endpoints.server,
        security={},
        endpoints={key: one.facts for key, one in found.items()},
        schemas=schemas,
    )


def _objects(value: JSON) -> dict[str, JSONObject]:
    return {name: as_object(item) for name, item in as_object(value).items()}


def with_references(schema: Schema, rename: Callable[[str], str]) -> Schema:
    """The same schema with every reference renamed."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return {"$ref": rename(reference)}
    return {keyword: _renamed(keyword, value, rename) for keyword, value in schema.items()}


def _renamed(keyword: str, value: JSON, rename: Callable[[str], str]) -> JSON:
    if keyword == "properties":
        return {name: with_references(as_object(inner), rename) for name, inner in as_object(value).items()}
    if keyword in ("items", "additionalProperties") and isinstance(value, dict):
        return with_references(value, rename)
    if keyword in ("allOf", "anyOf", "oneOf"):
        return [with_references(as_object(inner), rename) for inner in as_list(value)]
    return value


def references(schema: Schema) -> set[str]:
    """Every reference in a schema."""
    found: set[str] = set()

    def keep(name: str) -> str:
        found.add(name)
        return name

    with_references(schema, keep)
    return found


def schemas_in(facts: JSONObject) -> list[Schema]:
    """The schemas in the facts of an endpoint: of parameters, body and answer."""
    places = [*map(as_object, as_list(facts.get("parameters"))), as_object(facts.get("body")), as_object(facts.get("answer"))]
    return [as_object(place["schema"]) for place in places if "schema" in place]
