"""Several documents into one set of facts, and what is no OpenAPI document."""

from itertools import permutations
from pathlib import Path

import pytest

from tests.unit.connect.openapi.conftest import Import, Write, document
from trunkline.connect.openapi.facts import text_of
from trunkline.connect.openapi.importing import import_files
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject


def thing(schema: JSON, *, id: str = "") -> JSONObject:
    """Paths whose one endpoint, `GET /<id>`, answers a shared `Thing`."""
    answer: JSON = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
    return document({f"/{id}": {"get": {"operationId": "same", "responses": answer}}}, schemas={"Thing": schema})


TEXT: JSONObject = {"type": "string"}


def test_the_first_description_of_an_endpoint_counts(write: Write) -> None:
    one, other = write(thing(TEXT), "one.json"), write(thing({"type": "integer"}), "other.json")
    first, second = import_files([one, other]), import_files([other, one])
    assert first.facts.schemas == {"Thing": TEXT}
    assert second.facts.schemas == {"Thing": {"type": "integer"}}
    assert first.repeated == second.repeated == 1
    assert first.facts.sources == ("one.json", "other.json")


def test_the_same_operation_id_twice_is_two_endpoints(imported: Import) -> None:
    facts = imported(thing(TEXT, id="a"), thing(TEXT, id="b"))
    assert [one["id"] for one in facts.endpoints.values()] == ["same", "same"]
    assert list(facts.schemas) == ["Thing"]


def test_schemas_called_the_same_and_saying_something_else_get_a_number(imported: Import) -> None:
    facts = imported(thing(TEXT, id="a"), thing({"type": "integer"}, id="b"), thing(TEXT, id="c"))
    assert facts.schemas == {"Thing": TEXT, "Thing2": {"type": "integer"}}


def test_the_order_of_files_that_do_not_overlap_makes_no_difference(write: Write) -> None:
    files = [write(thing({"type": "integer", "minimum": number}, id=f"e{number}"), f"f{number % 2}/d{number}.json") for number in range(4)]
    assert len({text_of(import_files(order).facts) for order in permutations(files)}) == 1


def test_the_same_documents_elsewhere_give_the_same_text(write: Write) -> None:
    texts = {text_of(import_files([write(thing(TEXT), f"{folder}/acme.json")]).facts) for folder in ("one", "two/deeper")}
    assert len(texts) == 1


def test_the_title_is_that_of_the_first_document(write: Write) -> None:
    for title, said in ((" My\n API ", "My API"), ("x" * 99, "x" * 60), (5, ""), (None, "")):
        assert import_files([write(document({}, info={"title": title}))]).title == said


def test_progress_only_grows(write: Write) -> None:
    told: list[float] = []
    files = [write(thing(TEXT, id=f"e{number}"), f"{number}.yaml") for number in range(3)]
    import_files(files, progress=lambda _, share: told.append(share))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


@pytest.mark.parametrize(
    ("data", "said", "cure"),
    [
        ({"swagger": "2.0", "paths": {}}, "Swagger 2.0", "Convert"),
        ({"openapi": "4.0.0", "paths": {}}, "OpenAPI 4.0.0", "OpenAPI 3"),
        ({"openapi": None, "paths": {}}, "OpenAPI None", "OpenAPI 3"),
        ({"asyncapi": "2.6.0"}, "AsyncAPI", "Ask the vendor"),
        ({"info": {"name": "x"}, "item": []}, "Postman", "convert"),
        ({"paths": {}}, "no OpenAPI document", "openapi: 3"),
        ([], "no OpenAPI document", "has to be an object"),
        ("just text", "no OpenAPI document", "has to be an object"),
        ("", "no OpenAPI document", "has to be an object"),
    ],
)
def test_what_is_no_openapi_document_is_named_with_the_cure(write: Write, data: JSON, said: str, cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        import_files([write(data, "acme.yaml")])
    assert said in caught.value.message
    assert cure in caught.value.hint
    assert caught.value.place == "acme.yaml"


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.1", "3.2.0", 3.1])
def test_every_openapi_3_is_read(write: Write, version: JSON) -> None:
    assert len(import_files([write({**thing(TEXT), "openapi": version})]).facts.endpoints) == 1


@pytest.mark.parametrize("paths", [None, [], {}, {"/a": None}, {"/a": {"get": None}}, "x"])
def test_a_document_without_endpoints_has_none(imported: Import, paths: JSON) -> None:
    assert imported({"openapi": "3.0.0", "paths": paths, "components": None, "servers": "x"}).endpoints == {}


def test_no_file_is_refused_and_a_missing_one_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No document"):
        import_files([])
    with pytest.raises(ConfigError, match=r"^gone\.json cannot be read"):
        import_files([tmp_path / "gone.json"])


def test_prose_never_comes_out(write: Write) -> None:
    def talkative(value: JSON) -> JSON:
        prose: JSONObject = {"description": "PROSE", "summary": "PROSE", "title": "PROSE", "example": "PROSE", "x-note": "PROSE"}
        if isinstance(value, dict):
            return {**prose, **{name: inner if name in ("enum", "required") else talkative(inner) for name, inner in value.items()}}
        return [talkative(item) for item in value] if isinstance(value, list) else value

    schema: JSON = {"type": "object", "properties": {"a": {"type": "array", "items": TEXT}, "b": {"oneOf": [TEXT, {"type": "null"}]}}}
    whole = thing(schema)
    whole["paths"] = {path: talkative(item) for path, item in dict(whole["paths"]).items()} if isinstance(whole["paths"], dict) else {}
    whole["components"] = {
        "schemas": {"Thing": talkative(schema)},
        "securitySchemes": {"k": talkative({"type": "http", "scheme": "basic"})},
    }
    facts = import_files([write({**whole, "info": {"title": "PROSE"}})]).facts
    assert b"PROSE" not in text_of(facts)
    assert len(facts.endpoints) == 1


def test_what_stands_twice_is_among_the_notes(write: Write) -> None:
    text = '{"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/a": {"post": {}}}}'
    imported = import_files([write(text)])
    assert list(imported.facts.endpoints) == ["POST /a"]
    assert [(note.place, note.said) for note in imported.notes] == [("acme.json", "'/a' stands 2 times in one object: the last counts")]
