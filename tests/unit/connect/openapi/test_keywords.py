"""The facts of one schema, mended where descriptions get them wrong."""

import pytest

from trunkline.connect.openapi.keywords import kinds_of, may_be_null, plain
from trunkline.model.schema import Schema


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        ({"type": "string", "description": "prose", "title": "T", "example": "e", "x-mine": 1}, {"type": "string"}),
        (
            {"type": "string", "format": "date-time", "minLength": 1, "maxLength": 9.0},
            {"type": "string", "format": "date-time", "minLength": 1, "maxLength": 9},
        ),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"properties": {"a": {}}}, {"type": "object"}),
        ({"items": {}}, {"type": "array"}),
        (
            {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
            {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        ),
        ({"type": "number", "exclusiveMaximum": 5}, {"type": "number", "exclusiveMaximum": 5}),
        ({"type": "string", "const": "a", "default": "a"}, {"type": "string", "const": "a", "default": "a"}),
        ({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}, {"type": "string", "contentEncoding": "base64"}),
        ({"contentMediaType": "application/octet-stream"}, {"type": "string", "format": "binary"}),
        ({"type": "string", "contentMediaType": "application/octet-stream"}, {"type": "string", "format": "binary"}),
        (
            {"type": "string", "deprecated": True, "readOnly": True, "writeOnly": True},
            {"type": "string", "deprecated": True, "readOnly": True},
        ),
        ({"type": "string", "deprecated": False}, {"type": "string"}),
    ],
)
def test_facts_stay_and_prose_goes(raw: Schema, facts: Schema) -> None:
    assert plain(raw) == facts


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        ({"type": "any"}, {}),
        ({"type": "timestamp"}, {}),
        ({"type": 5}, {}),
        ({"type": ["string", "any"]}, {}),
        ({"type": "String"}, {"type": "string"}),
        ({"type": "int"}, {"type": "integer"}),
        ({"type": "float"}, {"type": "number"}),
        ({"type": "bool"}, {"type": "boolean"}),
        ({"type": "list"}, {"type": "array"}),
        ({"type": "date"}, {"type": "string", "format": "date"}),
        ({"type": "datetime"}, {"type": "string", "format": "date-time"}),
        ({"type": "file"}, {"type": "string", "format": "binary"}),
        ({"type": "object", "nullable": True, "example": "1990-09-25"}, {}),
        ({"type": "object", "example": {"a": 1}}, {"type": "object"}),
        ({"type": "string", "minLength": "3", "maximum": "9", "minItems": -1, "maxItems": 1.5, "maxLength": True}, {"type": "string"}),
        ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "string", "pattern": "^[a-z]+$"}),
        ({"type": "string", "pattern": "[unclosed"}, {"type": "string"}),
        ({"type": "string", "pattern": ["a"]}, {"type": "string"}),
        ({"type": "object", "default": {"a": 1}}, {"type": "object"}),
        ({"type": "array", "default": [1, 2]}, {"type": "array", "default": [1, 2]}),
        ({"type": "array", "default": [{"a": 1}]}, {"type": "array"}),
        ({"type": "string", "default": None}, {"type": "string"}),
    ],
)
def test_what_descriptions_get_wrong_is_mended_or_left_out(raw: Schema, facts: Schema) -> None:
    assert plain(raw) == facts


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        ({"type": "string", "enum": ["a", "b", "a"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"enum": ["a", 1, None]}, {"enum": ["a", 1, None]}),
        ({"type": "string", "enum": ["a", None]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "string", "enum": [1, 2.5, True]}, {"type": "string", "enum": ["1", "2.5", "true"]}),
        ({"type": "string", "enum": [True, "On"]}, {"type": "string", "enum": ["true", "On"]}),
        ({"type": "number", "enum": [["US", "CA"]]}, {"type": "string", "enum": ["US", "CA"]}),
        ({"type": "integer", "enum": ["1", "-2"]}, {"type": "integer", "enum": [1, -2]}),
        ({"type": "integer", "enum": [1, "x"]}, {"type": "integer", "enum": [1]}),
        ({"type": "boolean", "enum": ["yes", "no"]}, {"type": "string", "enum": ["yes", "no"]}),
        ({"type": "boolean", "enum": ["yes", 1]}, {"enum": ["yes", 1]}),
        ({"type": "string", "enum": [{"a": 1}]}, {"enum": [{"a": 1}]}),
        ({"type": "string", "enum": []}, {"type": "string"}),
        ({"type": "string", "enum": "a"}, {"type": "string"}),
        ({"type": "array", "enum": [["a"]]}, {"type": "array", "enum": [["a"]]}),
        ({"enum": [True, 1]}, {"enum": [True, 1]}),
    ],
)
def test_choices_fit_their_type(raw: Schema, facts: Schema) -> None:
    assert plain(raw) == facts


@pytest.mark.parametrize(
    ("schema", "widened"),
    [
        ({}, {}),
        ({"type": "string"}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"enum": ["a"]}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}),
        ({"$ref": "x"}, {"anyOf": [{"$ref": "x"}, {"type": "null"}]}),
        ({"anyOf": [{"type": "string"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": "object", "oneOf": [{"a": 1}]}, {"anyOf": [{"type": "object", "oneOf": [{"a": 1}]}, {"type": "null"}]}),
        ({"type": "string", "const": "a"}, {"anyOf": [{"type": "string", "const": "a"}, {"type": "null"}]}),
    ],
)
def test_null_is_let_in(schema: Schema, widened: Schema) -> None:
    assert may_be_null(schema) == widened


ANY = "array boolean null number object string"


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ({"type": "integer"}, "number"),
        ({"type": ["string", "null"]}, "string null"),
        ({"enum": ["a", 1, True, None, ["x"], {"a": 1}]}, ANY),
        ({"const": 1.5}, "number"),
        ({}, ANY),
    ],
)
def test_kinds_are_those_a_schema_says_itself(schema: Schema, kinds: str) -> None:
    assert kinds_of(schema) == set(kinds.split())
