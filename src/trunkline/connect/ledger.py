"""What of a budget outlasts its process: how much of each limit was used when, and pauses.

A budget asks to be kept before it is used: what is kept says how many further calls may have been made before the next time (`ahead`). So
whoever takes over, after whatever end, may count them all and never gives more than was left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from trunkline.connect.declaration import RateLimit
from trunkline.connect.windows import DURABLE_FROM_S, Stretch, Window
from trunkline.model.clock import SECOND, Instant
from trunkline.model.json import JSON, JSONObject, as_list, as_object

_THERE_S: Final = 15
_NEVER: Final = Instant(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWindow:
    """One limit. `used` are stretches of calls: until when, how many, how many not live, how many backfill."""

    per_s: float
    calls: int
    told: bool
    used: tuple[tuple[Instant, int, int, int], ...]

    def used_at(self, now: Instant) -> int:
        """How many calls are still in the window."""
        since = now - self.per_s * SECOND
        return sum(calls for at, calls, _, _ in self.used if at > since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one process did with one group of one budget. `made` is its own count of calls, to recognise what has been kept.

    `ended`: it will make no further call. Whatever has not ended may have called until it was found dead.
    """

    at: Instant
    made: int = 0
    ended: bool = False
    ahead: int
    under_way: int
    paused_until: Instant | None
    refused: int
    """Answers that said too fast (429), since the process began."""
    waiting: tuple[int, int, int]
    windows: tuple[KeptWindow, ...]

    @property
    def ends_at(self) -> Instant:
        """When nothing of it counts any more; never, while it may make calls."""
        if self.windows and not self.ended:
            return _NEVER
        longest = max((window.per_s for window in self.windows), default=0)
        return Instant(max(self.at + round(longest * SECOND), self.paused_until or 0))

    def pause_at(self, now: Instant) -> Instant | None:
        """Until when the vendor wants no calls: no longer from now than from when it was kept, should the clock have gone back."""
        if self.paused_until is None or self.paused_until <= now:
            return None
        return min(self.paused_until, Instant(now + max(0, self.paused_until - self.at)))

    def unsure(self, window: KeptWindow) -> int:
        """How many further calls may have been made, or be on their way, when it was found dead: those of a window that is full at most,
        where no count is kept ahead.
        """
        counted = any(one.per_s >= DURABLE_FROM_S for one in self.windows)
        return self.ahead + self.under_way if counted or self.ended else max(window.calls, self.under_way)

    def as_json(self) -> JSON:
        windows: list[JSON] = [
            {"per_s": one.per_s, "calls": one.calls, "told": one.told, "used": [list[JSON](part) for part in one.used]}
            for one in self.windows
        ]
        return {
            "at": self.at,
            "ended": self.ended,
            "ahead": self.ahead,
            "under_way": self.under_way,
            "paused_until": self.paused_until,
            "refused": self.refused,
            "waiting": list[JSON](self.waiting),
            "windows": windows,
        }

    @classmethod
    def of(cls, stored: JSON) -> Self:
        """What `as_json` made."""
        found = as_object(stored)
        paused = found.get("paused_until")
        live, sync, backfill = ([_number(one) for one in as_list(found.get("waiting"))] + [0, 0, 0])[:3]
        return cls(
            at=Instant(_number(found.get("at"))),
            ended=found.get("ended") is True,
            ahead=_number(found.get("ahead")),
            under_way=_number(found.get("under_way")),
            paused_until=None if paused is None else Instant(_number(paused)),
            refused=_number(found.get("refused")),
            waiting=(live, sync, backfill),
            windows=tuple(_window(as_object(one)) for one in as_list(found.get("windows"))),
        )


def _window(found: JSONObject) -> KeptWindow:
    per_s = found.get("per_s")
    parts = [[_number(value) for value in as_list(part)] for part in as_list(found.get("used"))]
    return KeptWindow(
        per_s=float(per_s) if isinstance(per_s, int | float) else 0.0,
        calls=_number(found.get("calls")),
        told=found.get("told") is True,
        used=tuple((Instant(at), calls, lower, lowest) for at, calls, lower, lowest in parts),
    )


