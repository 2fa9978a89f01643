"""The vendor's contact calls as they are: method, path, version and what goes in and comes out."""

from collections.abc import Mapping
from typing import Final

from trunkline.connect.declaration import Call, Kind, Operation, get, send
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, integer, list_of, nullable, number, one_of, record, text

VERSION: Final = (("version", "2021-07-28"),)
"""Every contact operation wants this header; it is a property of the operation, not of the client (official description, 2026-05-01)."""

LOCATION: Final = {"locationId": "location"}
"""The connection knows its sub-account, so no flow has to repeat it."""

READ: Final = ("contacts.readonly",)
WRITE: Final = ("contacts.write",)

# ── what goes in ─────────────────────────────────────────────────────────────────────────────────────────────────────

_LOCATION_ID = {"locationId": text("Sub-account; the connection's own when left out")}
_CONTACT_ID = {"contactId": text("The contact's id", min_length=1)}
_NOTE_ID = {"id": text("The note's id", min_length=1)}
_TASK_ID = {"taskId": text("The task's id", min_length=1)}

_CHANNEL = record(
    {"status": text(choices=("active", "inactive", "permanent")), "message": text(), "code": text()},
    required=("status",),
)

FIELDS: Final[Mapping[str, Schema]] = {
    "firstName": nullable(text()),
    "lastName": nullable(text()),
    "name": nullable(text()),
    "email": nullable(text()),
    "phone": nullable(text("Any spelling; the vendor stores it as E.164")),
    "address1": nullable(text()),
    "city": nullable(text()),
    "state": nullable(text()),
    "postalCode": text(),
    "website": nullable(text()),
    "timezone": nullable(text("IANA name, America/Chicago")),
    "dnd": boolean("Do not disturb on every channel"),
    "dndSettings": record(dict.fromkeys(("Call", "Email", "SMS", "WhatsApp", "GMB", "FB"), _CHANNEL)),
    "inboundDndSettings": record(
        {"all": record({"status": text(choices=("active", "inactive")), "message": text()}, required=("status",))},
    ),
    "tags": list_of(text(), "Replaces all tags of the contact; the tag operations add and remove single ones"),
    "customFields": list_of(record({"id": text(), "key": text(), "field_value": anything()}, required=("id",))),
    "source": text("Where the contact came from"),
    "dateOfBirth": nullable(text("YYYY-MM-DD")),
    "country": text("Two letters, US"),
    "companyName": nullable(text()),
    "assignedTo": text("The owner's user id"),
}
"""What a contact is written with. The two-way keys differ: custom fields are written as `field_value` and read as `value`."""

_NEW_FIELDS = {**FIELDS, "gender": text()}

NOTE_FIELDS: Final[Mapping[str, Schema]] = {
    "userId": text("The author's user id"),
    "body": text(),
    "title": text(),
    "color": text(),
    "pinned": boolean(),
}
TASK_FIELDS: Final[Mapping[str, Schema]] = {
    "title": text(),
    "body": text(),
    "dueDate": text("When it is due", format="date-time"),
    "completed": boolean(),
    "assignedTo": text("The owner's user id"),
}

# ── what comes out ───────────────────────────────────────────────────────────────────────────────────────────────────

CONTACT_ANSWER: Final = record(
    {
        "id": text(),
        "locationId": text(),
        **{name: nullable(text()) for name in ("firstName", "lastName", "email", "phone", "companyName", "dateAdded", "dateUpdated")},
        "tags": list_of(text()),
        "customFields": list_of(record({"id": text(), "value": anything()}, open=True)),
    },
    required=("id",),
    open=True,
)
_NOTE = record({"id": text(), "body": nullable(text()), "contactId": text(), "dateAdded": text()}, required=("id",), open=True)
_TASK = record(
    {"id": text(), "title": text(), "body": nullable(text()), "dueDate": text(), "completed": boolean(), "contactId": text()},
    required=("id",),
    open=True,
)
_DONE = record({"succeded": boolean("The vendor's own spelling")}, open=True)
_TAGS = record({"tags": list_of(text())}, open=True)


def _holding(name: str, schema: Schema, **more: Schema) -> Schema:
    return record({name: schema, **more}, required=(name,), open=True)


# ── the calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _operation(id: str, title: str, call: Call, *, input: Schema, output: Schema, **facts: object) -> Operation:
    kind: Kind = "read" if call.method == "GET" else "write"
    given: dict[str, object] = {
        "kind": kind,
        "scopes": READ if kind == "read" else WRITE,
        "category": _category(id),
        "sample": f"{id}.json",
        **facts,
    }
    return Operation(id=id, title=title, call=call, takes=input, gives=output, **given)  # pyright: ignore[reportArgumentType] - facts of Operation


def _category(id: str) -> str:
    return next((name for part, name in (("note", "Notes"), ("task", "Tasks"), ("tags", "Tags")) if part in id), "Contacts")


