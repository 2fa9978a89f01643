"""What stands in calendars: free slots, appointments, blocked slots, and notes on appointments."""

import re
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.declaring import Looked, around, declared, first, gone_is_done, items_of, listed
from trunkline.connectors.ghl.paging import counted, size, start
from trunkline.connectors.ghl.same import agrees
from trunkline.connectors.ghl.times import BOOKED, booked, in_numbers, moment, since_1970
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, list_of, nullable, record, text

_DAY_MS: Final = 86_400_000
_MOST_DAYS: Final = 31
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")

# ── free slots ───────────────────────────────────────────────────────────────────────────────────────────────────────

_SLOTS: Final = declared(
    "GET /calendars/{calendarId}/free-slots",
    "calendars.get_free_slots",
    "Get Free Slots",
    CALENDARS,
    about="The times that can still be booked, at most 31 days at once",
    add={"startDate": moment("From"), "endDate": moment("To")},
    items="slots",
    id_field="start",
    output=record(
        {"slots": list_of(record({"start": text("ISO 8601, in the calendar's zone or the one asked for"), "date": text("YYYY-MM-DD")}))},
        required=("slots",),
    ),
)


def _slots_window(input: JSONObject) -> JSONObject:
    begin, end = (since_1970(input[name], name) for name in ("startDate", "endDate"))
    if not begin <= end <= begin + _MOST_DAYS * _DAY_MS:
        raise MappingError(f"endDate is not within {_MOST_DAYS} days after startDate", field="endDate", hint="Ask for one month at a time.")
    return {**input, "startDate": begin, "endDate": end}


def _slots(answer: JSON) -> JSON:
    """From slots by date to one list; what is no date (a trace id) is passed over."""
    days = [(day, as_object(found)) for day, found in as_object(answer).items() if _DATE.fullmatch(day)]
    return {"slots": [{"start": slot, "date": day} for day, found in sorted(days) for slot in as_list(found.get("slots"))]}


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_WINDOW: Final[dict[str, Schema]] = {"startTime": moment("Events from here on"), "endTime": moment("and before this")}
_WHOSE: Final = ("calendarId", "userId", "groupId")
_EVENT: Final = record(
    {
        "id": text(),
        **{name: text() for name in ("calendarId", "locationId", "groupId", "assignedUserId", "title", "appointmentStatus")},
        **{name: nullable(text()) for name in ("contactId", "address", "notes", "description", "rrule", "masterEventId")},
        **{name: text("ISO 8601") for name in ("startTime", "endTime", "dateAdded", "dateUpdated")},
        "users": list_of(text()),
        "assignedResources": list_of(text()),
    },
    required=("id",),
    open=True,
)


def _of_somebody(input: JSONObject) -> JSONObject:
    """The vendor wants to know whose events, and does not say so in its description."""
    if not any(input.get(name) for name in _WHOSE):
        raise MappingError("calendarId is missing", field="calendarId", hint=f"Give one of {', '.join(_WHOSE)}.")
    return in_numbers("startTime", "endTime", as_text=True)(input)


def _events(key: str, id: str, title: str, about: str) -> Operation:
    listing = declared(
        key,
        id,
        title,
        CALENDARS,
        about=about,
        add=_WINDOW,
        output=items_of(_EVENT, "events"),
        items="events",
        id_field="id",
        updated_field="dateUpdated",
    )
    return around(listing, before=_of_somebody)


LIST_EVENTS: Final = _events(
    "GET /calendars/events", "calendars.list_events", "List Calendar Events", "Of a calendar, a user or a group, in a stretch of time"
)
LIST_BLOCKED: Final = _events(
    "GET /calendars/blocked-slots", "calendars.list_blocked_slots", "List Blocked Slots", "Of a calendar, a user or a group"
)


