"""When a clock starts something: every so often, on every so many days, or once. Moments are whole seconds since 1970."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from trunkline.connect.schedules.wall import Wall


class When(Protocol):
    """Moments in time, its ticks; two that are equal in `words` have the same."""

    @property
    def words(self) -> str:
        """As a person reads it."""
        ...

    def after(self, at: int) -> int | None:
        """The first tick after `at`; None when there is none."""
        ...

    def latest(self, at: int) -> int | None:
        """The last tick up to and including `at`."""
        ...

    def count(self, after: int, until: int) -> int:
        """How many ticks there are in (after, until]."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spaced:
    """A tick at `start` and then every `every_s` seconds that pass, whatever the clocks on the wall do."""

    words: str
    start: int
    every_s: int

    def after(self, at: int) -> int | None:
        return self.start + (self._number(at) + 1) * self.every_s

    def latest(self, at: int) -> int | None:
        number = self._number(at)
        return None if number < 0 else self.start + number * self.every_s

    def count(self, after: int, until: int) -> int:
        return max(0, self._number(until) - self._number(after))

    def _number(self, at: int) -> int:
        """How many ticks followed the first one up to `at`; -1 before it."""
        return max(-1, (at - self.start) // self.every_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """At the wall time `start` and then on every `days`th day at the same time of day."""

    words: str
    start: datetime
    days: int
    wall: Wall

    def after(self, at: int) -> int | None:
        number = max(0, self._near(at) - 1)
        while (tick := self._tick(number)) <= at:
            number += 1
        return tick

    def latest(self, at: int) -> int | None:
        number = self._near(at) + 1
        while number >= 0:
            if (tick := self._tick(number)) <= at:
                return tick
            number -= 1
        return None

    def count(self, after: int, until: int) -> int:
        number, at = 0, self.after(after)
        while at is not None and at <= until:
            number, at = number + 1, self.after(at)
        return number

    def _near(self, at: int) -> int:
        """The number of a tick that is at most one away from `at`: clocks are put forward or back by a day at most."""
        return (self.wall.shown(at) - self.start) // timedelta(days=self.days)

    def _tick(self, number: int) -> int:
        return self.wall.of(self.start + timedelta(days=number * self.days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One tick."""

    words: str
    at: int

    def after(self, at: int) -> int | None:
        return self.at if at < self.at else None

    def latest(self, at: int) -> int | None:
        return self.at if self.at <= at else None

    def count(self, after: int, until: int) -> int:
        return int(after < self.at <= until)
