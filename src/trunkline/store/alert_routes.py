"""Where alerts are sent, and what is still to be sent."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSONObject, dumps, loads
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import alert_letters, alert_routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A connection by which alerts are sent, and to whom; `target` is empty where the connection says it."""

    id: str
    connection: ConnectionId
    target: str
    created_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be sent to one route when it is due; `tries` failed, the last with `problem`."""

    seq: int
    route: str
    news: JSONObject
    tries: int
    problem: str


_ADD = Statement("add a route for alerts", insert_into(alert_routes).on_conflict_do_nothing(index_elements=["connection_id", "target"]))
_ALL = Statement("every route for alerts", select(alert_routes).order_by(alert_routes.c.created_at))
_REMOVE = Statement("remove a route for alerts", delete(alert_routes).where(alert_routes.c.id == bindparam("route")))
_WRITE = Statement("have an alert sent", insert_into(alert_letters))
_DUE = Statement(
    "alerts to be sent now",
    select(alert_letters).where(alert_letters.c.due_at <= bindparam("now")).order_by(alert_letters.c.due_at).limit(bindparam("most")),
)
_LATER = Statement(
    "send an alert later",
    update(alert_letters)
    .where(alert_letters.c.seq == bindparam("letter"))
    .values(tries=alert_letters.c.tries + 1, due_at=bindparam("due_at"), problem=bindparam("problem")),
)
_DONE = Statement("an alert was sent", delete(alert_letters).where(alert_letters.c.seq == bindparam("letter")))


def add_route(tx: Transaction, route: Route) -> bool:
    """False when there is one like it."""
    return tx.run(_ADD, {"id": route.id, "connection_id": route.connection, "target": route.target, "created_at": route.created_at}) == 1


def all_routes(tx: Transaction) -> list[Route]:
    """Every route, the oldest first."""
    return [Route(id=row[0], connection=ConnectionId(row[1]), target=row[2], created_at=Instant(row[3])) for row in tx.all(_ALL, {})]


def remove_route(tx: Transaction, route: str) -> bool:
    """False when there is none of that id."""
    return tx.run(_REMOVE, {"route": route}) == 1


def write_letter(tx: Transaction, route: Route, news: JSONObject, *, now: Instant) -> None:
    """Have it sent to this route."""
    tx.run(_WRITE, {"route_id": route.id, "news": dumps(news), "tries": 0, "due_at": now, "problem": ""})


def due_letters(tx: Transaction, *, now: Instant, most: int) -> list[Letter]:
    """What is to be sent now, the oldest first."""
    return [_letter(row) for row in tx.all(_DUE, {"now": now, "most": most})]


def put_off(tx: Transaction, letter: int, *, due_at: Instant, problem: str) -> None:
    """It could not be sent; try again then."""
    tx.run(_LATER, {"letter": letter, "due_at": due_at, "problem": problem})


def drop_letter(tx: Transaction, letter: int) -> None:
    """It was sent, or never will be."""
    tx.run(_DONE, {"letter": letter})


def _letter(row: Row) -> Letter:
    return Letter(seq=row[0], route=row[1], news=cast(JSONObject, loads(row[2])), tries=row[3], problem=row[5])
