"""Every endpoint and every curated operation, held against the vendors' own API descriptions.

Where a vendor is known to differ from its description, `deviations.toml` in the connector's folder says so, each with its reason; nothing
else may differ. The descriptions are not part of this repository; they lie beside it, and without them these tests are skipped.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.contract.official import CONNECTORS, SPECS, Described, Field, Here, Outline, described, differing, documents, outline_of, read
from trunkline.connect.declaration import Call, Connector, Operation
from trunkline.connect.endpoints import Endpoint
from trunkline.connect.openapi.facts import text_of
from trunkline.connect.openapi.importing import import_files
from trunkline.connect.registry import Registry
from trunkline.model.json import as_list, as_object
from trunkline.model.schema import Schema
from trunkline.testing.deviations import Deviation, deviations_in, of_endpoint
from trunkline.testing.tally import tally_of

REGISTRY: Final = Registry.discover()
DESCRIBED: Final = [connector.id for connector in REGISTRY if documents(connector.id)]

each = pytest.mark.parametrize("id", DESCRIBED)
pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="the official descriptions are not beside this repository")


@lru_cache
def theirs(id: str) -> dict[str, Described]:
    for path in documents(id):
        if not path.is_file():
            pytest.skip(f"{path.name} is not beside this repository")
    return described(id)


@lru_cache
def facts_of(id: str) -> dict[str, Any]:
    return json.loads((CONNECTORS / id / "endpoints.json").read_text(encoding="utf-8"))


def outline_of_facts(id: str, key: str) -> Outline:
    facts = facts_of(id)["endpoints"][key]
    here = Here(CONNECTORS / id / "endpoints.json", facts)
    made: Outline = {}
    for one in facts.get("parameters", []):
        if one["in"] != "path":
            given = Here(here.path, {"enum": one["schema"]["enum"]} if "enum" in one["schema"] else one["schema"])
            (place,) = outline_of(Here(here.path, {"properties": {one["name"]: given.raw}}), depth=1).items()
            made[f"{one['in']}.{one['name']}"] = Field(needed=one.get("required", False), choices=place[1].choices)
    if "body" in facts:
        body = here.inside(facts["body"].get("schema"))
        made.update({f"body.{name}": field for name, field in outline_of(body).items()})
    return made


# ── endpoints ────────────────────────────────────────────────────────────────────────────────────────────────────────


@each
def test_every_described_method_and_path_is_an_endpoint_and_no_other(id: str) -> None:
    assert set(facts_of(id)["endpoints"]) == set(theirs(id))


@each
def test_parameters_fields_needs_and_choices_are_the_described_ones(id: str) -> None:
    found = [f"{key} {said}" for key, one in theirs(id).items() for said in differing(one.outline, outline_of_facts(id, key))]
    assert not found, "\n".join(found)
    tally_of(id).endpoints = len(theirs(id))
    tally_of(id).own = sum(one.operation.path.is_relative_to(CONNECTORS) for one in theirs(id).values())


@each
def test_names_in_the_path_fixed_headers_scopes_and_media_types_are_the_described_ones(id: str) -> None:
    found = [f"{key} {said}" for key, one in theirs(id).items() for said in _unlike(one, facts_of(id)["endpoints"][key])]
    assert not found, "\n".join(found)


def _unlike(one: Described, facts: dict[str, Any]) -> Iterator[str]:
    in_path = {part[1:-1] for part in one.key.replace(":", "/").split("/") if part.startswith("{") and part.endswith("}")}
    ours = {parameter["name"] for parameter in facts.get("parameters", []) if parameter["in"] == "path"}
    if in_path != ours:
        yield f"names in the path: {in_path ^ ours}"
    if one.fixed_headers != facts.get("headers", {}):
        yield f"headers: {one.fixed_headers} there, {facts.get('headers', {})} here"
    if one.scopes != set(facts.get("scopes", [])):
        yield f"scopes: {one.scopes ^ set(facts.get('scopes', []))}"
    sent_as = facts.get("body", {}).get("type")
    if (one.body and one.body[0]) != sent_as:
        yield f"body: {one.body and one.body[0]} there, {sent_as} here"


@each
def test_endpoints_are_what_the_importer_makes_of_the_documents_now(id: str) -> None:
    theirs(id)
    files = documents(id)
    made = json.loads(text_of(import_files(files, root=_common(files)).facts))
    held = facts_of(id)
    assert held["server"] == made["server"]
    assert held["endpoints"] == made["endpoints"]
    assert held["schemas"] == made["schemas"]


def _common(files: list[Path]) -> Path:
    first, *others = [path.resolve() for path in files]
    return next(folder for folder in first.parents if all(path.is_relative_to(folder) for path in others))


# ── curated operations ───────────────────────────────────────────────────────────────────────────────────────────────


def calls_of(connector: Connector) -> list[tuple[Operation, Call]]:
    """Operations that are one call to one endpoint; what composed ones send is held against the facts by the fakes."""
    return [(one, one.call) for one in connector.operations if one.endpoint is not None and isinstance(one.call, Call)]


@each
def test_operations_send_what_is_described(id: str) -> None:
    connector, found = REGISTRY.connector(id), list[str]()
    deviations = deviations_in(CONNECTORS / id)
    for operation, call in calls_of(connector):
        assert operation.endpoint is not None
        one, known = theirs(id)[operation.endpoint], of_endpoint(operation.endpoint, deviations)
        named = _named(operation, call)
        taken = {*one.outline, *(f"query.{name}" for name in known.query), *(f"body.{name.partition('.')[0]}" for name in known.takes)}
        if f"{call.method} {call.path}" != operation.endpoint:
            found.append(f"{operation.id}: {call.method} {call.path} is not {operation.endpoint}")
        if "" not in known.takes and (one.body is None or any(place.startswith("body.") for place in one.outline)):
            found += [f"{operation.id}: {place} is not described" for place in sorted(set(named) - taken)]
        needed = {place for place, field in one.outline.items() if field.needed and place.count(".") == 1}
        given = {place for place, name in named.items() if name in _given(operation, call)}
        found += [f"{operation.id}: {place} is needed" for place in sorted(needed - given) if place.partition(".")[2] not in known.optional]
        found += [f"{operation.id}: {said}" for said in _headers(one, call, known.headers)]
        found += [f"{operation.id}: {said}" for said in _choices(one, operation, named, {*known.query, *known.takes})]
    assert not found, "\n".join(found)
    tally_of(id).operations = len(calls_of(connector))
    tally_of(id).composed = len(connector.operations) - len(calls_of(connector))


def _named(operation: Operation, call: Call) -> dict[str, str]:
    """Where each input goes: `query.limit`, `body.name`, and what the input is called."""
    in_path = {part[1:-1] for part in call.path.split("/") if part.startswith("{")}
    outside = {*in_path, *call.query, *call.header_inputs}
    made = {f"query.{name}": name for name in call.query}
    made.update({f"header.{name.lower()}": name for name in call.header_inputs})
    if call.body and not call.whole:
        fields = [name for name in as_object(operation.input.get("properties")) if name not in outside]
        made.update({f"body.{(call.renames or {}).get(name, name)}": name for name in fields})
    return made


def _given(operation: Operation, call: Call) -> set[str]:
    """Inputs that are always there: needed, or filled by the connection or the vendor's usual value."""
    return {*map(str, as_list(operation.input.get("required"))), *(call.options or {}), *(call.defaults or {})}


