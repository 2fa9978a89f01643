"""Runs and sign-ins: what waits for a connection goes on by itself once it works again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.integration.acme import FakeAcme
from tests.integration.acme import connector as acme
from tests.integration.hubs import Hub
from tests.integration.signing_in import GUILD, FakeGuild
from trunkline.admin import connections, doctor, sign_in
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import running_engine, sign_in_page
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.engine.directory import Directory
from trunkline.engine.recovery import AGAIN_S, Recovery
from trunkline.flows.compile import compile_text
from trunkline.model.clock import SystemClock, later
from trunkline.model.errors import ConfigError
from trunkline.model.http import Request, Response
from trunkline.settings import Settings
from trunkline.store import connections as connection_store
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.vendor import serving
from trunkline.vault.box import Vault
from trunkline.web.factory import application
from trunkline.web.hooks import Hooks

FLOW = """
  - id: write
    call: guild.add
    connection: guild
    input: {number: 1}
"""


@dataclass(slots=True, kw_only=True)
class Place:
    """A running hub whose flow writes to a vendor that somebody signed in to."""

    hub: Hub
    guild: FakeGuild

    async def sign_in(self) -> None:
        """As a person does: at the vendor, and back on the hub's page."""
        begun = await sign_in.begin(self.hub.desk, "guild", redirect_uri=f"{self.hub.url}/oauth/callback")
        there = await self.browse(begun.address)
        assert (await self.browse(there.headers["location"])).status == 200

    async def browse(self, address: str) -> Response:
        base, _, path = address.partition("://")
        host, _, path = path.partition("/")
        return await self.hub.desk.client.send(Request(method="GET", url=f"/{path}"), base_url=f"{base}://{host}", write=False)

    async def state(self) -> str:
        return (await connections.named(self.hub.desk, "guild")).state


@asynccontextmanager
async def place(home: Path) -> AsyncGenerator[Place]:
    source, guild = FakeAcme(), FakeGuild()
    desk = Desk(
        database=Database(SqliteDriver(home / "trunkline.db")),
        vault=Vault(bytes(32)),
        registry=Registry([acme, GUILD]),
        client=Client(),
        clock=SystemClock(),
    )
    app = {"client_id": guild.server.client_id, "client_secret": guild.server.client_secret}
    async with serving(source) as source_url, serving(guild) as guild_url:
        try:
            for connector, name, base_url, secrets in (
                ("acme", "source", source_url, {"token": source.token}),
                ("guild", "guild", guild_url, app),
            ):
                await connections.add(desk, NewConnection(connector=connector, name=name, base_url=base_url, options={}, secrets=secrets))
            async with running_engine(desk, Settings(home=home, poll_every_s=60)) as engine:
                page = application(
                    Hooks(engine.directory, engine.receiver, engine.refusals, desk.clock), lambda: (True, {}), sign_in_page(desk)
                )
                async with serving(page) as url:
                    known = await connections.named(desk, "source")
                    yield Place(hub=Hub(desk=desk, engine=engine, url=url, source=known, vendor=source), guild=guild)
        finally:
            await desk.close()


async def test_run_waits_until_somebody_has_signed_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.hub.flow(FLOW)
        await at.hub.event("Ada")
        await at.hub.in_state("parked")
        assert at.guild.calls == []
        await at.sign_in()
        await at.hub.in_state("done")
        assert at.guild.added == 1


async def test_many_runs_on_a_dead_sign_in_wait_and_go_on_after_one_question_to_the_vendor(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        await at.hub.flow(FLOW)
        at.guild.server.revoke()
        await asyncio.gather(*(at.hub.event(f"person {number}") for number in range(30)))
        await at.hub.in_state("parked", 30)
        assert at.guild.server.renewals == 1
        assert await at.state() == "paused"
        await at.sign_in()
        await at.hub.in_state("done", 30)
        assert at.guild.added == 30


async def test_suspended_connection_is_tried_again_and_its_runs_go_on(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        await at.hub.flow(FLOW)
        at.guild.server.expire()
        at.guild.server.suspended = at.guild.refusal(400, "Location is not active")
        await at.hub.event("Ada")
        await at.hub.in_state("parked")
        assert await at.state() == "suspended"
        desk = at.hub.desk
        recovery = Recovery(desk.database, at.hub.engine.directory, desk.clock)
        await recovery.look()
        assert at.guild.server.renewals == 1, "it is left alone for a while"
        connection = await connections.named(desk, "guild")
        long_ago = later(connection.since, -AGAIN_S)
        await desk.database.journal.commit(
            lambda tx: connection_store.set_state(tx, connection.id, state="suspended", cause=connection.cause, since=long_ago)
        )
        await at.hub.engine.directory.refresh()
        await recovery.look()
        assert await at.state() == "suspended", "the vendor still says no"
        at.guild.server.suspended = None
        await Recovery(desk.database, at.hub.engine.directory, desk.clock).look()
        await at.hub.in_state("done")
        assert (await at.state(), at.guild.added) == ("ok", 1)


async def test_connection_without_a_harmless_read_is_proven_by_new_tokens(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        desk = at.hub.desk
        desk.registry = Registry([replace(GUILD, check=None)])
        directory = Directory(desk.database, desk.clock, compile=compile_text, link=desk.link)
        await directory.refresh()
        connection = await connections.named(desk, "guild")
        for removed, state in ((True, "paused"), (False, "ok")):
            at.guild.server.suspended = at.guild.refusal(400, "removed") if removed else None
            await directory.set_state(connection.id, "suspended", "later")
            recovery = Recovery(desk.database, directory, desk.clock)
            recovery.soon(connection.id)
            await recovery.look()
            assert await at.state() == state


async def test_flow_that_needs_what_was_not_granted_is_not_published_until_somebody_signs_in_again(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        guarded = FLOW.replace("guild.add", "guild.guarded.add")
        with pytest.raises(
            ConfigError, match=r"needs permissions that guild was not granted: guild\.add for guild\.guarded\.add"
        ) as caught:
            await at.hub.flow(guarded)
        assert "trunkline connections authorize guild" in caught.value.hint
        (examined,) = await doctor.examine(at.hub.desk, "guild", hook=None)
        assert [one.verdict for one in examined.findings if one.check == "permissions"] == ["problem"]
        await at.sign_in()
        await at.hub.flow(guarded)
        await at.hub.event("Ada")
        await at.hub.in_state("done")
        assert at.guild.added == 1
