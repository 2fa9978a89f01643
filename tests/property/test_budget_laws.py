"""A budget never lets more calls out than the vendor takes, and never leaves a caller behind."""

import asyncio
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.testing.clock import FakeClock

LIMITS = st.lists(st.builds(RateLimit, calls=st.integers(1, 6), per_s=st.sampled_from([0.5, 1.0, 3.0, 10.0])), min_size=1, max_size=2)


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


async def carried_out(limits: list[RateLimit], calls: list[Planned]) -> tuple[list[float], list[int]]:
    """When the vendor counted each call, and the order in which callers got their place."""
    clock = FakeClock()
    budget = Budget(limits, clock)
    start = clock.monotonic()
    counted: list[float] = []
    order: list[int] = []

    async def one(number: int, call: Planned) -> None:
        await clock.sleep(call.at_s)
        async with budget.place():
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
@given(limits=LIMITS, calls=CALLS)
def test_every_caller_gets_its_turn_in_the_order_of_asking(limits: list[RateLimit], calls: list[Planned]) -> None:
    _, order = asyncio.run(carried_out(limits, calls))
    assert order == sorted(range(len(calls)), key=lambda number: (calls[number].at_s, number))
