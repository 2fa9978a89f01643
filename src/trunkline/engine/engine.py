"""The engine as a whole: started, watched over and stopped as one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from trunkline.connect.declaration import Trigger
from trunkline.engine.alerts import Alerts, Thresholds
from trunkline.engine.backfill import Backfills
from trunkline.engine.budgets import BudgetRoom
from trunkline.engine.commits import Commits
from trunkline.engine.directory import Directory
from trunkline.engine.dispatch import Dispatcher
from trunkline.engine.effects import Effects
from trunkline.engine.execute import Executor
from trunkline.engine.forgetting import Forgetter
from trunkline.engine.housekeeping import Housekeeper, Retention
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.journey import Work
from trunkline.engine.lanes import Lanes
from trunkline.engine.loops import Wake
from trunkline.engine.poll import Reader
from trunkline.engine.poller import Poller, Polling
from trunkline.engine.receive import Receiver
from trunkline.engine.recovery import Recovery
from trunkline.engine.refusals import Refusals
from trunkline.engine.runner import LaneKey, Runner
from trunkline.engine.schedules import Schedules
from trunkline.engine.standing import Standings
from trunkline.engine.subscriptions import Subscriber
from trunkline.engine.telling import Teller
from trunkline.engine.timetable import Timetable
from trunkline.model.clock import Clock
from trunkline.model.errors import StoreError
from trunkline.model.ports import Ownership
from trunkline.store.database import Database

log = structlog.get_logger()

WATCH_S = 0.5
"""How soon a change made by another process (the CLI) is noticed."""
AGAIN_S = 2.0
"""Pause before a part that failed is started again."""
STOP_S = 10.0


class Engine:
    """Everything between a durable event and its effects, for one process."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        clock: Clock,
        *,
        ownership: Ownership,
        retention: Retention,
        triggers: Callable[[str], Trigger],
        concurrency: int = 64,
        backlog: int = 100_000,
        polling: Polling | None = None,
        subscriber: Subscriber | None = None,
        thresholds: Thresholds | None = None,
        budgets: BudgetRoom | None = None,
    ) -> None:
        self.directory = directory
        self.inbox = EmbeddedInbox(database, limit=backlog)
        wake = Wake(clock)
        commits = Commits(database.journal, clock)
        effects = Effects(commits, clock, wake)
        self._runner = Runner(database, directory, Executor(directory, effects, clock), commits, clock)
        self.lanes: Lanes[LaneKey, Work] = Lanes(self._runner.handle, concurrency=concurrency)
        self._dispatcher = Dispatcher(database, directory, self.inbox, ownership, self.lanes)
        self._timetable = Timetable(database, self._dispatcher, clock)
        polling = polling or Polling()
        self._reader = Reader(database, self.inbox, clock, wake, most_gone=polling.most_gone)
        self._poller = Poller(database, directory, self._reader, clock, every_s=polling.every_s)
        self._backfills = Backfills(database, directory, self.inbox, self._reader, clock)
        self._schedules = Schedules(database, directory, self.inbox, ownership, clock, triggers)
        self._housekeeper = Housekeeper(database, clock, retention)
        self._forgetter = Forgetter(database, directory, clock)
        self._recovery = Recovery(database, directory, clock)
        self._subscriber = subscriber
        self._budgets = budgets
        self.refusals = Refusals(database, clock)
        more = (self._poller.concerns, *(() if budgets is None else (budgets.concerns,)))
        self._alerts = Alerts(database, directory, clock, thresholds=thresholds, more=more)
        self._teller = Teller(database, directory, clock)
        self.receiver = Receiver(directory, self.inbox, wake, Standings(directory, self._recovery))
        self._clock = clock
        self._parts: list[asyncio.Task[None]] = []
        self._runner.take_up = self._dispatcher.take_up
        self._runner.wake_at = self._timetable.wake_at

    async def start(self) -> None:
        """Load, take up what was interrupted, then keep every part going."""
        await self.directory.refresh()
        await self.inbox.open()
        await self._runner.open()
        await self._reader.load()
        await self._poller.refresh()
        self._backfills.refresh()
        await self._schedules.refresh()
        self.lanes.start()
        interrupted = await self._dispatcher.recover()
        if interrupted or self.inbox.waiting:
            log.info("taking up what was interrupted", action="recover", runs=interrupted, events=self.inbox.waiting)
        for keep in (
            self._dispatcher.pump,
            self._timetable.keep,
            self._poller.keep,
            self._backfills.keep,
            self._schedules.keep,
            self._housekeeper.keep,
            self._forgetter.keep,
            self._recovery.keep,
            self._runner.keep_shown,
            self._watch,
            self.refusals.keep,
            self._alerts.keep,
            self._teller.keep,
            *([] if self._subscriber is None else [self._subscriber.keep]),
            *([] if self._budgets is None else [self._budgets.keep]),
        ):
            self._parts.append(asyncio.get_running_loop().create_task(self._keep(keep)))

    async def _keep(self, part: Callable[[], Awaitable[None]]) -> None:
        """A part that fails is started again; the database may have been away."""
        while True:
            try:
                await part()
            except StoreError as error:
                log.error("a part of the hub waits for the database", action="engine", part=part.__qualname__, reason=error.message)
            except Exception:
                log.exception("a part of the hub failed in a way nobody foresaw", action="engine", part=part.__qualname__)
            await self._clock.sleep(AGAIN_S)

    async def _watch(self) -> None:
        """Notice what changed, whoever changed it."""
        seen = self.directory.generation
        while True:
            await self.directory.refresh()
            if self.directory.generation != seen:
                seen = self.directory.generation
                await self._poller.refresh()
                self._backfills.refresh()
                await self._schedules.refresh()
                if self._subscriber is not None:
                    self._subscriber.refresh()
                await self._runner.reconcile()
            await self._clock.sleep(WATCH_S)

    async def stop(self) -> None:
        """Take nothing new, let runs in hand end, and leave the rest to the next start."""
        for part in self._parts:
            part.cancel()
        await asyncio.gather(*self._parts, return_exceptions=True)
        await self._poller.stop()
        await self._backfills.stop()
        await self.lanes.stop(within_s=STOP_S)
        with contextlib.suppress(StoreError):  # a note of a refusal is not worth a stop that fails
            await self.refusals.write()
        await self.inbox.close()
