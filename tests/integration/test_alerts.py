"""Alerts: one for a cause with a count, one when it is over; sent by Slack, e-mail and webhook until the vendor took them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.integration.hubs import Hub
from trunkline.admin import alerts as admin
from trunkline.admin import connections as connection_admin
from trunkline.admin.connections import NewConnection
from trunkline.connect.alerting import News
from trunkline.connect.inputs import check
from trunkline.connect.registry import Registry
from trunkline.connectors.slack.fake import FakeSlack
from trunkline.engine.alerts import Alerts, Thresholds, is_silent
from trunkline.engine.telling import AGAIN_S, Teller
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.errors import ConfigError, RemoteError
from trunkline.model.json import JSONObject, at_path
from trunkline.store import notices as notice_store
from trunkline.store.alerts import Alert, Concern
from trunkline.store.notices import StoredNotice
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import serving

FLOW = """
  - id: note
    call: acme.things.put
    connection: target
    input: {name: "{{ trigger.thing.name }}", number: "{{ trigger.thing.number }}"}
"""
CHANNEL = "C0000000001"
DAY = 86_400 * SECOND


@dataclass(slots=True, kw_only=True)
class Watch:
    """A hub, and alerts and letters moved by hand, by a clock of their own."""

    hub: Hub
    slack: FakeSlack
    clock: FakeClock
    alerts: Alerts
    teller: Teller

    async def look(self, seconds: float = 0) -> list[Alert]:
        """What lasts after so much time."""
        self.clock.set(later(self.clock.now(), seconds))
        await self.hub.engine.directory.refresh()
        await self.alerts.look()
        await self.teller.send()
        return await admin.listed(self.hub.desk, every=False, most=100)

    def told(self) -> list[str]:
        """The messages that Slack was sent."""
        return [str(at_path(call.json(), "text")) for call in self.slack.calls_to("POST /chat.postMessage")]


@pytest_asyncio.fixture
async def watch(hub: Hub) -> AsyncIterator[Watch]:
    slack, clock = FakeSlack(), FakeClock(hub.desk.clock.now())
    slack.seed()
    slack.limits = ()
    async with serving(slack) as base_url:
        secrets = {"token": slack.account().credential["token"]}
        new = NewConnection(connector="slack", name="team", base_url=base_url, options={}, secrets=secrets)
        await connection_admin.add(hub.desk, new)
        await hub.engine.directory.refresh()
        alerts = Alerts(hub.desk.database, hub.engine.directory, clock, thresholds=Thresholds(failed=3))
        yield Watch(hub=hub, slack=slack, clock=clock, alerts=alerts, teller=Teller(hub.desk.database, hub.engine.directory, clock))


async def test_a_paused_connection_is_one_alert_that_counts_what_waits_and_one_when_it_is_over(watch: Watch) -> None:
    hub = watch.hub
    await admin.add(hub.desk, "team", CHANNEL)
    await hub.flow(FLOW)
    assert await watch.look() == []
    hub.vendor.token_accepted = False
    for number in range(3):
        await hub.event(f"thing {number}")
    await hub.in_state("parked", 3)
    (alert,) = await watch.look()
    assert (alert.kind, alert.count) == ("connection", 3)
    assert alert.text.startswith("The connection target is paused: ")
    assert alert.hint == "How to reconnect it: trunkline connections show target"
    assert await watch.look(60) == [alert], "the same cause is told once"
    hub.vendor.token_accepted = True
    await connection_admin.test(hub.desk, "target")
    assert await watch.look(60) == []
    ended = (await admin.listed(hub.desk, every=True, most=10))[0]
    assert (ended.key, ended.closed_at) == (alert.key, watch.clock.now())
    first, began, over = watch.told()
    assert "from now on" in first
    assert "target is paused" in began
    assert "Over: The connection target is paused" in over


async def test_failed_runs_are_told_from_the_threshold_on_and_until_an_hour_later(watch: Watch) -> None:
    hub = watch.hub
    await hub.flow(FLOW)
    hub.vendor.next("POST /put", status=422, times=100)
    for number in range(2):
        await hub.event(f"thing {number}")
    await hub.ended(2)
    assert await watch.look() == []
    for number in range(2, 5):
        await hub.event(f"thing {number}")
    await hub.ended(5)
    (alert,) = await watch.look(1)
    assert (alert.kind, alert.count, alert.text) == ("failed", 5, "Runs of flow fail.")
    assert await watch.look(3_700) == []


async def test_an_unknown_outcome_waits_for_a_person(watch: Watch) -> None:
    hub = watch.hub
    await hub.flow(FLOW.replace("things.put", "things.add"))
    hub.vendor.next("POST /add", ending="drop", after=True)
    await hub.event("thing")
    await hub.in_state("unknown")
    (alert,) = await watch.look()
    assert (alert.kind, alert.count) == ("unknown", 1)


async def test_what_a_vendor_takes_away_is_told_while_it_says_so(watch: Watch) -> None:
    now = watch.clock.now()
    said = StoredNotice(
        connector="acme",
        operation="things.put",
        deprecated_at=now,
        sunset_at=later(now, 30 * 86_400),
        link="",
        first_seen=now,
        last_seen=now,
        answers=1,
    )
    await watch.hub.desk.database.journal.commit(lambda tx: notice_store.save_notice(tx, said))
    (alert,) = await watch.look()
    assert alert.text.startswith("acme.things.put is deprecated and ends on ")
    assert await watch.look(8 * 86_400) == []


async def test_a_letter_is_sent_until_the_vendor_takes_it_and_only_once(watch: Watch) -> None:
    concerns = [Concern(key="x", kind="unknown", text="Something.", hint="Do it.")]

    async def more() -> list[Concern]:
        return concerns

    hub = watch.hub
    await admin.add(hub.desk, "team", CHANNEL)
    watch.alerts = Alerts(hub.desk.database, hub.engine.directory, watch.clock, more=[more])
    watch.slack.token_accepted = False
    await watch.look()
    await watch.look(AGAIN_S + 1)
    await watch.look(1)
    assert len(watch.told()) == 3, "the first, and two that were refused"
    watch.slack.token_accepted = True
    await watch.look(2 * AGAIN_S)
    await watch.look(3_600)
    assert len(watch.told()) == 4
    watch.slack.next("POST /chat.postMessage", ending="drop", after=True)
    concerns.clear()
    await watch.look()
    await watch.look(3_600)
    assert len(watch.told()) == 5, "an answer that was lost is not asked for again"


async def test_an_alert_about_a_connection_does_not_go_by_it(watch: Watch) -> None:
    await admin.add(watch.hub.desk, "team", CHANNEL)
    team = await connection_admin.named(watch.hub.desk, "team")
    await watch.hub.engine.directory.set_state(team.id, "paused", "refused")
    (alert,) = await watch.look()
    assert alert.key.endswith(team.id)
    assert len(watch.told()) == 1


async def test_a_route_is_proven_when_it_is_made(watch: Watch) -> None:
    desk = watch.hub.desk
    watch.slack.token_accepted = False
    with pytest.raises(RemoteError):
        await admin.add(desk, "team", CHANNEL)
    watch.slack.token_accepted = True
    with pytest.raises(ConfigError, match="sends no alerts") as caught:
        await admin.add(desk, "target", "")
    assert "slack" in caught.value.hint
    assert await admin.ways(desk) == []
    made = await admin.add(desk, "team", CHANNEL)
    with pytest.raises(ConfigError, match="already"):
        await admin.add(desk, "team", CHANNEL)
    assert (await admin.remove(desk, made.route.id)).connection == "team"
    assert await admin.ways(desk) == []


def test_every_connector_that_sends_alerts_makes_what_its_operation_takes() -> None:
    able = {one.id: one.alerting for one in Registry.discover() if one.alerting is not None}
    assert able.keys() >= {"slack", "email", "webhook"}
    targets: JSONObject = {"slack": CHANNEL, "email": "ops@example.com", "webhook": "https://pager.example/x"}
    for id, alerting in able.items():
        for over in (False, True):
            for kind in ("connection", "repaired", "ending", "silence", "failed"):
                news = News(key="k", kind=kind, text="Runs of welcome fail. " * 40, hint="Look.", count=3, over=over, at=Instant(0))
                check(alerting.operation.input, alerting.input(news, str(targets[id])))
                assert News.of(news.facts()) == news


@pytest.mark.parametrize(
    ("hours", "silent", "why"),
    [
        (0.5, False, "not yet an hour"),
        (20, False, "a night is usual"),
        (27, False, "not twice the longest gap"),
        (29, True, "longer than twice the longest night"),
    ],
)
def test_silence_is_what_is_longer_than_twice_the_longest_gap_there_was(hours: float, silent: bool, why: str) -> None:
    office = [Instant(day * DAY + hour * 3_600 * SECOND) for day in range(5) for hour in range(8, 19)]
    times = sorted(office, reverse=True)
    assert is_silent(times, later(times[0], hours * 3_600)) is silent, why


def test_few_events_tell_nothing_of_what_is_usual() -> None:
    assert not is_silent([Instant(DAY * number) for number in range(10, 0, -1)], Instant(DAY * 900))
    assert not is_silent([Instant(SECOND * number) for number in range(100, 0, -1)], Instant(DAY * 900))
    assert not is_silent([], Instant(DAY))
