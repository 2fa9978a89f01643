"""What many calls will take: how long at the vendor's limits, and what share of a day's calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trunkline.connect.budget import Budget
from trunkline.connect.turns import NUMBER, Lane
from trunkline.connect.windows import DAY_S, Window, allowed

_MOST_STEPS: Final = 5_000
"""Steps that are played through; what is left then goes on at the same pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Calls of one group. `seconds` until the last one may leave, in a lane that nobody else contends for; `starts_s` before the first.

    `share_of_day` is what part of the calls of a whole day they are, None where the vendor has no limit.
    """

    group: str
    calls: int
    starts_s: float
    seconds: float
    share_of_day: float | None
    left: int | None
    """Calls of the longest limit that the lane still has now."""


def forecast(budget: Budget, calls: Mapping[str, int], *, lane: Lane, monotonic: float) -> list[Forecast]:
    """One per group, in order of the groups; groups go on side by side. What is used up now and pauses count."""
    return [_of_group(budget.of(group), wanted, lane=lane, monotonic=monotonic) for group, wanted in sorted(calls.items())]


def _of_group(budget: Budget, calls: int, *, lane: Lane, monotonic: float) -> Forecast:
    number = NUMBER[lane]
    longest = max(budget.windows, key=lambda window: window.per_s, default=None)
    windows = [window.copied(monotonic) for window in budget.windows]
    starts_s, seconds = _played(windows, calls, lane=lane, begin=monotonic + budget.frozen_s())
    return Forecast(
        group=budget.group,
        calls=calls,
        starts_s=starts_s + budget.frozen_s(),
        seconds=seconds + budget.frozen_s(),
        share_of_day=calls / a_day(budget.windows) if budget.windows else None,
        left=None if longest is None else max(0, longest.room(monotonic, number)),
    )


def a_day(windows: Sequence[Window]) -> float:
    """The most calls of a day."""
    return min(window.calls * (DAY_S / window.per_s) for window in windows)


def _played(windows: list[Window], calls: int, *, lane: Lane, begin: float) -> tuple[float, float]:
    """Seconds from `begin` until the first and until the last call, when as many leave as may whenever one may."""
    number = NUMBER[lane]
    now, left, first = begin, calls, None
    for _ in range(_MOST_STEPS):
        if not windows or left <= 0:
            break
        free = min(window.room(now, number) for window in windows)
        if free > 0:
            leaving = min(free, left)
            left -= leaving
            first = now if first is None else first
            for window in windows:
                window.add(now, leaving, lower=leaving if number else 0, lowest=leaving if number > 1 else 0)
            continue
        now = max(now + (window.wait_s(now, number) or 0) for window in windows)
    ended = now - begin
    if windows and left > 0:  # a bound for the work; whole rounds of each limit that are still to come
        ended += max(left / allowed(window.calls, window.per_s, number) * window.per_s for window in windows)
    return (begin if first is None else first) - begin, ended
