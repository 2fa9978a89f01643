"""The vendor's v1 calls as they are: method, path and what goes in and comes out."""

from typing import Final

from trunkline.connect.declaration import Operation, by_token, get, send
from trunkline.model.schema import Schema, anything, integer, list_of, nullable, number, one_of, record, text

# ── what goes in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _entries(value: Schema, about: str) -> Schema:
    entry = record(
        {"name": text("What kind it is: mobile, work"), "value": nullable(value), "id": text("Of an entry there already is")},
        required=("name", "value"),
    )
    return list_of(entry, about)


def default_fields(number: Schema) -> dict[str, Schema]:
    """The fields every contact has; `number` is what a phone number must look like."""
    return {
        "firstName": nullable(text()),
        "lastName": nullable(text()),
        "company": nullable(text()),
        "role": nullable(text()),
        "emails": _entries(text(), "E-mail addresses"),
        "phoneNumbers": _entries(number, "Numbers in E.164: +15555550100"),
    }


_AS_THEY_ARE = default_fields(text())
"""The vendor itself takes any text for a number, so numbers that are already there can be sent back unchanged."""

_CUSTOM_FIELDS = list_of(record({"key": text(), "id": text(), "value": anything()}, required=("key", "value")))
SOURCE: Final = text("Who made the contact; the connection's own when left out", min_length=1, max_length=72)
CHANGED_SOURCE: Final = text("Who the contact is said to come from", min_length=1, max_length=75)
"""The vendor takes three characters more in an update than in a create."""

SOURCE_URL: Final = text("Where the contact comes from", format="uri", min_length=1, max_length=200)
EXTERNAL_ID: Final = text("The contact's id in the other system", min_length=1, max_length=75)

_NEW_CONTACT = {
    "defaultFields": record(_AS_THEY_ARE, required=("firstName",)),
    "customFields": _CUSTOM_FIELDS,
    "createdByUserId": text(pattern="^US"),
    "source": SOURCE,
    "sourceUrl": SOURCE_URL,
    "externalId": nullable(EXTERNAL_ID),
}
_CHANGED_CONTACT = {
    "id": text("The contact's id", min_length=1),
    "defaultFields": record(_AS_THEY_ARE),
    "customFields": _CUSTOM_FIELDS,
    "source": nullable(CHANGED_SOURCE),
    "sourceUrl": nullable(SOURCE_URL),
    "externalId": nullable(EXTERNAL_ID),
}

# ── what comes out ───────────────────────────────────────────────────────────────────────────────────────────────────

_ENTRY = record({"name": text(), "value": nullable(text()), "id": text()}, open=True)
CONTACT: Final = record(
    {
        "id": text(),
        "externalId": nullable(text()),
        "source": nullable(text()),
        "sourceUrl": nullable(text()),
        "defaultFields": record(
            {
                **{name: nullable(text()) for name in ("firstName", "lastName", "company", "role")},
                "emails": list_of(_ENTRY),
                "phoneNumbers": list_of(_ENTRY),
            },
            open=True,
        ),
        "customFields": list_of(record({"name": text(), "key": text(), "id": text(), "type": text(), "value": anything()}, open=True)),
        "createdAt": text(),
        "updatedAt": text(),
        "createdByUserId": nullable(text()),
    },
    required=("id",),
    open=True,
)
_MESSAGE = record(
    {
        "id": text(),
        "to": list_of(text()),
        "from": text(),
        "text": text(),
        "phoneNumberId": nullable(text()),
        "conversationId": text(),
        "direction": text(choices=("incoming", "outgoing")),
        "userId": nullable(text()),
        "status": text(),
        "createdAt": text(),
        "updatedAt": text(),
    },
    required=("id",),
    open=True,
)
_NUMBER = record({"id": text(), "name": text(), "number": text(), "users": list_of(anything())}, required=("id", "number"), open=True)
_ONE_CONTACT = record({"data": CONTACT}, required=("data",), open=True)
_PAGE = {"totalItems": number("Not reliable, says the vendor"), "nextPageToken": nullable(text())}

# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LIST_CONTACTS = Operation(
    id="contacts.list",
    title="List contacts",
    category="Contacts",
    kind="read",
    about="All of them, or those of some external ids or sources: the vendor knows no search by name, phone or e-mail",
    call=get("/v1/contacts", query=("externalIds", "sources", "maxResults", "pageToken")),
    takes=record(
        {
            "externalIds": list_of(text(min_length=1, max_length=75)),
            "sources": list_of(text(min_length=1, max_length=75)),
            "maxResults": integer("Contacts in one page", minimum=1, maximum=50),
            "pageToken": text(),
        },
        required=("maxResults",),
    ),
    gives=record({"data": list_of(CONTACT), **_PAGE}, required=("data",), open=True),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    next_page=by_token(param="pageToken", answer="nextPageToken"),
    sample="contacts.list.json",
)

