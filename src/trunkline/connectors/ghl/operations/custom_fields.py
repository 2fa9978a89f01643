"""Custom fields themselves: of contacts and opportunities, and of custom objects; their values are written by name with the records."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connect.shapes import FILE
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.categories import OTHER
from trunkline.connectors.ghl.custom_fields import CONTACT, OPPORTUNITY, attachment, forget
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, list_of, one_of, record, text

TYPES: Final = (
    *("TEXT", "LARGE_TEXT", "NUMERICAL", "MONETORY", "PHONE", "DATE", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "CHECKBOX", "RADIO"),
    *("FILE_UPLOAD", "TEXTBOX_LIST", "SIGNATURE"),
)
"""The description says text; the words are those of the newer endpoints and of the list, in the vendor's spelling."""

_ID: Final = {"id": text("The field's id", min_length=1)}
_FIELD: Final[Mapping[str, Any]] = {"record": "customField", "id_field": "id"}
_OBJECT_FIELD: Final[Mapping[str, Any]] = {"record": "field", "id_field": "id", "updated_field": "dateUpdated"}
_MORE: Final[dict[str, Schema]] = {
    "options": list_of(text(min_length=1), "The choices of a field that is chosen from"),
    "parentId": text("The folder it lies in"),
    "fieldKey": text("Its key; made from the name when left out"),
    "description": text(),
}
"""Taken by the vendor though not described (vendor repository, issue 300; `options`: public clients), read 2026-11-21."""


def _told(operation: Operation) -> Operation:
    """After a change of the fields, what is remembered of them is read anew."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        answer = await caller.call(operation, input)
        for of in (str(input["objectKey"]),) if "objectKey" in input else (CONTACT, OPPORTUNITY):
            forget(caller, of, input.get("locationId"))
        return answer

    return replace(operation, call=perform)


_OF_OBJECT: Final = "The custom object's key, custom_objects.pet; or business"
UPLOAD: Final = replace(
    calls.UPLOAD,
    call=attachment,
    about="Gives what `custom_fields` and `customFields` take for the field; contacts.update does both in one",
    takes=record(
        {
            "locationId": text("Sub-account; the connection's own when left out"),
            "id": text("The contact or opportunity", min_length=1),
            "of": text("What it is; a contact unless said otherwise", choices=(CONTACT, OPPORTUNITY)),
            "field": text("The field's name, key or id", min_length=1),
            "file": one_of(FILE, list_of(FILE, min_items=1)),
        },
        required=("id", "field", "file"),
    ),
    gives=record({"id": text("The field's id"), "field_value": record({}, open=True), "files": list_of(record({}, open=True))}, open=True),
    scopes=(*calls.FIELDS_READ, *calls.FIELDS_WRITE),
    sample="custom_fields.upload.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    calls.CUSTOM_FIELDS,
    declared(
        "GET /locations/{locationId}/customFields/{id}",
        "custom_fields.get",
        "Get Custom Field",
        OTHER,
        add=_ID,
        scopes=calls.FIELDS_READ,
        **_FIELD,
    ),
    _told(
        declared(
            "POST /locations/{locationId}/customFields",
            "custom_fields.create",
            "Create Custom Field",
            OTHER,
            about="For contacts, unless `model` says opportunity",
            add={**_MORE, "dataType": text("Its type, in the vendor's spelling", choices=TYPES)},
            repeat=listed(
                calls.CUSTOM_FIELDS,
                "name",
                "dataType",
                within=("locationId",),
                wrap="customField",
                asking=lambda input: {"model": input.get("model", CONTACT)},
            ),
            scopes=(*calls.FIELDS_READ, *calls.FIELDS_WRITE),
            **_FIELD,
        )
    ),
    _told(
        declared(
            "PUT /locations/{locationId}/customFields/{id}",
            "custom_fields.update",
            "Update Custom Field",
            OTHER,
            add={**_ID, **_MORE},
            scopes=calls.FIELDS_WRITE,
            **_FIELD,
        )
    ),
    _told(
        gone_is_done(
            declared(
                "DELETE /locations/{locationId}/customFields/{id}",
                "custom_fields.delete",
                "Delete Custom Field",
                OTHER,
                about="Its values are lost with it",
                add=_ID,
                scopes=calls.FIELDS_WRITE,
            )
        )
    ),
    UPLOAD,
    calls.OBJECT_FIELDS,
    declared("GET /custom-fields/{id}", "custom_fields.get_of_object", "Get Custom Field of an Object", OTHER, add=_ID, **_OBJECT_FIELD),
    _told(
        declared(
            "POST /custom-fields/",
            "custom_fields.create_of_object",
            "Create Custom Field of an Object",
            OTHER,
            add={"objectKey": text(_OF_OBJECT, min_length=1)},
            call={"defaults": {"showInForms": True}},
            repeat=listed(
                calls.OBJECT_FIELDS,
                "fieldKey",
                within=("locationId",),
                wrap="field",
                asking=lambda input: {"objectKey": input["objectKey"]},
            ),
            scopes=(*calls.FIELDS_READ, *calls.FIELDS_WRITE),
            **_OBJECT_FIELD,
        )
    ),
    declared(
        "PUT /custom-fields/{id}",
        "custom_fields.update_of_object",
        "Update Custom Field of an Object",
        OTHER,
        about="The whole list of options replaces the old one",
        add=_ID,
        call={"defaults": {"showInForms": True}},
        **_OBJECT_FIELD,
    ),
    gone_is_done(
        declared(
            "DELETE /custom-fields/{id}",
            "custom_fields.delete_of_object",
            "Delete Custom Field of an Object",
            OTHER,
            about="Its values are lost with it",
            add=_ID,
        )
    ),
)
