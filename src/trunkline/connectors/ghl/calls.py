"""The vendor's calls that compositions are made of, as they are: what goes in and comes out, mended where its description is wrong."""

from typing import Final
from urllib.parse import quote

from trunkline.connect.bodies import encoded
from trunkline.connect.declaration import Crafted, Operation
from trunkline.connect.shapes import FILE
from trunkline.connectors.ghl.declaring import declared
from trunkline.connectors.ghl.facts import VERSION
from trunkline.model.connection import Account
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, integer, list_of, nullable, number, record, text

LOCATION: Final = {"locationId": "location"}
"""The connection knows its sub-account, so no flow has to repeat it."""

READ: Final = ("contacts.readonly",)
WRITE: Final = ("contacts.write",)
FIELDS_READ: Final = ("locations/customFields.readonly",)
FIELDS_WRITE: Final = ("locations/customFields.write",)
CATEGORY: Final = "Contacts"

# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CONTACT_ID: Final = text("The contact's id", min_length=1)

FIELDS: Final[dict[str, Schema]] = {
    "phone": nullable(text("Any spelling; the vendor stores it as E.164")),
    "timezone": nullable(text("IANA name, America/Chicago")),
    "dnd": boolean("Do not disturb on every channel"),
    "tags": list_of(text(), "Replaces all tags of the contact; the tag operations add and remove single ones"),
    "customFields": list_of(
        record({"id": text(), "key": text(), "field_value": anything()}, required=("id",)),
        "Custom fields by id; `custom_fields` takes them by name",
    ),
    "source": text("Where the contact came from"),
    "dateOfBirth": nullable(text("YYYY-MM-DD")),
    "country": text("Two letters, US"),
    "companyName": nullable(text()),
    "assignedTo": text("The owner's user id"),
}
"""What a contact is written with, where the description says little. The keys differ by way: custom fields are written as `field_value`
and read as `value`."""

CONTACT_ANSWER: Final = record(
    {
        "id": text(),
        "locationId": text(),
        **{name: nullable(text()) for name in ("firstName", "lastName", "email", "phone", "companyName", "dateAdded", "dateUpdated")},
        "tags": list_of(text()),
        "customFields": list_of(record({"id": text(), "value": anything()}, open=True)),
        "custom_fields": record({}, about="Custom fields by name, where they were asked for or given", open=True),
    },
    required=("id",),
    open=True,
)
_HOLDING: Final = record({"contact": CONTACT_ANSWER}, required=("contact",), open=True)


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


_FILTER: Final = record(
    {
        "field": text(),
        "operator": text(choices=("eq", "not_eq", "contains", "not_contains", "exists", "not_exists", "range")),
        "value": anything(),
        "group": text(choices=("AND", "OR")),
        "filters": list_of(anything()),
    },
)

GET_CONTACT: Final = declared(
    "GET /contacts/{contactId}",
    "contacts.get",
    "Get Contact",
    CATEGORY,
    add={"contactId": CONTACT_ID},
    output=_HOLDING,
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
)

# The description has an empty body and an empty answer. Fields, items and the largest page: public copies of the page it refers to, and
# vendor repository, issue 31, read 2026-11-21; pageLimit and locationId are asked for with 422.
SEARCH: Final = declared(
    "POST /contacts/search",
    "contacts.search",
    "Search Contacts",
    CATEGORY,
    kind="read",
    about="Filter and sort by any field; what was written seconds ago may still be missing",
    leave_out=("body",),
    add={
        "locationId": text("Sub-account; the connection's own when left out"),
        "pageLimit": integer("Contacts in one page", minimum=1, maximum=500),
        "page": integer("Reaches the first 10,000 contacts only", minimum=1),
        "searchAfter": list_of(anything(), "Where the page before ended"),
        "query": text("Words to look for", max_length=75),
        "filters": list_of(_FILTER),
        "sort": list_of(record({"field": text(), "direction": text(choices=("asc", "desc"))}, required=("field", "direction"))),
    },
    required=("locationId",),
    call={"whole": False, "options": LOCATION, "defaults": {"pageLimit": 100}},
    output=record({"contacts": list_of(CONTACT_ANSWER), "total": number()}, required=("contacts",), open=True),
    items="contacts",
    id_field="id",
    updated_field="dateUpdated",
    next_page=next_search_page,
    repeat="never",
)

