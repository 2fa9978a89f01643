"""Dispatch: from the inbox and from records of earlier work into the lanes."""

import structlog

from trunkline.engine.directory import Directory
from trunkline.engine.journey import Ticket, Work
from trunkline.engine.lanes import Lanes
from trunkline.engine.runner import LaneKey
from trunkline.model.clock import Instant
from trunkline.model.errors import TrunklineError
from trunkline.model.event import InboxItem, Run
from trunkline.model.ids import partition_of
from trunkline.model.ports import Inbox, Ownership
from trunkline.store import events as event_store
from trunkline.store import runs as store
from trunkline.store.database import Database

log = structlog.get_logger()


class Dispatcher:
    """Feeds the lanes."""

    def __init__(self, database: Database, directory: Directory, inbox: Inbox, ownership: Ownership, lanes: Lanes[LaneKey, Work]) -> None:
        self._database = database
        self._directory = directory
        self._inbox = inbox
        self._ownership = ownership
        self._lanes = lanes

    async def recover(self) -> int:
        """Put runs that a stop interrupted back into their lanes, in order; how many there were."""
        runs = await self._database.read(store.open_runs)
        for run in runs:
            await self.take_up(run)
        return len(runs)

    async def pump(self) -> None:
        """Move items from the inbox into the lanes for ever, no faster than the lanes empty."""
        while True:
            await self._lanes.room()
            self._route(await self._inbox.take())

    def _route(self, item: InboxItem) -> None:
        """Into a lane per flow it starts. What belongs to another worker stays in the inbox, for that one to take."""
        event = item.event
        if not self._ownership.mine(partition_of(event.workspace)):
            return
        if item.flow is None:
            entries = self._directory.listeners(event.connection, event.trigger)
        else:
            entry = self._directory.published(item.flow)
            entries = () if entry is None else (entry,)
        if not entries:
            self._inbox.done(item)
            return
        ticket = Ticket(item, len(entries), self._inbox.done)
        for entry in entries:
            work = Work(entry=entry, event=event, generation=item.generation, ticket=ticket, again=item.again)
            self._lanes.put((entry.flow, event.record_key), work)

    async def take_up(self, run: Run) -> None:
        """Put a recorded run back into its lane, with the version it began with."""
        event = await self._database.read(lambda tx: event_store.get_event(tx, run.event))
        try:
            entry = await self._directory.entry(run.flow, run.version, run.workspace)
        except TrunklineError as error:
            await self._dead(run, error.code, error.message)
            return
        if event is None:
            await self._dead(run, "not_found", "The event of this run is gone.")
            return
        work = Work(entry=entry, event=event, generation=run.generation, ticket=None, again=True, resume=run)
        self._lanes.put((run.flow, run.record_key), work)

    async def _dead(self, run: Run, code: str, reason: str) -> None:
        log.error("a run cannot be taken up", action="recover", run=run.id, reason=reason)
        finished_at = Instant(run.started_at)
        await self._database.journal.commit(
            lambda tx: store.move_run(tx, run.id, state="failed", code=code, reason=reason, finished_at=finished_at)
        )
