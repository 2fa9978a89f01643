"""What lies beside a contact on the dated surface: notes, properties, and with whom it is shared."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import LookFirst, Operation, Perform
from trunkline.connectors.openphone import quirks
from trunkline.connectors.openphone.surface import ENDPOINTS, NEXT_PAGE, dated, described, listed, paged, pages_of
from trunkline.model.schema import Schema, boolean, nullable, record, text

_CATEGORY: Final = "Contacts"
_CONTACT: Final = {"contactId": text("The contact's id", min_length=1)}
_NOTE: Final = {**_CONTACT, "noteId": text("The note's id", min_length=1)}
_PROPERTY: Final = {**_CONTACT, "propertyId": text("The property's id", min_length=1)}
_TEXT: Final = {"text": text("@ before the id of a user mentions them; the contact never sees a note", min_length=1, max_length=2000)}
_VALUE: Final[dict[str, Schema]] = {
    "name": nullable(text("What it is called: mobile, work")),
    "value": {"type": ["string", "boolean", "number", "array", "object"]},
}


def _list(endpoint: str, id: str, title: str, fields: dict[str, Schema], **facts: Any) -> Operation:
    read = ENDPOINTS.operation(endpoint, id=id)
    return replace(
        read,
        title=title,
        category=_CATEGORY,
        call=listed(read, dated({})),
        takes=paged(fields, required=("contactId",)),
        gives=pages_of(described(endpoint)),
        items="data",
        next_page=NEXT_PAGE,
        sample=f"{id}.json",
        **facts,
    )


def _one(endpoint: str, id: str, title: str, fields: dict[str, Schema], **facts: Any) -> Operation:
    shared: dict[str, Any] = {"category": _CATEGORY, "record": "data", "id_field": "id", "updated_field": "updatedAt"}
    return ENDPOINTS.operation(endpoint, id=id, title=title, add=fields, sample=f"{id}.json", **{**shared, **facts})


def _delete(endpoint: str, id: str, title: str, fields: dict[str, Schema]) -> Operation:
    call = ENDPOINTS.operation(endpoint, id=id)
    perform: Perform = quirks.gone(call)
    return replace(
        call,
        title=title,
        category=_CATEGORY,
        about="Deleting what is already gone counts as done",
        call=perform,
        takes=record(fields, required=tuple(fields)),
        gives=record({"existed": boolean()}, required=("existed",)),
        sample=f"{id}.json",
    )


LIST_NOTES: Final = _list(
    "GET /contacts/{contactId}/notes", "contact_notes.list", "List contact notes", _CONTACT, id_field="id", updated_field="updatedAt"
)
LIST_PROPERTIES: Final = _list(
    "GET /contacts/{contactId}/properties",
    "contact_properties.list",
    "List contact properties",
    {**_CONTACT, "type": text("Only those of this type: phone-number, email, string, date, boolean, number")},
    about="Numbers, e-mails and values of custom fields, each with an id of its own",
    id_field="id",
    updated_field="updatedAt",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    _list("GET /contacts/{contactId}/shares", "contact_shares.list", "List contact shares", _CONTACT, about="With whom it is shared"),
    LIST_NOTES,
    _one(
        "POST /contacts/{contactId}/notes",
        "contact_notes.create",
        "Add note to contact",
        {**_CONTACT, **_TEXT},
        repeat=LookFirst(quirks.find_note),
    ),
    _one("GET /contacts/{contactId}/notes/{noteId}", "contact_notes.get", "Get contact note", _NOTE),
    _one(
        "PATCH /contacts/{contactId}/notes/{noteId}",
        "contact_notes.update",
        "Replace contact note",
        {**_NOTE, **_TEXT},
        about="The whole text is replaced",
        repeat="safe",
    ),
    _delete("DELETE /contacts/{contactId}/notes/{noteId}", "contact_notes.delete", "Delete contact note", _NOTE),
    LIST_PROPERTIES,
    _one(
        "POST /contacts/{contactId}/properties",
        "contact_properties.create",
        "Add contact property",
        {**_CONTACT, **_VALUE, "type": text("phone-number, email, string, date, boolean, number")},
        about="One number, e-mail or value more. Values of the workspace's custom fields: contacts.update, which knows them by name",
        repeat=LookFirst(quirks.find_property),
    ),
    _one(
        "PATCH /contacts/{contactId}/properties/{propertyId}",
        "contact_properties.update",
        "Change contact property",
        {**_PROPERTY, **_VALUE},
        about="Its type cannot change: remove it and add another",
        repeat="safe",
    ),
    _delete("DELETE /contacts/{contactId}/properties/{propertyId}", "contact_properties.delete", "Remove contact property", _PROPERTY),
)
