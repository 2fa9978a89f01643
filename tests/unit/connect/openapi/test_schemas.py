"""Schemas as they come out: shared ones shared, `allOf` merged, circles cut where they have to be."""

import pytest

from tests.unit.connect.openapi.conftest import Import, document
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema


def body_of(imported: Import, schema: JSON, schemas: JSON = None, *, version: str = "3.0.3") -> tuple[Schema, dict[str, Schema]]:
    """The schema of a body, and the shared ones by name."""
    paths: JSON = {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}}
    facts = imported(document(paths, schemas=schemas or {}, version=version))
    return as_object(as_object(facts.endpoints["POST /a"]["body"]).get("schema")), dict(facts.schemas)


def ref(name: str) -> JSONObject:
    return {"$ref": f"#/components/schemas/{name}"}


def shared(name: str) -> JSONObject:
    return {"$ref": f"#/schemas/{name}"}


TEXT: Schema = {"type": "string"}


def test_shared_schemas_stay_shared_and_only_those_in_use_are_kept(imported: Import) -> None:
    schemas: JSON = {
        "Tag": {"type": "object", "properties": {"of": ref("Person")}},
        "Person": {"properties": {"tags": {"items": ref("Tag")}}},
        "Unused": TEXT,
    }
    body, found = body_of(imported, ref("Tag"), schemas)
    assert body == shared("Tag")
    assert found == {
        "Tag": {"type": "object", "properties": {"of": shared("Person")}},
        "Person": {"type": "object", "properties": {"tags": {"type": "array", "items": shared("Tag")}}},
    }


@pytest.mark.parametrize("raw", [None, {}, {"description": "x"}, True, [], "x", {"type": "object", "properties": None, "required": "a"}])
def test_schemas_that_say_nothing_are_nothing(imported: Import, raw: JSON) -> None:
    assert body_of(imported, raw)[0] in ({}, {"type": "object"})


def test_a_schema_of_its_own_keeps_its_fields(imported: Import) -> None:
    raw: JSON = {
        "type": "object",
        "required": ["b", "a", "b", 5],
        "properties": {"a": {"type": "string", "description": "x"}, "b": True, "c": {"required": True, "type": "integer"}, "$ref": TEXT},
        "additionalProperties": False,
        "minProperties": 1,
        "externalDocs": {"url": "x"},
    }
    assert body_of(imported, raw)[0] == {
        "type": "object",
        "required": ["a", "b", "c"],
        "properties": {"a": TEXT, "b": {}, "c": {"type": "integer"}, "$ref": TEXT},
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        ({"type": "object", "additionalProperties": True}, {"type": "object"}),
        ({"type": "object", "additionalProperties": {}}, {"type": "object"}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"type": "object", "additionalProperties": {"type": "integer"}}),
        ({"type": "object", "patternProperties": {"^x": {}}, "additionalProperties": False}, {"type": "object"}),
        ({"type": "array", "items": {}}, {"type": "array"}),
        ({"type": "array", "items": [TEXT]}, {"type": "array"}),
        ({"type": "array", "prefixItems": [TEXT], "items": False}, {"type": "array"}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"anyOf": [TEXT, TEXT]}, TEXT),
        ({"anyOf": [TEXT, {}]}, {}),
        ({"oneOf": [TEXT, {"type": "integer"}]}, {"oneOf": [TEXT, {"type": "integer"}]}),
        (
            {"type": "object", "properties": {"a": TEXT}, "anyOf": [{"required": ["a"]}]},
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
        ),
        (
            {"type": "object", "additionalProperties": False, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        ),
        ({"not": {"type": "string"}}, {}),
    ],
)
def test_what_a_schema_says_is_kept_and_never_more(imported: Import, raw: JSON, facts: Schema) -> None:
    assert body_of(imported, raw)[0] == facts


def test_fields_only_the_vendor_sets_need_not_be_given(imported: Import) -> None:
    raw: JSON = {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "string", "readOnly": True}, "name": TEXT}}
    assert body_of(imported, raw)[0]["required"] == ["name"]


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        ({"allOf": [ref("A")], "description": "x", "example": {}}, shared("A")),
        ({"allOf": [ref("A"), {}]}, shared("A")),
        ({"allOf": [ref("A"), {"type": "object", "description": "x"}]}, shared("A")),
        ({"$ref": "#/components/schemas/A", "type": "object"}, shared("A")),
        ({"allOf": [ref("A")], "nullable": True}, {"anyOf": [shared("A"), {"type": "null"}]}),
        ({"$ref": "#/components/schemas/A", "nullable": True}, {"anyOf": [shared("A"), {"type": "null"}]}),
        ({"allOf": [{"allOf": [{"allOf": [ref("A")]}]}]}, shared("A")),
        ({"allOf": [ref("Alias")]}, shared("A")),
        ({"allOf": []}, {}),
        ({"allOf": [None, True, TEXT]}, TEXT),
        ({"allOf": [ref("A"), ref("B")]}, {"type": "object", "properties": {"a": TEXT, "b": TEXT}}),
        ({"allOf": [ref("A"), {"required": ["a"]}]}, {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}),
        ({"allOf": [ref("A")], "properties": {"own": TEXT}}, {"type": "object", "properties": {"a": TEXT, "own": TEXT}}),
        ({"$ref": "#/components/schemas/A", "required": ["a"]}, {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}),
        ({"allOf": [ref("A"), {"oneOf": [ref("B"), TEXT]}]}, {"type": "object", "properties": {"a": TEXT}, "oneOf": [shared("B"), TEXT]}),
    ],
)
def test_all_of_is_one_schema(imported: Import, raw: JSON, facts: Schema) -> None:
    schemas: JSON = {
        "A": {"type": "object", "properties": {"a": TEXT}},
        "B": {"type": "object", "properties": {"b": TEXT}},
        "Alias": {"$ref": "#/components/schemas/A", "description": "another name"},
    }
    assert body_of(imported, raw, schemas, version="3.1.0")[0] == facts


