"""What is kept of a budget, and what is told of it."""

import asyncio

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.ledger import Kept, merged, standing
from trunkline.connect.turns import Errand
from trunkline.model.clock import Instant, later
from trunkline.model.json import JSON
from trunkline.testing.clock import FakeClock

DAY = (RateLimit(calls=1000, per_s=10), RateLimit(calls=10_000, per_s=86_400))


class Keeper:
    """Keeps a budget at once, or when a test says so."""

    def __init__(self, limits: tuple[RateLimit, ...] = DAY, *, at_once: bool = True) -> None:
        self.clock = FakeClock()
        self.budget = Budget(limits, self.clock)
        self.asked = 0
        self.at_once = at_once
        self.last: Kept | None = None
        self.budget.begin((), self._ask)

    def _ask(self, _: Budget) -> None:
        self.asked += 1
        if self.at_once:
            asyncio.get_running_loop().call_soon(self.keep)

    def keep(self) -> Kept:
        self.last = self.budget.kept()
        self.budget.was_kept(self.last)
        return self.last

    async def call(self, times: int = 1, errand: Errand | None = None) -> None:
        for _ in range(times):
            async with self.budget.place(errand or Errand()):
                pass


async def test_first_call_waits_until_it_may_be_lost_and_still_be_counted() -> None:
    at = Keeper(at_once=False)
    first = asyncio.ensure_future(at.call())
    await at.clock.advance(0)
    assert at.asked == 1
    assert not first.done()
    kept = at.keep()
    await first
    assert kept.ahead == 20


async def test_quiet_budget_is_kept_now_and_then_and_a_busy_one_further_ahead() -> None:
    at = Keeper((RateLimit(calls=10_000, per_s=10), DAY[1]))
    await at.call(100)
    quiet = at.asked
    await at.call(2000)
    assert quiet <= 12
    assert at.asked < 130, "not once per call"
    assert at.last is not None
    assert at.last.ahead >= 20


async def test_what_may_be_called_while_it_is_being_kept_is_covered() -> None:
    at = Keeper()
    await at.call(200)
    at.at_once = False
    before = at.keep()
    await at.call(1)
    during = at.budget.kept()
    assert during.ahead >= before.ahead - 1


async def test_calls_under_way_count_as_made_when_they_may_have_arrived() -> None:
    at = Keeper()
    async with at.budget.place(), at.budget.place():
        kept = at.keep()
    assert kept.under_way == 2
    after = Budget(DAY, at.clock)
    after.begin([kept], lambda _: None)
    assert list(after.used().values()) == [2 + kept.ahead] * 2


async def test_limit_that_the_vendor_told_is_kept() -> None:
    at = Keeper()
    at.budget.windows[1].limit_to(500)
    at.budget.windows[1].told = True
    after = Budget(DAY, at.clock)
    after.begin([at.budget.kept(last=True)], lambda _: None)
    assert [window.calls for window in after.windows] == [1000, 500]


async def test_others_calls_are_never_kept_twice() -> None:
    at = Keeper()
    await at.call(30)
    after = Budget(DAY, at.clock)
    after.begin([at.budget.kept(last=True)], lambda _: None)
    assert all(not window.used for window in after.kept(last=True).windows)


async def test_rows_of_processes_that_are_gone_become_one_that_counts_the_same() -> None:
    rows: list[Kept] = []
    clock = FakeClock()
    for calls in (3, 4):
        budget = Budget(DAY, clock)
        budget.begin((), lambda _: None)
        budget.was_kept(budget.kept())
        for _ in range(calls):
            async with budget.place(Errand(lane="backfill")):
                pass
        rows.append(budget.kept())
    together = merged(rows, now=clock.now())
    apart, joined = Budget(DAY, clock), Budget(DAY, clock)
    apart.begin(rows, lambda _: None)
    joined.begin([together], lambda _: None)
    assert list(apart.used().values()) == list(joined.used().values())
    assert together.ahead == 0


async def test_what_is_told_counts_every_process_and_only_who_is_there_waits() -> None:
    at = Keeper()
    await at.call(7)
    now = at.clock.now()
    told = standing("", DAY, [at.budget.kept()], now=now)
    assert [(window.used, window.left) for window in told.windows] == [(7, 993), (7, 9993)]
    assert told.paused_until is None
    gone = Kept(at=Instant(0), ahead=0, under_way=0, paused_until=later(now, 60), refused=9, waiting=(5, 5, 5), windows=())
    both = standing("", DAY, [at.budget.kept(), gone], now=now)
    assert both.waiting == (0, 0, 0)
    assert both.refused == 0
    assert both.paused_until == later(now, 60)


BURST = (RateLimit(calls=10, per_s=1),)


async def test_a_short_limit_is_kept_once_before_its_first_call_and_then_as_it_is_used() -> None:
    at = Keeper(BURST, at_once=False)
    first = asyncio.ensure_future(at.call())
    await at.clock.advance(0)
    assert not first.done()
    at.keep()
    await first
    await at.call(9)
    assert at.asked == 1


async def test_whoever_was_found_dead_may_have_called_until_then_and_who_ended_has_not() -> None:
    at = Keeper(BURST)
    await at.call(3)
    await at.clock.advance(7200)
    assert at.budget.kept().ends_at > later(at.clock.now(), 86_400)
    for kept, used in ((at.budget.kept(), 10), (at.budget.kept(last=True), 0)):
        after = Budget(BURST, at.clock)
        after.begin([merged([Kept.of(kept.as_json())], now=at.clock.now())], lambda _: None)
        assert list(after.used().values()) == [used]
    long = Keeper()
    await long.call(3)
    again = Budget(DAY, long.clock)
    again.begin([merged([long.budget.kept()], now=long.clock.now())], lambda _: None)
    assert max(again.used().values()) < 30, "a limit whose calls are counted ahead is not taken to be used up"


async def test_a_budget_that_was_taken_over_by_another_keeps_nothing_of_it() -> None:
    at, heir = Keeper(), Keeper()
    await at.call(5)
    at.budget.join(heir.budget)
    assert heir.budget.changed, "it is to be kept"
    kept = at.budget.kept()
    assert (kept.ended, kept.ahead, [window.used for window in kept.windows]) == (True, 0, [(), ()])
    assert sum(calls for _, calls, _, _ in heir.budget.kept().windows[1].used) == 5


NOT_OURS: list[JSON] = [{}, {"windows": [{}]}, {"waiting": [1, 2, 3], "windows": [{"per_s": "x", "used": []}]}]


@pytest.mark.parametrize("stored", NOT_OURS)
def test_a_row_that_is_not_understood_is_no_reason_to_stand_still(stored: JSON) -> None:
    kept = Kept.of(stored)
    clock = FakeClock()
    budget = Budget(DAY, clock)
    budget.begin([kept], lambda _: None)
    assert list(budget.used().values()) == [0, 0]
