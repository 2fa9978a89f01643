"""Writes the files that are made from code, or (`--check`) says which of them are stale.

Run from the root: `python -m scripts.generated [--check]`. A new file is one more row in `FILES`: its path and the function that
gives its text. The text must be the same on every machine and every day.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.pages import cli_page, errors_page, settings_page

ROOT = Path(__file__).resolve().parent.parent

FILES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("docs/reference/cli.md", cli_page),
    ("docs/reference/errors.md", errors_page),
    ("docs/reference/settings.md", settings_page),
)


def stale(root: Path = ROOT) -> dict[Path, str]:
    """The files whose text on disk differs from what the code gives now, with the text they should have."""
    wanted = {root / path: produce() for path, produce in FILES}
    return {path: text for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text}


def main(arguments: list[str]) -> int:
    differing = stale()
    for path, text in differing.items():
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is not what the code gives now; `make docs` writes it")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return int(bool(differing) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
