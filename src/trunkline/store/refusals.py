"""Deliveries that were refused: the newest of them, without their bodies and without anything secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, bindparam, delete, select

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId
from trunkline.model.json import dumps, loads
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`connection` is empty when nothing lives at the address. `digest` tells equal bodies apart from others; `size` is in bytes."""

    connection: ConnectionId
    at: Instant
    status: int
    reason: str
    message: str
    hint: str
    headers: Mapping[str, str]
    size: int
    digest: str


_INSERT = Statement("note a refused delivery", insert_into(refusals))
_NEWEST = Statement("the newest refused deliveries", select(refusals).order_by(refusals.c.seq.desc()).limit(bindparam("most")))


def _prune(about: str, whose: ColumnElement[bool]) -> Statement:
    too_old = select(refusals.c.seq).where(whose).order_by(refusals.c.seq.desc()).limit(1).offset(bindparam("kept"))
    return Statement(about, delete(refusals).where(whose, refusals.c.seq <= too_old.scalar_subquery()))


_PRUNE = _prune("forget old refused deliveries", refusals.c.connection_id != "")
_PRUNE_STRAY = _prune("forget old deliveries to no address", refusals.c.connection_id == "")


def add_refusals(tx: Transaction, found: Sequence[Refusal], *, kept: int, stray: int) -> None:
    """Note refusals; only the newest `kept` stay, and of those to addresses where nothing lives the newest `stray`."""
    for one in found:
        tx.run(
            _INSERT,
            {
                "connection_id": one.connection,
                "at": one.at,
                "status": one.status,
                "reason": one.reason,
                "message": one.message,
                "hint": one.hint,
                "headers": dumps(dict(one.headers)),
                "size": one.size,
                "digest": one.digest,
            },
        )
    tx.run(_PRUNE, {"kept": kept})
    tx.run(_PRUNE_STRAY, {"kept": stray})


def newest_refusals(tx: Transaction, *, most: int) -> list[Refusal]:
    """The newest first."""
    return [_refusal(row) for row in tx.all(_NEWEST, {"most": most})]


def _refusal(row: Row) -> Refusal:
    return Refusal(
        connection=ConnectionId(row[1]),
        at=Instant(row[2]),
        status=row[3],
        reason=row[4],
        message=row[5],
        hint=row[6],
        headers=cast(dict[str, str], loads(row[7])),
        size=row[8],
        digest=row[9],
    )
