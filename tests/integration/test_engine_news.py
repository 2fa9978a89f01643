"""What counts as news: by webhook, by poll, and by both for one trigger."""

import asyncio

from tests.integration.hubs import Hub
from trunkline.admin import runs as run_admin
from trunkline.flows.plan import TriggerUse
from trunkline.model.clock import iso, later
from trunkline.model.json import as_object
from trunkline.store import cursors
from trunkline.store import flows as flow_store

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


# ── triggers with input ──────────────────────────────────────────────────────────────────────────────────────────────

OF_KIND = "acme.things.of_kind"


def put_kind(hub: Hub, id: str, name: str, kind: str) -> None:
    put(hub, id, name)
    hub.vendor.things[-1]["kind"] = kind


def lists_of(hub: Hub, kind: str) -> int:
    """How often the first page of this kind was asked for."""
    return sum(call.query.get("kind") == kind and "page" not in call.query for call in hub.vendor.calls_to("GET /things"))


async def polled_kind(hub: Hub, kind: str, most: int = 2) -> None:
    seen = lists_of(hub, kind)
    deadline = asyncio.get_running_loop().time() + 20
    while lists_of(hub, kind) < seen + most:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


def kind_of(name: str) -> str:
    return NOTE.replace("saw", f"saw for {name}:")


async def test_a_trigger_asks_the_vendor_for_what_its_flow_names(hub: Hub) -> None:
    put_kind(hub, "old", "before", "red")
    await hub.flow(NOTE, on=OF_KIND, poll="10s", input="{kind: red}", webhook=False)
    await polled_kind(hub, "red")
    put_kind(hub, "one", "first", "red")
    put_kind(hub, "two", "other", "blue")
    await hub.ended(1)
    put_kind(hub, "one", "second", "red")
    await hub.ended(2)
    await polled_kind(hub, "red")
    assert saw(hub) == ["saw one as first", "saw one as second"]
    assert {call.query.get("kind") for call in hub.vendor.calls_to("GET /things")} == {"red"}


async def test_flows_with_equal_input_share_one_poll_and_others_have_their_own(hub: Hub) -> None:
    await hub.flow(kind_of("a"), name="a", on=OF_KIND, poll="10s", input="{kind: red}", webhook=False)
    await hub.flow(kind_of("b"), name="b", on=OF_KIND, poll="10s", input="{kind: red}", webhook=False)
    await hub.flow(kind_of("c"), name="c", on=OF_KIND, poll="10s", input="{kind: blue}", webhook=False)
    await polled_kind(hub, "red")
    await polled_kind(hub, "blue")
    put_kind(hub, "x", "new", "red")
    put_kind(hub, "y", "new", "blue")
    await hub.ended(3)
    assert sorted(saw(hub)) == ["saw for a: x as new", "saw for b: x as new", "saw for c: y as new"]
    scopes = await hub.desk.database.read(cursors.all_cursors)
    assert len(scopes) == 2
    events = await run_admin.events(hub.desk)
    assert {event.trigger_name for event in events} == {OF_KIND}
    assert len({event.trigger for event in events}) == 2


async def test_what_a_trigger_with_input_has_seen_survives_edits_and_publishing(hub: Hub) -> None:
    await hub.flow(NOTE, on=OF_KIND, poll="10s", input="{kind: red}", webhook=False)
    await polled_kind(hub, "red")
    put_kind(hub, "x", "once", "red")
    await hub.ended(1)
    await hub.flow(NOTE.replace("saw", "saw again"), on=OF_KIND, poll="10s", input="{kind: red}", webhook=False)
    await polled_kind(hub, "red", 3)
    put_kind(hub, "x", "twice", "red")
    await hub.ended(2)
    assert saw(hub) == ["saw x as once", "saw again x as twice"]


async def test_another_input_begins_anew(hub: Hub) -> None:
    put_kind(hub, "blue1", "there before", "blue")
    await hub.flow(NOTE, on=OF_KIND, poll="10s", input="{kind: red}", webhook=False)
    await polled_kind(hub, "red")
    await hub.flow(NOTE, on=OF_KIND, poll="10s", input="{kind: blue}", webhook=False)
    await polled_kind(hub, "blue")
    put_kind(hub, "blue2", "came later", "blue")
    await hub.ended(1)
    await polled_kind(hub, "blue")
    assert saw(hub) == ["saw blue2 as came later"]


async def test_what_a_flow_asks_for_holds_for_webhooks_too(hub: Hub) -> None:
    await hub.flow(kind_of("red"), name="red", on=OF_KIND, input="{kind: red}")
    await hub.flow(kind_of("any"), name="any", on=OF_KIND)
    red = await hub.post({"id": "x", "name": "Ada", "kind": "red"})
    blue = await hub.post({"id": "y", "name": "Eve", "kind": "blue"})
    assert [as_object(answer.json())["events"] for answer in (red, blue)] == [2, 1]
    await hub.ended(3)
    assert sorted(saw(hub)) == ["saw for any: x as Ada", "saw for any: y as Eve", "saw for red: x as Ada"]