def test_schemas_that_refer_in_a_circle_without_saying_anything_are_nothing(imported: Import) -> None:
    schemas: JSON = {"A": ref("B"), "B": ref("C"), "C": ref("A"), "Self": ref("Self")}
    for name in ("A", "B", "C", "Self"):
        assert body_of(imported, ref(name), schemas) == ({}, {})


def test_all_of_in_a_circle_ends(imported: Import) -> None:
    schemas: JSON = {
        "A": {"allOf": [ref("B"), {"properties": {"a": TEXT}}]},
        "B": {"allOf": [ref("A"), {"properties": {"b": TEXT}}]},
        "Self": {"allOf": [ref("Self"), {"properties": {"s": TEXT}}]},
    }
    assert body_of(imported, ref("A"), schemas)[1] == {"A": {"type": "object", "properties": {"a": TEXT, "b": TEXT}}}
    assert body_of(imported, ref("B"), schemas)[1] == {"B": {"type": "object", "properties": {"a": TEXT, "b": TEXT}}}
    assert body_of(imported, ref("Self"), schemas)[1] == {"Self": {"type": "object", "properties": {"s": TEXT}}}


def test_a_schema_that_extends_itself_further_down_refers_to_itself_there(imported: Import) -> None:
    child: JSON = {"allOf": [ref("Node"), {"properties": {"extra": TEXT}}]}
    _, found = body_of(imported, ref("Node"), {"Node": {"type": "object", "properties": {"child": child}}})
    extra: Schema = {"type": "object", "properties": {"extra": TEXT}}
    assert found == {"Node": {"type": "object", "properties": {"child": {"allOf": [shared("Node"), extra]}}}}


def test_long_chains_of_all_of_end(imported: Import) -> None:
    chain: JSONObject = {f"S{at}": {"allOf": [ref(f"S{at + 1}"), {"properties": {f"p{at}": TEXT}}]} for at in range(1_000)}
    _, found = body_of(imported, ref("S0"), {**chain, "S1000": TEXT})
    fields = [as_object(as_object(part).get("properties")) for part in (*_parts(found["S0"]),)]
    assert any("p0" in some for some in fields)
    assert sum(len(some) for some in fields) < 100


def _parts(schema: Schema) -> list[JSON]:
    inner = schema.get("allOf")
    return [schema, *inner] if isinstance(inner, list) else [schema]


def test_a_parent_that_tells_its_children_apart_is_any_of_them(imported: Import) -> None:
    kinds: JSON = {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog", "gone": "Gone"}}
    schemas: JSON = {
        "Pet": {"type": "object", "properties": {"kind": TEXT}, "discriminator": kinds},
        "Cat": {"allOf": [ref("Pet"), {"properties": {"claws": TEXT}}]},
        "Dog": {"allOf": [ref("Pet"), {"properties": {"bark": TEXT}}]},
    }
    body, found = body_of(imported, ref("Pet"), schemas)
    assert body == shared("Pet")
    assert found["Pet"] == {"anyOf": [shared("Cat"), shared("Dog")]}
    assert found["Cat"] == {"type": "object", "properties": {"kind": TEXT, "claws": TEXT}}


def test_names_are_taken_from_the_place_and_need_no_quoting(imported: Import) -> None:
    schemas: JSON = {"Name with spaces/and more": TEXT, "Ünï": {"type": "integer"}, "A": {"properties": {"b": TEXT}}}
    raw: JSON = {
        "properties": {
            "one": ref("Name with spaces~1and more"),
            "two": ref("Ünï"),
            "three": ref("A/properties/b"),
            "four": {"$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema/properties/five"},
            "five": {"type": "boolean"},
        }
    }
    body, found = body_of(imported, raw, schemas)
    assert found == {
        "Name_with_spaces_and_more": TEXT,
        "n": {"type": "integer"},
        "A.properties.b": TEXT,
        "paths._a.post.requestBody.content.application_json.schema.properties.five": {"type": "boolean"},
    }
    assert set(as_object(body["properties"])) == {"one", "two", "three", "four", "five"}
