"""A marketplace app is removed from a sub-account and installed again: its connections pause in time and go on by themselves."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.integration.agency import allow
from tests.integration.hubs import Hub
from trunkline.admin import connections, sign_in
from trunkline.admin.connections import NOBODY, NewConnection
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_seed import ADA, COMPANY
from trunkline.model.clock import SECOND, Instant, iso, later
from trunkline.model.connection import Connection
from trunkline.model.http import Request, Response
from trunkline.model.json import JSONObject, dumps
from trunkline.testing.vendor import serving

STEP = f"  - {{call: ghl.contacts.get, connection: sub, input: {{contactId: {ADA}}}}}\n"
OTHER_APP = "oThErApP000000000001"
_ids = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A hub with an agency that signed in, a sub-account that lives on it, and one with a private token for the same sub-account."""

    hub: Hub
    vendor: FakeGHL
    base_url: str

    async def add(self, name: str, options: dict[str, str], secrets: dict[str, str]) -> None:
        options = {**options, "webhook_public_key": self.vendor.public_key}
        new = NewConnection(connector="ghl", name=name, base_url=self.base_url, options=options, secrets=secrets)
        await connections.add(self.hub.desk, new)

    async def sign_in(self, name: str) -> None:
        begun = await sign_in.begin(self.hub.desk, name, redirect_uri="https://hub.example/oauth/callback")
        await allow(self.hub.desk, begun, self.base_url)
        await self.hub.engine.directory.refresh()

    async def named(self, name: str) -> Connection:
        return await connections.named(self.hub.desk, name)

    async def states(self) -> dict[str, str]:
        return {one.name: one.state for one in await connections.everything(self.hub.desk) if one.connector == "ghl"}

    async def until(self, name: str, state: str) -> Connection:
        """Wait until a connection is in a state."""
        async with asyncio.timeout(20):
            while True:
                found = await self.named(name)
                if found.state == state:
                    return found
                await asyncio.sleep(0.02)

    async def tell(
        self, type: str, where: JSONObject, *, to: str = "agency", at: Instant | None = None, signed: bool = True, query: str = ""
    ) -> Response:
        """Deliver that the app was installed or removed."""
        now = at or later(self.hub.desk.clock.now(), 0.01)
        body: JSONObject = {"type": type, "appId": self.vendor.signed_in.app_id, "companyId": COMPANY}
        raw = dumps({**body, "webhookId": f"w{next(_ids)}", "timestamp": iso(now), **where})
        headers = (("content-type", "application/json"), *(self.vendor.sign(raw, at=now / SECOND) if signed else ()))
        request = Request(method="POST", url=f"/hooks/{(await self.named(to)).endpoint}{query}", headers=headers, body=raw)
        return await self.hub.desk.client.send(request, base_url=self.hub.url, write=True)

    @property
    def here(self) -> JSONObject:
        return {"locationId": self.vendor.location}


@pytest.fixture
async def place(hub: Hub) -> AsyncGenerator[Place]:
    vendor = FakeGHL()
    vendor.seed()
    async with serving(vendor) as base_url:
        at = Place(hub=hub, vendor=vendor, base_url=base_url)
        app = {"client_id": vendor.signed_in.client_id, "client_secret": vendor.signed_in.client_secret}
        await at.add("agency", {"level": "agency"}, app)
        await at.add("private", {"location": vendor.location}, {"token": vendor.token})
        await at.add("sub", {"agency": "agency", "location": vendor.location}, {})
        await at.sign_in("agency")
        yield at


WORKING = {"agency": "ok", "private": "ok", "sub": "ok"}
SUB_PAUSED = {**WORKING, "sub": "paused"}


async def test_removed_app_pauses_what_lived_on_it_before_a_call_fails_and_its_return_lets_runs_go_on(place: Place) -> None:
    await place.hub.flow(STEP)
    place.vendor.signed_in.uninstall(place.vendor.location)
    assert (await place.tell("UNINSTALL", place.here)).status == 200
    paused = await place.named("sub")
    assert (await place.states(), place.vendor.calls_to("GET /contacts/*")) == (SUB_PAUSED, [])
    assert paused.cause == ("The app was uninstalled from this sub-account at GoHighLevel: install it there again, or sign in again.")
    await place.hub.event("Ada")
    await place.hub.in_state("parked")
    place.vendor.signed_in.installed[place.vendor.location] = "Palmer & Sons"
    assert (await place.tell("INSTALL", place.here)).status == 200
    await place.hub.in_state("done")
    assert await place.states() == WORKING


