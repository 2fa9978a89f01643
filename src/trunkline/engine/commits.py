"""How a run's writes reach the journal: what waits goes with the next commit, and a database that cannot take it now is asked again."""

from collections.abc import Callable

import structlog

from trunkline.engine.journey import Journey
from trunkline.model.clock import Clock
from trunkline.model.errors import StoreError
from trunkline.store import runs as store
from trunkline.store.journal import Journal
from trunkline.store.statement import Transaction

log = structlog.get_logger()

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0


class Commits:
    """A run never goes on past something it could not record: a full disk stops the run, not the truth."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def now(self, journey: Journey, write: Callable[[Transaction], None]) -> None:
        """Commit the run's row if it has none, what waits, and `write`; return when it is durable."""
        start, journey.stored = not journey.stored, True  # at once, so that nobody shows the run after what it commits here
        await self._now(journey, write, start=start)
        journey.recorded()

    async def ahead(self, journey: Journey, write: Callable[[Transaction], None]) -> None:
        """As `now`, but a new run gets no row yet: its inbox item stands for it until it ends, which saves writing the row twice."""
        if journey.stored or journey.resumed:
            await self.now(journey, write)
        else:
            await self._now(journey, write, start=False)

    async def _now(self, journey: Journey, write: Callable[[Transaction], None], *, start: bool) -> None:
        parts = journey.take_pending()
        run = journey.run

        def unit(tx: Transaction) -> None:
            if start:
                store.start_run(tx, run)
            for part in parts:
                part(tx)
            write(tx)

        await self.patiently(unit)

    def soon(self, journey: Journey) -> None:
        """Commit what waits without waiting for it; the journal keeps the order, and a failed one is taken back for the next commit."""
        parts = journey.take_pending()

        def unit(tx: Transaction) -> None:
            for part in parts:
                part(tx)

        future = self._journal.commit(unit)
        future.add_done_callback(lambda done: journey.pending.extend(parts) if done.exception() is not None else None)

    def show(self, journey: Journey) -> None:
        """Give a run that takes its time its row, so that people see it. A failed one is made up for when the run ends."""
        journey.stored = True
        run = journey.run
        future = self._journal.commit(lambda tx: store.start_run(tx, run))
        future.add_done_callback(lambda done: done.exception())

    async def patiently(self, unit: Callable[[Transaction], None]) -> None:
        """Commit `unit`, again and again while the database cannot take it."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await self._journal.commit(unit)
            except StoreError as error:
                log.error("a run waits for the database", action="journal", reason=error.message, hint=error.hint)
                await self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
