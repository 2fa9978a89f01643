"""What counts as news: by webhook, by poll, and by both for one trigger."""

import asyncio

from tests.integration.hubs import Hub
from trunkline.admin import runs as run_admin
from trunkline.model.clock import iso, later
from trunkline.model.json import as_object
from trunkline.store import cursors

NOTE = """
  - id: note
    call: acme.things.key
    connection: source
    input: {name: "saw {{ trigger.thing.id }} as {{ trigger.thing.name }}"}
"""


def saw(hub: Hub) -> list[str]:
    return [name for name in hub.vendor.names() if name.startswith("saw")]


def stamp(hub: Hub, seconds: float = 0) -> str:
    return iso(later(hub.desk.clock.now(), seconds))


def put(hub: Hub, id: str, name: str, *, at: float = 0) -> None:
    """Change a thing at the vendor, silently."""
    hub.vendor.things = [thing for thing in hub.vendor.things if thing["id"] != id]
    hub.vendor.things.append({"id": id, "name": name, "updated_at": stamp(hub, at)})


async def polled(hub: Hub, most: int = 2) -> None:
    """Wait until the list was read so many times more."""
    seen = len(hub.vendor.calls_to("GET /things"))
    deadline = asyncio.get_running_loop().time() + 20
    while len(hub.vendor.calls_to("GET /things")) < seen + most:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_the_same_state_by_another_delivery_is_no_news(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed")
    assert as_object((await hub.event("Ada", thing="x")).json())["events"] == 1
    assert as_object((await hub.event("Ada", thing="x")).json()) == {"ok": True, "events": 0, "dropped": 1}
    assert as_object((await hub.event("Eve", thing="x")).json())["events"] == 1
    assert as_object((await hub.event("Ada", thing="x")).json())["events"] == 1
    await hub.ended(3)
    assert saw(hub) == ["saw x as Ada", "saw x as Eve", "saw x as Ada"]


async def test_a_late_delivery_of_an_older_state_does_not_undo_the_newer(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed")
    await hub.event("new", thing="x", at="2026-11-21T10:00:02Z")
    late = await hub.event("old", thing="x", at="2026-11-21T10:00:01Z")
    assert as_object(late.json()) == {"ok": True, "events": 0, "dropped": 1}
    await hub.ended(1)
    assert saw(hub) == ["saw x as new"]


async def test_a_poll_begins_from_now_and_then_finds_what_changes(hub: Hub) -> None:
    put(hub, "old", "before", at=-3600)
    await hub.flow(NOTE, on="acme.things.changed", poll="10s")
    await polled(hub)
    put(hub, "one", "first")
    await hub.ended(1)
    put(hub, "one", "second")
    put(hub, "two", "first")
    await hub.ended(3)
    await polled(hub)
    assert sorted(saw(hub)) == ["saw one as first", "saw one as second", "saw two as first"]


async def test_a_webhook_and_its_poll_tell_of_a_change_once(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed", poll="10s")
    await polled(hub)
    put(hub, "x", "told by both")
    await hub.event("told by both", thing="x", at=stamp(hub))
    put(hub, "y", "only polled")
    await hub.ended(2)
    await polled(hub, 3)
    assert sorted(saw(hub)) == ["saw x as told by both", "saw y as only polled"]
    sources = {event.record_key: event.source for event in await run_admin.events(hub.desk)}
    assert sources["y"] == "poll"
    (cursor,) = (await hub.desk.database.read(cursors.all_cursors)).values()
    assert cursor.missed >= 1


async def test_a_poll_walks_all_pages(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed", poll="10s")
    await polled(hub)
    for number in range(7):
        put(hub, f"n{number}", "x")
    await hub.ended(7)
    assert len(set(saw(hub))) == 7


async def test_a_poll_that_fails_says_so_and_goes_on_from_where_it_was(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed", poll="10s")
    await polled(hub)
    hub.vendor.next("GET /things", status=422)
    put(hub, "x", "kept")
    await hub.ended(1)
    assert saw(hub) == ["saw x as kept"]
    ((scope, cursor),) = (await hub.desk.database.read(cursors.all_cursors)).items()
    assert scope.endswith(":acme.things.changed")
    assert cursor.cursor is not None


async def test_publishing_again_moves_no_cursor_and_repeats_nothing(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed", poll="10s")
    await polled(hub)
    put(hub, "x", "once")
    await hub.ended(1)
    await hub.flow(NOTE.replace("saw", "saw again"), on="acme.things.changed", poll="10s")
    await polled(hub, 3)
    assert saw(hub) == ["saw x as once"]
    put(hub, "x", "twice")
    await hub.ended(2)
    assert saw(hub) == ["saw x as once", "saw again x as twice"]
