"""The vendor's contact calls as they are; what people call is made of these."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.openphone.surface import ENDPOINTS, MOST

_ONE: Final[dict[str, Any]] = {"category": "Contacts", "record": "data", "id_field": "id", "updated_field": "updatedAt"}

LIST_CONTACTS: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/contacts", id="contacts.list", call={"defaults": {"maxResults": MOST}}, items="data", id_field="id"
)
GET_CONTACT: Final[Operation] = ENDPOINTS.operation("GET /v1/contacts/{id}", id="contacts.get", title="Get a contact", **_ONE)
CREATE_CONTACT: Final[Operation] = ENDPOINTS.operation("POST /v1/contacts", id="contacts.create", title="Create a contact", **_ONE)
UPDATE_CONTACT: Final[Operation] = ENDPOINTS.operation(
    "PATCH /v1/contacts/{id}", id="contacts.update", title="Update a contact", repeat="safe", **_ONE
)
DELETE_CONTACT: Final[Operation] = ENDPOINTS.operation("DELETE /v1/contacts/{id}", id="contacts.delete", title="Delete a contact")
CUSTOM_FIELDS: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/contact-custom-fields",
    id="contact_custom_fields.list",
    title="List custom fields of contacts",
    category="Contacts",
    about="Fields are made in the app, not by API",
    items="data",
    id_field="key",
    sample="contact_custom_fields.list.json",
)
