"""Notes of a contact."""

from collections.abc import Mapping
from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.calls import CATEGORY, CONTACT_ID
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.model.schema import text

_OF: Final = {"contactId": CONTACT_ID}
_ONE: Final = {**_OF, "id": text("The note's id", min_length=1)}
_FIELDS: Final = {"userId": text("The author's user id")}
_NOTE: Final[Mapping[str, Any]] = {"record": "note", "id_field": "id"}

LIST: Final = declared(
    "GET /contacts/{contactId}/notes", "contacts.list_notes", "Get Contact Notes", CATEGORY, add=_OF, items="notes", id_field="id"
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared("GET /contacts/{contactId}/notes/{id}", "contacts.get_note", "Get Contact Note by ID", CATEGORY, add=_ONE, **_NOTE),
    declared(
        "POST /contacts/{contactId}/notes",
        "contacts.create_note",
        "Create Contact Note",
        CATEGORY,
        add={**_OF, **_FIELDS},
        repeat=listed(LIST, "body", "title", within=("contactId",), wrap="note"),
        scopes=("contacts.readonly", "contacts.write"),
        **_NOTE,
    ),
    declared(
        "PUT /contacts/{contactId}/notes/{id}",
        "contacts.update_note",
        "Update Contact Note",
        CATEGORY,
        add={**_ONE, **_FIELDS},
        **_NOTE,
    ),
    gone_is_done(declared("DELETE /contacts/{contactId}/notes/{id}", "contacts.delete_note", "Delete Contact Note", CATEGORY, add=_ONE)),
)
