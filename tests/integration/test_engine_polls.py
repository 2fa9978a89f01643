"""Polling at work: what is gone, what is of the past, what a person sees of it and may ask for."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import runs as run_admin
from trunkline.admin import triggers as trigger_admin
from trunkline.admin.triggers import Watched
from trunkline.model.clock import iso, later
from trunkline.model.json import as_object
from trunkline.store import backfills

WAIT_S = 20.0


def note(word: str) -> str:
    return f"""
  - id: note
    call: acme.things.say
    connection: source
    input: {{name: "{word} {{{{ trigger.thing.id }}}} {{{{ trigger.thing.name }}}}"}}
"""


def told(hub: Hub, word: str) -> list[str]:
    return [name.removeprefix(f"{word} ") for name in hub.vendor.said if name.startswith(f"{word} ")]


def put(hub: Hub, *ids: str, at: float = 0) -> None:
    """Let things be there, changed so many seconds from now."""
    stamp = iso(later(hub.desk.clock.now(), at))
    hub.vendor.things = [thing for thing in hub.vendor.things if thing["id"] not in ids]
    for id in ids:
        hub.vendor.things.append({"id": id, "name": f"name of {id}", "updated_at": stamp})


def take(hub: Hub, *ids: str) -> None:
    hub.vendor.things = [thing for thing in hub.vendor.things if thing["id"] not in ids]


async def until(reached: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while not reached():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def passes(hub: Hub, more: int) -> None:
    """Wait for so many whole passes: each begins with the first page."""

    def firsts() -> int:
        return sum("page" not in call.query for call in hub.vendor.calls_to("GET /things"))

    enough = firsts() + more + 1
    await until(lambda: firsts() >= enough)


async def watched(hub: Hub, reached: Callable[[Watched], bool]) -> Watched:
    """The one trigger there is, once it is as wanted."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while True:
        found = await trigger_admin.everything(hub.desk)
        if found and reached(found[0]):
            return found[0]
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.05)


# ── what is gone ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_list_shows_no_more_is_told_once_with_what_was_kept_of_it(hub: Hub) -> None:
    put(hub, *"abcdefg")
    await hub.flow(note("gone"), on="acme.things.gone", poll="10s")
    await passes(hub, 2)
    take(hub, "c", "d")
    await hub.ended(2)
    await passes(hub, 3)
    assert sorted(told(hub, "gone")) == ["c name of c", "d name of d"]
    shown = await watched(hub, lambda one: one.cursor is not None and one.cursor.told == 2)
    assert shown.state == "ok"


async def test_nothing_is_gone_because_a_read_failed_halfway(hub: Hub) -> None:
    put(hub, *"abcdefg")
    await hub.flow(note("gone"), on="acme.things.gone", poll="10s")
    await passes(hub, 2)
    hub.vendor.readable = 4
    await passes(hub, 4)
    hub.vendor.readable = None
    await passes(hub, 3)
    assert told(hub, "gone") == []


async def test_a_list_that_is_suddenly_empty_is_held_back_and_told_when_a_person_says_so(hub: Hub) -> None:
    put(hub, *"abcdefg")
    await hub.flow(note("gone"), on="acme.things.gone", poll="10s")
    await passes(hub, 2)
    hub.vendor.things.clear()
    shown = await watched(hub, lambda one: one.cursor is not None and one.cursor.held == 7)
    assert (shown.state, "7 of 7 records" in shown.problem) == ("held", True)
    assert told(hub, "gone") == []
    await trigger_admin.release(hub.desk, "flow")
    await hub.ended(7)
    assert sorted(told(hub, "gone")) == [f"{id} name of {id}" for id in "abcdefg"]
    await watched(hub, lambda one: one.state == "ok")


async def test_what_a_person_says_while_a_pass_is_under_way_counts_for_the_next(hub: Hub) -> None:
    put(hub, *"abcdefg")
    await hub.flow(note("gone"), on="acme.things.gone", poll="10s")
    await passes(hub, 2)
    hub.vendor.things.clear()
    await watched(hub, lambda one: one.cursor is not None and one.cursor.held == 7)
    before = len(hub.vendor.calls)
    hub.vendor.next("GET *", delay_s=2)
    await watched(hub, lambda _: len(hub.vendor.calls) > before)
    await trigger_admin.release(hub.desk, "flow")
    await hub.ended(7)


async def test_records_that_come_back_in_time_were_never_gone(hub: Hub) -> None:
    put(hub, *"abcdefg")
    await hub.flow(note("gone"), on="acme.things.gone", poll="10s")
    await passes(hub, 2)
    things, hub.vendor.things = hub.vendor.things, []
    await watched(hub, lambda one: one.state == "held")
    hub.vendor.things = things
    await watched(hub, lambda one: one.state == "ok")
    assert told(hub, "gone") == []


