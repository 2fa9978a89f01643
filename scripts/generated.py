"""Writes the files that are made from code, or (`--check`) says which of them are stale.

Run from the root: `python -m scripts.generated [--check]`. A new file is one more row in `FILES`: its path and the function that
gives its text. The text must be the same on every machine and every day.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.catalogue import FOLDER, catalogue_navigation, catalogue_pages
from scripts.pages import cli_page, errors_page, settings_page

ROOT = Path(__file__).resolve().parent.parent

FILES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("docs/reference/cli.md", cli_page),
    ("docs/reference/errors.md", errors_page),
    ("docs/reference/settings.md", settings_page),
)
CONTENTS = "mkdocs.yml"
"""The table of contents; only its part about the catalogue is made here."""


def wanted(root: Path = ROOT) -> dict[Path, str]:
    """Every file with the text it should have."""
    texts = {path: produce() for path, produce in FILES} | catalogue_pages()
    texts[CONTENTS] = with_catalogue((root / CONTENTS).read_text(encoding="utf-8"))
    return {root / path: text for path, text in texts.items()}


def stale(root: Path = ROOT) -> dict[Path, str | None]:
    """The files whose text on disk differs from what the code gives now, with the text they should have; None for one that should go."""
    texts = wanted(root)
    differing: dict[Path, str | None] = {
        path: text for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    left = (path for path in (root / FOLDER).rglob("*.md") if path not in texts)
    return differing | dict.fromkeys(left)


def with_catalogue(contents: str) -> str:
    """The table of contents with the catalogue's pages in it, before the decisions."""
    lines = contents.splitlines()
    begin = next((at for at, line in enumerate(lines) if line == "  - Catalogue:"), lines.index("  - Decisions:"))
    end = next(at for at, line in enumerate(lines) if at >= begin and line.startswith("  - ") and line != "  - Catalogue:")
    return "\n".join([*lines[:begin], *catalogue_navigation(), *lines[end:], ""])


def main(arguments: list[str]) -> int:
    differing = stale()
    for path, text in differing.items():
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is not what the code gives now; `make docs` writes it")
        elif text is None:
            path.unlink()
            print(f"removed {path.relative_to(ROOT)}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return int(bool(differing) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
