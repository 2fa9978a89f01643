"""Opening the database: its driver by address, its schema brought up to date, its journal and its readers."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from trunkline.model.errors import ConfigError, StoreError
from trunkline.store.driver import Driver, DriverTransaction, RawConnection
from trunkline.store.journal import Journal
from trunkline.store.sqlite import SqliteDriver
from trunkline.store.statement import Statement, Transaction

T = TypeVar("T")

HEAD = "0011"
"""The newest migration. A test compares it with the migration folder."""

_PATIENCE_S = 20.0
"""How long another program may take to bring the schema up."""
_VERSION = Statement("which migration the data is at", text("SELECT version_num FROM alembic_version"))


def driver_for(address: str | Path) -> Driver:
    """A driver for a file path or a `postgresql://` address."""
    if isinstance(address, Path):
        return SqliteDriver(address)
    if address.startswith(("postgresql://", "postgres://")):
        from trunkline.store.postgres import PostgresDriver  # noqa: PLC0415 - an optional driver

        return PostgresDriver(address.replace("postgres://", "postgresql://", 1))
    raise ConfigError(
        f"No database driver for {address.split(':', 1)[0]}.",
        hint="Give a PostgreSQL address like postgresql://user@host/name, or leave it out.",
        place="TRUNKLINE_DATABASE_URL",
    )


class Database:
    """One open database. `read` runs on a few threads with their own connections; everything that writes goes through `journal`."""

    def __init__(self, driver: Driver, *, readers: int = 4) -> None:
        self.driver = driver
        _migrate(driver)
        self.journal = Journal(driver)
        self._local = threading.local()
        self._opened: list[RawConnection] = []
        self._pool = ThreadPoolExecutor(readers, thread_name_prefix="reader")

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """Run `query` on a reader. It sees everything committed before it began; each statement sees one state."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, query)

    def _read(self, query: Callable[[Transaction], T]) -> T:
        connection: RawConnection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = self.driver.open(read_only=True)
                self._opened.append(connection)
            return query(DriverTransaction(connection, self.driver.dialect))
        except Exception as error:
            told = self.driver.store_error(error)
            if told is None:
                raise
            self._local.connection = None
            raise told from error

    async def shrink(self) -> None:
        """Give room freed by deletes back to the disk; between batches, on the writer's own connection."""
        await self.journal.maintain(self.driver.shrink)

    def close(self) -> None:
        """Commit what waits, then close every connection. Blocks."""
        self.journal.close()
        self._pool.shutdown()
        for connection in self._opened:
            connection.close()


def _migrate(driver: Driver) -> None:
    """Bring the schema to `HEAD`; the common case (it is there) costs one query and no import.

    Data of a later version is used as it is: every migration leaves the tables usable by the code before it. Of several programs that begin
    at the same moment one does it, and the others wait for it.
    """
    if _version(driver) >= HEAD:
        return
    from trunkline.store.migrate import upgrade  # noqa: PLC0415 - Alembic takes 0.2 s to import and is needed once

    until = time.monotonic() + _PATIENCE_S
    while _version(driver) < HEAD:
        try:
            upgrade(driver.engine())
        except DBAPIError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _version(driver: Driver) -> str:
    """The schema's version, empty for data that is not there yet; `StoreError` when it cannot be opened or read."""
    try:
        connection = driver.open(read_only=False)
    except Exception as error:
        told = driver.store_error(error)
        raise (told or StoreError(f"The database cannot be opened: {error}")) from error
    try:
        row = DriverTransaction(connection, driver.dialect).one(_VERSION, {})
    except Exception as error:
        if driver.store_error(error) is not None:
            raise StoreError(f"The database cannot be read: {error}") from error
        row = None
    finally:
        connection.close()
    return "" if row is None else str(row[0])
