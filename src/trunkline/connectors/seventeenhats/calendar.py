"""The calendar feed: appointments as they stand in an iCalendar file (RFC 5545)."""

from datetime import UTC, date, datetime, time
from typing import Any, Final

from icalendar import Calendar

from trunkline.connect.declaration import Crafted, Operation
from trunkline.model.clock import from_iso, iso
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, UnavailableError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import boolean, list_of, nullable, record, text

EVENT: Final = record(
    {
        "uid": text("The appointment's id"),
        **{
            name: nullable(text())
            for name in ("title", "notes", "place", "status", "url", "organizer", "created_at", "changed_at", "repeats")
        },
        "starts_at": nullable(text("UTC; a day alone for all-day appointments")),
        "ends_at": nullable(text()),
        "all_day": boolean(),
        "attendees": list_of(text()),
    },
    required=("uid", "starts_at"),
    open=True,
)


def _request(input: JSONObject, account: Account) -> Request:  # noqa: ARG001 - the feed has no parameters
    address = account.credential.get("calendar_url")
    if not address:
        raise ConfigError(
            "the connection has no calendar address", hint="Set the secret calendar_url: 17hats shows it for Apple calendars."
        )
    return Request(method="GET", url=address.replace("webcal://", "https://", 1), headers=(("accept", "text/calendar"),))


def _answer(response: Response) -> JSON:
    return {"events": events(response.body)}


def events(data: bytes) -> list[JSON]:
    """The appointments in a feed, by their start; raises `UnavailableError` for what is no calendar."""
    try:
        calendar: Any = Calendar.from_ical(data)
        found = [_event(one) for one in calendar.walk("VEVENT")]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as exc:
        raise UnavailableError("the calendar address gives no calendar", hint="Is it still the one that 17hats shows?") from exc
    return sorted(found, key=lambda one: str(as_object(one)["starts_at"]))


def _event(one: Any) -> JSON:
    starts = _moment(one, "DTSTART")
    attending: Any = one.get("ATTENDEE", [])
    attendees: list[JSON] = [_address(each) for each in (as_list(attending) or [attending]) if each]
    return {
        "uid": str(one.get("UID", "")) + (f"/{_moment(one, 'RECURRENCE-ID')}" if one.get("RECURRENCE-ID") else ""),
        "title": _text(one, "SUMMARY"),
        "notes": _text(one, "DESCRIPTION"),
        "place": _text(one, "LOCATION"),
        "status": _text(one, "STATUS"),
        "url": _text(one, "URL"),
        "organizer": _address(one.get("ORGANIZER")),
        "starts_at": starts,
        "ends_at": _moment(one, "DTEND"),
        "all_day": starts is not None and len(starts) == len("2026-01-01"),
        "attendees": attendees,
        "repeats": one["RRULE"].to_ical().decode() if one.get("RRULE") else None,
        "created_at": _moment(one, "CREATED"),
        "changed_at": _moment(one, "LAST-MODIFIED"),
    }


def _text(one: Any, name: str) -> str | None:
    value = one.get(name)
    return str(value) if value else None


def _address(value: Any) -> str | None:
    return str(value).removeprefix("mailto:").removeprefix("MAILTO:") if value else None


def _moment(one: Any, name: str) -> str | None:
    value = one.get(name)
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        return iso(from_iso((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()))
    if isinstance(moment, date):
        return moment.isoformat()
    return moment.isoformat() if isinstance(moment, time) else None


LIST: Final = Operation(
    id="calendar.list",
    title="List appointments",
    category="Calendar",
    kind="read",
    about="What the calendar feed holds; repeating appointments once, with their rule",
    call=Crafted(request=_request, answer=_answer),
    takes=record({}),
    gives=record({"events": list_of(EVENT)}, required=("events",)),
    items="events",
    id_field="uid",
    updated_field="changed_at",
    sample="calendar.list.json",
)
