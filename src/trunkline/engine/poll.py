"""Polling: reads at the vendor what changed since the cursor; cursor and events move in one unit."""

import asyncio
import heapq
import random
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from trunkline.connect.declaration import Poll
from trunkline.engine import metrics
from trunkline.engine.directory import Directory, Entry, InUse
from trunkline.engine.intake import arrival_of, scope_of
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.model.clock import SECOND, Clock, Instant, from_iso, iso, later
from trunkline.model.connection import state_after
from trunkline.model.errors import Decision, TrunklineError
from trunkline.model.json import JSON, as_list, as_object, at_path
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
    use: InUse
    poll: Poll
    every_s: float
    also_webhook: bool


class Poller:
    """One loop for all polled triggers. A trigger is its connection, name and input, so publishing or editing a flow moves no cursor."""

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
        due = {
            scope_of(link.connection.id, use.name): self._due_of(link, use, entries) for link, use, entries in self._directory.triggers()
        }
        wanted = {scope: found for scope, found in due.items() if found is not None}
        now = self._clock.monotonic()
        scheduled = {scope for _, scope in self._heap} | self._running.keys()
        for scope in wanted:
            if scope not in scheduled:
                heapq.heappush(self._heap, (now, scope))
        self._due = wanted
        self._changed.set()

    def _due_of(self, link: Link, use: InUse, entries: tuple[Entry, ...]) -> Due | None:
        poll = use.trigger.poll
        wishes = [] if poll is None else [entry.trigger.every_s or poll.every_s for entry in entries if entry.trigger.every_s is not None]
        if poll is None or not wishes:
            return None
        also_webhook = bool(use.trigger.kinds) and any(entry.trigger.webhook for entry in entries)
        return Due(link=link, use=use, poll=poll, every_s=self._every_s or min(wishes), also_webhook=also_webhook)

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
            await self._directory.set_state(due.link.connection.id, state_after(error), error.message)
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
        reached = None if due.poll.cursor is None or due.poll.token is not None else iso(started)
        cursor = before or Cursor(cursor=reached, baseline=started, polled_at=started, missed=0, problem="")
        if before is None and reached is not None and due.poll.walk == "since":
            await self._database.journal.commit(lambda tx: store.save_cursor(tx, scope, cursor))
            return 0
        reading = _Pass(poll=due.poll, cursor=cursor, started=started, first=before is None)
        news = await self._read(due, reading)
        moved = reading.moved(missed=cursor.missed + (news if due.also_webhook else 0))
        await self._database.journal.commit(lambda tx: store.save_cursor(tx, scope, moved))
        return news

    async def _read(self, due: Due, reading: "_Pass") -> int:
        """Read the list page by page and store what is news; how much of it was."""
        news = 0
        noted = replace(due.poll, items=reading.items) if due.poll.token else due.poll
        pages = due.link.pages(noted, since=reading.asked, input=due.use.input, now=reading.started)
        async with aclosing(pages):
            async for items in pages:
                found = reading.take(items)
                arrivals = [arrival for item, at in found for arrival in self._arrival(due, item, at, reading)]
                verdicts = await self._inbox.append(arrivals) if arrivals else []
                for verdict in verdicts:
                    metrics.count(metrics.EVENTS, "poll", verdict)
                news += verdicts.count("accepted")
                if reading.over:
                    break
        return news

    def _arrival(self, due: Due, item: JSON, at: Instant | None, reading: "_Pass") -> Iterator[Arrival]:
        payload = due.poll.payload(as_object(item))
        if not due.use.takes(payload):
            return
        record = due.use.trigger.record_key(payload)
        yield arrival_of(
            due.link.connection,
            due.use,
            payload,
            source="poll",
            key=None,
            occurred_at=at,
            received_at=self._clock.now(),
            depth=self._wake.depth(due.link.connection.id, record),
            read_at=reading.started,
            baseline=reading.is_baseline(at),
            notes_unseen=due.poll.notes_unseen,
        )

    async def stop(self) -> None:
        """Cancel polls under way; their cursors have not moved, so nothing they read is lost."""
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One pass over a list: from where it reads, what of it may be news, and where the next one begins."""

    poll: Poll
    cursor: Cursor
    started: Instant
    first: bool
    newest: Instant | None = None
    pages: int = 0
    over: bool = False
    """Nothing further down can be news."""
    mark: str | None = None
    """The vendor's own mark, as the last answer told it."""

    @property
    def since(self) -> Instant | None:
        """From where to read: the cursor moved back by the overlap, never before the baseline."""
        if self.poll.cursor is None or self.poll.token is not None or self.cursor.cursor is None:
            return None
        return max(later(from_iso(self.cursor.cursor), -self.poll.overlap_s), self._baseline)

    @property
    def _baseline(self) -> Instant:
        """Whole seconds: some vendors tell no parts of one."""
        return Instant(self.cursor.baseline - self.cursor.baseline % SECOND)

    @property
    def asked(self) -> str | None:
        """What the vendor is asked for."""
        if self.poll.token is not None:
            return self.cursor.cursor
        return None if self.since is None or self.poll.walk != "since" else iso(self.since)

    def items(self, answer: JSON) -> list[JSON]:
        """The items of an answer, whose mark is noted."""
        if self.poll.token is not None:
            self.mark = self.poll.token(answer) or self.mark
        return self.poll.items(answer) if self.poll.items else as_list(at_path(answer, self.poll.read.items or ""))

    def take(self, items: list[JSON]) -> list[tuple[JSON, Instant | None]]:
        """The items of the next page that may be news, each with its time."""
        self.pages += 1
        found = [(item, self._time(item)) for item in items]
        times = [at for _, at in found if at is not None]
        self.newest = max([*times, *([] if self.newest is None else [self.newest])], default=None)
        if self.poll.walk == "newest_first" and self.since is not None and times:
            self.over = max(times) < self.since
        return [(item, at) for item, at in found if at is None or at >= self._baseline]

    def _time(self, item: JSON) -> Instant | None:
        """None for an item without a time, or with one that is none."""
        told = None if self.poll.cursor is None else self.poll.cursor(as_object(item))
        try:
            return None if told is None else from_iso(told)
        except (ValueError, OverflowError):
            return None

    def is_baseline(self, at: Instant | None) -> bool:
        """Whether an item is only noted: it was there when the trigger began."""
        return self.first and (at is None or at < self.started)

    def moved(self, *, missed: int) -> Cursor:
        """Where the next pass begins.

        Never beyond the start of this pass, whatever an item's clock says. A list of several pages may have shifted while it was read, so
        that an item slipped through between two of them: then the next pass reads again what came since the start of the pass before.
        """
        if self.poll.token is not None:
            return replace(self.cursor, cursor=self.mark or self.cursor.cursor, polled_at=self.started, missed=missed, problem="")
        known = None if self.cursor.cursor is None else from_iso(self.cursor.cursor)
        farthest = self.started if self.pages < 2 or self.first else min(self.started, self.cursor.polled_at)
        reached = max((min(at, farthest) for at in (known, self.newest) if at is not None), default=None)
        return Cursor(
            cursor=None if reached is None else iso(reached),
            baseline=self.cursor.baseline,
            polled_at=self.started,
            missed=missed,
            problem="",
        )
