"""Which ticks of a schedule are due, and which of them start the flow: pure, so that any clock may be tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from trunkline.connect.schedules.schedule import Schedule
from trunkline.model.clock import SECOND, Instant

GRACE_S: Final = 60
"""A tick this late is still on time: a hub that starts again is back by then."""
MOST_MADE_UP: Final = 1_000
"""Of the ticks that passed, `missed: all` makes up for the newest so many."""
PIECE: Final = 100
"""So many of them at a time, so that other schedules get their turn between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`start` are the ticks that start the flow, oldest first; `missed` ticks before the first of them do not.

    Ticks up to `reached` are decided. With an empty `start` all of them are missed.
    """

    start: tuple[Instant, ...]
    reached: Instant
    missed: int


def decide(schedule: Schedule, *, after: Instant, now: Instant) -> Decision | None:
    """What is to be done about the ticks in (after, now]; None when there are none."""
    newest = schedule.latest(now)
    if newest is None or newest <= after:
        return None
    due = schedule.count(after, newest)
    if schedule.missed == "all":
        return _all(schedule, after, newest, due)
    if schedule.missed == "skip" and now - newest > GRACE_S * SECOND:
        return Decision(start=(), reached=newest, missed=due)
    return Decision(start=(newest,), reached=newest, missed=due - 1)


def _all(schedule: Schedule, after: Instant, newest: Instant, due: int) -> Decision:
    """The first piece; the next look decides on the next one."""
    dropped = max(0, due - MOST_MADE_UP)
    if dropped:
        after = _back(schedule, newest, MOST_MADE_UP)
    start = tuple(islice(_following(schedule, after), min(PIECE, due - dropped)))
    return Decision(start=start, reached=start[-1], missed=dropped)


def _following(schedule: Schedule, after: Instant) -> Iterator[Instant]:
    at = schedule.after(after)
    while at is not None:
        yield at
        at = schedule.after(at)


def _back(schedule: Schedule, newest: Instant, ticks: int) -> Instant:
    """The tick so many before `newest`."""
    at = newest
    for _ in range(ticks):
        earlier = schedule.latest(Instant(at - 1))
        if earlier is None:
            break
        at = earlier
    return at
