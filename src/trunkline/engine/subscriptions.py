"""Subscriptions as desired state: each connection's vendor delivers what published flows want to hear of, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog

from trunkline.connect.subscriptions import Kept, Subscriptions, Wish, by_hand
from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.model.clock import SECOND, Clock, Instant, later, sleep_unless
from trunkline.model.connection import Connection, state_after
from trunkline.model.errors import Decision, TrunklineError
from trunkline.model.ids import ConnectionId
from trunkline.store import subscriptions as store
from trunkline.store.database import Database
from trunkline.store.statement import Transaction
from trunkline.store.subscriptions import Subscription

log = structlog.get_logger()

LONGEST_SLEEP_S: Final = 60.0
GRACE_S: Final = 120.0
"""A subscription nobody needs any more is left so long: a flow that is stopped and published again loses nothing."""
_AGAIN_S: Final = 30.0
_AGAIN_MOST_S: Final = 1_800.0

Remember = Callable[[ConnectionId, Mapping[str, str], Callable[[Transaction], None]], Awaitable[None]]
"""Stores secrets with a connection, and carries out what else belongs to the same unit."""


class Subscriber:
    """One loop for all connections. What is there at the vendor is compared with what is wanted, and only a difference is acted on.

    `address` tells where the vendor reaches a connection, None where nobody outside can.
    """

    def __init__(
        self,
        database: Database,
        directory: Directory,
        clock: Clock,
        *,
        address: Callable[[Connection], str | None],
        remember: Remember,
    ) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._address = address
        self._remember = remember
        self._unwanted: dict[ConnectionId, Instant] = {}
        self._looked: set[ConnectionId] = set()
        """Those looked at since the start: after an outage each is looked at once, whatever its time."""
        self._changed = asyncio.Event()

    def refresh(self) -> None:
        """Connections or flows changed: look again."""
        self._changed.set()

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            self._changed.clear()
            due = await self.look()
            sleep_s = LONGEST_SLEEP_S if due is None else min(max((due - self._clock.now()) / SECOND, 0.05), LONGEST_SLEEP_S)
            await sleep_unless(self._changed, self._clock, sleep_s)

    async def look(self) -> Instant | None:
        """Bring every connection's subscription to what is wanted; when the next one has to be looked at."""
        known = await self._database.read(store.all_subscriptions)
        links = [link for link in self._directory.links() if _offered(link) is not None]
        turns = [self._turn(link, known.get(link.connection.id)) for link in links]
        due = [at for at in await asyncio.gather(*turns) if at is not None]
        return min(due, default=None)

    async def _turn(self, link: Link, known: Subscription | None) -> Instant | None:
        """One connection; when it has to be looked at again."""
        offered = _offered(link)
        if offered is None or link.connection.state in ("paused", "suspended"):
            return None
        kinds, address = self._directory.kinds(link.connection.id), self._address(link.connection)
        if by_hand(link.account) or address is None:
            return None
        now = self._clock.now()
        if not kinds:
            return await self._unneeded(link, offered, known, now)
        self._unwanted.pop(link.connection.id, None)
        due = self._due(offered, known, kinds, address, link.connection.id)
        if due > now:
            return due
        return await self._tend(link, offered, known, Wish(address=address, kinds=kinds, known=known.known if known else {}))

    def _due(self, offered: Subscriptions, known: Subscription | None, kinds: frozenset[str], address: str, id: ConnectionId) -> Instant:
        if known is None:
            return Instant(0)
        if known.failures:
            return later(known.looked_at, min(_AGAIN_S * 2 ** (known.failures - 1), _AGAIN_MOST_S))
        if known.kinds != kinds or known.address != address or id not in self._looked:
            return Instant(0)
        look = later(known.looked_at, offered.look_s)
        return look if known.until is None else min(look, max(later(known.until, -offered.early_s), later(known.looked_at, _AGAIN_S)))

    async def _tend(self, link: Link, offered: Subscriptions, known: Subscription | None, wish: Wish) -> Instant | None:
        connection, now = link.connection, self._clock.now()
        try:
            missing = offered.prepare(link.account.credential)
            if missing:
                await self._remember(connection.id, missing, lambda _: None)
                await self._directory.refresh()
                link = self._directory.named(connection.workspace, connection.name)
            if known is not None and known.known and known.address != wish.address:
                await offered.end(link.caller(key=None, depth=0), known.known)
                wish = replace(wish, known={})
            kept = await offered.keep(link.caller(key=None, depth=0), wish)
        except TrunklineError as error:
            return await self._failed(link, known, wish, error)
        done = _done(known, wish, kept, connection.id, now)
        if kept.secrets:
            await self._remember(connection.id, kept.secrets, lambda tx: store.save_subscription(tx, done))
            await self._directory.refresh()
        else:
            await self._database.journal.commit(lambda tx: store.save_subscription(tx, done))
        self._looked.add(connection.id)
        if kept.did != "nothing":
            log.info("a vendor delivers what flows want to hear of", action="subscription", connection=connection.name, did=kept.did)
        return self._due(offered, done, wish.kinds, wish.address, connection.id)

    async def _failed(self, link: Link, known: Subscription | None, wish: Wish, error: TrunklineError) -> Instant | None:
        """Polls go on, so nothing is lost by it; it is tried again, less and less often."""
        connection, now = link.connection, self._clock.now()
        log.warning("a vendor could not be asked to deliver", action="subscription", connection=connection.name, reason=error.message)
        before = known or _nothing(connection.id, wish)
        problem = f"{error.message} {error.hint}".strip()
        failed = replace(before, looked_at=now, failures=before.failures + 1, problem=problem)
        await self._database.journal.commit(lambda tx: store.save_subscription(tx, failed))
        if error.decision is Decision.PAUSE_CONNECTION and connection.state == "ok":
            await self._directory.set_state(connection.id, state_after(error), error.message)
        return later(now, _AGAIN_S)

    async def _unneeded(self, link: Link, offered: Subscriptions, known: Subscription | None, now: Instant) -> Instant | None:
        """Take away what no flow needs, after a while in which one may be published again."""
        id = link.connection.id
        if known is None:
            return None
        due = later(self._unwanted.setdefault(id, now), GRACE_S)
        if known.failures:
            due = max(due, self._due(offered, known, known.kinds, known.address, id))
        if due > now:
            return due
        try:
            if known.known:
                await offered.end(link.caller(key=None, depth=0), known.known)
        except TrunklineError as error:
            return await self._failed(link, known, Wish(address=known.address, kinds=known.kinds, known=known.known), error)
        await self._database.journal.commit(lambda tx: store.remove_subscription(tx, id))
        del self._unwanted[id]
        log.info("a vendor no longer delivers: no flow needs it", action="subscription", connection=link.connection.name)
        return None


def _offered(link: Link) -> Subscriptions | None:
    return None if link.connector.webhook is None else link.connector.webhook.subscriptions


def _nothing(connection: ConnectionId, wish: Wish) -> Subscription:
    return Subscription(
        connection=connection,
        address=wish.address,
        kinds=wish.kinds,
        known={},
        until=None,
        made_at=None,
        looked_at=Instant(0),
        repaired=0,
        failures=0,
        problem="",
    )


def _done(known: Subscription | None, wish: Wish, kept: Kept, connection: ConnectionId, now: Instant) -> Subscription:
    before = known or _nothing(connection, wish)
    return Subscription(
        connection=connection,
        address=wish.address,
        kinds=wish.kinds,
        known=kept.known,
        until=kept.until,
        made_at=before.made_at if kept.did == "nothing" and before.made_at is not None else now,
        looked_at=now,
        repaired=before.repaired + (kept.did == "repaired"),
        failures=0,
        problem="",
    )
