"""Reads of the past: which flow asked, how far each has come."""

from dataclasses import dataclass, fields
from typing import Any, cast

from sqlalchemy import bindparam, delete, select

from trunkline.model.clock import Instant
from trunkline.model.ids import FlowId
from trunkline.model.json import JSONObject
from trunkline.store.payload import pack, unpack
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import backfills


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What changed from `begins_at` (None: the beginning) to `until_at` is told to one flow; what is later is told as it happens.

    A list of several pages may shift while it is read, so it is read again, in `round` after round, until one brings nothing `fresh`.
    """

    scope: str
    flow_id: FlowId
    asked: str
    """As the flow's document says it."""
    begins_at: Instant | None
    until_at: Instant
    started_at: Instant
    position: JSONObject | None = None
    round: int = 1
    fresh: int = 0
    pages: int = 0
    records: int = 0
    told: int = 0
    finished_at: Instant | None = None
    problem: str = ""


_COLUMNS = tuple(field.name for field in fields(Backfill))
_columns = [backfills.c[name] for name in _COLUMNS]
_insert = insert_into(backfills, leave_out=())
_SAVE = Statement(
    "keep how far a read of the past is",
    _insert.on_conflict_do_update(
        index_elements=[backfills.c.scope, backfills.c.flow_id],
        set_={name: _insert.excluded[name] for name in _COLUMNS if name not in ("scope", "flow_id")},
    ),
)
_GET = Statement(
    "a flow's read of the past",
    select(*_columns).where(backfills.c.scope == bindparam("scope"), backfills.c.flow_id == bindparam("flow")),
)
_ALL = Statement("every read of the past", select(*_columns).order_by(backfills.c.scope, backfills.c.flow_id))
_FORGET = Statement("forget a trigger's reads of the past", delete(backfills).where(backfills.c.scope == bindparam("scope")))


def _backfill(row: Row) -> Backfill:
    found: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    packed: bytes | None = found.pop("position")
    return Backfill(**found, position=None if packed is None else cast(JSONObject, unpack(packed)))


def save_backfill(tx: Transaction, backfill: Backfill) -> None:
    """Keep where it is; in the same unit as the events up to there."""
    values = {name: getattr(backfill, name) for name in _COLUMNS}
    tx.run(_SAVE, {**values, "position": None if backfill.position is None else pack(backfill.position)})


def get_backfill(tx: Transaction, scope: str, flow: FlowId) -> Backfill | None:
    """None when the flow never asked for the past of this trigger."""
    row = tx.one(_GET, {"scope": scope, "flow": flow})
    return _backfill(row) if row else None


def all_backfills(tx: Transaction) -> list[Backfill]:
    """Every one, finished or not."""
    return [_backfill(row) for row in tx.all(_ALL, {})]


def forget_backfills(tx: Transaction, scope: str) -> None:
    """Forget that anybody asked."""
    tx.run(_FORGET, {"scope": scope})
