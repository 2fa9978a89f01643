"""The clock that tests move."""

import asyncio

import pytest

from trunkline.model.clock import SECOND
from trunkline.testing.clock import START, FakeClock


async def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock, woken = FakeClock(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, (clock.now() - START) / SECOND))

    tasks = [asyncio.ensure_future(sleeper(name, seconds)) for name, seconds in (("late", 3), ("soon", 1), ("next", 2))]
    await clock.advance(2.5)
    assert woken == [("soon", 1), ("next", 2)]
    assert clock.sleepers == 1
    assert (clock.now() - START) / SECOND == 2.5
    await clock.advance(0.5)
    assert woken[-1] == ("late", 3)
    await asyncio.gather(*tasks)


async def test_sleep_never_ends_early() -> None:
    clock = FakeClock()
    begun = clock.monotonic()
    await clock.drive(clock.sleep(1e-9))
    assert clock.monotonic() > begun


async def test_no_time_passes_in_a_sleep_of_nothing() -> None:
    clock = FakeClock()
    await clock.sleep(0)
    assert clock.now() == START


async def test_work_that_no_clock_can_end_is_told() -> None:
    with pytest.raises(AssertionError, match="no clock"):
        await FakeClock().drive(asyncio.Event().wait())


async def test_sleeper_that_was_cancelled_is_passed_over() -> None:
    clock = FakeClock()
    task = asyncio.ensure_future(clock.sleep(1))
    await clock.advance(0)
    task.cancel()
    await clock.advance(2)
    assert task.cancelled()
    assert clock.sleepers == 0
