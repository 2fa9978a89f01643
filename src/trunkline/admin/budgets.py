"""Budgets as a person sees them: what is used and left of each limit, and what many calls would take."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trunkline.admin import connections, flows
from trunkline.admin.desk import Desk
from trunkline.connect.declaration import Call, Crafted, RateLimit
from trunkline.connect.forecast import Forecast
from trunkline.connect.forecast import forecast as play
from trunkline.connect.ledger import Kept, Standing, standing
from trunkline.connect.turns import Lane
from trunkline.engine.links import Link
from trunkline.flows.costs import costs
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError, TrunklineError
from trunkline.store import budgets as store
from trunkline.store import connections as connection_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The budget of one group of a connection; `shared_with` are the other connections that the vendor counts together with it."""

    connection: Connection
    standing: Standing
    shared_with: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be called on one connection, and what that takes. `at_least`: an operation makes more than one call, or a loop goes
    round more often than once.
    """

    connection: Connection
    forecasts: tuple[Forecast, ...]
    at_least: bool


async def listed(desk: Desk, *, name: str | None = None) -> list[Shown]:
    """Every budget of every connection, or of one: as all processes kept it in the last seconds."""
    wanted = await connections.everything(desk) if name is None else [await connections.named(desk, name)]
    found: dict[tuple[str, str], list[Kept]] = {}
    for row in await desk.database.read(store.all_budgets):
        found.setdefault((row.scope, row.group), []).append(Kept.of(row.kept))
    links = await _usable(desk)
    scopes = {id: desk.budgets.counted_as(link.connection, link.connector, link.account) for id, link in links.items()}
    shown: list[Shown] = []
    for connection in wanted:
        link = links.get(connection.id)
        if link is None:
            continue
        scope = scopes[connection.id]
        sharing = tuple(other.connection.name for id, other in links.items() if id != connection.id and scopes[id] == scope)
        groups = {limit.group for limit in link.connector.limits} | {group for place, group in found if place == scope}
        for group in sorted(groups):
            limits = tuple(limit for limit in link.connector.limits if limit.group == group)
            now = standing(group, limits, found.get((scope, group), []), now=desk.clock.now())
            shown.append(Shown(connection=connection, standing=now, shared_with=sharing))
    return shown


async def _usable(desk: Desk) -> dict[str, Link]:
    """The connections whose secrets open."""
    links: dict[str, Link] = {}
    for connection, sealed in await desk.database.read(connection_store.all_connections):
        try:
            links[connection.id] = await _known(desk.link(connection, sealed))
        except TrunklineError:
            continue  # told by `connections list`, which names what is wrong with it
    return links


async def _link_to(desk: Desk, name: str) -> Link:
    return await _known(await connections.link_to(desk, name))


async def _known(link: Link) -> Link:
    """The same, once it is known what the vendor counts it by."""
    if link.session.tokens is not None:
        await link.session.tokens.look()
    return link


async def forecast(desk: Desk, name: str, *, calls: Mapping[str | None, int], lane: Lane) -> Plan:
    """What so many calls by operation (None: any) on a connection take; `ConfigError` where the operation decides and is not named."""
    link = await _link_to(desk, name)
    return _plan(desk, link, calls, lane=lane, at_least=False)


async def forecast_flow(desk: Desk, flow: str, *, records: int, lane: Lane) -> list[Plan]:
    """What it takes to let a flow's published (else its newest) version handle so many records: one plan per connection it calls."""
    found = await flows.named(desk, flow)
    (version,) = [one for one in await flows.versions(desk, flow) if one.version == (found.published or found.latest)]
    spent = costs(flows.compile_text(version.document).steps)
    by_connection: dict[str, Counter[str | None]] = {}
    for (connection, operation), times in spent.calls.items():
        by_connection.setdefault(connection, Counter())[operation] += times * records
    return [
        _plan(desk, await _link_to(desk, connection), calls, lane=lane, at_least=bool(spent.loops))
        for connection, calls in sorted(by_connection.items())
    ]


def _plan(desk: Desk, link: Link, calls: Mapping[str | None, int], *, lane: Lane, at_least: bool) -> Plan:
    by_group: Counter[str] = Counter()
    for operation, times in calls.items():
        by_group[_group(link, operation)] += times
        if operation is not None and not isinstance(link.operation(operation).call, Call | Crafted):
            at_least = True
    found = play(link.session.budget, by_group, lane=lane, monotonic=desk.clock.monotonic())
    return Plan(connection=link.connection, forecasts=tuple(found), at_least=at_least)


def _group(link: Link, operation: str | None) -> str:
    if operation is not None:
        return link.operation(operation).group
    if _grouped(link.connector.limits):
        raise ConfigError(
            f"{link.connector.name} has limits of its own for each kind of operation.",
            hint=f"Say which one is called: --operation {link.connector.id}.…",
            place="--operation",
        )
    return ""


def _grouped(limits: Iterable[RateLimit]) -> bool:
    return any(limit.group for limit in limits)
