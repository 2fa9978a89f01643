"""How far schedules have come, kept the same way by both databases."""

import pytest

from trunkline.model.clock import Instant
from trunkline.model.ids import FlowId
from trunkline.store import schedules
from trunkline.store.database import Database
from trunkline.store.schedules import Reached

FLOW = FlowId("flw_a")
HOURLY, DAILY = "0 * * * * UTC", "0 9 * * * UTC"


async def begun(database: Database, plan: str, at: int) -> Reached | None:
    await database.journal.commit(lambda tx: schedules.begin(tx, FLOW, plan=plan, at=Instant(at)))
    return await database.read(lambda tx: schedules.reached_by(tx, FLOW))


async def test_a_schedule_that_is_begun_again_goes_on(database: Database) -> None:
    assert await begun(database, HOURLY, 5) == Reached(flow=FLOW, plan=HOURLY, reached=Instant(5))
    moved = Reached(flow=FLOW, plan=HOURLY, reached=Instant(9), planned_at=Instant(9), told_at=Instant(10), untold=1, missed=2)
    assert await database.journal.commit(lambda tx: schedules.move(tx, Instant(5), moved))
    assert await begun(database, HOURLY, 20) == moved


async def test_another_plan_begins_anew(database: Database) -> None:
    await begun(database, HOURLY, 5)
    assert await begun(database, DAILY, 20) == Reached(flow=FLOW, plan=DAILY, reached=Instant(20))


@pytest.mark.parametrize(("plan", "before"), [(HOURLY, 4), (DAILY, 5)])
async def test_a_move_from_elsewhere_or_of_another_plan_is_refused(database: Database, plan: str, before: int) -> None:
    there = await begun(database, HOURLY, 5)
    moved = Reached(flow=FLOW, plan=plan, reached=Instant(9))
    assert not await database.journal.commit(lambda tx: schedules.move(tx, Instant(before), moved))
    assert await database.read(schedules.all_reached) == {FLOW: there}


async def test_a_forgotten_schedule_begins_from_then(database: Database) -> None:
    await begun(database, HOURLY, 5)
    await database.journal.commit(lambda tx: schedules.forget(tx, FLOW))
    assert await database.read(schedules.all_reached) == {}
    assert await begun(database, HOURLY, 20) == Reached(flow=FLOW, plan=HOURLY, reached=Instant(20))
