"""Shares are kept while lanes contend, nobody starves behind another's calls, and a pause stays in its own bucket."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.turns import LANES, NUMBER, Errand, Lane, Turns, Waiter
from trunkline.model.clock import later
from trunkline.model.errors import RateLimitedError
from trunkline.testing.clock import FakeClock

SHARE: dict[Lane, float] = {"live": 0.75, "sync": 0.2, "backfill": 0.05}
PATIENT = 1e9


def anybody(_: int) -> bool:
    return True


class Queue:
    """Callers at one budget, without the budget."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.loop = asyncio.new_event_loop()

    def join(self, lane: Lane = "live", flow: str = "", location: str = "") -> Waiter:
        waiter = Waiter(lane=NUMBER[lane], flow=flow, turn=self.loop.create_future())
        self.turns.join(waiter, location=location)
        return waiter

    def serve(self) -> Waiter:
        waiter = self.turns.next(anybody)
        assert waiter is not None
        waiter.turn.set_result(None)
        return waiter

    def close(self) -> None:
        self.loop.close()


@settings(max_examples=60)
@given(contending=st.sets(st.sampled_from(LANES), min_size=1), places=st.integers(1, 400))
def test_a_lane_that_waits_all_the_time_gets_its_share_of_any_stretch(contending: set[Lane], places: int) -> None:
    queue = Queue()
    got: Counter[Lane] = Counter()
    for lane in contending:
        for _ in range(places + 1):
            queue.join(lane)
    for _ in range(places):
        got[LANES[queue.serve().lane]] += 1
    for lane in contending:
        assert got[lane] >= int(SHARE[lane] * places) - 1
    first: Lane = next(lane for lane in LANES if lane in contending)
    assert got[first] >= places * SHARE["live"] - 1, "the liveliest of those who wait has the most"
    queue.close()


@settings(max_examples=60)
@given(
    others=st.lists(st.tuples(st.sampled_from(LANES), st.sampled_from("abc"), st.sampled_from("xy")), max_size=300),
    lane=st.sampled_from(LANES),
)
def test_a_single_call_waits_for_few_turns_however_many_calls_of_others_wait(others: list[tuple[Lane, str, str]], lane: Lane) -> None:
    """A turn of each flow and connection in its own lane, in each of the lane's share of the places."""
    queue = Queue()
    for other, flow, location in others:
        queue.join(other, flow, location)
    mine = queue.join(lane, "mine", "mine")
    waited = 0
    while queue.serve() is not mine:
        waited += 1
    keys = len({location for other, _, location in others if other == lane}) + 1
    assert waited <= keys / SHARE[lane] + 1
    queue.close()


@settings(max_examples=40)
@given(counts=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 200), min_size=2), served=st.integers(1, 100))
def test_flows_and_connections_get_equal_parts_while_they_wait(counts: dict[str, int], served: int) -> None:
    for level in ("flow", "location"):
        queue = Queue()
        whose: dict[Waiter, str] = {}
        for name, count in counts.items():
            for _ in range(count):
                whose[queue.join(flow=name if level == "flow" else "", location=name if level == "location" else "")] = name
        got: Counter[str] = Counter(whose[queue.serve()] for _ in range(min(served, len(counts) * min(counts.values()))))
        assert max(got.values()) - min(got.get(name, 0) for name in counts) <= 1
        queue.close()


@given(gone=st.lists(st.booleans(), min_size=1, max_size=50), said=st.booleans())
def test_those_who_gave_up_are_passed_over_and_nobody_else(gone: list[bool], said: bool) -> None:
    """A cancelled one says so only in its own turn of the loop."""
    queue = Queue()
    waiters = [queue.join() for _ in gone]
    leaving = [waiter for waiter, left in zip(waiters, gone, strict=True) if left]
    staying = [waiter for waiter, left in zip(waiters, gone, strict=True) if not left]
    for waiter in leaving:
        waiter.turn.cancel()
        if said:
            queue.turns.left(waiter)
    assert len(list(queue.turns)) == len(staying)
    assert [queue.serve() for _ in staying] == staying
    assert queue.turns.next(anybody) is None
    if not said:
        for waiter in leaving:
            queue.turns.left(waiter)
    assert len(queue.turns) == 0
    assert not queue.turns.flows
    queue.close()


LIMITS = (
    RateLimit(calls=4, per_s=1, group="a"),
    RateLimit(calls=3, per_s=2, group="b"),
    RateLimit(calls=5, per_s=1, group="c"),
)


@settings(max_examples=40)
@given(frozen=st.sampled_from("abc"), at_s=st.floats(0, 3), for_s=st.floats(0.1, 60), calls=st.integers(1, 20))
def test_a_frozen_bucket_changes_nothing_for_any_other(frozen: str, at_s: float, for_s: float, calls: int) -> None:
    async def times(*, freeze: bool) -> dict[str, list[float]]:
        clock = FakeClock()
        budget = Budget(LIMITS, clock)
        began: dict[str, list[float]] = {group: [] for group in "abc"}

        async def call(group: str) -> None:
            try:
                async with budget.of(group).place():
                    began[group].append(clock.monotonic())
            except RateLimitedError:
                assert group == frozen

        async def stop() -> None:
            await clock.sleep(at_s)
            if freeze:
                budget.of(frozen).freeze(later(clock.now(), for_s))

        async def every() -> None:
            await asyncio.gather(stop(), *(call(group) for group in "abc" for _ in range(calls)))

        await clock.drive(every())
        return began

    undisturbed, disturbed = asyncio.run(times(freeze=False)), asyncio.run(times(freeze=True))
    for group in set("abc") - {frozen}:
        assert disturbed[group] == undisturbed[group]


@settings(max_examples=30)
@given(
    lanes=st.lists(st.sampled_from(LANES), min_size=1, max_size=60),
    calls=st.integers(1, 12),
    per_s=st.sampled_from([1.0, 60.0]),
)
def test_everybody_gets_a_place_in_the_end_whatever_the_lanes(lanes: list[Lane], calls: int, per_s: float) -> None:
    clock = FakeClock()
    budget = Budget((RateLimit(calls=calls, per_s=per_s),), clock)
    served: list[Lane] = []

    async def call(lane: Lane) -> None:
        async with budget.place(Errand(lane=lane, patience_s=PATIENT)):
            served.append(lane)

    async def every() -> None:
        await asyncio.gather(*(call(lane) for lane in lanes))

    asyncio.run(clock.drive(every()))
    assert sorted(served) == sorted(lanes)


@settings(max_examples=40)
@given(calls=st.integers(10, 200), asked=st.integers(1, 300))
def test_a_backfill_leaves_a_part_of_long_limits_to_what_is_live(calls: int, asked: int) -> None:
    clock = FakeClock()
    budget = Budget((RateLimit(calls=calls, per_s=86_400),), clock)
    backfill, live = Errand(lane="backfill", flow="past", patience_s=5), Errand(patience_s=5)

    async def made(errand: Errand, wanted: int) -> int:
        count = 0
        for _ in range(wanted):
            try:
                async with budget.place(errand):
                    count += 1
            except RateLimitedError:
                break
        return count

    async def both() -> tuple[int, int]:
        return await made(backfill, asked), await made(live, calls)

    past, now = asyncio.run(clock.drive(both()))
    assert past <= calls * 0.9
    assert past + now == calls
