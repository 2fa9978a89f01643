"""Schedules at work: the clock starts flows. A tick is an event like any other, and how far the schedule has come moves in its unit."""

import asyncio
import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog

from trunkline.connect.declaration import Trigger
from trunkline.connect.schedules.schedule import Schedule
from trunkline.connect.schedules.ticks import Tick, payload
from trunkline.engine import metrics
from trunkline.engine.directory import Directory, Entry
from trunkline.engine.ticks import Decision, decide
from trunkline.model.clock import SECOND, Clock, Instant, iso, later
from trunkline.model.errors import ConflictError, StoreError, TrunklineError
from trunkline.model.event import Event
from trunkline.model.ids import FlowId, clock_of, digest, event_id, partition_of
from trunkline.model.ports import Arrival, Inbox, Ownership
from trunkline.store import schedules as store
from trunkline.store.database import Database
from trunkline.store.flows import is_published
from trunkline.store.payload import pack
from trunkline.store.schedules import Reached
from trunkline.store.statement import Transaction

log = structlog.get_logger()

T = TypeVar("T")

AT_ONCE: Final = 200
"""Schedules seen to at a time; their units share a commit."""
SLICE: Final = 100
"""Schedules read or moved at a stretch before everything else gets a turn."""
LOOK_S: Final = 1.0
"""Longest sleep: the clock may have been put forward."""
AGAIN_S: Final = 2.0
TURNED_BACK_S: Final = 60
"""A clock put back by more than this makes schedules go back with it."""


@dataclass(slots=True, kw_only=True)
class _Timed:
    """A flow that a clock starts, and how far it has come."""

    entry: Entry
    trigger: Trigger
    schedule: Schedule
    state: Reached
    delay_s: float

    def next_due(self) -> Instant | None:
        """When to see to it."""
        following = self.schedule.after(self.state.reached)
        return None if following is None else later(following, self.delay_s)


