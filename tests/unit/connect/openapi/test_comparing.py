"""What became of endpoints between two descriptions."""

from collections.abc import Callable

import pytest

from tests.unit.connect.openapi.conftest import Import, document
from trunkline.connect.openapi.comparing import Change, compare
from trunkline.connect.openapi.facts import Facts
from trunkline.model.json import JSON, JSONObject, as_object

OK: JSONObject = {"200": {"description": "ok"}}
TEXT: JSONObject = {"type": "string"}

Differ = Callable[[JSON, JSON], list[str]]


def told(old: Facts, new: Facts) -> list[str]:
    """The changes of `POST /a` as lines; breaking ones begin with an exclamation mark."""
    difference = compare(old, new)
    assert (difference.added, difference.removed) == ((), ())
    return [line(change) for one in difference.changed for change in one.changes]


def line(change: Change) -> str:
    return ("! " if change.breaking else "") + f"{change.field} {change.said}".strip()


@pytest.fixture
def operations(imported: Import) -> Differ:
    """The changes between two versions of one operation."""

    def differ(old: JSON, new: JSON) -> list[str]:
        def described(operation: JSON) -> Facts:
            return imported(document({"/a": {"post": {"responses": OK, **as_object(operation)}}}))

        return told(described(old), described(new))

    return differ


@pytest.fixture
def bodies(imported: Import) -> Differ:
    """The changes between two versions of a body's schema."""

    def differ(old: JSON, new: JSON) -> list[str]:
        def described(schema: JSON) -> Facts:
            body: JSON = {"content": {"application/json": {"schema": schema}}}
            paths: JSON = {"/a": {"post": {"requestBody": body, "responses": OK}}}
            return imported(document(paths, schemas={"Tag": TEXT, "Other": {"type": "integer"}}))

        return told(described(old), described(new))

    return differ


@pytest.fixture
def answers(imported: Import) -> Differ:
    """The changes between two versions of an answer's schema."""

    def differ(old: JSON, new: JSON) -> list[str]:
        def described(schema: JSON) -> Facts:
            answer: JSON = {"200": {"content": {"application/json": {"schema": schema}}}}
            return imported(document({"/a": {"post": {"responses": answer}}}))

        return told(described(old), described(new))

    return differ


def test_endpoints_come_go_and_get_other_names_in_their_path(imported: Import) -> None:
    old = imported(
        document({"/a/{id}": {"get": {"responses": OK}}, "/gone": {"get": {"responses": OK}}, "/same": {"get": {"responses": OK}}})
    )
    new = imported(
        document({"/a/{aId}": {"get": {"responses": OK}}, "/new": {"get": {"responses": OK}}, "/same": {"get": {"responses": OK}}})
    )
    difference = compare(old, new)
    assert difference.added == ("GET /new",)
    assert difference.removed == ("GET /gone",)
    (changed,) = difference.changed
    assert changed.key == "GET /a/{id}"
    assert changed.breaking
    assert [line(change) for change in changed.changes] == ["! is GET /a/{aId} now", "! path.aId is new and required", "! path.id is gone"]


def parameter(name: str, **more: JSON) -> JSONObject:
    return {"name": name, "in": "query", "schema": TEXT, **more}


