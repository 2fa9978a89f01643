"""Laws of the importer: the same documents give the same text, pruning never refuses what a document takes, differences are symmetric."""

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema_rs import Draft202012Validator

from trunkline.connect.endpoints import Endpoints
from trunkline.connect.openapi.comparing import compare
from trunkline.connect.openapi.facts import Facts, facts_in, facts_of, text_of
from trunkline.connect.openapi.importing import import_files
from trunkline.connect.openapi.merging import merged
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema
from trunkline.testing.strategies import json_values

NAMES = ("A", "B", "C")
FIELDS = st.sampled_from(("a", "b", "c"))
COMMON: tuple[JSON, ...] = ("", "x", "words", 0, 1, 2.5, -3, True, None, [], [1], ["x", None], {}, {"a": "x"}, {"a": 1, "b": {}, "c": []})
"""Values that fit some schema nearly always."""


def plain_schemas() -> SearchStrategy[JSONObject]:
    """Schemas without parts."""
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(("string", "integer", "number", "boolean", "null", "object", "array"))
            | st.lists(st.sampled_from(("string", "integer", "null", "object")), min_size=1, max_size=2, unique=True),
            "enum": st.lists(st.sampled_from(("x", "y", 1, 2.5, True, None)), min_size=1, max_size=3),
            "minLength": st.integers(0, 3),
            "maximum": st.integers(-3, 3),
            "maxItems": st.integers(0, 2),
            "required": st.lists(FIELDS, max_size=2, unique=True),
            "additionalProperties": st.booleans(),
            "description": st.just("prose"),
            "example": st.just({"a": "b"}),
            "not": st.just({"const": "x"}),
        },
    )  # pyright: ignore[reportReturnType] - hypothesis types the values one by one


def with_parts(inner: SearchStrategy[JSONObject]) -> SearchStrategy[JSONObject]:
    """Schemas that hold others."""
    parts: dict[str, SearchStrategy[JSON]] = {
        "properties": st.dictionaries(FIELDS, inner, max_size=3),
        "items": inner,
        "additionalProperties": inner,
        "allOf": st.lists(inner, min_size=1, max_size=3),
        "anyOf": st.lists(inner, min_size=1, max_size=3),
        "oneOf": st.lists(inner, min_size=1, max_size=3),
    }  # pyright: ignore[reportAssignmentType] - a list of objects is JSON
    more = st.sampled_from(sorted(parts)).flatmap(lambda name: parts[name].map(lambda part: {name: part}))
    return st.tuples(plain_schemas(), more).map(lambda both: {**both[0], **both[1], **_meant(both[1])})


def _meant(part: JSONObject) -> JSONObject:
    """The type that authors mean who write this part, and that facts say if they do not."""
    return {"type": "object"} if "properties" in part else {"type": "array"} if "items" in part else {}


def schemas(*shared: str) -> SearchStrategy[JSONObject]:
    """Schemas that may refer to `shared` ones."""
    references = [st.just(dict[str, JSON]({"$ref": f"#/components/schemas/{name}"})) for name in shared]
    return st.recursive(st.one_of(plain_schemas(), *references), with_parts, max_leaves=6)


@st.composite
def sharing(draw: st.DrawFn) -> JSONObject:
    """Shared schemas; each refers only to those after it, since `allOf` in a circle means nothing."""
    return {name: draw(schemas(*NAMES[at + 1 :])) for at, name in enumerate(NAMES)}


def describing(paths: JSONObject, shared: JSONObject) -> JSONObject:
    return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths, "components": {"schemas": shared}}


def taking(schema: JSON) -> JSONObject:
    return {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}


def imported(*documents: tuple[str, JSONObject]) -> Facts:
    with TemporaryDirectory() as folder:
        files = [Path(folder, name) for name, _ in documents]
        for file, (_, document) in zip(files, documents, strict=True):
            file.write_text(json.dumps(document), encoding="utf-8")
        return import_files(files).facts


@given(st.lists(sharing(), min_size=2, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_documents_that_do_not_overlap_give_one_text_in_any_order(shared: list[JSONObject], random: Random) -> None:
    paths = [{f"/{at}/{name}": taking({"$ref": f"#/components/schemas/{name}"}) for name in NAMES} for at in range(len(shared))]
    documents = [(f"d{at}.json", describing(dict[str, JSON](paths[at]), shared[at])) for at in range(len(shared))]
    text = text_of(imported(*documents))
    random.shuffle(documents)
    assert text_of(imported(*documents)) == text


@given(sharing())
@settings(max_examples=100, deadline=None)
def test_facts_survive_being_written_and_read(shared: JSONObject) -> None:
    facts = imported(("a.json", describing({f"/{name}": taking({"$ref": f"#/components/schemas/{name}"}) for name in NAMES}, shared)))
    text = text_of(facts)
    assert facts_in(text) == facts
    assert text_of(facts_in(text)) == text
    assert facts_of(Endpoints(text)) == facts
    assert compare(facts, facts_in(text)).changed == ()


def some_values() -> SearchStrategy[list[JSON]]:
    """Several at once: drawing schemas is what takes time, and most values fit none of them."""
    made: SearchStrategy[JSON] = st.dictionaries(FIELDS, json_values(max_leaves=3), max_size=3).map(lambda fields: {**fields})
    return st.lists(json_values(max_leaves=4) | made, min_size=4, max_size=8).map(lambda some: [*COMMON, *some])


@given(sharing(), some_values())
@settings(max_examples=80, deadline=None)
def test_what_a_document_takes_its_facts_take(shared: JSONObject, values: list[JSON]) -> None:
    original = Draft202012Validator({"components": {"schemas": shared}, "$ref": "#/components/schemas/A"}, validate_formats=True)
    facts = imported(("a.json", describing({"/a": taking({"$ref": "#/components/schemas/A"})}, shared)))
    schema = as_object(as_object(facts.endpoints["POST /a"]["body"]).get("schema"))
    ours = Draft202012Validator({**schema, "schemas": dict(facts.schemas)})
    for value in filter(original.is_valid, values):
        assert ours.is_valid(value), (value, shared, facts.schemas)


@given(st.lists(schemas(), min_size=1, max_size=3), some_values())
@settings(max_examples=80, deadline=None)
def test_what_fits_all_fits_what_they_are_merged_into(parts: list[Schema], values: list[JSON]) -> None:
    each, whole = [Draft202012Validator(part) for part in parts], Draft202012Validator(merged(parts))
    for value in (one for one in values if all(part.is_valid(one) for part in each)):
        assert whole.is_valid(value), (value, merged(parts))


@given(sharing(), sharing())
@settings(max_examples=100, deadline=None)
def test_what_one_way_is_added_is_removed_the_other_way(one: JSONObject, other: JSONObject) -> None:
    def facts(shared: JSONObject, *names: str) -> Facts:
        return imported(("a.json", describing({f"/{name}": taking({"$ref": f"#/components/schemas/{name}"}) for name in names}, shared)))

    there, back = facts(one, "A", "B"), facts(other, "B", "C")
    forth, return_ = compare(there, back), compare(back, there)
    assert (forth.added, forth.removed) == (return_.removed, return_.added) == (("POST /C",), ("POST /A",))
    assert [one.key for one in forth.changed] == [one.key for one in return_.changed]
