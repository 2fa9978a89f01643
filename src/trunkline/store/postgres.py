"""The cluster's database: PostgreSQL through psycopg."""

from contextlib import AbstractContextManager, nullcontext

import psycopg
from psycopg import errors
from sqlalchemy import Engine, create_engine, text

from trunkline.model.errors import ConflictError, StoreError
from trunkline.store.driver import RawConnection
from trunkline.store.statement import DialectName, Statement, Transaction

_SIZE = Statement("bytes of this database", text("SELECT pg_database_size(current_database())"))


class PostgresDriver:
    """`url` is a libpq address: `postgresql://user@host/name`."""

    dialect: DialectName = "postgresql"
    begin_write = "BEGIN"
    in_process = False

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, *, read_only: bool) -> RawConnection:
        connection = psycopg.connect(self.url, autocommit=True)
        connection.execute("SET synchronous_commit = on")
        if read_only:
            connection.execute("SET default_transaction_read_only = on")
        return connection

    def patience(self, connection: RawConnection) -> AbstractContextManager[None]:
        return nullcontext()

    def engine(self) -> Engine:
        return create_engine(self.url.replace("postgresql://", "postgresql+psycopg://", 1))

    def store_error(self, error: Exception) -> StoreError | None:
        if isinstance(error, (errors.DiskFull, errors.OutOfMemory)):
            return StoreError("The data cannot be stored: the database server is out of room.", hint="Free space on the database server.")
        if isinstance(error, (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)):
            return ConflictError("The data cannot be stored: another writer was first.", hint="It is tried again.")
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
            return StoreError(
                "The data cannot be stored: the database does not answer.", hint="Check that PostgreSQL runs and can be reached."
            )
        return None

    def roll_back(self, connection: RawConnection) -> None:
        connection.execute("ROLLBACK")

    def size_bytes(self, transaction: Transaction) -> int:
        row = transaction.one(_SIZE, {})
        return int(row[0]) if row else 0

    def shrink(self, connection: RawConnection) -> None:
        """PostgreSQL's autovacuum does this by itself."""
