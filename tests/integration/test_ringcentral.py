"""RingCentral and a running hub: the handshake at our own address, calls and texts told once, contacts by their sync."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin.connections import NewConnection
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.connectors.ringcentral.webhook import TOKEN
from trunkline.model.errors import RejectedError
from trunkline.model.http import Request
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.vendor import serving

CALLS = "/restapi/v1.0/account/~/telephony/sessions"
TEXTS = "/restapi/v1.0/account/~/extension/~/message-store/instant?type=SMS"
SECRET = "repeat-this-with-each-delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """A hub with a connection to a simulated RingCentral; flows write what they heard to the other vendor."""

    hub: Hub
    vendor: FakeRingCentral
    endpoint: str

    @property
    def address(self) -> str:
        return f"{self.hub.url}/hooks/{self.endpoint}"

    async def call(self, id: str, input: JSONObject) -> JSONObject:
        link = await connection_admin.link_to(self.hub.desk, "phones")
        return as_object(await link.call(self.hub.desk.registry.operation(f"ringcentral.{id}"), input))

    async def subscribe(self, address: str | None = None) -> JSONObject:
        return await self.call("subscriptions.keep", {"address": address or self.address, "eventFilters": [CALLS, TEXTS]})

    async def flow(self, trigger: str, says: str, *, poll: str = "off") -> None:
        text = f"""
flow: heard
trigger: {{on: ringcentral.{trigger}, connection: phones, poll: {poll}}}
steps:
  - id: note
    call: acme.things.key
    connection: source
    input: {{name: "{says}"}}
