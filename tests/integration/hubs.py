"""A hub in the test's own process: real data folder, real HTTP on loopback, the test's clock if it wants one."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.integration.acme import FakeAcme
from tests.integration.acme import connector as acme
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import running_engine
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.engine.engine import Engine
from trunkline.model.clock import Clock, SystemClock
from trunkline.model.connection import Connection
from trunkline.model.event import FINAL, Run, RunState
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, dumps
from trunkline.settings import Settings
from trunkline.store.database import Database
from trunkline.store.driver import Driver
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.vendor import serving
from trunkline.vault.box import Vault
from trunkline.web.factory import application
from trunkline.web.hooks import Hooks

WAIT_S = 20.0
_ids = count()


@dataclass(slots=True, kw_only=True)
class Hub:
    """A running hub, and the short words tests use for it."""

    desk: Desk
    engine: Engine
    url: str
    source: Connection
    vendor: FakeAcme

    async def flow(
        self,
        steps: str,
        *,
        name: str = "flow",
        on: str = "acme.things.said",
        poll: str = "off",
        input: str = "{}",
        webhook: bool = True,
        since: str = "now",
    ) -> None:
        """Apply and publish a flow whose steps are given as YAML."""
        more = ("" if webhook else ", webhook: false") + ("" if since == "now" else f", from: {since}")
        text = f"flow: {name}\ntrigger: {{on: {on}, connection: source, poll: {poll}, input: {input}{more}}}\nsteps:\n{steps}"
        await flow_admin.apply(self.desk, text, source="test")
        await flow_admin.publish(self.desk, name)
        await self.engine.directory.refresh()

    async def post(self, body: JSON, *, id: str | None = None, at: str = "") -> Response:
        """Deliver a webhook; without an id each is a new one."""
        headers = (("content-type", "application/json"), ("x-id", id or f"d{next(_ids)}"), ("x-at", at))
        request = Request(method="POST", url=f"/hooks/{self.source.endpoint}", headers=headers, body=dumps(body))
        return await self.desk.client.send(request, base_url=self.url, write=True)

    async def event(
        self, name: str, *, thing: str | None = None, number: int = 0, extra: JSON = None, id: str | None = None, at: str = ""
    ) -> Response:
        """Deliver that a thing now has this name."""
        return await self.post({"id": thing or name, "name": name, "number": number, "extra": extra}, id=id, at=at)

    async def runs(self) -> list[Run]:
        """Every run, oldest first."""
        return list(reversed(await run_admin.listed(self.desk, most=10_000)))

    async def until(self, reached: Callable[[list[Run]], bool]) -> list[Run]:
        """Wait until the runs are as wanted; fails with what they are after `WAIT_S`."""
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while True:
            runs = await self.runs()
            if reached(runs):
                return runs
            assert asyncio.get_running_loop().time() < deadline, [(run.record_key, run.state, run.code, run.reason) for run in runs]
            await asyncio.sleep(0.02)

    async def ended(self, most: int) -> list[Run]:
        """Wait until so many runs are at their end."""
        return await self.until(lambda runs: sum(run.state in FINAL for run in runs) >= most)

    async def in_state(self, state: RunState, most: int = 1) -> list[Run]:
        """Wait until so many runs are in `state`; those runs."""
        runs = await self.until(lambda runs: sum(run.state == state for run in runs) >= most)
        return [run for run in runs if run.state == state]


@asynccontextmanager
async def opened(home: Path, *, driver: Driver | None = None, clock: Clock | None = None) -> AsyncGenerator[Desk]:
    """A desk with the test connector besides our own."""
    desk = Desk(
        database=Database(driver or SqliteDriver(home / "trunkline.db")),
        vault=Vault(bytes(32)),
        registry=Registry([*Registry.discover(), acme]),
        client=Client(addresses=Addresses(allow=("127.0.0.1",))),
        clock=clock or SystemClock(),
    )
    try:
        await desk.budgets.open()
        yield desk
    finally:
        await desk.close()


@asynccontextmanager
async def running(
    home: Path, vendor: FakeAcme, *, driver: Driver | None = None, clock: Clock | None = None, **settings: float
) -> AsyncGenerator[Hub]:
    """A hub with two connections: `source` sends webhooks, `target` is written to; both are the fake vendor."""
    async with serving(vendor) as base_url, opened(home, driver=driver, clock=clock) as desk:
        known = {connection.name for connection in await connection_admin.everything(desk)}
        for name in ("source", "target"):
            if name not in known:
                new = NewConnection(connector="acme", name=name, base_url=base_url, options={}, secrets={"token": vendor.token})
                await connection_admin.add(desk, new)
            else:
                await connection_admin.update(desk, name, secrets={}, options={}, base_url=base_url)
        wanted = Settings(home=home, poll_every_s=settings.get("poll_every_s", 0.1), backlog=int(settings.get("backlog", 100_000)))
        async with running_engine(desk, wanted) as engine:
            app = application(Hooks(engine.directory, engine.receiver, engine.refusals, desk.clock), lambda: (True, {}))
            async with serving(app) as url:
                source = await connection_admin.named(desk, "source")
                yield Hub(desk=desk, engine=engine, url=url, source=source, vendor=vendor)
