"""When calls had better come again: a pause that the vendor asked for, and the times that were told to those who were sent away.

Both are counted in seconds that never jump and told by the time of day, so that a clock that is set neither ends nor prolongs them.
"""

from typing import Final

from trunkline.model.clock import SECOND, Clock, Instant, later

_LONGEST_S: Final = 900.0
_AGREE_S: Final = 0.001
_MOST_PROMISES: Final = 1000


class Pause:
    """How long a vendor wants no calls."""

    __slots__ = ("_clock", "_in_a_row", "_told", "ends")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ends = 0.0
        """In monotonic seconds; 0: there is none. Only `rest_s` notices its end."""
        self._told = Instant(0)
        self._in_a_row = 0

    def rest_s(self) -> float:
        """How long from now."""
        if not self.ends:
            return 0
        rest = self.ends - self._clock.monotonic()
        if rest <= 0:
            self.ends = 0
            return 0
        return rest

    def until(self) -> Instant | None:
        """By the time of day: what was told, unless the clock was set since."""
        rest = self.rest_s()
        if not rest:
            return None
        counted = later(self._clock.now(), rest)
        return self._told if abs(counted - self._told) < SECOND else counted

    def freeze(self, until: Instant) -> bool:
        """Pause until then; a later time wins. Whether it changed anything."""
        rest = (until - self._clock.now()) / SECOND
        ends = self._clock.monotonic() + rest
        if rest <= 0 or ends <= self.ends + _AGREE_S:
            return False
        self.ends, self._told = ends, until
        return True

    def refused(self, retry_at: Instant | None, *, shortest_s: float) -> Instant:
        """Until when, after the vendor said too fast: `retry_at`; where it told no time to come, longer with each refusal in a row."""
        if not self.rest_s():  # those that were under way together count once
            self._in_a_row += 1
        now = self._clock.now()
        if retry_at is not None and retry_at > now:
            return retry_at
        return later(now, min(shortest_s * 2 ** min(self._in_a_row - 1, 20), _LONGEST_S))

    def accepted(self) -> None:
        """The vendor carried a call out. One that left before a refusal says nothing against it."""
        if self._in_a_row and not self.rest_s():
            self._in_a_row = 0


class Promises:
    """When those who were sent away are to come again: calls of one flow one behind the other, as fast as the limit allows them."""

    __slots__ = ("_at", "_clock")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: dict[str, float] = {}

    def next(self, flow: str, at: Instant, *, spacing_s: float) -> Instant:
        """The first free time for a call of `flow`, from `at` on."""
        clock, known = self._clock, self._at
        now = clock.monotonic()
        if len(known) > _MOST_PROMISES:
            known = self._at = {name: until for name, until in known.items() if until > now}
        told = now + (at - clock.now()) / SECOND
        before = known.get(flow, 0.0)
        if before > now:
            others = sum(1 for until in known.values() if until > now) if len(known) > 1 else 1
            behind = before + spacing_s * others
            if behind > told:
                told, at = behind, later(clock.now(), behind - now)
        known[flow] = told
        return at
