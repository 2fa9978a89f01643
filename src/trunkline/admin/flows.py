"""Flows: checked, stored as versions, published, stopped."""

from collections.abc import Container
from dataclasses import dataclass

from trunkline.admin import scopes
from trunkline.admin.desk import Desk
from trunkline.connect.schedules.schedule import Schedule
from trunkline.flows.check import check
from trunkline.flows.compile import compile_plan, compile_text
from trunkline.flows.parsing import Document, parse
from trunkline.flows.plan import Plan
from trunkline.flows.problems import FlowDocumentError, Problem
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.ids import FlowId, digest, fresh
from trunkline.model.json import JSONObject
from trunkline.store import connections as connection_store
from trunkline.store import flows as store
from trunkline.store import schedules as schedule_store
from trunkline.store.flows import Flow, FlowVersion
from trunkline.store.statement import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What `apply` did: `version` is the newest one now, `new` says whether it was made by this call."""

    flow: Flow
    version: int
    new: bool
    problems: tuple[Problem, ...]


class _Connections:
    """The names of a workspace's connections, for the checker."""

    def __init__(self, connectors: dict[str, str]) -> None:
        self._connectors = connectors

    def connector_of(self, connection: str) -> str | None:
        return self._connectors.get(connection)

    def names(self) -> tuple[str, ...]:
        return tuple(self._connectors)


async def check_text(desk: Desk, text: str, *, source: str) -> tuple[Document, list[Problem]]:
    """Parse and check a document against what can be called; raises `FlowDocumentError` when it cannot even be read."""
    document = parse(text, source=source)
    rows = await desk.database.read(connection_store.all_connections)
    connections = _Connections({connection.name: connection.connector for connection, _ in rows})
    return document, check(document, desk.registry, connections, now=desk.clock.now())


async def apply(desk: Desk, text: str, *, source: str) -> Applied:
    """Check a document and store it as the flow's newest version, a draft; the same text again changes nothing.

    Raises `FlowDocumentError` with every problem when it has errors.
    """
    document, problems = await check_text(desk, text, source=source)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise FlowDocumentError(problems, source=source)
    plan = compile_plan(document)
    now = desk.clock.now()
    known = await desk.database.read(lambda tx: store.flow_named(tx, desk.workspace, plan.name))
    fingerprint = digest(text)
    if known is not None:
        latest = await desk.database.read(lambda tx: store.get_version(tx, known.id, known.latest))
        if latest is not None and latest.digest == fingerprint:
            return Applied(flow=known, version=known.latest, new=False, problems=tuple(problems))
    number = 1 if known is None else known.latest + 1
    flow = Flow(
        id=FlowId(fresh("flw")) if known is None else known.id,
        workspace=desk.workspace,
        name=plan.name,
        title=plan.title,
        latest=number,
        published=None if known is None else known.published,
        created_at=now if known is None else known.created_at,
        changed_at=now,
    )
    version = FlowVersion(
        flow=flow.id, version=number, document=text, digest=fingerprint, trigger=plan.trigger.facts(), created_at=now, published_at=None
    )
    await desk.database.journal.commit(lambda tx: store.save_flow(tx, flow, version))
    return Applied(flow=flow, version=number, new=True, problems=tuple(problems))


async def everything(desk: Desk) -> list[Flow]:
    """Every flow, by name."""
    return await desk.database.read(store.all_flows)


async def named(desk: Desk, name: str) -> Flow:
    """The flow with this name; `NotFoundError` names the ones there are."""
    flow = await desk.database.read(lambda tx: store.flow_named(tx, desk.workspace, name))
    if flow is None:
        known = ", ".join(flow.name for flow in await everything(desk))
        raise NotFoundError(
            f"There is no flow named {name!r}.", hint=f"There are: {known}." if known else "Add one: trunkline flows apply FILE"
        )
    return flow


async def versions(desk: Desk, name: str) -> list[FlowVersion]:
    """Every version of a flow, newest first."""
    flow = await named(desk, name)
    return await desk.database.read(lambda tx: store.versions_of(tx, flow.id))


