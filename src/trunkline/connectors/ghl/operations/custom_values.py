"""Custom values of a sub-account, one by one and many by name."""

from collections.abc import Mapping
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.categories import OTHER
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.same import same
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, list_of, record, text

# The description names scopes for the list and for making one only; the others need the same.
_READ: Final = ("locations/customValues.readonly",)
_WRITE: Final = ("locations/customValues.write",)
_ID: Final = {"id": text("The custom value's id", min_length=1)}
_VALUE: Final[Mapping[str, Any]] = {"record": "customValue", "id_field": "id"}

LIST: Final = declared(
    "GET /locations/{locationId}/customValues", "custom_values.list", "List Custom Values", OTHER, items="customValues", id_field="id"
)
CREATE: Final = declared(
    "POST /locations/{locationId}/customValues",
    "custom_values.create",
    "Create Custom Value",
    OTHER,
    repeat=listed(LIST, "name", "value", within=("locationId",), wrap="customValue"),
    scopes=(*_READ, *_WRITE),
    **_VALUE,
)
UPDATE: Final = declared(
    "PUT /locations/{locationId}/customValues/{id}", "custom_values.update", "Update Custom Value", OTHER, add=_ID, scopes=_WRITE, **_VALUE
)


async def _set(caller: Caller, input: JSONObject) -> JSON:
    """The vendor takes one at a time and by id: those of other values are changed, missing ones made, equal ones left alone."""
    where: JSONObject = {"locationId": input["locationId"]} if input.get("locationId") else {}
    known = [as_object(one) for one in as_list(as_object(await caller.call(LIST, where)).get("customValues"))]
    told: dict[str, list[JSON]] = {"created": [], "updated": [], "unchanged": []}
    for name, given in as_object(input.get("values")).items():
        value = "" if given is None else str(given)
        held = next((one for one in known if name in (one.get("name"), one.get("id")) or same(one.get("name"), name)), None)
        if held is None:
            await caller.call(CREATE, {**where, "name": name, "value": value})
            told["created"].append(name)
        elif held.get("value") == value:
            told["unchanged"].append(name)
        else:
            await caller.call(UPDATE, {**where, "id": held.get("id"), "name": held.get("name"), "value": value})
            told["updated"].append(name)
    return {**told}


_NAMES: Final[Schema] = list_of(text())
SET: Final = Operation(
    id="custom_values.set",
    title="Set Custom Values by Name",
    category=OTHER,
    kind="write",
    call=_set,
    about="Any number at once: changes those that differ, makes those that are missing",
    takes=record(
        {
            "locationId": text("Sub-account; the connection's own when left out"),
            "values": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": ["string", "number", "null"]},
                "description": 'By name: {"Opening hours": "9 to 5"}; null empties one',
            },
        },
        required=("values",),
    ),
    gives=record({"created": _NAMES, "updated": _NAMES, "unchanged": _NAMES}, required=("created", "updated", "unchanged")),
    repeat="safe",
    scopes=(*_READ, *_WRITE),
    sample="custom_values.set.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared(
        "GET /locations/{locationId}/customValues/{id}",
        "custom_values.get",
        "Get Custom Value",
        OTHER,
        add=_ID,
        scopes=_READ,
        **_VALUE,
    ),
    CREATE,
    UPDATE,
    SET,
    gone_is_done(
        declared(
            "DELETE /locations/{locationId}/customValues/{id}",
            "custom_values.delete",
            "Delete Custom Value",
            OTHER,
            add=_ID,
            scopes=_WRITE,
        )
    ),
)
