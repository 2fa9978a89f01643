"""What each process has used of vendors' limits: one row per budget, group and process."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from trunkline.model.clock import Instant
from trunkline.model.json import JSON
from trunkline.store.payload import pack, unpack
from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import budgets


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBudget:
    """`scope` is a connection's id, or what several connections share; `ends_at` is when none of it counts any more."""

    scope: str
    group: str
    owner: str
    saved_at: Instant
    ends_at: Instant
    kept: JSON


_insert = insert_into(budgets, leave_out=())
_SAVE = Statement(
    "keep what was used of a budget",
    _insert.on_conflict_do_update(
        index_elements=[budgets.c.scope, budgets.c.rate_group, budgets.c.owner],
        set_={name: _insert.excluded[name] for name in ("saved_at", "ends_at", "kept")},
    ),
)
_ALL = Statement("every budget", select(budgets).order_by(budgets.c.scope, budgets.c.rate_group, budgets.c.owner))
_FORGET_ALL = Statement("forget every budget", delete(budgets))
_FORGET_ENDED = Statement("forget budgets that do not count any more", delete(budgets).where(budgets.c.ends_at < bindparam("now")))
_FORGET = Statement("forget what was used in one scope", delete(budgets).where(budgets.c.scope == bindparam("scope")))


def save_budgets(tx: Transaction, rows: Sequence[StoredBudget]) -> None:
    """Keep the newest of each."""
    values = [
        {
            "scope": row.scope,
            "rate_group": row.group,
            "owner": row.owner,
            "saved_at": row.saved_at,
            "ends_at": row.ends_at,
            "kept": pack(row.kept),
        }
        for row in rows
    ]
    if values:
        tx.many(_SAVE, values)


def all_budgets(tx: Transaction) -> list[StoredBudget]:
    """Every row by scope, group and process."""
    return [
        StoredBudget(scope=scope, group=group, owner=owner, saved_at=Instant(saved_at), ends_at=Instant(ends_at), kept=unpack(bytes(kept)))
        for scope, group, owner, saved_at, ends_at, kept in tx.all(_ALL, {})
    ]


def replace_budgets(tx: Transaction, rows: Sequence[StoredBudget]) -> None:
    """Put these in the place of all there are."""
    tx.run(_FORGET_ALL, {})
    save_budgets(tx, rows)


def forget_ended(tx: Transaction, now: Instant) -> int:
    """Forget what does not count any more; how many rows went."""
    return tx.run(_FORGET_ENDED, {"now": now})


def forget_scope(tx: Transaction, scope: str) -> None:
    """Forget what a connection that is gone has used."""
    tx.run(_FORGET, {"scope": scope})
