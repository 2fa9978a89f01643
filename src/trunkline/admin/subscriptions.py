"""Deliveries as a person sees them: what vendors were asked to deliver, how that stands, and what was refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog

from trunkline.admin.desk import Desk
from trunkline.admin.sealing import sealed_in
from trunkline.connect.subscriptions import by_hand
from trunkline.engine.refusals import KEPT, STRAY_KEPT
from trunkline.flows.plan import TriggerUse
from trunkline.model.connection import Connection
from trunkline.model.errors import NotFoundError, TrunklineError
from trunkline.model.ids import ConnectionId
from trunkline.store import connections as connection_store
from trunkline.store import flows as flow_store
from trunkline.store import refusals as refusal_store
from trunkline.store import subscriptions as store
from trunkline.store.flows import PublishedFlow
from trunkline.store.refusals import Refusal
from trunkline.store.statement import Transaction
from trunkline.store.subscriptions import Subscription

log = structlog.get_logger()

State = Literal["kept", "failing", "waiting", "no address", "by hand", "not needed"]
"""waiting: the hub has not looked yet, or does not run · no address: vendors cannot reach it · by hand: a person enters the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a connection's subscription stands. `kinds` are what flows want to hear of, in the vendor's words."""

    connection: Connection
    state: State
    kinds: tuple[str, ...]
    stored: Subscription | None


async def listed(desk: Desk, *, public: bool) -> list[Standing]:
    """Every connection whose vendor can deliver, by name. `public`: the hub has an address that vendors reach."""
    stored = await desk.database.read(store.all_subscriptions)
    flows = await desk.database.read(flow_store.published_flows)
    found: list[Standing] = []
    for connection, sealed in await desk.database.read(connection_store.all_connections):
        try:
            link = desk.link(connection, sealed)
        except TrunklineError:  # of a connector that is gone, or sealed with another key: told elsewhere
            continue
        webhook = link.connector.webhook
        if webhook is None:
            continue
        kinds = _kinds(desk, connection, flows)
        kept = webhook.subscriptions is not None and not by_hand(link.account)
        known = stored.get(connection.id)
        found.append(Standing(connection=connection, state=_state(kept, kinds, known, public), kinds=kinds, stored=known))
    return found


def _kinds(desk: Desk, connection: Connection, flows: list[PublishedFlow]) -> tuple[str, ...]:
    uses = [TriggerUse.of(flow.trigger) for flow in flows]
    names = {use.name for use in uses if use.webhook and use.connection == connection.name}
    return tuple(sorted({kind for name in names for kind in _kinds_of(desk, name)}))


def _kinds_of(desk: Desk, trigger: str) -> tuple[str, ...]:
    try:
        return desk.registry.trigger(trigger).kinds
    except NotFoundError:
        return ()


def _state(kept: bool, kinds: tuple[str, ...], known: Subscription | None, public: bool) -> State:
    if known is not None and known.failures:
        return "failing"
    if not kinds:
        return "not needed"
    if not kept:
        return "by hand"
    if not public:
        return "no address"
    return "waiting" if known is None or not known.known else "kept"


async def look_again(desk: Desk, connection: Connection) -> bool:
    """Have the running hub look at it at once; False when it keeps none for this connection."""

    def unit(tx: Transaction) -> bool:
        known = store.look_again(tx, connection.id)
        connection_store.bump_generation(tx)
        return known

    return await desk.database.journal.commit(unit)


async def refused(desk: Desk, *, only: ConnectionId | None, most: int) -> list[Refusal]:
    """Deliveries that were not taken, the newest first; `only` those to one connection's address."""
    found = await desk.database.read(lambda tx: refusal_store.newest_refusals(tx, most=KEPT + STRAY_KEPT))
    return [one for one in found if only is None or one.connection == only][:most]


async def end(desk: Desk, connection: Connection) -> None:
    """Have the vendor stop delivering. If it cannot be asked now, what it still delivers is refused, and it gives up by itself."""
    known = (await desk.database.read(store.all_subscriptions)).get(connection.id)
    sealed = await desk.database.read(lambda tx: connection_store.sealed_of(tx, connection.id))
    if known is None or not known.known or sealed is None:
        return
    try:
        link = desk.link(connection, sealed)
        offered = None if link.connector.webhook is None else link.connector.webhook.subscriptions
        if offered is not None:
            await offered.end(link.caller(key=None, depth=0), known.known)
    except TrunklineError as error:
        log.warning(
            "a vendor could not be asked to stop delivering", action="subscription", connection=connection.name, reason=error.message
        )


async def remember(desk: Desk, id: ConnectionId, secrets: Mapping[str, str], besides: Callable[[Transaction], None]) -> None:
    """Store secrets that the hub made or the vendor told, with whatever else belongs to the same unit; `besides` alone when it is gone.

    A change that a person makes at the same moment is kept: then this is done again on top of it.
    """
    while True:
        found = next(((one, sealed) for one, sealed in await desk.database.read(connection_store.all_connections) if one.id == id), None)
        if found is None:
            await desk.database.journal.commit(besides)
            return
        connection, before = found
        together = {**desk.vault.open(before, row=id), **secrets}

        def unit(tx: Transaction, connection: Connection = connection, before: bytes = before, together: dict[str, str] = together) -> bool:
            if connection_store.sealed_of(tx, id) != before:
                return False
            connection_store.update_connection(tx, connection, sealed=sealed_in(tx, desk.vault, together, row=id))
            besides(tx)
            return True

        if await desk.database.journal.commit(unit):
            return
