"""The embedded database: one SQLite file in WAL mode, every commit flushed to disk."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, create_engine, text

from trunkline.model.errors import StoreError
from trunkline.store.driver import RawConnection
from trunkline.store.statement import DialectName, Statement, Transaction

BUSY_MS = 5_000
"""How long a writer waits for another process's write before it says that the database is locked."""

_SIZE = Statement(
    "pages in use times page size",
    text("SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s"),
)
_SHRINK_PAGES = 2_000

_CODES = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space: nothing accepted was lost, senders are asked to retry."),
    sqlite3.SQLITE_BUSY: ("the database is locked by another process", "Another program holds it; it is tried again."),
    sqlite3.SQLITE_LOCKED: ("the database is locked", "It is tried again."),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "Check the disk and the file's permissions."),
    sqlite3.SQLITE_READONLY: ("the database cannot be written", "Check the owner and mode of the data folder."),
    sqlite3.SQLITE_CORRUPT: ("the database file is damaged", "Stop the hub and restore a backup."),
    sqlite3.SQLITE_NOTADB: ("the file is no SQLite database", "Point --home at another folder."),
    sqlite3.SQLITE_CANTOPEN: ("the database file cannot be opened", "Check that the folder exists and can be written."),
}


class SqliteDriver:
    """`path` is the database file; it is made at first use."""

    dialect: DialectName = "sqlite"
    begin_write = "BEGIN IMMEDIATE"
    in_process = True

    def __init__(self, path: Path, *, busy_ms: int = BUSY_MS) -> None:
        self.path = path
        self.busy_ms = busy_ms

    def open(self, *, read_only: bool) -> RawConnection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection.execute(f"PRAGMA busy_timeout = {self.busy_ms}")  # for what follows; a writer sets its own afterwards
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA cache_size = -16000")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA busy_timeout = 0")
        return connection

    @contextmanager
    def patience(self, connection: RawConnection) -> Generator[None]:
        connection.execute(f"PRAGMA busy_timeout = {self.busy_ms}")
        try:
            yield
        finally:
            connection.execute("PRAGMA busy_timeout = 0")

    def engine(self) -> Engine:
        return create_engine(f"sqlite:///{self.path}")

    def store_error(self, error: Exception) -> StoreError | None:
        if not isinstance(error, sqlite3.Error):
            return None
        known = _CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if known is None:
            return None
        message, hint = known
        return StoreError(f"The data cannot be stored: {message}.", hint=hint)

    def roll_back(self, connection: RawConnection) -> None:
        if cast(sqlite3.Connection, connection).in_transaction:
            connection.execute("ROLLBACK")

    def size_bytes(self, transaction: Transaction) -> int:
        row = transaction.one(_SIZE, {})
        return int(row[0]) if row else 0

    def shrink(self, connection: RawConnection) -> None:
        # A script is stepped to its end; a plain execute frees one page and stops.
        cast(sqlite3.Connection, connection).executescript(f"PRAGMA incremental_vacuum({_SHRINK_PAGES})")