def next_search_page(input: JSONObject, page: JSON) -> JSONObject | None:
    """The last contact's `searchAfter` starts the next page; a page shorter than asked for is the last one.

    `page` must not be sent along with it, and alone it reaches 10,000 contacts only.
    """
    contacts = as_list(as_object(page).get("contacts"))
    size = input.get("pageLimit")
    after = as_object(contacts[-1]).get("searchAfter") if contacts else None
    if not after or (isinstance(size, int) and len(contacts) < size):
        return None
    return {**{name: value for name, value in input.items() if name != "page"}, "searchAfter": after}


_CONTACT: dict[str, object] = {"record": "contact", "id_field": "id", "updated_field": "dateUpdated"}
_NOTE_FACTS: dict[str, object] = {"record": "note", "id_field": "id"}
_TASK_FACTS: dict[str, object] = {"record": "task", "id_field": "id"}

_FILTER = record(
    {
        "field": text(),
        "operator": text(choices=("eq", "not_eq", "contains", "not_contains", "exists", "not_exists", "range")),
        "value": anything(),
        "group": text(choices=("AND", "OR")),
        "filters": list_of(anything()),
    },
)

GET_CONTACT = _operation(
    "contacts.get",
    "Get a contact",
    get("/contacts/{contactId}", headers=VERSION),
    input=record(_CONTACT_ID, required=("contactId",)),
    output=_holding("contact", CONTACT_ANSWER),
    **_CONTACT,
)

SEARCH = _operation(
    "contacts.search",
    "Search contacts",
    send("POST", "/contacts/search", headers=VERSION, options=LOCATION),
    kind="read",
    scopes=READ,
    about="Filter and sort by any field; what was written seconds ago may still be missing",
    input=record(
        {
            **_LOCATION_ID,
            "pageLimit": integer("Contacts in one page", minimum=1, maximum=500),
            "page": integer("Reaches the first 10,000 contacts only", minimum=1),
            "searchAfter": list_of(anything(), "Where the page before ended"),
            "query": text("Words to look for", max_length=75),
            "filters": list_of(_FILTER),
            "sort": list_of(record({"field": text(), "direction": text(choices=("asc", "desc"))}, required=("field", "direction"))),
        },
        required=("pageLimit",),
    ),
    output=_holding("contacts", list_of(CONTACT_ANSWER), total=number()),
    items="contacts",
    id_field="id",
    updated_field="dateUpdated",
    next_page=next_search_page,
)

FIND_DUPLICATE = _operation(
    "contacts.find_duplicate",
    "Find a duplicate",
    get("/contacts/search/duplicate", query=("locationId", "number", "email"), headers=VERSION, options=LOCATION),
    about="The contact with this e-mail or number, by the sub-account's own rule for duplicates",
    input=record({**_LOCATION_ID, "number": text(), "email": text()}),
    output=record({"contact": nullable(CONTACT_ANSWER)}, open=True),
    **_CONTACT,
)

CREATE = _operation(
    "contacts.create",
    "Create a contact",
    send("POST", "/contacts/", headers=VERSION, options=LOCATION),
    input=record({**_LOCATION_ID, **_NEW_FIELDS}),
    output=_holding("contact", CONTACT_ANSWER),
    **_CONTACT,
)

UPDATE = _operation(
    "contacts.update",
    "Update a contact",
    # The official description forgot companyName here; the vendor takes it (vendor repository, issue 314, read 2026-11-21).
    send("PUT", "/contacts/{contactId}", headers=VERSION),
    input=record({**_CONTACT_ID, **FIELDS, "source": nullable(text()), "assignedTo": nullable(text())}, required=("contactId",)),
    output=_holding("contact", CONTACT_ANSWER, succeded=boolean()),
    repeat="safe",
    **_CONTACT,
)

UPSERT = _operation(
    "contacts.upsert",
    "Create or update a contact",
    send("POST", "/contacts/upsert", headers=VERSION, options=LOCATION),
    input=record({**_LOCATION_ID, **_NEW_FIELDS, "createNewIfDuplicateAllowed": boolean()}),
    output=_holding("contact", CONTACT_ANSWER, new=boolean("Whether it was created"), unwritten=list_of(text())),
    repeat="safe",
    **_CONTACT,
)

DELETE = _operation(
    "contacts.delete",
    "Delete a contact",
    send("DELETE", "/contacts/{contactId}", headers=VERSION, body=False),
    input=record(_CONTACT_ID, required=("contactId",)),
    output=_DONE,
    repeat="safe",
)

ADD_TAGS = _operation(
    "contacts.add_tags",
    "Add tags to a contact",
    send("POST", "/contacts/{contactId}/tags", headers=VERSION),
    input=record({**_CONTACT_ID, "tags": list_of(text(min_length=1), min_items=1)}, required=("contactId", "tags")),
    output=_TAGS,
    repeat="safe",
)

REMOVE_TAGS = _operation(
    "contacts.remove_tags",
    "Remove tags from a contact",
    send("DELETE", "/contacts/{contactId}/tags", headers=VERSION),
    input=record({**_CONTACT_ID, "tags": list_of(text(min_length=1), min_items=1)}, required=("contactId", "tags")),
    output=_TAGS,
    repeat="safe",
)

