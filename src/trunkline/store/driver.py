"""What differs between the two databases, as one small Protocol; `sqlite.py` and `postgres.py` implement it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Engine

from trunkline.model.errors import StoreError
from trunkline.store.statement import DialectName, Row, Statement, Transaction, Values


class Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class RawConnection(Protocol):
    """The part of a DB-API connection we use."""

    def execute(self, query: Any, values: Any = ..., /) -> Any: ...
    def cursor(self) -> Any: ...
    def close(self) -> None: ...


class Driver(Protocol):
    """One database: how it is opened, and which of its exceptions mean that it cannot take the write now."""

    @property
    def dialect(self) -> DialectName: ...

    @property
    def in_process(self) -> bool:
        """Whether a statement is a function call, so short that the event loop may make it."""
        ...

    @property
    def begin_write(self) -> str:
        """The statement that opens a writing transaction."""
        ...

    def patience(self, connection: RawConnection) -> AbstractContextManager[None]:
        """Inside it a writer waits a while for a lock that another process holds; outside it says at once that it is held."""
        ...

    def open(self, *, read_only: bool) -> RawConnection:
        """A connection in autocommit mode, used by one thread at a time."""
        ...

    def engine(self) -> Engine:
        """For migrations only."""
        ...

    def store_error(self, error: Exception) -> StoreError | None:
        """The error to raise when the database itself failed (full, locked, gone); None when the statement was at fault."""
        ...

    def roll_back(self, connection: RawConnection) -> None:
        """Leave the transaction, if the database has not done so itself."""
        ...

    def size_bytes(self, transaction: Transaction) -> int:
        """How much room the data takes."""
        ...

    def shrink(self, connection: RawConnection) -> None:
        """Give room freed by deletes back, a bounded piece at a time."""
        ...


class DriverTransaction:
    """A `Transaction` over one raw connection."""

    __slots__ = ("_connection", "_dialect")

    def __init__(self, connection: RawConnection, dialect: DialectName) -> None:
        self._connection = connection
        self._dialect: DialectName = dialect

    def _execute(self, statement: Statement, values: Values) -> Cursor:
        text = statement.text(self._dialect)
        return self._connection.execute(text.sql, text.arguments(values))

    def run(self, statement: Statement, values: Values) -> int:
        return self._execute(statement, values).rowcount

    def many(self, statement: Statement, rows: Sequence[Values]) -> None:
        text = statement.text(self._dialect)
        self._connection.cursor().executemany(text.sql, [text.arguments(row) for row in rows])

    def one(self, statement: Statement, values: Values) -> Row | None:
        return self._execute(statement, values).fetchone()

    def all(self, statement: Statement, values: Values) -> list[Row]:
        return self._execute(statement, values).fetchall()
