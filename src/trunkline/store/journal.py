"""The journal: the only writer of the database. One thread, one transaction per batch of whatever units wait (group commit)."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from trunkline.model.crash import reach
from trunkline.model.errors import StoreError
from trunkline.store.driver import Driver, DriverTransaction, RawConnection
from trunkline.store.statement import Transaction

T = TypeVar("T")

BATCH = 512
"""Most units in one transaction: keeps the wait of the first one bounded."""


@dataclass(slots=True)
class _Entry:
    unit: Callable[[Any], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    value: Any = None
    error: Exception | None = None
    alone: bool = False
    """Gets the bare connection between two transactions instead of a place in one."""


class Journal:
    """Takes units and commits them in the order they came.

    A unit is a function of the transaction. It succeeds or fails as a whole and never takes its batch with it: when one fails, the
    batch is rolled back and its units are run again, each in a savepoint. So a unit may run twice and must have no effect but its
    statements.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._gathered: list[_Entry] = []
        """Units of this turn of the event loop; they are handed over together, since each hand-over wakes a thread."""
        self._handing = threading.Lock()
        self._handed: SimpleQueue[list[_Entry] | None] = SimpleQueue()
        self._ready: deque[_Entry] = deque()
        """Units the writing thread has taken over."""
        self._closing = False
        self._ended = False
        self.trouble = ""
        """Why the last batch could not be stored; empty while all is well."""
        self._connection: RawConnection | None = None
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def commit(self, unit: Callable[[Transaction], T]) -> "asyncio.Future[T]":
        """Queue `unit` at once; the future holds its value when the data is durable.

        Raises `StoreError` when the database cannot take it (nothing of the unit was stored, unless the connection broke during
        the commit itself: repeat units are safe by their keys), or whatever the unit itself raised.
        """
        return self._queue(unit, alone=False)

    def maintain(self, work: Callable[[RawConnection], None]) -> asyncio.Future[None]:
        """Queue `work` to run by itself on the writing connection, between two transactions (vacuum, checkpoint)."""
        return self._queue(work, alone=True)

    def _queue(self, unit: Callable[[Any], T], *, alone: bool) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._closing:
            future.set_exception(StoreError("The hub is stopping.", hint="Start it again."))
            return future
        if not self._gathered:
            loop.call_soon(self._hand_over)
        self._gathered.append(_Entry(unit, future, loop, alone=alone))
        return future

    def _hand_over(self) -> None:
        with self._handing:
            gathered, self._gathered = self._gathered, []
        if gathered:
            self._handed.put(gathered)

    @property
    def backlog(self) -> int:
        """Units that wait for the disk, about."""
        return len(self._gathered) + len(self._ready) + self._handed.qsize()

    def close(self) -> None:
        """Commit what waits, then stop the thread. Blocks; call it off the event loop or when the loop is done."""
        self._closing = True
        self._hand_over()
        self._handed.put(None)
        self._thread.join()

    def _work(self) -> None:
        while batch := self._take():
            self._commit(batch)
            self._answer(batch)
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> list[_Entry]:
        """Wait for the first unit, then take what is ready besides it; empty once the journal is closed and nothing is left."""
        self._collect()
        if not self._ready:
            return []
        batch = [self._ready.popleft()]
        while self._ready and len(batch) < BATCH and not (batch[0].alone or self._ready[0].alone):
            batch.append(self._ready.popleft())
        return batch

    def _collect(self) -> None:
        """Take over what was handed, waiting only while there is nothing to do."""
        while not self._ended and len(self._ready) < BATCH:
            try:
                handed = self._handed.get(block=not self._ready)
            except Empty:
                return
            if handed is None:
                self._ended = True
            else:
                self._ready.extend(handed)

    def _commit(self, batch: list[_Entry]) -> None:
        try:
            connection = self._connection = self._connection or self._driver.open(read_only=False)
            if batch[0].alone:
                batch[0].value = batch[0].unit(connection)
            elif not self._together(connection, batch):
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

    def _answer(self, batch: list[_Entry]) -> None:
        for loop in {entry.loop for entry in batch}:
            entries = [entry for entry in batch if entry.loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, entries)


def _settle(entries: list[_Entry]) -> None:
    for entry in entries:
        if entry.future.done():
            continue
        if entry.error is not None:
            entry.future.set_exception(entry.error)
        else:
            entry.future.set_result(entry.value)
