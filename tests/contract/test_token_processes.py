"""Several processes on one database share the tokens of a connection: renewed once, and what a kill at the worst moment leaves behind."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest

from tests.contract.token_user import REPEATS, a_desk
from tests.integration.signing_in import ROTATING, FakeGuild
from trunkline.admin import connections
from trunkline.admin.connections import NewConnection
from trunkline.admin.grants import seal
from trunkline.model.crash import VARIABLE
from trunkline.store import grants
from trunkline.store.driver import Driver
from trunkline.store.postgres import PostgresDriver
from trunkline.store.sqlite import SqliteDriver
from trunkline.store.statement import Transaction
from trunkline.testing.crashpoints import KILLED
from trunkline.testing.vendor import serving

ROOT = Path(__file__).parents[2]
CALLS = 200


@dataclass(slots=True, kw_only=True)
class Place:
    """A vendor, and a database in which a connection holds tokens that have ended."""

    vendor: FakeGuild
    address: str
    repeats: bool

    async def user(self, *, calls: int = CALLS, die_at: str = "") -> asyncio.subprocess.Process:
        """A process that is ready to call."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), REPEATS: str(int(self.repeats)), VARIABLE: die_at}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.contract.token_user", self.address, str(calls)),
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert (await process.stdout.readline()).strip() == b"ready"
        return process


async def ended(process: asyncio.subprocess.Process) -> list[str]:
    """Let it call; how its calls ended."""
    said, _ = await process.communicate(b"go\n")
    return orjson.loads(said.splitlines()[-1])


@asynccontextmanager
async def place(driver: Driver, *, repeats: bool = False) -> AsyncGenerator[Place]:
    vendor = FakeGuild(replace(ROTATING, repeats_answer=repeats))
    assert isinstance(driver, SqliteDriver | PostgresDriver)
    address = str(driver.path) if isinstance(driver, SqliteDriver) else driver.url
    async with serving(vendor) as base_url:
        desk = a_desk(address, repeats=repeats)
        app = {"client_id": vendor.server.client_id, "client_secret": vendor.server.client_secret}
        new = NewConnection(connector="guild", name="main", base_url=base_url, options={}, secrets=app)
        connection = await connections.add(desk, new)
        grant = replace(vendor.server.grant(), expires_at=desk.clock.now())

        def unit(tx: Transaction) -> None:
            grants.put_grant(tx, connection.id, sealed=seal(tx, desk.vault, connection.id, grant))

        await desk.database.journal.commit(unit)
        await desk.close()
        vendor.server.expire()
        yield Place(vendor=vendor, address=address, repeats=repeats)


async def test_two_processes_renew_once(driver: Driver) -> None:
    async with place(driver) as at:
        users = [await at.user(), await at.user()]
        answers = await asyncio.gather(*(ended(user) for user in users))
        assert answers == [["done"] * CALLS] * 2
        assert (at.vendor.server.renewals, at.vendor.server.reuses) == (1, 0)


async def killed(at: Place, point: str) -> None:
    """A process that dies at `point`, as by kill -9."""
    user = await at.user(calls=1, die_at=point)
    await user.communicate(b"go\n")
    assert user.returncode == KILLED


async def test_kill_between_answer_and_store_is_survived_where_the_vendor_repeats_its_answer(driver: Driver) -> None:
    async with place(driver, repeats=True) as at:
        await killed(at, "token-received")
        assert await ended(await at.user(calls=5)) == ["done"] * 5
        assert (at.vendor.server.renewals, at.vendor.server.reuses) == (2, 0)


async def test_kill_between_answer_and_store_is_told_plainly_where_the_vendor_does_not(driver: Driver) -> None:
    async with place(driver) as at:
        await killed(at, "token-received")
        (told,) = set(await ended(await at.user(calls=5)))
        assert told.startswith("reconnect: ")
        assert "The answer to an earlier renewal was lost" in told
        (again,) = await ended(await at.user(calls=1))
        assert again == told
        assert at.vendor.server.renewals == 2, "nobody asks a third time"


@pytest.mark.parametrize("repeats", [False, True])
async def test_kill_after_the_store_costs_nothing(driver: Driver, repeats: bool) -> None:
    async with place(driver, repeats=repeats) as at:
        await killed(at, "token-stored")
        assert await ended(await at.user(calls=5)) == ["done"] * 5
        assert (at.vendor.server.renewals, at.vendor.server.reuses) == (1, 0)
