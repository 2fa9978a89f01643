"""The desk: an opened data folder with everything a person's commands need."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trunkline.admin.notices import Notices
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.engine.links import Link
from trunkline.model.clock import Clock
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, WorkspaceId
from trunkline.store.database import Database
from trunkline.vault.box import Vault


@dataclass(slots=True, kw_only=True)
class Desk:
    """One opened hub's data. `link` makes connections callable; their budgets are kept by connection, so a changed one keeps its count."""

    database: Database
    vault: Vault
    registry: Registry
    client: Client
    clock: Clock
    workspace: WorkspaceId = DEFAULT_WORKSPACE
    notices: Notices = field(init=False)
    _budgets: dict[ConnectionId, Budget] = field(default_factory=dict[ConnectionId, Budget])

    def __post_init__(self) -> None:
        self.notices = Notices(self.database, self.clock)

    def link(self, connection: Connection, sealed: bytes) -> Link:
        """A callable connection; `ConfigError` when its secrets do not open, `NotFoundError` when its connector is gone."""
        return self.link_with(connection, self.vault.open(sealed, row=connection.id))

    def link_with(self, connection: Connection, secrets: Mapping[str, str]) -> Link:
        """A callable connection with these secrets."""
        connector = self.registry.connector(connection.connector)
        budget = self._budgets.setdefault(connection.id, Budget(connector.limits, self.clock))
        session = Session(
            connector=connector,
            account=Account(options=connection.options, credential=Credential(secrets)),
            client=self.client,
            budget=budget,
            memory=Memory(self.clock),
            clock=self.clock,
            base_url=connection.base_url,
            notice=self.notices.hear,
        )
        return Link(connection=connection, session=session, registry=self.registry)

    async def close(self) -> None:
        """Close the HTTP client and the database."""
        await self.client.close()
        await self.notices.close()
        self.database.close()
