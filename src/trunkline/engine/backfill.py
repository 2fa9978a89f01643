"""Backfills: the past of a trigger, read page by page behind everything else, for the flow that asks for it."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

import structlog

from trunkline.connect.pages import walk
from trunkline.connect.turns import Errand
from trunkline.connect.watching import first_page
from trunkline.engine import metrics
from trunkline.engine.directory import Directory, Entry, InUse
from trunkline.engine.intake import arrival_of, scope_of
from trunkline.engine.links import Link
from trunkline.engine.passes import time_of
from trunkline.engine.poll import Reader
from trunkline.flows.durations import NOW, begins_at
from trunkline.model.clock import SECOND, Clock, Instant, iso, later
from trunkline.model.errors import ConfigError, RateLimitedError, RejectedError, TrunklineError
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path
from trunkline.model.ports import Arrival, Inbox, Past
from trunkline.store import backfills as store
from trunkline.store.backfills import Backfill
from trunkline.store.database import Database

log = structlog.get_logger()

AT_ONCE: Final = 4
WAITING: Final = 20_000
"""Events that may wait for the hub before the past waits too."""
ROUNDS: Final = 3
AGAIN_S: Final = 60.0
_PAUSE_S: Final = 0.2
_MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A flow that asks for the past of its trigger."""

    link: Link
    use: InUse
    entry: Entry
    polled: bool

    @property
    def scope(self) -> str:
        return scope_of(self.link.connection.id, self.use.name)


