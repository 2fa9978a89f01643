"""A clock that stands still until a test moves it."""

import asyncio
from collections.abc import Coroutine
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, TypeVar

from trunkline.model.clock import SECOND, Instant, from_iso

START: Final = from_iso("2026-11-21T08:00:00Z")
_IDLE_TURNS: Final = 32

T = TypeVar("T")


class FakeClock:
    """Time by hand: `advance` moves it and wakes who is due on the way, in order."""

    def __init__(self, now: Instant = START) -> None:
        self._now_us = int(now)
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> Instant:
        return Instant(self._now_us)

    def monotonic(self) -> float:
        return self._now_us / SECOND

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # At least one tick: a rounded-down sleep would end before its time.
        heappush(self._sleepers, (self._now_us + max(1, -int(-seconds * SECOND // 1)), next(self._order), waiter))
        await waiter

    def set(self, now: Instant) -> None:
        """Jump without waking anybody."""
        self._now_us = int(now)

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`; each sleeper wakes at its own time and runs before time goes on."""
        until = self._now_us + round(seconds * SECOND)
        await _idle()
        while self._sleepers and self._sleepers[0][0] <= until:
            await self._wake_next()
        self._now_us = max(self._now_us, until)
        await _idle()

    async def drive(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end; whenever everything sleeps, time jumps to the next sleeper. Only for work without real I/O."""
        task = asyncio.ensure_future(work)
        await _idle()
        while not task.done():
            if not self._sleepers:
                task.cancel()
                raise AssertionError("the work waits for something that no clock brings")
            await self._wake_next()
        return task.result()

    @property
    def sleepers(self) -> int:
        """How many are asleep."""
        return sum(1 for _, _, waiter in self._sleepers if not waiter.done())

    async def _wake_next(self) -> None:
        due, _, waiter = heappop(self._sleepers)
        if not waiter.done():
            self._now_us = max(self._now_us, due)
            waiter.set_result(None)
            await _idle()


async def _idle() -> None:
    """Let every task that can run do so."""
    for _ in range(_IDLE_TURNS):
        await asyncio.sleep(0)
