"""The runner: takes work from a lane, begins or resumes its run, and records how it ended."""

import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from trunkline.engine import metrics
from trunkline.engine.commits import Commits
from trunkline.engine.directory import Directory
from trunkline.engine.effects import ConnectionRefused
from trunkline.engine.errands import BUDGET, errand_of
from trunkline.engine.execute import Executor
from trunkline.engine.journey import Journey, Work, scope_of
from trunkline.engine.loops import DEPTH_LIMIT
from trunkline.model.clock import SECOND, Clock, Instant, later
from trunkline.model.crash import reach
from trunkline.model.errors import Decision, LoopError, RunStopped, RunSuspended, TrunklineError
from trunkline.model.event import FINAL, Run, RunState
from trunkline.model.ids import FlowId, RunId, run_id
from trunkline.model.json import JSON
from trunkline.store import effects as effect_store
from trunkline.store import runs as store
from trunkline.store.database import Database
from trunkline.store.effects import RecordedEffect
from trunkline.store.payload import pack
from trunkline.store.statement import Transaction

log = structlog.get_logger()

SHOWN_AFTER_S = 0.5
"""A run in hand for so long gets its row before it ends."""

LaneKey = tuple[FlowId, str]
Records = tuple[Run | None, list[RecordedEffect], dict[str, JSON]]


