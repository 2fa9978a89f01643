"""Calls under a vendor's limits."""

import asyncio
from itertools import pairwise

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import Quota, RateLimit
from trunkline.connect.turns import Errand
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.errors import RateLimitedError
from trunkline.testing.clock import FakeClock

TEN_A_SECOND = RateLimit(calls=10, per_s=1)


class Desk:
    """Callers at one budget, and when each got its place."""

    def __init__(self, *limits: RateLimit) -> None:
        self.clock = FakeClock()
        self.budget = Budget(limits, self.clock)
        self.began: list[tuple[int, float]] = []
        self.start = self.clock.monotonic()

    async def call(self, number: int, lasting_s: float = 0) -> None:
        async with self.budget.place():
            self.began.append((number, round(self.clock.monotonic() - self.start, 3)))
            if lasting_s:
                await self.clock.sleep(lasting_s)

    async def calls(self, count: int, lasting_s: float = 0) -> None:
        await asyncio.gather(*(self.call(number, lasting_s) for number in range(count)))


async def test_calls_over_the_limit_wait_for_the_window() -> None:
    desk = Desk(TEN_A_SECOND)
    await desk.clock.drive(desk.calls(25))
    assert [at for _, at in desk.began] == [0] * 10 + [1] * 10 + [2] * 5


async def test_first_come_is_first_served() -> None:
    desk = Desk(RateLimit(calls=3, per_s=1))
    await desk.clock.drive(desk.calls(30))
    assert [number for number, _ in desk.began] == list(range(30))


async def test_place_is_kept_until_a_window_after_the_answer() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    await desk.clock.drive(desk.calls(3, lasting_s=0.5))
    assert [at for _, at in desk.began] == [0, 1.5, 3]


async def test_every_limit_counts() -> None:
    desk = Desk(RateLimit(calls=2, per_s=1), RateLimit(calls=3, per_s=10))
    await desk.clock.drive(desk.calls(5))
    assert [at for _, at in desk.began] == [0, 0, 1, 10, 10]


async def test_waiter_that_gives_up_leaves_its_place_to_the_next() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    async with desk.budget.place():
        first, second = asyncio.ensure_future(desk.call(1)), asyncio.ensure_future(desk.call(2))
        await desk.clock.advance(0)
        first.cancel()
    await desk.clock.advance(1)
    assert [number for number, _ in desk.began] == [2]
    assert first.cancelled()
    assert second.done()


async def test_call_that_fails_keeps_its_place_too() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    with pytest.raises(ValueError, match="broken"):
        async with desk.budget.place():
            raise ValueError("broken")
    assert desk.budget.wait_s() == 1


async def test_without_limits_nothing_waits() -> None:
    desk = Desk()
    assert desk.budget.unlimited
    await desk.calls(1000)
    assert {at for _, at in desk.began} == {0}


async def test_short_pause_is_waited_for() -> None:
    desk = Desk()
    desk.budget.freeze(later(desk.clock.now(), 3))
    assert not desk.budget.unlimited
    await desk.clock.drive(desk.calls(2))
    assert [at for _, at in desk.began] == [3, 3]
    assert desk.budget.unlimited


async def test_long_pause_parks_the_caller() -> None:
    desk = Desk(TEN_A_SECOND)
    until = later(desk.clock.now(), 60)
    desk.budget.freeze(until)
    desk.budget.freeze(later(desk.clock.now(), 1))
    with pytest.raises(RateLimitedError) as caught:
        await desk.call(1)
    assert caught.value.retry_at == until
    desk.clock.set(until)
    await desk.call(2)


async def test_pause_reaches_those_who_wait_already() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    await desk.call(0)
    waiting = asyncio.ensure_future(desk.call(1))
    await desk.clock.advance(0.5)
    desk.budget.freeze(later(desk.clock.now(), 60))
    await desk.clock.advance(1)
    with pytest.raises(RateLimitedError):
        await waiting


