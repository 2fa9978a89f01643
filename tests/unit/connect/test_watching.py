"""Triggers made of reads: what they ask for, what they send, what they tell and what of it is news."""

from typing import Any

import pytest

from trunkline.connect.declaration import Call, Operation, Poll, Trigger, Window, get
from trunkline.connect.inputs import check
from trunkline.connect.watching import Reading, Shape, epoch_ms, epoch_ms_text, first_page, matching, moment, schema_at, watch
from trunkline.model.clock import from_iso
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import anything, integer, list_of, nullable, number, record, text

ACCOUNT = Account(options={"location": "L1"}, credential=Credential())
NOW = from_iso("2026-11-21T08:00:00Z")
EVENT = record({"id": text(), "title": nullable(text()), "updatedAt": text()}, required=("id",), open=True)


def operation(**facts: Any) -> Operation:
    given: dict[str, Any] = {
        "id": "events.list",
        "title": "List events",
        "category": "Events",
        "kind": "read",
        "call": Call(method="GET", path="/events/{calendarId}", options={"locationId": "location"}, defaults={"kind": "all"}),
        "takes": record(
            {
                "calendarId": text(),
                "locationId": text(),
                "kind": text(),
                "status": text(choices=("new", "done")),
                "limit": {**text(), "maximum": 50},
                "skip": number(),
                "cursor": text(),
                "from": text(),
                "to": text(),
            },
            required=("calendarId", "limit", "skip", "from"),
        ),
        "gives": record({"events": list_of(EVENT), "total": integer()}, open=True),
        "items": "events",
        "id_field": "id",
        "scopes": ("events.read",),
        "sample": "events.list.json",
    }
    return Operation(**{**given, **facts})


WINDOW = Window(begin="from", end="to", days_back=1, days_ahead=30, most_days=31, spell=epoch_ms_text)


def polled(trigger: Trigger) -> Poll:
    assert trigger.poll is not None
    return trigger.poll


def started(trigger: Trigger, *, since: str | None = None, **input: JSON) -> JSONObject:
    return first_page(polled(trigger), since=since, account=ACCOUNT, input=input, now=NOW)


def payloads(trigger: Trigger, answer: JSON) -> list[JSONObject]:
    poll = polled(trigger)
    assert poll.items is not None
    made = [poll.payload(item) for item in poll.items(answer) if isinstance(item, dict)]
    for payload in made:
        check(trigger.output, payload)
    return made


def news(trigger: Trigger, item: JSONObject) -> tuple[str, JSON]:
    """Which record, and what of it counts."""
    payload = polled(trigger).payload(item)
    assert trigger.fingerprint is not None
    return trigger.record_key(payload), trigger.fingerprint(payload)


# ── what it asks for and sends ───────────────────────────────────────────────────────────────────────────────────────


def test_a_watch_asks_for_what_the_read_asks_for_but_for_pages_and_what_the_connection_knows() -> None:
    trigger = watch(operation(), id="events.listed", title="Event listed", reading=Reading(window=WINDOW))
    assert trigger.input is not None
    assert sorted(as_object(trigger.input["properties"])) == ["calendarId", "days_ahead", "days_back", "status"]
    assert trigger.input["required"] == ["calendarId"]
    check(trigger.input, {"calendarId": "c", "days_back": 2})
    with pytest.raises(MappingError, match="days_ahead"):
        check(trigger.input, {"calendarId": "c", "days_ahead": 32})
    with pytest.raises(MappingError, match="limit"):
        check(trigger.input, {"calendarId": "c", "limit": "5"})


def test_a_watch_with_nothing_to_ask_has_no_input() -> None:
    plain = operation(takes=record({"limit": integer(), "locationId": text()}))
    assert watch(plain, id="x", title="x").input is None


def test_one_of_several_inputs_is_still_needed() -> None:
    ways: JSONObject = {"anyOf": [{"required": ["calendarId"]}, {"required": ["status"]}]}
    trigger = watch(operation(takes={**record({"calendarId": text(), "status": text()}), **ways}), id="x", title="x")
    assert trigger.input is not None
    check(trigger.input, {"status": "new"})
    with pytest.raises(MappingError):
        check(trigger.input, {})


def test_a_pass_begins_with_the_first_and_largest_page() -> None:
    trigger = watch(operation(), id="x", title="x", reading=Reading(begin={"order": "asc"}))
    assert started(trigger, calendarId="c") == {"limit": "50", "skip": 0, "order": "asc", "calendarId": "c"}


def test_a_window_is_sent_as_its_two_ends_now() -> None:
    trigger = watch(operation(), id="x", title="x", reading=Reading(window=WINDOW))
    sent = started(trigger, calendarId="c", days_back=0.5)
    assert sent["from"] == str(epoch_ms(from_iso("2026-11-20T20:00:00Z")))
    assert sent["to"] == str(epoch_ms(from_iso("2026-12-21T08:00:00Z")))
    assert "days_back" not in sent
    long = started(trigger, calendarId="c", days_back=20, days_ahead=31)
    assert long["to"] == str(epoch_ms(from_iso("2026-12-02T08:00:00Z"))), "31 days in all"


