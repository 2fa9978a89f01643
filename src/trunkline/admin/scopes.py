"""Which scopes a connection needs: those of what its flows call and listen to, each with what needs it."""

from dataclasses import dataclass

from trunkline.admin.desk import Desk
from trunkline.flows.compile import compile_text
from trunkline.flows.plan import Plan
from trunkline.model.connection import Connection
from trunkline.model.errors import NotFoundError, TrunklineError
from trunkline.store import connections as connection_store
from trunkline.store import flows as flow_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A scope, and the operations and triggers that need it, each with its flow: `ghl.contacts.upsert in welcome`."""

    scope: str
    why: tuple[str, ...]


async def wanted(desk: Desk, connections: frozenset[str]) -> tuple[Wanted, ...]:
    """What the flows on these connections need, drafts included, in the order of the scopes' names."""
    reasons: dict[str, list[str]] = {}
    for name, plan in await _plans(desk):
        for used, scopes in _used(desk, plan, connections):
            for scope in scopes:
                why = reasons.setdefault(scope, [])
                if (words := f"{used} in {name}") not in why:
                    why.append(words)
    return tuple(Wanted(scope=scope, why=tuple(why)) for scope, why in sorted(reasons.items()))


async def lacking(desk: Desk, name: str, plan: Plan) -> dict[str, tuple[Wanted, ...]]:
    """What a flow needs and nobody granted, by connection. Where it is not known what was granted nothing is lacking."""
    found: dict[str, tuple[Wanted, ...]] = {}
    for connection, sealed in await desk.database.read(connection_store.all_connections):
        used = _used(desk, plan, frozenset((connection.name,)))
        had = await granted(desk, connection, sealed) if used else None
        reasons: dict[str, list[str]] = {}
        for operation, scopes in used if had is not None else ():
            for scope in scopes:
                if had is not None and scope not in had:
                    reasons.setdefault(scope, []).append(f"{operation} in {name}")
        if reasons:
            found[connection.name] = tuple(Wanted(scope=scope, why=tuple(why)) for scope, why in sorted(reasons.items()))
    return found


async def granted(desk: Desk, connection: Connection, sealed: bytes) -> frozenset[str] | None:
    """What was granted when somebody signed in; None where nobody has to, or where the vendor did not tell."""
    try:
        tokens = desk.link(connection, sealed).session.tokens
        held = None if tokens is None else await desk.tokens.grants.read(connection.id)
    except TrunklineError:  # it does not open, or its connector is gone: told wherever it is used
        return None
    if held is None or held.grant is None or not held.grant.scope:
        return None
    return frozenset(held.grant.scope.replace(",", " ").split())


async def _plans(desk: Desk) -> list[tuple[str, Plan]]:
    """Every flow's newest version, and the one that runs."""
    found: list[tuple[str, Plan]] = []
    for flow in await desk.database.read(flow_store.all_flows):
        for number in {flow.latest, flow.published or flow.latest}:
            stored = await desk.database.read(lambda tx, id=flow.id, number=number: flow_store.get_version(tx, id, number))
            if stored is not None:
                found.append((flow.name, compile_text(stored.document)))
    return found


def _used(desk: Desk, plan: Plan, connections: frozenset[str]) -> list[tuple[str, tuple[str, ...]]]:
    used: list[tuple[str, tuple[str, ...]]] = []
    try:
        if plan.trigger.connection in connections:
            used.append((plan.trigger.name, desk.registry.trigger(plan.trigger.name).scopes))
        used += [(name, desk.registry.operation(name).scopes) for connection, name in sorted(plan.operations) if connection in connections]
    except NotFoundError:
        return used  # an operation its connector does not have any more needs nothing
    return used
