"""The clock at work: a tick becomes one event and one run, whatever happens to the hub and to the clock."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, opened, running
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.desk import Desk
from trunkline.admin.flows import compile_text
from trunkline.engine.directory import Directory
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.schedules import AT_ONCE, Schedules
from trunkline.engine.ticks import MOST_MADE_UP, PIECE
from trunkline.flows.plan import TriggerUse
from trunkline.model.clock import SECOND, Clock, Instant, from_iso, later
from trunkline.model.event import Event, Run
from trunkline.model.ids import DEFAULT_WORKSPACE, FlowId
from trunkline.store import events as event_store
from trunkline.store import flows as flow_store
from trunkline.store import schedules as store
from trunkline.store.flows import Flow, FlowVersion
from trunkline.store.schedules import Reached
from trunkline.store.statement import Transaction
from trunkline.testing.clock import FakeClock

NINE = '{on: schedule.cron, input: {cron: "0 9 * * *", time_zone: Europe/Berlin}}'
HOURLY = '{{on: schedule.cron, input: {{cron: "0 * * * *", missed: {missed}}}}}'
NOTE = """
  - call: acme.things.key
    connection: target
    input: {name: "{{ trigger.local.time }} {{ trigger.missed }}"}
"""
STOP = "\n  - stop: enough\n"
MORNING = from_iso("2026-11-23T07:30:00Z")


class Everything:
    """Every partition is ours."""

    def mine(self, partition: int) -> bool:
        return partition >= 0


async def scheduled(desk: Desk, trigger: str, *, name: str = "timed", steps: str = STOP) -> None:
    await flow_admin.apply(desk, f"flow: {name}\ntrigger: {trigger}\nsteps:{steps}", source="test")
    await flow_admin.publish(desk, name)


class Keeper:
    """The part that keeps schedules, on a desk of its own, without the rest of a hub."""

    def __init__(self, desk: Desk, clock: Clock, *, limit: int = 100_000) -> None:
        self.desk = desk
        self.directory = Directory(desk.database, clock, compile=compile_text, link=desk.link)
        self.inbox = EmbeddedInbox(desk.database, limit=limit)
        self.schedules = Schedules(desk.database, self.directory, self.inbox, Everything(), clock, desk.registry.trigger)

    async def refresh(self) -> None:
        await self.directory.refresh()
        await self.schedules.refresh()

    async def look(self) -> None:
        """See to everything that is due now."""
        while await self.schedules.look():
            pass


async def events(desk: Desk) -> list[Event]:
    """Oldest first."""
    found = await desk.database.read(lambda tx: event_store.latest_events(tx, most=100_000))
    return sorted(found, key=lambda event: (event.received_at, event.occurred_at or 0))


async def told(desk: Desk) -> list[tuple[str, int]]:
    """The planned time of each tick and how many were missed before it."""
    return [(str(event.payload["planned_at"])[5:16], int(str(event.payload["missed"]))) for event in await events(desk)]


@asynccontextmanager
async def keeping(home: Path, clock: Clock) -> AsyncGenerator[Keeper]:
    async with opened(home, clock=clock) as desk:
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        yield keeper


async def test_a_tick_is_an_event_and_starts_the_flow_on_time(tmp_path: Path, vendor: FakeAcme) -> None:
    clock = FakeClock(from_iso("2026-11-23T07:59:57Z"))
    async with running(tmp_path, vendor, clock=clock) as hub:
        await scheduled(hub.desk, NINE, steps=NOTE)
        await until_the_hub_knows(hub, clock)
        await clock.advance(5)
        (run,) = await ended(hub, clock)
        (event,) = await run_admin.events(hub.desk)
        assert vendor.names() == ["09:00 0"]
        assert (run.event, event.source, event.trigger_name) == (event.id, "schedule", "schedule.cron")
        assert event.record_key == "0 9 * * * Europe/Berlin"
        assert (event.occurred_at, event.received_at) == (from_iso("2026-11-23T08:00:00Z"), from_iso("2026-11-23T08:00:00Z"))
        repeated = await run_admin.replay(hub.desk, run.id, from_start=True)
        assert repeated != run.id
        await ended(hub, clock, 2)
        assert vendor.names() == ["09:00 0", "09:00 0"]


async def until_the_hub_knows(hub: Hub, clock: FakeClock) -> None:
    """Its loops sleep by the clock: move it a little until what was published is taken over."""
    for _ in range(100):
        await clock.advance(0.01)
        await asyncio.sleep(0.01)
        await hub.engine.directory.refresh()
        if hub.engine.directory.timed():
            break
    await clock.advance(1)
    await asyncio.sleep(0.05)


async def ended(hub: Hub, clock: FakeClock, most: int = 1) -> list[Run]:
    """Wait for the end of runs while time goes on."""
    waiting = asyncio.ensure_future(hub.ended(most))
    while not waiting.done():
        await clock.advance(0.1)
        await asyncio.sleep(0.01)
    return await waiting


# ── missed ticks ─────────────────────────────────────────────────────────────────────────────────────────────────────

MISSED = {
    "once": [("11-23T08:00", 0), ("11-23T12:00", 3), ("11-23T13:00", 0)],
    "skip": [("11-23T08:00", 0), ("11-23T13:00", 4)],
    "all": [("11-23T08:00", 0), *((f"11-23T{hour:02}:00", 0) for hour in range(9, 14))],
}


@pytest.mark.parametrize("restarted", [True, False], ids=["while no hub ran", "by a clock that jumped"])
@pytest.mark.parametrize("missed", MISSED)
async def test_ticks_that_passed_are_made_up_for_as_the_flow_says(tmp_path: Path, missed: str, restarted: bool) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed=missed))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        for hour in ("08:00:00", "12:30:00", "13:00:01"):
            clock.set(from_iso(f"2026-11-23T{hour}Z"))
            if restarted:
                keeper = Keeper(desk, clock)
                await keeper.refresh()
            await keeper.look()
        assert await told(desk) == MISSED[missed]
        (row,) = (await desk.database.read(store.all_reached)).values()
        assert (row.missed, row.untold) == ({"once": 3, "skip": 4, "all": 0}[missed], 0)


async def test_each_of_many_missed_ticks_is_made_up_for_up_to_a_bound_while_others_are_on_time(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, '{on: schedule.cron, input: {cron: "* * * * *", missed: all}}', name="minutes")
        await scheduled(desk, HOURLY.format(missed="once"), name="hours")
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        clock.set(later(MORNING, (MOST_MADE_UP + 500) * 60))
        assert await keeper.schedules.look() == 2
        assert len(await told(desk)) == PIECE + 1
        await keeper.look()
        minutes = [one for one in await events(desk) if one.record_key.startswith("* ")]
        assert len(minutes) == MOST_MADE_UP
        assert [one.payload["missed"] for one in minutes] == [500, *[0] * (MOST_MADE_UP - 1)]
        newest = [int(one.occurred_at or 0) for one in minutes]
        assert newest == list(range(int(newest[0]), int(clock.now()) + 1, 60 * SECOND))


async def test_a_hub_that_was_away_past_its_only_time_still_starts_it_once(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, "{on: schedule.once, input: {at: 2026-11-23T09:00, time_zone: Europe/Berlin}}")
        clock.set(from_iso("2026-11-24T08:00:00Z"))
        for _ in range(2):
            keeper = Keeper(desk, clock)
            await keeper.refresh()
            await keeper.look()
        assert await told(desk) == [("11-23T08:00", 0)]


# ── a clock that jumps ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clock_that_is_put_back_repeats_no_tick_and_loses_none(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="once"))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        for hour in ("08:00:00", "09:00:00", "10:00:01", "07:50:00", "08:00:01", "09:00:00", "10:00:00", "11:00:00"):
            clock.set(from_iso(f"2026-11-23T{hour}Z"))
            await keeper.look()
        assert await told(desk) == [(f"11-23T{hour:02}:00", 0) for hour in range(8, 12)]


@pytest.mark.parametrize("restarted", [True, False])
async def test_a_clock_that_was_years_ahead_leaves_no_schedule_waiting_for_years(tmp_path: Path, restarted: bool) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="once"))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        for moment in ("2026-11-23T08:00", "2031-01-01T00:10", "2026-11-23T08:20", "2026-11-23T09:00", "2026-11-23T10:00"):
            clock.set(from_iso(f"{moment}Z"))
            if restarted:
                keeper = Keeper(desk, clock)
                await keeper.refresh()
            await keeper.look()
        planned = sorted(str(event.payload["planned_at"])[:16] for event in await events(desk))
        assert planned == ["2026-11-23T08:00", "2026-11-23T09:00", "2026-11-23T10:00", "2031-01-01T00:00"]


MOVES = st.lists(st.tuples(st.sampled_from(["look", "restart", "other"]), st.integers(-7_200, 20_000)), min_size=3, max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
@example([("look", 3600), ("other", -3600), ("look", 3600), ("restart", -3700), ("look", 7200)])
def test_no_tick_comes_twice_or_is_lost_whoever_looks_and_wherever_the_clock_goes(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, int]]
) -> None:
    asyncio.run(_moved(tmp_path_factory.mktemp("moves"), moves))


async def _moved(home: Path, moves: list[tuple[str, int]]) -> None:
    clock = FakeClock(MORNING)
    async with opened(home, clock=clock) as desk, opened(home, clock=clock) as elsewhere:
        await scheduled(desk, '{on: schedule.cron, input: {cron: "*/20 * * * *", missed: all}}')
        here, there = Keeper(desk, clock), Keeper(elsewhere, clock)
        await asyncio.gather(here.refresh(), there.refresh())
        farthest = clock.now()
        for who, seconds in moves:
            clock.set(later(clock.now(), seconds))
            farthest = max(farthest, clock.now())
            if who == "restart":
                here = Keeper(desk, clock)
                await here.refresh()
            await asyncio.gather(*(keeper.look() for keeper in ([here, there] if who == "other" else [here])))
        clock.set(later(farthest, 3600))
        await asyncio.gather(here.look(), there.look())
        planned = sorted(int(event.occurred_at or 0) for event in await events(desk))
        assert len(planned) == len(set(planned))
        since = [at for at in planned if at > MORNING]  # a clock put back further shows times from before, which come too
        assert since == list(range(from_iso("2026-11-23T07:40:00Z"), clock.now() + 1, 1200 * SECOND))


# ── whose schedule it is ─────────────────────────────────────────────────────────────────────────────────────────────


async def reached(desk: Desk) -> Reached | None:
    flow = await flow_admin.named(desk, "timed")
    return await desk.database.read(lambda tx: store.reached_by(tx, flow.id))


async def test_editing_steps_and_publishing_again_moves_nothing(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="once"))
        clock.set(from_iso("2026-11-23T08:10:00Z"))
        await scheduled(desk, HOURLY.format(missed="once"), steps="\n  - stop: otherwise\n")
        await scheduled(desk, HOURLY.format(missed="all"))  # what becomes of missed ticks is no other time
        before = await reached(desk)
        assert before is not None
        assert before.reached == MORNING
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        await keeper.look()
        assert await told(desk) == [("11-23T08:00", 0)]
        await scheduled(desk, HOURLY.format(missed="once"), steps="\n  - stop: again\n")
        await keeper.refresh()
        await keeper.look()
        clock.set(from_iso("2026-11-23T09:00:00Z"))
        await keeper.look()
        assert await told(desk) == [("11-23T08:00", 0), ("11-23T09:00", 0)]


async def test_another_time_begins_when_it_is_published(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="all"))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        clock.set(from_iso("2026-11-23T10:10:00Z"))
        await scheduled(desk, NINE.replace("0 9", "*/30 *"))
        await keeper.refresh()
        await keeper.look()
        assert await told(desk) == []
        clock.set(from_iso("2026-11-23T10:30:00Z"))
        await keeper.look()
        assert await told(desk) == [("11-23T10:30", 0)]


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed by the hub", "and started again before the hub looked"])
async def test_a_flow_that_was_stopped_makes_up_for_nothing(tmp_path: Path, noticed: bool) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="all"))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        await flow_admin.unpublish(desk, "timed")
        assert await reached(desk) is None
        if noticed:
            await keeper.refresh()
        clock.set(from_iso("2026-11-23T10:10:00Z"))
        await flow_admin.publish(desk, "timed")
        await keeper.look()
        assert await told(desk) == []
        await keeper.refresh()
        clock.set(from_iso("2026-11-23T11:00:00Z"))
        await keeper.look()
        assert await told(desk) == [("11-23T11:00", 0)]


async def test_a_flow_that_was_stopped_elsewhere_is_not_started_and_leaves_no_trace(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="once"))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        await flow_admin.unpublish(desk, "timed")
        clock.set(from_iso("2026-11-23T08:00:00Z"))
        await keeper.look()
        await Keeper(desk, clock).refresh()
        assert (await told(desk), await reached(desk)) == ([], None)


async def test_a_flow_that_a_vendor_starts_now_has_no_schedule_left(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        await scheduled(hub.desk, HOURLY.format(missed="once"))
        assert await reached(hub.desk) is not None
        await scheduled(hub.desk, "{on: acme.things.said, connection: source, poll: off}")
        assert await reached(hub.desk) is None


# ── many ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_processes_on_one_database_start_each_tick_once(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with keeping(tmp_path, clock) as here, keeping(tmp_path, clock) as there:
        for number in range(5):
            await scheduled(here.desk, HOURLY.format(missed="once"), name=f"timed-{number}")
        await asyncio.gather(here.refresh(), there.refresh())
        for hour in range(8, 12):
            clock.set(from_iso(f"2026-11-23T{hour:02}:00:00Z"))
            await asyncio.gather(here.look(), there.look())
        found = await told(here.desk)
        assert Counter(found) == Counter({(f"11-23T{hour:02}:00", 0): 5 for hour in range(8, 12)})


async def test_a_tick_that_cannot_be_stored_waits_and_comes(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await scheduled(desk, HOURLY.format(missed="skip"))
        keeper = Keeper(desk, clock, limit=0)
        await keeper.refresh()
        clock.set(from_iso("2026-11-23T08:00:00Z"))
        assert await keeper.schedules.look() == 1
        assert (await told(desk), await keeper.schedules.look()) == ([], 0)
        roomy = Keeper(desk, clock)
        await roomy.refresh()
        await roomy.look()
        assert await told(desk) == [("11-23T08:00", 0)]


async def test_flows_are_spread_each_to_its_own_place(tmp_path: Path) -> None:
    clock = FakeClock(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        for number in range(20):
            await scheduled(desk, NINE.replace("}}", ", spread: 10m}}"), name=f"timed-{number}")
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        for day in ("2026-11-23", "2026-11-24"):
            for minute in range(12):
                clock.set(later(from_iso(f"{day}T08:00:00Z"), minute * 60))
                await keeper.look()
        found = await events(desk)
        assert Counter(str(event.payload["planned_at"])[:16] for event in found) == {"2026-11-23T08:00": 20, "2026-11-24T08:00": 20}
        places = [(event.connection, (event.received_at - (event.occurred_at or 0)) // (60 * SECOND)) for event in found]
        assert len(set(places)) == 20
        assert len({minute for _, minute in places}) >= 6
        assert all(0 <= minute <= 10 for _, minute in places)


class Ticking(FakeClock):
    """Each look at it takes a microsecond."""

    def now(self) -> Instant:
        self.set(Instant(super().now() + 1))
        return super().now()


def many(tx: Transaction, flows: int, trigger: str, at: Instant) -> None:
    plan = compile_text(f"flow: many\ntrigger: {trigger}\nsteps:{STOP}")
    facts = TriggerUse.facts(plan.trigger)
    for number in range(flows):
        id, name = FlowId(f"flw_{number:05}"), f"timed-{number:05}"
        flow = Flow(id=id, workspace=DEFAULT_WORKSPACE, name=name, title="", latest=1, published=None, created_at=at, changed_at=at)
        version = FlowVersion(flow=id, version=1, document="", digest="", trigger=facts, created_at=at, published_at=at)
        flow_store.save_flow(tx, flow, version)
        flow_store.publish(tx, id, 1, now=at)
        store.begin(tx, id, plan="0 9 * * * Europe/Berlin", at=at)


async def test_ten_thousand_schedules_at_one_time_are_all_told_a_piece_at_a_time(tmp_path: Path) -> None:
    clock = Ticking(MORNING)
    async with opened(tmp_path, clock=clock) as desk:
        await desk.database.journal.commit(lambda tx: many(tx, 10_000, NINE, MORNING))
        keeper = Keeper(desk, clock)
        await keeper.refresh()
        assert await keeper.schedules.look() == 0
        clock.set(from_iso("2026-11-23T08:00:00Z"))
        looks = 0
        while seen := await keeper.schedules.look():
            assert seen <= AT_ONCE
            looks += 1
        assert looks == 10_000 // AT_ONCE
        assert len(await events(desk)) == 10_000
        assert {row.planned_at for row in (await desk.database.read(store.all_reached)).values()} == {from_iso("2026-11-23T08:00:00Z")}
        assert await keeper.schedules.look() == 0
