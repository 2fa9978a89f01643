"""Names of things: typed ids, how fresh ones are made and how derived ones are found again."""

import secrets
import time
from base64 import b32encode
from hashlib import blake2b
from typing import NewType
from zlib import crc32

WorkspaceId = NewType("WorkspaceId", str)
ConnectionId = NewType("ConnectionId", str)
EndpointId = NewType("EndpointId", str)
EventId = NewType("EventId", str)
FlowId = NewType("FlowId", str)
RunId = NewType("RunId", str)
EffectKey = NewType("EffectKey", str)

DEFAULT_WORKSPACE = WorkspaceId("default")


def _text(raw: bytes) -> str:
    return b32encode(raw).decode("ascii").rstrip("=").lower()


def fresh(prefix: str) -> str:
    """A new id such as `evt_…`: 48 bits of milliseconds, then 72 random bits, so ids sort by birth and cannot be guessed."""
    return f"{prefix}_{_text((time.time_ns() // 1_000_000).to_bytes(6, 'big') + secrets.token_bytes(9))}"


def endpoint_id() -> EndpointId:
    """An unguessable public address for inbound webhooks (160 random bits)."""
    return EndpointId(_text(secrets.token_bytes(20)))


def digest(*parts: str | bytes, size: int = 15) -> str:
    """A short stable hash of `parts`; each part is length-prefixed, so ("a", "bc") and ("ab", "c") differ."""
    state = blake2b(digest_size=size)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


def event_id(received_at: int, identity: str) -> EventId:
    """An id that sorts by arrival (13 hexadecimal digits of microseconds), so that what is stored together lies together."""
    return EventId(f"evt_{received_at:013x}{identity[:8]}")


def run_id(event: EventId, flow: FlowId, generation: int) -> RunId:
    """The id of the run that `flow` makes of `event`; taken up again it derives the same one. A deliberate repeat raises `generation`."""
    return RunId(f"run_{event.removeprefix('evt_')}{digest(flow, str(generation), size=5)}")


def effect_key(run: RunId, path: str) -> EffectKey:
    """The idempotency key of the write at `path` (step and loop item) of `run`; the same for every attempt."""
    return EffectKey(f"eff_{digest(run, path)}")


_CLOCK = "clock:"


def clock_of(flow: FlowId) -> ConnectionId:
    """Where the ticks that start a flow come from, in the place of a connection: its own clock."""
    return ConnectionId(f"{_CLOCK}{flow}")


def is_clock(connection: ConnectionId) -> bool:
    """Whether events from there are ticks."""
    return connection.startswith(_CLOCK)


PARTITIONS = 256


def partition_of(workspace: WorkspaceId) -> int:
    """The partition a workspace lives in; the same on every machine and in every version."""
    return crc32(workspace.encode()) % PARTITIONS
