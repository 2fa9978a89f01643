"""Calls planned under a vendor's limits: a place in every window before a call leaves, and whose turn it is when places are short."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from trunkline.connect.declaration import Quota, RateLimit
from trunkline.connect.ledger import Kept, kept_window, take_over
from trunkline.connect.turns import LIVE, NUMBER, NUMBERS, PATIENCE_S, SOMEBODY, Errand, LaneNumber, Turns, Waiter, share
from trunkline.connect.windows import DAY_S, DURABLE_FROM_S, Window
from trunkline.model.clock import SECOND, Clock, Instant, later
from trunkline.model.errors import RateLimitedError

_UNKNOWN_DAY_S: Final = 900.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 900.0
_LEAST_WAIT_S: Final = 0.001
_AHEAD: Final = 20
"""Calls a quiet budget may make before it has to be kept again, a busy one more; a tenth of its smallest lasting window at most."""
_MOST_PROMISES: Final = 1000


class Budget:
    """The calls one connection may make, or all connections that the vendor counts together.

    A vendor counts a call somewhere between its leaving and its answer, so a place stays taken until `per_s` after the answer: then no
    window at the vendor, sliding or fixed, ever holds more than `calls`. Without limits it only keeps pauses. `opened` hears of this
    budget and of that of each group when it is made.
    """

    def __init__(
        self, limits: Sequence[RateLimit], clock: Clock, *, group: str = "", opened: "Callable[[Budget], None] | None" = None
    ) -> None:
        self.group = group
        self.windows = [Window(limit.calls, limit.per_s) for limit in limits if limit.group == group]
        self.turns = Turns()
        self.refusals = 0
        """Answers that said too fast."""
        self._limits = limits
        self._groups: dict[str, Budget] = {}
        self._clock = clock
        self._opened = opened
        self._waker: asyncio.Task[None] | None = None
        self._paused_until = Instant(0)
        self._in_a_row = 0
        self._promised: dict[str, Instant] = {}
        self._ask: Callable[[Budget], None] | None = None
        self._asked = False
        self._made = 0
        self._kept_made = 0
        self._allotted: int | None = None
        """Calls that may be made beyond those that were kept; None: nobody keeps them."""
        if opened is not None:
            opened(self)

    def of(self, group: str) -> "Budget":
        """The budget of the operations that the vendor counts as `group`; each group waits for itself only."""
        if group == self.group:
            return self
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = Budget(self._limits, self._clock, group=group, opened=self._opened)
        return found

    def place(self, errand: Errand = SOMEBODY, *, location: str = "") -> "_Place":
        """A place in every window, held during the call; waited for in turn with others of the lane.

        `location` is the connection, where several share the budget. Entering raises `RateLimitedError` when it had better be tried
        later: the vendor asked for a pause longer than a few seconds, or the wait would outlast the errand's patience.
        """
        return _Place(self, errand, location)

    @property
    def unlimited(self) -> bool:
        """Whether nothing has to be asked or told: no limits and no pause."""
        return not self.windows and not self._paused_until

    # ── waiting ──

    def later_than(self, errand: Errand) -> Instant | None:
        """When to come again, if waiting here would outlast the errand's patience; None: come in.

        Calls of one flow that are sent away are told times one behind the other, as fast as the limit allows them.
        """
        pause = self._pause_s()
        if pause > PATIENCE_S:
            return self._promise(errand.flow, self._paused_until)
        lane = NUMBER[errand.lane]
        now = self._clock.monotonic()
        if not self.turns and all(window.room(now, lane) > 0 for window in self.windows):
            return None
        expected = max(pause, self._expected_s(errand, lane, now))
        return self._promise(errand.flow, later(self._clock.now(), expected)) if expected > errand.patience_s else None

    def wait_s(self) -> float | None:
        """Seconds until a place may be free; 0: now; None: when a call that is under way has ended."""
        return self._wait_s(LIVE)

    def used(self) -> dict[Window, int]:
        """How many places of each window are taken."""
        now = self._clock.monotonic()
        return {window: window.calls - window.room(now, LIVE) for window in self.windows}

    def frozen_s(self) -> float:
        """For how long the vendor wants no calls."""
        return self._pause_s()

    def paused_until(self) -> Instant | None:
        """Until when the vendor wants no calls."""
        return self._paused_until if self._pause_s() else None

    def _wait_s(self, lane: LaneNumber) -> float | None:
        wait = self._pause_s()
        now = self._clock.monotonic()
        for window in self.windows:
            for_window = window.wait_s(now, lane)
            if for_window is None:
                return None
            wait = max(wait, for_window)
        return wait

    def _expected_s(self, errand: Errand, lane: LaneNumber, now: float) -> float:
        """About how long a newcomer waits, as all the others wait now."""
        turns = self.turns
        own = turns.flows.get(errand.flow, 0)
        ahead = min((own + 1) * (len(turns.flows) + (own == 0)), turns.waiting[lane] + 1) / share(lane, turns.waiting)
        return max((window.expected_s(now, ahead, lane) for window in self.windows), default=0)

    def _promise(self, flow: str, at: Instant) -> Instant:
        """The first free time for a call of `flow`, from `at` on."""
        now = self._clock.now()
        if len(self._promised) > _MOST_PROMISES:
            self._promised = {name: at for name, at in self._promised.items() if at > now}
        before = self._promised.get(flow)
        if before is not None and before > now:
            others = sum(1 for promised in self._promised.values() if promised > now) if len(self._promised) > 1 else 1
            at = max(at, later(before, self._spacing_s() * others))
        self._promised[flow] = at
        return at

    def _spacing_s(self) -> float:
        """The time of one call at the rate of the limit that holds them up."""
        now = self._clock.monotonic()
        full = [window for window in self.windows if window.room(now, LIVE) <= 0] or self.windows
        return max((window.per_s / window.calls for window in full), default=0)

    def _later(self, at: Instant) -> RateLimitedError:
        pausing = self._pause_s() > PATIENCE_S
        reason = "the vendor asked for a pause" if pausing else "the calls the vendor allows are used up for now"
        error = RateLimitedError(reason, hint="It is tried again when the vendor allows it.")
        error.retry_at = at
        return error

    # ── places ──

    def enter_now(self, lane: LaneNumber) -> bool:
        """Take a place if one is free and nobody waits."""
        if self.turns or not self._may(lane):
            return False
        self._take(lane)
        return True

    async def enter(self, errand: Errand, location: str) -> None:
        """Wait for a place."""
        at = self.later_than(errand)
        if at is not None:
            raise self._later(at)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = Waiter(lane=NUMBER[errand.lane], flow=errand.flow, turn=turn)
        self.turns.join(waiter, location=location)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            self._gave_up(waiter)
            raise
        if waiter.until is not None:
            raise self._later(waiter.until)

    def leave(self, lane: LaneNumber) -> None:
        """The call has ended."""
        now = self._clock.monotonic()
        for window in self.windows:
            window.leave(now, lane)
        if self.turns and self._waker is None:
            self._hand_out()

    def _may(self, lane: LaneNumber) -> bool:
        if self._paused_until and self._pause_s():
            return False
        if self._allotted is not None and self._made - self._kept_made >= self._allotted:
            self._ask_to_be_kept()
            return False
        now = self._clock.monotonic()
        return all(window.room(now, lane) > 0 for window in self.windows)

    def _take(self, lane: LaneNumber) -> None:
        for window in self.windows:
            window.enter(lane)
        self._made += 1
        if self._allotted is not None and (self._made - self._kept_made) * 2 > self._allotted:
            self._ask_to_be_kept()

    def _hand_out(self) -> None:
        """Give what places there are to whose turn it is; what is not free yet is waited for by a task that ends when nobody waits."""
        while (waiter := self.turns.next(self._may)) is not None:
            self._take(waiter.lane)
            waiter.turn.set_result(None)
        if self.turns and self._waker is None and self._next_s() is not None:
            self._waker = asyncio.get_running_loop().create_task(self._wake())

    async def _wake(self) -> None:
        try:
            while (wait := self._next_s()) is not None:
                await self._clock.sleep(max(wait, _LEAST_WAIT_S))
                self._hand_out()
        finally:
            self._waker = None

    def _next_s(self) -> float | None:
        """Seconds until somebody who waits may get a place; None: nobody waits, or nobody can tell yet."""
        if self._allotted is not None and self._made - self._kept_made >= self._allotted:
            return None
        waits = [self._wait_s(lane) for lane in NUMBERS if self.turns.waiting[lane]]
        return min((wait for wait in waits if wait is not None), default=None)

    def _gave_up(self, waiter: Waiter) -> None:
        if waiter.turn.cancelled():
            self.turns.left(waiter)
        elif waiter.until is None:
            for window in self.windows:
                window.give_back(waiter.lane)
            self._hand_out()
        if not self.turns and self._waker is not None:
            self._waker.cancel()

    # ── what the vendor says ──

    def refused(self, retry_at: Instant | None) -> None:
        """The vendor said too fast: no call before `retry_at`; where it told no time, longer with each refusal in a row."""
        self.refusals += 1
        if not self._pause_s():  # those that were under way together count once
            self._in_a_row += 1
        shortest = min((limit.per_s for limit in self.windows or self._limits), default=_FIRST_PAUSE_S)
        pause = min(shortest * 2 ** min(self._in_a_row - 1, 20), _LONGEST_PAUSE_S)
        self.freeze(retry_at or later(self._clock.now(), pause))

    def accepted(self) -> None:
        """The vendor carried a call out."""
        self._in_a_row = 0

    def freeze(self, until: Instant) -> None:
        """Make no call before `until`; a later time wins. Who waits and has no patience for it is told to come again then."""
        if until <= self._paused_until:
            return
        self._paused_until = until
        self._ask_to_be_kept()
        if self._pause_s() > PATIENCE_S:
            for waiter in list(self.turns):
                waiter.until = self._promise(waiter.flow, until)
                self.turns.left(waiter)
                waiter.turn.set_result(None)

    def correct(self, quota: Quota) -> None:
        """Take over what the vendor's headers said: its true limits, and calls that others made with the same credential."""
        now = self._clock.monotonic()
        for window in self._meant(quota):
            if quota.calls and quota.per_s and quota.calls != window.calls:
                window.limit_to(quota.calls)
                window.told = True
            if quota.remaining is not None:
                window.correct(now, quota.remaining)
        if quota.remaining_today is not None or quota.calls_today:
            self._correct_day(quota, now)
        if self.turns:
            self._hand_out()

    def _correct_day(self, quota: Quota, now: float) -> None:
        for window in self.windows:
            if window.per_s < DAY_S:
                continue
            if quota.calls_today and quota.calls_today != window.calls:
                window.limit_to(quota.calls_today)
                window.told = True
            if quota.remaining_today is not None:
                window.correct(now, quota.remaining_today)
                window.begin_anew(now, quota.remaining_today)
        if quota.remaining_today == 0:
            self.freeze(later(self._clock.now(), _UNKNOWN_DAY_S if quota.reset_s is None else quota.reset_s))

    def _meant(self, quota: Quota) -> list[Window]:
        """The windows that a quota speaks of: those of its length, or the shortest when it tells no length."""
        if quota.calls is None and quota.remaining is None:
            return []
        if quota.per_s is None:
            return sorted(self.windows, key=lambda window: window.per_s)[:1]
        return [window for window in self.windows if abs(quota.per_s - window.per_s) < window.per_s / 100]

    def _pause_s(self) -> float:
        if not self._paused_until:
            return 0
        rest = (self._paused_until - self._clock.now()) / SECOND
        if rest <= 0:
            self._paused_until = Instant(0)
        return max(rest, 0)

    # ── what outlasts the process ──

    def begin(self, kept: Sequence[Kept], ask: "Callable[[Budget], None]") -> None:
        """Go on from what others have used; `ask` is called when this budget wants to be kept."""
        take_over(self.windows, kept, now=self._clock.now(), monotonic=self._clock.monotonic())
        self._paused_until = max((one.paused_until for one in kept if one.paused_until is not None), default=Instant(0))
        self._ask = ask
        self._allotted = 0 if any(window.per_s >= DURABLE_FROM_S for window in self.windows) else None

    @property
    def ever_kept(self) -> bool:
        """Whether somebody keeps it and there is something to keep."""
        return self._ask is not None and (self._made > 0 or self.refusals > 0 or self.paused_until() is not None)

    @property
    def changed(self) -> bool:
        """Whether it was used or has been waited for since it was kept."""
        return self._made != self._kept_made or self._asked or bool(self.turns)

    def kept(self, *, last: bool = False) -> Kept:
        """What is to be kept now. `last`: no further call will be made."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for window in self.windows:
            window.room(monotonic, LIVE)
        live, sync, backfill = self.turns.waiting
        self._asked = False
        return Kept(
            at=now,
            made=self._made,
            ahead=0 if last else self._ahead(),
            under_way=max((window.under_way for window in self.windows), default=0),
            paused_until=self.paused_until(),
            refused=self.refusals,
            waiting=(live, sync, backfill),
            windows=tuple(kept_window(window, now=now, monotonic=monotonic) for window in self.windows),
        )

    def was_kept(self, kept: Kept) -> None:
        """It is durable: so many further calls may be made."""
        self._kept_made = kept.made
        if self._allotted is not None:
            self._allotted = kept.ahead
        if self.turns:
            self._hand_out()

    def _ahead(self) -> int:
        """What may be used meanwhile has to be covered too, so it is never less than what is left of what was allotted before."""
        if self._allotted is None:
            return 0
        lasting = min(window.calls for window in self.windows if window.per_s >= DURABLE_FROM_S)
        spent = self._made - self._kept_made
        wanted = max(1, min(max(_AHEAD, 2 * spent), lasting // 10))
        return max(wanted, self._allotted - spent)

    def _ask_to_be_kept(self) -> None:
        if self._ask is not None and not self._asked:
            self._asked = True
            self._ask(self)


class _Place:
    """Entered for the length of one call."""

    __slots__ = ("_budget", "_errand", "_lane", "_location")

    def __init__(self, budget: Budget, errand: Errand, location: str) -> None:
        self._budget = budget
        self._errand = errand
        self._lane: LaneNumber = NUMBER[errand.lane]
        self._location = location

    async def __aenter__(self) -> None:
        if not self._budget.enter_now(self._lane):
            await self._budget.enter(self._errand, self._location)

    async def __aexit__(self, *_: object) -> None:
        self._budget.leave(self._lane)
