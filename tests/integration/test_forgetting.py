"""What triggers have seen is kept as long as it may be needed, and no longer."""

from pathlib import Path

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.engine.forgetting import OLD_S, UNUSED_S, Forgetter
from trunkline.model.clock import later
from trunkline.store import seen
from trunkline.store.statement import Transaction

NOTE = "  - {call: acme.things.say, connection: source, input: {name: x}}\n"
DAY_S = 86_400


async def put(hub: Hub, scope: str, record_key: str, *, days_ago: float) -> None:
    stored_at = later(hub.desk.clock.now(), -days_ago * DAY_S)

    def unit(tx: Transaction) -> None:
        spot = seen.look(tx, scope=scope, record_key=record_key)
        seen.see(tx, spot, fingerprint="aa" * 6, occurred_at=None, stored_at=stored_at, remembered=None)

    await hub.desk.database.journal.commit(unit)


async def is_known(hub: Hub, scope: str, *keys: str) -> list[bool]:
    return await hub.desk.database.read(lambda tx: [seen.look(tx, scope=scope, record_key=key).last is not None for key in keys])


async def test_what_nobody_uses_any_more_is_forgotten_in_the_end(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        await hub.flow(NOTE, on="acme.things.changed", poll="off")
        used, unused = f"{hub.source.id}:acme.things.changed", f"{hub.source.id}:acme.things.renamed"
        old, gone, file = f"{hub.source.id}:acme.things.gone", "con_removed:acme.things.changed", f"{hub.source.id}:rows:contact:abc"
        await put(hub, used, "new", days_ago=1)
        await put(hub, used, "old", days_ago=OLD_S / DAY_S + 1)
        await put(hub, unused, "r", days_ago=1)
        await put(hub, old, "r", days_ago=UNUSED_S / DAY_S + 1)
        await put(hub, gone, "r", days_ago=0)
        await put(hub, file, "r", days_ago=1_000)
        forgetter = Forgetter(hub.desk.database, hub.engine.directory, hub.desk.clock)
        assert await forgetter.forget() == 2
        assert await is_known(hub, used, "new", "old") == [True, False]
        assert [await is_known(hub, scope, "r") for scope in (unused, old, gone, file)] == [[True], [False], [False], [True]]


async def test_a_removed_connection_leaves_nothing_behind(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        await hub.flow(NOTE, on="acme.things.changed", poll="off")
        await hub.event("x", thing="r")
        scope = f"{hub.source.id}:acme.things.changed"
        assert await is_known(hub, scope, "r") == [True]
        await flow_admin.unpublish(hub.desk, "flow")
        await flow_admin.remove(hub.desk, "flow")
        await connection_admin.remove(hub.desk, "source")
        await hub.engine.directory.refresh()
        assert await Forgetter(hub.desk.database, hub.engine.directory, hub.desk.clock).forget() == 1
        assert await is_known(hub, scope, "r") == [False]
