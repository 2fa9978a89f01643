"""Which scopes a connection needs: those of what its flows call and listen to, each with what needs it."""

from dataclasses import dataclass

from trunkline.admin import flows
from trunkline.admin.desk import Desk
from trunkline.flows.plan import Plan
from trunkline.model.errors import NotFoundError
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


async def _plans(desk: Desk) -> list[tuple[str, Plan]]:
    """Every flow's newest version, and the one that runs."""
    found: list[tuple[str, Plan]] = []
    for flow in await flows.everything(desk):
        for number in {flow.latest, flow.published or flow.latest}:
            stored = await desk.database.read(lambda tx, id=flow.id, number=number: flow_store.get_version(tx, id, number))
            if stored is not None:
                found.append((flow.name, flows.compile_text(stored.document)))
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
