"""The directory: connections and published flows as this process knows them, reloaded whenever somebody changes them."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from trunkline.connect.declaration import Trigger
from trunkline.engine.links import Link
from trunkline.flows.plan import Plan, TriggerUse
from trunkline.model.clock import Clock
from trunkline.model.connection import Connection, ConnectionState
from trunkline.model.errors import ConfigError, NotFoundError, TrunklineError
from trunkline.model.http import Delivery
from trunkline.model.ids import ConnectionId, EndpointId, FlowId, WorkspaceId, clock_of
from trunkline.model.json import JSONObject
from trunkline.store import connections as connection_store
from trunkline.store import flows as flow_store
from trunkline.store.database import Database
from trunkline.store.flows import FlowVersion, PublishedFlow
from trunkline.store.statement import Transaction

log = structlog.get_logger()


PLANS = 2_000
"""Compiled plans kept in memory, the least used going first; one takes some 16 KB and 5 ms to make again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A trigger as flows use it. `name` is its full name, and for one with input a hash of that: uses of one name share polls and news."""

    name: str
    trigger: Trigger
    input: JSONObject

    def takes(self, payload: JSONObject) -> bool:
        """Whether this may be one of the events asked for. What is compared with the past is looked at whole, and asked for afterwards."""
        return self.trigger.compare is not None or self.wants(payload)

    def wants(self, payload: JSONObject) -> bool:
        """Whether this is one of the events that the input asks for."""
        matches = self.trigger.matches
        return matches is None or not self.input or matches(payload, self.input)


_NOTHING: dict[str, tuple[InUse, ...]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A flow version that may run; its plan is made when something starts it."""

    flow: FlowId
    workspace: WorkspaceId
    name: str
    version: int
    trigger: TriggerUse


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    generation: int
    connections: list[tuple[Connection, bytes]]
    flows: list[PublishedFlow]


