"""The curated operations: the vendor's calls with their rules taken care of, and what a repeat does."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connectors.openphone import calls, quirks
from trunkline.model.schema import Schema, anything, boolean, list_of, nullable, record, text

_FIELDS: Final = calls.default_fields(text(format="e164"))
"""What we send is stricter than what the vendor takes: a number that is not in E.164 never meets its conversation."""

_CUSTOM_FIELDS: Final = list_of(
    record({"key": text("The field's key"), "name": text("Or its name"), "id": text(), "value": anything()}, required=("value",)),
    "Values of fields that were made in the app, by key or by name",
)
_FACTS: Final[dict[str, Schema]] = {"customFields": _CUSTOM_FIELDS, "source": calls.SOURCE, "sourceUrl": calls.SOURCE_URL}
_AUTHOR: Final = {"createdByUserId": text(pattern="^US")}

CREATE: Final = replace(
    calls.CREATE_CONTACT,
    call=quirks.create,
    repeat=LookFirst(quirks.find_created),
    takes=record(
        {**_FACTS, **_AUTHOR, "defaultFields": record(_FIELDS, required=("firstName",)), "externalId": nullable(calls.EXTERNAL_ID)},
        required=("defaultFields",),
    ),
)

UPDATE: Final = replace(
    calls.UPDATE_CONTACT,
    call=quirks.update,
    takes=record(
        {
            **_FACTS,
            "id": text("The contact's id", min_length=1),
            "defaultFields": record(_FIELDS),
            "source": calls.CHANGED_SOURCE,
            "sourceUrl": nullable(calls.SOURCE_URL),
            "externalId": nullable(calls.EXTERNAL_ID),
        },
        required=("id",),
    ),
)

UPSERT: Final = Operation(
    id="contacts.upsert",
    title="Create or update a contact by external id",
    category="Contacts",
    kind="write",
    call=quirks.upsert,
    about="What is left out stays; nothing is written when nothing differs",
    takes=record({**_FACTS, **_AUTHOR, "defaultFields": record(_FIELDS), "externalId": calls.EXTERNAL_ID}, required=("externalId",)),
    gives=record({"data": calls.CONTACT, "new": boolean("Whether it was created")}, required=("data", "new"), open=True),
    repeat="safe",
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="contacts.upsert.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    calls.LIST_CONTACTS,
    calls.GET_CONTACT,
    CREATE,
    UPDATE,
    UPSERT,
    replace(calls.DELETE_CONTACT, call=quirks.delete, gives=record({"existed": boolean()}, required=("existed",))),
    calls.CUSTOM_FIELDS,
    calls.SEND_MESSAGE,
    calls.LIST_MESSAGES,
    calls.GET_MESSAGE,
    calls.LIST_NUMBERS,
)
