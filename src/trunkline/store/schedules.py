"""How far each schedule has come: one row per flow that a clock starts."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import FlowId
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """`plan` says when the flow is started. Ticks up to `reached` are dealt with: it is when the schedule began, or the last such tick.

    `planned_at` is the last tick that became an event and `told_at` when it did. `missed` counts the ticks that never will, `untold` those
    of them that no event has told of yet.
    """

    flow: FlowId
    plan: str
    reached: Instant
    planned_at: Instant | None = None
    told_at: Instant | None = None
    untold: int = 0
    missed: int = 0


_insert = insert_into(schedules, leave_out=())
_FACTS = ("plan", "reached", "planned_at", "told_at", "untold", "missed")
_BEGIN = Statement(
    "begin a schedule, unless it goes on",
    _insert.on_conflict_do_update(
        index_elements=[schedules.c.flow_id],
        set_={name: _insert.excluded[name] for name in _FACTS},
        where=schedules.c.plan != _insert.excluded.plan,
    ),
)
_MOVE = Statement(
    "move a schedule on from where it is known to be",
    update(schedules)
    .where(schedules.c.flow_id == bindparam("flow"), schedules.c.plan == bindparam("of"), schedules.c.reached == bindparam("before"))
    .values({name: bindparam(name) for name in _FACTS if name != "plan"}),
)
_ALL = Statement("every schedule", select(schedules))
_ONE = Statement("one schedule", select(schedules).where(schedules.c.flow_id == bindparam("flow")))
_FORGET = Statement("forget a schedule", delete(schedules).where(schedules.c.flow_id == bindparam("flow")))


def _reached(row: Row) -> Reached:
    flow, plan, reached, planned_at, told_at, untold, missed = row
    return Reached(
        flow=FlowId(flow),
        plan=plan,
        reached=Instant(reached),
        planned_at=None if planned_at is None else Instant(planned_at),
        told_at=None if told_at is None else Instant(told_at),
        untold=untold,
        missed=missed,
    )


def begin(tx: Transaction, flow: FlowId, *, plan: str, at: Instant) -> None:
    """Count ticks from `at` on; a schedule that is known with the same plan goes on as it was."""
    tx.run(
        _BEGIN,
        {"flow_id": flow, "plan": plan, "reached": at, "planned_at": None, "told_at": None, "untold": 0, "missed": 0},
    )


def move(tx: Transaction, before: Instant, now: Reached) -> bool:
    """Write `now`; False when the schedule stands elsewhere than at `before`: somebody else saw to it, or it was changed or stopped."""
    values = {
        "flow": now.flow,
        "of": now.plan,
        "before": before,
        "reached": now.reached,
        "planned_at": now.planned_at,
        "told_at": now.told_at,
        "untold": now.untold,
        "missed": now.missed,
    }
    return tx.run(_MOVE, values) == 1


def all_reached(tx: Transaction) -> dict[FlowId, Reached]:
    """Every row by flow."""
    return {FlowId(row[0]): _reached(row) for row in tx.all(_ALL, {})}


def reached_by(tx: Transaction, flow: FlowId) -> Reached | None:
    """The row of one flow."""
    row = tx.one(_ONE, {"flow": flow})
    return _reached(row) if row else None


def forget(tx: Transaction, flow: FlowId) -> None:
    """Forget a flow's schedule: taken up again it begins from then."""
    tx.run(_FORGET, {"flow": flow})
