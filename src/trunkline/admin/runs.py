"""Runs: listed, shown whole, replayed, resolved, cancelled."""

from dataclasses import dataclass

from trunkline.admin import flows as flow_admin
from trunkline.admin.desk import Desk
from trunkline.engine import repeat
from trunkline.model.errors import NotFoundError
from trunkline.model.event import Event, Run, RunState
from trunkline.model.ids import EventId, RunId
from trunkline.model.json import JSON, JSONObject
from trunkline.store import effects as effect_store
from trunkline.store import events as event_store
from trunkline.store import runs as store
from trunkline.store.effects import RecordedEffect
from trunkline.store.statement import Transaction

MOST_SEARCHED = 100_000
"""So many runs in a state are looked through for those of one flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Everything there is to know of a run: what came in, what was decided, what was sent."""

    run: Run
    flow: str
    event: Event | None
    trace: JSON
    steps: dict[str, JSON]
    effects: list[RecordedEffect]


async def listed(desk: Desk, *, most: int = 50, failed: bool = False, state: RunState | None = None, flow: str | None = None) -> list[Run]:
    """The newest runs, newest first. `failed` means dead letters and unknown outcomes."""
    of = None if flow is None else (await flow_admin.named(desk, flow)).id
    asked = most if of is None or not (failed or state) else MOST_SEARCHED  # the store filters by one thing at a time
    runs = await desk.database.read(lambda tx: store.latest_runs(tx, most=asked, failed=failed, state=state, flow=of))
    return [run for run in runs if of is None or run.flow == of][:most]


LEAST_LETTERS = 8
"""So many letters of a run's id are needed to mean it."""


async def identified(desk: Desk, letters: str) -> RunId:
    """The run whose id begins with `letters` (with or without `run_`); `NotFoundError` when there is none, or more than one."""
    begins = letters if letters.startswith("run_") else f"run_{letters}"
    if len(letters) < LEAST_LETTERS:
        raise NotFoundError(f"{letters!r} is too short for a run's id.", hint=f"Give at least {LEAST_LETTERS} letters of it.")
    found = await desk.database.read(lambda tx: store.runs_beginning(tx, begins, most=4))
    if begins in found or len(found) == 1:
        return RunId(begins) if begins in found else found[0]
    if found:
        raise NotFoundError(f"More than one run begins with {letters}.", hint=f"Give more letters: {', '.join(found)}.")
    raise NotFoundError(f"There is no run {letters}.", hint="See the ids with: trunkline runs list")


async def shown(desk: Desk, id: str) -> RunPage:
    """A run by its id; `NotFoundError` when there is none."""
    run_id = RunId(id)
    names = {flow.id: flow.name for flow in await flow_admin.everything(desk)}

    def read(tx: Transaction) -> RunPage | None:
        run = store.get_run(tx, run_id)
        if run is None:
            return None
        return RunPage(
            run=run,
            flow=names.get(run.flow, run.flow),
            event=event_store.get_event(tx, run.event),
            trace=store.trace_of(tx, run_id),
            steps=store.recorded_steps(tx, run_id),
            effects=effect_store.effects_of(tx, run_id),
        )

    page = await desk.database.read(read)
    if page is None:
        raise NotFoundError(f"There is no run {id}.", hint="See the ids with: trunkline runs list")
    return page


async def replay(desk: Desk, id: str, *, from_start: bool = False) -> RunId:
    """Repeat a run, see `engine.repeat.replay`; the id of the run it will be."""
    return await desk.database.journal.commit(lambda tx: repeat.replay(tx, RunId(id), from_start=from_start))


async def resolve(desk: Desk, id: str, *, landed: bool, answer: JSONObject) -> Run:
    """Tell what became of a run's unknown writes, see `engine.repeat.resolve`."""
    now = desk.clock.now()
    return await desk.database.journal.commit(lambda tx: repeat.resolve(tx, RunId(id), landed=landed, answer=answer, now=now))


async def cancel(desk: Desk, id: str) -> Run:
    """End a parked or waiting run."""
    now = desk.clock.now()
    return await desk.database.journal.commit(lambda tx: repeat.cancel(tx, RunId(id), now=now))


async def counts(desk: Desk) -> dict[str, int]:
    """How many runs are in each state."""
    return await desk.database.read(store.run_counts)


async def events(desk: Desk, *, most: int = 50) -> list[Event]:
    """The newest events, newest first."""
    return await desk.database.read(lambda tx: event_store.latest_events(tx, most=most))


async def event(desk: Desk, id: str) -> tuple[Event, list[Run]]:
    """An event and the runs it started; `NotFoundError` when there is none."""

    def read(tx: Transaction) -> tuple[Event | None, list[Run]]:
        return event_store.get_event(tx, EventId(id)), store.runs_of_event(tx, EventId(id))

    found, runs = await desk.database.read(read)
    if found is None:
        raise NotFoundError(f"There is no event {id}.", hint="See the ids with: trunkline events list")
    return found, runs