class Schedules:
    """One loop for all schedules: a heap of when each is due. A schedule is its flow and its plan, so edits of the rest move nothing."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        inbox: Inbox,
        ownership: Ownership,
        clock: Clock,
        triggers: Callable[[str], Trigger],
    ) -> None:
        self._database = database
        self._directory = directory
        self._inbox = inbox
        self._ownership = ownership
        self._clock = clock
        self._triggers = triggers
        self._timed: dict[FlowId, _Timed] = {}
        self._heap: list[tuple[Instant, FlowId]] = []
        self._due: dict[FlowId, Instant] = {}
        """What of the heap counts; older entries are passed over."""
        self._latest_now = clock.now()

    # ── which there are ──

    async def refresh(self) -> None:
        """Take over which flows are scheduled now; one whose schedule is as it was keeps its turn."""
        wanted = {entry.flow: entry for entry in self._directory.timed() if self._ownership.mine(partition_of(entry.workspace))}
        for flow in [flow for flow in self._timed if flow not in wanted]:
            del self._timed[flow]
            self._due.pop(flow, None)
        changed: list[Entry] = []
        for flow, entry in wanted.items():
            known = self._timed.get(flow)
            if known is not None and known.entry.trigger == entry.trigger:
                known.entry = entry
            else:
                changed.append(entry)
        if changed:
            await self._take(changed)

    async def _take(self, entries: Sequence[Entry]) -> None:
        rows = await self._database.read(store.all_reached)
        taken: list[_Timed] = []
        begun: list[Reached] = []
        for piece in _pieces(entries):
            for entry in piece:
                found = self._read(entry)
                if found is None:
                    continue
                trigger, schedule = found
                state = rows.get(entry.flow)
                if state is None or state.plan != schedule.plan:
                    state = Reached(flow=entry.flow, plan=schedule.plan, reached=self._clock.now())
                    begun.append(state)
                delay_s = schedule.delay_s(entry.flow)
                taken.append(_Timed(entry=entry, trigger=trigger, schedule=schedule, state=state, delay_s=delay_s))
            await asyncio.sleep(0)
        if begun:
            await self._database.journal.commit(lambda tx: _begin(tx, begun))
        for piece in _pieces(taken):
            for timed in piece:
                self._timed[timed.entry.flow] = timed
                self._push(timed)
            await asyncio.sleep(0)
        await self._go_back()

    def _read(self, entry: Entry) -> tuple[Trigger, Schedule] | None:
        try:
            trigger = self._triggers(entry.trigger.name)
            schedule = None if trigger.schedule is None else trigger.schedule(entry.trigger.input)
        except TrunklineError as error:
            log.error("a flow's schedule cannot be read", action="schedule", flow=entry.name, reason=error.message)
            return None
        if schedule is None:
            log.error("a flow's trigger names no connection", action="schedule", flow=entry.name)
            return None
        return trigger, schedule

    def _push(self, timed: _Timed, *, not_before: Instant | None = None) -> None:
        due, flow = timed.next_due(), timed.entry.flow
        if due is None:
            self._due.pop(flow, None)
            return
        due = due if not_before is None else max(due, not_before)
        self._due[flow] = due
        heapq.heappush(self._heap, (due, flow))

    # ── at work ──

    async def keep(self) -> None:
        """Start flows for ever."""
        while True:
            if await self.look():
                continue
            now = self._clock.now()
            next_s = (self._heap[0][0] - now) / SECOND if self._heap else LOOK_S
            await self._clock.sleep(min(LOOK_S, max(0.001, next_s)))

    async def look(self) -> int:
        """See to what is due now, at most so much at a time; how many schedules that were."""
        now, before = self._clock.now(), self._latest_now
        self._latest_now = now
        if now < later(before, -TURNED_BACK_S):
            log.warning("the clock was put back", action="schedule", seconds=(before - now) / SECOND)
            await self._go_back()
        ready: list[_Timed] = []
        while self._heap and self._heap[0][0] <= now and len(ready) < AT_ONCE:
            due, flow = heapq.heappop(self._heap)
            timed = self._timed.get(flow)
            if timed is not None and self._due.get(flow) == due:
                del self._due[flow]
                ready.append(timed)
        await asyncio.gather(*(self._turn(timed) for timed in ready))
        return len(ready)

    async def _go_back(self) -> None:
        """After the clock was put back: ticks that lie ahead again are awaited again. Those that were told are known and not told twice."""
        now = self._clock.now()
        ahead = [timed for timed in self._timed.values() if timed.state.reached > later(now, TURNED_BACK_S)]
        for piece in _pieces(ahead):
            await asyncio.gather(*(self._move_back(timed, now) for timed in piece))

    async def _move_back(self, timed: _Timed, now: Instant) -> None:
        before, state = timed.state, replace(timed.state, reached=now)
        if await self._database.journal.commit(lambda tx: store.move(tx, before.reached, state)):
            timed.state = state
        else:
            await self._learn(timed)
        if self._timed.get(timed.entry.flow) is timed:
            self._push(timed)

    async def _turn(self, timed: _Timed) -> None:
        not_before = self._clock.now()
        try:
            await self._see_to(timed)
        except ConflictError:
            await self._learn(timed)
        except StoreError as error:
            log.warning("a tick waits", action="schedule", flow=timed.entry.name, reason=error.message)
            not_before = later(not_before, AGAIN_S)
        except Exception:
            log.exception("a schedule failed in a way nobody foresaw", action="schedule", flow=timed.entry.name)
            not_before = later(not_before, TURNED_BACK_S)
        if self._timed.get(timed.entry.flow) is timed:
            self._push(timed, not_before=not_before)

    async def _see_to(self, timed: _Timed) -> None:
        decision = decide(timed.schedule, after=timed.state.reached, now=later(self._clock.now(), -timed.delay_s))
        if decision is None:
            return
        before = timed.state
        arrivals = list(self._arrivals(timed, decision))
        state = _moved(before, decision, told_at=arrivals[-1].event.received_at if arrivals else None)

        def move(tx: Transaction) -> None:
            if not store.move(tx, before.reached, state):
                raise ConflictError("The schedule was seen to elsewhere, changed or stopped.")

        if arrivals:
            for verdict in await self._inbox.append(arrivals, also=move):
                metrics.count(metrics.EVENTS, "schedule", verdict)
        else:
            await self._database.journal.commit(move)
        timed.state = state
        if decision.missed:
            log.warning("ticks were missed", action="schedule", flow=timed.entry.name, missed=decision.missed)

    def _arrivals(self, timed: _Timed, decision: Decision) -> Iterator[Arrival]:
        missed, previous = timed.state.untold + decision.missed, timed.state.planned_at
        for planned_at in decision.start:
            tick = Tick(planned_at=planned_at, told_at=self._clock.now(), missed=missed, previous_at=previous)
            yield _arrival(timed, tick)
            missed, previous = 0, planned_at

    async def _learn(self, timed: _Timed) -> None:
        """How far it has come by what is stored: another process may have seen to it, or a person stopped and started it."""
        flow = timed.entry.flow
        state = await self._database.read(lambda tx: store.reached_by(tx, flow))
        if state is not None and state.plan == timed.schedule.plan:
            timed.state = state
        elif self._timed.get(flow) is timed:
            del self._timed[flow]  # the refresh that follows every such change tells what it is now


def _begin(tx: Transaction, begun: Sequence[Reached]) -> None:
    for state in begun:
        if is_published(tx, state.flow):
            store.begin(tx, state.flow, plan=state.plan, at=state.reached)


def _moved(before: Reached, decision: Decision, *, told_at: Instant | None) -> Reached:
    missed = before.missed + decision.missed
    if not decision.start:
        return replace(before, reached=decision.reached, untold=before.untold + decision.missed, missed=missed)
    return replace(before, reached=decision.reached, planned_at=decision.start[-1], told_at=told_at, untold=0, missed=missed)


def _arrival(timed: _Timed, tick: Tick) -> Arrival:
    """The event of a tick: the flow, its plan and the planned time are what it is known by."""
    entry, schedule = timed.entry, timed.schedule
    told = payload(schedule, tick)
    clock, key = clock_of(entry.flow), iso(tick.planned_at)
    trigger = f"{entry.trigger.name}#{digest(schedule.plan, size=6)}"
    identity = digest(clock, trigger, key)
    event = Event(
        id=event_id(tick.told_at, identity),
        identity=identity,
        workspace=entry.workspace,
        connection=clock,
        trigger=trigger,
        key=key,
        record_key=timed.trigger.record_key(told),
        source="schedule",
        depth=0,
        occurred_at=tick.planned_at,
        received_at=tick.told_at,
        payload=told,
    )
    return Arrival(event=event, packed=pack(told))


def _pieces(every: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(every), SLICE):
        yield every[begin : begin + SLICE]