BULK_TAGS = _operation(
    "contacts.bulk_update_tags",
    "Add or remove tags of many contacts",
    send("POST", "/contacts/bulk/tags/update/{type}", headers=VERSION, options=LOCATION),
    input=record(
        {
            **_LOCATION_ID,
            "type": text("What to do", choices=("add", "remove")),
            "contacts": list_of(text(), "Contact ids", min_items=1, max_items=500),
            "tags": list_of(text()),
            "removeAllTags": boolean("With `remove` only"),
        },
        required=("type", "contacts", "tags"),
    ),
    output=record({"succeded": boolean(), "errorCount": number(), "responses": list_of(anything())}, open=True),
    repeat="safe",
)

LIST_NOTES = _operation(
    "contacts.list_notes",
    "List a contact's notes",
    get("/contacts/{contactId}/notes", headers=VERSION),
    input=record(_CONTACT_ID, required=("contactId",)),
    output=_holding("notes", list_of(_NOTE)),
    items="notes",
    id_field="id",
)

GET_NOTE = _operation(
    "contacts.get_note",
    "Get a note",
    get("/contacts/{contactId}/notes/{id}", headers=VERSION),
    input=record({**_CONTACT_ID, **_NOTE_ID}, required=("contactId", "id")),
    output=_holding("note", _NOTE),
    **_NOTE_FACTS,
)

CREATE_NOTE = _operation(
    "contacts.create_note",
    "Add a note to a contact",
    send("POST", "/contacts/{contactId}/notes", headers=VERSION),
    input=record({**_CONTACT_ID, **NOTE_FIELDS}, required=("contactId", "body")),
    output=_holding("note", _NOTE),
    **_NOTE_FACTS,
)

UPDATE_NOTE = _operation(
    "contacts.update_note",
    "Change a note",
    send("PUT", "/contacts/{contactId}/notes/{id}", headers=VERSION),
    input=record({**_CONTACT_ID, **_NOTE_ID, **NOTE_FIELDS}, required=("contactId", "id")),
    output=_holding("note", _NOTE),
    repeat="safe",
    **_NOTE_FACTS,
)

DELETE_NOTE = _operation(
    "contacts.delete_note",
    "Delete a note",
    send("DELETE", "/contacts/{contactId}/notes/{id}", headers=VERSION, body=False),
    input=record({**_CONTACT_ID, **_NOTE_ID}, required=("contactId", "id")),
    output=_DONE,
    repeat="safe",
)

LIST_TASKS = _operation(
    "contacts.list_tasks",
    "List a contact's tasks",
    get("/contacts/{contactId}/tasks", headers=VERSION),
    input=record(_CONTACT_ID, required=("contactId",)),
    output=_holding("tasks", list_of(_TASK)),
    items="tasks",
    id_field="id",
)

GET_TASK = _operation(
    "contacts.get_task",
    "Get a task",
    get("/contacts/{contactId}/tasks/{taskId}", headers=VERSION),
    input=record({**_CONTACT_ID, **_TASK_ID}, required=("contactId", "taskId")),
    output=_holding("task", _TASK),
    **_TASK_FACTS,
)

CREATE_TASK = _operation(
    "contacts.create_task",
    "Add a task to a contact",
    send("POST", "/contacts/{contactId}/tasks", headers=VERSION),
    input=record({**_CONTACT_ID, **TASK_FIELDS}, required=("contactId", "title", "dueDate", "completed")),
    output=_holding("task", _TASK),
    **_TASK_FACTS,
)

UPDATE_TASK = _operation(
    "contacts.update_task",
    "Change a task",
    send("PUT", "/contacts/{contactId}/tasks/{taskId}", headers=VERSION),
    input=record({**_CONTACT_ID, **_TASK_ID, **TASK_FIELDS}, required=("contactId", "taskId")),
    output=_holding("task", _TASK),
    repeat="safe",
    **_TASK_FACTS,
)

COMPLETE_TASK = _operation(
    "contacts.complete_task",
    "Complete a task",
    send("PUT", "/contacts/{contactId}/tasks/{taskId}/completed", headers=VERSION),
    input=record({**_CONTACT_ID, **_TASK_ID, "completed": boolean("False opens it again")}, required=("contactId", "taskId", "completed")),
    output=_holding("task", _TASK),
    repeat="safe",
    **_TASK_FACTS,
)

DELETE_TASK = _operation(
    "contacts.delete_task",
    "Delete a task",
    send("DELETE", "/contacts/{contactId}/tasks/{taskId}", headers=VERSION, body=False),
    input=record({**_CONTACT_ID, **_TASK_ID}, required=("contactId", "taskId")),
    output=_DONE,
    repeat="safe",
)

IDENTIFIER: Final = one_of(
    record({"contactId": text(min_length=1)}, required=("contactId",), open=True),
    record({"email": text(min_length=1)}, required=("email",), open=True),
    record({"phone": text(min_length=1)}, required=("phone",), open=True),
    record({"query": text(min_length=1)}, required=("query",), open=True),
)
"""At least one way to recognise a contact."""
