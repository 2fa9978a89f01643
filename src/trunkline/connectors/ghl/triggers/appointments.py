"""What can happen to an appointment."""

from typing import Final

from trunkline.connect.declaration import Caller, Operation, Trigger, Window
from trunkline.connect.watching import epoch_ms
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.operations import calendars
from trunkline.connectors.ghl.operations.appointments import LIST_EVENTS
from trunkline.connectors.ghl.triggers.shaping import any_of, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, changed, created, happened
from trunkline.model.clock import from_iso, iso
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import text

_WHOSE: Final = ("calendarId", "userId", "groupId")
_IN_ZONE: Final = ("start_time", "end_time")


async def read_events(caller: Caller, input: JSONObject) -> JSON:
    """The events of a calendar, user or group, or of every calendar: the vendor lists them only by one of these."""
    if any(input.get(name) for name in _WHOSE):
        return await caller.call(LIST_EVENTS, input)
    found: dict[str, JSON] = {}
    for calendar in as_list(as_object(await caller.call(calendars.LIST, {})).get("calendars")):
        answer = await caller.call(LIST_EVENTS, {**input, "calendarId": as_object(calendar).get("id")})
        found.update({str(as_object(event).get("id")): event for event in as_list(as_object(answer).get("events"))})
    return {"events": [*found.values()]}


_EVERY: Final = Operation(
    id="calendars.every_event",
    title="Events of every calendar",
    category=CALENDARS,
    kind="read",
    call=read_events,
    takes=lambda: LIST_EVENTS.input,
    gives=lambda: LIST_EVENTS.output,
    items="events",
    id_field="id",
    updated_field="dateUpdated",
    scopes=tuple(dict.fromkeys((*LIST_EVENTS.scopes, *calendars.LIST.scopes))),
)


def _instants(appointment: JSONObject) -> JSONObject:
    return {**appointment, **{name: _instant(appointment[name]) for name in _IN_ZONE}}


def _instant(value: JSON) -> JSON:
    """The same instant is written in one zone here and in another there."""
    try:
        return iso(from_iso(str(value)))
    except (ValueError, OverflowError):
        return value


APPOINTMENT: Final = Noun(
    under="appointment",
    category=CALENDARS,
    inside="appointment",
    fields={
        "id": text("The appointment's id"),
        **texts("title", "calendar_id", "contact_id", "group_id", "appointment_status", "assigned_user_id", "address", "notes", "source"),
        **texts("start_time", "end_time"),
        **any_of("users"),
        **times("date_added", "date_updated"),
        **LOCATION,
    },
    identity=(
        "title",
        "calendar_id",
        "contact_id",
        "group_id",
        "appointment_status",
        "assigned_user_id",
        "address",
        "notes",
        "start_time",
        "end_time",
    ),
    compared=_instants,
    asks={"calendarId": "calendar_id", "userId": "assigned_user_id", "groupId": "group_id"},
)
_LISTING: Final = Listing(
    read=_EVERY,
    created="dateAdded",
    updated="dateUpdated",
    narrows=_WHOSE,
    window=Window(begin="startTime", end="endTime", days_back=1, days_ahead=60, spell=epoch_ms),
    every_s=600,
)
_REACH: Final = "The poll looks at appointments from days_back ago to days_ahead from now, of every calendar unless one is named"

TRIGGERS: Final[tuple[Trigger, ...]] = (
    created(APPOINTMENT, "appointments.created", "Appointment booked", "AppointmentCreate", listing=_LISTING, about=_REACH),
    changed(
        APPOINTMENT,
        "appointments.changed",
        "Appointment booked or changed",
        "AppointmentCreate",
        "AppointmentUpdate",
        listing=_LISTING,
        about=f"Time, status, calendar, owner, words. {_REACH}",
    ),
    happened(APPOINTMENT, "appointments.deleted", "Appointment deleted", "AppointmentDelete"),
)
