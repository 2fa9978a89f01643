"""Time as an argument: the `Clock` port, its real implementation, and the one unit of stored instants."""

import asyncio
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z. Every stored time has this unit."""

SECOND = 1_000_000
"""One second in the unit of `Instant`."""


class Clock(Protocol):
    """Where the program gets its time from; tests pass one they can move."""

    def now(self) -> Instant: ...

    def monotonic(self) -> float:
        """Seconds that never jump, for measuring spans."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def sleep_unless(event: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Sleep so long, or until `event` is set."""
    called = asyncio.ensure_future(event.wait())
    pause = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((called, pause), return_when=asyncio.FIRST_COMPLETED)
    finally:
        called.cancel()
        pause.cancel()


def later(instant: Instant, seconds: float) -> Instant:
    """`instant` moved by `seconds` (may be negative)."""
    return Instant(instant + round(seconds * SECOND))


def iso(instant: Instant) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-11-21T08:00:00.000Z`."""
    return f"{_seconds(instant // SECOND)}.{instant % SECOND // 1000:03d}Z"


@lru_cache(maxsize=64)
def _seconds(since_1970: int) -> str:
    return datetime.fromtimestamp(since_1970, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def from_iso(text: str) -> Instant:
    """Parse an ISO 8601 time; one without a zone is taken as UTC. `ValueError` when it is none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(round(moment.timestamp() * SECOND))
