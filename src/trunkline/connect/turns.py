"""Whose turn it is: lanes by how much somebody waits for the answer, and within a lane one connection and one flow after the other."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from trunkline.model.clock import Instant

Lane = Literal["live", "sync", "backfill"]
"""live: something just happened and somebody waits for what follows · sync: polls, reconciling, repeats · backfill: reading the past."""

LaneNumber = Literal[0, 1, 2]
LANES: Final[tuple[Lane, ...]] = ("live", "sync", "backfill")
LIVE: Final[LaneNumber] = 0
NUMBERS: Final[tuple[LaneNumber, ...]] = (0, 1, 2)
NUMBER: Final[dict[Lane, LaneNumber]] = {"live": 0, "sync": 1, "backfill": 2}

_OF: Final = 20
_SHARES: Final = (0, 4, 1)
"""Of 20 places that are contended for: what a lane gets however much the livelier ones want. Live has the rest, 75 %."""

_BEGUN_S: Final = 120.0
PATIENCE_S: Final = 5.0
"""A run that would have to wait longer is parked, so that it holds up nobody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What calls are made for: their lane, whose they are (calls of one `flow` never hold up those of another), and how long they may wait
    for a place before they had better come again.
    """

    lane: Lane = "live"
    flow: str = ""
    patience_s: float = 120.0

    @property
    def begun(self) -> "Errand":
        """The same for a piece of work of several calls: between two of them it waits rather than come again and begin anew."""
        return self if self.patience_s >= _BEGUN_S else replace(self, patience_s=_BEGUN_S)


SOMEBODY: Final = Errand()
"""A person or a part of the hub that did not say."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One who waits for a place."""

    lane: LaneNumber
    flow: str
    turn: "asyncio.Future[None]"
    until: Instant | None = None
    """When to come again, once it was sent away."""
    begins: float | None = None
    """From when on its place is free, in monotonic seconds, once it was given one."""
    planned: float | None = None
    """When whoever gave it the place had meant to wake up."""


class _Round:
    """Waiters by key, one of each key in turn: first by connection, then by flow, then in the order they came."""

    __slots__ = ("_order", "_queues")

    def __init__(self) -> None:
        self._order: deque[str] = deque()
        self._queues: dict[str, _Round | deque[Waiter]] = {}

    def __bool__(self) -> bool:
        return bool(self._order)

    def __iter__(self) -> Iterator[Waiter]:
        for queue in self._queues.values():
            yield from queue

    def put(self, waiter: Waiter, key: str, *keys: str) -> None:
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Round() if keys else deque()
            self._order.append(key)
        if isinstance(queue, _Round):
            queue.put(waiter, *keys)
        else:
            queue.append(waiter)

    def take(self) -> Waiter:
        key = self._order.popleft()
        queue = self._queues[key]
        waiter = queue.take() if isinstance(queue, _Round) else queue.popleft()
        if queue:
            self._order.append(key)
        else:
            del self._queues[key]
        return waiter


class Turns:
    """Everybody who waits at one budget. Joining and taking a turn cost the same however many wait."""

    def __init__(self) -> None:
        self.waiting = [0, 0, 0]
        """By lane."""
        self.flows: dict[str, int] = {}
        """How many of each flow."""
        self._lanes = [_Round() for _ in NUMBERS]
        self._credit = [0, 0, 0]
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def __iter__(self) -> Iterator[Waiter]:
        for lane in self._lanes:
            yield from (waiter for waiter in lane if not waiter.turn.done())

    def join(self, waiter: Waiter, *, location: str) -> None:
        """Wait at the end of one's own queue."""
        self._lanes[waiter.lane].put(waiter, location, waiter.flow)
        self.waiting[waiter.lane] += 1
        self.flows[waiter.flow] = self.flows.get(waiter.flow, 0) + 1
        self._total += 1

    def left(self, waiter: Waiter) -> None:
        """Somebody waits no more, with a place or without."""
        self.waiting[waiter.lane] -= 1
        self._total -= 1
        more = self.flows[waiter.flow] - 1
        if more:
            self.flows[waiter.flow] = more
        else:
            del self.flows[waiter.flow]
        if not self._total:
            self._lanes = [_Round() for _ in NUMBERS]  # those who gave up lie there still

    def next(self, room: Callable[[LaneNumber], bool]) -> Waiter | None:
        """Who gets the next place, and waits no more; `room` tells whether a lane may have one. None: nobody who may."""
        while ready := [lane for lane in NUMBERS if self._lanes[lane] and room(lane)]:
            claims = [lane for lane in ready if self._credit[lane] >= _OF]
            lane = max(claims, key=lambda lane: self._credit[lane] / _SHARES[lane]) if claims else ready[0]
            waiter = self._lanes[lane].take()
            if waiter.turn.done():  # it gave up, whether it has said so by now or not
                continue
            for other in ready:
                self._credit[other] = min(self._credit[other] + _SHARES[other], 2 * _OF)
            self._credit[lane] = max(0, self._credit[lane] - _OF)
            self.left(waiter)
            return waiter
        return None


def share(lane: LaneNumber, waiting: list[int]) -> float:
    """What part of the places a lane can count on, as others wait."""
    if any(waiting[:lane]):
        return _SHARES[lane] / _OF
    return 1 - sum(_SHARES[other] for other in NUMBERS[lane + 1 :] if waiting[other]) / _OF
