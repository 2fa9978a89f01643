"""Health: a connection that works less well than it should says so, with its cause, what waits, and the next step."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.hubs import Hub, opened
from tests.integration.shell import Shell
from trunkline.admin import connections as connection_admin
from trunkline.admin import health
from trunkline.connect.outage import FAILURES, LASTS_S
from trunkline.engine.alerts import Alerts
from trunkline.model.clock import later
from trunkline.model.ids import ConnectionId
from trunkline.store import alerts as alert_store
from trunkline.store import connections as connection_store
from trunkline.store.alerts import Concern
from trunkline.store.statement import Transaction
from trunkline.testing.clock import FakeClock

FLOW = """
  - id: note
    call: acme.things.put
    connection: target
    input: {name: "{{ trigger.thing.name }}", number: 1}
"""


@pytest_asyncio.fixture
async def clock(hub: Hub) -> AsyncIterator[FakeClock]:
    """What the alerts go by; the hub's own look after every 15 seconds."""
    yield FakeClock(hub.desk.clock.now())


async def look(hub: Hub, clock: FakeClock, seconds: float = 0) -> None:
    clock.set(later(clock.now(), seconds))
    await Alerts(hub.desk.database, hub.engine.directory, clock).look()


async def test_a_vendor_that_stays_away_degrades_the_connection_until_it_answers(hub: Hub, clock: FakeClock) -> None:
    await hub.flow(FLOW)
    hub.vendor.next("POST /put", status=503, times=1_000)
    for number in range(FAILURES):
        await hub.event(f"thing {number}")
    link = hub.engine.directory.named(hub.source.workspace, "target")
    await hub.until(lambda _: link.session.outage.failures >= FAILURES)
    await look(hub, clock)
    assert (await health.of(hub.desk, "target")).state == "ok", "a hiccup is no outage"
    await look(hub, clock, LASTS_S + 20)
    found = await health.of(hub.desk, "target")
    assert (found.state, found.waiting) == ("degraded", FAILURES)
    assert found.cause.startswith("The vendor of target does not serve it: ")
    assert found.since == clock.now()
    assert found.next_step == "What is to be done waits and is tried again by itself. Look: trunkline doctor target"
    assert (await health.of(hub.desk, "source")).state == "ok"
    hub.vendor.behave()
    await hub.ended(FAILURES)
    await look(hub, clock)
    assert (await health.of(hub.desk, "target")).state == "ok"
    assert len(hub.vendor.names()) == FAILURES


async def test_answers_that_refuse_are_no_outage(hub: Hub) -> None:
    await hub.flow(FLOW)
    hub.vendor.next("POST /put", status=422, times=FAILURES)
    for number in range(FAILURES):
        await hub.event(f"thing {number}")
    await hub.ended(FAILURES)
    assert hub.engine.directory.named(hub.source.workspace, "target").session.outage.failures == 0


async def test_a_paused_connection_counts_what_waits_and_names_the_way_back(hub: Hub) -> None:
    await hub.flow(FLOW)
    hub.vendor.token_accepted = False
    for number in range(2):
        await hub.event(f"thing {number}")
    await hub.in_state("parked", 2)
    found = await health.of(hub.desk, "target")
    assert (found.state, found.waiting) == ("paused", 2)
    assert found.next_step == (
        "Give it a new credential: trunkline connections update target, "
        "or send the account's owner a link: trunkline connections invite target"
    )
    hub.vendor.token_accepted = True
    assert (await connection_admin.test(hub.desk, "target")).ok
    await hub.ended(2)
    assert (await health.of(hub.desk, "target")).waiting == 0


async def test_secrets_that_do_not_open_keep_nobody_from_seeing_how_connections_stand(hub: Hub) -> None:
    target, now = await connection_admin.named(hub.desk, "target"), hub.desk.clock.now()

    def spoil(tx: Transaction) -> None:
        connection_store.update_connection(tx, target, sealed=b"of another key")
        connection_store.set_state(tx, target.id, state="paused", cause="It was refused.", since=now)

    await hub.desk.database.journal.commit(spoil)
    stands = {one.connection.name: one for one in await health.everything(hub.desk)}
    assert (stands["source"].state, stands["target"].state, stands["target"].cause) == ("ok", "paused", "It was refused.")
    assert stands["target"].next_step


async def test_it_is_shown_by_the_commands(shell: Shell) -> None:
    added = await shell.done("connections", "add", "http", "--name", "erp")
    assert (added["state"], added["waiting"], added["next_step"]) == ("ok", 0, "")
    concern = Concern(key="x", kind="outage", text="It is away.", hint="Wait.", connections=(ConnectionId(str(added["id"])),))
    async with opened(shell.home) as desk:
        now = desk.clock.now()
        await desk.database.journal.commit(lambda tx: alert_store.take_over(tx, [concern], now=now))
    shown = await shell.done("connections", "show", "erp")
    assert (shown["state"], shown["cause"], shown["next_step"]) == ("degraded", "It is away.", "Wait.")
    assert "degraded" in (await shell("connections", "list")).out
