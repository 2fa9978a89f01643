"""Reads that are watched: every list and record that people poll, as triggers.

One scheme of names: the read's id, then `.new` for items that were not there before, `.changed` for those that are new or changed, and
`.deleted` for those that are not there any more; of a read of one record there is `.changed` alone. The title is the read's, and what is
news.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Operation, Trigger, Window
from trunkline.connect.gone import gone
from trunkline.connect.watching import Reading, Shape, epoch_ms, watch
from trunkline.connectors.ghl.answers import says_missing
from trunkline.connectors.ghl.operations import OPERATIONS
from trunkline.connectors.ghl.triggers.shaping import AS_CONTACT, SNAKED
from trunkline.model.clock import from_iso, iso, later
from trunkline.model.connection import Account
from trunkline.model.json import JSONObject, as_list
from trunkline.model.schema import Schema

_READS: Final[Mapping[str, Operation]] = {operation.id: operation for operation in OPERATIONS}
_FILLED: Final = ("locationId", "location_id", "altId", "altType", "companyId", "custom_fields")
"""What the connection knows, and custom fields by name: a payload has all of them."""

_DAY_S: Final = 86_400
_WHOLE_S: Final = 900
"""How often a list without times is read to its end."""

_ADDED: Final = "dateAdded"
_UPDATED: Final = "dateUpdated"
_CREATED: Final = "createdAt"
_WHOSE: Final = ("calendarId", "userId", "groupId")


_USUAL: Final = Reading(leave_out=_FILLED, missing=says_missing, every_s=_WHOLE_S)
_OFTEN: Final = replace(_USUAL, every_s=300)


def _new(
    key: str, under: str, *, created: str | None = None, shape: Shape = SNAKED, reading: Reading | None = None, **facts: Any
) -> Trigger:
    read = _READS[key]
    title = f"{read.title}: new"
    return watch(
        read, id=f"{key}.new", title=title, news="new", under=under, stamp=created, shape=shape, reading=reading or _USUAL, **facts
    )


def _changed(key: str, under: str, *, shape: Shape = SNAKED, reading: Reading | None = None, **facts: Any) -> Trigger:
    read = _READS[key]
    title = f"{read.title}: new or changed"
    return watch(read, id=f"{key}.changed", title=title, under=under, shape=shape, reading=reading or _USUAL, **facts)


def _both(key: str, under: str, *, created: str | None = None, **facts: Any) -> Iterator[Trigger]:
    yield _new(key, under, created=created, **facts)
    yield _changed(key, under, **facts)


def _all(key: str, under: str, *, created: str | None = None, keeps: tuple[str, ...] = ("name",), **facts: Any) -> Iterator[Trigger]:
    """What is new, what changed and what is gone."""
    yield from _both(key, under, created=created, **facts)
    read = _READS[key]
    yield gone(
        read,
        id=f"{key}.deleted",
        title=f"{read.title}: deleted",
        under=under,
        keeps=keeps,
        shape=SNAKED,
        reading=_USUAL,
        about="Told when two reads in a row did not show it",
    )


def _one(key: str, under: str, *, shape: Shape = SNAKED, **facts: Any) -> Trigger:
    read = _READS[key]
    return watch(
        read, id=f"{key}.changed", title=f"{read.title}: changed", news="record", under=under, shape=shape, reading=_USUAL, **facts
    )


# ── lists that are read in a way of their own ────────────────────────────────────────────────────────────────────────


def _itself(since: str) -> JSONObject:  # noqa: ARG001 - the time becomes a filter among others, below
    return {}


def _begun_since(since: str) -> JSONObject:
    return {"startDate": since}


def _found(suffix: str, field: str) -> Trigger:
    """Contacts found by words or filters, asked for by their time: search can do that, and sorts by it."""
    begin: JSONObject = {"pageLimit": 100, "sort": [{"field": field, "direction": "asc"}]}
    reading = replace(_OFTEN, begin=begin, since=_itself)
    make = _new if suffix == "new" else _changed
    facts = {"created": field} if suffix == "new" else {"stamp": field}
    trigger = make("contacts.search", "contact", shape=AS_CONTACT, reading=reading, **facts)
    assert trigger.poll is not None
    start = trigger.poll.start

    def filtered(since: str | None, account: Account, input: JSONObject) -> JSONObject:
        page = start(None, account, input)
        later_than: JSONObject = {"field": field, "operator": "range", "value": {"gte": since}}
        return page if since is None else {**page, "filters": [*as_list(page.get("filters")), later_than]}

    return replace(trigger, poll=replace(trigger.poll, start=filtered))


_EVENTS: Final = replace(_OFTEN, window=Window(begin="startTime", end="endTime", days_back=1, days_ahead=60, spell=epoch_ms))
_SLOTS: Final = replace(_USUAL, window=Window(begin="startDate", end="endDate", days_back=0, days_ahead=14, most_days=31, spell=epoch_ms))
_BY_MESSAGE: Final = replace(_OFTEN, begin={"limit": 100, "sortBy": "last_message_date", "sort": "desc"}, newest_first=True)
_BEGUN: Final = replace(_OFTEN, begin={"limit": 100}, since=_begun_since)
_MESSAGES: Final = replace(_OFTEN, begin={"limit": 100}, newest_first=True)


def _day_before(since: str) -> JSONObject:
    """Submissions are asked for by day, in a zone nobody tells."""
    return {"startAt": iso(later(from_iso(since), -_DAY_S))[:10]}


_SUBMITTED: Final = replace(_OFTEN, begin={"limit": 100}, leave_out=(*_FILLED, "startAt", "endAt"), since=_day_before)


def _whose(key: str) -> Callable[[], Schema]:
    """The vendor lists events of somebody only."""

    def takes() -> Schema:
        plain = _new(key, "x", reading=_EVENTS).input or {}
        return {**plain, "anyOf": [{"required": [name]} for name in _WHOSE]}

    return takes


_NO_EDITS: Final = "Asks for a time only: what is changed outside of days_back and days_ahead is told when it comes into reach"

# ── all of them ──────────────────────────────────────────────────────────────────────────────────────────────────────

LISTED: Final[tuple[Trigger, ...]] = (
    _one("contacts.get", "contact", shape=AS_CONTACT),
    _found("new", _ADDED),
    _found("changed", _UPDATED),
    *_both("contacts.list_by_business", "contact", created=_ADDED, shape=AS_CONTACT, sample="contacts.list_by_business.changed.json"),
    _one("contacts.find_duplicate", "contact", shape=AS_CONTACT),
    *_both("contacts.list_appointments", "appointment", created=_ADDED, sample="contacts.list_appointments.changed.json"),
    *_all("contacts.list_tasks", "task", keeps=("title",)),
    _one("contacts.get_task", "task"),
    *_all("contacts.list_notes", "note", created=_ADDED, keeps=()),
    _one("contacts.get_note", "note"),
    *_both("contacts.list", "contact", created=_ADDED, shape=AS_CONTACT),
    *_all("calendars.list_groups", "group"),
    *_all("calendars.list", "calendar"),
    _one("calendars.get", "calendar"),
    _new("calendars.get_free_slots", "slot", reading=_SLOTS, about="A time that could not be booked before, or has come into reach"),
    *_both("calendars.list_events", "event", created=_ADDED, reading=_EVENTS, takes=_whose("calendars.list_events"), about=_NO_EDITS),
    *_both(
        "calendars.list_blocked_slots",
        "event",
        created=_ADDED,
        reading=_EVENTS,
        takes=_whose("calendars.list_blocked_slots"),
        about=_NO_EDITS,
    ),
    _one("calendars.get_appointment", "appointment"),
    *_both("calendars.list_appointment_notes", "note", created=_ADDED),
    *_both("calendars.list_notifications", "notification"),
    _one("calendars.get_notification", "notification"),
    *_all("calendars.list_resources", "resource"),
    _one("calendars.get_resource", "resource"),
    *_both("opportunities.search", "opportunity", created=_CREATED),
    _one("opportunities.get", "opportunity"),
    *_all("opportunities.list_pipelines", "pipeline"),
    *_both("users.search", "user"),
    *_both("users.filter_by_email", "user"),
    _one("users.get", "user"),
    *_all("users.list_by_location", "user", keeps=("name", "email")),
    _new("conversations.search", "conversation", created=_ADDED, reading=_BEGUN),
    _changed("conversations.search", "conversation", reading=_BY_MESSAGE, about="There is a newer message in it"),
    _one("conversations.get", "conversation"),
    _one("conversations.get_email", "email"),
    _one("conversations.get_message", "message", about="Its status, for one that was sent"),
    _new("conversations.list_messages", "message", created=_ADDED, reading=_MESSAGES),
    _one("conversations.get_recording", "recording", about="There is one now: what it is, not the sound itself"),
    _one("conversations.get_transcription", "transcription", about="There is one now, or more of it"),
    _one("conversations.download_transcription", "transcription", about="There is one now, or more of it"),
    _one("businesses.get", "business"),
    *_all("businesses.list", "business", created=_CREATED),
    *_all("workflows.list", "workflow", created=_CREATED),
    *_both("snapshots.list", "snapshot"),
    *_both("campaigns.list", "campaign"),
    *_both("locations.list", "location"),
    *_all("custom_fields.list", "custom_field"),
    _one("companies.get", "company"),
    *_both("associations.find", "association"),
    _one("associations.get", "association"),
    _one("associations.get_by_key", "association"),
    *_both("associations.get_by_object_keys", "association"),
    *_both("associations.list_relations", "relation"),
    _one("blogs.check_slug", "slug", about="It was taken, or became free"),
    *_both("blogs.list_authors", "author"),
    *_both("blogs.list_categories", "category"),
    *_both("blogs.list_posts", "post", created="publishedAt"),
    *_both("blogs.list", "blog"),
)
"""The reads that people know as triggers."""

MORE: Final[tuple[Trigger, ...]] = (
    _new("forms.list_submissions", "submission", created=_CREATED, reading=_SUBMITTED),
    _new("surveys.list_submissions", "submission", created=_CREATED, reading=_SUBMITTED),
    *_both("payments.list_transactions", "transaction", created=_CREATED),
    *_both("payments.list_subscriptions", "subscription", created=_CREATED),
)
"""What else there is no event for."""

TRIGGERS: Final[tuple[Trigger, ...]] = (*LISTED, *MORE)
