"""Effects: the recorded intent and outcome of each write to a vendor."""

from typing import cast

from sqlalchemy import bindparam, literal_column, select, update

from trunkline.model.clock import Instant
from trunkline.model.event import Effect, EffectState
from trunkline.model.ids import ConnectionId, RunId
from trunkline.model.json import JSON
from trunkline.store.payload import EMPTY, unpack
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import effects

_intend = insert_into(effects)
_INTEND = Statement(
    "record the intent of a write, or of another try of it",
    _intend.on_conflict_do_update(
        index_elements=[effects.c.run_id, effects.c.path],
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
    .where(effects.c.run_id == bindparam("run"), effects.c.path == bindparam("step"))
    .values(
        state=bindparam("state"),
        finished_at=bindparam("finished_at"),
        code=bindparam("code"),
        reason=bindparam("reason"),
        answer=bindparam("answer"),
    ),
)
_COLUMNS = [
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
            run=RunId(row[0]),
            path=row[1],
            operation=row[2],
            connection=ConnectionId(row[3]),
            state=cast(EffectState, row[4]),
            attempts=row[5],
            intended_at=Instant(row[6]),
            finished_at=None if row[7] is None else Instant(row[7]),
            code=row[8],
            reason=row[9],
        )
        self._request: bytes = row[10]
        self._answer: bytes = row[11]

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
    run: RunId,
    path: str,
    *,
    state: EffectState,
    finished_at: Instant | None,
    code: str = "",
    reason: str = "",
    answer: bytes = EMPTY,
) -> None:
    """Record what became of the write at `path` of `run`, with its packed answer."""
    tx.run(
        _SETTLE, {"run": run, "step": path, "state": state, "finished_at": finished_at, "code": code, "reason": reason, "answer": answer}
    )


def effects_of(tx: Transaction, run: RunId) -> list[RecordedEffect]:
    """The writes of a run in the order they were intended."""
    return [RecordedEffect(row) for row in tx.all(_OF_RUN, {"run": run})]


def unsure_effects(tx: Transaction, *, most: int) -> list[RecordedEffect]:
    """Writes whose outcome a person has to tell, oldest first."""
    return [RecordedEffect(row) for row in tx.all(_UNSURE, {"most": most})]
