"""The poller: whose turn it is, how often, and how many at a time."""

import asyncio
import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, replace

import structlog

from trunkline.engine import metrics
from trunkline.engine.absence import MOST_GONE
from trunkline.engine.directory import Directory, Entry, InUse
from trunkline.engine.intake import scope_of
from trunkline.engine.links import Link
from trunkline.engine.pace import Pace, affordable_s, jittered, pace_of, spread
from trunkline.engine.poll import Due, Reader
from trunkline.model.clock import SECOND, Clock, Instant, later
from trunkline.model.connection import state_after
from trunkline.model.errors import Decision, RateLimitedError, StoreError, TrunklineError
from trunkline.model.ids import ConnectionId
from trunkline.store import cursors as store
from trunkline.store.alerts import Concern
from trunkline.store.cursors import Cursor
from trunkline.store.database import Database

log = structlog.get_logger()

AT_ONCE = 256
"""Polls under way at a time."""
EACH = 8
"""Polls of one connection under way at a time: one that waits for its vendor must not hold up the others."""
TICK_S = 0.25
"""Turns that come this close together are begun together: to wake up for each by itself costs more than the poll."""
KEEP_S = 2.0
"""How often the cursors that quiet passes moved are kept."""
LONGEST_S = 60.0
TRIES = 3
"""So often a poll may fail in a row before somebody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """`every_s` overrules what flows say; more than `most_gone` of a list must not vanish at once."""

    every_s: float | None = None
    most_gone: float = MOST_GONE


class Poller:
    """One heap for all polled triggers."""

    def __init__(self, database: Database, directory: Directory, reader: Reader, clock: Clock, *, every_s: float | None = None) -> None:
        self._database = database
        self._directory = directory
        self._reader = reader
        self._clock = clock
        self._every_s = every_s
        self._tick_s = TICK_S if every_s is None else min(TICK_S, every_s / 10)
        self._due: dict[str, Due] = {}
        self._heap: list[tuple[float, str]] = []
        self.planned: dict[str, float] = {}
        """When each trigger's turn is; an entry of the heap with another time is out of date."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._busy: Counter[ConnectionId] = Counter()
        self._waiting: dict[ConnectionId, deque[str]] = defaultdict(deque)
        """Triggers whose turn has come and whose connection is busy."""
        self._failures: Counter[str] = Counter()
        self._problems: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._kept_at = 0.0

    # ── what is polled ──

    async def refresh(self) -> None:
        """Take over which triggers are polled now, and what people asked of them; one that stays keeps its turn."""
        found = [due for link, use, entries in self._directory.triggers() if (due := self._due_of(link, use, entries)) is not None]
        shared = Counter(due.link.connection.id for due in found)
        before, self._due = self._due, {_scope(due): replace(due, triggers=shared[due.link.connection.id]) for due in found}
        self._plan_all([scope for scope in self._due if scope not in before])
        for scope in self._due.keys() & before.keys():
            if self._due[scope].pace != before[scope].pace and scope in self.planned:
                self._plan(scope, self._pace_kept(scope, self.planned[scope]))
        await self._wishes()
        self._changed.set()

    def _due_of(self, link: Link, use: InUse, entries: tuple[Entry, ...]) -> Due | None:
        poll = use.trigger.poll
        pace = None if poll is None else pace_of((entry.trigger for entry in entries), poll.every_s)
        if poll is None or pace is None:
            return None
        if self._every_s is not None:
            pace = Pace(least_s=self._every_s, most_s=self._every_s, first_s=self._every_s)
        also_webhook = bool(use.trigger.kinds) and any(entry.trigger.webhook for entry in entries)
        return Due(link=link, use=use, poll=poll, pace=pace, also_webhook=also_webhook)

    def _plan_all(self, scopes: list[str]) -> None:
        """Those who kept their turn over a restart have it; those who are late, or new, follow each other without a crowd."""
        now, wall = self._clock.monotonic(), self._clock.now()
        late: list[str] = []
        for scope in scopes:
            if scope in self._running or scope in self.planned:
                continue
            known = self._reader.cursors.get(scope)
            wait_s = 0.0 if known is None else (known.due_at - wall) / SECOND
            if wait_s <= 0:
                late.append(scope)
            else:
                self._plan(scope, now + min(wait_s, self._due[scope].pace.most_s))
        for scope in late:
            self._plan(scope, now + spread(self._due[scope].pace.most_s, len(late)))

    def _pace_kept(self, scope: str, planned: float) -> float:
        """A turn planned under other bounds, as these have it."""
        return min(planned, self._clock.monotonic() + self._due[scope].pace.most_s)

    async def _wishes(self) -> None:
        for scope, wish in (await self._database.read(store.wishes)).items():
            known = self._reader.cursors.get(scope)
            if known is None or scope not in self._due or known.wish == wish:
                continue
            if scope in self.planned:
                self._plan(scope, self._clock.monotonic())
            if wish == "poll":
                await self._database.journal.commit(lambda tx, scope=scope: store.wish(tx, scope, ""))
            else:
                self._reader.cursors[scope] = replace(known, wish=wish)

    def _plan(self, scope: str, at: float) -> None:
        self.planned[scope] = at
        heapq.heappush(self._heap, (at, scope))

    # ── turns ──

    async def keep(self) -> None:
        """Poll for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            alarm = loop.call_later(self._begin(), self._changed.set)
            try:
                await self._changed.wait()
            finally:
                alarm.cancel()

    def _begin(self) -> float:
        """Begin every turn that has come; how long until the next one may."""
        now = self._clock.monotonic()
        if self._reader.unkept and now - self._kept_at >= KEEP_S:
            self._kept_at = now
            self._keep_quiet()
        while self._heap and self._heap[0][0] <= now and len(self._running) < AT_ONCE:
            at, scope = heapq.heappop(self._heap)
            if self.planned.get(scope) != at:
                continue
            del self.planned[scope]
            if scope in self._due:
                self._start(scope, at)
        return self._idle_s(now)

    def _idle_s(self, now: float) -> float:
        if len(self._running) >= AT_ONCE:
            return LONGEST_S
        wait_s = self._heap[0][0] - now if self._heap else LONGEST_S
        if self._reader.unkept:
            wait_s = min(wait_s, self._kept_at + KEEP_S - now)
        return min(max(wait_s, self._tick_s), LONGEST_S)

    def _start(self, scope: str, at: float) -> None:
        due = self._due[scope]
        connection = due.link.connection.id
        if self._busy[connection] >= EACH:
            self._waiting[connection].append(scope)
            return
        metrics.POLL_LATE.observe(max(0.0, self._clock.monotonic() - at))
        self._busy[connection] += 1
        self._running[scope] = asyncio.get_running_loop().create_task(self._turn(scope, due))

    async def _turn(self, scope: str, due: Due) -> None:
        retry_at: Instant | None = None
        news = 0
        try:
            news = await self.poll(scope, due)
            self._failures.pop(scope, None)
            self._problems.pop(scope, None)
            metrics.count(metrics.POLLS, "done")
        except TrunklineError as error:
            metrics.count(metrics.POLLS, error.code)
            log.warning("a poll failed", action="poll", trigger=scope, reason=error.message)
            retry_at = error.retry_at if isinstance(error, RateLimitedError) else None
            await self._failed(scope, due, error)
        except Exception:
            metrics.count(metrics.POLLS, "bug")
            log.exception("a poll failed in a way nobody foresaw", action="poll", trigger=scope)
            self._failures[scope] += 1
        finally:
            del self._running[scope]
            self._ended(scope, due, news=news, retry_at=retry_at)

    def _ended(self, scope: str, due: Due, *, news: int, retry_at: Instant | None) -> None:
        connection = due.link.connection.id
        self._busy[connection] -= 1
        self._follow(scope, self._due.get(scope, due), news=news, retry_at=retry_at)
        waiting = self._waiting.get(connection)
        while waiting:
            scope = waiting.popleft()
            if scope in self._due:
                self._start(scope, self._clock.monotonic())
                break
        if len(self._running) == AT_ONCE - 1 or (self._heap and self._heap[0][1] == scope):
            self._changed.set()

    def _follow(self, scope: str, due: Due, *, news: int, retry_at: Instant | None) -> None:
        """Decide when the next turn is. One that fails is tried less and less often; a first one is put anywhere in its interval."""
        known = self._reader.cursors.get(scope)
        before_s = 0 if known is None else known.interval_ms / 1000
        interval_s = self._interval_s(due, known, before_s, news=news)
        wait_s = interval_s * 2 ** min(self._failures[scope], 10) if scope in self._failures else interval_s
        wait_s = jittered(min(wait_s, due.pace.most_s))
        if not before_s:
            wait_s = spread(interval_s, 1 << 20)
        if retry_at is not None:
            wait_s = max(wait_s, (retry_at - self._clock.now()) / SECOND)
        if known is not None:
            due_at = later(self._clock.now(), wait_s)
            self._reader.cursors[scope] = known.planned(interval_ms=round(interval_s * 1000), due_at=due_at)
            self._reader.unkept.add(scope)
        self._plan(scope, self._clock.monotonic() + wait_s)

    def _interval_s(self, due: Due, known: Cursor | None, before_s: float, *, news: int) -> float:
        if self._every_s is not None:
            return self._every_s
        connector = due.link.connector
        calls = 1 if known is None else known.calls
        afford_s = affordable_s(connector.limits, due.poll.read.group, calls=calls, triggers=due.triggers)
        return due.pace.after(before_s, news=news, affordable_s=afford_s)

    async def poll(self, scope: str, due: Due) -> int:
        """One pass; how many events came of it."""
        if due.link.connection.state in ("paused", "suspended"):
            return 0
        return await self._reader.read(scope, due)

    async def concerns(self) -> list[Concern]:
        """Connections that answer, and of which triggers could not be read several times in a row."""
        failing: dict[ConnectionId, list[str]] = defaultdict(list)
        now = self._clock.now()
        for scope, count in self._failures.items():
            due = self._due.get(scope)
            if due is not None and count >= TRIES and due.link.connection.state == "ok" and not due.link.session.outage.lasts(now):
                failing[due.link.connection.id].append(scope)
        return [self._concern(scopes) for scopes in failing.values()]

    def _concern(self, scopes: list[str]) -> Concern:
        due, problem = self._due[scopes[0]], self._problems.get(scopes[0], "see the hub's log")
        connection = due.link.connection
        return Concern(
            key=f"polls:{connection.id}",
            kind="polls",
            text=f"Polls of {connection.name} fail: {due.use.name.partition('#')[0]}: {problem}",
            hint="They are tried again, less and less often. Look: trunkline triggers list",
            count=len(scopes),
            connections=(connection.id,),
        )

    async def _failed(self, scope: str, due: Due, error: TrunklineError) -> None:
        self._failures[scope] += 1
        self._problems[scope] = error.message
        if error.decision is Decision.PAUSE_CONNECTION and due.link.connection.state == "ok":
            await self._directory.set_state(due.link.connection.id, state_after(error), error.message)
        known = self._reader.cursors.get(scope)
        if known is not None:
            self._reader.cursors[scope] = replace(known, problem=error.message)
            self._reader.unkept.add(scope)

    # ── what quiet passes moved ──

    def _keep_quiet(self) -> None:
        """Write the cursors that moved without any news, all in one unit. What is lost of them is read again, and is no news."""
        moved = self._take_unkept()
        self._database.journal.commit(lambda tx: store.save_cursors(tx, moved)).add_done_callback(
            lambda done: self._reader.unkept.update(moved) if not done.cancelled() and done.exception() is not None else None
        )

    def _take_unkept(self) -> dict[str, Cursor]:
        moved = {scope: self._reader.cursors[scope] for scope in self._reader.unkept}
        self._reader.unkept.clear()
        return moved

    async def stop(self) -> None:
        """Cancel polls under way; their cursors have not moved, so nothing they read is lost."""
        self._due = {}  # whoever waits for a place gets none any more
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        moved = self._take_unkept()
        if moved:
            try:
                await self._database.journal.commit(lambda tx: store.save_cursors(tx, moved))
            except StoreError as error:
                log.warning("quiet polls will be made again", action="poll", reason=error.message)


def _scope(due: Due) -> str:
    return scope_of(due.link.connection.id, due.use.name)
