"""Calls leave a few at a time, the most urgent first, and none before its place is free."""

import asyncio
from collections import Counter

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.door import PER_TURN, Door
from trunkline.model.clock import SystemClock, later
from trunkline.model.errors import RateLimitedError


def used_up(door: Door) -> Door:
    """A door through which as many went in this turn as may."""
    assert sum(door.now() for _ in range(PER_TURN + 5)) == PER_TURN
    return door


async def test_whoever_is_most_urgent_leaves_first() -> None:
    clock = SystemClock()
    door = used_up(Door(clock))
    left: list[int] = []

    async def leave(due: int) -> None:
        await door.wait(at=0, due=due)
        left.append(due)

    await asyncio.gather(*(leave(due) for due in (3, 1, 4, 2)))
    assert left == [1, 2, 3, 4]


async def test_only_so_many_leave_in_a_turn_and_all_do_in_the_end() -> None:
    door = Door(SystemClock())
    left: Counter[int] = Counter()
    turn = 0

    def count() -> None:
        nonlocal turn
        turn += 1
        if left.total() < 100:
            asyncio.get_running_loop().call_soon(count)

    async def leave() -> None:
        if not door.now():
            await door.wait(at=0, due=0)
        left[turn] += 1

    count()
    await asyncio.gather(*(leave() for _ in range(100)))
    assert left.total() == 100
    assert max(left.values()) <= PER_TURN


async def test_nobody_leaves_before_its_place_is_free_whoever_comes_in_between() -> None:
    clock = SystemClock()
    door = Door(clock)
    begun = clock.monotonic()
    left: list[float] = []

    async def leave(in_s: float) -> None:
        await door.wait(at=begun + in_s, due=0)
        assert clock.monotonic() >= begun + in_s
        left.append(in_s)

    async with asyncio.timeout(5):
        await asyncio.gather(leave(0.05), leave(0.02), leave(0.03))
    assert left == [0.02, 0.03, 0.05]
    assert door.now(), "nobody is left over"


async def test_whoever_waits_at_the_door_when_the_vendor_asks_for_a_pause_stays() -> None:
    clock = SystemClock()
    door = Door(clock)
    budget = Budget([RateLimit(calls=5, per_s=60)], clock, door=door)
    waiting = asyncio.ensure_future(budget.place().__aenter__())
    used_up(door)
    budget.refused(later(clock.now(), 60))
    with pytest.raises(RateLimitedError):
        await waiting
    assert list(budget.used().values()) == [0]


async def test_whoever_gives_up_at_the_door_gives_its_place_back() -> None:
    clock = SystemClock()
    door = Door(clock)
    budget = Budget([RateLimit(calls=1, per_s=60)], clock, door=door)
    waiting = asyncio.ensure_future(budget.place().__aenter__())
    used_up(door)
    await asyncio.sleep(0)
    assert list(budget.used().values()) == [1]
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert list(budget.used().values()) == [0]
    async with asyncio.timeout(5), budget.place():
        pass
