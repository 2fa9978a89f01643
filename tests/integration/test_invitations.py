"""A reconnect link: single-use, expiring, showing only what is needed; by signing in, or by entering what the vendor shows."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from tests.integration.hubs import opened
from tests.integration.shell import Shell
from tests.integration.signing_in import GUILD, FakeGuild
from trunkline.admin import connections, invitations
from trunkline.admin.callback import finish
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.admin.invitations import MOST_TRIES
from trunkline.admin.sign_in import LASTS_S
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.model.clock import later
from trunkline.model.http import Request, Response
from trunkline.store import connections as connection_store
from trunkline.store import invitations as store
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import serving
from trunkline.web.invitations import routes
from trunkline.web.sign_in import route as callback


@dataclass(slots=True, kw_only=True)
class Place:
    """A hub's pages, and a browser that follows nothing by itself."""

    desk: Desk
    clock: FakeClock
    url: str

    async def browse(self, address: str, form: dict[str, str] | None = None) -> Response:
        base, _, path = address.partition("://")
        host, _, path = path.partition("/")
        method, body = ("GET", None) if form is None else ("POST", urlencode(form).encode())
        request = Request(method=method, url=f"/{path}", headers=(("content-type", "application/x-www-form-urlencoded"),), body=body)
        return await self.desk.client.send(request, base_url=f"{base}://{host}", write=False)

    async def link(self, name: str) -> str:
        return f"{self.url}/connect/{(await invitations.invite(self.desk, name)).token}"

    async def state(self, name: str) -> str:
        return (await connections.named(self.desk, name)).state

    async def pause(self, name: str) -> None:
        one = await connections.named(self.desk, name)
        now = self.desk.clock.now()
        await self.desk.database.journal.commit(
            lambda tx: connection_store.set_state(tx, one.id, state="paused", cause="refused", since=now)
        )


@asynccontextmanager
async def pages(home: Path) -> AsyncGenerator[Place]:
    clock = FakeClock()
    async with opened(home, clock=clock) as desk:
        desk.registry = Registry([*Registry.discover(), GUILD])
        app = Starlette()
        async with serving(app) as url:
            app.router.routes.extend([*routes(desk, f"{url}/oauth/callback"), callback(lambda brought: finish(desk, brought))])
            yield Place(desk=desk, clock=clock, url=url)


@pytest_asyncio.fixture
async def at(tmp_path: Path) -> AsyncGenerator[Place]:
    async with pages(tmp_path) as place:
        yield place


async def test_the_owner_signs_in_at_the_vendor_and_the_link_is_over(at: Place) -> None:
    guild = FakeGuild(clock=at.clock)
    async with serving(guild) as base_url:
        app = {"client_id": guild.server.client_id, "client_secret": guild.server.client_secret}
        await connections.add(at.desk, NewConnection(connector="guild", name="guild", base_url=base_url, options={}, secrets=app))
        link = await at.link("guild")
        page = await at.browse(link)
        assert (page.status, b"Connect Guild again" in page.body, b"password" in page.body.replace(b"no password", b"")) == (
            200,
            True,
            False,
        )
        (there,) = re.findall(rb'href="([^"]+)"', page.body)
        begun = await at.browse(at.url + there.decode())
        assert begun.status == 303
        at_vendor = await at.browse(begun.headers["location"])
        assert (await at.browse(at_vendor.headers["location"])).status == 200
        assert await at.state("guild") == "ok"
        assert (await at.browse(link)).status == 404
        assert (await at.browse(f"{link}/go")).status == 404


async def test_what_the_owner_reads_afterwards_knows_nothing_of_commands_and_names(at: Place) -> None:
    guild = FakeGuild(clock=at.clock)
    async with serving(guild) as base_url:
        app = {"client_id": guild.server.client_id, "client_secret": guild.server.client_secret}
        await connections.add(at.desk, NewConnection(connector="guild", name="acme-7", base_url=base_url, options={}, secrets=app))
        link = await at.link("acme-7")

        async def signed_in() -> str:
            at_vendor = await at.browse((await at.browse(f"{link}/go")).headers["location"])
            return (await at.browse(at_vendor.headers["location"])).body.decode()

        guild.server.consents = False
        page = await signed_in()
        assert "Open the link you were sent again" in page
        assert "trunkline" not in page
        guild.server.consents = True
        at_vendor = await at.browse((await at.browse(f"{link}/go")).headers["location"])
        at.clock.set(later(at.clock.now(), LASTS_S + 1))
        page = (await at.browse(at_vendor.headers["location"])).body.decode()
        assert "took too long" in page
        assert "trunkline" not in page
        page = await signed_in()
        assert "Guild is connected" in page
        assert "acme-7" not in page


