"""The journal: the only writer of the database. One transaction per batch of whatever units wait (group commit), one batch at a time."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from trunkline.model.crash import reach
from trunkline.model.errors import StoreError
from trunkline.store.driver import Driver, DriverTransaction, RawConnection
from trunkline.store.statement import Transaction

T = TypeVar("T")

BATCH = 128
"""Most units in one transaction: keeps the wait of the first one bounded, and a turn of the event loop short."""


@dataclass(slots=True)
class _Entry:
    unit: Callable[[Any], Any]
    future: asyncio.Future[Any]
    value: Any = None
    error: Exception | None = None
    apart: bool = False
    """Takes long: it has the thread and the transaction for itself."""
    bare: bool = False
    """Gets the connection between two transactions instead of a place in one."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What the thread is asked: to commit what is already carried out, or to carry out and commit."""

    batch: list[_Entry]
    carried_out: bool


class Journal:
    """Takes units and commits them in the order they came.

    A unit is a function of the transaction. It succeeds or fails as a whole and never takes its batch with it: when one fails, the
    batch is rolled back and its units are run again, each in a savepoint. So a unit may run twice and must have no effect but its
    statements.

    Where the driver allows it, a batch's statements are carried out on the event loop and the thread only begins to work at the commit:
    a statement takes microseconds, a flush takes hundreds, and two threads that hand Python's lock to each other at every statement cost
    more than both. Whatever does not go smoothly (locked, full, a unit that fails) is rolled back and left to the thread.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._waiting: deque[_Entry] = deque()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        """Guards the hand-over, for a journal that is closed from another thread."""
        self._busy = False
        """Whether the connection belongs to the thread now."""
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.trouble = ""
        """Why the last batch could not be stored; empty while all is well."""
        self._connection: RawConnection | None = None
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def commit(self, unit: Callable[[Transaction], T], *, long: bool = False) -> "asyncio.Future[T]":
        """Queue `unit` at once; the future holds its value when the data is durable. A `long` one (many rows) never holds up the loop.

        Raises `StoreError` when the database cannot take it (nothing of the unit was stored, unless the connection broke during
        the commit itself: repeat units are safe by their keys), or whatever the unit itself raised.
        """
        return self._queue(unit, apart=long)

    def maintain(self, work: Callable[[RawConnection], None]) -> asyncio.Future[None]:
        """Queue `work` to run by itself on the writing connection, between two transactions (vacuum, checkpoint)."""
        return self._queue(work, apart=True, bare=True)

    def _queue(self, unit: Callable[[Any], T], *, apart: bool = False, bare: bool = False) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._closing:
            future.set_exception(StoreError("The hub is stopping.", hint="Start it again."))
            return future
        self._loop = loop
        if not self._waiting and not self._busy:
            loop.call_soon(self._turn)
        self._waiting.append(_Entry(unit, future, apart=apart, bare=bare))
        return future

    @property
    def backlog(self) -> int:
        """Units that wait for their batch."""
        return len(self._waiting)

    def close(self) -> None:
        """Commit what waits, then stop the thread. Blocks; call it off the event loop or when the loop is done."""
        with self._lock:
            self._closing = True
            while self._waiting:
                self._jobs.put(_Job(self._take(), carried_out=False))
            self._jobs.put(None)
        self._thread.join()

    # ── on the event loop ──

    def _turn(self) -> None:
        """Start the next batch, unless one is under way."""
        with self._lock:
            if self._busy or self._closing or not self._waiting:
                return
            batch = self._take()
            self._busy = True
            self._jobs.put(_Job(batch, carried_out=self._carry_out_here(batch)))

    def _take(self) -> list[_Entry]:
        batch = [self._waiting.popleft()]
        while self._waiting and len(batch) < BATCH and not (batch[0].apart or self._waiting[0].apart):
            batch.append(self._waiting.popleft())
        return batch

    def _carry_out_here(self, batch: list[_Entry]) -> bool:
        """Run the statements of `batch` and leave its transaction open; False, and nothing begun, when the thread has to do it."""
        connection = self._connection
        if connection is None or batch[0].apart or not self._driver.in_process:
            return False
        transaction = DriverTransaction(connection, self._driver.dialect)
        try:
            connection.execute(self._driver.begin_write)
            for entry in batch:
                entry.value = entry.unit(transaction)
        except Exception:  # noqa: BLE001 - whatever it is, the thread meets it again and tells it properly
            self._driver.roll_back(connection)
            return False
        return True

    def _settle(self, batch: list[_Entry]) -> None:
        self._busy = False
        for entry in batch:
            if entry.future.done():
                continue
            if entry.error is not None:
                entry.future.set_exception(entry.error)
            else:
                entry.future.set_result(entry.value)
        self._turn()

    # ── on the thread ──

    def _work(self) -> None:
        while job := self._jobs.get():
            self._commit(job)
            loop = self._loop
            if loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(self._settle, job.batch)
        if self._connection is not None:
            self._connection.close()

    def _commit(self, job: _Job) -> None:
        batch = job.batch
        try:
            connection = self._connection = self._connection or self._driver.open(read_only=False)
            if job.carried_out:
                reach("before-commit")
                connection.execute("COMMIT")
                reach("after-commit")
            elif batch[0].bare:
                batch[0].value = batch[0].unit(connection)
            else:
                with self._driver.patience(connection):
                    if not self._together(connection, batch):
                        self._apart(connection, batch)
            self.trouble = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, every waiting caller has to hear of it
            self._fail(batch, error)

    def _together(self, connection: RawConnection, batch: list[_Entry]) -> bool:
        """The usual case: no unit fails, so none needs a savepoint. False, and nothing stored, when one did."""
        transaction = DriverTransaction(connection, self._driver.dialect)
        connection.execute(self._driver.begin_write)
        try:
            for entry in batch:
                entry.value = entry.unit(transaction)
        except Exception as error:
            if self._driver.store_error(error) is not None:
                raise
            connection.execute("ROLLBACK")
            return False
        reach("before-commit")
        connection.execute("COMMIT")
        return True

    def _apart(self, connection: RawConnection, batch: list[_Entry]) -> None:
        transaction = DriverTransaction(connection, self._driver.dialect)
        connection.execute(self._driver.begin_write)
        for entry in batch:
            connection.execute("SAVEPOINT unit")
            try:
                entry.value = entry.unit(transaction)
            except Exception as error:
                if self._driver.store_error(error) is not None:
                    raise
                entry.error = error
                connection.execute("ROLLBACK TO SAVEPOINT unit")
            connection.execute("RELEASE SAVEPOINT unit")
        connection.execute("COMMIT")

    def _fail(self, batch: list[_Entry], error: Exception) -> None:
        """The database could not take the batch: every unit hears of it, and the connection starts afresh."""
        told = self._driver.store_error(error)
        self.trouble = told.message if told else str(error)
        for entry in batch:
            entry.error = told or error
            if told is not None:
                entry.error.__cause__ = error
        if self._connection is not None:
            try:
                self._driver.roll_back(self._connection)
            except Exception:  # noqa: BLE001 - a connection that cannot even roll back is thrown away
                self._connection.close()
                self._connection = None
