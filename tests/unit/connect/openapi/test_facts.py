"""The text of facts, and facts from a text."""

import pytest

from tests.unit.connect.openapi.conftest import Import, document
from trunkline.connect.endpoints import Endpoints
from trunkline.connect.openapi.facts import Facts, facts_in, facts_of, text_of
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON

FACTS = Facts(
    sources=("a.json", "b.json"),
    server="https://api.acme.example",
    security={"key": {"kind": "header", "name": "X-Key"}},
    endpoints={
        "PUT /b/{id}": {"area": "B", "body": {"type": "application/json", "schema": {"$ref": "#/schemas/B"}}},
        "GET /a": {"area": "ä"},
    },
    schemas={"B": {"properties": {"self": {"$ref": "#/schemas/B"}, "a": {"$ref": "#/schemas/A"}}}, "A": {"type": "string"}},
)


def test_the_text_has_one_endpoint_or_schema_a_line_in_order() -> None:
    assert (
        text_of(FACTS).decode()
        == """{
"sources": ["a.json","b.json"],
"server": "https://api.acme.example",
"security": {"key":{"kind":"header","name":"X-Key"}},
"endpoints": {
"GET /a": {"area":"ä"},
"PUT /b/{id}": {"area":"B","body":{"schema":{"$ref":"#/schemas/B"},"type":"application/json"}}
},
"schemas": {
"A": {"type":"string"},
"B": {"properties":{"a":{"$ref":"#/schemas/A"},"self":{"$ref":"#/schemas/B"}}}
}
}
"""
    )


def test_facts_survive_being_written_and_read() -> None:
    assert facts_in(text_of(FACTS)) == FACTS
    nothing = Facts(sources=(), server="", security={}, endpoints={}, schemas={})
    assert facts_in(text_of(nothing)) == nothing


def test_what_a_connector_works_with_are_the_same_facts() -> None:
    endpoints = Endpoints(text_of(FACTS))
    assert facts_of(endpoints) == Facts(
        sources=FACTS.sources, server=FACTS.server, security={}, endpoints=FACTS.endpoints, schemas=FACTS.schemas
    )


def test_shared_schemas_reach_the_operation(imported: Import) -> None:
    shared: JSON = {"$ref": "#/components/schemas/Person"}
    person: JSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "friend": shared}}
    body: JSON = {"required": True, "content": {"application/json": {"schema": shared}}}
    facts = imported(document({"/people": {"post": {"requestBody": body, "responses": {}}}}, schemas={"Person": person}))
    schema = Endpoints(text_of(facts)).operation("POST /people").input
    assert schema["required"] == ["name"]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"endpoints": []}', b"not json"])
def test_another_text_is_refused(text: bytes) -> None:
    with pytest.raises(ConfigError, match=r"no endpoints\.json"):
        facts_in(text)
