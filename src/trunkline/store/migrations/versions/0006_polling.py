"""What was seen of records in a compact set; how polls are paced and what they found; reads of the past."""

from hashlib import blake2b
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LEAF = 30
"""Records in a leaf, as many as one has after it was cut."""

NUMBERS = ("unread", "told", "interval_ms", "due_at", "size", "held", "calls")

Entry = tuple[bytes, bytes, bytes, bytes, bytes]
"""Key, fingerprint, when it was stored, when it happened, what is kept of it."""


def upgrade() -> None:
    leaves = op.create_table(
        "seen_leaves",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "low"),
        sqlite_with_rowid=False,
    )
    old = sa.text("SELECT scope, record_key, fingerprint, stored_at, occurred_at, remembered FROM seen ORDER BY scope")
    for scope, rows in groupby(op.get_bind().execute(old).fetchall(), key=lambda row: row[0]):
        made = _leaves(scope, sorted(_entry(*row) for row in rows))
        op.get_bind().execute(leaves.insert(), made)
    op.drop_table("seen")
    for name in NUMBERS:
        op.add_column("cursors", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("cursors", sa.Column("wish", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "backfills",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("flow_id", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), nullable=True),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.LargeBinary(), nullable=True),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("fresh", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "flow_id"),
        sqlite_with_rowid=False,
    )


def _entry(scope: str, record_key: str, fingerprint: str, stored_at: int, occurred_at: int | None, remembered: bytes | None) -> Entry:
    raw = blake2b(f"{scope}\0{record_key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    stored = (-(-stored_at // 1000)).to_bytes(6, "big")
    happened = max(0, (occurred_at or 0) // 1000).to_bytes(6, "big")
    return bytes((raw[0] & 0x7F,)) + raw[1:], bytes.fromhex(fingerprint[:12]), stored, happened, remembered or b""


def _leaves(scope: str, entries: list[Entry]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for begin in range(0, len(entries), LEAF):
        part = entries[begin : begin + LEAF]
        head = bytes((3,)) + len(part).to_bytes(2, "big")
        columns = [b"".join(entry[column] for entry in part) for column in range(4)]
        lengths = b"".join(len(entry[4]).to_bytes(3, "big") for entry in part)
        kept = b"".join(entry[4] for entry in part)
        low = int.from_bytes(part[0][0], "big") if begin else 0
        made.append({"scope": scope, "low": low, "entries": b"".join((head, *columns, lengths, kept))})
    return made