def _number(value: JSON) -> int:
    return value if isinstance(value, int) else 0


def kept_window(window: Window, *, now: Instant, monotonic: float) -> KeptWindow:
    """A window's own calls, by the time of day."""
    used = tuple(
        (Instant(now - int((monotonic - part.last) * SECOND)), part.calls, part.lower, part.lowest)
        for part in window.parts()
        if part.last + window.per_s > monotonic
    )
    return KeptWindow(per_s=window.per_s, calls=window.calls, told=window.told, used=used)


def take_over(windows: Iterable[Window], kept: Iterable[Kept], *, now: Instant, monotonic: float) -> None:
    """Count what others have used, and might have: a clock that went back makes nothing older than it is."""
    known = list(kept)
    for window in windows:
        stretches: list[Stretch] = []
        for one in known:
            same = next((found for found in one.windows if found.per_s == window.per_s), None)
            if same is None:
                continue
            if same.told and same.calls > 0:
                window.limit_to(min(same.calls, window.calls) if window.told else same.calls)
                window.told = True
            for at, calls, lower, lowest in same.used:
                ended = monotonic - max(0, now - at) / SECOND
                if ended + window.per_s > monotonic:
                    stretches.append(Stretch(ended, ended, calls, lower, lowest))
            unsure = one.ahead + one.under_way
            if unsure:
                stretches.append(Stretch(monotonic, monotonic, unsure))
        window.restore(stretches)


def merged(kept: Iterable[Kept], *, now: Instant) -> Kept:
    """What several processes that are gone did, as one; what they might have done counts as done now."""
    known = list(kept)
    lengths = sorted({window.per_s for one in known for window in one.windows})
    return Kept(
        at=now,
        ended=True,
        ahead=0,
        under_way=0,
        paused_until=max((until for one in known if (until := one.pause_at(now)) is not None), default=None),
        refused=0,
        waiting=(0, 0, 0),
        windows=tuple(_together(known, per_s, now) for per_s in lengths),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One limit now."""

    per_s: float
    calls: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.calls - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A group of a budget as all processes together kept it; `seen_at` is when one did last, None: never used."""

    group: str
    windows: tuple[Spent, ...]
    paused_until: Instant | None
    waiting: tuple[int, int, int]
    refused: int
    seen_at: Instant | None


def standing(group: str, limits: Iterable[RateLimit], kept: Iterable[Kept], *, now: Instant) -> Standing:
    """What is used of these limits. Who waits is told by processes that were there in the last seconds only."""
    known = list(kept)
    there = [one for one in known if one.at > now - _THERE_S * SECOND]
    live, sync, backfill = (sum(one.waiting[lane] for one in there) for lane in range(3))
    return Standing(
        group=group,
        windows=tuple(_spent(limit, known, now) for limit in limits),
        paused_until=max((until for one in known if (until := one.pause_at(now)) is not None), default=None),
        waiting=(live, sync, backfill),
        refused=sum(one.refused for one in there),
        seen_at=max((one.at for one in known), default=None),
    )


def _spent(limit: RateLimit, kept: list[Kept], now: Instant) -> Spent:
    found = [window for one in sorted(kept, key=lambda one: one.at) for window in one.windows if window.per_s == limit.per_s]
    told = [window.calls for window in found if window.told]
    return Spent(per_s=limit.per_s, calls=told[-1] if told else limit.calls, used=sum(window.used_at(now) for window in found))


def _together(kept: list[Kept], per_s: float, now: Instant) -> KeptWindow:
    newest: KeptWindow | None = None
    used: list[tuple[Instant, int, int, int]] = []
    for one in sorted(kept, key=lambda one: one.at):
        found = next((window for window in one.windows if window.per_s == per_s), None)
        if found is None:
            continue
        if newest is None or found.told or not newest.told:
            newest = found
        used += [part for part in found.used if part[0] > now - per_s * SECOND]
        if unsure := one.unsure(found):
            used.append((now, unsure, 0, 0))
    assert newest is not None
    return KeptWindow(per_s=per_s, calls=newest.calls, told=newest.told, used=tuple(sorted(used)))
