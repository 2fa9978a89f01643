"""Laws of lanes and of packed payloads."""

import asyncio
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.engine.lanes import Lanes
from trunkline.model.json import JSON
from trunkline.store.payload import pack, unpack
from trunkline.testing.strategies import json_values


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=60), st.integers(1, 6))
def test_work_of_a_key_is_done_in_order_one_at_a_time_and_none_is_lost(work: list[tuple[int, int]], concurrency: int) -> None:
    async def law() -> None:
        done: dict[int, list[int]] = defaultdict(list)
        busy: set[int] = set()
        most_busy = 0
        finished = asyncio.Event()

        async def handle(item: tuple[int, int, int]) -> None:
            nonlocal most_busy
            key, pauses, number = item
            assert key not in busy
            busy.add(key)
            most_busy = max(most_busy, len(busy))
            for _ in range(pauses):
                await asyncio.sleep(0)
            busy.remove(key)
            done[key].append(number)
            if sum(map(len, done.values())) == len(work):
                finished.set()

        lanes: Lanes[int, tuple[int, int, int]] = Lanes(handle, concurrency=concurrency)
        lanes.start()
        for number, (key, pauses) in enumerate(work):
            lanes.put(key, (key, pauses, number))
        if work:
            await finished.wait()
        await lanes.stop(within_s=1)
        assert all(numbers == sorted(numbers) for numbers in done.values())
        assert sum(map(len, done.values())) == len(work)
        assert most_busy <= concurrency
        assert lanes.queued == 0

    asyncio.run(law())


def test_a_lane_goes_on_after_work_that_failed() -> None:
    async def law() -> None:
        seen: list[int] = []
        finished = asyncio.Event()

        async def handle(item: int) -> None:
            seen.append(item)
            if item == 0:
                raise RuntimeError("on purpose")
            finished.set()

        lanes: Lanes[str, int] = Lanes(handle, concurrency=1)
        lanes.start()
        lanes.put("k", 0)
        lanes.put("k", 1)
        await finished.wait()
        await lanes.stop(within_s=1)
        assert seen == [0, 1]

    asyncio.run(law())


@given(json_values())
def test_a_payload_comes_back_as_it_was_packed(value: JSON) -> None:
    assert unpack(pack(value)) == value
    assert unpack(pack([value] * 50)) == [value] * 50
