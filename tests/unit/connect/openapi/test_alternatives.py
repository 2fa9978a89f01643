"""Which `oneOf` can be kept."""

import pytest

from trunkline.connect.openapi.alternatives import kept_apart
from trunkline.model.json import JSON
from trunkline.model.schema import Schema

SHARED: dict[str, Schema] = {
    "text": {"type": "string"},
    "cat": {"type": "object", "properties": {"kind": {"const": "cat"}}, "required": ["kind"]},
    "dog": {"type": "object", "properties": {"kind": {"enum": ["dog", "puppy"]}}, "required": ["kind"]},
    "loose": {"type": "object", "properties": {"kind": {"const": "loose"}}},
    "self": {"type": "object", "properties": {"next": {"$ref": "self"}}, "required": ["next"]},
}


def content(name: str) -> Schema:
    return SHARED[name]


def one_of(*members: JSON) -> Schema:
    return {"oneOf": list(members)}


@pytest.mark.parametrize(
    "schema",
    [
        one_of({"type": "string"}, {"type": "integer"}, {"type": "null"}),
        one_of({"$ref": "text"}, {"$ref": "cat"}),
        one_of({"$ref": "cat"}, {"$ref": "dog"}),
        one_of({"enum": ["a"]}, {"enum": ["b"]}),
        one_of({"const": 1}, {"const": 2}),
        one_of({"type": "object", "additionalProperties": False, "properties": {"a": {}}}, {"type": "object", "required": ["b"]}),
    ],
)
def test_members_of_which_no_value_fits_two_stay(schema: Schema) -> None:
    assert kept_apart(schema, content) == schema


@pytest.mark.parametrize(
    "schema",
    [
        one_of({"type": "integer"}, {"type": "number"}),
        one_of({"type": "string"}, {"type": "string", "format": "uri"}),
        one_of({"$ref": "cat"}, {"$ref": "loose"}),
        one_of({"$ref": "self"}, {"$ref": "self"}),
        one_of({"enum": ["a", "b"]}, {"enum": ["b"]}),
        one_of({}, {"type": "string"}),
        one_of({"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"b": {}}}),
        {"oneOf": [{"type": "string", "maxLength": length} for length in range(70)]},
    ],
)
def test_others_become_any_of(schema: Schema) -> None:
    assert kept_apart(schema, content) == {"anyOf": schema["oneOf"]}


def test_every_place_in_a_schema_is_looked_at() -> None:
    bad, good = one_of({"type": "integer"}, {"type": "number"}), {"anyOf": [{"type": "integer"}, {"type": "number"}]}
    schema: Schema = {
        "properties": {"oneOf": bad},
        "items": bad,
        "additionalProperties": bad,
        "allOf": [bad],
        "anyOf": [bad],
        "default": bad,
    }
    kept = kept_apart(schema, content)
    assert kept == {
        "properties": {"oneOf": good},
        "items": good,
        "additionalProperties": good,
        "allOf": [good],
        "anyOf": [good],
        "default": bad,
    }


def test_alternatives_beside_others_both_count() -> None:
    schema: Schema = {**one_of({"type": "integer"}, {"type": "number"}), "anyOf": [{"minimum": 1}, {"maximum": -1}]}
    assert kept_apart(schema, content) == {
        "anyOf": [{"minimum": 1}, {"maximum": -1}],
        "allOf": [{"anyOf": [{"type": "integer"}, {"type": "number"}]}],
    }
