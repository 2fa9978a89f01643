"""Calls under a vendor's limits."""

import asyncio

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import Quota, RateLimit
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