class Runner:
    """Handles one piece of work at a time per lane.

    `take_up` (puts a run back into its lane) and `wake_at` (sets the timetable's alarm) are given once those parts exist.
    """

    def __init__(self, database: Database, directory: Directory, executor: Executor, commits: Commits, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._executor = executor
        self._commits = commits
        self._clock = clock
        self._holders: dict[LaneKey, RunId] = {}
        self._in_hand: dict[RunId, Journey | None] = {}
        self.take_up: Callable[[Run], Awaitable[None]] = _nowhere
        self.wake_at: Callable[[Instant], None] = _never

    async def open(self) -> None:
        """Learn which records are held up by parked runs."""
        held = await self._database.read(store.held_records)
        self._holders = {(flow, record): run for flow, record, run in held}

    async def handle(self, work: Work) -> None:
        """Carry one piece of work out, whatever becomes of it; never raises for what a vendor or a document did."""
        run = run_id(work.event.id, work.entry.flow, work.generation)
        if run in self._in_hand:
            _recorded(work)
            return
        self._in_hand[run] = None
        try:
            journey = self._in_hand[run] = await self._begin(work, run)
            if journey is not None:
                await self._carry_out(journey)
        finally:
            del self._in_hand[run]

    async def _begin(self, work: Work, id: RunId) -> Journey | None:
        """A journey to make; None when the run was finished before or has to wait behind another one."""
        now = self._clock.now()
        found, effects, steps = await self._database.read(lambda tx: _records(tx, id)) if work.again else (None, [], {})
        if found is not None and not _to_be_taken_up(found, work):
            _recorded(work)
            if found.state in FINAL:
                await self._release(found)
            return None
        run = Run(
            seq=0,
            id=id,
            workspace=work.entry.workspace,
            flow=work.entry.flow,
            version=work.entry.version,
            event=work.event.id,
            record_key=work.event.record_key,
            generation=work.generation,
            depth=work.event.depth,
            state="running",
            code="",
            reason="",
            attempts=1 if found is None else found.attempts + (not _only_waited(work)),
            received_at=work.event.received_at,
            started_at=_first_start(found, effects, now),
            finished_at=None,
        )
        holder = self._holders.get((run.flow, run.record_key))
        if holder is not None and holder != id:
            await self._wait_behind(run, work)
            return None
        return Journey(
            run=run,
            entry=work.entry,
            event=work.event,
            ticket=work.ticket,
            scope=scope_of(run, work.event, work.entry),
            effects={recorded.effect.path: recorded for recorded in effects},
            steps=steps,
            stored=False,
            errand=errand_of(work.event.source, run.flow, again=work.generation > 0),
            resumed=found is not None,
        )

    async def _wait_behind(self, run: Run, work: Work) -> None:
        waiting = replace(run, state="waiting", reason="An earlier run of this record is not finished.")
        await self._commits.patiently(lambda tx: store.start_run(tx, waiting))
        reach("after-wait-behind")
        _recorded(work)

    async def _carry_out(self, journey: Journey) -> None:
        run = journey.run
        try:
            if run.depth > DEPTH_LIMIT:
                raise LoopError(
                    f"The flow was started by its own writes {run.depth} times in a row.",
                    hint="Add a filter that stops it when nothing is left to change.",
                )
            await self._executor.walk(journey)
            await self._finish(journey, "done")
        except RunStopped as stop:
            await self._finish(journey, "failed" if stop.failed else "filtered", code="stopped", reason=stop.reason)
        except RunSuspended as wait:
            await self._park(journey, wait)
        except TrunklineError as error:
            state = "unknown" if error.decision is Decision.UNKNOWN else "failed"
            await self._finish(journey, state, code=error.code, reason=_words(error))
        except Exception as error:
            log.exception("a run failed in a way nobody foresaw", action="run", run=run.id, flow=run.flow)
            journey.tell("", "bug", traceback=traceback.format_exc(limit=20)[-4000:])
            await self._finish(journey, "failed", code="internal", reason=f"A fault in the program: {type(error).__name__}.")

    async def _finish(self, journey: Journey, state: RunState, *, code: str = "", reason: str = "") -> None:
        run, now = journey.run, self._clock.now()
        parts, stored = journey.take_pending(), journey.stored
        journey.stored = True  # at once, so that nobody shows the run as running after its end
        trace = pack(journey.trace)

        def unit(tx: Transaction) -> None:
            if not stored or not store.move_run(tx, run.id, state=state, code=code, reason=reason, finished_at=now, trace=trace):
                store.end_run(tx, run, state=state, code=code, reason=reason, finished_at=now, trace=trace)
            for part in parts:
                part(tx)

        reach("before-finish")
        await self._commits.patiently(unit)
        reach("after-finish")
        journey.recorded()
        metrics.count(metrics.RUNS, state)
        metrics.took((now - run.received_at) / SECOND)
        await self._release(run)

    async def _park(self, journey: Journey, wait: RunSuspended) -> None:
        run = journey.run
        if isinstance(wait, ConnectionRefused) and wait.link.connection.state == "ok":
            await self._directory.set_state(wait.link.connection.id, wait.state, wait.cause)
        trace = pack(journey.trace)
        if wait.holds:
            self._holders[run.flow, run.record_key] = run.id

        def write(tx: Transaction) -> None:
            if not store.move_run(tx, run.id, state="parked", code=wait.code, reason=wait.reason, finished_at=None, trace=trace):
                store.start_run(tx, replace(run, state="parked", code=wait.code, reason=wait.reason), trace=trace)
            store.park_run(tx, run, due_at=wait.due_at, connection=wait.connection, holds=wait.holds)

        await self._commits.now(journey, write)
        reach("after-park")
        metrics.count(metrics.RUNS, "parked")
        if not wait.holds:
            await self._release(run)
        if wait.due_at is not None:
            self.wake_at(wait.due_at)

    async def _release(self, run: Run) -> None:
        """The record is free: the next run that waits for it gets its turn and holds it in its stead."""
        key = (run.flow, run.record_key)
        if self._holders.get(key) != run.id:
            return
        following = await self._database.read(lambda tx: store.next_waiting(tx, flow=run.flow, record_key=run.record_key))
        if following is None:
            del self._holders[key]
            return
        self._holders[key] = following.id
        await self.take_up(following)

    async def keep_shown(self) -> None:
        """See to it for ever that a run which takes its time is seen while it does."""
        while True:
            await self._clock.sleep(SHOWN_AFTER_S)
            begun_before = later(self._clock.now(), -SHOWN_AFTER_S)
            for journey in self._in_hand.values():
                if journey is not None and not journey.stored and journey.run.started_at <= begun_before:
                    self._commits.show(journey)

    async def reconcile(self) -> None:
        """Free the records of runs that another process ended, each in its own lane, where nobody else decides about the record."""
        for id in [id for id in self._holders.values() if id not in self._in_hand]:
            run = await self._database.read(lambda tx, id=id: store.get_run(tx, id))
            if run is not None and run.state in FINAL:
                await self.take_up(run)


async def _nowhere(run: Run) -> None:
    raise AssertionError(f"no lane to take {run.id} up in")


def _never(due: Instant) -> None:
    raise AssertionError(f"no timetable to wake at {due}")


def _only_waited(work: Work) -> bool:
    """Whether the run was parked for want of room in a budget: then nothing of it has failed."""
    return work.resume is not None and work.resume.code == BUDGET


def _recorded(work: Work) -> None:
    if work.ticket is not None:
        work.ticket.recorded()
        work.ticket = None


def _records(tx: Transaction, id: RunId) -> Records:
    return store.get_run(tx, id), effect_store.effects_of(tx, id), store.recorded_steps(tx, id)


def _first_start(found: Run | None, effects: list[RecordedEffect], now: Instant) -> Instant:
    """When the run began: as its row says, or (a run that died before it had one) when its first write was intended."""
    if found is not None:
        return found.started_at
    return effects[0].effect.intended_at if effects else now


def _to_be_taken_up(found: Run, work: Work) -> bool:
    """A run that is parked or waits comes by its own way; a finished one only when somebody asked for a repeat."""
    if work.resume is not None:
        return found.state not in FINAL
    if found.state in FINAL:
        return found.state in ("failed", "unknown", "cancelled") and work.ticket is not None and work.ticket.item.flow is not None
    return found.state == "running"


def _words(error: TrunklineError) -> str:
    field = getattr(error, "field", "")
    return f"{field}: {error.message}" if field else error.message