def test_the_vendor_is_asked_for_what_changed_since_where_it_can_be() -> None:
    reading = Reading(since=lambda since: {"from": since})
    trigger = watch(operation(updated_field="updatedAt"), id="x", title="x", reading=reading)
    assert polled(trigger).walk == "since"
    assert started(trigger, since="2026-11-21T07:00:00.000Z", calendarId="c")["from"] == "2026-11-21T07:00:00.000Z"
    assert "from" not in started(trigger, calendarId="c")


def test_how_far_a_list_is_read_follows_from_its_times() -> None:
    def walk(reading: Reading, **facts: Any) -> str:
        return polled(watch(operation(**facts), id="x", title="x", reading=reading)).walk

    assert walk(Reading()) == "whole"
    assert walk(Reading(newest_first=True)) == "whole", "nothing tells what is older"
    assert walk(Reading(newest_first=True), updated_field="updatedAt") == "newest_first"
    assert walk(Reading(), updated_field="updatedAt") == "whole"


# ── what it tells ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payload_is_the_item_under_its_name_with_the_schema_of_the_read() -> None:
    trigger = watch(operation(), id="x", title="x", under="event")
    assert payloads(trigger, {"events": [{"id": "e1", "title": None}]}) == [{"event": {"id": "e1", "title": None}}]
    assert trigger.output == record({"event": EVENT}, required=("event",))
    assert (trigger.category, trigger.scopes, trigger.sample) == ("Events", ("events.read",), "events.list.json")


def test_an_item_takes_the_shape_it_is_given() -> None:
    def upper(item: JSONObject) -> JSONObject:
        return {name.upper(): value for name, value in item.items()}

    shape = Shape(item=upper, schema=lambda _: record({"ID": text(), "UPDATEDAT": text()}), name=str.upper)
    trigger = watch(operation(updated_field="updatedAt"), id="x", title="x", shape=shape)
    assert payloads(trigger, {"events": [{"id": "e1", "updatedAt": "2026-11-21T08:00:00Z"}]})[0]["item"] == {
        "ID": "e1",
        "UPDATEDAT": "2026-11-21T08:00:00Z",
    }
    assert news(trigger, {"id": "e1", "updatedAt": "2026-11-21T08:00:00Z"}) == ("e1", "2026-11-21T08:00:00Z")


def test_items_that_are_no_objects_become_some() -> None:
    slots = operation(gives=record({"slots": list_of(text())}), items="slots", id_field=None)
    trigger = watch(slots, id="x", title="x", under="slot")
    assert payloads(trigger, {"slots": ["10:00", "11:00"]}) == [{"slot": {"value": "10:00"}}, {"slot": {"value": "11:00"}}]
    assert news(trigger, {"value": "10:00"})[0] == "10:00"


def test_items_can_be_found_by_code() -> None:
    by_day = Reading(items=lambda answer: [{"day": day} for day in answer] if isinstance(answer, dict) else [])
    assert payloads(watch(operation(gives=anything()), id="x", title="x", reading=by_day), {"mon": 1}) == [{"item": {"day": "mon"}}]


def test_a_record_is_found_where_the_read_says() -> None:
    read = operation(items=None, record="event", gives=record({"event": nullable(EVENT)}))
    trigger = watch(read, id="x", title="x", news="record", under="event")
    assert payloads(trigger, {"event": {"id": "e1"}}) == [{"event": {"id": "e1"}}]
    assert payloads(trigger, {"event": None}) == []
    assert trigger.output == record({"event": EVENT}, required=("event",))


def test_a_record_that_is_the_whole_answer_is_told_without_the_trace_counting() -> None:
    trigger = watch(operation(items=None, gives=EVENT), id="x", title="x", news="record")
    assert news(trigger, {"id": "e1", "title": "a", "traceId": "1"}) == news(trigger, {"id": "e1", "title": "a", "traceId": "2"})
    assert news(trigger, {"id": "e1", "title": "a"}) != news(trigger, {"id": "e1", "title": "b"})


def test_a_flag_without_an_id_is_known_by_what_reads_it() -> None:
    trigger = watch(operation(items=None, id_field=None, gives=record({"exists": anything()})), id="x", title="x", news="record")
    assert news(trigger, {"exists": True}) == ("events.list", {"exists": True})
    assert news(trigger, {"exists": False}) == ("events.list", {"exists": False})


def test_of_a_file_is_told_what_it_is_and_not_what_it_holds() -> None:
    call = Call(method="GET", path="/recording", file=True)
    trigger = watch(operation(call=call, items=None, id_field=None), id="x", title="x", news="record", under="recording")
    (payload,) = payloads(trigger, {"content_type": "audio/x-wav", "size_bytes": 3, "base64": "AAAA"})
    recording = as_object(payload["recording"])
    assert {**recording, "digest": ""} == {"content_type": "audio/x-wav", "size_bytes": 3, "digest": "", "text": None}
    (other,) = payloads(trigger, {"content_type": "audio/x-wav", "size_bytes": 3, "base64": "AAAB"})
    assert as_object(other["recording"])["digest"] != recording["digest"]
    (words,) = payloads(trigger, {"content_type": "text/plain", "size_bytes": 2, "text": "hi"})
    assert as_object(words["recording"])["text"] == "hi"


