"""What vendors were asked to deliver: one row for each connection that has, or had better have, a subscription."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSONObject, as_list, dumps, loads
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`known` is the connector's own word for it, empty while there is none. `made_at` is when it last came to be as it is, None before.

    `failures` counts the tries in a row that ended with `problem`; `repaired` how often it was found lost or switched off and mended.
    """

    connection: ConnectionId
    address: str
    kinds: frozenset[str]
    known: JSONObject
    until: Instant | None
    made_at: Instant | None
    looked_at: Instant
    repaired: int
    failures: int
    problem: str


_insert = insert_into(subscriptions, leave_out=())
_KEPT = ("address", "kinds", "known", "until", "made_at", "looked_at", "repaired", "failures", "problem")
_SAVE = Statement(
    "note how a subscription stands",
    _insert.on_conflict_do_update(index_elements=[subscriptions.c.connection_id], set_={name: _insert.excluded[name] for name in _KEPT}),
)
_ALL = Statement("every subscription", select(subscriptions).order_by(subscriptions.c.connection_id))
_REMOVE = Statement("forget a subscription", delete(subscriptions).where(subscriptions.c.connection_id == bindparam("connection")))
_DUE = Statement(
    "have a subscription looked at again",
    update(subscriptions).where(subscriptions.c.connection_id == bindparam("connection")).values(looked_at=0),
)


def save_subscription(tx: Transaction, one: Subscription) -> None:
    tx.run(
        _SAVE,
        {
            "connection_id": one.connection,
            "address": one.address,
            "kinds": dumps(sorted(one.kinds)),
            "known": dumps(one.known),
            "until": one.until,
            "made_at": one.made_at,
            "looked_at": one.looked_at,
            "repaired": one.repaired,
            "failures": one.failures,
            "problem": one.problem,
        },
    )


def all_subscriptions(tx: Transaction) -> dict[ConnectionId, Subscription]:
    """Every subscription by connection."""
    return {ConnectionId(row[0]): _subscription(row) for row in tx.all(_ALL, {})}


def remove_subscription(tx: Transaction, connection: ConnectionId) -> None:
    tx.run(_REMOVE, {"connection": connection})


def look_again(tx: Transaction, connection: ConnectionId) -> bool:
    """Have the hub look at a subscription as soon as it can; False when there is none."""
    return tx.run(_DUE, {"connection": connection}) == 1


def _subscription(row: Row) -> Subscription:
    return Subscription(
        connection=ConnectionId(row[0]),
        address=row[1],
        kinds=frozenset(map(str, as_list(loads(row[2])))),
        known=cast(JSONObject, loads(row[3])),
        until=None if row[4] is None else Instant(row[4]),
        made_at=None if row[5] is None else Instant(row[5]),
        looked_at=Instant(row[6]),
        repaired=row[7],
        failures=row[8],
        problem=row[9],
    )
