"""Links lead somewhere, and the commands on the pages exist."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.docs.documents import ROOT, anchors, documents, links, shell_lines
from trunkline.cli.main import app


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_page_of_ours_leads_there(page: Path) -> None:
    assert [target for target in links(page) if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: Path, target: str) -> bool:
    if re.match(r"https?://", target):
        return True
    path, _, fragment = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    return found.is_file() and (not fragment or fragment in anchors(found))


def _commands() -> list[str]:
    lines = {line for page in documents() for line in shell_lines(page)}
    return sorted(line for line in lines if line.startswith("trunkline "))


@pytest.mark.parametrize("line", _commands())
def test_command_on_a_page_exists_with_its_flags(line: str) -> None:
    words = shlex.split(line)[1:]
    path = [word for word in words[: _first_flag(words)] if re.fullmatch(r"[a-z-]+", word)]
    shown = _help(tuple(path))
    assert [word for word in words if word.startswith("--") and word not in shown] == []


def _first_flag(words: list[str]) -> int:
    return next((at for at, word in enumerate(words) if word.startswith("--")), len(words))


@cache
def _help(words: tuple[str, ...]) -> frozenset[str]:
    """The flags in the help of the command `words` lead to; what follows the command itself are its arguments."""
    done = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    assert done.exit_code == 0, done.output
    return frozenset(re.findall(r"--[a-z-]+", done.stdout))


def test_files_named_in_commands_are_there() -> None:
    named = {word for line in _commands() for word in shlex.split(line) if re.fullmatch(r"[\w./-]+/[\w.-]+\.\w+", word)}
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_make_targets_on_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {line.split()[1] for page in documents() for line in shell_lines(page) if line.startswith("make ")}
    assert named
    assert named <= targets