def header(value: str) -> JSONObject:
    return {"name": "V", "in": "header", "schema": {"enum": [value]}}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({}, {"deprecated": True}, ["is deprecated now"]),
        ({"deprecated": True}, {}, ["is no longer deprecated"]),
        ({}, {"operationId": "x", "tags": ["x"], "description": "x"}, []),
        (
            {"security": [{"a": ["r"]}]},
            {"security": [{"b": ["w"]}]},
            ["! scope w is new", "scope r is gone", "! proof of who calls b is new", "proof of who calls a is gone"],
        ),
        ({}, {"servers": [{"url": "/v2"}], "parameters": []}, []),
        ({"parameters": [parameter("a")]}, {}, ["! query.a is gone"]),
        ({}, {"parameters": [parameter("a"), parameter("b", required=True)]}, ["query.a is new", "! query.b is new and required"]),
        (
            {"parameters": [parameter("a")]},
            {"parameters": [parameter("a", required=True, deprecated=True)]},
            ["! query.a is required now", "query.a is deprecated now"],
        ),
        ({"parameters": [parameter("a", required=True)]}, {"parameters": [parameter("a")]}, ["query.a is no longer required"]),
        (
            {"parameters": [parameter("a", schema={"type": "array"})]},
            {"parameters": [parameter("a", schema={"type": "array"}, explode=False)]},
            ["query.a is a list with commas now"],
        ),
        (
            {"parameters": [header("1")]},
            {"parameters": [header("2")]},
            ["header.v 1 → 2"],
        ),
        ({}, {"requestBody": {"content": {"application/json": {}}}}, ["body is new"]),
        ({}, {"requestBody": {"required": True, "content": {"application/json": {}}}}, ["! body is new"]),
        ({"requestBody": {"content": {"application/json": {}}}}, {}, ["! body is gone"]),
        (
            {"requestBody": {"content": {"application/json": {}}}},
            {"requestBody": {"required": True, "content": {"multipart/form-data": {}}}},
            ["! body is required now", "body is multipart/form-data now, it was application/json"],
        ),
        ({}, {"responses": {"201": {"content": {"text/csv": {}}}}}, ["answer status 200 → 201", "! answer type none → text/csv"]),
    ],
)
def test_changes_of_an_operation_are_named(operations: Differ, old: JSON, new: JSON, lines: list[str]) -> None:
    assert operations(old, new) == lines


def fields(**given: JSON) -> JSONObject:
    return {"type": "object", "properties": given}