async def test_vendors_own_limit_replaces_the_declared_one() -> None:
    desk = Desk(TEN_A_SECOND, RateLimit(calls=50, per_s=60))
    desk.budget.correct(Quota(calls=4, per_s=1))
    await desk.clock.drive(desk.calls(8))
    assert [at for _, at in desk.began] == [0] * 4 + [1] * 4


async def test_calls_of_others_under_the_same_credential_are_seen() -> None:
    desk = Desk(TEN_A_SECOND)
    async with desk.budget.place():
        desk.budget.correct(Quota(remaining=2, per_s=1))
    await desk.clock.drive(desk.calls(3))
    assert [at for _, at in desk.began] == [0, 0, 1]


async def test_remaining_above_our_own_count_changes_nothing() -> None:
    desk = Desk(RateLimit(calls=2, per_s=1))
    await desk.calls(2)
    desk.budget.correct(Quota(remaining=100))
    desk.budget.correct(Quota(remaining=0, per_s=60))
    desk.budget.correct(Quota())
    assert desk.budget.wait_s() == 1


async def test_day_that_is_used_up_pauses_until_the_reset() -> None:
    desk = Desk(TEN_A_SECOND)
    desk.budget.correct(Quota(remaining_today=0, reset_s=3600))
    with pytest.raises(RateLimitedError) as caught:
        await desk.call(1)
    assert caught.value.retry_at == Instant(desk.clock.now() + 3600 * SECOND)


async def test_large_limit_is_kept_in_few_numbers() -> None:
    desk = Desk(RateLimit(calls=5000, per_s=100))
    for _ in range(2500):
        async with desk.budget.place():
            pass
        await desk.clock.advance(0.001)
    assert len(desk.budget.windows[0]._ended) < 60  # pyright: ignore[reportPrivateUsage]  # its size is the point
    assert desk.budget.wait_s() == 0


# ── who waits, and who comes again ──


RUN = Errand(flow="a", patience_s=5)


async def sent_away(desk: Desk, errand: Errand) -> float:
    """In how many seconds a caller is told to come again."""
    with pytest.raises(RateLimitedError) as caught:
        async with desk.budget.place(errand):
            pass
    assert caught.value.retry_at is not None
    return (caught.value.retry_at - desk.clock.now()) / SECOND


async def test_caller_who_would_lose_patience_is_told_when_to_come_again() -> None:
    desk = Desk(RateLimit(calls=2, per_s=60))
    await desk.calls(2)
    assert await sent_away(desk, RUN) == 60
    assert desk.budget.later_than(Errand(patience_s=100)) is None, "others wait longer"


async def test_calls_of_one_flow_are_told_times_behind_each_other_and_another_flow_its_own() -> None:
    desk = Desk(RateLimit(calls=6, per_s=60))
    await desk.calls(6)
    assert [await sent_away(desk, RUN) for _ in range(3)] == [60, 70, 80]
    assert await sent_away(desk, Errand(flow="b", patience_s=5)) == 60
    assert await sent_away(desk, RUN) == 100, "two flows share the rate"


async def test_caller_who_comes_when_told_gets_a_place() -> None:
    desk = Desk(RateLimit(calls=2, per_s=60))
    await desk.calls(2)
    wait = await sent_away(desk, RUN)
    await desk.clock.advance(wait)
    async with desk.budget.place(RUN):
        pass


async def test_longer_queue_sends_away_sooner() -> None:
    desk = Desk(TEN_A_SECOND)
    await desk.calls(10)
    waiting = [asyncio.ensure_future(desk.call(number)) for number in range(60)]
    await desk.clock.advance(0)
    assert await sent_away(desk, Errand(patience_s=5)) > 5
    await desk.clock.advance(7)
    await asyncio.gather(*waiting)


async def test_live_calls_pass_those_who_read_the_past() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    await desk.call(0)
    order: list[str] = []

    async def call(name: str, errand: Errand) -> None:
        async with desk.budget.place(errand):
            order.append(name)

    past = [asyncio.ensure_future(call(f"past {number}", Errand(lane="backfill"))) for number in range(3)]
    await desk.clock.advance(0)
    live = asyncio.ensure_future(call("live", Errand()))
    await desk.clock.advance(5)
    await asyncio.gather(live, *past)
    assert order == ["live", "past 0", "past 1", "past 2"]