# ── the past ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_past_is_told_to_the_flow_that_asks_for_it_and_to_no_other(hub: Hub) -> None:
    put(hub, "a", "b", "c", at=-3_600)
    put(hub, "old", at=-40 * 86_400)
    await hub.flow(note("live"), name="live", on="acme.things.changed", poll="10s")
    await passes(hub, 1)
    await hub.flow(note("past"), name="past", on="acme.things.changed", poll="10s", since="30d")
    await hub.ended(3)
    put(hub, "d")
    await hub.ended(5)
    await passes(hub, 2)
    assert sorted(told(hub, "past")) == [f"{id} name of {id}" for id in "abcd"]
    assert told(hub, "live") == ["d name of d"]
    sources = {event.record_key: event.source for event in await run_admin.events(hub.desk)}
    assert sources == {"a": "backfill", "b": "backfill", "c": "backfill", "d": "poll"}
    (done,) = await hub.desk.database.read(backfills.all_backfills)
    assert (done.told, done.finished_at is not None, done.problem) == (3, True, "")


async def test_everything_there_is_is_told_of_a_list_without_times(hub: Hub) -> None:
    put(hub, *"abcde", at=-3_600)
    await hub.flow(note("past"), on="acme.things.of_kind", poll="10s", input="{kind: red}", webhook=False, since="beginning")
    await passes(hub, 1)
    for thing in hub.vendor.things:
        thing["kind"] = "red"
    await hub.ended(5)
    await passes(hub, 2)
    assert sorted(told(hub, "past")) == [f"{id} name of {id}" for id in "abcde"]


async def test_publishing_again_reads_only_the_past_that_was_not_read(hub: Hub) -> None:
    put(hub, "month", at=-20 * 86_400)
    put(hub, "year", at=-300 * 86_400)
    await hub.flow(note("one"), on="acme.things.changed", poll="10s", since="30d")
    await hub.ended(1)
    await hub.flow(note("two"), on="acme.things.changed", poll="10s", since="30d")
    await passes(hub, 2)
    assert told(hub, "two") == []
    await hub.flow(note("three"), on="acme.things.changed", poll="10s", since="beginning")
    await hub.ended(2)
    await passes(hub, 2)
    assert (told(hub, "one"), told(hub, "two"), told(hub, "three")) == (["month name of month"], [], ["year name of year"])


async def test_a_read_of_the_past_goes_on_where_a_stop_left_it(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        put(hub, *(f"r{number:02}" for number in range(20)), at=-3_600)
        vendor.readable = 6
        await hub.flow(note("past"), on="acme.things.changed", poll="10s", since="1d")
        await until(lambda: len(told(hub, "past")) == 6)
        (left,) = await hub.desk.database.read(backfills.all_backfills)
        assert left.finished_at is None
    read = len(vendor.calls_to("GET /things"))
    vendor.readable = None
    async with running(tmp_path, vendor) as hub:
        await hub.ended(20)
        shown = await watched(hub, lambda one: bool(one.backfills) and one.backfills[0].finished_at is not None)
        assert shown.backfills[0].told == 20
    resumed = [call for call in vendor.calls_to("GET /things")[read:] if call.query.get("page") == str(left.pages * 2)]
    assert resumed, "it went on with the page after the last one that was kept"
    assert sorted(told(hub, "past")) == [f"r{number:02} name of r{number:02}" for number in range(20)]


# ── what a person sees ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_trigger_shows_what_only_its_poll_found(hub: Hub) -> None:
    await hub.flow(note("saw"), on="acme.things.changed", poll="10s")
    await passes(hub, 1)
    put(hub, "x")
    await hub.event("name of x", thing="x", at=iso(hub.desk.clock.now()))
    put(hub, "y", "z")
    await hub.ended(3)
    shown = await watched(hub, lambda one: one.cursor is not None and one.cursor.missed >= 2)
    assert (shown.missed, shown.recovered) == (shown.cursor.missed, shown.cursor.missed) if shown.cursor else False
    assert shown.flows == ("flow",)
    assert shown.ways == ("webhook", "poll")


async def test_an_item_that_cannot_be_read_holds_up_no_other_and_is_told_as_soon_as_it_can(hub: Hub) -> None:
    await hub.flow(note("saw"), on="acme.things.changed", poll="10s")
    await passes(hub, 1)
    hub.vendor.things.append({"id": "odd", "updated_at": iso(hub.desk.clock.now())})
    put(hub, "x")
    await until(lambda: told(hub, "saw") == ["x name of x"])
    shown = await watched(hub, lambda one: one.cursor is not None and one.cursor.unread == 1)
    assert (shown.missed - shown.recovered, "could not be read" in shown.problem) == (1, True)
    as_object(hub.vendor.things[0])["name"] = "mended"
    await until(lambda: told(hub, "saw") == ["x name of x", "odd mended"])
    await watched(hub, lambda one: one.problem == "" and one.missed == one.recovered)
