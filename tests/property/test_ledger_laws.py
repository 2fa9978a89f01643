"""What outlasts a process never gives more than was left, wherever it ended and however often."""

import asyncio
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.ledger import Kept, merged
from trunkline.connect.turns import LANES, Errand, Lane
from trunkline.model.clock import later
from trunkline.model.json import dumps, loads
from trunkline.testing.clock import FakeClock

PATIENT: dict[Lane, Errand] = {
    "live": Errand(patience_s=1e9),
    "sync": Errand(lane="sync", patience_s=1e9),
    "backfill": Errand(lane="backfill", patience_s=1e9),
}


def limits_of(burst: int, lasting: int) -> tuple[RateLimit, ...]:
    return RateLimit(calls=burst, per_s=2), RateLimit(calls=lasting, per_s=60)


LIMITS = st.builds(limits_of, st.integers(4, 20), st.integers(2, 24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A call of one life of the program."""

    at_s: float
    lasting_s: float
    counted: float
    lane: Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A process: what it calls, how long storing takes it, how long it lives, and whether it ends in peace."""

    calls: list[Planned]
    storing_s: float
    lives_s: float
    in_peace: bool
    away_s: float


def tenths(most: float) -> st.SearchStrategy[float]:
    return st.integers(0, int(most * 10)).map(lambda value: value / 10)


PLANNED = st.builds(
    Planned,
    at_s=tenths(3),
    lasting_s=tenths(8),
    counted=st.sampled_from([0.0, 0.5, 1.0]),
    lane=st.sampled_from(LANES),
)
LIVES = st.lists(
    st.builds(
        Life,
        calls=st.lists(PLANNED, min_size=4, max_size=30),
        storing_s=st.sampled_from([0.001, 0.4, 2.0]),
        lives_s=tenths(9),
        in_peace=st.sampled_from([True, False, False]),
        away_s=st.sampled_from([0.0, 1.0, 50.0, 53.0, 56.0]),
    ),
    min_size=3,
    max_size=5,
)


class Disk:
    """One row per process, as bytes."""

    def __init__(self) -> None:
        self.rows: dict[int, bytes] = {}

    def read(self) -> list[Kept]:
        return [Kept.of(loads(row)) for row in self.rows.values()]

    def write(self, owner: int, kept: Kept) -> None:
        self.rows[owner] = dumps(kept.as_json())


async def lived(clock: FakeClock, disk: Disk, owner: int, limits: tuple[RateLimit, ...], life: Life) -> list[float]:
    """Carry one life out; when the vendor counted its calls."""
    budget = Budget(limits, clock)
    counted: list[tuple[float, float]] = []
    asked = asyncio.Event()
    budget.begin(disk.read(), lambda _: asked.set())

    async def keep() -> None:
        while True:
            await asked.wait()
            asked.clear()
            kept = budget.kept()
            await clock.sleep(life.storing_s)
            disk.write(owner, kept)
            budget.was_kept(kept)

    async def tick() -> None:
        while True:
            await clock.sleep(0.7)
            asked.set()

    async def call(planned: Planned) -> None:
        await clock.sleep(planned.at_s)
        async with budget.place(PATIENT[planned.lane]):
            counted.append((clock.monotonic(), planned.lasting_s * planned.counted))
            await clock.sleep(planned.lasting_s)

    ticking = asyncio.ensure_future(tick())
    tasks = [asyncio.ensure_future(keep()), *(asyncio.ensure_future(call(planned)) for planned in life.calls)]
    await clock.sleep(life.lives_s)
    ticking.cancel()
    if life.in_peace:
        tasks[0].cancel()
        for task in tasks[1:]:
            if not counted or not task.done():
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        disk.write(owner, budget.kept(last=True))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # What was under way at the end has reached the vendor by now.
    return [min(began + after, clock.monotonic()) for began, after in counted]


async def every_life(clock: FakeClock, limits: tuple[RateLimit, ...], lives: list[Life], *, one_row: bool) -> list[float]:
    disk = Disk()
    counted: list[float] = []
    for owner, life in enumerate(lives):
        if one_row and disk.rows:
            together = merged(disk.read(), now=clock.now())
            disk.rows.clear()
            disk.write(-1, together)
        counted += await lived(clock, disk, owner, limits, life)
        await clock.sleep(life.away_s)
    return sorted(counted)


@settings(max_examples=150, deadline=None)
@given(limits=LIMITS, lives=LIVES, one_row=st.booleans())
def test_no_lasting_window_is_ever_overfilled_across_any_ends_of_the_process(
    limits: tuple[RateLimit, ...], lives: list[Life], one_row: bool
) -> None:
    clock = FakeClock()

    async def driven() -> list[float]:
        return await clock.drive(every_life(clock, limits, lives, one_row=one_row))

    counted = asyncio.run(driven())
    for limit in limits:
        for first, last in zip(counted, counted[limit.calls :], strict=False):
            assert limit.per_s < 60 or last - first >= limit.per_s - 1e-4


@settings(max_examples=100, deadline=None)
@given(limit=st.builds(RateLimit, calls=st.integers(1, 12), per_s=st.just(2.0)), lives=LIVES)
def test_a_short_window_is_not_overfilled_either_when_a_hub_that_was_killed_starts_again(limit: RateLimit, lives: list[Life]) -> None:
    clock = FakeClock()

    async def driven() -> list[float]:
        return await clock.drive(every_life(clock, (limit,), lives, one_row=True))

    counted = asyncio.run(driven())
    for first, last in zip(counted, counted[limit.calls :], strict=False):
        assert last - first >= limit.per_s - 1e-4


@settings(max_examples=60)
@given(used=st.integers(0, 40), away_s=tenths(120), back_s=tenths(500))
def test_what_a_quiet_end_left_is_exactly_there_and_a_clock_that_went_back_gives_nothing(used: int, away_s: float, back_s: float) -> None:
    limits = (RateLimit(calls=40, per_s=60),)

    async def left() -> tuple[int, int]:
        clock = FakeClock()
        first = Budget(limits, clock)
        for _ in range(used):
            async with first.place():
                pass
        kept = Kept.of(loads(dumps(first.kept(last=True).as_json())))
        clock.set(later(clock.now(), away_s))
        same = Budget(limits, clock)
        same.begin([kept], lambda _: None)
        clock.set(later(clock.now(), -away_s - back_s))
        earlier = Budget(limits, clock)
        earlier.begin([kept], lambda _: None)
        return sum(same.used().values()), sum(earlier.used().values())

    now, before = asyncio.run(left())
    assert now == (used if away_s < 60 else 0)
    assert before == used


@given(pause_s=tenths(500))
def test_a_pause_is_honoured_by_whoever_comes_next(pause_s: float) -> None:
    clock = FakeClock()
    budget = Budget((), clock)
    until = later(clock.now(), pause_s)
    budget.freeze(until)
    after = Budget((), clock)
    after.begin([Kept.of(loads(dumps(budget.kept(last=True).as_json())))], lambda _: None)
    assert after.paused_until() == (until if pause_s else None)
