"""A process dies between getting new tokens and storing them: the vendor gives the app others, and nobody has to sign in again."""

import asyncio
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from tests.integration.agency import allow
from tests.integration.shell import Shell
from trunkline.admin import connections, sign_in
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.admin.grants import seal
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.connectors.ghl import connector as ghl
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_sign_in import FakeSignIn
from trunkline.connectors.ghl.sign_in import RECONNECT
from trunkline.model.clock import SECOND, Instant, SystemClock, later
from trunkline.store import grants
from trunkline.store.database import Database, driver_for
from trunkline.store.statement import Transaction
from trunkline.testing.crashpoints import KILLED
from trunkline.testing.vendor import serving
from trunkline.vault.box import Vault
from trunkline.vault.keys import master_keys


class InAMinute(SystemClock):
    """A clock by which the claim of a process that died has ended."""

    def now(self) -> Instant:
        return later(super().now(), 60)


def a_desk(shell: Shell, clock: SystemClock) -> Desk:
    shell.home.mkdir(exist_ok=True)
    return Desk(
        database=Database(driver_for(shell.home / "trunkline.db")),
        vault=Vault(*master_keys(shell.home, {}).keys),
        registry=Registry([ghl]),
        client=Client(),
        clock=clock,
    )


async def signed_in(desk: Desk, vendor: FakeGHL, base_url: str) -> None:
    """A connection to a sub-account whose token has ended."""
    app = {"client_id": vendor.signed_in.client_id, "client_secret": vendor.signed_in.client_secret}
    made = await connections.add(desk, NewConnection(connector="ghl", name="main", base_url=base_url, options={}, secrets=app))
    await allow(desk, await sign_in.begin(desk, "main", redirect_uri="https://hub.example/oauth/callback"), base_url)
    held = await desk.tokens.grants.read(made.id)
    assert held.grant is not None
    ended = replace(held.grant, expires_at=desk.clock.now())

    def unit(tx: Transaction) -> None:
        grants.put_grant(tx, made.id, sealed=seal(tx, desk.vault, made.id, ended))

    await desk.database.journal.commit(unit)
    vendor.signed_in.expire()


async def dies(shell: Shell) -> None:
    """A process that is killed as soon as the vendor has given it tokens."""
    dying = await shell.start("connections", "test", "main", TRUNKLINE_CRASH_AT="token-received")
    _, said = await dying.communicate()
    assert dying.returncode == KILLED, said


async def free(desk: Desk) -> None:
    """End the claim of whoever died, in place of waiting until it ends by itself."""
    connection = (await connections.named(desk, "main")).id

    def unit(tx: Transaction) -> None:
        grants.release_grant(tx, connection, by=grants.get_grant(tx, connection).claimed_by)

    await desk.database.journal.commit(unit)


async def test_kill_between_answer_and_store_needs_nobody_to_sign_in_again(shell: Shell) -> None:
    vendor = FakeGHL()
    vendor.seed()
    async with serving(vendor) as base_url:
        desk = a_desk(shell, SystemClock())
        await signed_in(desk, vendor, base_url)
        await dies(shell)
        assert (vendor.signed_in.renewals, vendor.signed_in.reconnects) == (1, 0)
        await free(desk)
        await dies(shell)
        assert (vendor.signed_in.renewals, vendor.signed_in.reconnects) == (2, 1), "the second one died while it mended the first one's end"
        await desk.close()
        desk = a_desk(shell, InAMinute())
        try:
            assert (await connections.test(desk, "main")).ok
            assert (vendor.signed_in.renewals, vendor.signed_in.reconnects) == (3, 2)
        finally:
            await desk.close()


class Watched(FakeSignIn):
    """Looks, whenever an app asks for another code, how long its claim still holds."""

    desk: Desk
    claims_s: list[float]

    async def answer(self, request: Request) -> Response:
        if request.url.path == RECONNECT:
            connection = (await connections.named(self.desk, "main")).id
            row = await self.desk.database.read(lambda tx: grants.get_grant(tx, connection))
            self.claims_s.append((row.claimed_until - self.desk.clock.now()) / SECOND)
        return await super().answer(request)


async def test_other_processes_wait_while_lost_tokens_are_got_again(shell: Shell) -> None:
    vendor = FakeGHL()
    vendor.seed()
    vendor.signed_in = vendor.sign_in = watched = Watched(vendor.location, clock=vendor.clock)
    desks = [a_desk(shell, SystemClock()) for _ in range(2)]
    watched.desk, watched.claims_s = desks[0], []
    async with serving(vendor) as base_url:
        try:
            await signed_in(desks[0], vendor, base_url)
            watched.lose()
            found = await asyncio.gather(*(connections.test(desk, "main") for desk in desks))
            assert [one.ok for one in found] == [True, True]
            assert (watched.renewals, watched.reconnects) == (1, 1)
            tokens = (await connections.link_to(desks[0], "main")).session.tokens
            assert tokens is not None
            assert watched.claims_s[0] > tokens.lease_s, "there are two more questions to ask, and the first one took some time already"
        finally:
            for desk in desks:
                await desk.close()
