"""Requests, responses and inbound deliveries as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trunkline.model.clock import Instant
from trunkline.model.json import JSON, loads

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What will be sent. `url` is a path below the connection's base URL (`/contacts/`) or an absolute URL; the auth is not in it.

    All but the method may hold a secret, an incoming webhook's in its path, so a repr shows none of it.
    """

    method: str
    url: str = field(repr=False)
    query: Pairs = field(default=(), repr=False)
    headers: Pairs = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back; header names are lower case, the body is whole and decompressed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> JSON:
        """The parsed body, None when it is empty; `ValueError` when it is not JSON."""
        return loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a sender is answered; the body's length is told without saying."""

    status: int = 200
    headers: Pairs = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An inbound webhook as received: lower-case header names, the raw body bytes, the query."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    received_at: Instant
