"""The embedded inbox: a table in the data file, with a bounded part of it held in memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from trunkline.engine import metrics
from trunkline.engine.intake import admit
from trunkline.model.crash import reach
from trunkline.model.errors import StoreError
from trunkline.model.event import InboxItem
from trunkline.model.ids import partition_of
from trunkline.model.ports import Arrival, Verdict
from trunkline.store import events as store
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

log = structlog.get_logger()

HELD = 5_000
"""Items kept in memory; beyond that they are read back from the table when their turn comes."""

LOOK_S = 0.5
"""How often the table is looked at for items that another process (the CLI) put there."""


class EmbeddedInbox:
    """Items leave in the order they were committed. `limit` bounds what may wait before senders are asked to come later."""

    def __init__(self, database: Database, *, limit: int) -> None:
        self._database = database
        self._limit = limit
        self._held: deque[InboxItem] = deque()
        self._newest = 0
        """Place of the newest item taken into memory."""
        self._before = 0
        """Items up to this place were here before the start, so runs of them may exist."""
        self._behind = True
        """Whether the table may hold items after `_newest` that memory does not."""
        self._wake = asyncio.Event()
        self._done: list[int] = []
        self._waiting = 0
        self._flushing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Count what waits from before."""
        self._before = await self._database.read(store.newest_place)
        self._waiting = await self._database.read(store.inbox_depth)
        metrics.BACKLOG.set(self._waiting)

    @property
    def waiting(self) -> int:
        """Items accepted and not done."""
        return self._waiting

    async def append(self, arrivals: Sequence[Arrival], *, also: Callable[[Transaction], None] | None = None) -> list[Verdict]:
        if self._waiting >= self._limit:
            raise StoreError(f"{self._waiting} events wait already.", hint="The hub takes more when it has caught up.")

        def unit(tx: Transaction) -> tuple[list[Verdict], list[InboxItem]]:
            verdicts: list[Verdict] = []
            items: list[InboxItem] = []
            for arrival in arrivals:
                verdict, event = admit(tx, arrival)
                verdicts.append(verdict)
                if event is not None:
                    flow = None if arrival.past is None else arrival.past.flow
                    place = store.enqueue(tx, event.id, partition=partition_of(event.workspace), flow=flow)
                    items.append(InboxItem(seq=place, event=event, flow=flow, again=flow is not None))
            if also is not None:
                also(tx)
            return verdicts, items

        verdicts, items = await self._database.journal.commit(unit)
        reach("after-accept")
        self._waiting += len(items)
        for item in items:
            self._offer(item)
        return verdicts

    def _offer(self, item: InboxItem) -> None:
        if self._behind or len(self._held) >= HELD:
            self._behind = True
        elif item.seq > self._newest:
            self._held.append(item)
            self._newest = item.seq
        self._wake.set()

    async def take(self) -> InboxItem:
        while not self._held:
            if self._behind:
                await self._catch_up()
                continue
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK_S)
            except TimeoutError:
                await self._look()
        return self._held.popleft()

    async def _catch_up(self) -> None:
        """Read the next piece of the table. Items offered meanwhile set `_behind` again, so none is skipped."""
        self._behind = False
        after = self._newest
        items = await self._database.read(lambda tx: store.pending(tx, after=after, most=HELD))
        items = [replace(item, again=True) if item.seq <= self._before or item.flow else item for item in items]
        newer = [item for item in self._held if not items or item.seq > items[-1].seq]
        self._held = deque([*items, *newer])
        if len(items) == HELD:
            self._behind = True
            self._held = deque(items)
        if self._held:
            self._newest = self._held[-1].seq

    async def _look(self) -> None:
        if await self._database.read(store.newest_place) > self._newest:
            self._behind = True
            self._waiting = await self._database.read(store.inbox_depth)

    def done(self, item: InboxItem) -> None:
        self._done.append(item.seq)
        self._waiting -= 1
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        """Take finished items out of the table, many at a time. One that stays is only looked at again after a restart."""
        while self._done:
            places, self._done = self._done, []
            metrics.BACKLOG.set(self._waiting)
            try:
                await self._database.journal.commit(lambda tx, places=places: store.done(tx, places))
                reach("after-inbox-done")
            except StoreError as error:
                log.warning("inbox items stay for now", action="inbox.done", reason=error.message)
                self._done.extend(places)
                await asyncio.sleep(LOOK_S)
        self._flushing = None

    async def close(self) -> None:
        """Finish taking items out."""
        if self._flushing is not None:
            await self._flushing