def _headers(one: Described, call: Call, known: Any) -> Iterator[str]:
    sent = dict(call.headers)
    for name, value in one.fixed_headers.items():
        if sent.get(name) not in (value, *known.get(name, ())):
            yield f"{name} is {value} there, {sent.get(name)} here"


def _choices(one: Described, operation: Operation, named: dict[str, str], known: set[str]) -> Iterator[str]:
    ours = outline_of(Here(CONNECTORS, operation.input), depth=1)
    for place, name in named.items():
        field = one.outline.get(place)
        if field is None or field.choices is None or name in known or name not in ours:
            continue
        if ours[name].choices is None or not (ours[name].choices or frozenset()) <= field.choices:
            yield f"{place} may be {sorted(field.choices)}, here {ours[name].choices and sorted(ours[name].choices or ())}"


@each
def test_list_and_record_lie_where_the_answer_is_described(id: str) -> None:
    deviations, found = deviations_in(CONNECTORS / id), list[str]()
    for operation, _ in calls_of(REGISTRY.connector(id)):
        assert operation.endpoint is not None
        answer = _answer(theirs(id)[operation.endpoint])
        mended = of_endpoint(operation.endpoint, deviations).answers
        place = operation.items or operation.record
        known = outline_of(answer) if answer is not None else {}
        if place and known and "" not in mended and place.split(".")[0] not in mended and place not in known:
            found.append(f"{operation.id}: {place} is none of {sorted(known)[:8]}")
    assert not found, "\n".join(found)


