"""The timetable: wakes parked runs when they are due."""

import asyncio

from trunkline.engine.dispatch import Dispatcher
from trunkline.model.clock import SECOND, Clock, Instant, sleep_unless
from trunkline.model.crash import reach
from trunkline.model.event import Run
from trunkline.store import runs as store
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

PIECE = 500
LOOK_S = 1.0
"""Longest sleep: another process may have set a timer."""


class Timetable:
    """One loop over the table `timers`; `wake_at` shortens its sleep."""

    def __init__(self, database: Database, dispatcher: Dispatcher, clock: Clock) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._clock = clock
        self._alarm = asyncio.Event()
        self._next: Instant | None = None

    def wake_at(self, due: Instant) -> None:
        """A timer was set."""
        if self._next is None or due < self._next:
            self._next = due
            self._alarm.set()

    async def keep(self) -> None:
        """Take up due runs for ever."""
        while True:
            if await self.tick():
                continue
            self._alarm.clear()
            self._next = await self._database.read(store.next_due)
            sleep_s = LOOK_S if self._next is None else min(LOOK_S, (self._next - self._clock.now()) / SECOND)
            if sleep_s > 0:
                await sleep_unless(self._alarm, self._clock, sleep_s)

    async def tick(self) -> int:
        """Take up what is due now, at most one piece; how many runs there were."""
        now = self._clock.now()
        due = await self._database.read(lambda tx: store.due_runs(tx, now=now, most=PIECE))
        if not due:
            return 0
        taken = await self._database.journal.commit(lambda tx: _claim(tx, due))
        reach("after-claim")
        for run in taken:
            await self._dispatcher.take_up(run)
        return len(due)


def _claim(tx: Transaction, due: list[Run]) -> list[Run]:
    """Take the timers away and mark the runs as in hand: from here on a restart finds them as interrupted."""
    taken: list[Run] = []
    for run in due:
        if store.unpark_run(tx, run.id):
            store.move_run(tx, run.id, state="running", finished_at=None)
            taken.append(run)
    return taken
