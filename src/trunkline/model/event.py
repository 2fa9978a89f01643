"""Events and runs as values, and the states a run and an effect can be in."""

from dataclasses import dataclass
from typing import Literal

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId, EffectKey, EventId, FlowId, RunId, WorkspaceId, effect_key
from trunkline.model.json import JSONObject

Source = Literal["webhook", "poll", "backfill", "schedule", "file", "manual"]

RunState = Literal["running", "parked", "waiting", "done", "filtered", "failed", "unknown", "cancelled"]
"""running: in hand · parked: waits for a time or its connection · waiting: behind an earlier run of its record · done · filtered: ended by
a filter or stop · failed: a dead letter · unknown: a write whose outcome a person must tell · cancelled: ended by a person."""

FINAL: frozenset[RunState] = frozenset({"done", "filtered", "failed", "unknown", "cancelled"})
"""States in which a run holds nobody up."""

EffectState = Literal["intended", "not_done", "done", "refused", "unknown"]
"""intended: recorded, the answer is not · not_done: surely not done, will be tried again · done · refused · unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, unique by (connection, trigger, key): their `identity` is the same however and whenever it arrives.

    `trigger` is the full name; where flows give the trigger an input, `#` and a hash of it follow.
    """

    id: EventId
    identity: str
    workspace: WorkspaceId
    connection: ConnectionId
    trigger: str
    key: str
    record_key: str
    source: Source
    depth: int
    occurred_at: Instant | None
    received_at: Instant
    payload: JSONObject

    @property
    def trigger_name(self) -> str:
        """The trigger's full name alone."""
        return self.trigger.partition("#")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A place in the inbox: the event is to be handled by every flow it starts, or (a repeat) by `flow` alone in this `generation`.

    `again` tells that a run of it may exist already: it was here before the start, or somebody asked for a repeat.
    """

    seq: int
    event: Event
    flow: FlowId | None = None
    generation: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One flow version carried out for one event; `code` and `reason` tell why it did not end well."""

    seq: int
    id: RunId
    workspace: WorkspaceId
    flow: FlowId
    version: int
    event: EventId
    record_key: str
    generation: int
    depth: int
    state: RunState
    code: str
    reason: str
    attempts: int
    received_at: Instant
    started_at: Instant
    finished_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One write to a vendor: intent first, outcome after."""

    run: RunId
    path: str
    operation: str
    connection: ConnectionId
    state: EffectState
    attempts: int
    intended_at: Instant
    finished_at: Instant | None
    code: str
    reason: str

    @property
    def key(self) -> EffectKey:
        """Makes a repeat harmless where the vendor can take a key."""
        return effect_key(self.run, self.path)