def _answer(one: Described) -> Here | None:
    responses = {str(status): response for status, response in one.operation.table("responses").items()}
    good = next((status for status in sorted(responses) if status.startswith("2")), None)
    if good is None:
        return None
    response = one.operation.inside(responses[good])
    content = response.table("content")
    kind = next((kind for kind in content if "json" in kind), None)
    return None if kind is None else response.inside(response.inside(content[kind]).raw.get("schema"))


@each
def test_base_url_is_a_described_server(id: str) -> None:
    connector = REGISTRY.connector(id)
    servers = {server["url"] for path in documents(id) for server in read(path.resolve()).get("servers", [])}
    assert connector.base_url in servers


# ── deviations ───────────────────────────────────────────────────────────────────────────────────────────────────────


@each
def test_deviation_is_about_something_and_says_why(id: str) -> None:
    for one in deviations_in(CONNECTORS / id):
        assert len(one.reason) > 20
        for pattern in one.endpoints:
            assert any(_matches(key, pattern) for key in facts_of(id)["endpoints"]), pattern


@each
def test_deviation_says_something_else_than_the_description(id: str) -> None:
    """One that says what the description says by now is struck out."""
    endpoints = REGISTRY.connector(id).endpoints
    assert endpoints is not None
    found = list[str]()
    for one in deviations_in(CONNECTORS / id):
        for pattern in one.endpoints:
            matched = [endpoints[key] for key in endpoints if _matches(key, pattern)]
            found += [f"{pattern}: {place}" for place in _said_already(one, matched)]
    assert not found, "\n".join(found)


def _matches(key: str, pattern: str) -> bool:
    return pattern == key or ("*" in pattern and fnmatchcase(key, pattern))


def _said_already(one: Deviation, matched: list[Endpoint]) -> Iterator[str]:
    """The places of a deviation at which every endpoint it is about is described like that."""
    for name, places in (("takes", one.takes), ("answers", one.answers)):
        for place, schema in places.items():
            if all(_at(endpoint.body if name == "takes" else endpoint.answer, place) == schema for endpoint in matched):
                yield f"{name} {place}"
    for name, schema in one.query.items():
        if all(schema == parameter.schema for endpoint in matched for parameter in endpoint.parameters if parameter.name == name):
            yield f"query {name}"
    for name in one.optional:
        if not any(name in as_list(endpoint.body.get("required")) or _needs(endpoint, name) for endpoint in matched):
            yield f"optional {name}"
    for name, values in one.headers.items():
        if all(endpoint.headers.get(name, values[0]) in values and len(values) == 1 for endpoint in matched):
            yield f"headers {name}"


def _at(schema: Schema, place: str) -> Schema | None:
    """What is described at a dotted place; lists are passed through."""
    for part in place.split(".") if place else []:
        while isinstance(schema.get("items"), dict):
            schema = as_object(schema["items"])
        fields = as_object(schema.get("properties"))
        if part not in fields:
            return None
        schema = as_object(fields[part])
    return schema


def _needs(endpoint: Endpoint, name: str) -> bool:
    return any(one.required for one in endpoint.parameters if one.name == name)