async def publish(desk: Desk, name: str, *, version: int | None = None) -> Flow:
    """Let a version (the newest, unless told) run. It is checked again: connections and connectors may have changed since."""
    flow = await named(desk, name)
    number = flow.latest if version is None else version
    stored = await desk.database.read(lambda tx: store.get_version(tx, flow.id, number))
    if stored is None:
        raise NotFoundError(f"The flow {name!r} has no version {number}.", hint=f"See them: trunkline flows show {name}")
    document, problems = await check_text(desk, stored.document, source=f"{name} version {number}")
    if any(problem.level == "error" for problem in problems):
        raise FlowDocumentError(problems, source=f"{name} version {number}")
    await _permitted(desk, name, compile_plan(document))
    now, schedule = desk.clock.now(), schedule_of(desk, document.flow.trigger.on, document.flow.trigger.input)

    def unit(tx: Transaction) -> None:
        store.publish(tx, flow.id, number, now=now)
        if schedule is None:
            schedule_store.forget(tx, flow.id)
        else:
            schedule_store.begin(tx, flow.id, plan=schedule.plan, at=now)

    await desk.database.journal.commit(unit)
    return await named(desk, name)


async def _permitted(desk: Desk, name: str, plan: Plan) -> None:
    """Raise `ConfigError` when the flow needs permissions that were not granted when somebody signed in."""
    for connection, wanted in (await scopes.lacking(desk, name, plan)).items():
        named = "; ".join(f"{one.scope} for {', '.join(why.partition(' in ')[0] for why in one.why)}" for one in wanted)
        raise ConfigError(
            f"{name} needs permissions that {connection} was not granted: {named}.",
            hint=f"Sign in again, it asks for them: trunkline connections authorize {connection}",
            place=connection,
        )


def schedule_of(desk: Desk, trigger: str, input: JSONObject) -> Schedule | None:
    """When a clock starts a flow with this trigger; None for one that no clock starts."""
    read = desk.registry.trigger(trigger).schedule
    return None if read is None else read(input)


async def unpublish(desk: Desk, name: str) -> Flow:
    """Stop a flow: events start no new runs, runs under way end. Its cursor stays; a schedule begins anew, with nothing to make up for."""
    flow = await named(desk, name)
    now = desk.clock.now()

    def unit(tx: Transaction) -> None:
        store.publish(tx, flow.id, None, now=now)
        schedule_store.forget(tx, flow.id)

    await desk.database.journal.commit(unit)
    return await named(desk, name)


async def remove(desk: Desk, name: str) -> Flow:
    """Remove a flow that does not run, with its versions."""
    flow = await named(desk, name)
    if flow.published is not None:
        raise ConfigError(f"The flow {name!r} is published.", hint=f"Stop it first: trunkline flows unpublish {name}")
    await desk.database.journal.commit(lambda tx: store.remove_flow(tx, flow.id))
    return flow


async def published(desk: Desk, *, only: Container[FlowId] | None = None) -> list[tuple[Flow, Plan]]:
    """The published flows, or those of `only`, and their plans."""
    found: list[tuple[Flow, Plan]] = []
    for flow in await everything(desk):
        if flow.published is None or (only is not None and flow.id not in only):
            continue
        number = flow.published
        stored = await desk.database.read(lambda tx, id=flow.id, number=number: store.get_version(tx, id, number))
        if stored is not None:
            found.append((flow, compile_text(stored.document)))
    return found


async def using(desk: Desk, connection: str) -> list[str]:
    """The published flows that use a connection."""
    return [flow.name for flow in (await users(desk)).get(connection, ())]


async def users(desk: Desk, *, only: Container[FlowId] | None = None) -> dict[str, list[Flow]]:
    """The published flows, or those of `only`, that use each connection, by its name."""
    found: dict[str, list[Flow]] = {}
    for flow, plan in await published(desk, only=only):
        for name in {plan.trigger.connection, *(name for name, _ in plan.operations)}:
            found.setdefault(name, []).append(flow)
    return found
