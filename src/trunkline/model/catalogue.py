"""What can be called and listened to, as the flow checker sees it: the port between flows and connectors."""

from dataclasses import dataclass
from typing import Literal, Protocol

from trunkline.model.schema import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something wrong with a field of an input that its schema cannot say; `offset` counts characters into its text."""

    field: str
    message: str
    hint: str = ""
    offset: int = 0
    level: Literal["error", "warning"] = "error"


class OperationFacts(Protocol):
    """An operation as far as a flow needs it. `id` has no connector prefix."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> Literal["read", "write"]: ...
    @property
    def input(self) -> Schema: ...
    @property
    def output(self) -> Schema: ...


class TriggerFacts(Protocol):
    """A trigger as far as a flow needs it. `input` is None when it asks for nothing; `output` is what expressions see as `trigger`."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def input(self) -> Schema | None: ...
    @property
    def output(self) -> Schema: ...


class Catalogue(Protocol):
    """Everything known by its full name, `connector.operation`: `ghl.contacts.upsert`."""

    def operation(self, name: str) -> OperationFacts:
        """Raise `NotFoundError`, whose hint names the nearest ones."""
        ...

    def trigger(self, name: str) -> TriggerFacts:
        """Raise `NotFoundError`, whose hint names the nearest ones."""
        ...


class KnownConnections(Protocol):
    """The connections of a workspace by name."""

    def connector_of(self, connection: str) -> str | None:
        """The id of the connection's connector; None when there is no such connection."""
        ...

    def names(self) -> tuple[str, ...]: ...
