"""Bookings of services: windows, times, nothing booked twice; and the numbers and templates messages are sent with."""

import pytest

from trunkline.connectors.ghl.fake_bookings import BOOKING, SERVICE
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, sub_account
from trunkline.model.errors import MappingError, OutcomeUnknownError
from trunkline.model.json import JSONObject, as_list, as_object

CLEANING: JSONObject = {
    "contactId": ADA,
    "services": [{"id": SERVICE}],
    "startTime": "2026-12-02T15:00:00-05:00",
    "endTime": "2026-12-02T16:00:00-05:00",
    "timezone": "America/New_York",
}


async def test_bookings_are_asked_for_in_milliseconds_and_made_in_iso() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "bookings.list", {"startTime": "2026-12-01T00:00:00-05:00", "endTime": "2026-12-08T05:00:00Z"})
        query = vendor.calls[-1].query
        assert (query["startTime"], query["endTime"], query["locationId"]) == ("1796101200000", "1796706000000", vendor.location)
        await call(session, "bookings.create", CLEANING)
        assert as_object(vendor.calls[-1].json())["startTime"] == CLEANING["startTime"]
        assert vendor.calls[-1].headers["version"] == "v3"


async def test_booking_whose_answer_was_lost_is_found() -> None:
    async with sub_account() as (session, vendor):
        assert await look(session, "bookings.create", CLEANING) is None
        vendor.next("POST /calendars/services/bookings", status=504, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "bookings.create", CLEANING)
        assert as_object(await look(session, "bookings.create", CLEANING))["bookingId"]
        assert await look(session, "bookings.create", {**CLEANING, "startTime": "2026-12-02T15:30:00-05:00"}) is None


async def test_booking_is_moved_and_gone() -> None:
    async with sub_account() as (session, _):
        moved = {"startTime": "2026-12-03T10:00:00-05:00", "endTime": "2026-12-03T11:00:00-05:00"}
        answer = await call(session, "bookings.update", {"bookingId": BOOKING, **moved})
        assert as_object(as_list(answer["services"])[0])["serviceStartTime"] == moved["startTime"]
        window: JSONObject = {"startTime": "2026-12-01T00:00:00Z", "endTime": "2026-12-02T00:00:00Z"}
        assert (await call(session, "bookings.list", window))["bookings"] == []
        assert (await call(session, "bookings.delete", {"bookingId": BOOKING}))["existed"] is True
        assert (await call(session, "bookings.delete", {"bookingId": BOOKING}))["existed"] is False


async def test_hour_of_no_zone_is_told_before_it_is_booked() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "bookings.create", {**CLEANING, "startTime": "2026-12-02T15:00:00"})
        assert caught.value.field == "startTime"
        assert vendor.calls == []


async def test_number_and_template_a_message_is_sent_with_are_listed() -> None:
    async with sub_account() as (session, vendor):
        (number,) = as_list((await call(session, "phone_numbers.list", {}))["numbers"])
        assert as_object(number)["phoneNumber"] == "+15555550100"
        (template,) = as_list((await call(session, "conversations.list_templates", {"type": "sms"}))["templates"])
        assert as_object(template)["name"] == "On our way"
        assert vendor.calls[-1].query["originId"] == vendor.location
