"""What many calls take, told before they are made."""

import asyncio
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.forecast import Forecast, forecast
from trunkline.connect.turns import LANES, Errand, Lane
from trunkline.model.clock import later
from trunkline.testing.clock import FakeClock

GHL = (RateLimit(calls=100, per_s=10), RateLimit(calls=200_000, per_s=86_400))


def of(limits: tuple[RateLimit, ...], calls: Mapping[str, int], lane: Lane = "live") -> list[Forecast]:
    clock = FakeClock()
    return forecast(Budget(limits, clock), calls, lane=lane, monotonic=clock.monotonic())


def test_a_large_backfill_takes_the_days_it_takes() -> None:
    (found,) = of(GHL, {"": 301_000})
    assert found.share_of_day == 1.505
    assert 24 * 3600 < found.seconds < 36 * 3600
    (small,) = of(GHL, {"": 100})
    assert (small.seconds, small.starts_s, small.left) == (0, 0, 200_000)


def test_groups_are_told_apart() -> None:
    limits = (RateLimit(calls=10, per_s=60, group="Heavy"), RateLimit(calls=50, per_s=60, group="Light"))
    heavy, light = of(limits, {"Light": 100, "Heavy": 100})
    assert (heavy.group, heavy.seconds) == ("Heavy", 540)
    assert (light.group, light.seconds) == ("Light", 60)


def test_without_limits_there_is_nothing_to_tell() -> None:
    (found,) = of((), {"": 1_000_000})
    assert (found.seconds, found.share_of_day, found.left) == (0, None, None)


async def test_what_is_used_up_and_a_pause_count() -> None:
    clock = FakeClock()
    budget = Budget((RateLimit(calls=2, per_s=60),), clock)
    for _ in range(2):
        async with budget.place():
            pass
    (found,) = forecast(budget, {"": 1}, lane="live", monotonic=clock.monotonic())
    assert (found.starts_s, found.seconds, found.left) == (60, 60, 0)
    budget.freeze(later(clock.now(), 90))
    (found,) = forecast(budget, {"": 1}, lane="live", monotonic=clock.monotonic())
    assert found.starts_s == 90


async def test_calls_under_way_are_places_that_become_free_again() -> None:
    clock = FakeClock()
    budget = Budget((RateLimit(calls=2, per_s=60),), clock)
    async with budget.place(), budget.place():
        (found,) = forecast(budget, {"": 4}, lane="live", monotonic=clock.monotonic())
    assert (found.starts_s, found.seconds) == (60, 120)


LIMITS = st.lists(st.builds(RateLimit, calls=st.integers(1, 30), per_s=st.sampled_from([1.0, 10.0, 60.0, 300.0])), min_size=1, max_size=2)


@settings(max_examples=40)
@given(limits=LIMITS, calls=st.integers(1, 120), lane=st.sampled_from(LANES))
def test_the_forecast_is_what_happens(limits: list[RateLimit], calls: int, lane: Lane) -> None:
    clock = FakeClock()
    budget = Budget(limits, clock)
    (told,) = forecast(budget, {"": calls}, lane=lane, monotonic=clock.monotonic())
    began: list[float] = []

    async def one() -> None:
        async with budget.place(Errand(lane=lane, patience_s=1e9)):
            began.append(clock.monotonic())

    async def every() -> None:
        start = clock.monotonic()
        await asyncio.gather(*(one() for _ in range(calls)))
        assert abs(max(began) - start - told.seconds) < 0.1

    asyncio.run(clock.drive(every()))
