"""How the problems of a flow document are shown: the place, the line itself with a caret, and what to do."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.cli.output import clean
from trunkline.flows.problems import Problem
from trunkline.model.json import JSON, JSONObject

WIDEST = 160
"""A longer line of a document is cut around the place."""


def shown(problems: Sequence[Problem], *, text: str, source: str) -> RenderableType:
    """All problems in the order of the document."""
    lines = text.splitlines()
    return Group(*(_one(one, lines, source) for one in sorted(problems, key=lambda one: (one.place.line, one.place.column))))


def as_json(problems: Sequence[Problem], *, source: str) -> list[JSON]:
    """The same for a program."""
    return [_facts(problem, source) for problem in problems]


def _facts(problem: Problem, source: str) -> JSONObject:
    return {
        "level": problem.level,
        "message": problem.message,
        "hint": problem.hint,
        "file": source,
        "line": problem.place.line,
        "column": problem.place.column,
        "path": problem.place.path,
    }


def _one(problem: Problem, lines: Sequence[str], source: str) -> Text:
    colour = "red" if problem.level == "error" else "yellow"
    told = Text.assemble(
        (f"{clean(source)}:{problem.place.line}:{problem.place.column}: ", "bold"),
        (f"{problem.level}: ", f"bold {colour}"),
        clean(problem.message),
        (f"  ({clean(problem.place.path)})" if problem.place.path else "", "dim"),
    )
    if 0 < problem.place.line <= len(lines):
        line, column = _window(clean(lines[problem.place.line - 1].replace("\t", " ")), problem.place.column - 1)
        margin = f"{problem.place.line:>5} | "
        told.append(f"\n{margin}{line}\n", "dim").append(" " * (len(margin) + column)).append("^", colour)
    if problem.hint:
        told.append("\n  hint: ", "dim").append(clean(problem.hint))
    return told


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a long line around `column`, and the column in it."""
    column = max(0, min(column, len(line)))
    start = max(0, column - WIDEST // 2) if len(line) > WIDEST else 0
    return line[start : start + WIDEST], column - start
