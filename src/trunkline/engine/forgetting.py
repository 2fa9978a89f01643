"""Forgetting: what triggers have seen goes when nobody uses them any more, or when it is so old that it cannot come again."""

from typing import Final

import structlog

from trunkline.connect.declaration import Trigger
from trunkline.engine.directory import Directory
from trunkline.engine.intake import scope_of
from trunkline.engine.passes import DAY_S
from trunkline.model.clock import Clock, Instant, later
from trunkline.store import connections as connection_store
from trunkline.store import cursors as store
from trunkline.store import seen
from trunkline.store.database import Database
from trunkline.store.statement import Transaction

log = structlog.get_logger()

UNUSED_S: Final = 90 * DAY_S
"""How long a trigger that no published flow uses keeps its place: a flow may be stopped for a while."""
OLD_S: Final = 400 * DAY_S
"""How long the state of a record is kept that did not change. Lists that are read whole forget by what they show instead."""
_PIECE: Final = 100
"""Leaves in one read or write."""


class Forgetter:
    """Runs a pass every day."""

    def __init__(self, database: Database, directory: Directory, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock

    async def keep(self) -> None:
        """Forget for ever."""
        while True:
            await self.forget()
            await self._clock.sleep(DAY_S)

    async def forget(self) -> int:
        """One pass; how many triggers were forgotten altogether."""
        now = self._clock.now()
        used = {scope_of(link.connection.id, use.name): use.trigger for link, use, _ in self._directory.triggers()}
        known = {connection.id for connection, _ in await self._database.read(connection_store.all_connections)}
        gone = 0
        for scope in await self._scopes():
            if scope in used:
                if _may_age(used[scope]):
                    await self._drop_old(scope, later(now, -OLD_S))
            elif scope.partition(":")[0] not in known or await self._is_unused(scope, later(now, -UNUSED_S)):
                await self._database.journal.commit(lambda tx, scope=scope: store.forget_scope(tx, scope), long=True)
                gone += 1
        if gone:
            log.info("triggers that nobody uses were forgotten", action="retention", triggers=gone)
        return gone

    async def _scopes(self) -> list[str]:
        """Every trigger that has a cursor or has seen something; places in files are none."""
        found, after = set(await self._database.read(store.all_cursors)), ""
        while (scope := await self._database.read(lambda tx, after=after: seen.next_scope(tx, after))) is not None:
            found.add(scope)
            after = scope
        return sorted(scope for scope in found if not scope.partition(":")[2].startswith("rows:"))

    async def _is_unused(self, scope: str, before: Instant) -> bool:
        cursor = await self._database.read(lambda tx: store.get_cursor(tx, scope))
        if cursor is not None and cursor.polled_at >= before:
            return False
        after = -1
        while leaves := await self._database.read(lambda tx, after=after: seen.leaves(tx, scope, after=after, most=_PIECE)):
            if any(leaf.stored_at(at) >= before for _, leaf in leaves for at in range(len(leaf))):
                return False
            after = leaves[-1][0]
        return True

    async def _drop_old(self, scope: str, before: Instant) -> None:
        after: int | None = -1
        while after is not None:
            after = await self._database.journal.commit(lambda tx, after=after: _drop(tx, scope, before, after), long=True)


def _may_age(trigger: Trigger) -> bool:
    """Whether a record that is forgotten comes to no harm: it does not come again unchanged, and is compared with nothing."""
    whole = trigger.poll is not None and trigger.poll.walk == "whole"
    return not whole and trigger.compare is None and trigger.fold is None


def _drop(tx: Transaction, scope: str, before: Instant, after: int) -> int | None:
    """Take old records out of the next leaves; where to go on, None at the end."""
    leaves = seen.leaves(tx, scope, after=after, most=_PIECE)
    for low, leaf in leaves:
        old = [at for at in range(len(leaf)) if leaf.stored_at(at) < before]
        if old:
            leaf.without(old)
            seen.save(tx, scope, low, leaf)
    return leaves[-1][0] if leaves else None
