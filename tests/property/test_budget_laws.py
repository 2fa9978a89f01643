"""A budget never lets more calls out than the vendor takes, and never leaves a caller behind."""

import asyncio
import math
from dataclasses import dataclass
from itertools import cycle

from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.turns import Errand
from trunkline.testing.clock import FakeClock

LIMITS = st.lists(st.builds(RateLimit, calls=st.integers(1, 6), per_s=st.sampled_from([0.5, 1.0, 3.0, 10.0])), min_size=1, max_size=2)

PATIENT = Errand(patience_s=math.inf)
"""Others are sent away when it takes too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A call: when it is asked for, how long it lasts, and at which part of that time the vendor counts it."""

    at_s: float
    lasting_s: float
    counted: float
    fails: bool


CALLS = st.lists(
    st.builds(
        Planned,
        at_s=st.floats(0, 20).map(lambda value: round(value, 3)),
        lasting_s=st.floats(0, 4).map(lambda value: round(value, 3)),
        counted=st.floats(0, 1),
        fails=st.booleans(),
    ),
    max_size=40,
)


class LateClock(FakeClock):
    """Wakes everybody up late, now more and now less."""

    def __init__(self, late_s: list[float]) -> None:
        super().__init__()
        self._late_s = cycle(late_s)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + next(self._late_s))


async def carried_out(limits: list[RateLimit], calls: list[Planned], clock: FakeClock | None = None) -> tuple[list[float], list[int]]:
    """When the vendor counted each call, and the order in which callers got their place."""
    clock = clock or FakeClock()
    budget = Budget(limits, clock)
    start = clock.monotonic()
    counted: list[float] = []
    order: list[int] = []

    async def one(number: int, call: Planned) -> None:
        await clock.sleep(call.at_s)
        async with budget.place(PATIENT):
            order.append(number)
            counted.append(clock.monotonic() - start + call.lasting_s * call.counted)
            await clock.sleep(call.lasting_s)
            if call.fails:
                raise ConnectionError

    async def every() -> None:
        await asyncio.gather(*(one(number, call) for number, call in enumerate(calls)), return_exceptions=True)

    await clock.drive(every())
    return sorted(counted), order


@settings(max_examples=60)
@given(limits=LIMITS, calls=CALLS)
def test_no_window_ever_holds_more_than_the_limit(limits: list[RateLimit], calls: list[Planned]) -> None:
    counted, _ = asyncio.run(carried_out(limits, calls))
    for limit in limits:
        for first, last in zip(counted, counted[limit.calls :], strict=False):
            assert last - first >= limit.per_s - 1e-5


@settings(max_examples=60)
@given(limits=LIMITS, calls=CALLS, late_s=st.lists(st.floats(0, 0.3).map(lambda value: round(value, 3)), min_size=1, max_size=9))
def test_nor_on_a_machine_that_is_late(limits: list[RateLimit], calls: list[Planned], late_s: list[float]) -> None:
    counted, order = asyncio.run(carried_out(limits, calls, LateClock(late_s)))
    assert len(order) == len(calls)
    for limit in limits:
        for first, last in zip(counted, counted[limit.calls :], strict=False):
            assert last - first >= limit.per_s - 1e-5


async def joined(limit: RateLimit, calls: list[Planned], join_s: float) -> list[tuple[float, bool]]:
    """When the vendor counted each call of two connections, and whether it left after they had become one."""
    clock = FakeClock()
    shared = Budget([limit], clock)
    own = Budget([limit], clock)
    start = clock.monotonic()
    counted: list[tuple[float, bool]] = []

    async def one(number: int, call: Planned) -> None:
        await clock.sleep(call.at_s)
        async with (own, shared)[number % 2].of("").place(PATIENT):
            now = clock.monotonic() - start
            counted.append((now + call.lasting_s * call.counted, own.of("") is shared))
            await clock.sleep(call.lasting_s)

    async def join() -> None:
        await clock.sleep(join_s)
        own.join(shared)

    async def every() -> None:
        await asyncio.gather(join(), *(one(number, call) for number, call in enumerate(calls)))

    await clock.drive(every())
    return sorted(counted)


@settings(max_examples=80)
@given(limit=st.builds(RateLimit, calls=st.integers(1, 6), per_s=st.just(3.0)), calls=CALLS, join_s=st.floats(0, 20))
def test_once_two_budgets_are_one_no_call_leaves_into_a_window_that_either_filled(
    limit: RateLimit, calls: list[Planned], join_s: float
) -> None:
    counted = asyncio.run(joined(limit, calls, join_s))
    assert len(counted) == len(calls)
    for begin in range(len(counted) - limit.calls):
        window = counted[begin : begin + limit.calls + 1]
        if window[-1][0] - window[0][0] < limit.per_s - 1e-5:
            assert not any(after for _, after in window)


@settings(max_examples=60)
@given(limits=LIMITS, calls=CALLS)
@example(limits=[RateLimit(calls=1, per_s=10)], calls=[Planned(at_s=0, lasting_s=0, counted=0, fails=False)] * 14)
def test_every_caller_gets_its_turn_in_the_order_of_asking(limits: list[RateLimit], calls: list[Planned]) -> None:
    _, order = asyncio.run(carried_out(limits, calls))
    assert order == sorted(range(len(calls)), key=lambda number: (calls[number].at_s, number))
