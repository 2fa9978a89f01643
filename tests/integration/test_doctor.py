"""The doctor names the cause and the next step, and mends what can be mended."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.integration.hubs import Hub
from tests.integration.shell import Shell
from trunkline.admin import connections as connection_admin
from trunkline.admin import doctor, flows
from trunkline.admin.connections import NewConnection
from trunkline.admin.doctor import Finding
from trunkline.admin.reach import PROBE
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.model.http import Request
from trunkline.model.ids import ConnectionId
from trunkline.model.json import as_list, at_path
from trunkline.store import connections as connection_store
from trunkline.store import subscriptions as subscription_store
from trunkline.store.subscriptions import Subscription
from trunkline.testing.vendor import serving

FLOW = "  - {id: note, call: acme.things.put, connection: target, input: {name: '{{ trigger.thing.name }}', number: 1}}"


async def findings(hub: Hub, name: str, *, public: bool = True, at: str = "") -> dict[str, Finding]:
    (one,) = await doctor.examine(hub.desk, name, hook=(lambda endpoint: f"{at or hub.url}/hooks/{endpoint}") if public else None)
    return {finding.check: finding for finding in one.findings}


async def test_a_connection_that_works_again_goes_on_with_what_waited(hub: Hub) -> None:
    await hub.flow(FLOW)
    hub.vendor.token_accepted = False
    await hub.event("thing")
    await hub.in_state("parked")
    found = await findings(hub, "target")
    assert found["credential"].verdict == "problem"
    assert found["credential"].hint
    hub.vendor.token_accepted = True
    found = await findings(hub, "target")
    assert (found["credential"].verdict, "It was paused; runs that waited go on." in found["credential"].text) == ("mended", True)
    await hub.ended(1)
    assert hub.vendor.names() == ["thing"]
    assert (await findings(hub, "target"))["credential"].verdict == "ok"


@pytest.mark.parametrize(("off_s", "verdict"), [(0, "ok"), (-600, "problem"), (600, "problem")])
async def test_a_wrong_clock_is_found_by_the_vendors(hub: Hub, off_s: int, verdict: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=off_s), usegmt=True)
    hub.vendor.next("GET *", status=200, body={"items": []}, headers={"date": date})
    found = (await findings(hub, "target"))["clock"]
    assert found.verdict == verdict
    if off_s:
        assert f"{'behind' if off_s > 0 else 'ahead of'} the vendor's" in found.text


async def test_what_is_left_of_the_day_is_told(hub: Hub) -> None:
    vendor = FakeGHL()
    vendor.seed()
    async with serving(vendor) as base_url:
        account = vendor.account()
        options = {name: str(value) for name, value in account.options.items()}
        new = NewConnection(connector="ghl", name="crm", base_url=base_url, options=options, secrets=dict(account.credential))
        await connection_admin.add(hub.desk, new)
        assert "are left today" in (await findings(hub, "crm"))["budget"].text


async def test_when_a_trigger_last_told_something_is_told(hub: Hub) -> None:
    await hub.flow(FLOW)
    assert (await findings(hub, "source"))["arrivals"].text == "acme.things.said has told nothing yet."
    await hub.event("thing")
    await hub.ended(1)
    assert (await findings(hub, "source"))["arrivals"].text == "acme.things.said last came just now."


async def test_deliveries_are_judged_by_how_the_subscription_stands(hub: Hub) -> None:
    new = NewConnection(connector="openphone", name="desk", base_url="http://127.0.0.1:9", options={}, secrets={"token": "x"})
    connection = await connection_admin.add(hub.desk, new)
    await hub.engine.directory.refresh()
    text = (
        "flow: texts\ntrigger: {on: openphone.messages.received, connection: desk, poll: off}\n"
        "steps: [{call: acme.things.put, connection: target, input: {name: a, number: 1}}]\n"
    )
    await flows.apply(hub.desk, text, source="test")
    await flows.publish(hub.desk, "texts")
    assert (await findings(hub, "desk", public=False))["deliveries"].hint.startswith("Set TRUNKLINE_PUBLIC_URL")
    assert (await findings(hub, "desk"))["deliveries"].verdict == "warning"
    await _stands(hub, connection.id, failures=3, problem="It cannot be reached.")
    found = (await findings(hub, "desk"))["deliveries"]
    assert (found.verdict, found.text) == ("problem", "Its vendor does not deliver: It cannot be reached.")
    await _stands(hub, connection.id, failures=0, problem="")
    assert (await findings(hub, "desk"))["deliveries"].verdict == "ok"


async def test_a_delivery_is_tried_at_the_public_address(hub: Hub) -> None:
    await hub.flow(FLOW)
    assert "address" not in await findings(hub, "target"), "no flow waits for deliveries to it"
    assert "address" not in await findings(hub, "source", public=False)
    assert (await findings(hub, "source"))["address"] == Finding(
        check="address", verdict="ok", text="Deliveries to its public address come in."
    )
    stored = await hub.runs()
    for wrong, said in (
        ("http://127.0.0.1:9", "no connection could be made"),
        (f"{hub.url}/elsewhere", "something else answers there, with 404"),
        ("http://10.0.0.1", "its public address is a private one"),
    ):
        found = (await findings(hub, "source", at=wrong))["address"]
        assert (found.verdict, said in found.text, bool(found.hint)) == ("problem", True, True), found
    async with serving(FakeHTTP()) as other:
        assert "something else answers there" in (await findings(hub, "source", at=other))["address"].text
    assert await hub.runs() == stored


async def test_secrets_that_do_not_open_are_a_finding(hub: Hub) -> None:
    target = await connection_admin.named(hub.desk, "target")
    await hub.desk.database.journal.commit(lambda tx: connection_store.update_connection(tx, target, sealed=b"of another key"))
    found = (await findings(hub, "target"))["credential"]
    assert (found.verdict, found.text) == ("problem", "The sealed secrets were changed.")


async def test_a_probe_tells_nothing_to_who_does_not_know_the_address(hub: Hub) -> None:
    async def get(endpoint: str, *headers: tuple[str, str]) -> tuple[int, str]:
        request = Request(method="GET", url=f"/hooks/{endpoint}", headers=headers)
        answer = await hub.desk.client.send(request, base_url=hub.url, write=False)
        return answer.status, answer.headers.get("allow", "")

    assert await get(hub.source.endpoint, (PROBE, "1")) == (204, "")
    assert await get(hub.source.endpoint) == await get("nobody", (PROBE, "1")) == await get("nobody") == (405, "POST")


async def _stands(hub: Hub, connection: ConnectionId, *, failures: int, problem: str) -> None:
    row = Subscription(
        connection=connection,
        address="https://hub.example/x",
        kinds=frozenset(("message.received",)),
        known={"id": "1"},
        until=None,
        made_at=None,
        looked_at=hub.desk.clock.now(),
        repaired=0,
        failures=failures,
        problem=problem,
    )
    await hub.desk.database.journal.commit(lambda tx: subscription_store.save_subscription(tx, row))


async def test_it_is_a_command_that_monitoring_can_ask(shell: Shell) -> None:
    assert "No connections yet" in (await shell("doctor")).out
    vendor = FakeHTTP()
    vendor.seed()
    async with serving(vendor) as base_url:
        await shell.done("connections", "add", "http", "--name", "shop", "--base-url", base_url, "--secret", f"token={vendor.token}")
        told = await shell.done("doctor", "shop")
        assert (told["well"], at_path(as_list(told["connections"])[0], "name")) == (True, "shop")
    await shell.done("connections", "add", "openphone", "--name", "desk", "--base-url", "http://127.0.0.1:9", "--secret", "token=x")
    said = await shell("doctor")
    assert (said.code, "wrong" in said.out) == (1, True)
    assert (await shell("doctor", "nobody")).code == 3
