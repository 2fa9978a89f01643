"""Triggers: how each is heard, how often it is polled, what only its poll found, and what it holds back."""

from dataclasses import dataclass
from typing import Literal

from trunkline.admin.desk import Desk
from trunkline.connect.declaration import Trigger
from trunkline.engine.intake import scope_of
from trunkline.engine.pace import Pace, pace_of
from trunkline.flows.plan import TriggerUse
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.ids import FlowId
from trunkline.store import backfills as backfill_store
from trunkline.store import connections as connection_store
from trunkline.store import cursors as store
from trunkline.store import flows as flow_store
from trunkline.store.backfills import Backfill
from trunkline.store.cursors import Cursor, Wish
from trunkline.store.flows import PublishedFlow
from trunkline.store.statement import Transaction

State = Literal["ok", "new", "failing", "held", "paused", "unknown"]
"""ok · new: not polled yet · failing: the last pass did not end well · held: more vanished at once than is likely · paused: its connection
is · unknown: its connector has no such trigger (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A trigger that published flows use; uses with different inputs are different triggers. `pace` is None for one that is not polled."""

    scope: str
    use: TriggerUse
    connection: Connection
    trigger: Trigger | None
    flows: tuple[str, ...]
    ways: tuple[str, ...]
    pace: Pace | None
    cursor: Cursor | None
    backfills: tuple[Backfill, ...]
    flow_names: dict[FlowId, str]

    @property
    def state(self) -> State:
        if self.trigger is None:
            return "unknown"
        if self.connection.state in ("paused", "suspended"):
            return "paused"
        if self.pace is None:
            return "ok"
        if self.cursor is None:
            return "new"
        return "held" if self.cursor.held else "failing" if self.cursor.problem else "ok"

    @property
    def problem(self) -> str:
        if self.connection.state in ("paused", "suspended"):
            return self.connection.cause
        return "" if self.cursor is None else self.cursor.problem

    @property
    def missed(self) -> int:
        """What no webhook had told when a poll found it."""
        return 0 if self.cursor is None else self.cursor.missed + (self.cursor.unread if len(self.ways) > 1 else 0)

    @property
    def recovered(self) -> int:
        """What of it was told then; the rest could not be read yet."""
        return 0 if self.cursor is None else self.cursor.missed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    flows: list[PublishedFlow]
    connections: dict[str, Connection]
    cursors: dict[str, Cursor]
    backfills: list[Backfill]


def _stored(tx: Transaction) -> _Stored:
    return _Stored(
        flows=flow_store.published_flows(tx),
        connections={connection.name: connection for connection, _ in connection_store.all_connections(tx)},
        cursors=store.all_cursors(tx),
        backfills=backfill_store.all_backfills(tx),
    )


async def everything(desk: Desk) -> list[Watched]:
    """Every trigger in use, by connection and name; those of a clock are none of these."""
    found = await desk.database.read(_stored)
    uses: dict[str, list[tuple[PublishedFlow, TriggerUse]]] = {}
    for flow in found.flows:
        use = TriggerUse.of(flow.trigger)
        if use.connection in found.connections:
            uses.setdefault(scope_of(found.connections[use.connection].id, use.key), []).append((flow, use))
    watched = [_watched(desk, scope, flows, found) for scope, flows in uses.items()]
    return sorted(watched, key=lambda one: (one.connection.name, one.use.name, one.scope))


def _watched(desk: Desk, scope: str, flows: list[tuple[PublishedFlow, TriggerUse]], found: _Stored) -> Watched:
    use = flows[0][1]
    try:
        trigger = desk.registry.trigger(use.name)
    except NotFoundError:
        trigger = None
    poll = None if trigger is None else trigger.poll
    pace = None if poll is None else pace_of((one for _, one in flows), poll.every_s)
    webhook = trigger is not None and bool(trigger.kinds) and any(one.webhook for _, one in flows)
    ways = tuple(way for way, is_used in (("webhook", webhook), ("poll", pace is not None)) if is_used)
    return Watched(
        scope=scope,
        use=use,
        connection=found.connections[use.connection],
        trigger=trigger,
        flows=tuple(flow.name for flow, _ in flows),
        ways=ways,
        pace=pace,
        cursor=found.cursors.get(scope),
        backfills=tuple(one for one in found.backfills if one.scope == scope),
        flow_names={flow.id: flow.name for flow, _ in flows},
    )


async def of_flow(desk: Desk, flow: str) -> Watched:
    """The trigger that starts a flow; `NotFoundError` when it is not published, or started by a clock."""
    found = next((one for one in await everything(desk) if flow in one.flows), None)
    if found is None:
        raise NotFoundError(f"No published flow {flow!r} listens to a connection.", hint="See them: trunkline triggers list")
    return found


async def poll(desk: Desk, flow: str) -> Watched:
    """Let a running hub poll the flow's trigger now."""
    return await _wished(desk, flow, "poll")


async def release(desk: Desk, flow: str) -> Watched:
    """Confirm that what a list misses is gone: the next pass tells it. `ConfigError` when nothing is held back."""
    found = await of_flow(desk, flow)
    if found.cursor is None or not found.cursor.held:
        raise ConfigError(f"The trigger of {flow!r} holds nothing back.", hint=f"See: trunkline triggers show {flow}")
    return await _wished(desk, flow, "release")


async def _wished(desk: Desk, flow: str, wish: Wish) -> Watched:
    found = await of_flow(desk, flow)
    if found.pace is None:
        raise ConfigError(f"The trigger of {flow!r} is not polled.", hint="It hears by webhook alone.")

    def unit(tx: Transaction) -> None:
        store.wish(tx, found.scope, wish)
        connection_store.bump_generation(tx)

    await desk.database.journal.commit(unit)
    return found
