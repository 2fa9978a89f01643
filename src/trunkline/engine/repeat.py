"""What a person may do with a run: replay it, tell what became of an unknown write, cancel it. All enter through the inbox."""

from dataclasses import replace

from trunkline.model.clock import Instant
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.event import Run
from trunkline.model.ids import RunId, partition_of, run_id
from trunkline.model.json import JSONObject
from trunkline.store import effects as effect_store
from trunkline.store import events as event_store
from trunkline.store import flows as flow_store
from trunkline.store import runs as store
from trunkline.store.connections import bump_generation
from trunkline.store.payload import pack
from trunkline.store.statement import Transaction


def _run(tx: Transaction, id: RunId) -> Run:
    run = store.get_run(tx, id)
    if run is None:
        raise NotFoundError(f"There is no run {id}.", hint="See the ids with: trunkline runs list")
    return run


def _require_published(tx: Transaction, run: Run) -> None:
    if not flow_store.is_published(tx, run.flow):
        raise ConfigError(
            "The flow of this run is not published, so nothing would carry it out.", hint="Publish it first: trunkline flows publish NAME"
        )


def replay(tx: Transaction, id: RunId, *, from_start: bool) -> RunId:
    """Put a run's event into the inbox again; the id of the run it will be.

    A failed run goes on where it failed, with the published version; what it wrote stays written. A finished one (or `from_start`) is
    carried out anew, and its writes are made again. Raises `ConfigError` for a run that is not at its end.
    """
    run = _run(tx, id)
    if run.state in ("running", "waiting"):
        raise ConfigError(f"The run is {run.state}; it goes on by itself.", hint="Wait, or cancel it first: trunkline runs cancel RUN")
    if run.state == "unknown" and not from_start:
        raise ConfigError(
            "A write of this run has an unknown outcome; a replay could make it twice.",
            hint="Tell what happened first: trunkline runs resolve RUN --landed, or --repeat to send it again.",
        )
    if run.state == "parked":
        store.park_run(tx, run, due_at=Instant(0), connection=None, holds=True)
        bump_generation(tx)
        return run.id
    _require_published(tx, run)
    generation = run.generation
    if from_start or run.state in ("done", "filtered"):
        generation = 1 + max(other.generation for other in store.runs_of_event(tx, run.event) if other.flow == run.flow)
    event_store.enqueue(tx, run.event, partition=partition_of(run.workspace), flow=run.flow, generation=generation)
    return run_id(run.event, run.flow, generation)


def resolve(tx: Transaction, id: RunId, *, landed: bool, answer: JSONObject, now: Instant) -> Run:
    """Tell what became of the writes of a run whose outcome is unknown, then let it go on: as done with `answer`, or to be sent again."""
    run = _run(tx, id)
    unsure = [recorded.effect for recorded in effect_store.effects_of(tx, id) if recorded.effect.state == "unknown"]
    _require_published(tx, run)
    if not unsure:
        raise ConfigError("No write of this run has an unknown outcome.", hint="See it with: trunkline runs show RUN")
    for effect in unsure:
        if landed:
            effect_store.settle(
                tx, id, effect.path, state="done", finished_at=now, reason="A person said that it was done.", answer=pack(answer)
            )
        else:
            effect_store.settle(tx, id, effect.path, state="not_done", finished_at=None, reason="A person asked to send it again.")
    store.move_run(tx, id, state="failed", code="resolved", reason="A person told the outcome.", finished_at=now)
    event_store.enqueue(tx, run.event, partition=partition_of(run.workspace), flow=run.flow, generation=run.generation)
    return replace(run, state="failed")


def cancel(tx: Transaction, id: RunId, *, now: Instant) -> Run:
    """End a parked or waiting run; it can be replayed later."""
    run = _run(tx, id)
    if run.state not in ("parked", "waiting"):
        raise ConfigError(f"The run is {run.state}; only a parked or waiting one can be cancelled.", hint="See: trunkline runs show RUN")
    store.unpark_run(tx, id)
    store.move_run(tx, id, state="cancelled", code="cancelled", reason="A person cancelled it.", finished_at=now)
    bump_generation(tx)
    return replace(run, state="cancelled", finished_at=now)
