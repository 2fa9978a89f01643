"""Suspended connections are tried again by themselves: the vendor said later, so nobody has to do anything."""

from typing import Final

import structlog

from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.model.clock import Clock, Instant, later
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
    """Makes the connector's harmless read on each suspended connection, every quarter of an hour."""

    def __init__(self, database: Database, directory: Directory, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._tried: dict[ConnectionId, Instant] = {}

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await self._clock.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Try the suspended connections whose time has come."""
        before = later(self._clock.now(), -AGAIN_S)
        for link in self._directory.links():
            connection = link.connection
            if connection.state == "suspended" and max(connection.since, self._tried.get(connection.id, connection.since)) <= before:
                self._tried[connection.id] = self._clock.now()
                await self._try(link)

    async def _try(self, link: Link) -> None:
        connection = link.connection
        try:
            if link.session.tokens is not None:
                await link.session.tokens.forgive()
                await link.session.tokens.live()
            if link.connector.check is not None:
                await link.call(link.connector.check, {})
        except SuspendedError:
            return
        except ReconnectError as error:
            await self._directory.set_state(connection.id, "paused", error.message)
            return
        except TrunklineError as error:
            log.info("a suspended connection cannot be tried now", action="recovery", connection=connection.name, reason=error.message)
            return
        now = self._clock.now()

        def works(tx: Transaction) -> None:
            connection_store.set_state(tx, connection.id, state="ok", cause="", since=now)
            run_store.wake_runs_of(tx, connection.id, now=now)

        await self._database.journal.commit(works)
        log.info("a suspended connection works again", action="recovery", connection=connection.name)
        await self._directory.refresh()
