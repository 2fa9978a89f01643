"""Calls planned under a vendor's limits: a place in every window before a call leaves, in the order of asking."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from trunkline.connect.declaration import Quota, RateLimit
from trunkline.model.clock import SECOND, Clock, Instant, later
from trunkline.model.errors import RateLimitedError

PATIENCE_S: Final = 5.0
"""A vendor's longer pause is not waited for: the run is parked until then."""

_EXACT_UP_TO: Final = 1000
_UNKNOWN_DAY_S: Final = 900.0


class Budget:
    """The calls one connection may make.

    A vendor counts a call somewhere between its leaving and its answer, so a place stays taken until `per_s` after the answer: then no
    window at the vendor, sliding or fixed, ever holds more than `calls`. Without limits it only keeps pauses.
    """

    def __init__(self, limits: Sequence[RateLimit], clock: Clock, *, group: str = "") -> None:
        self._limits = limits
        self._group = group
        self._groups: dict[str, Budget] = {}
        self._windows = [_Window(limit) for limit in limits if limit.group == group]
        self._clock = clock
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()
        self._paused_until = Instant(0)

    def of(self, group: str) -> "Budget":
        """The budget of the operations that the vendor counts as `group`; each group waits for itself only."""
        if group == self._group:
            return self
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = Budget(self._limits, self._clock, group=group)
        return found

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Wait for a place in every window and hold it during the call; first come, first served.

        Raises `RateLimitedError` when the vendor asked for a pause longer than a few seconds.
        """
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    @property
    def unlimited(self) -> bool:
        """Whether nothing has to be asked or told: no limits and no pause."""
        return not self._windows and not self._paused_until

    def freeze(self, until: Instant) -> None:
        """Make no call before `until`; a later time wins."""
        self._paused_until = max(self._paused_until, until)

    def correct(self, quota: Quota) -> None:
        """Take over what the vendor's headers said: its true limits, and calls that others made with the same credential."""
        now = self._clock.monotonic()
        for window in self._meant(quota):
            window.correct(quota, now)
        if quota.remaining_today == 0:
            self.freeze(later(self._clock.now(), _UNKNOWN_DAY_S if quota.reset_s is None else quota.reset_s))

    def wait_s(self) -> float | None:
        """Seconds until a place may be free; 0: now; None: when a call that is under way has ended."""
        waits = [self._pause_s()]
        now = self._clock.monotonic()
        for window in self._windows:
            wait = window.wait_s(now)
            if wait is None:
                return None
            waits.append(wait)
        return max(waits)

    def _meant(self, quota: Quota) -> "list[_Window]":
        """The windows that a quota speaks of: those of its length, or the shortest when it tells no length."""
        if quota.per_s is None:
            return sorted(self._windows, key=lambda window: window.per_s)[:1]
        return [window for window in self._windows if abs(quota.per_s - window.per_s) < window.per_s / 100]

    async def _enter(self) -> None:
        async with self._turn:
            while True:
                if self._pause_s() > PATIENCE_S:
                    error = RateLimitedError("the vendor asked for a pause", hint="It is tried again when the vendor allows it.")
                    error.retry_at = self._paused_until
                    raise error
                self._left.clear()
                wait = self.wait_s()
                if wait is None:
                    await self._left.wait()
                elif wait > 0:
                    await self._clock.sleep(wait)
                else:
                    break
            for window in self._windows:
                window.under_way += 1

    def _leave(self) -> None:
        now = self._clock.monotonic()
        for window in self._windows:
            window.ended(now)
        self._left.set()

    def _pause_s(self) -> float:
        if not self._paused_until:
            return 0
        rest = (self._paused_until - self._clock.now()) / SECOND
        if rest <= 0:
            self._paused_until = Instant(0)
        return max(rest, 0)


@dataclass(slots=True)
class _Stretch:
    """Calls that ended close together; they leave the window together, when the last one does."""

    first: float
    last: float
    calls: int


class _Window:
    """One limit: calls under way, and calls that ended less than `per_s` ago. Large limits are kept by stretches of time."""

    def __init__(self, limit: RateLimit) -> None:
        self.calls = limit.calls
        self.per_s = limit.per_s
        self.under_way = 0
        self._ended: deque[_Stretch] = deque()
        self._count = 0

    def wait_s(self, now: float) -> float | None:
        self._forget(now)
        if self.under_way + self._count < self.calls:
            return 0
        if not self._ended:
            return None
        return self._ended[0].last + self.per_s - now

    def ended(self, now: float) -> None:
        self.under_way -= 1
        self._add(now, 1)

    def correct(self, quota: Quota, now: float) -> None:
        if quota.calls and quota.per_s:
            self.calls = quota.calls
        if quota.remaining is not None:
            self._forget(now)
            unseen = self.calls - self.under_way - self._count - quota.remaining
            if unseen > 0:
                self._add(now, unseen)

    def _add(self, now: float, calls: int) -> None:
        grain = self.per_s / _EXACT_UP_TO if self.calls > _EXACT_UP_TO else 0
        self._count += calls
        if self._ended and now - self._ended[-1].first <= grain:
            self._ended[-1].last = now
            self._ended[-1].calls += calls
        else:
            self._ended.append(_Stretch(first=now, last=now, calls=calls))

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0].last + self.per_s <= now:
            self._count -= self._ended.popleft().calls
