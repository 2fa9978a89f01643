"""Calls planned under a vendor's limits: a place in every window before a call leaves, and whose turn it is when places are short."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from trunkline.connect.allowance import Allowance
from trunkline.connect.corrections import correct
from trunkline.connect.declaration import Quota, RateLimit
from trunkline.connect.door import Door, Lateness
from trunkline.connect.ledger import Kept, kept_window, take_over
from trunkline.connect.pauses import Pause, Promises
from trunkline.connect.place import Place
from trunkline.connect.turns import LIVE, NUMBER, NUMBERS, PATIENCE_S, SOMEBODY, Errand, LaneNumber, Turns, Waiter, share
from trunkline.connect.windows import DURABLE_FROM_S, Window
from trunkline.model.clock import Clock, Instant, later
from trunkline.model.errors import RateLimitedError

_UNKNOWN_DAY_S: Final = 900.0
_FIRST_PAUSE_S: Final = 1.0
_LEAST_WAIT_S: Final = 0.001
_TICK_S: Final = 1e-6
_HASTE: Final = 0.5
"""What part of its window a place may lie unused while others, to whom it matters more, go first."""


class Budget:
    """The calls one connection may make, or all connections that the vendor counts together.

    A vendor counts a call somewhere between its leaving and its answer, so a place stays taken until `per_s` after the answer: then no
    window at the vendor, sliding or fixed, ever holds more than `calls`. Without limits it only keeps pauses. Calls leave by the `door`,
    where there is one; `opened` hears of this budget and of that of each group when it is made.
    """

    def __init__(
        self,
        limits: Sequence[RateLimit],
        clock: Clock,
        *,
        group: str = "",
        door: Door | None = None,
        opened: "Callable[[Budget], None] | None" = None,
    ) -> None:
        self.group = group
        self.windows = [Window(limit.calls, limit.per_s) for limit in limits if limit.group == group]
        self.turns = Turns()
        self.refusals = 0
        """Answers that said too fast."""
        self._limits = limits
        self.door = door
        self._groups: dict[str, Budget] = {}
        self._clock = clock
        self._opened = opened
        self._joined: Budget | None = None
        """Where calls are counted from now on, whatever their group."""
        self.heir: Budget | None = None
        """What took over the calls that were counted here."""
        self._waker: asyncio.Task[None] | None = None
        self._planned = 0.0
        """When the waker means to wake up."""
        self._lateness = Lateness()
        """Of those with a place, measured from then on."""
        self._given_until = 0.0
        """Up to when places were given away."""
        self.pause = Pause(clock)
        self._promises = Promises(clock)
        self.allowance = Allowance()
        if opened is not None:
            opened(self)

    def of(self, group: str) -> "Budget":
        """The budget of the operations that the vendor counts as `group`; each group waits for itself only."""
        if self._joined is not None:
            return self._joined.of(group)
        if group == self.group:
            return self
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = Budget(self._limits, self._clock, group=group, door=self.door, opened=self._opened)
        return found

    def place(self, errand: Errand = SOMEBODY, *, location: str = "") -> Place:
        """A place in every window, held during the call; waited for in turn with others of the lane.

        `location` is the connection, where several share the budget. Entering raises `RateLimitedError` when it had better be tried
        later: the vendor asked for a pause longer than a few seconds, or the wait would outlast the errand's patience.
        """
        return Place(self, errand, location)

    @property
    def unlimited(self) -> bool:
        """Whether nothing has to be asked or told: no limits and no pause."""
        return not self.windows and not self.pause.ends

    @property
    def pausing(self) -> bool:
        """Whether the vendor wants no calls now."""
        pause = self.pause if self.heir is None else self.heir.pause
        return pause.ends > 0 and pause.rest_s() > 0

    def join(self, other: "Budget") -> None:
        """Count with `other` from now on, as it turned out that the vendor does; what counts here counts there, too.

        `other` has the same limits. Whoever waits here waits there.
        """
        self._joined = None
        for budget in (self, *self._groups.values()):
            if budget.heir is None:
                budget.hand_over(other.of(budget.group))
        self._joined = other

    def hand_over(self, heir: "Budget") -> None:
        """Let `heir` count what counts here; calls that end later end there."""
        self.heir = heir
        for mine, theirs in zip(self.windows, heir.windows, strict=True):
            mine.hand_over(theirs)
        if (until := self.paused_until()) is not None:
            heir.freeze(until)
        for waiter in list(self.turns):
            self.turns.left(waiter)
            waiter.turn.set_result(None)
        self._wake_nobody()
        heir.allowance.ask()
        self.allowance.ask()

    # ── waiting ──

    def later_than(self, errand: Errand) -> Instant | None:
        """When to come again, if waiting here would outlast the errand's patience; None: come in.

        Calls of one flow that are sent away are told times one behind the other, as fast as the limit allows them.
        """
        pause = self.pause.rest_s()
        if pause > PATIENCE_S:
            return self._promise(errand.flow, self.pause.until() or self._clock.now())
        lane = NUMBER[errand.lane]
        now = self._clock.monotonic()
        if not self.turns and all(window.room(now, lane) > 0 for window in self.windows):
            return None
        expected = max(pause, self._expected_s(errand, lane, now))
        return self._promise(errand.flow, later(self._clock.now(), expected)) if expected > errand.patience_s else None

    def wait_s(self) -> float | None:
        """Seconds until a place may be free; 0: now; None: when a call that is under way has ended."""
        return self._wait_s(self._clock.monotonic(), LIVE)

    def used(self) -> dict[Window, int]:
        """How many places of each window are taken."""
        now = self._clock.monotonic()
        return {window: window.calls - window.free(now) for window in self.windows}

    def frozen_s(self) -> float:
        """For how long the vendor wants no calls."""
        return self.pause.rest_s()

    def paused_until(self) -> Instant | None:
        """Until when the vendor wants no calls."""
        return self.pause.until()

    def _wait_s(self, now: float, lane: LaneNumber) -> float | None:
        wait = self.pause.rest_s()
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
        return self._promises.next(flow, at, spacing_s=self._spacing_s())

    def _spacing_s(self) -> float:
        """The time of one call at the rate of the limit that holds them up."""
        now = self._clock.monotonic()
        full = [window for window in self.windows if window.free(now) <= 0] or self.windows
        return max((window.per_s / window.calls for window in full), default=0)

    def _later(self, at: Instant) -> RateLimitedError:
        pausing = self.pause.rest_s() > PATIENCE_S
        reason = "the vendor asked for a pause" if pausing else "the calls the vendor allows are used up for now"
        error = RateLimitedError(reason, hint="It is tried again when the vendor allows it.")
        error.retry_at = at
        return error

    # ── places ──

    def enter_now(self, lane: LaneNumber) -> bool:
        """Take a place if one is free and nobody waits."""
        now = self._clock.monotonic()
        if self.turns or now < self._given_until or self.heir is not None or not self._may(now, lane):
            return False
        self._take(now, lane)
        return True

    async def go(self, lane: LaneNumber) -> None:
        """Leave with a place that was free, when it is one's turn at the door."""
        assert self.door is not None
        try:
            now = self._clock.monotonic()
            await self.door.wait(at=now, due=self._due(now))
        except asyncio.CancelledError:
            self.give_back(lane)
            raise

    async def enter(self, errand: Errand, location: str) -> None:
        """Wait for a place."""
        if self.heir is not None:
            await self.heir.enter(errand, location)
            return
        at = self.later_than(errand)
        if at is not None:
            raise self._later(at)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = Waiter(lane=NUMBER[errand.lane], flow=errand.flow, turn=turn)
        self.turns.join(waiter, location=location)
        self._hand_out()
        try:
            await turn
            if waiter.begins is not None:
                await self._begin(waiter, waiter.begins)
                return
        except asyncio.CancelledError:
            self._gave_up(waiter)
            raise
        if waiter.until is not None:
            raise self._later(waiter.until)
        await self.enter(errand, location)

    def leave(self, lane: LaneNumber) -> None:
        """The vendor has counted the call: its answer is here, or will never come."""
        if self.heir is not None:
            self.heir.leave(lane)
            return
        now = self._clock.monotonic()
        for window in self.windows:
            window.leave(now, lane)
        if self.turns and (self._waker is None or self._planned <= now):
            self._hand_out()

    def _may(self, now: float, lane: LaneNumber) -> bool:
        if self.pause.ends and self.pause.rest_s():
            return False
        if self.allowance.used_up:
            self.allowance.ask()
            return False
        for window in self.windows:  # noqa: SIM110 - on the way of every call, and half as long as `all` takes
            if window.room(now, lane) <= 0:
                return False
        return True

    def _take(self, now: float, lane: LaneNumber) -> None:
        for window in self.windows:
            window.enter(now, lane)
        self.allowance.count()

    def _hand_out(self, *, planned: float | None = None) -> None:
        """Give what places there are to whose turn it is; what is not free yet is waited for by a task that ends when nobody waits.

        Where those who get one are known to come late, they get it so much earlier, and wait for the rest by themselves.
        """
        now = self._clock.monotonic()
        at = max(now, self._given_until)
        until = now + self._lateness.early_s
        while self.turns:
            waiter = self.turns.next(partial(self._may, at))
            if waiter is None:
                wait = self._next_s(at)
                if not wait or at + wait > until:
                    break
                at += max(wait, _TICK_S)
                continue
            self._take(at, waiter.lane)
            waiter.begins, waiter.planned = at, planned
            self._given_until = at
            waiter.turn.set_result(None)
        if self.turns and self._waker is None and self._next_s(now) is not None:
            self._waker = asyncio.get_running_loop().create_task(self._wake())

    async def _wake(self) -> None:
        try:
            while (wait := self._next_s(now := self._clock.monotonic())) is not None:
                wait = max(wait - self._lateness.early_s, _LEAST_WAIT_S)
                self._planned = now + wait
                await self._clock.sleep(wait)
                self._hand_out(planned=self._planned)
        finally:
            if self._waker is asyncio.current_task():
                self._waker = None

    def _wake_nobody(self) -> None:
        """Whoever comes next makes a waker of its own: this one ends later."""
        if self._waker is not None:
            self._waker.cancel()
            self._waker = None

    async def _begin(self, waiter: Waiter, at: float) -> None:
        """Use a place, when its time has come."""
        now = self._clock.monotonic()
        if waiter.planned is not None:
            self._lateness.learn(now - waiter.planned)
        if self.door is not None and (now < at or not self.door.now()):
            await self.door.wait(at=at, due=self._due(at))
            now = self._clock.monotonic()
        while now < at:
            await self._clock.sleep(max(at - now, _LEAST_WAIT_S))
            now = self._clock.monotonic()

    def _due(self, at: float) -> float:
        """By when a call with a place from `at` on had better leave."""
        return at + _HASTE * min((window.per_s for window in self.windows), default=0)

    def _next_s(self, now: float) -> float | None:
        """Seconds until somebody who waits may get a place; None: nobody waits, or nobody can tell yet."""
        if self.allowance.used_up:
            return None
        waits = [self._wait_s(now, lane) for lane in NUMBERS if self.turns.waiting[lane]]
        return min((wait for wait in waits if wait is not None), default=None)

    def _gave_up(self, waiter: Waiter) -> None:
        if waiter.turn.cancelled():
            self.turns.left(waiter)
        elif waiter.begins is not None:
            self.give_back(waiter.lane)
        if not self.turns:
            self._wake_nobody()

    def give_back(self, lane: LaneNumber) -> None:
        """A place was taken and no call was made."""
        if self.heir is not None:
            self.heir.give_back(lane)
            return
        for window in self.windows:
            window.give_back(lane)
        self._hand_out()

    # ── what the vendor says ──

    def refused(self, retry_at: Instant | None) -> None:
        """The vendor said too fast: no call before `retry_at`; where it told no time, longer with each refusal in a row."""
        self.refusals += 1
        shortest = min((limit.per_s for limit in self.windows or self._limits), default=_FIRST_PAUSE_S)
        self.freeze(self.pause.refused(retry_at, shortest_s=shortest))

    def accepted(self) -> None:
        """The vendor carried a call out."""
        self.pause.accepted()

    def freeze(self, until: Instant) -> None:
        """Make no call before `until`; a later time wins. Who waits and has no patience for it is told to come again then."""
        if not self.pause.freeze(until):
            return
        self.allowance.ask()
        if self.pause.rest_s() > PATIENCE_S:
            for waiter in list(self.turns):
                waiter.until = self._promise(waiter.flow, until)
                self.turns.left(waiter)
                waiter.turn.set_result(None)

    def correct(self, quota: Quota) -> None:
        """Take over what the vendor's headers said: its true limits, and calls that others made with the same credential."""
        freed = correct(self.windows, quota, self._clock.monotonic())
        if quota.remaining_today == 0:
            self.freeze(later(self._clock.now(), _UNKNOWN_DAY_S if quota.reset_s is None else quota.reset_s))
        if freed and self.turns:
            self._hand_out()

    # ── what outlasts the process ──

    def begin(self, kept: Sequence[Kept], ask: "Callable[[Budget], None]") -> None:
        """Go on from what others have used; `ask` is called when this budget wants to be kept."""
        now = self._clock.now()
        take_over(self.windows, kept, now=now, monotonic=self._clock.monotonic())
        for one in kept:
            if (until := one.pause_at(now)) is not None:
                self.pause.freeze(until)
        self.allowance.begin(partial(ask, self), limited=bool(self.windows))

    @property
    def ever_kept(self) -> bool:
        """Whether somebody keeps it and there is something to keep."""
        allowance = self.allowance
        return allowance.keeper and (allowance.made > 0 or self.refusals > 0 or self.paused_until() is not None)

    @property
    def changed(self) -> bool:
        """Whether it was used or has been waited for since it was kept."""
        return self.allowance.changed or bool(self.turns)

    def kept(self, *, last: bool = False) -> Kept:
        """What is to be kept now. `last`: no further call will be made."""
        last = last or self.heir is not None
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for window in self.windows:
            window.room(monotonic, LIVE)
        live, sync, backfill = self.turns.waiting
        self.allowance.asked = False
        return Kept(
            at=now,
            made=self.allowance.made,
            ended=last,
            ahead=0 if last else self.allowance.ahead(self._lasting()),
            under_way=max((window.under_way for window in self.windows), default=0),
            paused_until=self.paused_until(),
            refused=self.refusals,
            waiting=(live, sync, backfill),
            windows=tuple(kept_window(window, now=now, monotonic=monotonic) for window in self.windows),
        )

    def was_kept(self, kept: Kept) -> None:
        """It is durable: so many further calls may be made."""
        self.allowance.was_kept(kept.made, None if self._lasting() is None else kept.ahead)
        if self.turns:
            self._hand_out()

    def _lasting(self) -> int | None:
        """Calls of the smallest window that outlasts the process."""
        return min((window.calls for window in self.windows if window.per_s >= DURABLE_FROM_S), default=None)
