"""One limit of a vendor as we count it: calls under way, and calls that ended less than `per_s` ago."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trunkline.connect.turns import LIVE, NUMBERS, LaneNumber

DURABLE_FROM_S: Final = 60
"""Windows of a minute and longer outlast a restart, and keep places that only livelier lanes may take."""
DAY_S: Final = 86_400

_EXACT_UP_TO: Final = 1000
_RESERVED: Final = (0.0, 0.05, 0.1)
"""By lane: what part of a long window it leaves to livelier ones, so that a backfill does not use up the day before noon."""
_MOST_PARTS: Final = 24
_ASK_EVERY_S: Final = 900.0
_NEVER: Final = math.inf


@dataclass(slots=True)
class Stretch:
    """Calls that ended close together; they leave the window together, when the last one does.

    `lower` of them were not live and `lowest` backfill. Those that are not `own` were made by another process, or before the start.
    """

    first: float
    last: float
    calls: int
    lower: int = 0
    lowest: int = 0
    own: bool = True


class Window:
    """Large limits are kept by stretches of time, small ones call by call."""

    __slots__ = ("_ask_at", "_caps", "_ended", "_grain", "_lower", "_lowest", "calls", "per_s", "taken", "told", "under_way")

    def __init__(self, calls: int, per_s: float) -> None:
        self.per_s = per_s
        self.taken = 0
        """Places that are not free."""
        self.told = False
        """Whether the vendor's own word has replaced the declared limit."""
        self.under_way = 0
        self._lower = 0
        self._lowest = 0
        self._ended: deque[Stretch] = deque()
        self._ask_at = _NEVER
        """When one call may leave although no place is free: its answer tells whether the vendor counts anew by now."""
        self.limit_to(calls)

    def limit_to(self, calls: int) -> None:
        """Allow so many."""
        self.calls = calls
        self._grain = self.per_s / _EXACT_UP_TO if calls > _EXACT_UP_TO else 0
        self._caps = tuple(allowed(calls, self.per_s, lane) for lane in NUMBERS)

    # ── places ──

    def room(self, now: float, lane: LaneNumber) -> int:
        """How many places are free for `lane`; below zero after the limit was lowered."""
        ended = self._ended
        while ended and ended[0].last + self.per_s <= now:
            self._forget_first()
        free = self.calls - self.taken
        if free <= 0 and self._ask_at <= now:
            return 1
        if lane:
            left = self._caps[1] - self._lower
            free = left if left < free else free  # noqa: FURB136 - on the way of every call, and three times as fast
            if lane > 1:
                left = self._caps[2] - self._lowest
                free = left if left < free else free  # noqa: FURB136
        return free

    def free(self, now: float) -> int:
        """How many places are free for the liveliest, counting no question."""
        self.room(now, LIVE)
        return self.calls - self.taken

    def enter(self, now: float, lane: LaneNumber) -> None:
        """A call takes a place."""
        if self._ask_at <= now and self.taken >= self.calls:
            self._ask_at = now + _ASK_EVERY_S
        self.taken += 1
        self.under_way += 1
        if lane:
            self._lower += 1
            if lane > 1:
                self._lowest += 1

    def leave(self, now: float, lane: LaneNumber) -> None:
        """Its answer is here; the place is free `per_s` later."""
        self.under_way -= 1
        self._put(now, 1, lower=lane > 0, lowest=lane > 1)

    def give_back(self, lane: LaneNumber) -> None:
        """A place was taken and no call was made."""
        self.under_way -= 1
        self.taken -= 1
        self._lower -= lane > 0
        self._lowest -= lane > 1

    def wait_s(self, now: float, lane: LaneNumber) -> float | None:
        """Seconds until a place may be free; None: when a call under way has ended."""
        if self.room(now, lane) > 0:
            return 0
        wait = self._ended[0].last + self.per_s - now if self._ended else None
        if self._ask_at < _NEVER and self.taken >= self.calls:
            return self._ask_at - now if wait is None else min(wait, self._ask_at - now)
        return wait

    def expected_s(self, now: float, places: float, lane: LaneNumber) -> float:
        """About how long the last of so many waits whose turns come one after the other."""
        missing = places - self.room(now, lane)
        if missing <= 0:
            return 0
        rounds, rest = divmod(math.ceil(missing) - 1, self._caps[lane])
        wait = rounds * self.per_s + self._expiry(rest) + self.per_s - now if self._ended else (rounds + 1) * self.per_s
        if self._ask_at < _NEVER and self.taken >= self.calls:  # whoever comes first asks, the others come when the answer is known
            return min(wait, max(0, self._ask_at - now) + (_ASK_EVERY_S if places > 1 else 0))
        return wait

    def _expiry(self, number: int) -> float:
        """When the ended call number `number` from the oldest ended; of the newest when there are not so many."""
        if not self._grain:
            return self._ended[min(number, len(self._ended) - 1)].last
        for stretch in self._ended:
            number -= stretch.calls
            if number < 0:
                return stretch.last
        return self._ended[-1].last

    # ── the vendor's word ──

    def correct(self, now: float, remaining: int, *, own: bool = True) -> None:
        """Fewer places remain than we thought: others use the same credential."""
        unseen = self.free(now) - remaining
        if unseen > 0:
            self.add(now, unseen, own=own)

    def begin_anew(self, now: float, remaining: int) -> bool:
        """More places remain than we thought: the vendor's day has ended. What may still be on its way keeps its place."""
        forgotten = remaining - self.free(now) - self.under_way
        if forgotten * 100 < self.calls:  # answers overtake each other, so small differences say nothing
            return False
        while self._ended and forgotten >= self._ended[0].calls:
            forgotten -= self._ended[0].calls
            self._forget_first()
        if self._ended:
            self._forget_some(forgotten)
        return True

    def ask_again(self, at: float | None, now: float) -> None:
        """The vendor tells what is left with each answer, and perhaps when it counts anew: a full window is looked at again."""
        self._ask_at = now + _ASK_EVERY_S if at is None else at

    # ── what is kept ──

    def hand_over(self, to: "Window") -> None:
        """What counts here, calls under way with it, counts there from now on."""
        if self.told:
            to.limit_to(min(self.calls, to.calls) if to.told else self.calls)
            to.told = True
        to.take_in(self._ended, self.under_way, lower=self._lower, lowest=self._lowest)
        self._ended = deque()
        self.taken = self.under_way = self._lower = self._lowest = 0

    def take_in(self, ended: Iterable[Stretch], under_way: int, *, lower: int, lowest: int) -> None:
        """Count these as well; `lower` of all of them, those under way included, were not live and `lowest` backfill."""
        more = list(ended)
        self._ended = deque(sorted((*self._ended, *more), key=lambda part: part.last))
        self.taken += sum(part.calls for part in more) + under_way
        self.under_way += under_way
        self._lower += lower
        self._lowest += lowest

    def add(self, at: float, calls: int, *, lower: int = 0, lowest: int = 0, own: bool = True) -> None:
        """Calls that ended at `at`, no earlier than any before, and took no place."""
        self.taken += calls
        self._lower += lower
        self._lowest += lowest
        self._put(at, calls, lower=lower, lowest=lowest, own=own)

    def parts(self) -> list[Stretch]:
        """Its own calls in few stretches, each ending no earlier than its calls did."""
        width = self.per_s / _MOST_PARTS
        made: list[Stretch] = []
        for part in self._ended:
            if not part.own:
                continue
            if made and part.last - made[-1].first <= width:
                together = made[-1]
                together.last, together.calls = part.last, together.calls + part.calls
                together.lower, together.lowest = together.lower + part.lower, together.lowest + part.lowest
            else:
                made.append(Stretch(part.first, part.last, part.calls, part.lower, part.lowest))
        return made

    def copied(self, now: float) -> "Window":
        """The same count, to be played with; calls under way count as ended now."""
        made = Window(self.calls, self.per_s)
        made.told = self.told
        for part in self._ended:
            made.add(part.last, part.calls, lower=part.lower, lowest=part.lowest)
        if self.under_way:
            made.add(now, self.under_way, lower=self._lower - made._lower, lowest=self._lowest - made._lowest)
        return made

    def restore(self, stretches: Iterable[Stretch]) -> None:
        """Take over what others used; in any order, before the first call."""
        for part in sorted(stretches, key=lambda part: part.last):
            self.add(part.last, part.calls, lower=part.lower, lowest=part.lowest, own=False)

    def _put(self, at: float, calls: int, *, lower: int, lowest: int, own: bool = True) -> None:
        ended = self._ended
        if ended and at - ended[-1].first <= self._grain and ended[-1].own == own:
            last = ended[-1]
            last.last, last.calls = at, last.calls + calls
            last.lower, last.lowest = last.lower + lower, last.lowest + lowest
        else:
            ended.append(Stretch(at, at, calls, lower, lowest, own))

    def _forget_some(self, calls: int) -> None:
        part = self._ended[0]
        part.calls -= calls
        self.taken -= calls
        self._lower -= max(0, part.lower - part.calls)
        self._lowest -= max(0, part.lowest - part.calls)
        part.lower, part.lowest = min(part.lower, part.calls), min(part.lowest, part.calls)

    def _forget_first(self) -> None:
        part = self._ended.popleft()
        self.taken -= part.calls
        self._lower -= part.lower
        self._lowest -= part.lowest


def allowed(calls: int, per_s: float, lane: LaneNumber) -> int:
    """How many places of a window a lane may hold together with those behind it; at least one."""
    reserved = math.ceil(calls * _RESERVED[lane]) if per_s >= DURABLE_FROM_S else 0
    return max(1, calls - reserved)
