"""One address for a marketplace app: each delivery goes to the connection of the sub-account, or agency, that it is about."""

from dataclasses import dataclass
from itertools import count

import pytest

from tests.integration.hubs import Hub
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin.connections import NewConnection
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.model.clock import SECOND, iso
from trunkline.model.http import Request, Response
from trunkline.model.ids import EndpointId
from trunkline.model.json import JSONObject, as_object, dumps

_ids = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A hub with an agency and two of its sub-accounts, each listening for new contacts."""

    hub: Hub
    vendor: FakeGHL
    endpoints: dict[str, EndpointId]

    async def deliver(self, to: str, body: JSONObject, *, signed: bool = True) -> Response:
        now = self.hub.desk.clock.now()
        raw = dumps({"type": "ContactCreate", "webhookId": f"w{next(_ids)}", "timestamp": iso(now), **body})
        headers = (("content-type", "application/json"), *(self.vendor.sign(raw, at=now / SECOND) if signed else ()))
        request = Request(method="POST", url=f"/hooks/{self.endpoints[to]}", headers=headers, body=raw)
        return await self.hub.desk.client.send(request, base_url=self.hub.url, write=True)


@pytest.fixture
async def app(hub: Hub) -> App:
    vendor, endpoints = FakeGHL(), dict[str, EndpointId]()
    for name, account in {"agency": {"company": "COMP"}, "north": {"location": "NORTH"}, "south": {"location": "SOUTH"}}.items():
        options = {**account, "webhook_public_key": vendor.public_key}
        new = NewConnection(connector="ghl", name=name, base_url="http://127.0.0.1:9", options=options, secrets={"token": f"pit-{name}"})
        endpoints[name] = (await connection_admin.add(hub.desk, new)).endpoint
        text = (
            f"flow: {name}\ntrigger: {{on: ghl.contacts.created, connection: {name}, poll: off}}\n"
            f'steps: [{{call: acme.things.key, connection: source, input: {{name: "{name} {{{{ trigger.contact.id }}}}"}}}}]\n'
        )
        await flow_admin.apply(hub.desk, text, source="test")
        await flow_admin.publish(hub.desk, name)
    await hub.engine.directory.refresh()
    return App(hub=hub, vendor=vendor, endpoints=endpoints)


async def test_each_delivery_goes_to_the_connection_of_its_sub_account_whichever_address_took_it(app: App) -> None:
    for to in app.endpoints:
        for location in ("NORTH", "SOUTH"):
            answer = await app.deliver(to, {"locationId": location, "id": f"{location}-by-{to}"})
            assert (answer.status, as_object(answer.json())["events"]) == (200, 1)
    await app.hub.ended(6)
    assert sorted(app.hub.vendor.names()) == [
        f"{name} {name.upper()}-by-{to}" for name in ("north", "south") for to in ("agency", "north", "south")
    ]


async def test_an_unknown_sub_account_is_the_agencys_at_its_address_and_refused_elsewhere(app: App) -> None:
    about: JSONObject = {"locationId": "EAST", "companyId": "COMP", "id": "c1"}
    assert (await app.deliver("north", about)).status == 404
    assert as_object((await app.deliver("agency", about)).json())["events"] == 1
    await app.hub.ended(1)
    assert app.hub.vendor.names() == ["agency c1"]


async def test_nothing_is_believed_that_is_not_signed_wherever_it_goes(app: App) -> None:
    for to in app.endpoints:
        assert (await app.deliver(to, {"locationId": "SOUTH", "id": "c1"}, signed=False)).status == 401
    assert await app.hub.runs() == []
