"""Ten thousand triggers on one poller: they spread, they take turns, and a vendor that hangs holds up nobody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.acme import connector
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.engine.directory import Directory, Entry, InUse
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.engine.poll import Due, Reader
from trunkline.engine.poller import AT_ONCE, EACH, Poller
from trunkline.flows.plan import TriggerUse
from trunkline.model.clock import SystemClock, later
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.errors import RejectedError
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, FlowId, endpoint_id
from trunkline.store.cursors import Cursor
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver

CLOCK = SystemClock()


def link_of(number: int) -> Link:
    connection = Connection(
        id=ConnectionId(f"con{number}"),
        workspace=DEFAULT_WORKSPACE,
        name=f"c{number}",
        connector="acme",
        base_url=None,
        options={},
        endpoint=endpoint_id(),
        state="ok",
        cause="",
        since=CLOCK.now(),
        created_at=CLOCK.now(),
    )
    session = Session(
        connector=connector,
        account=Account(options={}, credential=Credential({"token": "t"})),
        client=Client(),
        budget=Budget((), CLOCK),
        memory=Memory(CLOCK),
        clock=CLOCK,
    )
    return Link(connection=connection, session=session, registry=Registry((connector,)))


class Crowd(Directory):
    """A directory of many triggers of one kind."""

    def __init__(self, database: Database, *, connections: int, each: int, every_s: float) -> None:
        super().__init__(database, CLOCK, compile=_never, link=_never)
        trigger = next(one for one in connector.triggers if one.id == "things.of_kind")
        self.crowd = [
            (link, InUse(name=use.key, trigger=trigger, input=use.input), (_entry(use),))
            for link in map(link_of, range(connections))
            for number in range(each)
            for use in [
                TriggerUse(
                    name="acme.things.of_kind", connection=link.connection.name, webhook=False, every_s=every_s, input={"kind": str(number)}
                )
            ]
        ]

    def triggers(self) -> list[tuple[Link, InUse, tuple[Entry, ...]]]:
        return self.crowd


def _entry(use: TriggerUse) -> Entry:
    return Entry(flow=FlowId("flw"), workspace=DEFAULT_WORKSPACE, name="flow", version=1, trigger=use)


def _never(*_: object) -> Any:
    raise AssertionError("nothing is compiled or opened here")


class Counting(Reader):
    """Reads nothing, counts who reads at a time, and hangs where it is told to."""

    def prepare(self) -> None:
        self.begun: list[tuple[float, str]] = []
        self.now: Counter[str] = Counter()
        self.most_each = self.most = 0
        self.hangs: set[str] = set()
        self.pause_s = 0.0
        self.refused: set[str] = set()

    async def read(self, scope: str, due: Due) -> int:
        connection = due.link.connection.id
        self.begun.append((CLOCK.monotonic(), scope))
        self.now[connection] += 1
        self.most_each, self.most = max(self.most_each, self.now[connection]), max(self.most, self.now.total())
        try:
            if connection in self.hangs:
                await asyncio.Event().wait()
            if connection in self.refused:
                raise RejectedError("It may not be read.")
            await asyncio.sleep(self.pause_s)
        finally:
            self.now[connection] -= 1
        known = self.cursors.get(scope) or Cursor(cursor=None, baseline=CLOCK.now(), polled_at=CLOCK.now())
        self.cursors[scope] = known
        return 0


@asynccontextmanager
async def polling(database: Database, reader: Counting, crowd: Crowd, *, every_s: float | None = None) -> AsyncGenerator[Poller]:
    poller = Poller(database, crowd, reader, CLOCK, every_s=every_s)
    await poller.refresh()
    keeping = asyncio.create_task(poller.keep())
    try:
        yield poller
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        reader.unkept.clear()
        await poller.stop()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    opened = Database(SqliteDriver(tmp_path / "data.db"))
    yield opened
    opened.close()


def counting(database: Database) -> Counting:
    reader = Counting(database, EmbeddedInbox(database, limit=10), CLOCK, Wake(CLOCK))
    reader.prepare()
    return reader


async def test_a_connection_that_hangs_holds_up_only_itself(database: Database) -> None:
    reader, crowd = counting(database), Crowd(database, connections=6, each=20, every_s=10)
    reader.hangs = {"con0"}
    async with polling(database, reader, crowd):
        async with asyncio.timeout(20):
            while len({scope for _, scope in reader.begun}) < 5 * 20 + EACH:  # noqa: ASYNC110 - the poller tells nobody
                await asyncio.sleep(0.05)
        assert reader.now["con0"] == reader.most_each == EACH
        assert reader.most <= AT_ONCE


async def test_triggers_that_begin_together_are_spread(database: Database) -> None:
    reader, crowd = counting(database), Crowd(database, connections=30, each=10, every_s=3_600)
    async with polling(database, reader, crowd) as poller:
        async with asyncio.timeout(20):
            while len(reader.begun) < 300:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        span = reader.begun[-1][0] - reader.begun[0][0]
        assert 2 < span < 6, "300 at 100 a second"
        planned = sorted(poller.planned.values())
    assert 3_000 < planned[-1] - planned[0] < 3_700, "and then anywhere in their interval"


async def test_a_turn_is_kept_over_a_restart(database: Database) -> None:
    crowd = Crowd(database, connections=1, each=2, every_s=600)
    (first, second) = (f"{link.connection.id}:{use.name}" for link, use, _ in crowd.triggers())
    reader = counting(database)
    cursor = Cursor(cursor=None, baseline=CLOCK.now(), polled_at=CLOCK.now(), interval_ms=600_000, due_at=later(CLOCK.now(), 300))
    reader.cursors = {first: cursor}
    async with polling(database, reader, crowd) as poller:
        async with asyncio.timeout(20):
            while not reader.begun:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        assert [scope for _, scope in reader.begun] == [second], "one that is new begins at once"
        assert 290 < poller.planned[first] - CLOCK.monotonic() < 301


async def test_triggers_that_cannot_be_read_are_one_concern_for_their_connection(database: Database) -> None:
    reader, crowd = counting(database), Crowd(database, connections=2, each=3, every_s=10)
    reader.refused.add("con0")
    async with polling(database, reader, crowd, every_s=0.01) as poller, asyncio.timeout(10):
        while not (found := await poller.concerns()) or found[0].count < 3:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        (concern,) = found
        assert (concern.connections, concern.text) == (("con0",), "Polls of c0 fail: acme.things.of_kind: It may not be read.")
        reader.refused.clear()
        while await poller.concerns():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
