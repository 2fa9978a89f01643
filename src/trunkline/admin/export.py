"""A vendor's list written as a CSV file: page by page, continued where it was stopped, whole or not there under its name."""

import csv
import os
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Final

from trunkline.admin.connections import link_to
from trunkline.admin.desk import Desk
from trunkline.connect.declaration import Operation
from trunkline.connect.pages import pages
from trunkline.connect.registry import Registry
from trunkline.flows.language.syntax import ExpressionError
from trunkline.flows.mapping import compile_value
from trunkline.flows.plan import Render
from trunkline.model.errors import ConfigError, MappingError, NotFoundError
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, as_object, canonical, dumps, loads
from trunkline.model.schema import Schema

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to write: heading by heading an expression over `item`; no columns: every plain field the list's schema knows."""

    connection: str
    operation: str
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    input: JSONObject = field(default_factory=dict[str, JSON])
    formulas: bool = False
    """Leave values as they are that a spreadsheet would take for a formula; else a quote is put before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How far it is. `continued` are the rows that were there from a time before; `done` when the file stands under its name."""

    rows: int
    continued: int
    done: bool = False


def preset(registry: Registry, name: str) -> Mapping[str, str]:
    """The columns of a file that a vendor reads, `seventeenhats.contacts`; `NotFoundError` names those there are."""
    known = {f"{one.id}.{file.id}": file.writes for one in registry for file in one.files if file.writes}
    if name not in known:
        raise NotFoundError(f"There is no kind of file {name!r} to write.", hint=f"There are: {', '.join(known) or 'none'}.")
    return known[name]


async def exported(desk: Desk, wish: Wish) -> AsyncGenerator[Written]:
    """Write the list and say after each page how far it is.

    Until it is whole it stands in `FILE.part`, with `FILE.part.json` telling where the list goes on; the same command continues there.
    Raises `ConfigError` for columns that cannot be, and what the vendor's errors raise.
    """
    operation = desk.registry.operation(wish.operation)
    if operation.items is None:
        raise ConfigError(f"{wish.operation} gives no list.", hint="Lists are marked so in: trunkline catalogue", place="OPERATION")
    columns = wish.columns or _plain_fields(operation)
    renders = {heading: _render(heading, expression) for heading, expression in columns.items()}
    link = await link_to(desk, wish.connection)
    link.operation(wish.operation)
    part = _Part(wish, columns)
    begun = part.rows
    yield Written(rows=part.rows, continued=begun)
    asked: list[JSONObject | None] = [part.following]
    async for items in pages(link.session, _watched(operation, asked), part.following):
        part.note(asked[0])
        part.add([_cells(renders, item, wish, number=part.rows + number) for number, item in enumerate(items, start=1)])
        yield Written(rows=part.rows, continued=begun)
    part.finish()
    yield Written(rows=part.rows, continued=begun, done=True)


def _watched(operation: Operation, asked: list[JSONObject | None]) -> Operation:
    """The same list, its next page's input kept in `asked`."""

    def next_page(input: JSONObject, page: JSON) -> JSONObject | None:
        asked[0] = operation.next_page(input, page) if operation.next_page else None
        return asked[0]

    return replace(operation, next_page=next_page)


