"""A connection: one authorised account at one vendor, and the secrets that stay masked wherever they are printed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from trunkline.model.clock import Instant
from trunkline.model.errors import SuspendedError, TrunklineError
from trunkline.model.ids import ConnectionId, EndpointId, WorkspaceId
from trunkline.model.json import JSONObject

ConnectionState = Literal["ok", "degraded", "paused", "suspended"]


def state_after(error: TrunklineError) -> ConnectionState:
    """What becomes of a connection whose credential was refused: suspended when the vendor takes it again later by itself."""
    return "suspended" if isinstance(error, SuspendedError) else "paused"


class Credential(Mapping[str, str]):
    """The opened secrets of a connection by name (`token`); neither its repr nor its str shows a value."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._secrets = dict(secrets or {})

    def __getitem__(self, name: str) -> str:
        return self._secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"Credential({', '.join(f'{name}=•••' for name in self._secrets)})"

    __str__ = __repr__


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What the hub knows of an account. `options` are plain (location id, public keys); the secrets lie in the vault."""

    id: ConnectionId
    workspace: WorkspaceId
    name: str
    connector: str
    base_url: str | None
    options: JSONObject
    endpoint: EndpointId
    state: ConnectionState
    cause: str
    since: Instant
    created_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connection with its opened secrets: what pure functions of a connector may look at."""

    options: JSONObject
    credential: Credential
