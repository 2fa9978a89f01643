"""Alerts: what needs somebody, told once for a cause when it begins and once when it is over."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import structlog

from trunkline.connect.outage import Outage
from trunkline.engine import telling
from trunkline.engine.directory import Directory
from trunkline.model.clock import SECOND, Clock, Instant, iso, later
from trunkline.model.connection import Connection
from trunkline.model.ids import ConnectionId, FlowId
from trunkline.store import alerts as store
from trunkline.store import notices as notice_store
from trunkline.store import subscriptions as subscription_store
from trunkline.store.alerts import Alert, Concern
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

log = structlog.get_logger()

LOOK_S: Final = 15.0
QUIET_EVERY_S: Final = 600.0
"""How often it is looked whether something has become unusually quiet."""
FAILED_FOR_S: Final = 3_600.0
TRIES: Final = 3
"""So often a subscription may fail before somebody is told: most outages are over by then."""
REPAIRED_FOR_S: Final = 3_600.0
"""How long it is told that a subscription was mended."""
ENDING_S: Final = 90 * 86_400.0
NOTICED_S: Final = 7 * 86_400.0

ARRIVALS: Final = 20_000
ENOUGH: Final = 20
"""Events of a trigger from which is known what is usual."""
LONG_ENOUGH_S: Final = 2 * 86_400.0
LEAST_QUIET_S: Final = 3_600.0

Source = Callable[[], Awaitable[Iterable[Concern]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From how many failed runs of a flow within an hour somebody is told."""

    failed: int = 10


