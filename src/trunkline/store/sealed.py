"""Every column that holds sealed secrets, read and replaced alike, and the note which master key seals what is stored now."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Table, bindparam, func, select, update

from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import connections, grants, settings, sign_ins

PIECE: Final = 100
"""Rows that are read at a time."""

_NOTE: Final = "sealing_key"

_named = settings.c.name == bindparam("name")
_READ_NOTE = Statement("which key seals", select(settings.c.number).where(_named))
_HOLD_NOTE = Statement(
    "which key seals, unchanged until the end of this unit", select(settings.c.number).where(_named).with_for_update(read=True)
)
_add_note = insert_into(settings, leave_out=())
_ADD_NOTE = Statement("note which key seals, if nothing is noted", _add_note.on_conflict_do_nothing(index_elements=[settings.c.name]))
_PUT_NOTE = Statement(
    "note which key seals from now on",
    _add_note.on_conflict_do_update(index_elements=[settings.c.name], set_={"number": _add_note.excluded.number}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """A sealed value. `id` is its row's key in the table, `connection` the id of the connection it is about."""

    id: str
    connection: str
    sealed: bytes


class SealedColumn:
    """The column `sealed` of a table; empty values hold nothing and are passed over."""

    def __init__(self, table: Table, *, key: Column[str], connection: Column[str]) -> None:
        self.table = table
        filled = func.length(table.c.sealed) > 0
        self.piece = Statement(
            f"a piece of the sealed {table.name}",
            select(key.label("id"), connection.label("connection"), table.c.sealed)
            .where(key > bindparam("after"), filled)
            .order_by(key)
            .limit(PIECE),
        )
        self.replace = Statement(
            f"seal one of the {table.name} anew",
            update(table).where(key == bindparam("id"), table.c.sealed == bindparam("before")).values(sealed=bindparam("after")),
        )


CONNECTIONS: Final = SealedColumn(connections, key=connections.c.id, connection=connections.c.id)
GRANTS: Final = SealedColumn(grants, key=grants.c.connection_id, connection=grants.c.connection_id)
SIGN_INS: Final = SealedColumn(sign_ins, key=sign_ins.c.state, connection=sign_ins.c.connection_id)

COLUMNS: Final = (CONNECTIONS, GRANTS, SIGN_INS)
"""All of them; a test compares this with the tables."""


def piece_of(tx: Transaction, column: SealedColumn, *, after: str) -> list[SealedRow]:
    """The next rows behind `after` in the order of their keys; empty at the end."""
    return [SealedRow(id=row[0], connection=row[1], sealed=bytes(row[2])) for row in tx.all(column.piece, {"after": after})]


def replace_sealed(tx: Transaction, column: SealedColumn, row: SealedRow, *, sealed: bytes) -> bool:
    """Put `sealed` in place of what `row` held; False when that has been replaced meanwhile."""
    return tx.run(column.replace, {"id": row.id, "before": row.sealed, "after": sealed}) == 1


def sealing_key(tx: Transaction) -> bytes | None:
    """The key that seals; None before anything was sealed."""
    return _key(tx, _READ_NOTE)


def held_sealing_key(tx: Transaction, *, otherwise: bytes) -> bytes:
    """The key to seal with in this unit: the noted one, else `otherwise`, which is then noted. Nobody changes it before the unit ends."""
    tx.run(_ADD_NOTE, {"name": _NOTE, "number": _number(otherwise)})
    return _key(tx, _HOLD_NOTE) or otherwise


def note_sealing_key(tx: Transaction, key: bytes) -> None:
    """From this commit on whoever seals does it with `key`."""
    tx.run(_PUT_NOTE, {"name": _NOTE, "number": _number(key)})


def _key(tx: Transaction, statement: Statement) -> bytes | None:
    row = tx.one(statement, {"name": _NOTE})
    return None if row is None else int(row[0]).to_bytes(8, "big", signed=True)


def _number(key: bytes) -> int:
    return int.from_bytes(key, "big", signed=True)
