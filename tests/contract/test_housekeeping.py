"""The data never grows without limit: by age and by size, on both databases."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.test_repositories import a_run, an_event
from trunkline.engine.housekeeping import DAY_S, Housekeeper, Retention
from trunkline.model.clock import Instant, later
from trunkline.model.ids import EventId, RunId
from trunkline.store import events, runs
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.store.statement import Transaction
from trunkline.testing.clock import FakeClock


async def fill(database: Database, clock: FakeClock, *, most: int, age_days: float = 0, size: int = 10) -> None:
    """So many finished runs with their events, the payloads of `size` random bytes."""
    at = later(clock.now(), -age_days * DAY_S)

    def unit(tx: Transaction) -> None:
        for number in range(most):
            id = EventId(f"evt_{age_days}_{number}")
            events.insert_event(
                tx, replace(an_event(number), id=id, identity=id, received_at=at, payload={"noise": secrets.token_hex(size)})
            )
            ended = replace(a_run(number), id=RunId(f"run_{age_days}_{number}"), event=id, state="done", finished_at=Instant(at + number))
            runs.start_run(tx, ended)

    await database.journal.commit(unit)


async def left(database: Database) -> int:
    return len(await database.read(lambda tx: runs.latest_runs(tx, most=100_000)))


async def test_what_is_older_than_the_days_goes_and_the_rest_stays(database: Database) -> None:
    clock = FakeClock()
    await fill(database, clock, most=1_300, age_days=31)
    await fill(database, clock, most=20, age_days=29)
    keeper = Housekeeper(database, clock, Retention(days=30))
    assert await keeper.tidy() == 2_600
    assert await left(database) == 20
    assert await keeper.tidy() == 0


async def test_over_the_size_the_oldest_go_first_and_the_file_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    database = Database(SqliteDriver(path))
    try:
        clock = FakeClock()
        for day in range(10, 0, -1):
            await fill(database, clock, most=600, age_days=day, size=1_000)
        before = await database.read(database.driver.size_bytes)
        await Housekeeper(database, clock, Retention(size_bytes=before // 2)).tidy()
        assert await database.read(database.driver.size_bytes) <= before // 2
        kept = await database.read(lambda tx: runs.latest_runs(tx, most=100_000))
        assert 0 < len(kept) < 6_000
        assert min(run.finished_at or 0 for run in kept) > later(clock.now(), -9 * DAY_S)
        await database.shrink()
        await database.journal.maintain(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        assert path.stat().st_size < before * 0.75
    finally:
        database.close()


@pytest.mark.parametrize("size_bytes", [1, 10**15])
async def test_open_runs_stay_whatever_the_size(database: Database, size_bytes: int) -> None:
    await database.journal.commit(lambda tx: runs.start_run(tx, a_run(1)))
    await Housekeeper(database, FakeClock(), Retention(size_bytes=size_bytes)).tidy()
    assert await left(database) == 1
