"""How the simulated sub-account answers about calendars: free slots, no booking twice, windows in milliseconds."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

CALENDAR: Final = "cAlEnDaR000000000001"
GROUP: Final = "gRoUp0000000000000A1"
USER: Final = "uSeR0000000000000001"
APPOINTMENT: Final = "eVeNt0000000000000A1"
BLOCKED: Final = "bLoCk0000000000000A1"

_EVENTS: Final = "/calendars/events"
_CALENDARS: Final = "/calendars"
_RESOURCES: Final = "/calendars/resources"
_OPENS: Final = 9
_CLOSES: Final = 17
_SLOT_MIN: Final = 30
_MOST_DAYS: Final = 31
_MS: Final = 1_000


class CalendarCalls:
    """The handlers. Every calendar is open from 9 to 17 UTC, every day."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        one, blocked = "/calendars/events/appointments/{eventId}", "/calendars/events/block-slots"
        return {
            "GET /calendars/{calendarId}/free-slots": self._free,
            "GET /calendars/events": lambda request, _: self._listed(request, blocked=False),
            "GET /calendars/blocked-slots": lambda request, _: self._listed(request, blocked=True),
            "POST /calendars/events/appointments": self._book,
            f"GET {one}": lambda request, _: {"event": self._event(request.path_params["eventId"])},
            f"PUT {one}": self._change,
            "DELETE /calendars/events/{eventId}": self._delete,
            f"POST {blocked}": self._block,
            f"PUT {blocked}/{{eventId}}": self._change,
            "GET /calendars/resources/{resourceType}": self._list_resources,
            "POST /calendars/resources/{resourceType}": self._create_resource,
            "POST /calendars/groups/validate-slug": self._validate,
            "POST /calendars/{calendarId}/notifications": self._notify,
        }

    def seed(self) -> None:
        """An appointment and a blocked slot."""
        begins = "2026-12-01T10:00:00.000Z"
        person: JSONObject = {"contactId": ADA, "title": "Roof inspection", "startTime": begins, "assignedUserId": USER}
        self.add({"calendarId": CALENDAR, **person, "appointmentStatus": "confirmed"}, id=APPOINTMENT)
        self.add({"calendarId": CALENDAR, "title": "Lunch", "startTime": "2026-12-01T12:00:00.000Z"}, id=BLOCKED, blocked=True)

    def add(self, fields: JSONObject, *, id: str = "", blocked: bool = False) -> JSONObject:
        """Something in a calendar, as long as a slot unless it says otherwise."""
        if not fields.get("startTime"):
            raise Refused(422, "startTime must be a valid ISO 8601 date string")
        begins = from_iso(str(fields["startTime"]))
        ends = from_iso(str(fields["endTime"])) if fields.get("endTime") else Instant(begins + _SLOT_MIN * 60_000_000)
        at = iso(self._where.now())
        event: JSONObject = {
            "title": str(self._calendar(str(fields["calendarId"])).get("name")),
            "contactId": "",
            "assignedUserId": "",
            "appointmentStatus": "" if blocked else "new",
            **fields,
            "id": id or fresh("e").removeprefix("e_"),
            "locationId": self._where.location,
            "groupId": self._calendar(str(fields["calendarId"])).get("groupId") or "",
            "users": [],
            "startTime": iso(begins),
            "endTime": iso(ends),
            "dateAdded": at,
            "dateUpdated": at,
            "isRecurring": False,
            "blocked": blocked,
        }
        self._where.held().put(_EVENTS, str(event["id"]), event)
        return event

    # ── free slots ──

    def _free(self, request: Request, _: JSON) -> JSON:
        """Whole slots of the days asked for that nothing stands in, in the zone that is asked for."""
        query, calendar = request.query_params, request.path_params["calendarId"]
        self._calendar(calendar)
        begins, ends = int(query["startDate"]), int(query["endDate"])
        if ends - begins > _MOST_DAYS * 86_400_000:
            raise Refused(400, "The date range cannot be more than 31 days")
        zone, days = _zone(query.get("timezone", "UTC")), dict[str, JSON]()
        for slot in _slots(begins, ends):
            if self._is_free(calendar, slot, slot + timedelta(minutes=_SLOT_MIN)):
                there = slot.astimezone(zone)
                day = as_object(days.setdefault(there.date().isoformat(), {"slots": []}))
                as_list(day["slots"]).append(there.isoformat())
        return {**days, "traceId": fresh("t")}

    def _is_free(self, calendar: str, begins: datetime, ends: datetime, *, but: str = "") -> bool:
        for event in self._where.held().all(_EVENTS):
            taken = event["calendarId"] == calendar and event["id"] != but and event["appointmentStatus"] not in ("cancelled", "invalid")
            if taken and _moment(event["startTime"]) < ends and begins < _moment(event["endTime"]):
                return False
        return True

    # ── events ──

    def _calendar(self, id: str) -> JSONObject:
        found = self._where.held().get(_CALENDARS, id)
        if found is None:
            raise Refused(404, "Calendar not found")
        return found

    def _event(self, id: str) -> JSONObject:
        found = self._where.held().get(_EVENTS, id)
        if found is None:
            raise Refused(404, "Event not found")
        return found

    def _listed(self, request: Request, *, blocked: bool) -> JSON:
        query = request.query_params
        asked = {"calendarId": "calendarId", "userId": "assignedUserId", "groupId": "groupId"}
        if not any(query.get(name) for name in asked):
            raise Refused(422, ["userId, calendarId or groupId is required"])
        begins, ends = int(query["startTime"]), int(query["endTime"])
        found = [
            event
            for event in self._where.held().all(_EVENTS)
            if event["blocked"] is blocked
            and all(query.get(name) in (None, "", event[field]) for name, field in asked.items())
            and begins <= from_iso(str(event["startTime"])) // _MS < ends
        ]
        found.sort(key=lambda event: str(event["startTime"]))
        return {"events": [*found]}

    def _book(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        self._where.contact(str(asked["contactId"]))
        event = self.add(asked)
        if not asked.get("ignoreFreeSlotValidation") and not self._fits(event):
            self._where.held().remove(_EVENTS, str(event["id"]))
            raise Refused(400, "The slot you have selected is no longer available.")
        self._where.announce("AppointmentCreate", {"appointment": event})
        return event

    def _fits(self, event: JSONObject) -> bool:
        begins, ends = _moment(event["startTime"]), _moment(event["endTime"])
        return self._is_free(str(event["calendarId"]), begins, ends, but=str(event["id"]))

    def _block(self, _: Request, body: JSON) -> JSON:
        return self.add({"title": "", **as_object(body)}, blocked=True)

    def _change(self, request: Request, body: JSON) -> JSON:
        event = self._event(request.path_params["eventId"])
        before = dict(event)
        event.update({name: value for name, value in as_object(body).items() if name != "locationId"})
        event["dateUpdated"] = iso(self._where.now())
        if not event["blocked"] and event["startTime"] != before["startTime"] and not self._fits(event):
            event.update(before)
            raise Refused(400, "The slot you have selected is no longer available.")
        if not event["blocked"]:
            self._where.announce("AppointmentUpdate", {"appointment": event})
        return event

    def _delete(self, request: Request, _: JSON) -> JSON:
        event = self._event(request.path_params["eventId"])
        self._where.held().remove(_EVENTS, str(event["id"]))
        if not event["blocked"]:
            self._where.announce("AppointmentDelete", {"appointment": event})
        return {"succeeded": True}

    # ── rooms, equipment, groups ──

    def _list_resources(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        found = self._where.held().all(f"{_RESOURCES}/{request.path_params['resourceType']}")
        begin = int(query["skip"])
        return [*found[begin : begin + int(query["limit"])]]

    def _create_resource(self, request: Request, body: JSON) -> JSON:
        kind, id = request.path_params["resourceType"], fresh("r").removeprefix("r_")
        made: JSONObject = {**as_object(body), "_id": id, "resourceType": kind, "isActive": True}
        self._where.held().put(f"{_RESOURCES}/{kind}", id, made)
        return made

    def _notify(self, request: Request, body: JSON) -> JSON:
        """A list comes, and a list is told."""
        calendar = str(self._calendar(request.path_params["calendarId"])["id"])
        made: list[JSONObject] = [
            {"isActive": True, **as_object(one), "_id": fresh("n").removeprefix("n_"), "deleted": False} for one in as_list(body)
        ]
        for one in made:
            self._where.held().put(f"/calendars/{calendar}/notifications", str(one["_id"]), one)
        return [*made]

    def _validate(self, _: Request, body: JSON) -> JSON:
        slug = as_object(body)["slug"]
        return {"available": all(group.get("slug") != slug for group in self._where.held().all("/calendars/groups"))}


def calendars(location: str) -> Mapping[str, list[JSONObject]]:
    """What there is besides events, by the path of its collection."""
    at = "2026-10-01T08:00:00.000Z"
    group: JSONObject = {"id": GROUP, "locationId": location, "name": "Roof visits", "description": "Visits", "slug": "roof-visits"}
    notification: JSONObject = {"_id": "nOtIfY00000000000001", "receiverType": "contact", "channel": "email", "notificationType": "booked"}
    room: JSONObject = {"locationId": location, "name": "Meeting room", "resourceType": "rooms", "isActive": True}
    rule: JSONObject = {"type": "wday", "day": "monday", "intervals": [{"from": "09:00", "to": "17:00"}]}
    own: JSONObject = {"locationId": location, "name": "Office hours", "timezone": "America/New_York", "userId": USER}
    return {
        "calendars": [{"id": CALENDAR, "locationId": location, "groupId": GROUP, "name": "Roof inspection", "isActive": True}],
        "calendars/groups": [{**group, "isActive": True}],
        f"calendars/{CALENDAR}/notifications": [{**notification, "isActive": True, "subject": "Booked"}],
        "calendars/resources/rooms": [{"_id": "rOoM00000000000000A1", **room, "capacity": 4, "calendarIds": [CALENDAR]}],
        "calendars/schedules": [
            {"id": "sChEdUlE000000000001", **own, "rules": [rule], "dateAdded": at, "dateUpdated": at, "calendarIds": [], "deleted": False}
        ],
        f"calendars/appointments/{APPOINTMENT}/notes": [
            {"id": "aPnOtE00000000000001", "body": "Ring twice", "userId": USER, "dateAdded": at, "contactId": ADA}
        ],
    }


def _slots(begins: int, ends: int) -> Iterator[datetime]:
    """The beginnings of whole slots in opening hours between two times in milliseconds."""
    last = datetime.fromtimestamp(ends / _MS, UTC)
    slot = datetime.fromtimestamp(begins / _MS, UTC).replace(minute=0, second=0, microsecond=0)
    while slot + timedelta(minutes=_SLOT_MIN) <= last:
        if slot.timestamp() * _MS >= begins and _OPENS <= slot.hour < _CLOSES:
            yield slot
        slot += timedelta(minutes=_SLOT_MIN)


def _moment(time: JSON) -> datetime:
    moment = datetime.fromisoformat(str(time))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise Refused(400, "Invalid timezone") from exc
