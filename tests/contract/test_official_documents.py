"""Every declared call is held against the vendor's own API description, and every published webhook payload against the triggers.

The descriptions and payloads are not part of this repository; they lie beside it, and without them these tests are skipped.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from trunkline.connect.declaration import Call, Connector, Operation
from trunkline.connect.inputs import check
from trunkline.connectors.ghl import calls as ghl_calls
from trunkline.connectors.ghl import connector as ghl
from trunkline.connectors.openphone import connector as openphone
from trunkline.connectors.openphone import plain as openphone_calls
from trunkline.model.clock import Instant
from trunkline.model.http import Delivery
from trunkline.model.json import JSONObject, as_list, as_object

SHARED: Final = Path(__file__).parents[3] / "shared"
GHL: Final = SHARED / "specs/ghl/apps/contacts.json"
OPENPHONE: Final = SHARED / "specs/openphone/quo-public-api-v1.json"
WEBHOOKS: Final = SHARED / "fixtures/ghl-webhooks"

OURS: Final = {"contacts.update": {"companyName"}}
"""Body fields the description forgot and the vendor takes (vendor repository, issue 314)."""

UNDESCRIBED: Final = {"contacts.search"}
"""The description has an empty body for these."""

UNDECLARED_IN_PATH: Final = {"contacts.bulk_update_tags"}
"""The description has the parameter in the path and does not declare it."""


def declared(module: ModuleType) -> list[Operation]:
    """The plain calls of a connector; composed operations are made of these."""
    found = [value for value in vars(module).values() if isinstance(value, Operation)]
    assert found
    return found


ON_CONTACTS: Final = [one for one in declared(ghl_calls) if one.endpoint and one.endpoint.partition(" ")[2].startswith("/contacts")]
CASES: Final = [(GHL, operation) for operation in ON_CONTACTS] + [(OPENPHONE, operation) for operation in declared(openphone_calls)]
on_each_call = pytest.mark.parametrize(
    ("path", "operation"), CASES, ids=[f"{path.parent.name}-{operation.id}" for path, operation in CASES]
)


def _document(path: Path) -> dict[str, Any]:
    if not path.is_file():
        pytest.skip(f"the official description {path.name} is not beside this repository")
    return json.loads(path.read_text(encoding="utf-8"))


def _call(operation: Operation) -> Call:
    assert isinstance(operation.call, Call)
    return operation.call


def _described(document: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """The entry of a call; the names of path parameters may differ in spelling only if their order does not."""
    described = document["paths"].get(call.path)
    assert described is not None, f"{call.path} is not described"
    assert call.method.lower() in described, f"{call.method} {call.path} is not described"
    return described[call.method.lower()]


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _body(document: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    return _resolved(document, content.get("schema", {}))


def _properties(operation: Operation) -> Mapping[str, Any]:
    return as_object(operation.input["properties"])


def _body_fields(operation: Operation) -> set[str]:
    call = _call(operation)
    outside = set(call.query) | set(re.findall(r"\{(\w+)\}", call.path))
    return {name for name in _properties(operation) if name not in outside} if call.body else set()


@on_each_call
def test_method_and_path_are_described(path: Path, operation: Operation) -> None:
    assert _described(_document(path), _call(operation))["operationId"]


@on_each_call
def test_path_and_query_parameters_are_the_described_ones(path: Path, operation: Operation) -> None:
    call = _call(operation)
    parameters = _described(_document(path), call).get("parameters", [])
    in_path = set(re.findall(r"\{(\w+)\}", call.path))
    if operation.id not in UNDECLARED_IN_PATH:
        assert in_path == {one["name"] for one in parameters if one["in"] == "path"}
    assert in_path <= set(as_list(operation.input.get("required")))
    assert set(call.query) <= {one["name"] for one in parameters if one["in"] == "query"}


@on_each_call
def test_required_parameters_are_required_here_or_filled_by_the_connection(path: Path, operation: Operation) -> None:
    call = _call(operation)
    described = _described(_document(path), call)
    wanted = {one["name"] for one in described.get("parameters", []) if one.get("required") and one["in"] == "query"}
    ours = {*map(str, as_list(operation.input.get("required"))), *(call.options or {}), *(call.defaults or {})}
    assert wanted <= ours


@on_each_call
def test_version_header_is_the_described_one(path: Path, operation: Operation) -> None:
    call = _call(operation)
    described = _described(_document(path), call)
    headers = [one for one in described.get("parameters", []) if one["in"] == "header" and one["name"] == "Version"]
    sent = dict(call.headers).get("version")
    assert [sent] == headers[0]["schema"]["enum"] if headers else sent is None


@on_each_call
def test_body_fields_are_described_and_the_required_ones_required(path: Path, operation: Operation) -> None:
    document, call = _document(path), _call(operation)
    described = _described(document, call)
    body = _body(document, described)
    assert bool(body) == call.body
    if not call.body or operation.id in UNDESCRIBED:
        return
    assert _body_fields(operation) - OURS.get(operation.id, set()) <= set(body["properties"])
    required = {*map(str, as_list(operation.input.get("required"))), *(call.options or {})}
    assert set(body.get("required", [])) <= required


@on_each_call
def test_choices_and_lengths_are_the_described_ones(path: Path, operation: Operation) -> None:
    document, call = _document(path), _call(operation)
    described = _described(document, call)
    theirs = dict(_body(document, described).get("properties", {}))
    theirs.update({one["name"]: one.get("schema", {}) for one in described.get("parameters", [])})
    for name, ours in _properties(operation).items():
        for fact in ("enum", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"):
            told = _told(theirs.get(name, {}), fact)
            if told is not None:
                assert _told(ours, fact) == told, f"{name}.{fact}"


def _told(schema: Mapping[str, Any], fact: str) -> Any:
    """A fact of a schema or of the one alternative in it that is not null."""
    if fact in schema:
        return schema[fact]
    alternatives = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return alternatives[0].get(fact) if len(alternatives) == 1 else None


@on_each_call
def test_answer_says_where_its_record_or_list_is(path: Path, operation: Operation) -> None:
    document = _document(path)
    responses = _described(document, _call(operation))["responses"]
    good = next(responses[status] for status in sorted(responses) if status.startswith("2"))
    schema = _resolved(document, good.get("content", {}).get("application/json", {}).get("schema", {}))
    place = operation.items or operation.record
    if schema.get("properties") and place:
        assert place in schema["properties"]


@pytest.mark.parametrize(("path", "connector"), [(GHL, ghl), (OPENPHONE, openphone)], ids=["ghl", "openphone"])
def test_base_url_is_the_described_one(path: Path, connector: Connector) -> None:
    assert connector.base_url in [server["url"] for server in _document(path)["servers"]]


# ── published webhook payloads ───────────────────────────────────────────────────────────────────────────────────────


def _published() -> Iterator[tuple[str, JSONObject]]:
    for path in sorted(WEBHOOKS.glob("*.json")):
        yield path.stem, as_object(json.loads(path.read_text(encoding="utf-8")))


PUBLISHED: Final = dict(_published())
LISTENING: Final = {
    "ContactCreate": {"contacts.changed", "contacts.created", "contacts.tagged"},
    "ContactUpdate": {"contacts.changed"},
    "ContactTagUpdate": {"contacts.changed", "contacts.tagged"},
    "ContactDndUpdate": {"contacts.changed", "contacts.dnd_changed"},
}


def _heard(body: JSONObject) -> dict[str, JSONObject | None]:
    assert ghl.webhook is not None
    delivery = Delivery(headers={}, body=b"", query={}, received_at=Instant(0))
    (incoming,) = ghl.webhook.split(body, delivery)
    return {one.id: one.payload(incoming.body) for one in ghl.triggers if incoming.kind in one.kinds and one.payload is not None}


def test_published_contact_events_reach_their_triggers() -> None:
    if not PUBLISHED:
        pytest.skip("the published webhook payloads are not beside this repository")
    for name, triggers in LISTENING.items():
        heard = _heard(PUBLISHED[name])
        assert set(heard) == triggers
        for one in ghl.triggers:
            if one.id in heard:
                payload = heard[one.id]
                assert payload is not None
                check(one.output, payload)
                contact = as_object(payload["contact"])
                assert contact["id"] == PUBLISHED[name]["id"]
                assert contact["first_name"] == PUBLISHED[name]["firstName"]
                assert contact["date_of_birth"] == str(PUBLISHED[name]["dateOfBirth"])[:10]
                assert one.record_key(payload) == PUBLISHED[name]["id"]


def test_other_published_events_are_told_by_other_triggers() -> None:
    if not PUBLISHED:
        pytest.skip("the published webhook payloads are not beside this repository")
    assert len(PUBLISHED) > len(LISTENING)
    ours = set[str]().union(*LISTENING.values())
    for name, body in PUBLISHED.items():
        if name not in LISTENING:
            assert not ours & set(_heard(body)), name