GET_CONTACT = Operation(
    id="contacts.get",
    title="Get a contact",
    category="Contacts",
    kind="read",
    call=get("/v1/contacts/{id}"),
    takes=record({"id": text("The contact's id", min_length=1)}, required=("id",)),
    gives=_ONE_CONTACT,
    sample="contacts.get.json",
    record="data",
    id_field="id",
    updated_field="updatedAt",
)

CREATE_CONTACT = Operation(
    id="contacts.create",
    title="Create a contact",
    category="Contacts",
    kind="write",
    about="Seen in the app once there is a conversation with one of its numbers; changed and deleted by API only",
    call=send("POST", "/v1/contacts"),
    takes=record(_NEW_CONTACT, required=("defaultFields",)),
    gives=_ONE_CONTACT,
    sample="contacts.create.json",
    record="data",
    id_field="id",
    updated_field="updatedAt",
)

UPDATE_CONTACT = Operation(
    id="contacts.update",
    title="Update a contact",
    category="Contacts",
    kind="write",
    about="What is left out stays; a custom field with value null is emptied",
    call=send("PATCH", "/v1/contacts/{id}"),
    takes=record(_CHANGED_CONTACT, required=("id",)),
    gives=_ONE_CONTACT,
    repeat="safe",
    sample="contacts.update.json",
    record="data",
    id_field="id",
    updated_field="updatedAt",
)

DELETE_CONTACT = Operation(
    id="contacts.delete",
    title="Delete a contact",
    category="Contacts",
    kind="write",
    call=send("DELETE", "/v1/contacts/{id}", body=False),
    takes=record({"id": text("The contact's id", min_length=1)}, required=("id",)),
    gives={"type": "null"},
    repeat="safe",
    sample="contacts.delete.json",
)

CUSTOM_FIELDS = Operation(
    id="contact_custom_fields.list",
    title="List custom fields of contacts",
    category="Contacts",
    kind="read",
    about="Fields are made in the app, not by API",
    call=get("/v1/contact-custom-fields"),
    takes=record({}),
    gives=record(
        {"data": list_of(record({"name": text(), "key": text(), "type": text()}, required=("name", "key", "type"), open=True))},
        required=("data",),
        open=True,
    ),
    items="data",
    id_field="key",
    sample="contact_custom_fields.list.json",
)

# ── messages and numbers ─────────────────────────────────────────────────────────────────────────────────────────────

SEND_MESSAGE = Operation(
    id="messages.send",
    title="Send a text message",
    category="Messages",
    kind="write",
    about="Two or more recipients make one group thread in which all see each other",
    call=send("POST", "/v1/messages"),
    takes=record(
        {
            "content": text("The text", pattern=r"\S", min_length=1, max_length=1600),
            "from": one_of(text(pattern="^PN"), text(format="e164"), about="A number id (PN…) or a number in E.164"),
            "to": list_of(text(format="e164"), "Numbers in E.164: +15555550100", min_items=1, max_items=10),
            "userId": text("The sender; the number's owner when left out", pattern="^US"),
            "setInboxStatus": text("Also mark the conversation", choices=("done",)),
        },
        required=("content", "from", "to"),
    ),
    gives=record({"data": _MESSAGE}, required=("data",), open=True),
    repeat="never",
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="messages.send.json",
)

LIST_MESSAGES = Operation(
    id="messages.list",
    title="List messages of a conversation",
    category="Messages",
    kind="read",
    call=get(
        "/v1/messages",
        query=("phoneNumberId", "userId", "participants", "createdAfter", "createdBefore", "maxResults", "pageToken"),
    ),
    takes=record(
        {
            "phoneNumberId": text("Your number's id", pattern="^PN"),
            "userId": text(pattern="^US"),
            "participants": list_of(text(format="e164"), "The others' numbers", max_items=10),
            "createdAfter": text(format="date-time"),
            "createdBefore": text(format="date-time"),
            "maxResults": integer("Messages in one page", minimum=1, maximum=100),
            "pageToken": text(),
        },
        required=("phoneNumberId", "participants", "maxResults"),
    ),
    gives=record({"data": list_of(_MESSAGE), **_PAGE}, required=("data",), open=True),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    next_page=by_token(param="pageToken", answer="nextPageToken"),
    sample="messages.list.json",
)

GET_MESSAGE = Operation(
    id="messages.get",
    title="Get a message",
    category="Messages",
    kind="read",
    call=get("/v1/messages/{id}"),
    takes=record({"id": text("The message's id", pattern="^AC")}, required=("id",)),
    gives=record({"data": _MESSAGE}, required=("data",), open=True),
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="messages.get.json",
)

LIST_NUMBERS = Operation(
    id="phone_numbers.list",
    title="List phone numbers",
    category="Phone numbers",
    kind="read",
    call=get("/v1/phone-numbers", query=("userId",)),
    takes=record({"userId": text(pattern="^US")}),
    gives=record({"data": list_of(_NUMBER)}, required=("data",), open=True),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    sample="phone_numbers.list.json",
)
