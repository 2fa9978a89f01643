"""Rows of CSV files, read one at a time: good ones by name, bad ones with their line and what is wrong with them."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO, Final, TypeVar

from trunkline.model.errors import ConfigError

MOST_LETTERS: Final = 1_000_000
"""Longest line, and longest row over several lines, that is read."""
MOST_LINES: Final = 200
"""A quoted field over more lines than these counts as a quote that was never closed."""

_DELIMITERS: Final = ",;\t|"
_BLANK: Final = " \t\r\n\v\f"
_ESCAPED: Final = re.compile(r"[\udc80-\udcff]")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDE: Final = ("utf-16", "utf-32")
"""Encodings in which a letter takes several bytes always: what cannot be read there cannot be kept byte by byte."""
_NO_LETTER: Final = "\ufffd"
_TYPED: Final = {"\\t": "\t", "tab": "\t"}
"""Delimiters as people type them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """A kind of file that a connector takes. `kind` is what its rows are called among the kinds of a trigger.

    `columns` maps our names to headings by which a column is recognised (letters and digits count, capitals do not); empty: the file's own
    headings are the names. `required` names must have a column and a value in each row. `writes` is how such a file is written, for a
    vendor that reads it: heading by heading an expression over `item`.
    """

    id: str
    title: str
    kind: str
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    required: tuple[str, ...] = ()
    writes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `line` is its first line in the file, from 1; `raw` its text as it stands there; `problem` is empty for a good row."""

    line: int
    raw: str
    values: dict[str, str]
    """By heading."""
    problem: str = ""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """An opened file: its headings, and its rows as they are asked for."""

    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    header: str
    """The first line as it stands there."""
    rows: Iterator[Row]


def opened(file: BinaryIO, *, encoding: str | None = None, delimiter: str | None = None) -> Sheet:
    """The sheet in `file`, read from its beginning; raises `ConfigError` when its first line cannot be a header."""
    found = encoding or _encoding(file)
    mark = _mark(delimiter)
    text = _text(file, found)
    lines = _Lines(text)
    try:
        head = next(lines, "")
    except UnicodeError as exc:
        raise _no_encoding(found) from exc
    if not head.strip():
        raise ConfigError("the file is empty", hint="Its first line has to name the columns.")
    if _unreadable(head, found):
        name = "UTF-8" if found.startswith("utf-8") else found
        raise ConfigError(f"the first line is not {name}", hint="Say what it is: --encoding windows-1252", place="line 1")
    if "\0" in head:
        raise ConfigError("the first line is binary", hint="Is it a CSV file? A spreadsheet has to be saved as CSV first.", place="line 1")
    mark = mark or _delimiter(head)
    headings = tuple(name.strip() for name in next(csv.reader([head], delimiter=mark)))
    if len(set(headings)) != len(headings) or "" in headings:
        twice = next((name for name in headings if headings.count(name) > 1), "")
        raise ConfigError(f"two columns are called {twice!r}" if twice else "a column has no heading", place="line 1")
    return Sheet(encoding=found, delimiter=mark, headings=headings, header=head, rows=_rows(lines, headings, mark, found))


def assigned(file: RowFile, headings: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Which heading holds which of our names: `given` first, then by what the headings are known as.

    Raises `ConfigError` when a required name has no column, or `given` names one that is not there.
    """
    there = {known_as(heading): heading for heading in headings}
    for name, heading in given.items():
        if known_as(heading) not in there:
            raise ConfigError(f"there is no column {heading!r}", hint=f"There are: {', '.join(there.values())}.", place=f"--map {name}")
        if file.columns and name not in file.columns:
            raise ConfigError(f"there is no field {name!r}", hint=f"There are: {', '.join(file.columns)}.", place="--map")
    found = {name: there[known_as(heading)] for name, heading in given.items()}
    for name, known in file.columns.items():
        heading = next((there[one] for one in map(known_as, (name, *known)) if one in there), None)
        if name not in found and heading is not None and heading not in found.values():
            found[name] = heading
    for name in file.required:
        if file.columns and name not in found:
            raise ConfigError(f"no column looks like {name}", hint=f'Say which one it is: --map {name}="Heading"', place="line 1")
    return found


def known_as(heading: str) -> str:
    """`E-Mail Address` → `emailaddress`."""
    return _NO_WORD.sub("", heading.lower())


def skipped(rows: Iterator[T], count: int) -> Iterator[T]:
    """`rows` without the first `count`."""
    return islice(rows, count, None)


# ── from lines to rows ───────────────────────────────────────────────────────────────────────────────────────────────


