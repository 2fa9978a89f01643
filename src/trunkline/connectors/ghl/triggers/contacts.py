"""What can happen to a contact, its notes and tasks; webhook and poll say it in the same words, so the poll finds what a webhook lost."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Poll, Trigger
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.contact import CONTACT, closed_channels, contact_of, identity, sorted_tags
from trunkline.connectors.ghl.operations.tasks import SEARCH
from trunkline.connectors.ghl.triggers.shaping import flags, texts, times
from trunkline.connectors.ghl.triggers.telling import ENVELOPE, LOCATION, Listing, Noun, changed, created, happened, reached
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, list_of, nullable, record, text

PAGE: Final = 100
CATEGORY: Final = "Contacts"

_OUTPUT: Final[dict[str, Schema]] = {"contact": CONTACT, "location_id": nullable(text("The sub-account"))}


def from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no contact."""
    payload = _payload({name: value for name, value in body.items() if name not in ENVELOPE})
    contact_id = contact(payload)["id"]
    return payload if contact_id and isinstance(contact_id, str) else None


def from_search(item: JSONObject) -> JSONObject:
    """The payload of a contact found by a poll."""
    return _payload(item)


def _payload(raw: JSONObject) -> JSONObject:
    contact = contact_of(raw)
    return {"contact": contact, "location_id": contact.pop("location_id", None)}


def contact(payload: JSONObject) -> JSONObject:
    return as_object(payload["contact"])


def _record_key(payload: JSONObject) -> str:
    return str(contact(payload)["id"])


def polled(field: str, cursor: str) -> Poll:
    """Contacts whose `field` is not before the last poll, oldest first; search lags behind writes by seconds, hence the overlap."""

    def start(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - the location comes with the call
        page: JSONObject = {"pageLimit": PAGE, "sort": [{"field": field, "direction": "asc"}]}
        if since is not None:
            page["filters"] = [{"field": field, "operator": "range", "value": {"gte": since}}]
        return page

    def read_cursor(item: JSONObject) -> str | None:
        value = contact_of(item)[cursor]
        return value if isinstance(value, str) else None

    return Poll(read=calls.SEARCH, start=start, payload=from_search, cursor=read_cursor, overlap_s=600, every_s=300)


def _seen(payload: JSONObject) -> JSON:  # noqa: ARG001 - a record counts once, whatever it holds
    return "seen"


def _tags(payload: JSONObject) -> JSON:
    return sorted_tags(contact(payload))


def _retagged(before: JSON, payload: JSONObject) -> JSONObject | None:
    """The payload with what was added and removed since `before`; no news when that is nothing."""
    old, new = _texts(before), _texts(_tags(payload))
    added, removed = sorted(new - old), sorted(old - new)
    return {**payload, "tags_added": [*added], "tags_removed": [*removed]} if added or removed else None


def _texts(tags: JSON) -> set[str]:
    return {tag for tag in as_list(tags) if isinstance(tag, str)}


def _channels(payload: JSONObject) -> JSON:
    closed: list[JSON] = closed_channels(contact(payload))
    return ["all", *closed] if contact(payload)["dnd"] else closed


def _disturbance_changed(before: JSON, payload: JSONObject) -> JSONObject | None:
    """A contact first seen with every channel open is no news."""
    return payload if (before or []) != _channels(payload) else None


_TRIGGER: Final = Trigger(
    id="contacts.changed",
    title="Contact created or changed",
    category=CATEGORY,
    about="Any visible field: names, numbers, address, tags, owner, custom fields. Reports a change once, however it came to light",
    kinds=("ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate"),
    payload=from_webhook,
    poll=polled("dateUpdated", "date_updated"),
    gives=record(_OUTPUT, required=("contact",)),
    record_key=_record_key,
    fingerprint=lambda payload: identity(contact(payload)),
    scopes=calls.READ,
    sample="contacts.changed.json",
)


def _sibling(id: str, title: str, *, kinds: tuple[str, ...], fingerprint: Callable[[JSONObject], JSON], **facts: object) -> Trigger:
    return replace(_TRIGGER, id=id, title=title, kinds=kinds, fingerprint=fingerprint, sample=f"{id}.json", **facts)  # pyright: ignore[reportArgumentType] - facts of Trigger


TRIGGERS: Final[tuple[Trigger, ...]] = (
    _TRIGGER,
    _sibling(
        "contacts.created",
        "Contact created",
        kinds=("ContactCreate",),
        fingerprint=_seen,
        about="Each contact once, when it is first seen",
        poll=polled("dateAdded", "date_added"),
    ),
    _sibling(
        "contacts.tagged",
        "Contact's tags changed",
        kinds=("ContactTagUpdate", "ContactCreate"),
        fingerprint=_tags,
        about="Says which tags came and went; a contact first seen counts all its tags as added",
        gives=record(
            {**_OUTPUT, "tags_added": list_of(text()), "tags_removed": list_of(text())},
            required=("contact",),
        ),
        remember=_tags,
        compare=_retagged,
    ),
    _sibling(
        "contacts.dnd_changed",
        "Contact's do-not-disturb changed",
        kinds=("ContactDndUpdate",),
        fingerprint=_channels,
        about="On every channel or on one of them",
        remember=_channels,
        compare=_disturbance_changed,
    ),
    Trigger(
        id="contacts.deleted",
        title="Contact deleted",
        category=CATEGORY,
        about="Tells what the contact was like; no list tells of it, so a lost delivery stays lost",
        kinds=("ContactDelete",),
        payload=from_webhook,
        gives=record(_OUTPUT, required=("contact",)),
        record_key=_record_key,
        scopes=calls.READ,
        sample="contacts.deleted.json",
    ),
)

# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOTE: Final = Noun(
    under="note",
    category=CATEGORY,
    fields={"id": text("The note's id"), **texts("body", "contact_id", "user_id"), **times("date_added"), **LOCATION},
    identity=("body", "contact_id"),
    asks={"contactId": "contact_id"},
    scopes=calls.READ,
)
_NO_LIST: Final = "The vendor lists notes by contact only, so a lost delivery is not found again"