class Alerts:
    """Looks every few seconds at what holds now. `more` are further sources of concerns."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        clock: Clock,
        *,
        thresholds: Thresholds | None = None,
        more: Sequence[Source] = (),
    ) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._thresholds = thresholds or Thresholds()
        own = (self._connections, self._outages, self._runs, self._subscriptions, self._endings, self._silence)
        self._sources: tuple[Source, ...] = (*own, *more)
        self._quiet: tuple[Instant, list[Concern]] = (Instant(0), [])

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        """Take over what holds now."""
        concerns = {one.key: one for source in self._sources for one in await source()}
        now = self._clock.now()
        standing = {alert.key: alert for alert in await self._database.read(store.standing_alerts)}
        if standing.keys() == concerns.keys() and all(_same(standing[key], one) for key, one in concerns.items()):
            return

        def unit(tx: Transaction) -> tuple[list[Alert], list[Alert]]:
            opened, closed = store.take_over(tx, concerns.values(), now=now)
            telling.write(tx, opened, closed, now=now)
            return opened, closed

        opened, closed = await self._database.journal.commit(unit)
        for alert in opened:
            log.warning("something needs somebody", action="alert", kind=alert.kind, text=alert.text, hint=alert.hint)
        for alert in closed:
            log.info("an alert is over", action="alert", kind=alert.kind, text=alert.text)

    # ── what holds now ──

    async def _connections(self) -> Iterable[Concern]:
        troubled = [link.connection for link in self._directory.links() if link.connection.state != "ok"]
        waiting = await self._database.read(lambda tx: {one.id: store.waiting_count(tx, one.id) for one in troubled})
        return [_of_connection(one, waiting[one.id]) for one in troubled]

    async def _outages(self) -> Iterable[Concern]:
        now = self._clock.now()
        return [_of_outage(link.connection, link.session.outage) for link in self._directory.links() if link.session.outage.lasts(now)]

    async def _runs(self) -> Iterable[Concern]:
        since = later(self._clock.now(), -FAILED_FOR_S)
        failed, unsure = await self._database.read(lambda tx: (store.failed_since(tx, since), store.unsure_count(tx)))
        return [*self._failed(failed.items()), *_unsure(unsure)]

    def _failed(self, failed: Iterable[tuple[FlowId, int]]) -> Iterator[Concern]:
        names = {entry.flow: entry.name for _, _, entries in self._directory.triggers() for entry in entries}
        for flow, count in failed:
            name = names.get(flow)
            if name is not None and count >= self._thresholds.failed:
                hint = f"Look at them: trunkline runs list --failed --flow {name}; when the cause is mended: trunkline runs replay RUN"
                yield Concern(key=f"failed:{flow}", kind="failed", text=f"Runs of {name} fail.", hint=hint, count=count)

    async def _subscriptions(self) -> Iterable[Concern]:
        now, names = self._clock.now(), {link.connection.id: link.connection.name for link in self._directory.links()}
        found = (await self._database.read(subscription_store.all_subscriptions)).values()
        failing = [
            Concern(
                key=f"subscription:{one.connection}",
                kind="subscription",
                text=f"{names[one.connection]} is not told by its vendor: {one.problem}",
                hint=f"Polls go on. Look: trunkline subscriptions check {names[one.connection]}",
                connections=(one.connection,),
            )
            for one in found
            if one.failures >= TRIES and one.connection in names
        ]
        mended = [
            Concern(
                key=f"repaired:{one.connection}:{one.repaired}",
                kind="repaired",
                text=f"The subscription of {names[one.connection]} was lost at its vendor and was made again.",
                hint="Nothing has to be done; what came in between is found by polls where flows have them.",
            )
            for one in found
            if one.repaired and one.made_at is not None and one.made_at > later(now, -REPAIRED_FOR_S) and one.connection in names
        ]
        return [*failing, *mended]

    async def _endings(self) -> Iterable[Concern]:
        now = self._clock.now()
        used = {link.connection.connector for link in self._directory.links()}
        return [
            Concern(
                key=f"ending:{one.connector}.{one.operation}",
                kind="ending",
                text=f"{one.connector}.{one.operation} is deprecated"
                + (f" and ends on {iso(one.sunset_at)[:10]}." if one.sunset_at is not None else "."),
                hint="Which flows call it: trunkline connectors notices",
            )
            for one in await self._database.read(notice_store.all_notices)
            if one.connector in used
            and one.last_seen > later(now, -NOTICED_S)
            and (one.sunset_at is None or one.sunset_at < later(now, ENDING_S))
        ]

    async def _silence(self) -> Iterable[Concern]:
        looked, found = self._quiet
        now = self._clock.now()
        if looked and now < later(looked, QUIET_EVERY_S):
            return found
        arrived = await self._database.read(lambda tx: store.arrivals(tx, most=ARRIVALS))
        found = list(self._silent(arrived, now))
        self._quiet = (now, found)
        return found

    def _silent(self, arrived: dict[tuple[ConnectionId, str], list[Instant]], now: Instant) -> Iterator[Concern]:
        for link, use, _ in self._directory.triggers():
            times = arrived.get((link.connection.id, use.name), [])
            if link.connection.state == "ok" and is_silent(times, now):
                name = link.connection.name
                yield Concern(
                    key=f"silence:{link.connection.id}:{use.name}",
                    kind="silence",
                    text=f"Nothing has come from {name} ({use.name}) since {iso(times[0])[:16].replace('T', ' ')} UTC, unusually long.",
                    hint=f"Is it quiet there, or is something broken? trunkline doctor {name}",
                    connections=(link.connection.id,),
                )


def is_silent(times: Sequence[Instant], now: Instant) -> bool:
    """Whether nothing has come for unusually long: twice the longest gap there was, nights and weekends among them.

    `times` are the arrivals, the newest first. With few of them, or none over several days, nobody knows what is usual.
    """
    if len(times) < ENOUGH or times[0] - times[-1] < LONG_ENOUGH_S * SECOND:
        return False
    longest = max(after - before for after, before in pairwise(times))
    return now - times[0] > max(2 * longest, LEAST_QUIET_S * SECOND)


def _of_connection(one: Connection, waiting: int) -> Concern:
    wait = f" {waiting} {'run waits' if waiting == 1 else 'runs wait'} for it." if waiting else ""
    hints = {
        "paused": f"How to reconnect it: trunkline connections show {one.name}",
        "suspended": "Nothing has to be done here: it is tried again by itself.",
    }
    text = f"The connection {one.name} is {one.state}: {one.cause}{wait}"
    return Concern(key=f"connection:{one.id}", kind="connection", text=text, hint=hints.get(one.state, ""), count=max(waiting, 1))


def _of_outage(one: Connection, outage: Outage) -> Concern:
    return Concern(
        key=f"outage:{one.id}",
        kind="outage",
        text=f"The vendor of {one.name} does not serve it: {outage.cause}",
        hint=f"What is to be done waits and is tried again by itself. Look: trunkline doctor {one.name}",
        connections=(one.id,),
    )


def _unsure(count: int) -> Iterator[Concern]:
    if count:
        hint = "Look at the vendor, then say what became of each: trunkline runs list --state unknown"
        yield Concern(key="unknown", kind="unknown", text="The outcome of a write is not known.", hint=hint, count=count)


def _same(alert: Alert, concern: Concern) -> bool:
    return (alert.text, alert.hint, alert.count) == (concern.text, concern.hint, max(alert.count, concern.count))