TAG: JSON = {"$ref": "#/components/schemas/Tag"}
OTHER: JSON = {"$ref": "#/components/schemas/Other"}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (fields(a=TEXT), fields(a=TEXT), []),
        (fields(a=TEXT), fields(a=TEXT, b=TEXT), ["body.b is new"]),
        (fields(a=TEXT), {**fields(a=TEXT, b=TEXT), "required": ["b"]}, ["! body.b is new and required"]),
        (fields(a=TEXT, b=TEXT), fields(a=TEXT), ["! body.b is gone"]),
        (fields(a=TEXT), {**fields(a=TEXT), "required": ["a"]}, ["! body.a is required now"]),
        (fields(a=TEXT), fields(a={"type": "integer"}), ["! body.a type string → integer"]),
        (fields(a=TEXT), fields(a={"type": ["string", "null"]}), ["body.a type string → string or null"]),
        (fields(a={"type": "number"}), fields(a={"type": "integer"}), ["! body.a type number → integer"]),
        (fields(a=TEXT), fields(a={"type": "string", "deprecated": True}), ["body.a is deprecated now"]),
        (fields(a={"enum": ["x", "y"]}), fields(a={"enum": ["y", "z"]}), ["! body.a values gone: x", "body.a values new: z"]),
        (fields(a=TEXT), fields(a={"type": "string", "enum": ["x"]}), ["! body.a takes certain values only now"]),
        (fields(a={"type": "string", "enum": ["x"]}), fields(a=TEXT), ["body.a takes any value now"]),
        (fields(a={"type": "string", "maxLength": 5}), fields(a={"type": "string", "maxLength": 9}), ["body.a maxLength 5 → 9"]),
        (fields(a=TEXT), fields(a={"type": "string", "maxLength": 9}), ["! body.a maxLength none → 9"]),
        (fields(a={"type": "integer", "minimum": 1}), fields(a={"type": "integer", "minimum": 2}), ["! body.a minimum 1 → 2"]),
        (
            fields(a=TEXT),
            fields(a={"type": "string", "format": "uri", "default": "x"}),
            ["! body.a format none → uri", "body.a default none → x"],
        ),
        (fields(a=TEXT), fields(a={}), ["body.a may be anything now"]),
        (fields(a={}), fields(a=TEXT), ["! body.a is described now"]),
        (
            fields(a={"type": "array", "items": fields(b=TEXT)}),
            fields(a={"type": "array", "items": fields(c=TEXT)}),
            ["! body.a[].b is gone", "body.a[].c is new"],
        ),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": {"type": "integer"}},
            ["! body.* type string → integer"],
        ),
        (fields(a=TEXT), {**fields(a=TEXT), "additionalProperties": False}, ["! body takes no other fields now"]),
        (fields(a=TAG), fields(a=OTHER), ["! body.a type string → integer"]),
        (fields(a=TAG), fields(a=TEXT), []),
        ({"anyOf": [TEXT, {"type": "integer"}]}, {"anyOf": [TEXT, {"type": "boolean"}]}, ["! body(2) type integer → boolean"]),
        ({"anyOf": [TEXT, {"type": "integer"}]}, {"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}]}, ["body alternatives: 2 → 3"]),
        ({"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}]}, {"anyOf": [TEXT, {"type": "integer"}]}, ["! body alternatives: 3 → 2"]),
    ],
)
def test_changes_of_a_body_are_named_by_field(bodies: Differ, old: JSON, new: JSON, lines: list[str]) -> None:
    assert bodies(old, new) == lines


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (fields(a=TEXT), {**fields(a=TEXT, b=TEXT), "required": ["a", "b"]}, ["answer.b is new"]),
        (fields(a=TEXT, b=TEXT), fields(a=TEXT), ["! answer.b is gone"]),
        (fields(a=TEXT), fields(a={"type": ["string", "null"]}), ["! answer.a type string → string or null"]),
        (fields(a={"type": ["string", "null"]}), fields(a=TEXT), ["answer.a type string or null → string"]),
        (fields(a={"enum": ["x"]}), fields(a={"enum": ["x", "y"]}), ["answer.a values new: y"]),
        (fields(a=TEXT), fields(a={"type": "string", "maxLength": 9}), ["answer.a maxLength none → 9"]),
    ],
)
def test_changes_of_an_answer_break_who_reads_it(answers: Differ, old: JSON, new: JSON, lines: list[str]) -> None:
    assert answers(old, new) == lines


def test_a_change_deep_in_a_circle_is_found_once(imported: Import) -> None:
    def described(inner: JSON) -> Facts:
        schemas: JSON = {
            "A": fields(b={"$ref": "#/components/schemas/B"}, x=inner),
            "B": fields(a={"$ref": "#/components/schemas/A"}, list={"type": "array", "items": {"$ref": "#/components/schemas/A"}}),
        }
        answer: JSON = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}}
        return imported(document({"/a": {"post": {"responses": answer}}}, schemas=schemas))

    lines = told(described(TEXT), described({"type": "integer"}))
    assert set(lines) == {"! answer.a.x type string → integer", "! answer.list[].x type string → integer"}


def test_the_same_under_other_names_is_no_change(imported: Import) -> None:
    def described(name: str) -> Facts:
        answer: JSON = {"200": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}}
        return imported(document({"/a": {"post": {"responses": answer}}}, schemas={name: fields(a=TEXT)}))

    assert told(described("Old"), described("New")) == []


def test_another_server_is_told(imported: Import) -> None:
    old, new = [
        imported(document({"/a": {"get": {"responses": OK}}}, servers=[{"url": url}])) for url in ("https://a.example", "https://b.example")
    ]
    assert compare(old, new).server == "https://b.example"
    assert compare(old, old).server == ""


def test_many_values_are_told_in_short(bodies: Differ) -> None:
    values: list[JSON] = [f"v{number}" for number in range(30)]
    (said,) = bodies({"enum": ["a"]}, {"enum": ["a", *values]})
    assert said.endswith("v9 and 20 more")
