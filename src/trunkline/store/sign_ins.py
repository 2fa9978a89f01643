"""Sign-ins under way: begun by a person, answered once by a browser, gone after a while."""

from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId
from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import sign_ins

Stage = Literal["waiting", "answered", "done", "failed"]
"""waiting: for the browser · answered: it came back, the vendor is asked for tokens · done · failed, `message` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignIn:
    """A sign-in; `state` is the hash of what the browser brings back."""

    state: str
    connection: ConnectionId
    sealed: bytes
    stage: Stage
    message: str
    expires_at: Instant


_ADD = Statement("begin a sign-in", insert_into(sign_ins))
_GET = Statement("a sign-in", select(sign_ins).where(sign_ins.c.state == bindparam("id")))
_ANSWER = Statement(
    "take a sign-in's answer, once",
    update(sign_ins)
    .where(sign_ins.c.state == bindparam("id"), sign_ins.c.stage == "waiting", sign_ins.c.expires_at > bindparam("now"))
    .values(stage="answered", sealed=b""),
)
_END = Statement(
    "how a sign-in ended",
    update(sign_ins).where(sign_ins.c.state == bindparam("id")).values(stage=bindparam("to"), message=bindparam("words")),
)
_PURGE = Statement("forget old sign-ins", delete(sign_ins).where(sign_ins.c.expires_at < bindparam("before")))
_REMOVE = Statement("forget the sign-ins of a connection", delete(sign_ins).where(sign_ins.c.connection_id == bindparam("connection")))


def begin(tx: Transaction, new: StoredSignIn, *, purge_before: Instant) -> None:
    """Store a sign-in that begins; those that ended before `purge_before` go."""
    tx.run(_PURGE, {"before": purge_before})
    values = {"state": new.state, "connection_id": new.connection, "sealed": new.sealed}
    tx.run(_ADD, {**values, "stage": new.stage, "message": new.message, "expires_at": new.expires_at})


def get_sign_in(tx: Transaction, state: str) -> StoredSignIn | None:
    """None when there is no such sign-in (any more)."""
    row = tx.one(_GET, {"id": state})
    if row is None:
        return None
    return StoredSignIn(
        state=row[0],
        connection=ConnectionId(row[1]),
        sealed=bytes(row[2]),
        stage=cast(Stage, row[3]),
        message=row[4],
        expires_at=Instant(row[5]),
    )


def take_answer(tx: Transaction, state: str, *, now: Instant) -> StoredSignIn | None:
    """The sign-in that waits for this answer, which nobody can give again; None when it does not wait (any more)."""
    waiting = get_sign_in(tx, state)
    if waiting is None or tx.run(_ANSWER, {"id": state, "now": now}) != 1:
        return None
    return waiting


def end(tx: Transaction, state: str, *, stage: Stage, message: str = "") -> None:
    """Note how it ended, for whoever waits for it."""
    tx.run(_END, {"id": state, "to": stage, "words": message})


def remove_sign_ins(tx: Transaction, connection: ConnectionId) -> None:
    """Forget what was begun for a connection that goes."""
    tx.run(_REMOVE, {"connection": connection})
