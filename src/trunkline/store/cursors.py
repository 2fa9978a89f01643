"""How far each poll has read at the vendor, how often it does so, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.store import backfills, seen
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import cursors

Wish = Literal["", "poll", "release"]
"""What a person asked of a trigger: to be polled now, or to tell what it holds back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`cursor` is the vendor's newest timestamp met (ISO 8601) or its own mark, None for lists without one. `baseline` is when the first
    poll was: what changed before it is no news.
    """

    cursor: str | None
    baseline: Instant
    polled_at: Instant
    missed: int = 0
    """Events that only the poll found, of a trigger that webhooks tell too."""
    problem: str = ""
    unread: int = 0
    """Items of the last pass that could not be read; they are asked for again."""
    told: int = 0
    """Events that came of polls."""
    interval_ms: int = 0
    """How long it waits until the next pass; 0: not decided yet."""
    due_at: int = 0
    """When the next pass begins."""
    size: int = 0
    """Records in the list, where it is read to its end; after the last pass."""
    held: int = 0
    """Records that went missing all at once: nobody is told before a person says so."""
    calls: int = 0
    """Pages of the last pass."""
    wish: Wish = ""

    def planned(self, *, interval_ms: int, due_at: Instant) -> "Cursor":
        """The same, with another turn; `dataclasses.replace` takes four times as long."""
        return Cursor(
            cursor=self.cursor,
            baseline=self.baseline,
            polled_at=self.polled_at,
            missed=self.missed,
            problem=self.problem,
            unread=self.unread,
            told=self.told,
            interval_ms=interval_ms,
            due_at=due_at,
            size=self.size,
            held=self.held,
            calls=self.calls,
            wish=self.wish,
        )


_COLUMNS = tuple(field.name for field in fields(Cursor))

_insert = insert_into(cursors, leave_out=())
_SAVE = Statement(
    "move a cursor",
    _insert.on_conflict_do_update(
        index_elements=[cursors.c.scope], set_={name: _insert.excluded[name] for name in _COLUMNS if name != "wish"}
    ),
)
_columns = [cursors.c[name] for name in _COLUMNS]
_GET = Statement("a poll's cursor", select(cursors.c.scope, *_columns).where(cursors.c.scope == bindparam("scope")))
_ALL = Statement("every cursor", select(cursors.c.scope, *_columns).order_by(cursors.c.scope))
_WISHES = Statement("what people ask of triggers", select(cursors.c.scope, cursors.c.wish).where(cursors.c.wish != ""))
_FORGET = Statement("forget a cursor", delete(cursors).where(cursors.c.scope == bindparam("scope")))
_WISH = Statement(
    "note what a person asks of a trigger", update(cursors).where(cursors.c.scope == bindparam("key")).values(wish=bindparam("what"))
)


def _cursor(row: Row) -> Cursor:
    return Cursor(**dict(zip(_COLUMNS, row[1:], strict=True)))


def _values(scope: str, cursor: Cursor) -> dict[str, object]:
    return {"scope": scope, **{name: getattr(cursor, name) for name in _COLUMNS}}


def save_cursor(tx: Transaction, scope: str, cursor: Cursor) -> None:
    """Move a cursor; in the same unit as the events it stands for. What a person wished of it stays noted."""
    tx.run(_SAVE, _values(scope, cursor))


def save_cursors(tx: Transaction, moved: Mapping[str, Cursor]) -> None:
    """As `save_cursor`, for many."""
    tx.many(_SAVE, [_values(scope, cursor) for scope, cursor in moved.items()])


def get_cursor(tx: Transaction, scope: str) -> Cursor | None:
    """None before the first poll."""
    row = tx.one(_GET, {"scope": scope})
    return _cursor(row) if row else None


def all_cursors(tx: Transaction) -> dict[str, Cursor]:
    """Every cursor by scope."""
    return {row[0]: _cursor(row) for row in tx.all(_ALL, {})}


def wishes(tx: Transaction) -> dict[str, Wish]:
    """What people ask of triggers, by scope."""
    return {row[0]: row[1] for row in tx.all(_WISHES, {})}


def wish(tx: Transaction, scope: str, what: Wish) -> bool:
    """Note what a person asks of a trigger, or that it is done (empty); False when it was never polled."""
    return tx.run(_WISH, {"key": scope, "what": what}) == 1


def forget_scope(tx: Transaction, scope: str) -> None:
    """Forget a trigger's cursor and what it has seen, so that its next poll begins from now."""
    tx.run(_FORGET, {"scope": scope})
    seen.forget(tx, scope)
    backfills.forget_backfills(tx, scope)
