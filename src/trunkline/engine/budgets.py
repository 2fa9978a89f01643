"""Every budget of this process: made per connection, restored at the start, kept while they change, told to Prometheus."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import Connector
from trunkline.connect.door import Door
from trunkline.connect.ledger import Kept, merged
from trunkline.connect.turns import LANES
from trunkline.connect.windows import DAY_S
from trunkline.engine import metrics
from trunkline.model.clock import Clock
from trunkline.model.connection import Account, Connection
from trunkline.model.errors import StoreError
from trunkline.model.ids import ConnectionId, digest, fresh
from trunkline.store import budgets as store
from trunkline.store.alerts import Concern
from trunkline.store.budgets import StoredBudget
from trunkline.store.database import Database

log = structlog.get_logger()

EVERY_S: Final = 5.0
"""How often budgets that changed are kept. What is called in between is covered by what was kept ahead."""
AT_ONCE: Final = 64
"""Budgets kept in one unit: a bound for the length of a turn of the loop."""
_AGAIN_S: Final = 1.0
_FORGET_EVERY: Final = 720
_NEARLY: Final = 0.9
_OVER: Final = 0.8

Place = tuple[str, str]
"""Scope and group."""


@dataclass(slots=True, kw_only=True)
class _Opened:
    """One budget in use; `told` is how many refusals Prometheus knows of."""

    place: Place
    budget: Budget
    told: int = 0


class BudgetRoom:
    """Makes and keeps them. Connections of one connector that the vendor counts together share one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._owner = fresh("own")
        self._door = Door(clock)
        self._budgets: dict[str, Budget] = {}
        self._opened: dict[Place, _Opened] = {}
        self._names: dict[str, dict[ConnectionId, str]] = {}
        self._scopes: dict[ConnectionId, str] = {}
        """What each connection's budget is known by, as far as the connection itself tells."""
        self._joined: dict[str, str] = {}
        """Scopes of which it turned out that the vendor counts them as part of another."""
        self._found: dict[Place, list[Kept]] = {}
        self._nearly_spent: set[Place] = set()
        self._asking: dict[Place, Budget] = {}
        self._keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read what other processes have used, before the first connection is linked."""
        self._take(await self._database.read(store.all_budgets))

    def _take(self, rows: list[StoredBudget]) -> None:
        """What is over is left out; of whoever did not end in peace nobody knows when it is."""
        now = self._clock.now()
        self._found = {}
        for row in rows:
            if row.ends_at > now and row.owner != self._owner:
                self._found.setdefault((row.scope, row.group), []).append(Kept.of(row.kept))

    async def alone(self) -> None:
        """Take over from processes that are gone: what they might have called counts as called now, and no longer from each start anew."""
        stored = await self._database.read(store.all_budgets)
        self._take(stored)
        now = self._clock.now()
        self._found = {place: [merged(kept, now=now)] for place, kept in self._found.items()}
        rows = [row for row in stored if row.owner == self._owner]
        rows += [self._row(place, kept[0], owner="") for place, kept in self._found.items()]
        await self._database.journal.commit(lambda tx: store.replace_budgets(tx, rows))

    def of(self, connection: Connection, connector: Connector, account: Account) -> Budget:
        """The budget of a connection; the same one for as long as this process lives."""
        scope = scope_of(connection, connector, account)
        before = self._scopes.get(connection.id, scope)
        if before != scope:
            self._unname(connection.id, before)
        self._scopes[connection.id] = scope
        self._names.setdefault(self._counted(scope), {})[connection.id] = connection.name
        return self._budget(scope, connector)

    def known(self, connection: Connection, connector: Connector, account: Account) -> None:
        """More is known of an account since its tokens were read: from now on its calls count where the vendor counts them."""
        scope, told = self._scopes.get(connection.id), scope_of(connection, connector, account)
        if scope is None or told in (connection.id, self._counted(scope)):
            return
        budget = self._budget(scope, connector)
        for place in [place for place in self._found if place[0] == scope]:
            budget.of(place[1])
        names = self._names.pop(self._counted(scope), {})
        sharing = {id: name for id, name in names.items() if self._scopes[id] == scope}
        if rest := {id: name for id, name in names.items() if id not in sharing}:
            self._names[self._counted(scope)] = rest
        self._names.setdefault(told, {}).update(sharing)
        self._joined[scope] = told
        budget.join(self._budget(told, connector))
        self._keep_last(scope)

    def _keep_last(self, scope: str) -> None:
        """What was taken over is kept before it is forgotten where it was."""
        for place in [place for place in self._asking if place[0] == scope]:
            self._asking[place] = self._asking.pop(place)

    def counted_as(self, connection: Connection, connector: Connector, account: Account) -> str:
        """The scope of the budget of a connection, by all that is known."""
        return self._counted(scope_of(connection, connector, account))

    def forget(self, connection: ConnectionId) -> None:
        """A connection was removed. What is counted for others as well, or for whoever comes with the same key, goes on."""
        scope = self._scopes.pop(connection, None)
        if scope is None:
            return
        self._unname(connection, scope)
        if scope == connection:
            self._budgets.pop(scope, None)
            self._joined.pop(scope, None)
            for place in [place for place in self._opened if place[0] == scope]:
                del self._opened[place]
                self._asking.pop(place, None)

    def _unname(self, connection: ConnectionId, scope: str) -> None:
        self._names.get(self._counted(scope), {}).pop(connection, None)

    def _counted(self, scope: str) -> str:
        return self._joined.get(scope, scope)

    def _budget(self, scope: str, connector: Connector) -> Budget:
        found = self._budgets.get(scope)
        if found is None:
            found = self._budgets[scope] = Budget(connector.limits, self._clock, door=self._door, opened=partial(self._begin, scope))
        return found

    def _begin(self, scope: str, budget: Budget) -> None:
        place = (scope, budget.group)
        self._opened[place] = _Opened(place=place, budget=budget)
        budget.begin(self._found.pop(place, ()), partial(self._ask, place))

    # ── keeping ──

    async def keep(self) -> None:
        """Keep what changed, for ever."""
        metrics.tell_with(self._tell)
        try:
            rounds = 0
            while True:
                await self._clock.sleep(EVERY_S)
                for opened in self._opened.values():
                    if opened.budget.changed:
                        self._ask(opened.place, opened.budget)
                rounds += 1
                if rounds % _FORGET_EVERY == 0:
                    await self._database.journal.commit(lambda tx: store.forget_ended(tx, self._clock.now()))
        finally:
            metrics.tell_without(self._tell)

    def _ask(self, place: Place, budget: Budget) -> None:
        self._asking[place] = budget
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.get_running_loop().create_task(self._keep_asking())

    async def kept(self) -> None:
        """Wait until everything that asked to be kept is."""
        if self._keeping is not None:
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep_asking(self) -> None:
        await asyncio.sleep(0)  # whoever asks in this turn of the loop is kept in one unit
        while self._asking:
            places = list(self._asking)[:AT_ONCE]
            asking = {place: self._asking.pop(place) for place in places}
            try:
                await self._keep_now(asking)
            except StoreError as error:
                log.error("what was used of vendors' limits could not be kept", action="budget", reason=error.message)
                self._asking = {**asking, **self._asking}
                await self._clock.sleep(_AGAIN_S)

    async def _keep_now(self, asking: dict[Place, Budget], *, last: bool = False) -> None:
        kept = {place: budget.kept(last=last) for place, budget in asking.items()}
        rows = [self._row(place, one, owner=self._owner) for place, one in kept.items()]
        await self._database.journal.commit(lambda tx: store.save_budgets(tx, rows))
        for place, one in kept.items():
            asking[place].was_kept(one)

    def _row(self, place: Place, kept: Kept, *, owner: str) -> StoredBudget:
        scope, group = place
        return StoredBudget(scope=scope, group=group, owner=owner, saved_at=kept.at, ends_at=kept.ends_at, kept=kept.as_json())

    async def close(self) -> None:
        """Keep the exact count of what was used; no call may be made any more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        used = {place: opened.budget for place, opened in self._opened.items() if opened.budget.ever_kept}
        for begin in range(0, len(used), AT_ONCE):
            part = dict(list(used.items())[begin : begin + AT_ONCE])
            try:
                await self._keep_now(part, last=True)
            except StoreError as error:
                log.error("what was used of vendors' limits could not be kept", action="budget", reason=error.message)
                return

    # ── who wants to know ──

    async def concerns(self) -> list[Concern]:
        """Limits of a day that are nearly used up; one stays told until a good part of it is free again."""
        found: list[Concern] = []
        for place, opened in self._opened.items():
            shares = [used / window.calls for window, used in opened.budget.used().items() if window.per_s >= DAY_S]
            connections = self._names.get(place[0], {})
            if not shares or not connections or max(shares) < (_OVER if place in self._nearly_spent else _NEARLY):
                self._nearly_spent.discard(place)
                continue
            self._nearly_spent.add(place)
            found.append(_nearly_spent(place, connections))
        return found

    def _tell(self) -> None:
        metrics.forget_budgets()
        for opened in self._opened.values():
            scope, group = opened.place
            for name in self._names.get(scope, {}).values():
                _tell_of(opened.budget, name, group)
                metrics.REFUSED.labels(name, group).inc(opened.budget.refusals - opened.told)
            opened.told = opened.budget.refusals