async def test_who_comes_just_as_the_last_one_gives_up_is_not_forgotten() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    await desk.call(0)
    first = asyncio.ensure_future(desk.call(1))
    await desk.clock.advance(0.5)
    first.cancel()
    second = asyncio.ensure_future(desk.call(2))
    await desk.clock.advance(5)
    assert second.done()
    assert [number for number, _ in desk.began] == [0, 2]


async def test_place_is_free_a_window_after_the_answer_began_however_long_it_takes_to_read() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))

    async def long() -> None:
        async with desk.budget.place() as place:
            await desk.clock.sleep(0.25)
            place.counted()
            await desk.clock.sleep(10)

    reading = asyncio.ensure_future(long())
    await desk.clock.advance(0)
    await desk.clock.drive(desk.calls(2))
    assert [at for _, at in desk.began] == [1.25, 2.25]
    await desk.clock.advance(10)
    await reading
    assert desk.budget.wait_s() == 0, "it counts once"


# ── what the vendor says ──


async def test_refusals_in_a_row_without_a_time_pause_longer_and_a_good_answer_ends_the_row() -> None:
    desk = Desk(RateLimit(calls=100, per_s=10))
    pauses: list[float] = []
    for _ in range(4):
        for _ in range(3):  # those under way together count once
            desk.budget.refused(None)
        pauses.append(desk.budget.frozen_s())
        await desk.clock.advance(desk.budget.frozen_s())
    assert pauses == [10, 20, 40, 80]
    assert desk.budget.refusals == 12
    desk.budget.accepted()
    desk.budget.refused(None)
    assert desk.budget.frozen_s() == 10


async def test_the_row_never_pauses_longer_than_a_quarter_of_an_hour_and_a_told_time_counts() -> None:
    desk = Desk(RateLimit(calls=5, per_s=86_400))
    desk.budget.refused(None)
    assert desk.budget.frozen_s() == 900
    desk.budget.refused(later(desk.clock.now(), 3600))
    assert desk.budget.frozen_s() == 3600


DAY = RateLimit(calls=1000, per_s=86_400)


async def test_days_limit_and_what_others_used_of_it_are_taken_from_the_vendor() -> None:
    desk = Desk(RateLimit(calls=100, per_s=10), DAY)
    async with desk.budget.place():
        desk.budget.correct(Quota(calls=25, per_s=10, calls_today=500, remaining_today=300))
    assert {window.calls: used for window, used in desk.budget.used().items()} == {25: 1, 500: 200}


async def test_vendors_new_day_is_ours_too() -> None:
    desk = Desk(DAY)
    await desk.calls(800)
    await desk.clock.advance(3600)
    async with desk.budget.place():
        desk.budget.correct(Quota(remaining_today=205))
        assert list(desk.budget.used().values()) == [801], "small differences are answers that overtook each other"
        desk.budget.correct(Quota(remaining_today=999))
    assert list(desk.budget.used().values()) == [2], "one as the vendor tells, one that may be on its way"


async def test_a_day_that_is_used_up_is_asked_about_with_one_call_every_quarter_of_an_hour() -> None:
    desk = Desk(DAY)
    await desk.calls(1000)
    desk.budget.correct(Quota(remaining_today=0))
    began: list[float] = []

    async def call(*, day_is_new: bool) -> None:
        async with desk.budget.place(Errand(patience_s=1e9)):
            began.append(desk.clock.monotonic() - desk.start)
            if day_is_new:
                desk.budget.correct(Quota(remaining_today=999))

    await desk.clock.advance(900)
    asking = [asyncio.ensure_future(call(day_is_new=number == 1)) for number in range(4)]
    await desk.clock.advance(901)
    await asyncio.gather(*asking)
    assert [round(at) for at in began] == [900, 1800, 1800, 1800], "the second question found a new day"


