"""`$ref` from one document to another, inside one folder."""

from pathlib import Path

import pytest

from tests.unit.connect.openapi.conftest import Write, document
from trunkline.connect.openapi.importing import import_files
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, as_object


def answering(reference: str) -> JSON:
    """Paths with one endpoint that answers what `reference` leads to."""
    return {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": reference}}}}}}}}


def answer_of(path: Path, *, root: Path | None = None) -> JSONObject:
    facts = import_files([path], root=root).facts
    schema = as_object(as_object(facts.endpoints["GET /a"]["answer"])["schema"])
    return facts.schemas[str(schema["$ref"]).removeprefix("#/schemas/")] if "$ref" in schema else schema


THING: JSON = {"type": "object", "properties": {"id": {"type": "string"}}}


@pytest.mark.parametrize(
    ("reference", "name", "data"),
    [
        ("shared.json#/components/schemas/Thing", "shared.json", {"components": {"schemas": {"Thing": THING}}}),
        ("./models/shared.yaml#/Thing", "models/shared.yaml", "Thing: {type: object, properties: {id: {type: string}}}"),
        ("models/thing.json", "models/thing.json", THING),
        ("models/thing.json#", "models/thing.json", THING),
        ("list.json#/1", "list.json", [1, THING]),
        ("a%20b.json#/x~1y/z~0/%7Bid%7D", "a b.json", {"x/y": {"z~": {"{id}": THING}}}),
        ("deep.json#/one/properties/id", "deep.json", {"one": {"$ref": "#/two"}, "two": {"properties": {"id": THING}}}),
    ],
)
def test_a_reference_leads_to_another_file(write: Write, reference: str, name: str, data: JSON) -> None:
    write(data, name)
    assert answer_of(write(document(answering(reference)))) == THING


def test_a_reference_in_another_file_counts_from_there(write: Write) -> None:
    write({"Thing": {"$ref": "../base.json#/Base"}}, "models/thing.json")
    write({"Base": {"properties": {"own": {"$ref": "#/Own"}}}, "Own": {"type": "integer"}}, "base.json")
    answer = answer_of(write(document(answering("models/thing.json#/Thing"))))
    assert answer == {"type": "object", "properties": {"own": {"$ref": "#/schemas/Own"}}}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/components/schemas/Gone", "nothing is there"),
        ("shared.json#/Gone/deeper", "nothing is there"),
        ("shared.json#/list/9", "nothing is there"),
        ("shared.json#/list/x", "nothing is there"),
        ("gone.json#/Thing", "no such file"),
        ("models", "no such file"),
        ("https://specs.example/thing.json", "nothing is fetched"),
        ("//specs.example/thing.json", "nothing is fetched"),
        ("file:///etc/hostname", "nothing is fetched"),
        ("../outside.json", "outside the folder"),
        ("/etc/hostname", "outside the folder"),
        ("models/../../outside.json", "outside the folder"),
        ("%2e%2e/outside.json", "outside the folder"),
        ("link.json", "outside the folder"),
    ],
)
def test_a_reference_that_leads_nowhere_or_too_far_is_refused_where_it_stands(
    tmp_path: Path, write: Write, reference: str, message: str
) -> None:
    (tmp_path / "outside.json").write_text("{}", encoding="utf-8")
    write({"list": [1]}, "here/shared.json")
    (tmp_path / "here/models").mkdir()
    (tmp_path / "here/link.json").symlink_to(tmp_path / "outside.json")
    path = write(document(answering(reference), schemas={}), "here/acme.json")
    with pytest.raises(ConfigError, match=message) as caught:
        import_files([path])
    assert caught.value.place == "acme.json#/paths/~1a/get/responses/200/content/application~1json/schema"
    assert caught.value.hint


def test_a_wider_root_lets_references_go_up(tmp_path: Path, write: Write) -> None:
    write({"Thing": THING}, "common/shared.json")
    path = write(document(answering("../common/shared.json#/Thing")), "apps/acme.json")
    with pytest.raises(ConfigError, match="outside the folder"):
        import_files([path])
    assert answer_of(path, root=tmp_path) == THING
    assert import_files([path], root=tmp_path).facts.sources == ("apps/acme.json",)


def test_files_outside_the_given_root_are_refused(tmp_path: Path, write: Write) -> None:
    path = write(document({}), "apps/acme.json")
    with pytest.raises(ConfigError, match="outside the folder"):
        import_files([path], root=tmp_path / "other")


def test_only_what_a_call_needs_is_followed(write: Write) -> None:
    paths: JSON = {
        "/a": {
            "get": {
                "responses": {"200": {"description": "ok"}, "400": {"$ref": "gone.json#/Error"}},
                "callbacks": {"x": {"$ref": "gone.json"}},
            }
        }
    }
    assert list(import_files([write(document(paths))]).facts.endpoints) == ["GET /a"]


def test_a_document_is_read_once_however_often_it_is_referred_to(write: Write) -> None:
    write({"Thing": THING}, "shared.json")
    told: list[str] = []
    both = {f"/{name}": as_object(answering("shared.json#/Thing"))["/a"] for name in ("a", "b", "c")}
    import_files([write(document(both))], progress=lambda doing, _: told.append(doing))
    assert "Reading endpoints" in told
