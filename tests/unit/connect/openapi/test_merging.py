"""`allOf` made one schema."""

import pytest

from trunkline.connect.openapi.merging import merged
from trunkline.model.schema import Schema

NAME: Schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
SIZE: Schema = {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}


def test_objects_become_one_with_all_fields() -> None:
    assert merged([NAME, SIZE]) == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
        "required": ["name", "size"],
    }


def test_nothing_and_repetition_count_for_nothing() -> None:
    assert merged([]) == {}
    assert merged([{}, NAME, {}, NAME, {"type": "object"}]) == NAME
    assert merged([{"type": "object"}, {"type": "object"}]) == {"type": "object"}


def test_of_two_descriptions_of_a_field_both_count_and_the_later_wins() -> None:
    one: Schema = {"properties": {"a": {"type": "string", "maxLength": 9, "format": "uri"}, "b": {"$ref": "x"}, "c": {"$ref": "x"}}}
    other: Schema = {"properties": {"a": {"type": "string", "maxLength": 5, "format": "email"}, "b": {"type": "string"}, "c": {}}}
    assert merged([one, other]) == {
        "properties": {"a": {"type": "string", "maxLength": 5, "format": "email"}, "b": {"type": "string"}, "c": {"$ref": "x"}}
    }


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (
            {"type": "integer", "minimum": 1, "maximum": 9},
            {"type": "number", "minimum": 3, "maximum": 20},
            {"type": "integer", "minimum": 3, "maximum": 9},
        ),
        ({"type": ["string", "null"]}, {"type": "string"}, {"type": "string"}),
        ({"type": ["string", "null", "integer"]}, {"type": ["string", "integer"]}, {"type": ["integer", "string"]}),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, {"enum": ["b"]}),
        ({"enum": ["a"]}, {"enum": ["c"]}, {"allOf": [{"enum": ["a"]}, {"enum": ["c"]}]}),
        ({"type": "string"}, {"type": "integer"}, {"allOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"const": 1}, {"const": 2}, {"allOf": [{"const": 1}, {"const": 2}]}),
        (
            {"type": "array", "items": {"type": "string"}},
            {"items": {"type": "integer"}},
            {"allOf": [{"type": "array", "items": {"type": "string"}}, {"items": {"type": "integer"}}]},
        ),
        ({"$ref": "x"}, {"maxLength": 3}, {"allOf": [{"$ref": "x"}, {"maxLength": 3}]}),
        ({"allOf": [{"$ref": "x"}]}, {"allOf": [{"$ref": "y"}]}, {"allOf": [{"$ref": "x"}, {"$ref": "y"}]}),
        (
            {"anyOf": [{"required": ["a"]}]},
            {"type": "object", "required": ["b"]},
            {"anyOf": [{"required": ["a"]}], "type": "object", "required": ["b"]},
        ),
    ],
)
def test_two_schemas_become_one_or_stay_apart(one: Schema, other: Schema, both: Schema) -> None:
    assert merged([one, other]) == both


def test_an_object_is_closed_only_when_all_parts_are() -> None:
    closed: Schema = {**NAME, "additionalProperties": False}
    assert "additionalProperties" not in merged([closed, SIZE])
    assert merged([closed, {**SIZE, "additionalProperties": False}])["additionalProperties"] is False
    assert merged([closed, {**SIZE, "additionalProperties": {"type": "string"}}])["additionalProperties"] == {"type": "string"}
    assert "additionalProperties" not in merged([closed, {**closed, "anyOf": [SIZE, NAME]}])
