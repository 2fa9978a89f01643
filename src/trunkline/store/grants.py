"""Live tokens: one sealed row per connection, changed only by who names the generation it stands on."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, delete, or_, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId
from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import grants

_NEVER = Instant(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGrant:
    """A row. `sealed` is empty when there are no tokens; `claimed_by` names who asked last and has not told how it ended."""

    generation: int = 0
    sealed: bytes = b""
    refused: str = ""
    suspended: bool = False
    claimed_by: str = ""
    claimed_until: Instant = _NEVER


_this = and_(grants.c.connection_id == bindparam("connection"), grants.c.generation == bindparam("generation"))
_free = or_(grants.c.claimed_by == "", grants.c.claimed_by == bindparam("by"), grants.c.claimed_until <= bindparam("now"))
_unclaimed = {"claimed_by": "", "claimed_until": 0}
_kept = {"refused": "", "suspended": 0, **_unclaimed}

_GET = Statement("the tokens of a connection", select(grants).where(grants.c.connection_id == bindparam("connection")))
_MAKE = Statement(
    "a row for a connection without tokens",
    insert_into(grants, leave_out=()).on_conflict_do_nothing(index_elements=[grants.c.connection_id]),
)
_CLAIM = Statement(
    "take it upon oneself to renew",
    update(grants).where(_this, grants.c.refused == "", _free).values(claimed_by=bindparam("by"), claimed_until=bindparam("until")),
)
_REPLACE = Statement(
    "new tokens in place of those of a generation",
    update(grants).where(_this).values(generation=grants.c.generation + 1, sealed=bindparam("sealed"), **_kept),
)
_RELEASE = Statement(
    "end a claim",
    update(grants).where(grants.c.connection_id == bindparam("connection"), grants.c.claimed_by == bindparam("by")).values(**_unclaimed),
)
_REFUSE = Statement(
    "note that the vendor renews no more",
    update(grants).where(_this).values(refused=bindparam("reason"), suspended=bindparam("suspended"), **_unclaimed),
)
_FORGIVE = Statement(
    "let it be tried again",
    update(grants).where(grants.c.connection_id == bindparam("connection")).values(refused="", suspended=0),
)
_PUT = Statement(
    "new tokens, whatever was there",
    update(grants)
    .where(grants.c.connection_id == bindparam("connection"))
    .values(generation=grants.c.generation + 1, sealed=bindparam("sealed"), **_kept),
)
_REMOVE = Statement("forget the tokens of a connection", delete(grants).where(grants.c.connection_id == bindparam("connection")))


def get_grant(tx: Transaction, connection: ConnectionId) -> StoredGrant:
    """What is stored; generation 0 when nothing is."""
    row = tx.one(_GET, {"connection": connection})
    if row is None:
        return StoredGrant()
    _, generation, sealed, refused, suspended, claimed_by, claimed_until = row
    return StoredGrant(
        generation=generation,
        sealed=bytes(sealed),
        refused=refused,
        suspended=bool(suspended),
        claimed_by=claimed_by,
        claimed_until=Instant(claimed_until),
    )


def claim_grant(
    tx: Transaction, connection: ConnectionId, *, generation: int, by: str, now: Instant, until: Instant
) -> tuple[bool, StoredGrant]:
    """Whether `by` may renew the tokens of `generation` until then, and the row as it was before."""
    _make(tx, connection)
    before = get_grant(tx, connection)
    wish = {"connection": connection, "generation": generation, "by": by, "now": now, "until": until}
    return tx.run(_CLAIM, wish) == 1, before


def replace_grant(tx: Transaction, connection: ConnectionId, *, generation: int, sealed: bytes) -> bool:
    """New tokens in place of those of `generation`; False when these have passed."""
    _make(tx, connection)
    return tx.run(_REPLACE, {"connection": connection, "generation": generation, "sealed": sealed}) == 1


def put_grant(tx: Transaction, connection: ConnectionId, *, sealed: bytes) -> None:
    """New tokens (none: empty) by somebody's own decision, whatever was there; a renewal under way then comes too late."""
    _make(tx, connection)
    tx.run(_PUT, {"connection": connection, "sealed": sealed})


def release_grant(tx: Transaction, connection: ConnectionId, *, by: str) -> None:
    """End the claim of `by`."""
    tx.run(_RELEASE, {"connection": connection, "by": by})


def refuse_grant(tx: Transaction, connection: ConnectionId, *, generation: int, reason: str, suspended: bool) -> None:
    """Note that the vendor renews the tokens of `generation` no more, and end the claim."""
    tx.run(_REFUSE, {"connection": connection, "generation": generation, "reason": reason, "suspended": int(suspended)})


def forgive_grant(tx: Transaction, connection: ConnectionId) -> None:
    """Forget that the vendor refused."""
    tx.run(_FORGIVE, {"connection": connection})


def remove_grant(tx: Transaction, connection: ConnectionId) -> None:
    """Forget the tokens of a connection that goes."""
    tx.run(_REMOVE, {"connection": connection})


def _make(tx: Transaction, connection: ConnectionId) -> None:
    empty = {"generation": 0, "sealed": b"", "refused": "", "suspended": 0, "claimed_by": "", "claimed_until": 0}
    tx.run(_MAKE, {"connection_id": connection, **empty})
