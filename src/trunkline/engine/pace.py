"""How often a trigger is polled: within a person's bounds, shorter while things change, longer while they do not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import random
from typing import Final

from trunkline.connect.declaration import RateLimit
from trunkline.flows.durations import LEAST_POLL_S, MAX_POLL_S, MIN_POLL_S, MOST_POLL_S
from trunkline.flows.plan import TriggerUse

JITTER: Final = 0.1
"""Intervals vary by this share, so that many triggers do not fire together."""
SHARE: Final = 0.2
"""How much of what a vendor allows the polls of one connection may take, if the person leaves it to them."""

_USUAL_S: Final = 300
_SHORTER: Final = 0.5
_LONGER: Final = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Bounds of the interval, and where it begins."""

    least_s: float
    most_s: float
    first_s: float

    @classmethod
    def own(cls, every_s: float) -> "Pace":
        """That of a trigger of which no flow says more: 1 to 15 minutes, in proportion where its connector says other than 5."""
        least_s = every_s * LEAST_POLL_S / _USUAL_S
        most_s = every_s * MOST_POLL_S / _USUAL_S
        return cls(least_s=max(least_s, MIN_POLL_S), most_s=min(most_s, MAX_POLL_S), first_s=every_s)

    @classmethod
    def within(cls, least_s: float, most_s: float, *, own_s: float) -> "Pace":
        """As a person says."""
        return cls(least_s=least_s, most_s=most_s, first_s=min(max(own_s, least_s), most_s))

    def both(self, other: "Pace") -> "Pace":
        """What suits two flows that use one trigger: the more frequent one decides each bound."""
        least_s, most_s = min(self.least_s, other.least_s), min(self.most_s, other.most_s)
        return Pace(least_s=least_s, most_s=most_s, first_s=min(self.first_s, other.first_s, most_s))

    def after(self, interval_s: float, *, news: int, affordable_s: float) -> float:
        """The interval that follows `interval_s` (0: none yet): not shorter than is affordable, unless the longest one is."""
        least_s = min(max(self.least_s, affordable_s), self.most_s)
        wanted_s = interval_s * (_SHORTER if news else _LONGER) if interval_s else self.first_s
        return min(max(wanted_s, least_s), self.most_s)


def pace_of(uses: Iterable[TriggerUse], own_s: float) -> Pace | None:
    """How often a trigger is polled for flows that use it so; None when none of them wants it."""
    found: Pace | None = None
    for use in uses:
        if use.every_s is None:
            continue
        pace = Pace.within(use.every_s, use.most_s or use.every_s, own_s=own_s) if use.every_s else Pace.own(own_s)
        found = pace if found is None else found.both(pace)
    return found


def affordable_s(limits: Sequence[RateLimit], group: str, *, calls: int, triggers: int) -> float:
    """How long `triggers` passes of so many calls last at the share of the vendor's limits that is theirs; 0 without limits."""
    rates = [limit.calls / limit.per_s for limit in limits if limit.group in ("", group)]
    return calls * triggers / (min(rates) * SHARE) if rates else 0


def jittered(interval_s: float) -> float:
    """About `interval_s`."""
    return interval_s * (1 + JITTER * (2 * random() - 1))


def spread(interval_s: float, others: int) -> float:
    """When, from now, one of many begins that could all begin now: at most 100 a second, all within the interval."""
    return random() * min(interval_s, others / 100)
