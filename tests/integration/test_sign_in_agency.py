"""An agency signs in once: its sub-accounts work, stop and work again with it, and it is asked for what their flows need."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from trunkline.admin import connections, flows, sign_in
from trunkline.admin.callback import finish
from trunkline.admin.connections import NOBODY, NewConnection
from trunkline.admin.desk import Desk
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.connectors.ghl import connector as ghl
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_seed import COMPANY
from trunkline.model.clock import SystemClock
from trunkline.model.errors import ConfigError
from trunkline.model.http import Request
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.vendor import serving
from trunkline.vault.box import Vault

FLOW = """
flow: welcome
trigger: {on: ghl.contacts.created, connection: sub, poll: off}
steps:
  - id: tag
    call: ghl.contacts.add_tags
    connection: sub
    input: {contactId: "{{ trigger.contact.id }}", tags: [welcome]}
"""


@dataclass(slots=True, kw_only=True)
class Place:
    desk: Desk
    vendor: FakeGHL
    base_url: str

    async def add(self, name: str, options: dict[str, str], secrets: dict[str, str] | None = None) -> None:
        new = NewConnection(connector="ghl", name=name, base_url=self.base_url, options=options, secrets=secrets or {})
        await connections.add(self.desk, new)

    async def begin(self) -> sign_in.Begun:
        return await sign_in.begin(self.desk, "agency", redirect_uri="https://hub.example/oauth/callback")

    async def sign_in(self) -> None:
        """The person says yes; the vendor sends the browser back."""
        begun = await self.begin()
        path = begun.address.removeprefix(self.base_url)
        answer = await self.desk.client.send(Request(method="GET", url=path), base_url=self.base_url, write=False)
        await finish(self.desk, sign_in.brought_in(answer.headers["location"]))

    async def states(self) -> dict[str, str]:
        return {one.name: one.state for one in await connections.everything(self.desk)}


@asynccontextmanager
async def place(home: Path) -> AsyncGenerator[Place]:
    vendor = FakeGHL()
    vendor.seed()
    desk = Desk(
        database=Database(SqliteDriver(home / "trunkline.db")),
        vault=Vault(bytes(32)),
        registry=Registry([ghl]),
        client=Client(),
        clock=SystemClock(),
    )
    app = {"client_id": vendor.signed_in.client_id, "client_secret": vendor.signed_in.client_secret}
    async with serving(vendor) as base_url:
        at = Place(desk=desk, vendor=vendor, base_url=base_url)
        try:
            await at.add("agency", {"level": "agency"}, app)
            await at.add("sub", {"agency": "agency", "location": vendor.location})
            yield at
        finally:
            await desk.close()


async def test_sub_account_works_as_soon_as_its_agency_has_signed_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        assert (await connections.named(at.desk, "agency")).cause == NOBODY
        before = await connections.test(at.desk, "sub")
        assert (before.ok, before.message) == (False, "Nobody has signed in to GoHighLevel yet.")
        assert await at.states() == {"agency": "paused", "sub": "paused"}
        await at.sign_in()
        assert await at.states() == {"agency": "ok", "sub": "ok"}
        assert (await connections.named(at.desk, "agency")).options == {"level": "agency", "company": COMPANY}
        assert (await connections.test(at.desk, "sub")).ok
        assert at.vendor.signed_in.minted == [at.vendor.location]


async def test_sub_account_stops_and_goes_on_with_its_agency(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        assert (await connections.test(at.desk, "sub")).ok
        at.vendor.signed_in.revoke()
        assert not (await connections.test(at.desk, "sub")).ok
        assert (await at.states())["sub"] == "paused"
        await at.sign_in()
        assert await at.states() == {"agency": "ok", "sub": "ok"}
        assert (await connections.test(at.desk, "sub")).ok


async def test_agency_is_asked_for_what_the_flows_of_its_sub_accounts_need(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        least = (await at.begin()).scopes
        await flows.apply(at.desk, FLOW, source="welcome.yaml")
        begun = await at.begin()
        assert set(begun.scopes) == {*least, "contacts.readonly", "contacts.write"}
        assert begun.reasons["contacts.write"] == ("ghl.contacts.add_tags in welcome",)
        asked = parse_qs(urlsplit(begun.address).query)
        assert asked["scope"] == [" ".join(begun.scopes)]


async def test_sub_account_needs_its_location_and_an_agency_that_signed_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        with pytest.raises(ConfigError) as caught:
            await at.add("nowhere", {"agency": "agency"})
        assert caught.value.place == "location"
        await at.add("stray", {"agency": "nobody", "location": at.vendor.location})
        found = await connections.test(at.desk, "stray")
        assert (found.ok, "no connection named 'nobody'" in found.message) == (False, True)
        await at.add("chain", {"agency": "sub", "location": at.vendor.location})
        chained = await connections.test(at.desk, "chain")
        assert (chained.ok, "can make none" in chained.message) == (False, True)