# ── what is news ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_with_a_timestamp_only_that_decides() -> None:
    trigger = watch(operation(updated_field="updatedAt"), id="x", title="x")
    first = news(trigger, {"id": "e1", "updatedAt": "2026-11-21T08:00:00Z", "views": 1})
    assert first == news(trigger, {"id": "e1", "updatedAt": "2026-11-21T08:00:00Z", "views": 2})
    assert first != news(trigger, {"id": "e1", "updatedAt": "2026-11-21T08:00:01Z", "views": 2})
    cursor = polled(trigger).cursor
    assert cursor is not None
    assert cursor({"updatedAt": "2026-11-21T09:00:00+01:00"}) == "2026-11-21T08:00:00.000Z"
    assert cursor({"id": "e1"}) is None


def test_without_a_timestamp_everything_counts_but_what_is_ignored() -> None:
    trigger = watch(operation(), id="x", title="x", ignore=("views",))
    assert polled(trigger).cursor is None
    first = news(trigger, {"id": "e1", "title": "a", "views": 1})
    assert first == news(trigger, {"views": 2, "title": "a", "id": "e1"})
    assert first != news(trigger, {"id": "e1", "title": "b", "views": 1})


def test_an_item_that_lacks_its_timestamp_counts_by_what_it_holds() -> None:
    trigger = watch(operation(updated_field="updatedAt"), id="x", title="x")
    assert news(trigger, {"id": "e1", "title": "a"}) != news(trigger, {"id": "e1", "title": "b"})


def test_a_new_item_counts_once_and_by_its_time_of_creation_if_it_has_one() -> None:
    trigger = watch(operation(updated_field="updatedAt"), id="x", title="x", news="new", stamp="createdAt")
    assert news(trigger, {"id": "e1", "title": "a"}) == news(trigger, {"id": "e1", "title": "b"})
    assert news(trigger, {"id": "e1"}) != news(trigger, {"id": "e2"})
    cursor = polled(trigger).cursor
    assert cursor is not None
    assert cursor({"createdAt": 1_763_712_000_000}) == "2025-11-21T08:00:00.000Z"
    assert polled(watch(operation(updated_field="updatedAt"), id="x", title="x", news="new")).cursor is None


def test_items_without_an_id_are_told_apart_by_what_they_hold() -> None:
    trigger = watch(operation(id_field=None), id="x", title="x", news="new")
    assert news(trigger, {"title": "a"})[0] != news(trigger, {"title": "b"})[0]
    assert news(trigger, {"title": "a", "size": 1})[0] == news(trigger, {"size": 1, "title": "a"})[0]


def test_what_is_asked_for_is_compared_with_the_payload() -> None:
    wants = matching({"calendarId": "event.calendar_id", "users": "event.user"})
    payload: JSONObject = {"event": {"calendar_id": "c1", "user": "u1"}}
    assert wants(payload, {"calendarId": "c1"})
    assert not wants(payload, {"calendarId": "c2"})
    assert wants(payload, {"users": ["u2", "u1"]})
    assert not wants(payload, {"users": ["u2"]})
    assert wants(payload, {"days_back": 3}), "what says nothing of the payload does not count"
    assert not wants({"event": {}}, {"calendarId": "c1"})


# ── small words ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00.000Z"),
        ("2026-11-21T10:00:00.5+02:00", "2026-11-21T08:00:00.500Z"),
        ("2026-11-21", "2026-11-21T00:00:00.000Z"),
        (1_795_248_000_000, "2026-11-21T08:00:00.000Z"),
        ("1795248000000", "2026-11-21T08:00:00.000Z"),
        (1_795_248_000, "2026-11-21T08:00:00.000Z"),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        ({}, None),
        (1e300, None),
        ("9" * 400, None),
    ],
)
def test_a_time_is_read_however_it_is_written(told: JSON, meant: str | None) -> None:
    assert moment(told) == meant


def test_the_schema_at_a_path_is_found_through_what_may_be_null() -> None:
    inner = record({"id": text()})
    assert schema_at(record({"a": nullable(record({"b": nullable(inner)}))}), "a.b") == inner
    assert schema_at(record({}), "a.b") == {}
    assert schema_at(inner, "") == inner


def test_a_plain_get_is_watched_with_three_words() -> None:
    plain = Operation(
        id="rows",
        title="Rows",
        category="Rows",
        kind="read",
        call=get("/rows"),
        takes=record({}),
        gives=list_of(EVENT),
        items="",
        id_field="id",
    )
    trigger = watch(plain, id="rows.changed", title="Row changed")
    assert payloads(trigger, [{"id": "e1"}]) == [{"item": {"id": "e1"}}]
    assert started(trigger) == {}
