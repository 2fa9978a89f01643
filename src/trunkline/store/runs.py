"""Runs, their recorded steps, and the timers of parked ones."""

from typing import cast

from sqlalchemy import and_, bindparam, delete, func, literal_column, or_, select, update

from trunkline.model.clock import Instant
from trunkline.model.event import Run, RunState
from trunkline.model.ids import ConnectionId, EventId, FlowId, RunId, WorkspaceId
from trunkline.model.json import JSON
from trunkline.store.payload import EMPTY, pack, unpack
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import runs, steps, timers

_insert = insert_into(runs)
_START = Statement(
    "begin a run, or take it up again",
    _insert.on_conflict_do_update(
        index_elements=[runs.c.id],
        set_={
            "state": _insert.excluded.state,
            "version": _insert.excluded.version,
            **{name: _insert.excluded[name] for name in ("attempts", "code", "reason", "finished_at", "trace")},
        },
    ),
)
_MOVE = Statement(
    "move a run to another state",
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(
        state=bindparam("state"),
        code=bindparam("code"),
        reason=bindparam("reason"),
        finished_at=bindparam("finished_at"),
        trace=bindparam("trace"),
    ),
)
_RUN = [column for column in runs.columns if column.name != "trace"]
_GET = Statement("one run", select(*_RUN).where(runs.c.id == bindparam("id")))
_BEGINNING = Statement(
    "runs whose id begins with some letters",
    select(runs.c.id).where(runs.c.id >= bindparam("first"), runs.c.id < bindparam("beyond")).order_by(runs.c.id).limit(bindparam("most")),
)
_TRACE = Statement("the trace of a run", select(runs.c.trace).where(runs.c.id == bindparam("id")))
_OF_EVENT = Statement("the runs of an event", select(*_RUN).where(runs.c.event_id == bindparam("event")).order_by(runs.c.seq))
_list = select(*_RUN).order_by(runs.c.seq.desc()).limit(bindparam("most"))
_LATEST = Statement("newest runs", _list)
_ENDED_BADLY = and_(runs.c.finished_at.is_not(None), runs.c.state != literal_column("'done'"))
"""In the words of the index `runs_attention`, so that it is used."""
_LATEST_IN = Statement(
    "newest dead letters and unknown outcomes", _list.where(_ENDED_BADLY, or_(runs.c.state == "failed", runs.c.state == "unknown"))
)
_LATEST_STATE = Statement("newest runs in one state", _list.where(runs.c.state == bindparam("state")))
_LATEST_OF = Statement("newest runs of a flow", _list.where(runs.c.flow_id == bindparam("flow")))
_COUNTS = Statement("how many runs are in each state", select(runs.c.state, func.count()).group_by(runs.c.state))
_OPEN = Statement(
    "runs that were in hand or waited behind one when the hub stopped",
    select(*_RUN).where(runs.c.finished_at.is_(None), or_(runs.c.state == "running", runs.c.state == "waiting")).order_by(runs.c.seq),
)
_NEXT_WAITING = Statement(
    "the next run that waits behind a record",
    select(*_RUN)
    .where(
        runs.c.flow_id == bindparam("flow"),
        runs.c.record_key == bindparam("record"),
        runs.c.finished_at.is_(None),
        runs.c.state == "waiting",
    )
    .order_by(runs.c.seq)
    .limit(1),
)
_HELD = Statement(
    "records that a parked run holds up", select(timers.c.flow_id, timers.c.record_key, timers.c.run_id).where(timers.c.holds == 1)
)
_park = insert_into(timers)
_PARK = Statement(
    "set a run's timer",
    _park.on_conflict_do_update(
        index_elements=[timers.c.run_id], set_={name: _park.excluded[name] for name in ("due_at", "connection_id", "holds")}
    ),
)
_UNPARK = Statement("drop a run's timer", delete(timers).where(timers.c.run_id == bindparam("run")))
_DUE = Statement(
    "runs whose time has come",
    select(*_RUN)
    .select_from(runs.join(timers, timers.c.run_id == runs.c.id))
    .where(timers.c.due_at <= bindparam("now"))
    .order_by(timers.c.due_at)
    .limit(bindparam("most")),
)
_OPEN_BY_FLOW = Statement(
    "how many runs of each flow are open",
    select(runs.c.flow_id, func.count()).where(runs.c.finished_at.is_(None)).group_by(runs.c.flow_id),
)
_NEXT_DUE = Statement("when the next timer is due", select(func.min(timers.c.due_at)))
_ON_CONNECTION = Statement(
    "wake the runs that wait for a connection",
    update(timers).where(timers.c.connection_id == bindparam("connection"), timers.c.due_at.is_(None)).values(due_at=bindparam("now")),
)
_RECORD_STEP = Statement("record a finished step", insert_into(steps).on_conflict_do_nothing(index_elements=[steps.c.run_id, steps.c.path]))
_STEPS = Statement("the recorded steps of a run", select(steps.c.path, steps.c.result).where(steps.c.run_id == bindparam("run")))