NOTES: Final[tuple[Trigger, ...]] = (
    created(NOTE, "notes.created", "Note added to a contact", "NoteCreate", about=_NO_LIST),
    changed(NOTE, "notes.changed", "Note of a contact changed", "NoteUpdate", about=_NO_LIST),
    happened(NOTE, "notes.deleted", "Note of a contact deleted", "NoteDelete", about=_NO_LIST),
)

# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _mended_task(task: JSONObject) -> JSONObject:
    """Lists say `_id` and sometimes hold the contact's details instead of its id; a task event may come without contact and body.

    Vendor repository, issue 332 (open), read 2026-11-21.
    """
    details = as_object(task.get("contact_details"))
    return {**task, "contact_id": task["contact_id"] or details.get("id") or details.get("contact_id")}


TASK: Final = Noun(
    under="task",
    category=CATEGORY,
    fields={
        "id": text("The task's id"),
        **texts("title", "body", "contact_id", "assigned_to", "due_date"),
        **flags("completed"),
        **times("date_added"),
        **LOCATION,
    },
    mend=_mended_task,
    asks={"contactId": "contact_id", "assignedTo": "assigned_to"},
    scopes=calls.READ,
)
_WHOSE: Final = "The event may leave out whose it is: ghl.tasks.find tells"
_TASKS: Final = Listing(read=SEARCH, begin={"limit": PAGE, "skip": 0})


def _completed(body: JSONObject) -> JSONObject | None:
    """The event does not say what its name says."""
    return TASK.from_delivery({**body, "completed": True})


TASKS: Final[tuple[Trigger, ...]] = (
    created(TASK, "tasks.created", "Task created", "TaskCreate", listing=_TASKS, about=_WHOSE),
    reached(
        TASK,
        "tasks.completed",
        "Task completed",
        "TaskComplete",
        fields=("completed",),
        when=lambda task: task["completed"] is True,
        listing=_TASKS,
        payload=_completed,
        about=f"Once, until it is opened and completed again. {_WHOSE}",
    ),
    happened(TASK, "tasks.deleted", "Task deleted", "TaskDelete"),
)
