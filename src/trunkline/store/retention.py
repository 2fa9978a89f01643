"""What is kept for how long: old finished runs and their events go in bounded pieces, so the file never grows without limit."""

from sqlalchemy import bindparam, delete, exists, select

from trunkline.model.clock import Instant
from trunkline.store.statement import Statement, Transaction
from trunkline.store.tables import effects, events, inbox, runs, steps

PIECE = 500
"""Most runs, and most events, deleted in one unit: a unit stays in the milliseconds."""

_OLD_RUNS = Statement(
    "finished runs before a time, oldest first; unknown outcomes stay until a person settles them",
    select(runs.c.id)
    .where(runs.c.finished_at < bindparam("before"), runs.c.state != "unknown")
    .order_by(runs.c.finished_at)
    .limit(bindparam("most")),
)
_OLDEST_RUNS = Statement(
    "the oldest finished runs",
    select(runs.c.id, runs.c.finished_at)
    .where(runs.c.finished_at.is_not(None), runs.c.state != "unknown")
    .order_by(runs.c.finished_at)
    .limit(bindparam("most")),
)
_DROP_RUN = Statement("delete a run", delete(runs).where(runs.c.id == bindparam("run")))
_DROP_EFFECTS = Statement("delete a run's effects", delete(effects).where(effects.c.run_id == bindparam("run")))
_DROP_STEPS = Statement("delete a run's steps", delete(steps).where(steps.c.run_id == bindparam("run")))
_OLD_EVENTS = Statement(
    "events before a time that no run and no inbox item needs",
    select(events.c.id)
    .where(
        events.c.received_at < bindparam("before"),
        ~exists().where(runs.c.event_id == events.c.id),
        events.c.id.not_in(select(inbox.c.event_id)),
    )
    .order_by(events.c.received_at)
    .limit(bindparam("most")),
)
_DROP_EVENT = Statement("delete an event", delete(events).where(events.c.id == bindparam("event")))
_OLDEST = Statement(
    "when the oldest finished run ended",
    select(runs.c.finished_at).where(runs.c.finished_at.is_not(None), runs.c.state != "unknown").order_by(runs.c.finished_at).limit(1),
)


def drop_before(tx: Transaction, before: Instant) -> int:
    """Delete one piece of what ended before `before`; how many rows went (0: nothing is left to delete)."""
    gone = [{"run": row[0]} for row in tx.all(_OLD_RUNS, {"before": before, "most": PIECE})]
    for statement in (_DROP_EFFECTS, _DROP_STEPS, _DROP_RUN):
        tx.many(statement, gone)
    old = [{"event": row[0]} for row in tx.all(_OLD_EVENTS, {"before": before, "most": PIECE})]
    tx.many(_DROP_EVENT, old)
    return len(gone) + len(old)


def drop_oldest(tx: Transaction) -> int:
    """Delete one piece of the oldest finished runs and of their events, whatever their age; how many rows went."""
    gone = tx.all(_OLDEST_RUNS, {"most": PIECE})
    if not gone:
        return 0
    return drop_before(tx, Instant(gone[-1][1] + 1))


def oldest_finished(tx: Transaction) -> Instant | None:
    """When the oldest finished run ended; None when there is none."""
    row = tx.one(_OLDEST, {})
    return Instant(row[0]) if row else None
