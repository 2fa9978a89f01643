"""GoHighLevel's events through a running hub: delivered, polled, asked for, and told once."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.integration.hubs import WAIT_S, Hub
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin.connections import NewConnection
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.model.clock import SECOND, iso
from trunkline.model.http import Request
from trunkline.model.json import JSON, JSONObject, as_object, dumps
from trunkline.testing.vendor import serving

_ids = count()


@dataclass(slots=True)
class Crm:
    """A hub with a simulated sub-account as its connection `crm`."""

    hub: Hub
    vendor: FakeGHL
    endpoint: str

    async def flow(self, on: str, note: str, *, poll: str = "off", input: str = "{}", webhook: bool = True) -> None:
        more = "" if webhook else ", webhook: false"
        text = (
            f"flow: flow\ntrigger: {{on: ghl.{on}, connection: crm, poll: {poll}, input: {input}{more}}}\n"
            f'steps: [{{call: acme.things.key, connection: source, input: {{name: "{note}"}}}}]\n'
        )
        await flow_admin.apply(self.hub.desk, text, source="test")
        await flow_admin.publish(self.hub.desk, "flow")
        await self.hub.engine.directory.refresh()

    async def deliver(self, body: JSONObject, *, query: str = "") -> JSON:
        """Send a signed delivery as the vendor does; what the hub made of it."""
        now = self.hub.desk.clock.now()
        stamp: JSONObject = {"webhookId": f"w{next(_ids)}", "timestamp": iso(now)}
        raw = dumps({"locationId": self.vendor.location, **body, **stamp})
        headers = (("content-type", "application/json"), *self.vendor.sign(raw, at=now / SECOND))
        request = Request(method="POST", url=f"/hooks/{self.endpoint}{query}", headers=headers, body=raw)
        answer = await self.hub.desk.client.send(request, base_url=self.hub.url, write=True)
        assert answer.status == 200, answer.body
        return as_object(answer.json())["events"]

    def told(self) -> list[str]:
        return self.hub.vendor.names()

    async def polled(self, path: str, most: int = 2) -> None:
        """Wait until the list was read so many times more."""
        seen = len(self.vendor.calls_to(path))
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while len(self.vendor.calls_to(path)) < seen + most:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)


@pytest.fixture
async def crm(hub: Hub) -> AsyncGenerator[Crm]:
    vendor = FakeGHL()
    vendor.seed()
    async with serving(vendor) as base_url:
        account = vendor.account()
        new = NewConnection(
            connector="ghl",
            name="crm",
            base_url=base_url,
            options={name: str(value) for name, value in account.options.items()},
            secrets=dict(account.credential),
        )
        await connection_admin.add(hub.desk, new)
        await hub.engine.directory.refresh()
        yield Crm(hub, vendor, str((await connection_admin.named(hub.desk, "crm")).endpoint))


MOVED: JSONObject = {"id": "o1", "name": "Roof", "pipelineId": "p", "status": "open", "monetaryValue": 5}
NOTE = "{{ trigger.opportunity.id }} {{ trigger.before.pipeline_stage_id or 'nowhere' }} to {{ trigger.opportunity.pipeline_stage_id }}"


async def test_moves_are_told_with_where_they_came_from_and_only_those_asked_for(crm: Crm) -> None:
    await crm.flow("opportunities.stage_changed", NOTE, input="{pipelineStageId: won}")
    for stage in ("new", "won", "won", "lost", "won"):
        await crm.deliver({"type": "OpportunityStageUpdate", **MOVED, "pipelineStageId": stage})
    await crm.hub.ended(2)
    assert crm.told() == ["o1 new to won", "o1 lost to won"]


async def test_two_events_of_one_change_start_one_run(crm: Crm) -> None:
    await crm.flow("opportunities.changed", "{{ trigger.opportunity.pipeline_stage_id }}")
    change: JSONObject = {**MOVED, "pipelineStageId": "won"}
    assert await crm.deliver({"type": "OpportunityStageUpdate", **change}) == 1
    assert await crm.deliver({"type": "OpportunityUpdate", **change}) == 0
    await crm.hub.ended(1)
    assert crm.told() == ["won"]


async def test_a_delivery_without_a_type_is_known_by_its_address(crm: Crm) -> None:
    await crm.flow("products.deleted", "{{ trigger.product.name }} is gone")
    product: JSONObject = {"_id": "p1", "name": "Gutter guard", "productType": "PHYSICAL"}
    assert await crm.deliver(product) == 0, "it does not say what happened"
    assert await crm.deliver(product, query="?event=ProductDelete") == 1
    await crm.hub.ended(1)
    assert crm.told() == ["Gutter guard is gone"]


async def test_a_watched_calendar_list_tells_what_appears_and_what_changes(crm: Crm) -> None:
    await crm.flow("calendars.list.changed", "{{ trigger.calendar.name }}", poll="10s")
    await crm.polled("GET /calendars/")
    made = await crm.hub.desk.client.send(
        Request(
            method="POST",
            url="/calendars/",
            headers=(
                ("authorization", f"Bearer {crm.vendor.account().credential['token']}"),
                ("version", "2021-04-15"),
                ("content-type", "application/json"),
            ),
            body=dumps({"name": "Inspections", "locationId": crm.vendor.location}),
        ),
        base_url=str((await connection_admin.named(crm.hub.desk, "crm")).base_url),
        write=True,
    )
    assert made.status < 300, made.body
    await crm.hub.ended(1)
    await crm.polled("GET /calendars/")
    assert crm.told() == ["Inspections"]
