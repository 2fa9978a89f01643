"""A schedule: when a clock starts a flow, what becomes of ticks that nobody saw to, and how far flows are spread."""

from dataclasses import dataclass
from typing import Literal

from trunkline.connect.schedules.wall import Wall
from trunkline.connect.schedules.whens import When
from trunkline.model.clock import SECOND, Instant
from trunkline.model.ids import digest

Missed = Literal["skip", "once", "all"]
"""What becomes of ticks whose time passed while no hub ran. skip: nothing · once: the newest of them is made up for · all: each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`when` with instants in the program's unit; the wall clock is the one that its ticks are told by."""

    when: When
    wall: Wall
    missed: Missed
    spread_s: int

    @property
    def plan(self) -> str:
        """What it is known by: two schedules with the same plan tick together, whatever else is said of them."""
        return self.when.words

    def after(self, at: Instant) -> Instant | None:
        """The first tick after `at`."""
        return _instant(self.when.after(at // SECOND))

    def latest(self, at: Instant) -> Instant | None:
        """The last tick up to and including `at`."""
        return _instant(self.when.latest(at // SECOND))

    def count(self, after: Instant, until: Instant) -> int:
        """How many ticks there are in (after, until]."""
        return self.when.count(after // SECOND, until // SECOND)

    def delay_s(self, flow: str) -> float:
        """How long after each tick this flow is started: its own place within the spread, always the same."""
        return self.spread_s * int(digest(flow, size=4), 16) / (1 << 32)


def _instant(at: int | None) -> Instant | None:
    return None if at is None else Instant(at * SECOND)