def _nearly_spent(place: Place, connections: Mapping[ConnectionId, str]) -> Concern:
    scope, group = place
    names = sorted(connections.values())
    kind = f" of kind {group}" if group else ""
    return Concern(
        key=f"budget:{scope}:{group}",
        kind="budget",
        text=f"{' and '.join(names)}: {_NEARLY:.0%} of the calls{kind} that the vendor allows in a day are used.",
        hint=f"What is live goes first, the rest waits for tomorrow. Look: trunkline budgets list {names[0]}",
        connections=tuple(sorted(connections)),
    )


def _tell_of(budget: Budget, name: str, group: str) -> None:
    for window, used in budget.used().items():
        label = f"{window.per_s:g}s"
        metrics.BUDGET_USED.labels(name, group, label).set(used)
        metrics.BUDGET_LEFT.labels(name, group, label).set(max(0, window.calls - used))
    for lane, waiting in zip(LANES, budget.turns.waiting, strict=True):
        metrics.BUDGET_WAITING.labels(name, group, lane).set(waiting)
    metrics.BUDGET_FROZEN.labels(name, group).set(budget.frozen_s())


def scope_of(connection: Connection, connector: Connector, account: Account) -> str:
    """What a budget is known by: the connection, or what the vendor counts by where that may span several."""
    counted = connector.counted_by(account) if connector.counted_by is not None else ""
    return f"{connector.id}:{digest(counted, connection.base_url or '')}" if counted else connection.id