async def test_any_change_of_one_record_is_news_but_for_what_is_ignored(hub: Hub) -> None:
    put(hub, "x", "first")
    await hub.flow(NOTE, on="acme.things.get.changed", poll="10s", input="{id: x}")
    seen = len(hub.vendor.calls_to("GET /things/x"))
    put(hub, "x", "first", at=60)
    deadline = asyncio.get_running_loop().time() + 20
    while len(hub.vendor.calls_to("GET /things/x")) < seen + 3:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    assert saw(hub) == []
    put(hub, "x", "second")
    await hub.ended(1)
    assert saw(hub) == ["saw x as second"]


async def test_a_flow_stored_before_triggers_had_input_goes_on_from_its_cursor(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.changed", poll="10s")
    await polled(hub)
    (flow,) = await hub.desk.database.read(flow_store.published_flows)
    assert TriggerUse.of({name: value for name, value in flow.trigger.items() if name != "input"}) == TriggerUse.of(flow.trigger)
    ((scope, _),) = (await hub.desk.database.read(cursors.all_cursors)).items()
    assert scope == f"{hub.source.id}:acme.things.changed", "the same name as before"


async def synced(hub: Hub, mark: str) -> None:
    """Wait until the vendor was asked for what came after `mark`."""
    deadline = asyncio.get_running_loop().time() + 20
    while not any(call.query.get("mark") == mark for call in hub.vendor.calls_to("GET /sync")):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def test_a_mark_of_the_vendor_is_kept_and_sent_with_the_next_pass(hub: Hub) -> None:
    hub.vendor.log.extend({"id": name, "name": "there before"} for name in ("one", "two", "three"))
    await hub.flow(NOTE, on="acme.things.synced", poll="10s")
    await synced(hub, "3")
    assert saw(hub) == [], "what was there when it began is no news"
    hub.vendor.log.append({"id": "four", "name": "added"})
    await hub.ended(1)
    await synced(hub, "4")
    assert saw(hub) == ["saw four as added"]


async def test_a_mark_stays_where_it_is_when_a_pass_fails(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.synced", poll="10s")
    await synced(hub, "0")
    hub.vendor.next("GET /sync", status=503, times=2)
    hub.vendor.log.append({"id": "x", "name": "added meanwhile"})
    await hub.ended(1)
    assert saw(hub) == ["saw x as added meanwhile"]


async def test_parts_told_one_by_one_are_one_event(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.gathered")
    told = [
        await hub.post({"id": "x", "name": name, "last": last}) for name, last in (("b", False), ("a", False), ("c", True), ("d", False))
    ]
    assert [as_object(answer.json())["events"] for answer in told] == [0, 0, 1, 0]
    await hub.ended(1)
    assert saw(hub) == ["saw x as a+b+c"]


async def test_a_record_that_comes_back_to_what_it_was_is_news_again(hub: Hub) -> None:
    put(hub, "x", "a")
    await hub.flow(NOTE, on="acme.things.get.changed", poll="10s", input="{id: x}")
    seen = len(hub.vendor.calls_to("GET /things/x"))
    deadline = asyncio.get_running_loop().time() + 20
    while len(hub.vendor.calls_to("GET /things/x")) < seen + 2:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    for number, name in enumerate(("b", "a", "b")):
        put(hub, "x", name)
        await hub.ended(number + 1)
    assert saw(hub) == ["saw x as b", "saw x as a", "saw x as b"]


async def test_a_record_that_is_not_there_yet_is_news_when_it_comes(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.get.changed", poll="10s", input="{id: late}")
    deadline = asyncio.get_running_loop().time() + 20
    while len(hub.vendor.calls_to("GET /things/late")) < 2:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    put(hub, "late", "here")
    await hub.ended(1)
    assert saw(hub) == ["saw late as here"]
    ((_, cursor),) = (await hub.desk.database.read(cursors.all_cursors)).items()
    assert cursor.problem == ""


async def test_a_poll_may_only_note_what_it_meets_first(hub: Hub) -> None:
    await hub.flow(NOTE, on="acme.things.renamed", poll="10s")
    await polled(hub)
    put(hub, "x", "first")
    await polled(hub)
    put(hub, "x", "second")
    await hub.ended(1)
    await hub.post({"id": "y", "name": "told", "number": 1})
    await hub.ended(2)
    assert saw(hub) == ["saw x as second", "saw y as told"]
