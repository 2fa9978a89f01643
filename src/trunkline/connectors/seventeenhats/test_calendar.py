"""The calendar feed as calendars write it, and as nobody should."""

import asyncio
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.inputs import check
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.seventeenhats import connector
from trunkline.connectors.seventeenhats.calendar import EVENT, LIST, MOST_BYTES, MOST_LETTERS, MOST_VALUES, events
from trunkline.connectors.seventeenhats.fake import FakeSeventeenHats
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import AddressError, UnavailableError
from trunkline.model.json import JSONObject, as_list, as_object
from trunkline.testing.vendor import serving

BEGIN = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
END = "END:VCALENDAR\r\n"
AT_TEN = "DTSTART:20260101T100000Z"


def appointment(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT", ""))


def read(*parts: str) -> list[JSONObject]:
    found = [as_object(one) for one in events("".join((BEGIN, *parts, END)))]
    for one in found:
        check(EVENT, one)
    return found


def only(*lines: str, calendar: str = "") -> JSONObject:
    (found,) = read(calendar, appointment(*lines))
    return found


def test_times_are_utc_and_words_are_whole() -> None:
    found = only(
        "UID:1",
        "DTSTART;TZID=America/Denver:20260701T090000",
        "DTEND;TZID=America/Denver:20260701T100000",
        "SUMMARY:Folded\\, and\r\n  long",
        "ATTENDEE:mailto:a@example.com",
        "ATTENDEE:mailto:b@example.com",
    )
    assert (found["starts_at"], found["ends_at"]) == ("2026-07-01T15:00:00.000Z", "2026-07-01T16:00:00.000Z")
    assert (found["title"], found["time_zone"], found["all_day"]) == ("Folded, and long", "America/Denver", False)
    assert found["attendees"] == ["a@example.com", "b@example.com"]


def test_days_stay_days() -> None:
    found = only("UID:1", "DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20260103")
    assert (found["starts_at"], found["ends_at"], found["all_day"]) == ("2026-01-01", "2026-01-03", True)


@pytest.mark.parametrize(
    ("begin", "lasts", "ends"),
    [(AT_TEN, "PT90M", "2026-01-01T11:30:00.000Z"), ("DTSTART;VALUE=DATE:20260101", "P2D", "2026-01-03"), (AT_TEN, "soon", None)],
)
def test_end_may_be_told_by_how_long_it_lasts(begin: str, lasts: str, ends: str | None) -> None:
    assert only("UID:1", begin, f"DURATION:{lasts}")["ends_at"] == ends


_OWN_ZONE = """\
BEGIN:VTIMEZONE
TZID:My Zone
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:-0500
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("calendar", "begin", "hour"),
    [
        ("", "DTSTART:20260101T100000", 10),
        ("X-WR-TIMEZONE:America/Denver\r\n", "DTSTART:20260101T100000", 17),
        ("X-WR-TIMEZONE:Mars/Base\r\n", "DTSTART:20260101T100000", 10),
        ("X-WR-TIMEZONE:../../etc/passwd\r\n", "DTSTART:20260101T100000", 10),
        ("", "DTSTART;TZID=Eastern Standard Time:20260101T100000", 15),
        (_OWN_ZONE, "DTSTART;TZID=My Zone:20260101T100000", 15),
        ("X-WR-TIMEZONE:America/Denver\r\n", "DTSTART;TZID=Mars/Base:20260101T100000", 17),
    ],
)
def test_time_is_in_its_own_zone_or_the_calendars(calendar: str, begin: str, hour: int) -> None:
    assert only("UID:1", begin, calendar=calendar)["starts_at"] == f"2026-01-01T{hour}:00:00.000Z"


def test_repeating_appointment_is_told_once_with_its_rule_and_its_exceptions() -> None:
    found = only(
        "UID:1",
        "DTSTART;TZID=America/Denver:20260101T100000",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "RDATE;VALUE=PERIOD:20260301T100000Z/PT1H",
        "RDATE;VALUE=DATE:20260401",
        "EXDATE;TZID=America/Denver:20260115T100000",
        "EXDATE:20260109T170000Z",
    )
    assert found["repeats"] == "FREQ=WEEKLY;COUNT=3"
    assert found["also_on"] == ["2026-03-01T10:00:00.000Z", "2026-04-01"]
    assert found["except_on"] == ["2026-01-09T17:00:00.000Z", "2026-01-15T17:00:00.000Z"]


def test_one_date_of_a_repeating_appointment_stands_for_itself() -> None:
    series, moved = read(
        appointment("UID:1", AT_TEN, "RRULE:FREQ=DAILY"),
        appointment("UID:1", "RECURRENCE-ID:20260102T100000Z", "DTSTART:20260102T120000Z", "STATUS:CANCELLED"),
    )
    assert series["uid"] == "1"
    assert (moved["uid"], moved["status"]) == ("1/2026-01-02T10:00:00.000Z", "CANCELLED")


def test_of_two_with_one_uid_the_newer_version_counts() -> None:
    (found,) = read(appointment("UID:1", "SEQUENCE:2", AT_TEN, "SUMMARY:New"), appointment("UID:1", "SEQUENCE:1", AT_TEN, "SUMMARY:Old"))
    assert found["title"] == "New"


def test_appointment_without_an_id_is_known_by_what_it_is() -> None:
    first, second = read(appointment(AT_TEN, "SUMMARY:a"), appointment(AT_TEN, "SUMMARY:b"))
    again, _ = read(appointment(AT_TEN, "SUMMARY:a"), appointment(AT_TEN, "SUMMARY:b"))
    assert first["uid"] == again["uid"] != second["uid"] != ""


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:2026-13-45",),
        ("DTSTART;TZID=America/Denver:99991231T235959",),
        ("DTSTART:00010101T000000Z",),
        (AT_TEN, "RRULE:FREQ=NEVER"),
        (AT_TEN, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
        (AT_TEN, "EXDATE:never"),
        (AT_TEN, "SUMMARY:a", "SUMMARY:b"),
        (AT_TEN, "DTSTART:20260102T100000Z", "SEQUENCE:x", "LAST-MODIFIED:yesterday"),
        (AT_TEN, "a line without any colon"),
        (AT_TEN, "BEGIN:VEVENT", "UID:inner", "END:VEVENT"),
    ],
)
def test_oddity_of_one_appointment_costs_none_of_the_others(lines: tuple[str, ...]) -> None:
    found = {str(one["uid"]) for one in read(appointment("UID:odd", *lines), appointment("UID:good", AT_TEN))}
    assert found == {"odd", "good"}


def test_several_calendars_in_one_feed_are_read() -> None:
    assert len(read(appointment("UID:1", AT_TEN), END, BEGIN, appointment("UID:2", AT_TEN))) == 2


@pytest.mark.parametrize(
    "feed",
    ["", "<html>", BEGIN + "BEGIN:VEVENT\r\n", BEGIN + appointment("UID:1"), "\ufffd", appointment("UID:1", AT_TEN), BEGIN * 3],
)
def test_what_is_no_whole_calendar_is_told(feed: str) -> None:
    with pytest.raises(UnavailableError):
        events(feed)


def test_feed_without_appointments_is_empty() -> None:
    assert read() == []


@given(st.lists(st.sampled_from((BEGIN, END, AT_TEN + "\r\n", "UID:1\r\n", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n")) | st.text(max_size=9)))
def test_whatever_a_feed_holds_is_read_or_refused(parts: list[str]) -> None:
    try:
        found = events("".join(parts))
    except UnavailableError:
        return
    for one in found:
        check(EVENT, one)


def test_hostile_appointment_is_bounded() -> None:
    many = "\r\n".join(f"ATTENDEE:mailto:a{number}@example.com" for number in range(3_000))
    found = only("UID:1", AT_TEN, f"DESCRIPTION:{'x' * 200_000}", many, "EXDATE:" + ",".join(["20260101T100000Z"] * 5_000))
    assert (len(str(found["notes"])), len(as_list(found["attendees"]))) == (MOST_LETTERS, MOST_VALUES)
    assert len(read("BEGIN:VEVENT\r\n" * 50_000, "END:VEVENT\r\n" * 50_000)) == 1, "however deep"


def session(vendor: FakeSeventeenHats, base_url: str, client: Client, **secrets: str) -> Session:
    clock = SystemClock()
    account = Account(options={}, credential=Credential(secrets)) if secrets else vendor.account()
    return Session(
        connector=connector,
        account=account,
        client=client,
        budget=Budget((), clock),
        memory=Memory(clock),
        clock=clock,
        base_url=base_url,
    )


async def test_calendar_that_is_too_large_is_told() -> None:
    vendor = FakeSeventeenHats()
    vendor.appointments["1"] = appointment("UID:1", AT_TEN, f"DESCRIPTION:{'x' * MOST_BYTES}").rstrip()
    async with serving(vendor) as base_url, Client() as client:
        with pytest.raises(UnavailableError, match="larger"):
            await session(vendor, base_url, client).call(LIST, {})


async def test_large_calendar_does_not_hold_up_what_else_goes_on() -> None:
    vendor = FakeSeventeenHats()
    for number in range(2_000):
        vendor.book(f"a{number}", "20260101T100000Z", "20260101T110000Z", "Meeting")
    shares: list[float] = []
    async with serving(vendor) as base_url, Client() as client:
        for _ in range(5):  # a busy machine holds up everything now and then; what holds it up itself does so each time
            began = seen = monotonic()
            longest = 0.0
            reading = asyncio.ensure_future(session(vendor, base_url, client).call(LIST, {}))
            while not reading.done():
                await asyncio.sleep(0)
                longest, seen = max(longest, monotonic() - seen), monotonic()
            assert len(as_list(as_object(reading.result())["events"])) == 2_000
            shares.append(longest / (seen - began))
    assert min(shares) < 0.8


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/feed.ics", "webcal://10.0.0.1/feed.ics", "http://[::1]/feed.ics"])
async def test_feed_within_ones_own_network_is_refused(address: str) -> None:
    async with Client() as client:
        with pytest.raises(AddressError):
            await session(FakeSeventeenHats(), "", client, calendar_url=address).call(LIST, {})
