"""How far each poll has read at the vendor."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from trunkline.model.clock import Instant
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import cursors, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`cursor` is the vendor's newest timestamp met (ISO 8601) or its own mark, None for lists without one. `baseline` is when the first
    poll was: what changed before it is no news. `missed` counts what only the poll found.
    """

    cursor: str | None
    baseline: Instant
    polled_at: Instant
    missed: int
    problem: str


_insert = insert_into(cursors, leave_out=())
_SAVE = Statement(
    "move a cursor",
    _insert.on_conflict_do_update(
        index_elements=[cursors.c.scope],
        set_={name: _insert.excluded[name] for name in ("cursor", "baseline", "polled_at", "missed", "problem")},
    ),
)
_GET = Statement("a poll's cursor", select(cursors).where(cursors.c.scope == bindparam("scope")))
_ALL = Statement("every cursor", select(cursors).order_by(cursors.c.scope))
_FORGET = Statement("forget a cursor", delete(cursors).where(cursors.c.scope == bindparam("scope")))
_FORGET_SEEN = Statement("forget what a trigger has seen", delete(seen).where(seen.c.scope == bindparam("scope")))


def _cursor(row: Row) -> Cursor:
    return Cursor(cursor=row[1], baseline=Instant(row[2]), polled_at=Instant(row[3]), missed=row[4], problem=row[5])


def save_cursor(tx: Transaction, scope: str, cursor: Cursor) -> None:
    """Move a cursor; in the same unit as the events it stands for."""
    tx.run(
        _SAVE,
        {
            "scope": scope,
            "cursor": cursor.cursor,
            "baseline": cursor.baseline,
            "polled_at": cursor.polled_at,
            "missed": cursor.missed,
            "problem": cursor.problem,
        },
    )


def get_cursor(tx: Transaction, scope: str) -> Cursor | None:
    """None before the first poll."""
    row = tx.one(_GET, {"scope": scope})
    return _cursor(row) if row else None


def all_cursors(tx: Transaction) -> dict[str, Cursor]:
    """Every cursor by scope."""
    return {row[0]: _cursor(row) for row in tx.all(_ALL, {})}


def forget_scope(tx: Transaction, scope: str) -> None:
    """Forget a trigger's cursor and what it has seen, so that its next poll begins from now."""
    tx.run(_FORGET, {"scope": scope})
    tx.run(_FORGET_SEEN, {"scope": scope})
