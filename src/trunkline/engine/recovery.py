"""Suspended connections are tried again by themselves: the vendor said later, so nobody has to do anything."""

import asyncio
from typing import Final

import structlog

from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.model.clock import Clock, Instant, later, sleep_unless
from trunkline.model.connection import Connection, ConnectionState
from trunkline.model.errors import ReconnectError, SuspendedError, TrunklineError
from trunkline.model.ids import ConnectionId
from trunkline.store import connections as connection_store
from trunkline.store import runs as run_store
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

log = structlog.get_logger()

LOOK_S: Final = 60.0
AGAIN_S: Final = 900.0
"""How long a suspended connection is left alone between two tries."""


class Recovery:
    """Makes the connector's harmless read on each suspended connection, every quarter of an hour or when it is said to work."""

    def __init__(self, database: Database, directory: Directory, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._tried: dict[ConnectionId, Instant] = {}
        self._soon: set[ConnectionId] = set()
        self._asked = asyncio.Event()

    def soon(self, connection: ConnectionId) -> None:
        """Try this one at once; it must be suspended by now."""
        self._soon.add(connection)
        self._asked.set()

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await sleep_unless(self._asked, self._clock, LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Try the suspended connections whose time has come."""
        self._asked.clear()
        before, soon = later(self._clock.now(), -AGAIN_S), self._soon
        self._soon = set()
        for link in self._directory.links():
            connection = link.connection
            due = max(connection.since, self._tried.get(connection.id, connection.since)) <= before
            if connection.state == "suspended" and (due or connection.id in soon):
                self._tried[connection.id] = self._clock.now()
                await self._try(link)

    async def _try(self, link: Link) -> None:
        connection = link.connection
        try:
            await _prove(link)
        except SuspendedError:
            return
        except ReconnectError as error:
            await self._move(connection, "paused", error.message)
            return
        except TrunklineError as error:
            log.info("a suspended connection cannot be tried now", action="recovery", connection=connection.name, reason=error.message)
            return
        await self._move(connection, "ok", "")

    async def _move(self, connection: Connection, state: ConnectionState, cause: str) -> None:
        """Change its state, unless somebody else did while it was tried. What waited for one that works goes on."""
        now = self._clock.now()

        def unit(tx: Transaction) -> bool:
            if not connection_store.is_still(tx, connection):
                return False
            connection_store.set_state(tx, connection.id, state=state, cause=cause, since=now)
            if state == "ok":
                run_store.wake_runs_of(tx, connection.id, now=now)
            return True

        if await self._database.journal.commit(unit):
            log.info("a suspended connection was tried", action="recovery", connection=connection.name, state=state, cause=cause)
        await self._directory.refresh()


async def _prove(link: Link) -> None:
    """The harmless read with tokens that are good; where there is no such read, with new ones."""
    tokens, check = link.session.tokens, link.connector.check
    if tokens is not None:
        await tokens.forgive()
        live = await tokens.live()
        if check is None:
            await tokens.renewed(live)
    if check is not None:
        await link.call(check, {})