class Directory:
    """Look-ups are plain dictionary reads. `compile` makes a plan of a document, `link` a link of a connection and its sealed secrets;
    `unlink` hears of each that was removed.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        compile: Callable[[str], Plan],
        link: Callable[[Connection, bytes], Link],
        unlink: Callable[[ConnectionId], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._compile = compile
        self._link = link
        self._unlink = unlink
        self.generation = -1
        """Rises with every change that was taken over."""
        self._sealed: dict[ConnectionId, tuple[Connection, bytes]] = {}
        self._links: dict[ConnectionId, Link] = {}
        self._by_endpoint: dict[EndpointId, Link] = {}
        self._by_name: dict[tuple[WorkspaceId, str], Link] = {}
        self._plans: OrderedDict[tuple[FlowId, int], Plan] = OrderedDict()
        self._published: dict[FlowId, Entry] = {}
        self._listeners: dict[tuple[ConnectionId, str], tuple[Entry, ...]] = {}
        self._timed: dict[ConnectionId, tuple[Entry, ...]] = {}
        self._uses: dict[tuple[ConnectionId, str], InUse] = {}
        self._awaited: dict[ConnectionId, dict[str, tuple[InUse, ...]]] = {}

    async def refresh(self) -> None:
        """Take over what changed, if anything did."""
        generation = await self._database.read(connection_store.generation)
        if generation == self.generation:
            return
        view = await self._database.read(_read_view)
        self._take_connections(view.connections)
        self._take_flows(view.flows)
        self.generation = view.generation

    def _take_connections(self, found: list[tuple[Connection, bytes]]) -> None:
        for connection, sealed in found:
            if self._sealed.get(connection.id) == (connection, sealed):
                continue
            try:
                self._links[connection.id] = self._link(connection, sealed)
            except TrunklineError as error:
                self._links.pop(connection.id, None)
                log.error("a connection cannot be used", action="directory", connection=connection.name, reason=error.message)
        gone = set(self._sealed)
        self._sealed = {connection.id: (connection, sealed) for connection, sealed in found}
        for id in gone - self._sealed.keys():
            self._unlink(id)
        self._links = {id: link for id, link in self._links.items() if id in self._sealed}
        self._by_endpoint = {link.connection.endpoint: link for link in self._links.values()}
        self._by_name = {(link.connection.workspace, link.connection.name): link for link in self._links.values()}

    def _take_flows(self, found: list[PublishedFlow]) -> None:
        self._published = {flow.id: _entry(flow) for flow in found}
        listeners: dict[tuple[ConnectionId, str], list[Entry]] = {}
        uses: dict[tuple[ConnectionId, str], InUse] = {}
        self._timed = {clock_of(entry.flow): (entry,) for entry in self._published.values() if not entry.trigger.connection}
        for entry in self._published.values():
            if not entry.trigger.connection:
                continue
            link = self._by_name.get((entry.workspace, entry.trigger.connection))
            if link is None:
                log.error("a flow's trigger names no connection", action="directory", flow=entry.name)
                continue
            key = (link.connection.id, entry.trigger.key)
            use = uses.get(key) or _use_of(link, entry)
            if use is not None:
                uses[key] = use
                listeners.setdefault(key, []).append(entry)
        self._uses = uses
        self._listeners = {key: tuple(entries) for key, entries in listeners.items()}
        self._awaited = self._kinds()

    def _kinds(self) -> dict[ConnectionId, dict[str, tuple[InUse, ...]]]:
        """What flows want by webhook: by connection and the vendor's name for what is delivered."""
        awaited: dict[ConnectionId, dict[str, tuple[InUse, ...]]] = {}
        for (connection, name), use in self._uses.items():
            if any(entry.trigger.webhook for entry in self._listeners[connection, name]):
                kinds = awaited.setdefault(connection, {})
                kinds.update({kind: (*kinds.get(kind, ()), use) for kind in use.trigger.kinds})
        return awaited

    async def entry(self, flow: FlowId, version: int, workspace: WorkspaceId) -> Entry:
        """A version, published or not: a resumed run goes on with the version it began with."""
        published = self._published.get(flow)
        if published is not None and published.version == version:
            return published
        stored = await self._version(flow, version)
        facts = PublishedFlow(id=flow, workspace=workspace, name=flow, version=version, trigger=stored.trigger)
        return _entry(facts)

    async def plan(self, entry: Entry) -> Plan:
        """The compiled version."""
        key = (entry.flow, entry.version)
        plan = self._plans.get(key)
        if plan is None:
            stored = await self._version(entry.flow, entry.version)
            plan = self._plans[key] = self._compile(stored.document)
            if len(self._plans) > PLANS:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan

    async def _version(self, flow: FlowId, version: int) -> FlowVersion:
        stored = await self._database.read(lambda tx: flow_store.get_version(tx, flow, version))
        if stored is None:
            raise NotFoundError(f"Version {version} of the flow is gone.", hint="Replay the run with the published version.")
        return stored

    def published(self, flow: FlowId) -> Entry | None:
        """The version of a flow that runs."""
        return self._published.get(flow)

    def listeners(self, connection: ConnectionId, trigger: str) -> tuple[Entry, ...]:
        """The published flows that an event of this name (`InUse.name`) starts. A tick starts its flow, whatever that says by now."""
        return self._listeners.get((connection, trigger)) or self._timed.get(connection, ())

    def timed(self) -> list[Entry]:
        """The published flows that a clock starts."""
        return [entry for entries in self._timed.values() for entry in entries]

    def awaited(self, connection: ConnectionId, kind: str) -> tuple[InUse, ...]:
        """The triggers that some flow wants to hear of when this connection is told of a `kind`."""
        return self._awaited.get(connection, _NOTHING).get(kind, ())

    def kinds(self, connection: ConnectionId) -> frozenset[str]:
        """What flows want this connection's vendor to deliver, by the vendor's names for it."""
        return frozenset(self._awaited.get(connection, _NOTHING))

    def triggers(self) -> list[tuple[Link, InUse, tuple[Entry, ...]]]:
        """Every trigger in use with its connection and the flows it starts."""
        return [(self._links[key[0]], self._uses[key], entries) for key, entries in self._listeners.items()]

    def at_endpoint(self, endpoint: str) -> Link | None:
        """The connection behind a public webhook address."""
        return self._by_endpoint.get(EndpointId(endpoint))

    def addressed(self, link: Link, delivery: Delivery) -> Link:
        """The connection that a delivery to `link` is about: another account at a vendor with one address for all."""
        webhook = link.connector.webhook
        if webhook is None or webhook.addressed is None or len(self._links) < 2:
            return link
        wanted = webhook.addressed(delivery)
        if not wanted or _has(link, wanted):
            return link
        return next((other for other in self.alike(link) if _has(other, wanted)), link)

    def alike(self, link: Link) -> Iterator[Link]:
        """The connections of its workspace to the same vendor, itself among them."""
        connection = link.connection
        others = (other for other in self._links.values() if other.connection.connector == connection.connector)
        return (other for other in others if other.connection.workspace == connection.workspace)

    def named(self, workspace: WorkspaceId, name: str) -> Link:
        """The connection with this name; `ConfigError` when it was removed."""
        link = self._by_name.get((workspace, name))
        if link is None:
            raise ConfigError(f"There is no usable connection named {name!r}.", hint=f"Add it: trunkline connections add … --name {name}")
        return link

    def links(self) -> list[Link]:
        """Every usable connection."""
        return list(self._links.values())

    async def set_state(self, connection: ConnectionId, state: ConnectionState, cause: str) -> None:
        """Change a connection's state, here at once and for everybody."""
        now = self._clock.now()
        await self._database.journal.commit(lambda tx: connection_store.set_state(tx, connection, state=state, cause=cause, since=now))
        log.warning("a connection changed its state", action="connection", connection=connection, state=state, cause=cause)
        await self.refresh()


def _has(link: Link, options: JSONObject) -> bool:
    return all(link.account.options.get(name) == value for name, value in options.items())


def _read_view(tx: Transaction) -> _View:
    """The generation is read first: a change that comes between is seen at the next refresh."""
    return _View(
        generation=connection_store.generation(tx), connections=connection_store.all_connections(tx), flows=flow_store.published_flows(tx)
    )


def _use_of(link: Link, entry: Entry) -> InUse | None:
    """The trigger an entry names; None, and told, when its connector has none of that name (any more)."""
    try:
        connector, trigger = link.registry.split_trigger(entry.trigger.name)
    except NotFoundError:
        connector, trigger = None, None
    if trigger is None or connector is not link.connector:
        log.error("a flow's trigger is not one of its connection", action="directory", flow=entry.name, trigger=entry.trigger.name)
        return None
    return InUse(name=entry.trigger.key, trigger=trigger, input=entry.trigger.input)


def _entry(flow: PublishedFlow) -> Entry:
    return Entry(flow=flow.id, workspace=flow.workspace, name=flow.name, version=flow.version, trigger=TriggerUse.of(flow.trigger))
