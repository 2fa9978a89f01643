"""The repository's own documents as the tests of this folder read them."""

import re
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    """Every Markdown page a reader may open: those at the root and those under docs."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def shell_lines(page: Path) -> list[str]:
    """The commands in the page's `sh` blocks, without comments; one that goes on after a backslash is one."""
    blocks = [text for language, text in _FENCE.findall(page.read_text(encoding="utf-8")) if language == "sh"]
    lines = (re.split(r"\s#\s", line)[0].strip() for block in blocks for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines())
    return [line for line in lines if line]


def links(page: Path) -> list[str]:
    """The targets of the page's links, code left out."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8"))))


def anchors(page: Path) -> set[str]:
    """The fragments its headings can be reached by: the one that is given (`{#name}`), else one made of the words."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    given = {name for heading in headings for name in re.findall(r"\{#([\w-]+)\}$", heading)}
    return given | {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def table_column(page: Path, column: int = 0) -> set[str]:
    """The filled cells of one column of all tables on the page, without the heads."""
    rows = re.findall(r"^\|(.+)\|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    cells = [row.split("|")[column].strip() for row in rows]
    heads = {cell for cell, below in pairwise(cells) if set(below) == {"-"}}
    return {cell for cell in cells if cell.strip("-")} - heads
