"""Polling: reads at the vendor what changed since the cursor; the cursor moves in the unit that stores the last of it."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from trunkline.connect.declaration import Poll
from trunkline.engine import absence, metrics
from trunkline.engine.absence import MOST_GONE, Shown
from trunkline.engine.directory import InUse
from trunkline.engine.intake import arrival_of, state_of
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.engine.pace import Pace
from trunkline.engine.passes import Met, Pass, is_deep
from trunkline.model.clock import Clock, Instant, iso
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.ports import Arrival, Inbox
from trunkline.store import cursors as store
from trunkline.store import seen
from trunkline.store.cursors import Cursor, Wish
from trunkline.store.database import Database

log = structlog.get_logger()

TOLD = 100
"""Records that are gone, in one unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A trigger that is polled, and how often. `triggers` counts those of its connection, which share the vendor's budget."""

    link: Link
    use: InUse
    poll: Poll
    pace: Pace
    also_webhook: bool
    triggers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An item of a page as a trigger tells it."""

    payload: JSONObject
    at: Instant | None
    record_key: str
    fingerprint: str | None


class Reader:
    """Reads one trigger's list once. A trigger is its connection, name and input, so publishing or editing a flow moves no cursor."""

    def __init__(self, database: Database, inbox: Inbox, clock: Clock, wake: Wake, *, most_gone: float = MOST_GONE) -> None:
        self._database = database
        self._inbox = inbox
        self._clock = clock
        self._wake = wake
        self._most_gone = most_gone
        self.cursors: dict[str, Cursor] = {}
        """Where every trigger stands: one process polls, so it need not ask. What a quiet pass moved is kept with many others, later."""
        self.unkept: set[str] = set()

    async def load(self) -> None:
        """Take over where triggers stand."""
        self.cursors = await self._database.read(store.all_cursors)

    async def read(self, scope: str, due: Due) -> int:
        """One pass; how many events came of it. The first one of a trigger notes what is there: events begin from then."""
        before = self.cursors.get(scope) or await self._database.read(lambda tx: store.get_cursor(tx, scope))
        reading = self._begun(scope, due, before)
        done = _Done()
        waiting: list[Arrival] = []
        noted = replace(due.poll, items=reading.items) if due.poll.token else due.poll
        async with aclosing(due.link.pages(noted, since=reading.asked, input=due.use.input, now=reading.started)) as pages:
            async for items in pages:
                if waiting:
                    done.add(await self._inbox.append(waiting))
                waiting = await self._arrivals(scope, due, reading, reading.take(items))
                if reading.over:
                    break
        if waiting:
            likely = self._moved(due, reading, done.news + len(waiting))
            done.add(await self._inbox.append(waiting, also=lambda tx: store.save_cursor(tx, scope, likely)))
        moved = self._moved(due, reading, done.news)
        if reading.met is not None:
            moved = await self._compared(scope, due, reading, moved)
        await self._keep(scope, moved, wish=reading.cursor.wish, at_once=before is None or moved.problem != before.problem)
        return moved.told - reading.cursor.told

    def _begun(self, scope: str, due: Due, before: Cursor | None) -> Pass:
        started, poll = self._clock.now(), due.poll
        cursor = before or _beginning(poll, started)
        trigger = due.use.trigger
        reading = Pass(
            poll=poll,
            cursor=cursor,
            started=started,
            first=before is None,
            notes=trigger.fingerprint is not None or trigger.gone,
            deep=is_deep(scope, cursor.polled_at, started),
        )
        if trigger.gone or (reading.deep and reading.whole):
            reading.met = Met()
        return reading

    def _moved(self, due: Due, reading: Pass, news: int) -> Cursor:
        return reading.moved(news=news, missed=news if due.also_webhook else 0)

    async def _keep(self, scope: str, moved: Cursor, *, wish: Wish, at_once: bool) -> None:
        """Note where the next pass begins; a quiet one is not worth a flush of its own. What a person wished meanwhile is for that one."""
        known = self.cursors.get(scope)
        if known is not None and known.wish != wish:
            moved = replace(moved, wish=known.wish)
        self.cursors[scope] = moved
        self.unkept.add(scope)
        if at_once:
            await self._database.journal.commit(lambda tx: store.save_cursor(tx, scope, moved))

    # ── items ──

    async def _arrivals(self, scope: str, due: Due, reading: Pass, items: Sequence[tuple[JSON, Instant | None]]) -> list[Arrival]:
        """What of a page may be news. What is just as it was seen last is dropped here, before anything is made of it."""
        found = list(self._found(scope, due, reading, items))
        if reading.met is not None:
            for one in found:
                reading.met.add(seen.key_of(scope, one.record_key))
        states = [(one.record_key, one.fingerprint) for one in found if one.fingerprint is not None]
        if states and len(states) == len(found):
            known = await self._database.read(lambda tx: seen.known(tx, scope, states))
            metrics.count(metrics.EVENTS, "poll", "no_news", more=sum(known))
            found = [one for one, is_known in zip(found, known, strict=True) if not is_known]
        return [self._arrival(due, reading, one) for one in found]

    def _found(self, scope: str, due: Due, reading: Pass, items: Sequence[tuple[JSON, Instant | None]]) -> Iterator[_Found]:
        for item, at in items:
            try:
                payload = due.poll.payload(as_object(item))
                if not due.use.takes(payload):
                    continue
                record_key, fingerprint = state_of(due.use.trigger, payload)
            except (MappingError, KeyError, TypeError, ValueError, AttributeError) as error:
                # One odd item must not stand in the way of all others; it is asked for again with each pass.
                reading.unread += 1
                log.warning("an item of a list cannot be read", action="poll", trigger=scope, error=type(error).__name__)
                continue
            yield _Found(payload=payload, at=at, record_key=record_key, fingerprint=fingerprint)

    def _arrival(self, due: Due, reading: Pass, found: _Found) -> Arrival:
        return arrival_of(
            due.link.connection,
            due.use,
            found.payload,
            source="poll",
            key=None,
            occurred_at=found.at,
            received_at=self._clock.now(),
            depth=self._wake.depth(due.link.connection.id, found.record_key),
            read_at=reading.started,
            baseline=due.use.trigger.gone or reading.is_baseline(found.at),
            notes_unseen=due.poll.notes_unseen,
        )

    # ── what is not there any more ──

    async def _compared(self, scope: str, due: Due, reading: Pass, moved: Cursor) -> Cursor:
        """After a pass over everything: tell what is gone, or hold it back where that is too much to be true."""
        assert reading.met is not None
        if reading.unread:
            return moved
        released = moved.wish == "release"
        shown = Shown(scope=scope, met=reading.met, started=reading.started, sure=reading.pages == 1 or released)
        if reading.deep:
            await absence.forget(self._database, shown)
        if not due.use.trigger.gone:
            return moved
        counted = await absence.count(self._database, shown)
        if counted.is_suspicious(self._most_gone) and not released:
            log.warning("many records vanished at once", action="poll", trigger=scope, absent=counted.absent, known=counted.known)
            problem = f"{counted.absent} of {counted.known} records are missing from the list at once: held back until you confirm it."
            return replace(moved, held=counted.absent, problem=problem)
        told = await self._tell_gone(due, reading, shown) if counted.absent else 0
        if released:
            await self._database.journal.commit(lambda tx: store.wish(tx, scope, ""))
        missed = told if due.also_webhook else 0
        return replace(moved, held=0, wish="", told=moved.told + told, missed=moved.missed + missed)

    async def _tell_gone(self, due: Due, reading: Pass, shown: Shown) -> int:
        done, after = _Done(), -1
        while True:
            gone, following = await absence.missing(self._database, shown, after=after)
            arrivals = [self._gone(due, reading, payload) for payload in gone if due.use.takes(payload)]
            for begin in range(0, len(arrivals), TOLD):
                done.add(await self._inbox.append(arrivals[begin : begin + TOLD]))
            if following is None:
                return done.news
            after = following

    def _gone(self, due: Due, reading: Pass, payload: JSONObject) -> Arrival:
        return arrival_of(
            due.link.connection,
            due.use,
            payload,
            source="poll",
            key=None,
            occurred_at=None,
            received_at=self._clock.now(),
            read_at=reading.started,
        )


def _beginning(poll: Poll, started: Instant) -> Cursor:
    reached = None if poll.cursor is None or poll.token is not None else iso(started)
    return Cursor(cursor=reached, baseline=started, polled_at=started)


@dataclass(slots=True)
class _Done:
    news: int = 0

    def add(self, verdicts: Sequence[str]) -> None:
        for verdict in verdicts:
            metrics.count(metrics.EVENTS, "poll", verdict)
        self.news += sum(verdict == "accepted" for verdict in verdicts)
