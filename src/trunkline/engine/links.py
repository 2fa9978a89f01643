"""A link: a connection with everything needed to act on it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from trunkline.connect.declaration import Caller, Connector, Operation, Poll, Repeat, repeat_of
from trunkline.connect.pages import pages
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.turns import Errand, Lane
from trunkline.connect.watching import first_page
from trunkline.model.clock import Instant
from trunkline.model.connection import Account, Connection
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection and its session; made anew when the connection changes, while the session's budget lives on."""

    connection: Connection
    session: Session
    registry: Registry
    _polling: dict[tuple[Lane, str], Session] = field(default_factory=dict[tuple[Lane, str], Session], repr=False, compare=False)
    """The session for each poll's errands, made once."""

    @property
    def connector(self) -> Connector:
        return self.session.connector

    @property
    def account(self) -> Account:
        return self.session.account

    def operation(self, name: str) -> Operation:
        """The operation by full name; `NotFoundError` when nobody has it, `ConfigError` when it belongs to another connector."""
        connector, operation = self.registry.split(name)
        if connector.id != self.connection.connector:
            raise ConfigError(
                f"{name} cannot be called on {self.connection.name!r}, a connection of {self.connector.name}.",
                hint=f"Use a connection of {connector.name}.",
            )
        return operation

    def repeat(self, operation: Operation) -> Repeat:
        """What a repeat of this write does on this account."""
        return repeat_of(operation, self.account)

    def caller(self, *, key: str | None, depth: int, errand: Errand | None = None) -> Caller:
        """The session under one idempotency key."""
        return self.session.keyed(key, depth=depth, errand=errand)

    async def call(
        self, operation: Operation, input: JSONObject, *, key: str | None = None, depth: int = 0, errand: Errand | None = None
    ) -> JSON:
        """Carry an operation out; raises what `Session.call` raises."""
        return await self.session.keyed(key, depth=depth, errand=errand).call(operation, input)

    def pages(self, poll: Poll, *, since: str | None, input: JSONObject, now: Instant, lane: Lane = "sync") -> AsyncGenerator[list[JSON]]:
        """The pages of a poll's list, for a trigger with this input."""
        first = first_page(poll, since=since, account=self.account, input=input, now=now)
        key = lane, poll.read.id
        session = self._polling.get(key)
        if session is None:
            session = self._polling[key] = self.session.keyed(None, errand=Errand(lane=lane, flow=f"poll {poll.read.id}"))
        return pages(session, poll.read, first, items=poll.items)
