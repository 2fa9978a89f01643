"""An agency that signs in with a marketplace app, and one of its sub-accounts, for tests."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from trunkline.admin import connections, sign_in
from trunkline.admin.callback import finish
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.connectors.ghl import connector as ghl
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.model.clock import Clock, SystemClock
from trunkline.model.http import Request
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.vendor import serving
from trunkline.vault.box import Vault


def a_desk(home: Path, *, clock: Clock | None = None) -> Desk:
    """A desk on the data in a folder, as each process has its own."""
    return Desk(
        database=Database(SqliteDriver(home / "trunkline.db")),
        vault=Vault(bytes(32)),
        registry=Registry([ghl]),
        client=Client(),
        clock=clock or SystemClock(),
    )


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
        """Somebody signs in to the agency."""
        await allow(self.desk, await self.begin(), self.base_url)

    async def states(self) -> dict[str, str]:
        return {one.name: one.state for one in await connections.everything(self.desk)}


async def allow(desk: Desk, begun: sign_in.Begun, base_url: str) -> None:
    """The person says yes; the vendor sends the browser back."""
    asked = Request(method="GET", url=begun.address.removeprefix(base_url))
    answer = await desk.client.send(asked, base_url=base_url, write=False)
    await finish(desk, sign_in.brought_in(answer.headers["location"]))


@asynccontextmanager
async def place(home: Path) -> AsyncGenerator[Place]:
    vendor = FakeGHL()
    vendor.seed()
    desk = a_desk(home)
    app = {"client_id": vendor.signed_in.client_id, "client_secret": vendor.signed_in.client_secret}
    async with serving(vendor) as base_url:
        at = Place(desk=desk, vendor=vendor, base_url=base_url)
        try:
            await at.add("agency", {"level": "agency"}, app)
            await at.add("sub", {"agency": "agency", "location": vendor.location})
            yield at
        finally:
            await desk.close()
