"""Housekeeping: deletes what is old or too much, a bounded piece at a time, while the hub works."""

from dataclasses import dataclass

import structlog

from trunkline.model.clock import Clock, Instant, later
from trunkline.store import retention as store
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

log = structlog.get_logger()

DAY_S = 86_400
EVERY_S = 60.0
PIECES = 200
"""Most pieces in one pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long finished runs and their events are kept, and how large the data may become."""

    days: float = 30
    size_bytes: int = 2_000_000_000


class Housekeeper:
    """Runs a pass every minute."""

    def __init__(self, database: Database, clock: Clock, retention: Retention) -> None:
        self._database = database
        self._clock = clock
        self._retention = retention

    async def keep(self) -> None:
        """Tidy for ever."""
        while True:
            await self.tidy()
            await self._clock.sleep(EVERY_S)

    async def tidy(self) -> int:
        """One pass; how many rows went."""
        gone = await self._drop_old()
        gone += await self._drop_much()
        if gone:
            log.info("old runs were deleted", action="retention", rows=gone)
            await self._database.shrink()
        return gone

    async def _drop_old(self) -> int:
        before = later(self._clock.now(), -self._retention.days * DAY_S)
        return await self._drop(before, pieces=PIECES)

    async def _drop(self, before: Instant, *, pieces: int) -> int:
        total = 0
        for _ in range(pieces):
            gone = await self._database.journal.commit(lambda tx: store.drop_before(tx, before), long=True)
            total += gone
            if gone == 0:
                break
        return total

    async def _drop_much(self) -> int:
        """Over the size, the oldest finished runs go piece by piece until it fits or nothing finished is left."""
        total = 0
        for _ in range(PIECES):
            size, oldest = await self._database.read(self._measure)
            if size <= self._retention.size_bytes or oldest is None:
                break
            gone = await self._database.journal.commit(store.drop_oldest, long=True)
            await self._database.shrink()
            total += gone
            if gone == 0:
                break
        return total

    def _measure(self, tx: Transaction) -> tuple[int, Instant | None]:
        return self._database.driver.size_bytes(tx), store.oldest_finished(tx)
