"""The tokens of connections that signed in: one object per connection, shared by all who call with it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from trunkline.admin.grants import SealedGrants
from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Connector
from trunkline.connect.sign_in import sign_in_of
from trunkline.connect.tokens import Tokens
from trunkline.model.clock import Clock
from trunkline.model.connection import Account, Connection
from trunkline.model.ids import ConnectionId


class TokenRoom:
    """Makes and keeps them. `named` finds the tokens of another connection, for those that are minted with them; `learnt` hears what else
    vendors tell of an account with its tokens.
    """

    def __init__(
        self,
        grants: SealedGrants,
        client: Client,
        clock: Clock,
        *,
        named: Callable[[str], Awaitable[Tokens]],
        learnt: Callable[[Connection, Connector, Account], None],
    ) -> None:
        self.grants = grants
        self._client = client
        self._clock = clock
        self._named = named
        self._learnt = learnt
        self._kept: dict[ConnectionId, Tokens] = {}
        self._paused: set[ConnectionId] = set()

    def of(self, connection: Connection, connector: Connector, account: Account, budget: Budget) -> Tokens | None:
        """The tokens of a connection, made anew when its secrets or options changed; None for one that does not sign in."""
        oauth = sign_in_of(connector, account)
        if oauth is None:
            return None
        kept = self._kept.get(connection.id)
        if kept is not None and kept.asker.account == account and kept.asker.base_url == connection.base_url:
            self._believe(connection, kept)
            return kept
        asker = Asker(
            connector=connector,
            oauth=oauth,
            account=account,
            client=self._client,
            clock=self._clock,
            budget=budget,
            base_url=connection.base_url,
            others=self._named,
        )
        learnt = partial(self._learnt, connection, connector)
        made = Tokens(connection=connection.id, asker=asker, grants=self.grants, clock=self._clock, learnt=learnt)
        self._kept[connection.id] = made
        return made

    def _believe(self, connection: Connection, tokens: Tokens) -> None:
        """Somebody, perhaps in another process, found that a paused connection works: forget here, too, that it did not."""
        if connection.state != "ok":
            self._paused.add(connection.id)
        elif connection.id in self._paused:
            self._paused.remove(connection.id)
            tokens.hope()

    async def settled(self) -> None:
        """Wait until nobody renews any more."""
        await asyncio.gather(*(tokens.settled() for tokens in self._kept.values()))
