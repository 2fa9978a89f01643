"""What the catalogue tells of every operation and trigger, as data and on its page."""

from typing import Final

import pytest

from scripts.catalogue import catalogue_pages
from trunkline.connect.entries import Entries
from trunkline.connect.registry import Registry
from trunkline.model.json import JSONObject, as_object

EVERY: Final = [Entries(one) for one in Registry.discover()]
TOLD: Final = {
    *("id", "name", "title", "category", "kind", "about", "input", "output", "sample", "scopes", "deprecated", "curated", "endpoint"),
    *("pages", "items", "record", "id_field", "news_field", "repeat"),
}

each = pytest.mark.parametrize("entries", EVERY, ids=lambda one: one.connector.id)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return catalogue_pages()


@each
def test_every_operation_is_told_as_data(entries: Entries) -> None:
    for one in entries.connector.operations:
        told = entries.operation(one)
        assert set(told) == TOLD, one.id
        assert _fits(told), one.id


def _fits(told: JSONObject) -> bool:
    """Title, schemas and sample are there; a write says what a repeat does; a list with pages where its items are."""
    sample, repeat = as_object(told["sample"]), told["repeat"]
    plain = bool(
        told["title"] and told["category"] and as_object(told["input"]).get("type") == "object" and isinstance(told["output"], dict)
    )
    return (
        plain
        and "input" in sample
        and (repeat is not None) == (told["kind"] == "write")
        and (not told["pages"] or told["items"] is not None)
    )


@each
def test_every_operation_and_trigger_has_its_place_on_a_page(entries: Entries, pages: dict[str, str]) -> None:
    text = "".join(page for path, page in pages.items() if f"/{entries.connector.id}/" in path)
    for one in (*entries.connector.operations, *entries.connector.triggers):
        name = entries.name(one)
        assert text.count(f"{{#{name.replace('.', '-')}}}") == 1, name
        assert f"### {one.title} {{#" in text, name
    assert all(f"`{one.key}`" in text for one in entries.endpoints())