FIND_DUPLICATE: Final = declared(
    "GET /contacts/search/duplicate",
    "contacts.find_duplicate",
    "Get Duplicate Contact",
    CATEGORY,
    about="The contact with this e-mail or number, by the sub-account's own rule for duplicates",
    output=record({"contact": nullable(CONTACT_ANSWER)}, open=True),
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
)

CREATE: Final = declared(
    "POST /contacts/",
    "contacts.create",
    "Create Contact",
    CATEGORY,
    add=FIELDS,
    output=_HOLDING,
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
)

# The description forgot companyName here; the vendor takes it (vendor repository, issue 314, read 2026-11-21).
UPDATE: Final = declared(
    "PUT /contacts/{contactId}",
    "contacts.update",
    "Update Contact",
    CATEGORY,
    add={**FIELDS, "contactId": CONTACT_ID, "source": nullable(text()), "assignedTo": nullable(text())},
    output=_HOLDING,
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
)

UPSERT: Final = declared(
    "POST /contacts/upsert",
    "contacts.upsert",
    "Upsert Contact",
    CATEGORY,
    add=FIELDS,
    output=record({"contact": CONTACT_ANSWER, "new": boolean("Whether it was created")}, required=("contact",), open=True),
    repeat="safe",
    record="contact",
    id_field="id",
    updated_field="dateUpdated",
)

BULK_TAGS: Final = declared(
    "POST /contacts/bulk/tags/update/{type}",
    "contacts.bulk_update_tags",
    "Bulk Update Contact Tags",
    CATEGORY,
    # The description has the parameter in the path and does not declare it, and names no scope.
    add={
        "type": text("What to do", choices=("add", "remove")),
        "contacts": list_of(text(min_length=1), "Contact ids", min_items=1),
        "tags": list_of(text()),
        "removeAllTags": boolean("With `remove` only"),
    },
    scopes=WRITE,
    repeat="safe",
)

# ── custom fields ────────────────────────────────────────────────────────────────────────────────────────────────────

CUSTOM_FIELDS: Final = declared(
    "GET /locations/{locationId}/customFields",
    "custom_fields.list",
    "List Custom Fields",
    "Other Operations",
    about="Those of contacts, of opportunities, or all",
    items="customFields",
    id_field="id",
)

OBJECT_FIELDS: Final = declared(
    "GET /custom-fields/object-key/{objectKey}",
    "custom_fields.list_of_object",
    "List Custom Fields of an Object",
    "Other Operations",
    about="Those of a custom object or of businesses, with the folders they lie in",
    items="fields",
    id_field="id",
    updated_field="dateUpdated",
)


def _upload(input: JSONObject, account: Account) -> Request:
    """The file is a part named after the field and the file; the description leaves it out.

    Vendor's help page on uploads as told by public clients, read 2026-11-21.
    """
    location = quote(str(input.get("locationId") or account.options.get("location") or ""), safe="")
    parts: JSONObject = {"id": input["id"], "maxFiles": str(input.get("maxFiles", 1)), str(input["field"]): input["file"]}
    content_type, body = encoded("multipart/form-data", parts)
    headers = (("content-type", content_type), ("version", VERSION))
    return Request(method="POST", url=f"/locations/{location}/customFields/upload", headers=headers, body=body)


def _uploaded(answer: Response) -> JSON:
    return answer.json()


UPLOAD: Final = Operation(
    id="custom_fields.upload",
    title="Upload File to Custom Field",
    category="Other Operations",
    kind="write",
    call=Crafted(request=_upload, answer=_uploaded),
    takes=record(
        {
            "locationId": text(),
            "id": text("The contact, opportunity or record", min_length=1),
            "field": text("Id of the field, an underscore, and an id for the file", min_length=3),
            "file": FILE,
            "maxFiles": integer(minimum=1),
        },
        required=("id", "field", "file"),
    ),
    gives=record({"uploadedFiles": record({}, open=True), "meta": list_of(anything())}, open=True),
    repeat="safe",
    scopes=FIELDS_WRITE,
    endpoint="POST /locations/{locationId}/customFields/upload",
)
