"""What vendors say in their answers of operations they will take away: one row per connector and operation."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from trunkline.model.clock import Instant
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import notices


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotice:
    """`deprecated_at` and `sunset_at` are the vendor's last word, None where it named no time; `answers` counts those that said so."""

    connector: str
    operation: str
    deprecated_at: Instant | None
    sunset_at: Instant | None
    link: str
    first_seen: Instant
    last_seen: Instant
    answers: int


_insert = insert_into(notices, leave_out=())
_SAVE = Statement(
    "note what a vendor says of an operation",
    _insert.on_conflict_do_update(
        index_elements=[notices.c.connector, notices.c.operation],
        set_={
            **{name: _insert.excluded[name] for name in ("deprecated_at", "sunset_at", "link", "last_seen")},
            "answers": notices.c.answers + _insert.excluded.answers,
        },
    ),
)
_KNOWN = Statement(
    "whether a notice is known",
    select(notices.c.answers).where(notices.c.connector == bindparam("connector"), notices.c.operation == bindparam("operation")),
)
_ALL = Statement("every notice", select(notices).order_by(notices.c.connector, notices.c.operation))
_FORGET = Statement("forget a connector's notices", delete(notices).where(notices.c.connector == bindparam("connector")))


def save_notice(tx: Transaction, notice: StoredNotice) -> bool:
    """Note it, or count it on the row there is, which keeps its `first_seen`; whether it is the first."""
    new = tx.one(_KNOWN, {"connector": notice.connector, "operation": notice.operation}) is None
    tx.run(
        _SAVE,
        {
            "connector": notice.connector,
            "operation": notice.operation,
            "deprecated_at": notice.deprecated_at,
            "sunset_at": notice.sunset_at,
            "link": notice.link,
            "first_seen": notice.first_seen,
            "last_seen": notice.last_seen,
            "answers": notice.answers,
        },
    )
    return new


def all_notices(tx: Transaction) -> list[StoredNotice]:
    """Every notice by connector and operation."""
    return [_notice(row) for row in tx.all(_ALL, {})]


def forget_notices(tx: Transaction, connector: str) -> int:
    """Forget what was said of a connector's operations; how many rows went."""
    return tx.run(_FORGET, {"connector": connector})


def _notice(row: Row) -> StoredNotice:
    connector, operation, deprecated_at, sunset_at, link, first_seen, last_seen, answers = row
    return StoredNotice(
        connector=connector,
        operation=operation,
        deprecated_at=None if deprecated_at is None else Instant(deprecated_at),
        sunset_at=None if sunset_at is None else Instant(sunset_at),
        link=link,
        first_seen=Instant(first_seen),
        last_seen=Instant(last_seen),
        answers=answers,
    )