def _looked_up(reading: Operation, *fields: str) -> Looked:
    """What a lost booking made: an event at the same time in the same calendar that agrees in `fields`."""

    async def find(caller: Caller, input: JSONObject) -> JSON | None:
        begins = since_1970(input["startTime"], "startTime")
        asked: JSONObject = {"calendarId": input["calendarId"], "startTime": begins, "endTime": begins + _DAY_MS}

        def fits(event: JSONObject) -> bool:
            at = event.get("startTime")
            return at is not None and since_1970(at, "startTime") == begins and agrees(event, input, fields)

        return await first(caller, reading, asked, fits)

    return Looked(find, reading)


# ── appointments and blocked slots ───────────────────────────────────────────────────────────────────────────────────


def _booking(key: str, id: str, title: str, **facts: Any) -> Operation:
    return around(declared(key, id, title, CALENDARS, add=BOOKED, id_field="id", **facts), before=booked)


CREATE: Final = _booking(
    "POST /calendars/events/appointments",
    "calendars.create_appointment",
    "Create Appointment",
    repeat=_looked_up(LIST_EVENTS, "contactId"),
)
UPDATE: Final = _booking(
    "PUT /calendars/events/appointments/{eventId}",
    "calendars.update_appointment",
    "Update Appointment",
    about="Cancels it with appointmentStatus cancelled; for a whole series give the id of its master event",
)
CREATE_BLOCK: Final = _booking(
    "POST /calendars/events/block-slots",
    "calendars.create_block_slot",
    "Create Block Slot",
    required=("calendarId", "startTime", "endTime"),
    repeat=_looked_up(LIST_BLOCKED, "title"),
)
UPDATE_BLOCK: Final = _booking("PUT /calendars/events/block-slots/{eventId}", "calendars.update_block_slot", "Update Block Slot")

# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_NOTES: Final = "/calendars/appointments/{appointmentId}/notes"
_NOTE: Final = "/calendars/appointments/{appointmentId}/notes/{noteId}"
_MOST_NOTES: Final = 20


def _more_notes(input: JSONObject, answer: JSON) -> JSONObject | None:
    found = len(as_list(as_object(answer).get("notes")))
    return {**input, "offset": counted(input.get("offset"), 0) + found} if found and as_object(answer).get("hasMore") is True else None


LIST_NOTES: Final = declared(
    f"GET {_NOTES}",
    "calendars.list_appointment_notes",
    "List Appointment Notes",
    CALENDARS,
    add={"limit": size(_MOST_NOTES), "offset": start()},
    defaults={"limit": _MOST_NOTES, "offset": 0},
    items="notes",
    id_field="id",
    next_page=_more_notes,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    around(_SLOTS, before=_slots_window, after=_slots),
    LIST_EVENTS,
    LIST_BLOCKED,
    declared(
        "GET /calendars/events/appointments/{eventId}",
        "calendars.get_appointment",
        "Get Appointment",
        CALENDARS,
        output=record({"event": _EVENT}, required=("event",), open=True),
        record="event",
        id_field="id",
        updated_field="dateUpdated",
    ),
    CREATE,
    UPDATE,
    gone_is_done(
        declared(
            "DELETE /calendars/events/{eventId}",
            "calendars.delete_event",
            "Delete Event",
            CALENDARS,
            about="An appointment or a blocked slot; to cancel an appointment, update its status",
            leave_out=("body",),
            call={"whole": False},  # the vendor wants an empty object, and asks for nothing in it
        )
    ),
    CREATE_BLOCK,
    UPDATE_BLOCK,
    LIST_NOTES,
    declared(
        f"POST {_NOTES}",
        "calendars.create_appointment_note",
        "Create Appointment Note",
        CALENDARS,
        record="note",
        id_field="id",
        repeat=listed(LIST_NOTES, "body", "userId", within=("appointmentId",), wrap="note"),
    ),
    declared(f"PUT {_NOTE}", "calendars.update_appointment_note", "Update Appointment Note", CALENDARS, record="note", id_field="id"),
    gone_is_done(declared(f"DELETE {_NOTE}", "calendars.delete_appointment_note", "Delete Appointment Note", CALENDARS)),
)
