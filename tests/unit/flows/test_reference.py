"""The reference pages: complete, and right where they can be run."""

import re
from pathlib import Path

import pytest

from trunkline.flows.check import check
from trunkline.flows.language.operators import FUNCTIONS, TESTS
from trunkline.flows.parsing import parse
from trunkline.flows.reference import filter_tables
from trunkline.model.catalogue import Catalogue, KnownConnections

DOCS = Path(__file__).parents[3] / "docs/reference"
PAGES = ("expressions.md", "flow-document.md")
BLOCKS = [
    (page, number, block)
    for page in PAGES
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL))
]


def test_the_filter_tables_are_those_of_the_declarations() -> None:
    assert filter_tables() in (DOCS / "expressions.md").read_text(encoding="utf-8")


def test_every_test_and_function_is_on_the_page() -> None:
    page = (DOCS / "expressions.md").read_text(encoding="utf-8")
    assert [name for name in TESTS if f"`{name}`" not in page] == []
    assert [name for name in FUNCTIONS if f"`{name}(" not in page] == []


@pytest.mark.parametrize(("page", "number", "block"), BLOCKS, ids=[f"{page}-{number}" for page, number, _ in BLOCKS])
def test_each_flow_on_the_pages_has_no_problems(
    page: str, number: int, block: str, shipped: Catalogue, connections: KnownConnections
) -> None:
    assert check(parse(block, source=f"{page}#{number}"), shipped, connections) == []
