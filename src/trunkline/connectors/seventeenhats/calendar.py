"""The calendar feed: appointments as they stand in an iCalendar file (RFC 5545).

A repeating appointment is told once, with its rule; a single date of it that was moved or cancelled is told beside it. Whatever of an
appointment cannot be read is null, and the others are read all the same.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from icalendar import Calendar

from trunkline.connect.declaration import Caller, Crafted, Operation
from trunkline.model.clock import from_iso, iso
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, UnavailableError
from trunkline.model.http import Request, Response
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, canonical
from trunkline.model.schema import boolean, list_of, nullable, record, text

MOST_BYTES: Final = 10_000_000
"""Largest feed that is read, some 25,000 appointments."""
MOST_LETTERS: Final = 50_000
"""Longest text of one field; what is longer is cut."""
MOST_VALUES: Final = 1_000
"""Of one property of one appointment: attendees, dates."""
_FIRST_YEAR: Final = 1000

EVENT: Final = record(
    {
        "uid": text("The appointment's id; one date of a repeating one has its day behind it"),
        **{name: nullable(text()) for name in ("title", "notes", "place", "url", "organizer", "created_at", "changed_at")},
        "status": nullable(text("CONFIRMED, TENTATIVE or CANCELLED")),
        "starts_at": nullable(text("UTC; a day alone for all-day appointments")),
        "ends_at": nullable(text("Not part of it any more: of an all-day appointment the day after its last")),
        "time_zone": nullable(text("Where its times were said, America/Denver; its rule counts by the clocks there")),
        "all_day": boolean(),
        "attendees": list_of(text()),
        "repeats": nullable(text("The rule of RFC 5545: FREQ=WEEKLY;COUNT=3")),
        "also_on": list_of(text(), about="Further dates of a repeating appointment"),
        "except_on": list_of(text(), about="Dates that were taken out of a repeating appointment"),
    },
    required=("uid", "starts_at"),
    open=True,
)

_UNREADABLE: Final = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError)
"""What the library raises for a property that does not hold what it should."""


# ── fetching ──


def _request(input: JSONObject, account: Account) -> Request:  # noqa: ARG001 - the feed has no parameters
    address = account.credential.get("calendar_url")
    if not address:
        raise ConfigError(
            "the connection has no calendar address", hint="Set the secret calendar_url: 17hats shows it for Apple calendars."
        )
    return Request(method="GET", url=address.replace("webcal://", "https://", 1), headers=(("accept", "text/calendar"),))


def _body(response: Response) -> JSON:
    if len(response.body) > MOST_BYTES:
        raise UnavailableError(f"the calendar is larger than {MOST_BYTES:,} bytes", hint="Let the feed hold fewer appointments.")
    return response.body.decode("utf-8", "replace")


_FEED: Final = Operation(
    id="feed",
    title="Fetch the feed",
    category="Calendar",
    kind="read",
    call=Crafted(request=_request, answer=_body),
    takes=record({}),
    gives=text(),
)


async def _list(caller: Caller, input: JSONObject) -> JSON:  # noqa: ARG001 - the feed has no parameters
    """Read on a thread: a large feed takes seconds, in which the hub goes on."""
    return {"events": await asyncio.to_thread(events, str(await caller.call(_FEED, {})))}


# ── reading ──


def events(feed: str) -> list[JSON]:
    """The appointments in a feed, by their start; raises `UnavailableError` for what is no calendar."""
    try:
        calendars: list[Any] = Calendar.from_ical(feed, multiple=True)
    except _UNREADABLE as exc:
        raise _no_calendar() from exc
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise _no_calendar()
    found: dict[str, tuple[int, JSONObject]] = {}
    for event, zone in _parts(calendars):
        made, version = _event(event, zone), _version(event)
        known = found.get(str(made["uid"]))
        if known is None or version >= known[0]:
            found[str(made["uid"])] = version, made
    return [*sorted((made for _, made in found.values()), key=_start)]


def _start(made: JSONObject) -> str:
    return str(made["starts_at"])


def _no_calendar() -> UnavailableError:
    return UnavailableError("the calendar address gives no calendar", hint="Is it still the one that 17hats shows?")


def _parts(calendars: Iterable[Any]) -> Iterator[tuple[Any, tzinfo]]:
    """The appointments, each with the zone that times without one are in."""
    for calendar in calendars:
        zone = _zone(_text(calendar, "X-WR-TIMEZONE"))
        for part in calendar.subcomponents:
            if part.name == "VEVENT":
                yield part, zone


def _zone(name: str | None) -> tzinfo:
    with suppress(ValueError, OSError, KeyError):
        return ZoneInfo(name) if name else UTC
    return UTC


def _event(one: Any, zone: tzinfo) -> JSONObject:
    starts, ends = _begin_and_end(one, zone)
    made: JSONObject = {
        "title": _text(one, "SUMMARY"),
        "notes": _text(one, "DESCRIPTION"),
        "place": _text(one, "LOCATION"),
        "status": _text(one, "STATUS"),
        "url": _text(one, "URL"),
        "organizer": _address(_first(one, "ORGANIZER")),
        "starts_at": starts,
        "ends_at": ends,
        "time_zone": _read(lambda: _first(one, "DTSTART").params.get("TZID")),
        "all_day": starts is not None and len(starts) == len("2026-01-01"),
        "attendees": [address for each in _all(one, "ATTENDEE") if (address := _address(each))],
        "repeats": "\n".join(rule for each in _all(one, "RRULE") if (rule := _read(lambda each=each: each.to_ical().decode()))) or None,
        "also_on": _dates(one, "RDATE", zone),
        "except_on": _dates(one, "EXDATE", zone),
        "created_at": _moment(one, "CREATED", zone),
        "changed_at": _moment(one, "LAST-MODIFIED", zone),
    }
    which = _moment(one, "RECURRENCE-ID", zone)
    uid = _text(one, "UID") or digest(canonical([made["title"], starts]))
    return {"uid": f"{uid}/{which}" if which else uid, **made}


def _version(one: Any) -> int:
    """Of two with one uid the higher counts (RFC 5545, 3.8.7.4)."""
    return _read(lambda: int(_first(one, "SEQUENCE"))) or 0


def _begin_and_end(one: Any, zone: tzinfo) -> tuple[str | None, str | None]:
    begin, end = _read(lambda: _first(one, "DTSTART").dt), _read(lambda: _first(one, "DTEND").dt)
    lasts = _read(lambda: _first(one, "DURATION").dt)
    if end is None and isinstance(begin, date) and isinstance(lasts, timedelta):
        end = _read(lambda: begin + lasts)
    return _told(begin, zone), _told(end, zone)


def _moment(one: Any, name: str, zone: tzinfo) -> str | None:
    return _told(_read(lambda: _first(one, name).dt), zone)


def _dates(one: Any, name: str, zone: tzinfo) -> list[JSON]:
    """The dates of a list, or of several; a period counts by its begin."""
    given: list[Any] = [each.dt for dates in _all(one, name) for each in _read(lambda dates=dates: dates.dts) or ()]
    begins: list[Any] = [each[0] if type(each) is tuple else each for each in given[:MOST_VALUES]]
    told = (_told(each, zone) for each in begins)
    return [*sorted({each for each in told if each})]


def _told(value: object, zone: tzinfo) -> str | None:
    """A time in UTC, a day as it is; None for what is neither, or lies outside of what clocks tell."""
    if not isinstance(value, date) or value.year < _FIRST_YEAR:
        return None
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=zone)
        return _read(lambda: iso(from_iso(aware.astimezone(UTC).isoformat())))
    return value.isoformat()


def _text(one: Any, name: str) -> str | None:
    value = _first(one, name)
    return str(value)[:MOST_LETTERS] or None if value is not None else None


def _address(value: Any) -> str | None:
    return str(value).removeprefix("mailto:").removeprefix("MAILTO:") if value else None


def _first(one: Any, name: str) -> Any:
    return next(iter(_all(one, name)), None)


def _all(one: Any, name: str) -> list[Any]:
    """A property that stands there several times comes as a list."""
    value: Any = one.get(name)
    if isinstance(value, list):
        return cast("list[Any]", value)[:MOST_VALUES]
    return [] if value is None else [value]


def _read(get: Callable[[], Any]) -> Any:
    with suppress(*_UNREADABLE):
        return get()
    return None


LIST: Final = Operation(
    id="calendar.list",
    title="List appointments",
    category="Calendar",
    kind="read",
    about="What the calendar feed holds; repeating appointments once, with their rule",
    call=_list,
    takes=record({}),
    gives=record({"events": list_of(EVENT)}, required=("events",)),
    items="events",
    id_field="uid",
    updated_field="changed_at",
    sample="calendar.list.json",
)
