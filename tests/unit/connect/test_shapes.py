"""Schemas of endpoints made whole."""

from trunkline.connect.shapes import FILE, MOST_PARTS, inlined, with_files
from trunkline.model.json import as_object
from trunkline.model.schema import Schema


def test_shared_schema_is_put_in() -> None:
    shared: dict[str, Schema] = {"Tag": {"type": "string"}, "Tags": {"type": "array", "items": {"$ref": "#/schemas/Tag"}}}
    assert inlined({"$ref": "#/schemas/Tags"}, shared.get) == {"type": "array", "items": {"type": "string"}}


def test_schema_that_holds_itself_ends_in_anything() -> None:
    node: Schema = {"type": "object", "properties": {"next": {"$ref": "#/schemas/Node"}, "$ref": {"type": "string"}}}
    assert inlined({"$ref": "#/schemas/Node"}, {"Node": node}.get) == {
        "type": "object",
        "properties": {"next": {}, "$ref": {"type": "string"}},
    }


def test_reference_to_nothing_is_anything() -> None:
    nothing: dict[str, Schema] = {}
    assert inlined({"$ref": "#/schemas/Nowhere"}, nothing.get) == {}


def test_wide_and_deep_schemas_stay_bounded() -> None:
    def level(number: int) -> Schema:
        below: Schema = {"$ref": f"#/schemas/L{number + 1}"}
        return {"type": "object", "properties": {f"p{field}": below for field in range(6)}}

    shared = {f"L{number}": level(number) for number in range(12)}
    whole = inlined({"$ref": "#/schemas/L0"}, shared.get)
    assert str(whole).count("properties") < MOST_PARTS
    assert as_object(as_object(whole["properties"])["p5"])["type"] == "object", "as deep as fits"


def test_files_can_be_given_as_json() -> None:
    binary: Schema = {"type": "string", "format": "binary"}
    given: Schema = {
        "type": "object",
        "properties": {"one": binary, "more": {"type": "array", "items": binary}, "name": {"type": "string"}},
    }
    assert with_files(given)["properties"] == {"one": FILE, "more": {"type": "array", "items": FILE}, "name": {"type": "string"}}
    assert with_files({"contentEncoding": "base64", "type": "string"}) == FILE
