"""Alerts: what needs somebody, and who is told."""

from dataclasses import dataclass

from trunkline.admin import connections
from trunkline.admin.desk import Desk
from trunkline.connect.alerting import News
from trunkline.engine.telling import send
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.ids import fresh
from trunkline.store import alert_routes as route_store
from trunkline.store import alerts as store
from trunkline.store.alert_routes import Route
from trunkline.store.alerts import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A route, and the name of the connection by which it goes."""

    route: Route
    connection: str


async def listed(desk: Desk, *, every: bool, most: int) -> list[Alert]:
    """Alerts that last, the oldest first; `every` has those that are over too, the newest first."""
    if every:
        return await desk.database.read(lambda tx: store.newest_alerts(tx, most=most))
    return (await desk.database.read(store.standing_alerts))[:most]


async def ways(desk: Desk) -> list[Way]:
    """Where alerts are sent."""
    names = {one.id: one.name for one in await connections.everything(desk)}
    return [Way(route=one, connection=names.get(one.connection, "(removed)")) for one in await desk.database.read(route_store.all_routes)]


async def add(desk: Desk, name: str, target: str) -> Way:
    """Have alerts sent by a connection from now on, after a first one that proves it; raises what sending that raises."""
    link = await connections.link_to(desk, name)
    alerting = link.connector.alerting
    if alerting is None:
        able = ", ".join(one.id for one in desk.registry if one.alerting is not None)
        raise ConfigError(f"{link.connector.name} sends no alerts.", hint=f"Use a connection of one of these: {able}.")
    if not target and alerting.needs_target:
        raise ConfigError("It is not said to whom.", hint=f"Give --to: {alerting.target[0].lower()}{alerting.target[1:]}.", place="--to")
    if any((one.connection, one.target) == (link.connection.id, target) for one in await desk.database.read(route_store.all_routes)):
        raise ConfigError(f"Alerts are sent there already, by {name}.", hint="See: trunkline alerts routes")
    now = desk.clock.now()
    text = "Alerts of this hub come here from now on."
    await send(link, target, News(key="hello", kind="repaired", text=text, hint="", count=1, over=False, at=now), key=fresh("alert"))
    route = Route(id=fresh("way"), connection=link.connection.id, target=target, created_at=now)
    await desk.database.journal.commit(lambda tx: route_store.add_route(tx, route))
    return Way(route=route, connection=name)


async def remove(desk: Desk, id: str) -> Way:
    """Send no more alerts that way; `NotFoundError` when there is none of that id."""
    found = next((way for way in await ways(desk) if way.route.id == id), None)
    if found is None:
        raise NotFoundError(f"There is no route {id!r}.", hint="They are listed by: trunkline alerts routes")
    await desk.database.journal.commit(lambda tx: route_store.remove_route(tx, id))
    return found