class _Part:
    """The file while it is not whole."""

    def __init__(self, wish: Wish, columns: Mapping[str, str]) -> None:
        self._path = wish.path
        self._part = wish.path.with_name(f"{wish.path.name}.part")
        self._note = wish.path.with_name(f"{wish.path.name}.part.json")
        self._of = digest(wish.connection, wish.operation, canonical(wish.input), canonical(list(columns.items())))
        self.rows = 0
        self.following = wish.input
        noted = self._noted()
        try:
            if noted is None:
                self._file = self._part.open("wb")
                self._write([list(columns)])
            else:
                self._file = self._part.open("r+b")
                self._file.truncate(int(str(noted["bytes"])))
                self._file.seek(0, os.SEEK_END)
                self.rows = int(str(noted["rows"]))
                self.following = as_object(noted["following"])
        except OSError as error:
            raise ConfigError(
                f"{wish.path} cannot be written: {error.strerror}.", hint="Choose another --out.", place=str(wish.path)
            ) from error

    def note(self, following: JSONObject | None) -> None:
        """What is written so far is whole, and the page of `following` comes next; on disk before any of that page is."""
        os.fsync(self._file.fileno())
        note: JSONObject = {"of": self._of, "bytes": self._file.tell(), "rows": self.rows, "following": following}
        fresh = self._note.with_suffix(".new")
        fresh.write_bytes(dumps(note))
        fresh.replace(self._note)

    def add(self, rows: list[list[str]]) -> None:
        """A page."""
        self._write(rows)
        self.rows += len(rows)

    def finish(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)
        self._note.unlink(missing_ok=True)

    def _noted(self) -> JSONObject | None:
        """What a time before left, if it was the same list with the same columns."""
        try:
            noted = as_object(loads(self._note.read_bytes()))
        except (OSError, ValueError):
            return None
        return noted if noted.get("of") == self._of and self._part.exists() else None

    def _write(self, rows: list[list[str]]) -> None:
        text = StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        self._file.write(text.getvalue().encode())
        self._file.flush()


def _render(heading: str, expression: str) -> Render:
    try:
        return compile_value(expression, heading)
    except ExpressionError as error:
        raise ConfigError(f"The column {heading!r}: {error.message}", hint=error.hint, place="--column") from error


def _cells(renders: Mapping[str, Render], item: JSON, wish: Wish, *, number: int) -> list[str]:
    """A row; raises `MappingError` that says which item a column does not hold for. What is written before it stays, to go on from."""
    made: list[str] = []
    for render in renders.values():
        try:
            made.append(_cell(render({"item": item}), wish))
        except MappingError as error:
            hint = error.hint or "Let the column hold for such an item too, or leave such items out of the list."
            raise MappingError(f"Row {number}, {error.message}", field=error.field, hint=hint) from error
    return made


def _cell(value: JSON, wish: Wish) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict():
            return dumps(value).decode()
        case list():
            return ", ".join(_cell(item, wish) for item in value)
        case str() if value.startswith(_FORMULA) and not wish.formulas and not _is_number(value):
            return f"'{value}"
        case _:
            return str(value)


def _is_number(text: str) -> bool:
    """A phone in international form or a negative amount is no formula."""
    return text[:1] in "+-" and text[1:].replace(".", "", 1).replace(" ", "").isdigit()


def _plain_fields(operation: Operation) -> dict[str, str]:
    """Every field of the list's items that the schema knows and that fits into a cell, nested ones by dots."""
    found: dict[str, str] = {}
    _collect(_item_schema(operation), "", found, 0)
    if not found:
        raise ConfigError(
            f"It is not known which fields {operation.id} gives.", hint='Say them: --column "Email={{ item.email }}"', place="--column"
        )
    return found


def _item_schema(operation: Operation) -> Schema:
    schema = operation.output
    for name in (operation.items or "").split(".") if operation.items else ():
        schema = as_object(as_object(schema.get("properties")).get(name))
    return as_object(schema.get("items"))


def _collect(schema: Schema, path: str, found: dict[str, str], depth: int) -> None:
    for name, inner in as_object(schema.get("properties")).items():
        field_schema = as_object(inner)
        options = [as_object(one) for one in as_list(field_schema.get("anyOf"))]
        nested = next((one for one in (field_schema, *options) if "properties" in one), None)
        dotted = f"{path}.{name}" if path else name
        if nested is not None and depth < _DEEPEST:
            _collect(nested, dotted, found, depth + 1)
        else:
            found[dotted] = f"{{{{ item{''.join(_step(part) for part in dotted.split('.'))} }}}}"


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"[{dumps(name).decode()}]"