"""
        await flow_admin.apply(self.hub.desk, text, source="test")
        await flow_admin.publish(self.hub.desk, "heard")
        await self.hub.engine.directory.refresh()

    async def heard(self, most: int) -> list[str]:
        await self.hub.ended(most)
        return self.hub.vendor.names()

    async def until(self, reached: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + 20
        while not reached():
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def phones(tmp_path: Path) -> AsyncIterator[Phones]:
    vendor = FakeRingCentral()
    vendor.seed()
    async with serving(vendor) as base_url, running(tmp_path, FakeAcme()) as hub:
        secrets = {"token": vendor.token, TOKEN: SECRET}
        new = NewConnection(connector="ringcentral", name="phones", base_url=base_url, options={}, secrets=secrets)
        connection = await connection_admin.add(hub.desk, new)
        await hub.engine.directory.refresh()
        yield Phones(hub=hub, vendor=vendor, endpoint=connection.endpoint)
    assert vendor.mismatches == []


def party(number: int, code: str, extension: str, **more: JSON) -> JSONObject:
    return {
        "id": f"p-x-{number}",
        "extensionId": extension,
        "direction": "Inbound",
        "from": {"phoneNumber": "+15555550101"},
        "to": {"phoneNumber": "+15555550100"},
        "status": {"code": code},
        **more,
    }


async def test_our_address_answers_the_handshake_and_only_ours_is_subscribed(phones: Phones) -> None:
    assert (await phones.subscribe())["did"] == "created"
    assert phones.vendor.webhook_token == SECRET
    with pytest.raises(RejectedError) as caught:
        await phones.subscribe(f"{phones.hub.url}/hooks/{'a' * 32}")
    assert "SUB-520" in caught.value.message
    assert await phones.hub.runs() == []


async def test_answer_to_the_handshake_is_small(phones: Phones) -> None:
    asking = Request(method="POST", url=f"/hooks/{phones.endpoint}", headers=(("validation-token", "v-123"),), body=b"")
    answer = await phones.hub.desk.client.send(asking, base_url=phones.hub.url, write=False)
    assert (answer.status, answer.headers["validation-token"], answer.body) == (200, "v-123", b"")
    assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 512


async def test_handshake_is_answered_while_the_database_is_busy(phones: Phones) -> None:
    go_on = threading.Event()
    busy = phones.hub.desk.database.journal.commit(lambda _: go_on.wait(30), long=True)
    try:
        asking = Request(method="POST", url=f"/hooks/{phones.endpoint}", headers=(("validation-token", "v-123"),), body=b"")
        answer = await asyncio.wait_for(phones.hub.desk.client.send(asking, base_url=phones.hub.url, write=False), 3)
        assert (answer.status, busy.done()) == (200, False)
    finally:
        go_on.set()
        await busy


async def test_delivery_without_our_token_is_refused(phones: Phones) -> None:
    await phones.subscribe()
    phones.vendor.webhook_token = "of somebody else"
    phones.vendor.webhooks.tries = 1
    phones.vendor.receive_text("+15555550101", "Hello")
    await phones.vendor.webhooks.settled()
    assert [sent.status for sent in phones.vendor.webhooks.log] == [401]


async def test_queue_call_told_in_pieces_and_out_of_order_starts_one_run(phones: Phones) -> None:
    await phones.flow("calls.ended", "{{ trigger.call.id }} {{ trigger.call.answered }}")
    await phones.subscribe()
    vendor = phones.vendor
    vendor.webhooks.hold()
    vendor.tell_call("s-1", 1, party(1, "Setup", "500"))
    vendor.tell_call("s-1", 3, party(2, "Disconnected", "101"), party(3, "Answered", "102"))
    vendor.tell_call("s-1", 2, party(2, "Proceeding", "101"))
    vendor.tell_call("s-1", 5, party(3, "Disconnected", "102", missedCall=False))
    vendor.tell_call("s-1", 4, party(1, "Disconnected", "500"))
    vendor.webhooks.copies = 2
    vendor.webhooks.release()
    await vendor.webhooks.settled()
    vendor.tell_call("s-2", 1, party(1, "Disconnected", "101", missedCall=True))
    await vendor.webhooks.settled()
    assert sorted(await phones.heard(2)) == ["s-1 true", "s-2 false"]


async def test_poll_of_the_call_log_finds_what_no_event_told_and_repeats_nothing(phones: Phones) -> None:
    await phones.flow("calls.missed", "{{ trigger.call.id }}", poll="10s")
    await phones.subscribe()
    await phones.until(lambda: bool(phones.vendor.calls_to("GET */call-log")))
    phones.vendor.tell_call("t-told", 1, party(1, "Disconnected", "101", missedCall=True))
    await phones.heard(1)
    phones.vendor.end_call({"telephonySessionId": "t-told", "result": "Missed"})
    phones.vendor.end_call({"telephonySessionId": "t-untold", "result": "Missed"})
    phones.vendor.end_call({"telephonySessionId": "t-answered", "result": "Accepted"})
    assert sorted(await phones.heard(2)) == ["t-told", "t-untold"]


async def test_text_that_both_ways_tell_starts_one_run(phones: Phones) -> None:
    await phones.flow("sms.received", "{{ trigger.message.text }}", poll="10s")
    await phones.subscribe()
    await phones.until(lambda: len(phones.vendor.calls_to("GET */message-store")) > 0)
    phones.vendor.receive_text("+15555550101", "told by both")
    phones.vendor.announces = False
    phones.vendor.receive_text("+15555550101", "found by the poll")
    await phones.heard(2)
    seen = len(phones.vendor.calls_to("GET */message-store"))
    await phones.until(lambda: len(phones.vendor.calls_to("GET */message-store")) >= seen + 2)
    assert sorted(phones.hub.vendor.names()) == ["found by the poll", "told by both"]


async def test_new_contact_is_found_by_the_address_books_sync_also_after_its_token_ended(phones: Phones) -> None:
    await phones.flow("contacts.created", "{{ trigger.contact.firstName }} {{ trigger.contact.id }}", poll="10s")
    await phones.until(lambda: any(call.query.get("syncToken") for call in phones.vendor.calls))
    bea = phones.vendor.add_contact({"firstName": "Bea"})
    await phones.heard(1)
    phones.vendor.expire_tokens()
    cy = phones.vendor.add_contact({"firstName": "Cy"})
    assert sorted(await phones.heard(2)) == [f"Bea {bea['id']}", f"Cy {cy['id']}"]
