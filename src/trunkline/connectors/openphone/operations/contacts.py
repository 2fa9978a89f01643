"""Contacts, by v1: only there numbers, e-mails and custom fields come and go with the contact itself."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connectors.openphone import plain, quirks
from trunkline.connectors.openphone.surface import NEXT_PAGE, described, listed, one_of_those, paged, pages_of, user_id
from trunkline.model.schema import Schema, anything, boolean, list_of, nullable, record, text

_CATEGORY: Final = "Contacts"
_CONTACT: Final = described("GET /v1/contacts/{id}")
_ID: Final = {"id": text("The contact's id", min_length=1)}
_SOURCE: Final = text("Who made the contact; the connection's own when left out", min_length=1, max_length=72)
_CHANGED_SOURCE: Final = text("Who the contact is said to come from", min_length=1, max_length=75)
"""The vendor takes three characters more in an update than in a create (official description 1.0.0)."""

_SOURCE_URL: Final = text("Where the contact comes from", format="uri", min_length=1, max_length=200)
_EXTERNAL_ID: Final = text("The contact's id in the other system", min_length=1, max_length=75)


def _entries(value: Schema, about: str) -> Schema:
    """A list of e-mails or numbers: the vendor refuses plain texts."""
    entry = record(
        {"name": text("What kind it is: mobile, work"), "value": nullable(value), "id": text("Of an entry there already is")},
        required=("name", "value"),
    )
    return list_of(entry, about)


_FIELDS: Final = {
    "firstName": nullable(text()),
    "lastName": nullable(text()),
    "company": nullable(text()),
    "role": nullable(text()),
    "emails": _entries(text(), "E-mail addresses"),
    "phoneNumbers": _entries(text(format="e164"), "Numbers in E.164: +15555550100"),
}
"""What we send is stricter than what the vendor takes: a number that is not in E.164 never meets its conversation."""

_STAYS: Final = (
    "What is left out stays, a second number or e-mail as well: one that is given takes the place of that with its id, value or name, "
    "and with value null it is removed. An empty list removes all"
)
_CUSTOM_FIELDS: Final = list_of(
    record({"key": text("The field's key"), "name": text("Or its name"), "id": text(), "value": anything()}, required=("value",)),
    "Values of fields that were made in the app, by key or by name",
)
_FACTS: Final[dict[str, Schema]] = {"customFields": _CUSTOM_FIELDS, "source": _SOURCE, "sourceUrl": _SOURCE_URL}
_AUTHOR: Final = {"createdByUserId": user_id("Who made the contact")}
_EXTERNAL_IDS: Final = list_of(text(min_length=1, max_length=75), "Only those with these ids of the other system")
_SOURCES: Final = list_of(text(min_length=1, max_length=75), "Only those that came from there")

LIST: Final[Operation] = replace(
    plain.LIST_CONTACTS,
    title="List contacts",
    category=_CATEGORY,
    about="All of them, or those of some external ids or sources: the vendor knows no search by name, phone or e-mail",
    call=listed(plain.LIST_CONTACTS, {}),
    takes=paged({"externalIds": _EXTERNAL_IDS, "sources": _SOURCES}),
    gives=pages_of(_CONTACT),
    updated_field="updatedAt",
    next_page=NEXT_PAGE,
    sample="contacts.list.json",
)

FIND: Final[Operation] = replace(
    plain.LIST_CONTACTS,
    id="contacts.find_by_external_id",
    title="Find contact by external id",
    category=_CATEGORY,
    about="The one of this source, the oldest where there are several; null when there is none",
    call=quirks.find_by_external_id,
    takes=record({"externalId": _EXTERNAL_ID, "source": _SOURCE}, required=("externalId",)),
    gives=lambda: record({"data": nullable(_CONTACT())}, required=("data",), open=True),
    items=None,
    record="data",
    updated_field="updatedAt",
    sample="contacts.find_by_external_id.json",
)

GET: Final[Operation] = replace(plain.GET_CONTACT, sample="contacts.get.json")

CREATE: Final[Operation] = replace(
    plain.CREATE_CONTACT,
    about="Seen in the app once there is a conversation with one of its numbers; changed and deleted by API only",
    call=quirks.create,
    repeat=LookFirst(quirks.find_created),
    takes=record(
        {**_FACTS, **_AUTHOR, "defaultFields": record(_FIELDS, required=("firstName",)), "externalId": nullable(_EXTERNAL_ID)},
        required=("defaultFields",),
    ),
    gives=one_of_those(_CONTACT),
    sample="contacts.create.json",
)

UPDATE: Final[Operation] = replace(
    plain.UPDATE_CONTACT,
    about=f"{_STAYS}. A custom field with value null is emptied",
    call=quirks.update,
    takes=record(
        {
            **_FACTS,
            **_ID,
            "defaultFields": record(_FIELDS),
            "source": _CHANGED_SOURCE,
            "sourceUrl": nullable(_SOURCE_URL),
            "externalId": nullable(_EXTERNAL_ID),
        },
        required=("id",),
    ),
    gives=one_of_those(_CONTACT),
    sample="contacts.update.json",
)

UPSERT: Final[Operation] = Operation(
    id="contacts.upsert",
    title="Create or update a contact by external id",
    category=_CATEGORY,
    kind="write",
    call=quirks.upsert,
    about=f"{_STAYS}. Nothing is written when nothing differs",
    takes=record({**_FACTS, **_AUTHOR, "defaultFields": record(_FIELDS), "externalId": _EXTERNAL_ID}, required=("externalId",)),
    gives=lambda: record({"data": _CONTACT(), "new": boolean("Whether it was created")}, required=("data", "new"), open=True),
    repeat="safe",
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="contacts.upsert.json",
)

DELETE: Final[Operation] = replace(
    plain.DELETE_CONTACT,
    category=_CATEGORY,
    about="Deleting what is already gone counts as done",
    call=quirks.delete,
    takes=record(_ID, required=("id",)),
    gives=record({"existed": boolean()}, required=("existed",)),
    sample="contacts.delete.json",
)

OPERATIONS: Final = (LIST, FIND, GET, CREATE, UPDATE, UPSERT, DELETE, plain.CUSTOM_FIELDS)