class _Lines(Iterator[str]):
    """Physical lines with their ends, each bounded; lines can be given back."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self._back: deque[str] = deque()
        self.read = 0
        """How many lines were taken and not given back."""

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._text.readline(MOST_LETTERS)
        if not line:
            raise StopIteration
        self.read += 1
        return line

    def let_go(self) -> None:
        """Leave the file to its owner, who closes it."""
        self._text.detach()

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.read -= len(lines)


def _rows(lines: _Lines, headings: tuple[str, ...], delimiter: str, encoding: str) -> Iterator[Row]:
    try:
        for row in _read(lines, headings, delimiter):
            yield row if row.problem or not _unreadable(row.raw, encoding) else _not_read(row, encoding)
    finally:
        lines.let_go()


def _read(lines: _Lines, headings: tuple[str, ...], delimiter: str) -> Iterator[Row]:
    while True:
        number = lines.read + 1
        taken: list[str] = []
        try:
            cells = next(csv.reader(_recorded(lines, taken), delimiter=delimiter, strict=True), None)
            problem = ""
        except csv.Error as error:
            cells, problem = [], _in_words(error)
        except _TooLongError as error:
            cells, problem = [], str(error)
        if cells is None:
            return
        if problem and len(taken) > 1:
            # The quote swallowed what follows: only its own line is bad, the others are rows of their own.
            lines.give_back(taken[1:])
            del taken[1:]
        raw = "".join(taken)
        if not problem and not raw.strip(_BLANK):
            continue
        yield _row(number, raw, cells, headings, problem)


def _row(line: int, raw: str, cells: list[str], headings: tuple[str, ...], problem: str) -> Row:
    if not problem and "\0" in raw:
        problem = "it holds a zero byte"
    elif not problem and len(cells) != len(headings):
        problem = f"it has {len(cells)} fields, the header has {len(headings)}"
    values = {} if problem else dict(zip(headings, cells, strict=True))
    return Row(line=line, raw=raw, values=values, problem=problem)


def _not_read(row: Row, encoding: str) -> Row:
    told = encoding in ("utf-8", "utf-8-sig")
    problem = "it is not UTF-8; say what it is with --encoding, windows-1252 for instance" if told else f"it holds what is no {encoding}"
    return replace(row, values={}, problem=problem)


class _TooLongError(Exception):
    """A row goes on for longer than any real one."""


def _recorded(lines: _Lines, taken: list[str]) -> Iterator[str]:
    letters = 0
    for line in lines:
        taken.append(line)
        letters += len(line)
        if letters >= MOST_LETTERS or len(taken) > MOST_LINES:
            raise _TooLongError("a quote is opened and not closed" if len(taken) > 1 else "the line is too long")
        yield line


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quote is opened and not closed"
    if "expected after" in text:
        return "a quote is closed in the middle of a field"
    return text


def written_as(encoding: str) -> tuple[str, str]:
    """How further lines of a file in `encoding` are written: the encoding without its mark, and what to begin such a file with."""
    name = codecs.lookup(encoding).name
    return (f"{name}-le", "\ufeff") if name in _WIDE else (name.removesuffix("-sig"), "")


def _text(file: BinaryIO, encoding: str) -> TextIOWrapper:
    """Bytes that are no letters are kept for the report, where the encoding goes byte by byte."""
    try:
        wide = codecs.lookup(encoding).name.startswith(_WIDE)
        return TextIOWrapper(file, encoding=encoding, errors="replace" if wide else "surrogateescape", newline="")
    except (LookupError, ValueError) as exc:
        raise _no_encoding(encoding) from exc


def _no_encoding(encoding: str) -> ConfigError:
    return ConfigError(f"there is no encoding {encoding!r}", hint="utf-8, utf-16, windows-1252 and the like.", place="--encoding")


def _unreadable(text: str, encoding: str) -> bool:
    return bool(_ESCAPED.search(text)) or (_NO_LETTER in text and encoding.lower().replace("_", "-").startswith(_WIDE))


def _mark(delimiter: str | None) -> str | None:
    if not delimiter:
        return None
    mark = _TYPED.get(delimiter, delimiter)
    if len(mark) != 1 or mark in '"\r\n\0':
        raise ConfigError(f"{delimiter!r} cannot stand between fields", hint="One mark: , ; | or \\t.", place="--delimiter")
    return mark


def _encoding(file: BinaryIO) -> str:
    start = file.read(4)
    file.seek(0)
    return next((name for bom, name in _BOMS if start.startswith(bom)), "utf-8")


def _delimiter(head: str) -> str:
    """The mark that stands most often between the headings."""
    outside = re.sub(r'"[^"]*"', "", head)
    return max(_DELIMITERS, key=outside.count)
