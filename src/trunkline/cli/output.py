"""How answers and errors are shown: calm tables for a person, one JSON document for a program."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

import orjson
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from trunkline.model.clock import SECOND, Instant, iso
from trunkline.model.errors import TrunklineError
from trunkline.model.json import JSON, JSONObject, dumps

PLAIN_WIDTH = 200
"""Columns when the output is no terminal: lines are not cut for a file or a pipe."""

_COLOURS = {
    "ok": "green",
    "done": "green",
    "published": "green",
    "running": "cyan",
    "parked": "yellow",
    "waiting": "yellow",
    "degraded": "yellow",
    "suspended": "yellow",
    "paused": "red",
    "failed": "red",
    "refused": "red",
    "unknown": "red",
    "error": "red",
    "warning": "yellow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has to say: `json` for a program, `shown` for a person, and the exit code."""

    json: JSON
    shown: RenderableType
    code: int = 0


def answer(said: Answer, *, json: bool) -> None:
    """Put it on the standard output."""
    if json:
        document(said.json)
    else:
        console().print(said.shown)


def document(value: JSON) -> None:
    """One JSON document on the standard output."""
    sys.stdout.write(pretty(value) + "\n")
    sys.stdout.flush()


def line(value: JSON) -> None:
    """One JSON document on one line, for a command that goes on: its reader need not wait for the end."""
    sys.stdout.write(dumps(value).decode() + "\n")
    sys.stdout.flush()


def pretty(value: JSON) -> str:
    """JSON as a person reads it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup and no guessed colours in what vendors sent."""
    stream: IO[str] = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH
    return Console(file=stream, highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An error as it is told."""

    code: str
    message: str
    hint: str = ""
    place: str = ""

    def as_json(self) -> JSONObject:
        return {"code": self.code, "message": self.message, "hint": self.hint, "place": self.place}


def told(error: TrunklineError) -> Told:
    """What an error of ours has to say; its place is a file, a setting or a field."""
    place = getattr(error, "place", "") or getattr(error, "field", "")
    return Told(code=error.code, message=error.message, hint=error.hint, place=str(place))


def complain(said: Told, *, json: bool) -> None:
    """Tell an error: as JSON on the standard output, in words on the standard error."""
    if json:
        document({"error": said.as_json()})
        return
    lines = [Text.assemble(("Error: ", "bold red"), clean(said.message), (f"  ({said.code})", "dim"))]
    if said.place and said.place not in said.message:
        lines.append(Text.assemble(("  where: ", "dim"), clean(said.place)))
    if said.hint:
        lines.append(Text.assemble(("  hint:  ", "dim"), clean(said.hint)))
    console(stderr=True).print(Group(*lines))


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def clean(text: str) -> str:
    """`text` without characters that could command the terminal; what vendors sent is not trusted."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> RenderableType:
    """A plain table; `empty` is said when there are no rows. States get their colour."""
    made = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    return made if made.row_count else Text(empty)


def facts(pairs: Iterable[tuple[str, object]]) -> RenderableType:
    """Names and values below each other; empty values are left out."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value not in ("", None):
            made.add_row(name, cell(value))
    return made


def cell(value: object) -> Text:
    """One value of a table."""
    if value is None:
        return Text("-", style="dim")
    text = clean(str(value))
    return Text(text, style=_COLOURS.get(text, ""))


def heading(text: str) -> Text:
    """A line above a part of an answer."""
    return Text(f"\n{clean(text)}", style="bold")


def value(data: JSON, *, most: int = 4_000) -> Text:
    """A JSON value, cut when it is long; `--json` shows all of it."""
    text = clean(pretty(data))
    return Text(text if len(text) <= most else f"{text[:most]}\n… {len(text) - most:,} more characters; see them with --json")


def when(instant: Instant | None) -> str:
    """A time of day where the reader is."""
    if instant is None:
        return "-"
    return datetime.fromtimestamp(instant / SECOND, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def iso_or_null(instant: Instant | None) -> str | None:
    """A time in JSON."""
    return None if instant is None else iso(instant)
