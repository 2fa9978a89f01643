"""What a vendor granted a connection for a while: live tokens, and the port behind which they are kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Live tokens. `expires_at` is None when they last until revoked; `extra` is what else the vendor told and a call needs.

    Neither its repr nor its str shows a token.
    """

    access_token: str = field(repr=False)
    granted_at: Instant
    expires_at: Instant | None = None
    refresh_token: str = field(default="", repr=False)
    scope: str = ""
    extra: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def secrets(self) -> Iterator[str]:
        """Every text of it that must not be shown."""
        yield self.access_token
        if self.refresh_token:
            yield self.refresh_token
        yield from self.extra.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is stored for a connection. `generation` rises with every change of the tokens; it is 0 before the first.

    `refused` says why the vendor will not renew these tokens, empty while nobody knows of it; `suspended` that it may do so later.
    `claimed_until`: somebody is renewing them.
    """

    generation: int = 0
    grant: Grant | None = None
    refused: str = ""
    suspended: bool = False
    claimed_until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What became of a wish to renew. Not `won`: `held` tells that the tokens are others by now, are refused, or that somebody is at it.

    `interrupted`: whoever tried before never told how it ended, so the vendor may have given new tokens that nobody has.
    """

    won: bool
    held: Held
    interrupted: bool = False


class Grants(Protocol):
    """Where live tokens lie, shared by all processes. Each change names the generation it stands on and fails when that has passed."""

    async def read(self, connection: ConnectionId) -> Held:
        """What is stored; nothing yet is generation 0."""
        ...

    async def claim(self, connection: ConnectionId, *, generation: int, by: str, until: Instant) -> Claim:
        """Take it upon oneself to renew the tokens of `generation`, alone until `until`."""
        ...

    async def store(self, connection: ConnectionId, grant: Grant, *, generation: int) -> Held | None:
        """Put new tokens in place of those of `generation` and end the claim; durable when it returns. None: somebody was faster."""
        ...

    async def release(self, connection: ConnectionId, *, by: str) -> None:
        """End a claim that surely led to nothing."""
        ...

    async def refuse(self, connection: ConnectionId, *, generation: int, reason: str, suspended: bool) -> None:
        """Note that the vendor will not renew the tokens of `generation`, and end the claim."""
        ...

    async def forgive(self, connection: ConnectionId) -> None:
        """Forget a refusal, so that it is tried again."""
        ...
