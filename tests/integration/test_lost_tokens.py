"""A process dies between getting new tokens and storing them: the vendor gives the app others, and nobody has to sign in again."""

from dataclasses import replace

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
from trunkline.model.clock import Instant, SystemClock, later
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


async def test_kill_between_answer_and_store_needs_nobody_to_sign_in_again(shell: Shell) -> None:
    vendor = FakeGHL()
    vendor.seed()
    async with serving(vendor) as base_url:
        desk = a_desk(shell, SystemClock())
        await signed_in(desk, vendor, base_url)
        await desk.close()
        dying = await shell.start("connections", "test", "main", TRUNKLINE_CRASH_AT="token-received")
        _, said = await dying.communicate()
        assert dying.returncode == KILLED, said
        assert (vendor.signed_in.renewals, vendor.signed_in.reconnects) == (1, 0)
        desk = a_desk(shell, InAMinute())
        try:
            assert (await connections.test(desk, "main")).ok
            assert (vendor.signed_in.renewals, vendor.signed_in.reuses, vendor.signed_in.reconnects) == (2, 1, 1)
        finally:
            await desk.close()
