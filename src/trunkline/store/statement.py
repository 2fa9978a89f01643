"""SQLAlchemy Core statements turned once per dialect into text, and the transaction that runs them with plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.dml import Insert
from sqlalchemy.dialects.postgresql.psycopg import dialect as postgres_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ClauseElement
from sqlalchemy.sql.visitors import iterate

DialectName = Literal["sqlite", "postgresql"]
Values = Mapping[str, Any]
Row = tuple[Any, ...]

_DIALECTS = {"sqlite": sqlite_dialect(paramstyle="qmark"), "postgresql": postgres_dialect()}


@dataclass(frozen=True, slots=True)
class Text:
    """A statement in one dialect: its SQL, the constants to pass besides the caller's values, and the order of all of them (by position)
    where the dialect wants one.
    """

    sql: str
    constants: dict[str, Any]
    order: tuple[str, ...] | None

    def arguments(self, values: Values) -> Any:
        """What the driver is given."""
        every = {**self.constants, **values} if self.constants else values
        return every if self.order is None else [every[name] for name in self.order]


class Statement:
    """A named query. Its text is made at first use and kept; `given` are the values a caller passes, constants travel with it."""

    __slots__ = ("_texts", "about", "clause", "given")

    def __init__(self, about: str, clause: ClauseElement) -> None:
        self.about = about
        self.clause = clause
        self.given = frozenset(element.key for element in iterate(clause) if isinstance(element, BindParameter) and element.required)
        self._texts: dict[DialectName, Text] = {}

    def text(self, dialect: DialectName) -> Text:
        """The statement in `dialect`."""
        made = self._texts.get(dialect)
        if made is None:
            compiled = cast(SQLCompiler, self.clause.compile(dialect=_DIALECTS[dialect], compile_kwargs={"render_postcompile": True}))
            constants = {name: value for name, value in (compiled.params or {}).items() if name not in self.given}
            order = None if compiled.positiontup is None else tuple(compiled.positiontup)
            made = self._texts[dialect] = Text(str(compiled), constants, order)
        return made


class Transaction(Protocol):
    """What repositories are given: inside a unit of the journal it writes, inside a read it only reads."""

    def run(self, statement: Statement, values: Values) -> int:
        """Execute and return how many rows it touched."""
        ...

    def many(self, statement: Statement, rows: Sequence[Values]) -> None:
        """Execute once per row."""
        ...

    def one(self, statement: Statement, values: Values) -> Row | None:
        """The first row, or None."""
        ...

    def all(self, statement: Statement, values: Values) -> list[Row]:
        """Every row; the statement bounds how many."""
        ...


def insert_into(table: Table, *, leave_out: Sequence[str] = ("seq",)) -> Insert:
    """An insert with one named value per column (generated ones left out). Its conflict clauses are common to both dialects."""
    return insert(table).values({column.name: bindparam(column.name) for column in table.columns if column.name not in leave_out})
