"""Links by which the owner of an account reconnects it; `key` is a hash of what stands in the link."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId
from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import invitations


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`tries` is how often somebody began; one that was taken up is gone."""

    key: str
    connection: ConnectionId
    tries: int
    expires_at: Instant


_OPEN = invitations.c.expires_at > bindparam("now")
_INSERT = Statement("invite", insert_into(invitations))
_GET = Statement("an invitation", select(invitations).where(invitations.c.key == bindparam("invitation"), _OPEN))
_TRY = Statement(
    "count a try of an invitation",
    update(invitations)
    .where(invitations.c.key == bindparam("invitation"), _OPEN, invitations.c.tries < bindparam("most"))
    .values(tries=invitations.c.tries + 1),
)
_TAKE = Statement("take an invitation up", delete(invitations).where(invitations.c.key == bindparam("invitation"), _OPEN))
_END = Statement("end the invitations to a connection", delete(invitations).where(invitations.c.connection_id == bindparam("connection")))


def invite(tx: Transaction, one: Invitation) -> None:
    """Store it; another one to the same connection is worth nothing any more."""
    tx.run(_END, {"connection": one.connection})
    tx.run(_INSERT, {"key": one.key, "connection_id": one.connection, "tries": one.tries, "expires_at": one.expires_at})


def get_invitation(tx: Transaction, key: str, *, now: Instant) -> Invitation | None:
    """None when there is none, or its time is over."""
    row = tx.one(_GET, {"invitation": key, "now": now})
    return None if row is None else Invitation(key=row[0], connection=ConnectionId(row[1]), tries=row[2], expires_at=Instant(row[3]))


def try_invitation(tx: Transaction, key: str, *, now: Instant, most: int) -> bool:
    """Count a try; False when there were too many, or its time is over."""
    return tx.run(_TRY, {"invitation": key, "now": now, "most": most}) == 1


def take_invitation(tx: Transaction, key: str, *, now: Instant) -> bool:
    """Take it up, which only one can; False when it was taken up or taken back before, or its time is over."""
    return tx.run(_TAKE, {"invitation": key, "now": now}) == 1


def end_invitations(tx: Transaction, connection: ConnectionId) -> None:
    """They were taken up, or taken back."""
    tx.run(_END, {"connection": connection})
