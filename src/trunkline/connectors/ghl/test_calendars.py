"""Calendars: times as people write them, nothing booked twice, rooms and equipment in one list."""

from itertools import pairwise

import pytest

from trunkline.connect.pages import pages
from trunkline.connectors.ghl.fake_calendars import APPOINTMENT, BLOCKED, CALENDAR, GROUP
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, operation, sub_account
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

DAY: JSONObject = {"startTime": "2026-12-01T00:00:00Z", "endTime": "2026-12-02T00:00:00Z"}
VISIT: JSONObject = {"calendarId": CALENDAR, "contactId": ADA, "startTime": "2026-12-02T15:00:00Z", "endTime": "2026-12-02T15:30:00Z"}


def ids(answer: JSONObject, name: str = "events") -> list[JSON]:
    return [as_object(one)["id"] for one in as_list(answer[name])]


# ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_window_takes_iso_times_and_milliseconds() -> None:
    async with sub_account() as (session, vendor):
        counted: JSONObject = {"startTime": 1796083200000, "endTime": 1796169600000}
        for window in (DAY, counted, {"startTime": "2026-12-01T01:00:00+01:00", "endTime": "2026-12-02"}):
            assert ids(await call(session, "calendars.list_events", {"calendarId": CALENDAR, **window})) == [APPOINTMENT]
            assert vendor.calls[-1].query["startTime"] == "1796083200000"
        assert ids(await call(session, "calendars.list_blocked_slots", {"groupId": GROUP, **DAY})) == [BLOCKED]


@pytest.mark.parametrize("id", ["calendars.list_events", "calendars.list_blocked_slots"])
async def test_whose_events_is_asked_before_anything_is_sent(id: str) -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, id, DAY)
        assert caught.value.field == "calendarId"
        assert "groupId" in caught.value.hint
        assert vendor.calls == []


async def test_what_is_no_time_is_told_by_its_field() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "calendars.list_events", {"calendarId": CALENDAR, **DAY, "endTime": "tomorrow"})
        assert caught.value.field == "endTime"
        assert vendor.calls == []


# ── slots ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_free_slots_are_one_list_without_what_is_taken() -> None:
    async with sub_account() as (session, _):
        window: JSONObject = {"startDate": "2026-12-01T00:00:00Z", "endDate": "2026-12-03T00:00:00Z"}
        found = as_list((await call(session, "calendars.get_free_slots", {"calendarId": CALENDAR, **window}))["slots"])
        starts = [str(as_object(one)["start"]) for one in found]
        assert all(one < other for one, other in pairwise(starts))
        assert {str(as_object(one)["date"]) for one in found} == {"2026-12-01", "2026-12-02"}
        assert "2026-12-01T10:30:00+00:00" in starts
        assert "2026-12-01T10:00:00+00:00" not in starts, "an appointment stands there"
        assert "2026-12-01T12:00:00+00:00" not in starts, "it is blocked"


async def test_slots_come_in_the_zone_that_is_asked_for() -> None:
    async with sub_account() as (session, _):
        window: JSONObject = {"startDate": "2026-12-02T00:00:00Z", "endDate": "2026-12-03T00:00:00Z"}
        asked: JSONObject = {"calendarId": CALENDAR, "timezone": "America/New_York", **window}
        found = as_list((await call(session, "calendars.get_free_slots", asked))["slots"])
        assert as_object(found[0])["start"] == "2026-12-02T04:00:00-05:00"


@pytest.mark.parametrize("end", ["2027-01-05T00:00:00Z", "2026-11-30T00:00:00Z"])
async def test_slots_of_more_than_a_month_are_told_before_they_are_asked_for(end: str) -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "calendars.get_free_slots", {"calendarId": CALENDAR, "startDate": "2026-12-01T00:00:00Z", "endDate": end})
        assert caught.value.field == "endDate"
        assert vendor.calls == []


# ── booking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_slot_is_booked_once() -> None:
    async with sub_account() as (session, _):
        await call(session, "calendars.create_appointment", VISIT)
        with pytest.raises(RejectedError) as caught:
            await call(session, "calendars.create_appointment", {**VISIT, "title": "Another"})
        assert "no longer available" in caught.value.message
        await call(session, "calendars.create_appointment", {**VISIT, "ignoreFreeSlotValidation": True})


async def test_cancelled_appointment_frees_its_slot() -> None:
    async with sub_account() as (session, _):
        made = await call(session, "calendars.create_appointment", VISIT)
        await call(session, "calendars.update_appointment", {"eventId": made["id"], "appointmentStatus": "cancelled"})
        await call(session, "calendars.create_appointment", VISIT)


async def test_booking_whose_answer_was_lost_is_found() -> None:
    async with sub_account() as (session, vendor):
        assert await look(session, "calendars.create_appointment", VISIT) is None
        vendor.next("POST /calendars/events/appointments", status=504, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "calendars.create_appointment", VISIT)
        found = as_object(await look(session, "calendars.create_appointment", VISIT))
        assert found["id"] == vendor.stored("calendars/events")[-1]["id"]
        assert await look(session, "calendars.create_appointment", {**VISIT, "contactId": "somebody else"}) is None


