"""What the calls of one connection share: answers for a while, and turns."""

import asyncio

import pytest

from trunkline.connect.memory import Memory
from trunkline.model.clock import SystemClock
from trunkline.testing.clock import FakeClock


async def test_those_who_ask_meanwhile_share_one_fetch() -> None:
    memory, fetched = Memory(SystemClock()), list[int]()

    async def fetch() -> str:
        fetched.append(1)
        await asyncio.sleep(0)
        return "fields"

    assert await asyncio.gather(*(memory.recall("fields", fetch, max_age_s=60) for _ in range(3))) == ["fields"] * 3
    assert len(fetched) == 1


async def test_answer_is_fetched_again_when_it_is_old_or_forgotten_and_an_error_is_not_kept() -> None:
    clock, count = FakeClock(), iter(range(9))
    memory = Memory(clock)

    async def fetch() -> int:
        return next(count)

    async def fail() -> int:
        raise ValueError("no such list")

    with pytest.raises(ValueError, match="no such list"):
        await memory.recall("n", fail, max_age_s=60)
    assert [await memory.recall("n", fetch, max_age_s=60) for _ in range(2)] == [0, 0]
    memory.forget("n")
    assert await memory.recall("n", fetch, max_age_s=60) == 1
    await clock.drive(clock.sleep(61))
    assert await memory.recall("n", fetch, max_age_s=60) == 2


async def test_turns_of_one_name_follow_each_other_and_others_do_not_wait() -> None:
    memory, value = Memory(SystemClock()), {"a": 0, "b": 0}

    async def count(name: str) -> None:
        async with memory.turn(name):
            before = value[name]
            await asyncio.sleep(0)
            value[name] = before + 1

    await asyncio.gather(*(count(name) for name in "ab" * 5))
    assert value == {"a": 5, "b": 5}
    async with memory.turn("a"):
        await asyncio.wait_for(count("b"), 1)