async def test_the_owner_enters_a_key_that_is_tried_before_it_is_kept(at: Place) -> None:
    vendor = FakeOpenPhone(clock=at.clock)
    vendor.seed()
    async with serving(vendor) as base_url:
        old = {"token": vendor.token, "webhook_key": "whsec_c2VjcmV0"}
        await connections.add(at.desk, NewConnection(connector="openphone", name="desk", base_url=base_url, options={}, secrets=old))
        await at.pause("desk")
        link = await at.link("desk")
        page = await at.browse(link)
        assert re.findall(rb'name="(\w+)"', page.body) == [b"viewport", b"token"]
        assert vendor.token.encode() not in page.body
        wrong = await at.browse(link, {"token": "<script>alert(1)</script>"})
        assert (wrong.status, b"That does not work yet" in wrong.body, b"<script" in wrong.body) == (400, True, False)
        assert (await at.browse(link, {"token": ""})).status == 400
        assert await at.state("desk") == "paused"
        assert (await connections.link_to(at.desk, "desk")).account.credential["token"] == vendor.token
        done = await at.browse(link, {"token": f" {vendor.token} ", "webhook_key": "stolen", "base_url": "http://evil.example"})
        assert (done.status, b"Connected" in done.body) == (200, True)
        kept = await connections.link_to(at.desk, "desk")
        assert (kept.connection.state, kept.connection.base_url, kept.account.credential["webhook_key"]) == (
            "ok",
            base_url,
            "whsec_c2VjcmV0",
        )
        assert (await at.browse(link, {"token": vendor.token})).status == 404


async def test_a_link_ends_by_its_time_by_another_one_and_with_its_connection(at: Place) -> None:
    await connections.add(at.desk, NewConnection(connector="openphone", name="desk", base_url=None, options={}, secrets={"token": "x"}))
    first = await at.link("desk")
    second = await at.link("desk")
    assert ((await at.browse(first)).status, (await at.browse(second)).status) == (404, 200)
    at.clock.set(later(at.clock.now(), invitations.LASTS_S + 1))
    assert (await at.browse(second)).status == 404
    third = await at.link("desk")
    await connections.remove(at.desk, "desk")
    assert (await at.browse(third)).status == 404


async def test_every_wrong_link_gets_the_same_answer_and_none_is_stored_as_it_is(at: Place) -> None:
    await connections.add(at.desk, NewConnection(connector="openphone", name="desk", base_url=None, options={}, secrets={"token": "x"}))
    made = await invitations.invite(at.desk, "desk")
    answers = {
        (await at.browse(f"{at.url}/connect/{token}")).body for token in ("x", made.token[:-1], made.token.swapcase(), "%00", "a" * 500)
    }
    assert len(answers) == 1
    stored = await at.desk.database.read(lambda tx: store.get_invitation(tx, made.token, now=at.clock.now()))
    assert stored is None


async def test_a_link_cannot_be_used_to_guess_for_ever(at: Place) -> None:
    vendor = FakeOpenPhone(clock=at.clock)
    async with serving(vendor) as base_url:
        new = NewConnection(connector="openphone", name="desk", base_url=base_url, options={}, secrets={"token": "x"})
        await connections.add(at.desk, new)
        link = await at.link("desk")
        answers = [(await at.browse(link, {"token": f"guess{number}"})).status for number in range(MOST_TRIES + 2)]
        assert answers == [400] * MOST_TRIES + [404] * 2
        assert len(vendor.calls) == MOST_TRIES
        assert (await at.browse(link, {"token": "x" * 100_000})).status == 413


@pytest.mark.parametrize("hostile", ["%ff", "token=%ff", "a=1&" * 80, "\x00"])
async def test_a_form_that_is_none_is_answered_in_words(at: Place, hostile: str) -> None:
    await connections.add(at.desk, NewConnection(connector="openphone", name="desk", base_url=None, options={}, secrets={"token": "x"}))
    link = await at.link("desk")
    request = Request(method="POST", url=link.removeprefix(at.url), headers=(), body=hostile.encode())
    assert (await at.desk.client.send(request, base_url=at.url, write=False)).status == 400


async def test_it_is_a_command_and_a_running_hub_answers_it(shell: Shell) -> None:
    await shell.done("connections", "add", "openphone", "--name", "desk", "--base-url", "http://127.0.0.1:9", "--secret", "token=x")
    async with shell.hub() as (_, hub):
        made = await shell.done("connections", "invite", "desk", "--hours", "1")
        path = str(made["link"]).split("/connect/")[1]
        async with Client() as client:
            page = await client.send(Request(method="GET", url=f"/connect/{path}"), base_url=str(hub["address"]), write=False)
    assert (page.status, b"Connect OpenPhone again" in page.body) == (200, True)