async def test_return_that_does_not_help_leaves_it_paused_with_the_vendors_words(place: Place) -> None:
    place.vendor.signed_in.uninstall(place.vendor.location)
    await place.tell("UNINSTALL", place.here)
    await place.tell("INSTALL", place.here)
    found = await place.until("sub", "paused")
    assert "Location not found for this company and app." in found.cause


async def test_agency_that_removed_the_app_is_paused_with_its_sub_accounts_and_a_sign_in_revives_all(place: Place) -> None:
    place.vendor.signed_in.revoke()
    assert (await place.tell("UNINSTALL", {})).status == 200
    assert await place.states() == {"agency": "paused", "private": "ok", "sub": "paused"}
    await place.sign_in("agency")
    assert await place.states() == WORKING
    assert (await connections.test(place.hub.desk, "sub")).ok


async def test_sub_account_that_signed_in_itself_goes_on_when_the_app_is_back(place: Place) -> None:
    app = {"client_id": place.vendor.signed_in.client_id, "client_secret": place.vendor.signed_in.client_secret}
    await place.add("alone", {}, app)
    await place.sign_in("alone")
    await place.tell("UNINSTALL", place.here)
    assert (await place.states())["alone"] == "paused"
    place.vendor.signed_in.lose()
    await place.tell("INSTALL", place.here)
    await place.until("alone", "ok")
    assert place.vendor.signed_in.reconnects >= 1, "its refresh token was no good any more"


async def test_connection_that_nobody_signed_in_to_stays_so(place: Place) -> None:
    app = {"client_id": place.vendor.signed_in.client_id, "client_secret": place.vendor.signed_in.client_secret}
    await place.add("new", {"location": place.vendor.location}, app)
    await place.hub.engine.directory.refresh()
    for type in ("UNINSTALL", "INSTALL"):
        await place.tell(type, place.here)
        assert (await place.named("new")).cause == NOBODY


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"appId": OTHER_APP}, "the vendor signs for every app with one key, and this one is not ours"),
        ({"appId": None}, "it does not say which app"),
        ({"locationId": "eLsEwHeRe"}, "another sub-account"),
    ],
)
async def test_what_is_said_of_others_changes_nothing_here(place: Place, where: JSONObject, why: str) -> None:
    assert (await place.tell("UNINSTALL", {**place.here, **where})).status == 200, why
    assert await place.states() == WORKING, why


async def test_what_is_not_signed_changes_nothing(place: Place) -> None:
    assert (await place.tell("UNINSTALL", place.here, signed=False)).status == 401
    assert await place.states() == WORKING


async def test_address_that_names_another_event_does_not_turn_an_install_into_its_opposite(place: Place) -> None:
    assert (await place.tell("INSTALL", place.here, query="?event=AppUninstall")).status == 200
    assert await place.states() == WORKING


async def test_old_delivery_that_comes_again_does_not_pause_what_works_by_now(place: Place) -> None:
    before = later((await place.named("sub")).since, -60)
    await place.tell("UNINSTALL", place.here, at=before)
    assert await place.states() == WORKING, "older than the last change of its state"
    now = place.hub.desk.clock.now()
    await place.tell("INSTALL", place.here, at=later(now, 2))
    await place.tell("UNINSTALL", place.here, at=later(now, 1))
    assert await place.states() == WORKING, "they came in the wrong order"
    await place.tell("UNINSTALL", place.here, at=later(now, 3))
    assert await place.states() == SUB_PAUSED


async def test_key_of_one_connection_proves_nothing_to_another(place: Place) -> None:
    await connections.update(place.hub.desk, "sub", secrets={}, options={"webhook_public_key": FakeGHL().public_key}, base_url=None)
    await place.hub.engine.directory.refresh()
    assert (await place.tell("UNINSTALL", place.here, to="private")).status == 200
    assert await place.states() == WORKING
