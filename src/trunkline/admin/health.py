"""Health: how each connection stands, why and since when, what waits because of it, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trunkline.admin import connections
from trunkline.admin.connections import NOBODY
from trunkline.admin.desk import Desk
from trunkline.admin.flows import users
from trunkline.connect.sign_in import remedy, sign_in_of, way_of
from trunkline.model.clock import Instant
from trunkline.model.connection import Connection, ConnectionState
from trunkline.model.ids import ConnectionId
from trunkline.store import alerts as alert_store
from trunkline.store import runs as run_store
from trunkline.store.alerts import Alert


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
    found = await connections.everything(desk)
    standing = await desk.database.read(alert_store.standing_alerts)
    paused, by_flow = await desk.database.read(
        lambda tx: ({one.id: alert_store.waiting_count(tx, one.id) for one in found if one.state != "ok"}, run_store.open_by_flow(tx))
    )
    flows = await users(desk) if by_flow else {}
    return [await _health(desk, one, standing, paused, sum(by_flow.get(flow.id, 0) for flow in flows.get(one.name, ()))) for one in found]


async def of(desk: Desk, name: str) -> Health:
    """One connection; `NotFoundError` names the ones there are."""
    await connections.named(desk, name)
    return next(one for one in await everything(desk) if one.connection.name == name)


async def _health(
    desk: Desk, connection: Connection, standing: Sequence[Alert], paused: Mapping[ConnectionId, int], of_flows: int
) -> Health:
    if connection.state != "ok":
        return Health(
            connection=connection,
            state=connection.state,
            cause=connection.cause,
            since=connection.since,
            waiting=paused[connection.id],
            next_step=await _way_back(desk, connection),
        )
    hampering = next((alert for alert in standing if connection.id in alert.connections), None)
    if hampering is None:
        return Health(connection=connection, state="ok", cause="", since=connection.since, waiting=0, next_step="")
    return Health(
        connection=connection,
        state="degraded",
        cause=hampering.text,
        since=hampering.opened_at,
        waiting=of_flows,
        next_step=hampering.hint,
    )


async def _way_back(desk: Desk, connection: Connection) -> str:
    """What a person can do about a connection whose credential is refused."""
    if connection.state == "suspended":
        return "Nothing has to be done here: it is tried again by itself."
    if connection.cause == NOBODY:
        return _by_somebody(f"Sign in: trunkline connections authorize {connection.name}", connection)
    account = (await connections.link_to(desk, connection.name)).account
    oauth = sign_in_of(desk.registry.connector(connection.connector), account)
    if oauth is None:
        return _by_somebody(f"Give it a new credential: trunkline connections update {connection.name}", connection)
    way_back = remedy(oauth, account).replace("NAME", connection.name)
    return _by_somebody(way_back, connection) if way_of(oauth, account) == "authorization_code" else way_back


def _by_somebody(way_back: str, connection: Connection) -> str:
    return f"{way_back}, or send the account's owner a link: trunkline connections invite {connection.name}"