async def test_whoever_is_sent_away_from_a_day_that_is_used_up_comes_again_when_it_is_asked_about() -> None:
    desk = Desk(DAY)
    await desk.calls(1000)
    desk.budget.correct(Quota(remaining_today=0))
    assert await sent_away(desk, RUN) == 900
    await desk.clock.advance(901)
    async with desk.budget.place(RUN):
        assert 890 < await sent_away(desk, Errand(flow="b", patience_s=5)) <= 901, "one question at a time"


async def test_a_vendor_that_tells_nothing_of_its_day_is_not_asked_about_it() -> None:
    desk = Desk(DAY)
    await desk.calls(1000)
    await desk.clock.advance(86_000)
    assert desk.budget.wait_s() == 400


# ── counted together ──


async def test_what_was_used_goes_along_to_the_budget_that_it_turns_out_to_share() -> None:
    desk = Desk(RateLimit(calls=10, per_s=60))
    own, shared = desk.budget, Budget([RateLimit(calls=10, per_s=60)], desk.clock)
    async with own.place():
        for _ in range(3):
            async with own.place():
                pass
        async with shared.place():
            pass
        own.join(shared)
        assert own.of("") is shared
        assert list(shared.used().values()) == [5]
    await desk.clock.advance(30)
    async with own.of("").place():
        assert list(shared.used().values()) == [6]
    await desk.clock.advance(30.1)
    assert list(shared.used().values()) == [1], "the one under way at that time ended with the others"
    assert list(own.used().values()) == [0]


async def test_whoever_waits_when_budgets_become_one_waits_on_in_that_one() -> None:
    desk = Desk(RateLimit(calls=1, per_s=1))
    shared = Budget([RateLimit(calls=1, per_s=1)], desk.clock)
    await desk.call(0)
    waiting = [asyncio.ensure_future(desk.call(number)) for number in (1, 2)]
    await desk.clock.advance(0.5)
    async with shared.place():
        pass
    desk.budget.join(shared)
    waiting[0].cancel()
    await desk.clock.advance(5)
    assert desk.began == [(0, 0), (2, 1.5)]


async def test_a_pause_and_told_limits_go_along_in_their_groups() -> None:
    clock = FakeClock()
    limits = [RateLimit(calls=50, per_s=60, group="light"), RateLimit(calls=10, per_s=60, group="heavy")]
    own, shared = Budget(limits, clock), Budget(limits, clock)
    own.of("heavy").refused(later(clock.now(), 40))
    own.of("light").correct(Quota(calls=20, per_s=60))
    own.join(shared)
    assert shared.of("heavy").frozen_s() == 40
    assert shared.of("light").frozen_s() == 0
    assert [window.calls for window in shared.of("light").windows] == [20]


async def test_a_person_who_changes_takes_nothing_from_the_one_before() -> None:
    clock = FakeClock()
    limits = [RateLimit(calls=10, per_s=60)]
    own, first, second = Budget(limits, clock), Budget(limits, clock), Budget(limits, clock)
    own.join(first)
    async with own.of("").place():
        own.join(second)
        async with own.of("").place():
            pass
    assert (list(first.used().values()), list(second.used().values())) == ([1], [1])


# ── a machine that is late ──


class LateClock(FakeClock):
    """Wakes everybody up too late, as a machine under load does."""

    late_s = 0.05

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self.late_s)


async def test_on_a_machine_that_is_always_late_places_are_used_in_time_all_the_same() -> None:
    clock = LateClock()
    budget = Budget([RateLimit(calls=1, per_s=1)], clock)
    began: list[float] = []

    async def call() -> None:
        async with budget.place(Errand(patience_s=1e9)):
            began.append(clock.monotonic())

    async def every() -> None:
        await asyncio.gather(*(call() for _ in range(101)))

    await clock.drive(every())
    gaps = [after - before for before, after in pairwise(began)]
    assert min(gaps) >= 1 - 1e-6
    assert sum(gaps[50:]) < 50 * 1.02, "each would come 0.05 s late"