class Backfills:
    """One task for each flow that asks, a few at a time."""

    def __init__(self, database: Database, directory: Directory, inbox: Inbox, reader: Reader, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._inbox = inbox
        self._reader = reader
        self._clock = clock
        self._wishes: dict[tuple[str, str], Wish] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._rows: dict[tuple[str, str], Backfill] = {}
        """Where each is, with what the last page brought."""
        self._done: set[tuple[str, str, str]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._changed = asyncio.Event()

    def refresh(self) -> None:
        """Take over which flows ask now."""
        wanted: dict[tuple[str, str], Wish] = {}
        for link, use, entries in self._directory.triggers():
            polled = use.trigger.poll is not None and any(entry.trigger.every_s is not None for entry in entries)
            for entry in entries:
                if entry.trigger.since != NOW and use.trigger.past != "none":
                    wish = Wish(link=link, use=use, entry=entry, polled=polled)
                    wanted[wish.scope, entry.flow] = wish
        self._wishes = wanted
        self._changed.set()

    async def keep(self) -> None:
        """Read what is asked for, for ever."""
        while True:
            self._changed.clear()
            for key in self._tasks.keys() - self._wishes.keys():
                self._tasks.pop(key).cancel()
            for key, wish in self._wishes.items():
                if (key not in self._tasks or self._tasks[key].done()) and (*key, wish.entry.trigger.since) not in self._done:
                    self._tasks[key] = asyncio.get_running_loop().create_task(self._served(key, wish))
            await self._changed.wait()

    async def _served(self, key: tuple[str, str], wish: Wish) -> None:
        """Read to the end; whatever comes between is told, and tried again."""
        while (wish := self._wishes.get(key, wish)) and key in self._wishes:
            try:
                async with self._places:
                    if await self.serve(wish):
                        self._done.add((*key, wish.entry.trigger.since))
                        return
                wait_s = 1.0
            except TrunklineError as error:
                log.warning("a read of the past waits", action="backfill", trigger=key[0], reason=error.message)
                await self._tell(key, error.message)
                retry_at = error.retry_at if isinstance(error, RateLimitedError) else None
                wait_s = AGAIN_S if retry_at is None else max(1.0, (retry_at - self._clock.now()) / SECOND)
            except Exception:
                log.exception("a read of the past failed in a way nobody foresaw", action="backfill", trigger=key[0])
                wait_s = AGAIN_S
            await self._clock.sleep(wait_s)

    async def _tell(self, key: tuple[str, str], problem: str) -> None:
        row = self._rows.get(key)
        if row is not None:
            told = self._rows[key] = replace(row, problem=problem)
            await self._database.journal.commit(lambda tx: store.save_backfill(tx, told))

    async def serve(self, wish: Wish) -> bool:
        """Read what is left to read; False when it cannot begin yet."""
        if wish.link.connection.state in ("paused", "suspended"):
            return False
        if wish.polled and wish.scope not in self._reader.cursors:
            return False  # the trigger itself begins first: what happens from then on is told by it
        key = wish.scope, wish.entry.flow
        kept = self._rows.get(key) or await self._database.read(lambda tx: store.get_backfill(tx, *key))
        row = self._rows[key] = self._begun(wish, kept)
        if row != kept:
            await self._database.journal.commit(lambda tx: store.save_backfill(tx, row))
        resumed = row.position is not None
        while row.finished_at is None:
            row = await self._round(wish, row, resumed=resumed)
            resumed = False
        return True

    def _begun(self, wish: Wish, kept: Backfill | None) -> Backfill:
        """What is to be read. A flow that asks for more than before gets what lies before that."""
        now, asked = self._clock.now(), wish.entry.trigger.since
        if kept is None:
            started = Instant((now // _MS + 1) * _MS)
            return Backfill(
                scope=wish.scope,
                flow_id=wish.entry.flow,
                asked=asked,
                begins_at=_begins_at(asked, now),
                until_at=started,
                started_at=started,
            )
        if kept.asked == asked:
            return kept
        begins = _begins_at(asked, now)
        if kept.begins_at is None or (begins is not None and begins >= kept.begins_at):
            return replace(kept, asked=asked)
        until = kept.until_at if kept.finished_at is None else kept.begins_at
        return replace(kept, asked=asked, begins_at=begins, until_at=until, position=None, round=1, fresh=0, finished_at=None)

    async def _round(self, wish: Wish, row: Backfill, *, resumed: bool) -> Backfill:
        """Read the list to its end, from where it was left; a list of one page cannot have shifted, and needs no second look."""
        poll, link = wish.use.trigger.poll, wish.link
        assert poll is not None
        asked = None if poll.walk != "since" or poll.cursor is None or row.begins_at is None else iso(row.begins_at)
        first = first_page(poll, since=asked, account=link.account, input=wish.use.input, now=row.started_at)
        session = link.session.keyed(None, errand=Errand(lane="backfill", flow=wish.entry.name))
        pages_before = row.pages - (1 if resumed else 0)
        try:
            async with aclosing(walk(session, poll.read, row.position or first)) as pages:
                async for page in pages:
                    items = poll.items(page.answer) if poll.items else as_list(at_path(page.answer, poll.read.items or ""))
                    row = await self._page(wish, row, items, page.following)
                    if _is_over(wish, row, items):
                        break
        except RejectedError:
            if not resumed:
                raise
            return self._anew(row)  # a place in a list that the vendor has forgotten: what was told is not told again
        shifted = row.pages - pages_before > 1 and (row.fresh > 0 or resumed)
        if shifted and row.round < ROUNDS:
            row = replace(row, position=None, round=row.round + 1, fresh=0)
        else:
            row = replace(row, position=None, finished_at=self._clock.now(), problem="")
            log.info("the past was read", action="backfill", trigger=row.scope, flow=wish.entry.name, told=row.told)
        self._rows[row.scope, row.flow_id] = row
        await self._database.journal.commit(lambda tx: store.save_backfill(tx, row))
        return row

    def _anew(self, row: Backfill) -> Backfill:
        """From the first page again."""
        again = self._rows[row.scope, row.flow_id] = replace(self._rows[row.scope, row.flow_id], position=None)
        return again

    async def _page(self, wish: Wish, row: Backfill, items: Sequence[JSON], following: JSONObject | None) -> Backfill:
        while self._inbox.waiting >= WAITING:
            await self._clock.sleep(_PAUSE_S)
        arrivals = [arrival for item in items if (arrival := self._arrival(wish, row, item)) is not None]
        read = replace(row, position=following, pages=row.pages + 1, records=row.records + len(items), problem="")
        verdicts = await self._inbox.append(arrivals, also=lambda tx: store.save_backfill(tx, read))
        for verdict in verdicts:
            metrics.count(metrics.EVENTS, "backfill", verdict)
        fresh = verdicts.count("accepted")
        row = self._rows[row.scope, row.flow_id] = replace(read, told=read.told + fresh, fresh=read.fresh + fresh)
        return row

    def _arrival(self, wish: Wish, row: Backfill, item: JSON) -> Arrival | None:
        poll = wish.use.trigger.poll
        assert poll is not None
        at = time_of(poll, item)
        if at is not None and ((row.begins_at is not None and at < row.begins_at) or at >= row.until_at):
            return None
        payload = poll.payload(as_object(item))
        if not wish.use.takes(payload):
            return None
        return arrival_of(
            wish.link.connection,
            wish.use,
            payload,
            source="backfill",
            key=None,
            occurred_at=at,
            received_at=self._clock.now(),
            read_at=row.started_at,
            past=Past(flow=wish.entry.flow, since=row.started_at, again=row.round > 1),
        )

    async def stop(self) -> None:
        """Leave every read where its last page was kept."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        rows = [row for row in self._rows.values() if row.finished_at is None]
        if rows:
            await self._database.journal.commit(lambda tx: [store.save_backfill(tx, row) for row in rows])


def _begins_at(asked: str, now: Instant) -> Instant | None:
    try:
        return begins_at(asked, now=now)
    except ValueError as error:
        raise ConfigError(str(error), place="trigger.from") from error


def _is_over(wish: Wish, row: Backfill, items: Sequence[JSON]) -> bool:
    """Whether nothing further down can be late enough."""
    poll = wish.use.trigger.poll
    if poll is None or poll.walk != "newest_first" or row.begins_at is None:
        return False
    times = [at for item in items if (at := time_of(poll, item)) is not None]
    return bool(times) and max(times) < later(row.begins_at, -poll.overlap_s)
