"""Health: how each connection stands, why and since when, what waits because of it, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from trunkline.admin import connections
from trunkline.admin.connections import NOBODY
from trunkline.admin.desk import Desk
from trunkline.admin.flows import users
from trunkline.connect.sign_in import remedy, sign_in_of, way_of
from trunkline.model.clock import Instant
from trunkline.model.connection import Connection, ConnectionState
from trunkline.model.errors import TrunklineError
from trunkline.store import alerts as alert_store
from trunkline.store import connections as connection_store
from trunkline.store import runs as run_store
from trunkline.store.alerts import Alert

Row = tuple[Connection, bytes]
"""A connection and its sealed secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """ok · degraded: it works, but less well than it should · paused: it needs a person · suspended: the vendor serves it again later.

    `waiting` counts the runs that wait for it, or for one that is degraded the open ones of the flows that use it.
    `next_step` is empty where nothing has to be done.
    """

    connection: Connection
    state: ConnectionState
    cause: str
    since: Instant
    waiting: int
    next_step: str


async def everything(desk: Desk) -> list[Health]:
    """Every connection, by name; what hampers those that are not paused is as the running hub last saw it."""
    return await _judged(desk, await desk.database.read(connection_store.all_connections))


async def of(desk: Desk, name: str) -> Health:
    """One connection; `NotFoundError` names the ones there are."""
    wanted = await connections.named(desk, name)
    rows = await desk.database.read(connection_store.all_connections)
    (found,) = await _judged(desk, [row for row in rows if row[0].id == wanted.id])
    return found


async def _judged(desk: Desk, rows: Sequence[Row]) -> list[Health]:
    standing, waiting = await desk.database.read(
        lambda tx: (
            alert_store.standing_alerts(tx),
            {one.id: alert_store.waiting_count(tx, one.id) for one, _ in rows if one.state != "ok"},
        )
    )
    hampered = {id: alert for alert in reversed(standing) for id in alert.connections}
    open_runs = await _open_runs(desk) if any(one.state == "ok" and one.id in hampered for one, _ in rows) else {}
    return [
        _hampered(one, hampered.get(one.id), open_runs.get(one.name, 0))
        if one.state == "ok"
        else Health(
            connection=one,
            state=one.state,
            cause=one.cause,
            since=one.since,
            waiting=waiting[one.id],
            next_step=_way_back(desk, one, sealed),
        )
        for one, sealed in rows
    ]


async def _open_runs(desk: Desk) -> dict[str, int]:
    """How many runs are open of the flows that use each connection, by its name."""
    by_flow = await desk.database.read(run_store.open_by_flow)
    return {name: sum(by_flow[flow.id] for flow in flows) for name, flows in (await users(desk, only=by_flow)).items()}


def _hampered(connection: Connection, alert: Alert | None, open_runs: int) -> Health:
    if alert is None:
        return Health(connection=connection, state="ok", cause="", since=connection.since, waiting=0, next_step="")
    return Health(connection=connection, state="degraded", cause=alert.text, since=alert.opened_at, waiting=open_runs, next_step=alert.hint)


def _way_back(desk: Desk, connection: Connection, sealed: bytes) -> str:
    """What a person can do about a connection whose credential is refused, or does not even open."""
    if connection.state == "suspended":
        return "Nothing has to be done here: it is tried again by itself."
    if connection.cause == NOBODY:
        return _by_somebody(f"Sign in: trunkline connections authorize {connection.name}", connection)
    try:
        link = desk.link(connection, sealed)
    except TrunklineError as error:
        return error.hint or error.message
    oauth = sign_in_of(link.connector, link.account)
    if oauth is None:
        return _by_somebody(f"Give it a new credential: trunkline connections update {connection.name}", connection)
    way_back = remedy(oauth, link.account).replace("NAME", connection.name)
    return _by_somebody(way_back, connection) if way_of(oauth, link.account) == "authorization_code" else way_back


def _by_somebody(way_back: str, connection: Connection) -> str:
    return f"{way_back}, or send the account's owner a link: trunkline connections invite {connection.name}"
