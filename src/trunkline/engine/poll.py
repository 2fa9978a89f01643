"""Polling: reads at the vendor what changed since the cursor; cursor and events move in one unit."""

import asyncio
import heapq
import random
from dataclasses import dataclass, replace

import structlog

from trunkline.connect.declaration import Poll, Trigger
from trunkline.engine import metrics
from trunkline.engine.directory import Directory, Entry
from trunkline.engine.intake import arrival_of, scope_of
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.model.clock import SECOND, Clock, Instant, from_iso, iso, later
from trunkline.model.errors import Decision, TrunklineError
from trunkline.model.json import JSON, as_object
from trunkline.model.ports import Arrival, Inbox
from trunkline.store import cursors as store
from trunkline.store.cursors import Cursor
from trunkline.store.database import Database

log = structlog.get_logger()

AT_ONCE = 16
"""Polls under way at a time."""
JITTER = 0.1
"""Intervals vary by this share, so that many triggers do not fire together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A trigger that is polled, and how often."""

    link: Link
    trigger: Trigger
    poll: Poll
    every_s: float
    also_webhook: bool


class Poller:
    """One loop for all polled triggers. A trigger is its connection and name, so publishing or editing a flow moves no cursor."""

    def __init__(self, database: Database, directory: Directory, inbox: Inbox, clock: Clock, wake: Wake, *, every_s: float | None) -> None:
        self._database = database
        self._directory = directory
        self._inbox = inbox
        self._clock = clock
        self._wake = wake
        self._every_s = every_s
        self._due: dict[str, Due] = {}
        self._heap: list[tuple[float, str]] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    def refresh(self) -> None:
        """Take over which triggers are polled now; one that stays keeps its turn."""
        due = {scope_of(link.connection.id, name): self._due_of(link, name, entries) for link, name, entries in self._directory.triggers()}
        wanted = {scope: found for scope, found in due.items() if found is not None}
        now = self._clock.monotonic()
        scheduled = {scope for _, scope in self._heap} | self._running.keys()
        for scope in wanted:
            if scope not in scheduled:
                heapq.heappush(self._heap, (now, scope))
        self._due = wanted
        self._changed.set()

    def _due_of(self, link: Link, name: str, entries: tuple[Entry, ...]) -> Due | None:
        trigger = next((trigger for trigger in link.connector.triggers if f"{link.connector.id}.{trigger.id}" == name), None)
        wishes = [entry.trigger.every_s for entry in entries if entry.trigger.every_s is not None]
        if trigger is None or trigger.poll is None or not wishes:
            return None
        also_webhook = bool(trigger.kinds) and any(entry.trigger.webhook for entry in entries)
        return Due(link=link, trigger=trigger, poll=trigger.poll, every_s=self._every_s or min(wishes), also_webhook=also_webhook)

    async def keep(self) -> None:
        """Poll for ever."""
        while True:
            now = self._clock.monotonic()
            while self._heap and self._heap[0][0] <= now and len(self._running) < AT_ONCE:
                _, scope = heapq.heappop(self._heap)
                due = self._due.get(scope)
                if due is not None:
                    self._running[scope] = asyncio.get_running_loop().create_task(self._turn(scope, due))
            self._changed.clear()
            sleep_s = max(0.01, self._heap[0][0] - now) if self._heap and len(self._running) < AT_ONCE else 60
            try:
                await asyncio.wait_for(self._changed.wait(), min(sleep_s, 60))
            except TimeoutError:
                continue

    async def _turn(self, scope: str, due: Due) -> None:
        try:
            await self.poll(scope, due)
            metrics.count(metrics.POLLS, "done")
        except TrunklineError as error:
            metrics.count(metrics.POLLS, error.code)
            log.warning("a poll failed", action="poll", trigger=scope, reason=error.message)
            await self._failed(scope, due, error)
        except Exception:
            metrics.count(metrics.POLLS, "bug")
            log.exception("a poll failed in a way nobody foresaw", action="poll", trigger=scope)
        finally:
            del self._running[scope]
            jitter = 1 + JITTER * (2 * random.random() - 1)
            heapq.heappush(self._heap, (self._clock.monotonic() + due.every_s * jitter, scope))
            self._changed.set()

    async def _failed(self, scope: str, due: Due, error: TrunklineError) -> None:
        if error.decision is Decision.PAUSE_CONNECTION and due.link.connection.state == "ok":
            await self._directory.set_state(due.link.connection.id, "paused", error.message)
        cursor = await self._database.read(lambda tx: store.get_cursor(tx, scope))
        if cursor is not None:
            moved = replace(cursor, problem=error.message)
            await self._database.journal.commit(lambda tx: store.save_cursor(tx, scope, moved))

    async def poll(self, scope: str, due: Due) -> int:
        """One pass; how many events came of it. The first pass of a trigger only notes where it stands: events begin from then."""
        if due.link.connection.state in ("paused", "suspended"):
            return 0
        started = self._clock.now()
        before = await self._database.read(lambda tx: store.get_cursor(tx, scope))
        first = before is None
        cursor = before or Cursor(cursor=None, baseline=started, polled_at=started, missed=0, problem="")
        if first and due.poll.cursor is not None:
            newest = Cursor(cursor=iso(started), baseline=started, polled_at=started, missed=0, problem="")
            await self._database.journal.commit(lambda tx: store.save_cursor(tx, scope, newest))
            return 0
        return await self._read(scope, due, cursor, first=first, started=started)

    async def _read(self, scope: str, due: Due, cursor: Cursor, *, first: bool, started: Instant) -> int:
        news = 0
        newest = cursor.cursor
        async for items in due.link.pages(due.poll, _since(due.poll, cursor)):
            read_at = started
            arrivals: list[Arrival] = []
            for item in items:
                at = None if due.poll.cursor is None else due.poll.cursor(as_object(item))
                newest = max(newest or "", at or "") or None
                if at is not None and from_iso(at) < cursor.baseline:
                    continue
                arrivals.append(self._arrival(due, item, at, read_at=read_at, baseline=first))
            verdicts = await self._inbox.append(arrivals) if arrivals else []
            for verdict in verdicts:
                metrics.count(metrics.EVENTS, "poll", verdict)
            news += verdicts.count("accepted")
        moved = Cursor(
            cursor=newest,
            baseline=cursor.baseline,
            polled_at=started,
            missed=cursor.missed + (news if due.also_webhook else 0),
            problem="",
        )
        await self._database.journal.commit(lambda tx: store.save_cursor(tx, scope, moved))
        return news

    def _arrival(self, due: Due, item: JSON, at: str | None, *, read_at: Instant, baseline: bool) -> Arrival:
        payload = due.poll.payload(as_object(item))
        record = due.trigger.record_key(payload)
        return arrival_of(
            due.link.connection,
            due.trigger,
            payload,
            source="poll",
            key=None,
            occurred_at=None if at is None else from_iso(at),
            received_at=self._clock.now(),
            depth=self._wake.depth(due.link.connection.id, record),
            read_at=read_at,
            baseline=baseline,
        )

    async def stop(self) -> None:
        """Cancel polls under way; their cursors have not moved, so nothing they read is lost."""
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)


def _since(poll: Poll, cursor: Cursor) -> str | None:
    """From where to read: the cursor moved back by the overlap, never before the baseline."""
    if poll.cursor is None or cursor.cursor is None:
        return None
    back = later(from_iso(cursor.cursor), -poll.overlap_s)
    return iso(max(back, Instant(cursor.baseline - cursor.baseline % SECOND)))