def _run(row: Row) -> Run:
    return Run(
        seq=row[0],
        id=RunId(row[1]),
        workspace=WorkspaceId(row[2]),
        flow=FlowId(row[3]),
        version=row[4],
        event=EventId(row[5]),
        record_key=row[6],
        generation=row[7],
        depth=row[8],
        state=cast(RunState, row[9]),
        code=row[10],
        reason=row[11],
        attempts=row[12],
        received_at=Instant(row[13]),
        started_at=Instant(row[14]),
        finished_at=None if row[15] is None else Instant(row[15]),
    )


def start_run(tx: Transaction, run: Run, *, trace: bytes = EMPTY) -> None:
    """Record that `run` is begun, in whatever state it is (or taken up again: what it said before is cleared)."""
    tx.run(_START, _row(run, state=run.state, code=run.code, reason=run.reason, finished_at=run.finished_at, trace=trace))


def end_run(tx: Transaction, run: Run, *, state: RunState, code: str, reason: str, finished_at: Instant, trace: bytes) -> None:
    """As `start_run` for one that has its whole way behind it: written once, as it ended."""
    tx.run(_START, _row(run, state=state, code=code, reason=reason, finished_at=finished_at, trace=trace))


def _row(run: Run, *, state: RunState, code: str, reason: str, finished_at: Instant | None, trace: bytes) -> dict[str, object]:
    return {
        "id": run.id,
        "workspace": run.workspace,
        "flow_id": run.flow,
        "version": run.version,
        "event_id": run.event,
        "record_key": run.record_key,
        "generation": run.generation,
        "depth": run.depth,
        "state": state,
        "code": code,
        "reason": reason,
        "attempts": run.attempts,
        "received_at": run.received_at,
        "started_at": run.started_at,
        "finished_at": finished_at,
        "trace": trace,
    }


def move_run(
    tx: Transaction, run: RunId, *, state: RunState, code: str = "", reason: str = "", finished_at: Instant | None, trace: bytes = EMPTY
) -> bool:
    """Put a run into `state`; `trace` is packed. False when there is no such run."""
    return tx.run(_MOVE, {"run": run, "state": state, "code": code, "reason": reason, "finished_at": finished_at, "trace": trace}) == 1


def get_run(tx: Transaction, run: RunId) -> Run | None:
    """The run with this id."""
    row = tx.one(_GET, {"id": run})
    return _run(row) if row else None


def runs_beginning(tx: Transaction, letters: str, *, most: int) -> list[RunId]:
    """The ids that begin with `letters`, which must not be empty."""
    beyond = letters[:-1] + chr(ord(letters[-1]) + 1)
    return [RunId(row[0]) for row in tx.all(_BEGINNING, {"first": letters, "beyond": beyond, "most": most})]


def trace_of(tx: Transaction, run: RunId) -> JSON:
    """What the run did, step by step; None while it has nothing to tell."""
    row = tx.one(_TRACE, {"id": run})
    return unpack(row[0]) if row else None


