"""The door through which calls with a place leave the process: a few in each turn of the event loop, the most urgent first.

When more calls may leave than the machine has time for, all that leave at once make the turns of the loop long, and answers wait that long
to be noticed; but a place is free again only so long after its answer was. So calls wait here instead, where those of a vendor that counts
by the second pass those of one that counts by the minute, to whom a moment is nothing.
"""

import asyncio
from heapq import heappop, heappush
from itertools import count
from typing import Final

from trunkline.model.clock import Clock

PER_TURN: Final = 16
"""Calls that leave in one turn; together they take two or three milliseconds."""
_TICK_S: Final = 0.001
_LATE_S: Final = 0.01
"""So late somebody may wake up on a machine that has time."""
_MOST_EARLY_S: Final = 0.25
_LESS: Final = 0.5
_MORE: Final = 0.1
"""How much of what is new is learnt of being less late, and of being later."""


class Door:
    """One for a process."""

    __slots__ = ("_clock", "_early", "_left", "_next", "_order", "_timer", "_waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = PER_TURN
        self._next = False
        """Whether there is a next turn at once."""
        self._timer: asyncio.TimerHandle | None = None
        self._order = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._early: list[tuple[float, int, float, asyncio.Future[None]]] = []
        """Whose place is not free yet, by when it is."""

    def now(self) -> bool:
        """Whether one more may leave in this turn; it is counted."""
        if self._waiting or not self._left:
            return False
        self._left -= 1
        self._go_on()
        return True

    async def wait(self, *, at: float, due: float) -> None:
        """Leave when it is one's turn, not before `at`; the earliest `due` goes first."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if at <= self._clock.monotonic():
            heappush(self._waiting, (due, next(self._order), turn))
        else:
            heappush(self._early, (at, next(self._order), due, turn))
        self._go_on()
        await turn

    def _next_turn(self) -> None:
        self._left = PER_TURN
        now = self._clock.monotonic()
        while self._early and self._early[0][0] <= now:
            _, order, due, turn = heappop(self._early)
            heappush(self._waiting, (due, order, turn))
        while self._waiting and self._left:
            turn = heappop(self._waiting)[2]
            if not turn.done():  # it may have given up
                turn.set_result(None)
                self._left -= 1
        self._next = False
        self._go_on()

    def _go_on(self) -> None:
        """See to it that there is a next turn, as long as somebody has to be counted or waits."""
        if self._next:
            return
        if self._waiting or self._left < PER_TURN:
            self._next = True
            asyncio.get_running_loop().call_soon(self._next_turn)
        elif self._early:
            first = self._early[0][0]
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(max(first - self._clock.monotonic(), _TICK_S), self._next_turn)


class Lateness:
    """How late those who are woken up come, by recent experience; rather less than that, since who comes too early has to wait again."""

    __slots__ = ("_late_s",)

    def __init__(self) -> None:
        self._late_s = 0.0

    @property
    def early_s(self) -> float:
        """How much earlier to wake them."""
        return min(max(self._late_s - _LATE_S, 0.0), _MOST_EARLY_S)

    def learn(self, late_s: float) -> None:
        """Somebody came so late."""
        self._late_s += (late_s - self._late_s) * (_LESS if late_s < self._late_s else _MORE)