async def test_blocked_slot_whose_answer_was_lost_is_found() -> None:
    async with sub_account() as (session, _):
        lunch: JSONObject = {
            "calendarId": CALENDAR,
            "startTime": "2026-12-01T12:00:00Z",
            "endTime": "2026-12-01T12:30:00Z",
            "title": "Lunch",
        }
        found = as_object(await look(session, "calendars.create_block_slot", {**lunch, "title": "Lunch"}))
        assert found["id"] == BLOCKED
        assert await look(session, "calendars.create_block_slot", {**lunch, "title": "Dentist"}) is None


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"startTime": "2026-12-02T15:00:00"}, "startTime"),
        ({"startTime": "2026-12-02"}, "startTime"),
        ({"startTime": "tomorrow"}, "startTime"),
        ({"startTime": "2026-12-02T15:00:00-05:00[America/New_York]"}, "startTime"),
        ({"startTime": "2026-12-02T15:00:00Z", "endTime": "2026-12-02T16:00:00"}, "endTime"),
        ({"startTime": "2026-12-02T15:00:00Z", "endTime": "2026-12-02T15:00:00+00:00"}, "endTime"),
        ({"startTime": "2026-11-01T01:30:00-04:00", "endTime": "2026-11-01T01:00:00-04:00"}, "endTime"),
    ],
)
async def test_time_that_cannot_be_meant_is_told_by_its_field_before_it_is_booked(times: JSONObject, field: str) -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "calendars.create_appointment", {"calendarId": CALENDAR, "contactId": ADA, **times})
        assert caught.value.field == field
        assert vendor.calls == []


async def test_hour_that_comes_twice_is_booked_as_it_is_meant() -> None:
    async with sub_account() as (session, vendor):
        night: JSONObject = {"startTime": "2026-11-01T01:30:00-04:00", "endTime": "2026-11-01T01:15:00-05:00"}
        await call(session, "calendars.create_appointment", {**VISIT, **night, "ignoreFreeSlotValidation": True})
        sent = as_object(vendor.calls[-1].json())
        assert (sent["startTime"], sent["endTime"]) == (night["startTime"], night["endTime"])


async def test_booking_is_sent_with_iso_times_however_they_are_written() -> None:
    async with sub_account() as (session, vendor):
        await call(
            session, "calendars.create_block_slot", {"calendarId": CALENDAR, "startTime": 1796230800000, "endTime": "2026-12-02T18:00:00Z"}
        )
        sent = as_object(vendor.calls[-1].json())
        assert (sent["startTime"], sent["endTime"]) == ("2026-12-02T17:00:00.000Z", "2026-12-02T18:00:00Z")


async def test_delete_of_what_is_gone_is_done() -> None:
    async with sub_account() as (session, vendor):
        first = await call(session, "calendars.delete_event", {"eventId": APPOINTMENT})
        second = await call(session, "calendars.delete_event", {"eventId": APPOINTMENT})
        assert (first["existed"], second["existed"]) == (True, False)
        assert vendor.calls[-1].body == b"{}", "the vendor wants an empty object"


async def test_delete_that_is_refused_for_another_reason_is_not_done() -> None:
    async with sub_account() as (session, vendor):
        vendor.next(status=403)
        with pytest.raises(RejectedError):
            await call(session, "calendars.delete_event", {"eventId": APPOINTMENT})


# ── notifications and resources ──────────────────────────────────────────────────────────────────────────────────────


async def test_one_notification_is_sent_in_the_list_the_vendor_wants() -> None:
    async with sub_account() as (session, vendor):
        told: JSONObject = {"receiverType": "contact", "channel": "sms", "notificationType": "reminder", "body": "Tomorrow!"}
        made = await call(session, "calendars.create_notification", {"calendarId": CALENDAR, **told})
        assert vendor.calls[-1].json() == [told]
        assert made["channel"] == "sms"


async def test_changed_notification_is_read_back() -> None:
    async with sub_account() as (session, vendor):
        asked: JSONObject = {"calendarId": CALENDAR, "notificationId": "nOtIfY00000000000001"}
        changed = await call(session, "calendars.update_notification", {**asked, "subject": "See you"})
        assert (changed["_id"], changed["subject"]) == ("nOtIfY00000000000001", "See you")
        assert [seen.method for seen in vendor.calls] == ["PUT", "GET"]


async def test_rooms_and_equipment_are_one_list_unless_one_kind_is_asked_for() -> None:
    async with sub_account() as (session, vendor):
        ladder: JSONObject = {
            "resourceType": "equipments",
            "name": "Ladder",
            "description": "Long",
            "quantity": 1,
            "outOfService": 0,
            "capacity": 1,
        }
        await call(session, "calendars.create_resource", {**ladder, "calendarIds": [CALENDAR]})
        both = await call(session, "calendars.list_resources", {})
        assert [as_object(one)["name"] for one in as_list(both["resources"])] == ["Ladder", "Meeting room"]
        assert all(as_object(one)["id"] for one in as_list(both["resources"]))
        rooms = await call(session, "calendars.list_resources", {"resourceType": "rooms"})
        assert [as_object(one)["name"] for one in as_list(rooms["resources"])] == ["Meeting room"]
        assert len(vendor.calls) == 4


async def test_both_kinds_are_read_to_their_ends_though_one_is_longer() -> None:
    async with sub_account() as (session, vendor):
        room: JSONObject = {"locationId": vendor.location, "resourceType": "rooms", "isActive": True, "calendarIds": []}
        vendor.seed_records({"calendars/resources/rooms": [{**room, "_id": f"room{number}", "name": f"{number}"} for number in range(7)]})
        listing = operation("calendars.list_resources")
        found = [one async for page in pages(session, listing, {"limit": 3}) for one in page]
        assert len(found) == 8


async def test_lost_group_is_found_by_its_slug() -> None:
    async with sub_account() as (session, _):
        group: JSONObject = {"name": "Any", "description": "Any", "slug": "roof-visits"}
        assert as_object(await look(session, "calendars.create_group", group))["group"] == {
            **as_object(as_list((await call(session, "calendars.list_groups", {}))["groups"])[0])
        }
        assert await look(session, "calendars.create_group", {**group, "slug": "other"}) is None