def runs_of_event(tx: Transaction, event: EventId) -> list[Run]:
    """Every run an event started, oldest first."""
    return [_run(row) for row in tx.all(_OF_EVENT, {"event": event})]


def latest_runs(
    tx: Transaction, *, most: int, failed: bool = False, state: RunState | None = None, flow: FlowId | None = None
) -> list[Run]:
    """The newest runs, newest first; one filter at a time. `failed` means dead letters and unknown outcomes."""
    if failed:
        rows = tx.all(_LATEST_IN, {"most": most})
    elif state is not None:
        rows = tx.all(_LATEST_STATE, {"most": most, "state": state})
    elif flow is not None:
        rows = tx.all(_LATEST_OF, {"most": most, "flow": flow})
    else:
        rows = tx.all(_LATEST, {"most": most})
    return [_run(row) for row in rows]


def run_counts(tx: Transaction) -> dict[str, int]:
    """How many runs are in each state."""
    return {row[0]: row[1] for row in tx.all(_COUNTS, {})}


def open_runs(tx: Transaction) -> list[Run]:
    """Runs marked as in hand or waiting, in order. Right after a start nothing is in hand, so each of these was interrupted."""
    return [_run(row) for row in tx.all(_OPEN, {})]


def next_waiting(tx: Transaction, *, flow: FlowId, record_key: str) -> Run | None:
    """The oldest run of `flow` that waits behind others of its record."""
    row = tx.one(_NEXT_WAITING, {"flow": flow, "record": record_key})
    return _run(row) if row else None


def held_records(tx: Transaction) -> list[tuple[FlowId, str, RunId]]:
    """(flow, record, run) for each parked run that later events of its record wait behind."""
    return [(FlowId(row[0]), row[1], RunId(row[2])) for row in tx.all(_HELD, {})]


def park_run(tx: Transaction, run: Run, *, due_at: Instant | None, connection: ConnectionId | None, holds: bool) -> None:
    """Set the timer of a parked run: due at a time, or (None) when its connection works again."""
    tx.run(
        _PARK,
        {
            "run_id": run.id,
            "due_at": due_at,
            "connection_id": connection,
            "flow_id": run.flow,
            "record_key": run.record_key,
            "holds": int(holds),
        },
    )


def unpark_run(tx: Transaction, run: RunId) -> bool:
    """Drop a run's timer; False when it had none (somebody else took it up)."""
    return tx.run(_UNPARK, {"run": run}) == 1


def due_runs(tx: Transaction, *, now: Instant, most: int) -> list[Run]:
    """Parked runs whose time has come, the longest due first."""
    return [_run(row) for row in tx.all(_DUE, {"now": now, "most": most})]


def next_due(tx: Transaction) -> Instant | None:
    """When the next timer is due; None without any."""
    row = tx.one(_NEXT_DUE, {})
    return None if row is None or row[0] is None else Instant(row[0])


def open_by_flow(tx: Transaction) -> dict[FlowId, int]:
    """How many runs of each flow are not at their end."""
    return {FlowId(row[0]): int(row[1]) for row in tx.all(_OPEN_BY_FLOW, {})}


def wake_runs_of(tx: Transaction, connection: ConnectionId, *, now: Instant) -> int:
    """Make every run that waits for `connection` due now; how many there were."""
    return tx.run(_ON_CONNECTION, {"connection": connection, "now": now})


def record_step(tx: Transaction, run: RunId, path: str, result: JSON, *, at: Instant) -> None:
    """Keep the result of a finished step; a step recorded before keeps its first result."""
    tx.run(_RECORD_STEP, {"run_id": run, "path": path, "at": at, "result": pack(result)})


def recorded_steps(tx: Transaction, run: RunId) -> dict[str, JSON]:
    """Results of finished steps by path."""
    return {row[0]: unpack(row[1]) for row in tx.all(_STEPS, {"run": run})}
