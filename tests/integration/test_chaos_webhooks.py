"""Webhooks on a bad day, and the poll that finds what they lost: every change arrives exactly once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import triggers as trigger_admin
from trunkline.admin.connections import NewConnection
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.sandbox.deliveries import Faults, UnsteadyWebhooks
from trunkline.testing.vendor import serving

CONTACTS = 150
ROUNDS = 4
NOBODY = "http://127.0.0.1:9/hooks/nobody"
"""Where nobody answers: the receiver is down."""
FLOW = """\
flow: flow
trigger: {on: ghl.contacts.changed, connection: crm, poll: 24h}
steps:
  - call: acme.things.say
    connection: source
    input: {name: "{{ trigger.contact.id }} {{ trigger.contact.first_name }}"}
"""


@dataclass(slots=True)
class Day:
    """A sub-account whose changes are told badly, and a hub that listens."""

    hub: Hub
    vendor: FakeGHL
    deliveries: UnsteadyWebhooks
    address: str
    ids: list[str]

    def change(self, ids: list[str], name: str) -> None:
        for id in ids:
            self.vendor.change_contact(id, {"firstName": name})

    async def reconciled(self) -> None:
        """Wait for one more pass of the poll."""
        before = await trigger_admin.of_flow(self.hub.desk, "flow")
        await trigger_admin.poll(self.hub.desk, "flow")
        async with asyncio.timeout(30):
            while (await trigger_admin.of_flow(self.hub.desk, "flow")).cursor == before.cursor:  # noqa: ASYNC110 - the hub tells by its data
                await asyncio.sleep(0.05)

    async def said(self, most: int) -> list[str]:
        """What came out at the other end, once so many things did."""
        async with asyncio.timeout(30):
            while len(self.hub.vendor.said) < most:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        return self.hub.vendor.said


@asynccontextmanager
async def a_day(folder: Path, *, seed: int) -> AsyncGenerator[Day]:
    vendor = FakeGHL()
    vendor.webhooks = deliveries = UnsteadyWebhooks(vendor, seed=seed)
    deliveries.tries = 2
    ids = [str(vendor.create_contact({"firstName": "v0", "phone": f"+1555555{number:04}"})["id"]) for number in range(CONTACTS)]
    async with running(folder, FakeAcme(), poll_every_s=86_400) as hub, serving(vendor) as base_url:
        account = vendor.account()
        new = NewConnection(
            connector="ghl",
            name="crm",
            base_url=base_url,
            options={name: str(value) for name, value in account.options.items()},
            secrets=dict(account.credential),
        )
        crm = await connection_admin.add(hub.desk, new)
        await flow_admin.apply(hub.desk, FLOW, source="test")
        await flow_admin.publish(hub.desk, "flow")
        day = Day(hub, vendor, deliveries, f"{hub.url}/hooks/{crm.endpoint}", ids)
        async with asyncio.timeout(30):
            while (await trigger_admin.of_flow(hub.desk, "flow")).cursor is None:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        deliveries.urls = [day.address]
        yield day
        await deliveries.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_change_arrives_exactly_once_after_the_next_pass_of_the_poll(tmp_path: Path, seed: int) -> None:
    async with a_day(tmp_path, seed=seed) as day:
        day.deliveries.faults = Faults(lost=0.1, twice=0.1, late=0.1, late_s=1.5)
        for number in range(1, ROUNDS + 1):
            half = CONTACTS // 2
            day.change(day.ids[:half], f"v{number}")
            if number == 2:
                await day.deliveries.settled()
                day.deliveries.urls = [NOBODY]
            day.change(day.ids[half:], f"v{number}")
            if number == 2:
                await day.deliveries.settled()
                day.deliveries.urls = [day.address]
            await day.reconciled()
            said = await day.said(CONTACTS * number)
            assert Counter(said) == Counter(f"{id} v{version}" for id in day.ids for version in range(1, number + 1))
        await day.deliveries.settled()
        await day.reconciled()
        said = await day.said(CONTACTS * ROUNDS)
        assert all(said.count(f"{id} v{number}") == 1 for id in day.ids for number in range(1, ROUNDS + 1))
        assert all(
            [name for name in said if name.startswith(f"{id} ")] == [f"{id} v{number}" for number in range(1, ROUNDS + 1)] for id in day.ids
        )
        shown = await trigger_admin.of_flow(day.hub.desk, "flow")
        suffered = day.deliveries.suffered
        assert min(suffered["lost"], suffered["twice"], suffered["late"]) > CONTACTS * ROUNDS * 0.05
        assert shown.missed == shown.recovered >= CONTACTS // 2
