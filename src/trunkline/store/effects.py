"""Effects: the recorded intent and outcome of each write to a vendor."""

from typing import cast

from sqlalchemy import bindparam, literal_column, select, update

from trunkline.model.clock import Instant
from trunkline.model.event import Effect, EffectState
from trunkline.model.ids import ConnectionId, EffectKey, RunId
from trunkline.model.json import JSON
from trunkline.store.payload import EMPTY, unpack
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import effects

_intend = insert_into(effects)
_INTEND = Statement(
    "record the intent of a write, or of another try of it",
    _intend.on_conflict_do_update(
        index_elements=[effects.c.key],
        set_={
            "state": "intended",
            "attempts": effects.c.attempts + 1,
            "intended_at": _intend.excluded.intended_at,
            "request": _intend.excluded.request,
        },
    ),
)
_SETTLE = Statement(
    "record what became of a write",
    update(effects)
    .where(effects.c.key == bindparam("effect"))
    .values(
        state=bindparam("state"),
        finished_at=bindparam("finished_at"),
        code=bindparam("code"),
        reason=bindparam("reason"),
        answer=bindparam("answer"),
    ),
)
_COLUMNS = [
    effects.c.key,
    effects.c.run_id,
    effects.c.path,
    effects.c.operation,
    effects.c.connection_id,
    effects.c.state,
    effects.c.attempts,
    effects.c.intended_at,
    effects.c.finished_at,
    effects.c.code,
    effects.c.reason,
    effects.c.request,
    effects.c.answer,
]
_OF_RUN = Statement("the writes of a run", select(*_COLUMNS).where(effects.c.run_id == bindparam("run")).order_by(effects.c.intended_at))
_UNSURE = Statement(
    "writes whose outcome nobody knows",
    select(*_COLUMNS).where(effects.c.state == literal_column("'unknown'")).order_by(effects.c.intended_at).limit(bindparam("most")),
)


class RecordedEffect:
    """An effect with what was sent and what came back (packed until asked for)."""

    __slots__ = ("_answer", "_request", "effect")

    def __init__(self, row: Row) -> None:
        self.effect = Effect(
            key=EffectKey(row[0]),
            run=RunId(row[1]),
            path=row[2],
            operation=row[3],
            connection=ConnectionId(row[4]),
            state=cast(EffectState, row[5]),
            attempts=row[6],
            intended_at=Instant(row[7]),
            finished_at=None if row[8] is None else Instant(row[8]),
            code=row[9],
            reason=row[10],
        )
        self._request: bytes = row[11]
        self._answer: bytes = row[12]

    @property
    def request(self) -> JSON:
        """The operation's input as it was sent."""
        return unpack(self._request)

    @property
    def answer(self) -> JSON:
        """What the vendor answered."""
        return unpack(self._answer)


def intend(tx: Transaction, effect: Effect, request: bytes) -> None:
    """Record that `effect` is about to be sent, with its packed input; a further attempt of the same write raises its attempts."""
    tx.run(
        _INTEND,
        {
            "key": effect.key,
            "run_id": effect.run,
            "path": effect.path,
            "operation": effect.operation,
            "connection_id": effect.connection,
            "state": "intended",
            "attempts": 1,
            "intended_at": effect.intended_at,
            "finished_at": None,
            "code": "",
            "reason": "",
            "request": request,
            "answer": EMPTY,
        },
    )


def settle(
    tx: Transaction,
    key: EffectKey,
    *,
    state: EffectState,
    finished_at: Instant | None,
    code: str = "",
    reason: str = "",
    answer: bytes = EMPTY,
) -> None:
    """Record what became of an effect, with its packed answer."""
    tx.run(_SETTLE, {"effect": key, "state": state, "finished_at": finished_at, "code": code, "reason": reason, "answer": answer})


def effects_of(tx: Transaction, run: RunId) -> list[RecordedEffect]:
    """The writes of a run in the order they were intended."""
    return [RecordedEffect(row) for row in tx.all(_OF_RUN, {"run": run})]


def unsure_effects(tx: Transaction, *, most: int) -> list[RecordedEffect]:
    """Writes whose outcome a person has to tell, oldest first."""
    return [RecordedEffect(row) for row in tx.all(_UNSURE, {"most": most})]
