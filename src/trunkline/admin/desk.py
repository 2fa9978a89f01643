"""The desk: an opened data folder with everything a person's commands need."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trunkline.admin.grants import SealedGrants
from trunkline.admin.notices import Notices
from trunkline.admin.tokens import TokenRoom
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.tokens import Tokens
from trunkline.engine.budgets import BudgetRoom
from trunkline.engine.links import Link
from trunkline.model.clock import Clock
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.errors import ConfigError
from trunkline.model.ids import DEFAULT_WORKSPACE, WorkspaceId
from trunkline.store.connections import all_connections
from trunkline.store.database import Database
from trunkline.vault.box import Vault
from trunkline.vault.keys import MasterKeys


@dataclass(slots=True, kw_only=True)
class Desk:
    """One opened hub's data. `link` makes connections callable; their budgets are kept by connection, so a changed one keeps its count."""

    database: Database
    vault: Vault
    registry: Registry
    client: Client
    clock: Clock
    keys: MasterKeys | None = None
    """Where the vault's keys are from, for whoever rotates them."""
    workspace: WorkspaceId = DEFAULT_WORKSPACE
    notices: Notices = field(init=False)
    tokens: TokenRoom = field(init=False)
    budgets: BudgetRoom = field(init=False)

    def __post_init__(self) -> None:
        self.notices = Notices(self.database, self.clock)
        self.budgets = BudgetRoom(self.database, self.clock)
        grants = SealedGrants(self.database, self.vault, self.clock)
        self.tokens = TokenRoom(grants, self.client, self.clock, named=self._tokens_named, learnt=self.budgets.known)

    def link(self, connection: Connection, sealed: bytes) -> Link:
        """A callable connection; `ConfigError` when its secrets do not open, `NotFoundError` when its connector is gone."""
        return self.link_with(connection, self.vault.open(sealed, row=connection.id))

    def link_with(self, connection: Connection, secrets: Mapping[str, str]) -> Link:
        """A callable connection with these secrets."""
        connector = self.registry.connector(connection.connector)
        account = Account(options=connection.options, credential=Credential(secrets))
        budget = self.budgets.of(connection, connector, account)
        session = Session(
            connector=connector,
            account=account,
            client=self.client,
            budget=budget,
            memory=Memory(self.clock),
            clock=self.clock,
            base_url=connection.base_url,
            tokens=self.tokens.of(connection, connector, account, budget),
            notice=self.notices.hear,
            location=connection.id,
        )
        return Link(connection=connection, session=session, registry=self.registry)

    async def _tokens_named(self, name: str) -> Tokens:
        """The tokens of another connection of this workspace; `ConfigError` when it has none."""
        for connection, sealed in await self.database.read(all_connections):
            if connection.name == name and connection.workspace == self.workspace:
                tokens = self.link(connection, sealed).session.tokens
                if tokens is not None:
                    return tokens
                raise ConfigError(f"The connection {name!r} did not sign in with OAuth 2.0, so it can make no tokens for others.")
        raise ConfigError(f"There is no connection named {name!r} to make tokens with.", hint="Add it, or name another one.")

    async def close(self) -> None:
        """Let renewals of tokens end, then close the HTTP client and the database."""
        await self.tokens.settled()
        await self.client.close()
        await self.notices.close()
        await self.budgets.close()
        self.database.close()
