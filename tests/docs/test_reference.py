"""The reference names what the program has, and nothing written from code is stale."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.catalogue import FOLDER, catalogue_pages
from scripts.generated import CONTENTS, FILES, stale, wanted, with_catalogue
from tests.docs.documents import ROOT, table_column
from trunkline.connect.entries import Entries
from trunkline.connect.registry import Registry

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


def test_a_generated_file_that_was_edited_removed_or_left_behind_is_found(tmp_path: Path) -> None:
    (tmp_path / CONTENTS).write_text((ROOT / CONTENTS).read_text(encoding="utf-8"), encoding="utf-8")
    for path, text in wanted(tmp_path).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert not stale(tmp_path)

    edited, extra = tmp_path / FILES[0][0], tmp_path / FOLDER / "gone" / "index.md"
    edited.write_text("edited by hand", encoding="utf-8")
    assert set(stale(tmp_path)) == {edited}
    edited.unlink()
    extra.parent.mkdir()
    extra.write_text("of a connector that is no more", encoding="utf-8")
    assert stale(tmp_path).keys() == {edited, extra}
    assert stale(tmp_path)[extra] is None


def test_the_catalogue_stands_in_the_contents_once_however_often_it_is_written() -> None:
    contents = "nav:\n  - Start: start.md\n  - Decisions:\n      - decisions/index.md\n"
    once = with_catalogue(contents)
    assert once.count("catalogue/index.md") == 1
    assert once.endswith("  - Decisions:\n      - decisions/index.md\n")
    assert with_catalogue(once) == once


def test_the_catalogue_says_how_much_there_is_of_everything() -> None:
    pages = catalogue_pages()
    rows = dict(re.findall(r"^\| \[.+?\]\((\w+)/index\.md\) \| (.+) \|$", pages[f"{FOLDER}/index.md"], re.MULTILINE))
    for connector in Registry.discover():
        counts = Entries(connector).counts
        assert rows[connector.id] == " | ".join(
            map(str, (counts.curated, counts.endpoints, counts.triggers, counts.by_webhook, counts.by_poll))
        )
        texts = [text for path, text in pages.items() if path.startswith(f"{FOLDER}/{connector.id}/")]
        shown = re.findall(r"^`([\w.]+)`$", "\n".join(texts), re.MULTILINE)
        assert sorted(shown) == sorted(f"{connector.id}.{one.id}" for one in (*connector.operations, *connector.triggers))


def test_no_page_of_the_catalogue_is_too_large_to_be_read() -> None:
    sizes = {path: len(text) for path, text in catalogue_pages().items()}
    assert max(sizes.values()) < 200_000
    assert sum(sizes.values()) < 3_000_000
