"""Subscriptions as desired state: made once, renewed, mended, taken away; the vendors are simulated, the deliveries real."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin.connections import NewConnection
from trunkline.admin.subscriptions import listed, look_again, remember
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.connectors.ringcentral.webhook import TOKEN
from trunkline.engine.subscriptions import GRACE_S, Subscriber
from trunkline.model.clock import SECOND, from_iso, iso, later
from trunkline.model.json import JSONObject, as_list, at_path
from trunkline.store import subscriptions as store
from trunkline.store.subscriptions import Subscription
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import FakeVendor, serving


@dataclass(slots=True, kw_only=True)
class Place:
    """A hub with one connection `phones`, and the part of it that keeps subscriptions, moved by hand and by a clock of its own."""

    hub: Hub
    vendor: FakeVendor
    connector: str
    clock: FakeClock = field(default_factory=FakeClock)
    public: str = ""
    subscriber: Subscriber = field(init=False)

    def __post_init__(self) -> None:
        self.public = self.hub.url
        self.start()

    def start(self) -> None:
        """As after a start of the program: nothing is remembered but what is stored."""
        desk, directory = self.hub.desk, self.hub.engine.directory
        self.subscriber = Subscriber(
            desk.database,
            directory,
            self.clock,
            address=lambda connection: f"{self.public}/hooks/{connection.endpoint}" if self.public else None,
            remember=lambda id, secrets, besides: remember(desk, id, secrets, besides),
        )

    async def flow(self, trigger: str, *, name: str = "heard", says: str = "heard") -> None:
        text = (
            f"flow: {name}\ntrigger: {{on: {self.connector}.{trigger}, connection: phones, poll: off}}\n"
            f'steps:\n  - id: note\n    call: acme.things.key\n    connection: source\n    input: {{name: "{says}"}}\n'
        )
        await flow_admin.apply(self.hub.desk, text, source="test")
        await flow_admin.publish(self.hub.desk, name)
        await self.hub.engine.directory.refresh()

    async def stop(self, name: str = "heard") -> None:
        await flow_admin.unpublish(self.hub.desk, name)
        await self.hub.engine.directory.refresh()

    async def look(self) -> Subscription | None:
        """Bring things in order; how the subscription stands then."""
        await self.hub.engine.directory.refresh()
        await self.subscriber.look()
        await self.hub.engine.directory.refresh()
        connection = await connection_admin.named(self.hub.desk, "phones")
        return (await self.hub.desk.database.read(store.all_subscriptions)).get(connection.id)

    async def again(self, seconds: float = 3_601) -> Subscription | None:
        """Look when so much time has passed."""
        self.clock.set(later(self.clock.now(), seconds))
        return await self.look()

    def changes(self) -> int:
        """How often the vendor was asked for anything but a list."""
        return sum(call.method != "GET" for call in self.vendor.calls)

    async def secrets(self) -> Mapping[str, str]:
        link = await connection_admin.link_to(self.hub.desk, "phones")
        return link.account.credential


async def place(tmp_path: Path, vendor: FakeVendor, connector: str, secrets: Mapping[str, str]) -> AsyncIterator[Place]:
    async with running(tmp_path, FakeAcme()) as hub, serving(vendor) as base_url:
        new = NewConnection(connector=connector, name="phones", base_url=base_url, options={}, secrets=secrets)
        await connection_admin.add(hub.desk, new)
        yield Place(hub=hub, vendor=vendor, connector=connector)


@pytest_asyncio.fixture
async def openphone(tmp_path: Path) -> AsyncIterator[tuple[Place, FakeOpenPhone]]:
    vendor = FakeOpenPhone()
    vendor.limits = ()
    vendor.seed()
    vendor.hooks.current.clear()
    vendor.hooks.legacy.clear()
    async for one in place(tmp_path, vendor, "openphone", {"token": vendor.token}):
        yield one, vendor


@pytest_asyncio.fixture
async def ringcentral(tmp_path: Path) -> AsyncIterator[tuple[Place, FakeRingCentral]]:
    vendor = FakeRingCentral()
    vendor.limits = ()
    vendor.seed()
    vendor.subscriptions.clear()
    async for one in place(tmp_path, vendor, "ringcentral", {"token": vendor.account().credential["token"]}):
        yield one, vendor


# ── OpenPhone: the key of a webhook is shown once ────────────────────────────────────────────────────────────────────


async def test_a_published_flow_has_a_webhook_made_whose_deliveries_are_believed(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    made = await at.look()
    assert made is not None
    (hook,) = vendor.hooks.current.values()
    assert (hook["url"], hook["events"], hook["resourceIds"], hook["status"]) == (made.address, ["message.received"], ["*"], "enabled")
    assert (await at.secrets())["webhook_key"] == hook["key"]
    vendor.announce("message.received", {"id": "AC1", "text": "Hello", "from": "+14155550100", "to": ["+14155550101"]})
    (run,) = await at.hub.ended(1)
    assert (run.state, at.hub.vendor.names()) == ("done", ["heard"])


async def test_publishing_again_asks_for_nothing(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    await at.look()
    before = at.changes()
    for says in ("one", "two", "three"):
        await at.flow("messages.received", says=says)
        await at.look()
    await at.again()
    at.start()
    await at.look()
    assert (at.changes(), len(vendor.hooks.current)) == (before, 1)


async def test_another_flow_adds_its_kind_to_the_webhook_that_is_there(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    await at.look()
    await at.flow("calls.completed", name="calls")
    await at.look()
    (hook,) = vendor.hooks.current.values()
    assert hook["events"] == ["call.completed", "message.received"]
    await at.stop("calls")
    await at.look()
    assert [hook["events"] for hook in vendor.hooks.current.values()] == [["message.received"]]


async def test_what_no_flow_needs_is_taken_away_after_a_while(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    await at.look()
    await at.stop()
    assert await at.look() is not None
    await at.flow("messages.received")
    await at.again(GRACE_S + 1)
    assert len(vendor.hooks.current) == 1, "published again in time"
    await at.stop()
    await at.look()
    assert await at.again(GRACE_S + 1) is None
    assert not vendor.hooks.current


async def test_a_webhook_that_was_switched_off_or_deleted_is_mended(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    await at.look()
    (hook,) = vendor.hooks.current.values()
    hook["status"] = "disabled"
    mended = await at.again()
    assert mended is not None
    assert (hook["status"], mended.repaired) == ("enabled", 1)
    vendor.hooks.current.clear()
    mended = await at.again()
    assert mended is not None
    (other,) = vendor.hooks.current.values()
    assert ((await at.secrets())["webhook_key"], mended.repaired) == (other["key"], 2)


async def test_a_webhook_whose_answer_was_lost_gets_a_new_key_and_no_twin(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    vendor.next("POST /webhooks", status=500, after=True)
    failed = await at.look()
    assert failed is not None
    assert (failed.failures, failed.known) == (1, {})
    assert failed.problem
    assert (await at.again(31)) != failed
    (hook,) = vendor.hooks.current.values()
    assert (await at.secrets())["webhook_key"] == hook["key"]


async def test_another_address_of_ours_moves_the_webhook(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    await at.look()
    at.public = "https://hub.example"
    moved = await at.look()
    assert moved is not None
    assert [hook["url"] for hook in vendor.hooks.current.values()] == [moved.address]
    assert moved.address.startswith("https://hub.example/hooks/")


async def test_who_does_it_by_hand_or_has_no_address_is_left_alone(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    at.public = ""
    await at.flow("messages.received")
    assert await at.look() is None
    at.public = at.hub.url
    await connection_admin.update(at.hub.desk, "phones", secrets={}, options={"subscription": "by_hand"}, base_url=None)
    assert await at.look() is None
    assert not vendor.hooks.current


async def test_a_connection_that_is_removed_leaves_nothing_at_the_vendor(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    await at.look()
    await at.stop()
    await connection_admin.remove(at.hub.desk, "phones")
    assert not vendor.hooks.current
    assert await at.hub.desk.database.read(store.all_subscriptions) == {}


async def test_a_refused_credential_pauses_the_connection_and_asks_no_more(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone
    await at.flow("messages.received")
    vendor.token_accepted = False
    await at.look()
    assert (await connection_admin.named(at.hub.desk, "phones")).state == "paused"
    asked = len(vendor.calls)
    await at.again()
    assert len(vendor.calls) == asked


async def test_a_change_of_a_persons_at_the_same_moment_is_kept(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, _ = openphone
    desk = at.hub.desk
    connection = await connection_admin.named(desk, "phones")

    def change(name: str, value: str) -> Awaitable[object]:
        return connection_admin.update(desk, "phones", secrets={name: value}, options={}, base_url=None)

    async def told(number: int) -> None:
        await remember(desk, connection.id, {"webhook_key": f"whsec_{number}"}, lambda _: None)

    for number in range(10):
        legacy = f"bGVnYWN5{number}"
        await asyncio.gather(*(told(number) for _ in range(3)), change("webhook_legacy_secret", legacy), told(number))
        held = await at.secrets()
        assert (held["webhook_legacy_secret"], held["webhook_key"]) == (legacy, f"whsec_{number}")


# ── RingCentral: our own token, a handshake, an end ──────────────────────────────────────────────────────────────────


def own(vendor: FakeRingCentral) -> JSONObject:
    (one,) = vendor.subscriptions.values()
    return one


async def test_a_token_is_made_up_the_address_answers_and_calls_are_told(ringcentral: tuple[Place, FakeRingCentral]) -> None:
    at, vendor = ringcentral
    await at.flow("calls.ended")
    made = await at.look()
    assert made is not None
    assert made.until == from_iso(str(own(vendor)["expirationTime"]))
    assert (await at.secrets())[TOKEN] == vendor.webhook_token
    assert as_list(own(vendor)["eventFilters"])[0] == f"/restapi/v1.0/account/{vendor.owner_of('accountId', '~')}/telephony/sessions"


async def test_a_subscription_is_renewed_before_it_ends_and_not_sooner(ringcentral: tuple[Place, FakeRingCentral]) -> None:
    at, vendor = ringcentral
    await at.flow("sms.received")
    at.clock = FakeClock(at.hub.desk.clock.now())
    at.start()
    made = await at.look()
    assert made is not None
    await at.again(3 * 86_400)
    assert not vendor.calls_to("POST /restapi/v1.0/subscription/*/renew")
    own(vendor)["expirationTime"] = iso(later(at.hub.desk.clock.now(), 3_600))
    renewed = await at.again()
    assert renewed is not None
    assert renewed.until is not None
    assert renewed.until - at.hub.desk.clock.now() > 6 * 86_400 * SECOND
    assert at_path(own(vendor), "id") == renewed.known["id"]


async def test_one_that_the_vendor_gave_up_is_made_anew(ringcentral: tuple[Place, FakeRingCentral]) -> None:
    at, vendor = ringcentral
    await at.flow("sms.received")
    made = await at.look()
    assert made is not None
    own(vendor)["status"] = "Blacklisted"
    mended = await at.again()
    assert mended is not None
    assert mended.known["id"] != made.known["id"]
    assert (own(vendor)["id"], own(vendor)["status"], mended.repaired) == (mended.known["id"], "Active", 1)


async def test_another_token_of_a_persons_has_it_made_anew(ringcentral: tuple[Place, FakeRingCentral]) -> None:
    at, vendor = ringcentral
    await at.flow("sms.received")
    await at.look()
    await connection_admin.update(at.hub.desk, "phones", secrets={TOKEN: "a-token-of-my-own"}, options={}, base_url=None)
    await at.again()
    assert vendor.webhook_token == "a-token-of-my-own"
    assert len(vendor.subscriptions) == 1


async def test_an_address_the_vendor_cannot_reach_is_told_and_tried_less_and_less(ringcentral: tuple[Place, FakeRingCentral]) -> None:
    at, vendor = ringcentral
    at.public = "http://127.0.0.1:9"
    await at.flow("sms.received")
    failed = await at.look()
    assert failed is not None
    assert "could not reach the webhook address" in failed.problem
    for wait, failures in ((29, 1), (2, 2), (31, 2), (30, 3), (3_600, 4)):
        failed = await at.again(wait)
        assert failed is not None
        assert failed.failures == failures
    at.public = at.hub.url
    mended = await at.again(3_600)
    assert mended is not None
    assert (mended.failures, mended.problem, len(vendor.subscriptions)) == (0, "", 1)


# ── what a person sees ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_how_each_subscription_stands_is_told(openphone: tuple[Place, FakeOpenPhone]) -> None:
    at, vendor = openphone

    async def state(*, public: bool = True) -> str:
        return next(one.state for one in await listed(at.hub.desk, public=public) if one.connection.name == "phones")

    assert await state() == "not needed"
    await at.flow("messages.received")
    assert (await state(), await state(public=False)) == ("waiting", "no address")
    vendor.next("GET /webhooks", status=503)
    await at.look()
    assert await state() == "failing"
    connection = await connection_admin.named(at.hub.desk, "phones")
    assert await look_again(at.hub.desk, connection)
    await at.look()
    assert await state() == "kept"
    await connection_admin.update(at.hub.desk, "phones", secrets={}, options={"subscription": "by_hand"}, base_url=None)
    assert await state() == "by hand"
