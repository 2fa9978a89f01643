"""Data made by an older version is taken over, and data of a newer version is used as it is, on both databases."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from trunkline.model.clock import Instant
from trunkline.store import migrate
from trunkline.store.cursors import Cursor, all_cursors
from trunkline.store.database import HEAD, Database
from trunkline.store.driver import Driver

CURSOR = "INSERT INTO cursors (scope, cursor, baseline, polled_at, missed, problem) VALUES ('s', NULL, 1, 2, 3, '')"


def made_at(driver: Driver, version: str) -> None:
    """The schema as the code at `version` had it, with a row in it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    engine = driver.engine()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    with engine.begin() as connection:
        connection.execute(text(CURSOR))
    engine.dispose()


def version_of(driver: Driver) -> str:
    engine = driver.engine()
    with engine.connect() as connection:
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    engine.dispose()
    return found


@pytest.mark.parametrize("version", [f"{number:04}" for number in range(1, int(HEAD))])
async def test_data_of_an_older_version_is_kept(driver: Driver, version: str) -> None:
    made_at(driver, version)
    database = Database(driver)
    kept = await database.read(all_cursors)
    database.close()
    assert kept == {"s": Cursor(cursor=None, baseline=Instant(1), polled_at=Instant(2), missed=3, problem="")}
    assert version_of(driver) == HEAD


async def test_data_of_a_newer_version_is_used_and_left_at_its_version(driver: Driver) -> None:
    made_at(driver, "head")
    engine = driver.engine()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    database = Database(driver)
    assert list(await database.read(all_cursors)) == ["s"]
    database.close()
    assert version_of(driver) == "9999"
