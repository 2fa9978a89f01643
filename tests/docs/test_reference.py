"""The reference names what the program has, and nothing written from code is stale."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.generated import FILES, stale
from tests.docs.documents import ROOT, table_column

WORDS = [
    *("connector", "connection", "operation", "trigger", "event", "flow", "action", "run", "step", "attempt", "checkpoint", "cursor"),
    *("backfill", "effect", "lane", "journal", "replay", "dead letter", "idempotency key", "unknown outcome"),
]


@pytest.mark.parametrize("word", WORDS)
def test_glossary_explains_the_word(word: str) -> None:
    assert word in table_column(ROOT / "docs/reference/glossary.md")


def test_no_word_of_the_glossary_is_forbidden_by_another() -> None:
    glossary = ROOT / "docs/reference/glossary.md"
    forbidden = {word.strip() for cell in table_column(glossary, 2) for word in cell.split(",")}
    assert not forbidden & table_column(glossary)


def _declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(line).name for line in (*project["project"]["dependencies"], *project["dependency-groups"]["dev"])]


def test_libraries_page_says_what_each_dependency_saves_and_lists_no_other() -> None:
    listed = table_column(ROOT / "docs/decisions/0001-libraries.md")
    assert listed == set(_declared())


def test_settings_page_lists_every_variable_the_program_reads() -> None:
    own_flag = ("TRUNKLINE_SANDBOX_", "TRUNKLINE_DEMO_", "TRUNKLINE_CRASH_AT")  # of one command each, and of the tests
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").glob("**/*.py")]
    read = {name for text in sources for name in re.findall(r"TRUNKLINE_[A-Z_]*[A-Z]", text) if not name.startswith(own_flag)}
    assert {f"`{name}`" for name in read} == table_column(ROOT / "docs/reference/settings.md")


def test_every_decision_is_in_the_list_of_decisions() -> None:
    decisions = ROOT / "docs/decisions"
    index = (decisions / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in decisions.glob("0*.md") if f"({page.name})" not in index] == []


def test_generated_files_are_what_the_code_gives_now() -> None:
    assert [str(path) for path in stale()] == []


def test_a_generated_file_that_was_edited_or_removed_is_found(tmp_path: Path) -> None:
    for path, produce in FILES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(produce(), encoding="utf-8")
    assert not stale(tmp_path)

    edited = tmp_path / FILES[0][0]
    edited.write_text("edited by hand", encoding="utf-8")
    assert set(stale(tmp_path)) == {edited}
    edited.unlink()
    assert set(stale(tmp_path)) == {edited}
