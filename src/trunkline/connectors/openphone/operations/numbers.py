"""The workspace's own numbers. v1 tells their members, the dated surface their business hours."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.openphone.surface import (
    ENDPOINTS,
    NEXT_PAGE,
    dated,
    described,
    listed,
    number_id,
    one_of_those,
    paged,
    pages_of,
    user_id,
)
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import boolean, list_of, record, text

_CATEGORY: Final = "Phone numbers"
_ID: Final = {"phoneNumberId": number_id("The number's id")}
_HOURS: Final = record({"enabled": boolean(), "timezone": text("IANA name"), "schedule": {"type": ["object", "null"]}}, open=True)
_GET: Final = ENDPOINTS.operation("GET /v1/phone-numbers/{phoneNumberId}", id="phone_numbers.get")
_WITH_HOURS: Final = ENDPOINTS.operation("GET /phone-numbers/{phoneNumberId}", id="phone_numbers.get")
_MEMBERS: Final = ENDPOINTS.operation("GET /phone-numbers/{phoneNumberId}/users", id="phone_numbers.users")
_AVAILABLE: Final = ENDPOINTS.operation("GET /phone-numbers/available", id="phone_numbers.available")


async def get(caller: Caller, input: JSONObject) -> JSON:
    """The number as v1 tells it, and on request its business hours, which only the dated surface has."""
    number = as_object(as_object(await caller.call(_GET, {"phoneNumberId": input["phoneNumberId"]})).get("data"))
    if input.get("businessHours") is not True:
        return {"data": number}
    asked: JSONObject = {"phoneNumberId": input["phoneNumberId"], "include": ["businessHours"]}
    told = as_object(as_object(await caller.call(_WITH_HOURS, asked)).get("data"))
    return {"data": {**number, "businessHours": told.get("businessHours")}}


async def available(caller: Caller, input: JSONObject) -> JSON:
    """The vendor's list lies two levels deep."""
    found = as_object(as_object(await caller.call(_AVAILABLE, input)).get("data"))
    return {"data": as_list(found.get("phoneNumbers"))}


LIST: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/phone-numbers",
    id="phone_numbers.list",
    title="List phone numbers",
    category=_CATEGORY,
    about="The workspace's inboxes with their members",
    add={"userId": user_id("Only those of this user")},
    items="data",
    id_field="id",
    updated_field="updatedAt",
    sample="phone_numbers.list.json",
)

GET: Final[Operation] = replace(
    _GET,
    title="Get phone number",
    category=_CATEGORY,
    call=get,
    takes=record(
        {**_ID, "businessHours": boolean("Tell its business hours and their time zone as well")},
        required=("phoneNumberId",),
    ),
    gives=one_of_those(described("GET /v1/phone-numbers/{phoneNumberId}", {"businessHours": {"anyOf": [_HOURS, {"type": "null"}]}})),
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="phone_numbers.get.json",
)

USERS: Final[Operation] = replace(
    _MEMBERS,
    title="List members of a phone number",
    category=_CATEGORY,
    call=listed(_MEMBERS, dated({})),
    takes=paged(_ID, required=("phoneNumberId",)),
    gives=pages_of(described("GET /phone-numbers/{phoneNumberId}/users")),
    items="data",
    id_field="id",
    next_page=NEXT_PAGE,
    sample="phone_numbers.users.json",
)

AVAILABLE: Final[Operation] = replace(
    _AVAILABLE,
    title="Search available numbers",
    category=_CATEGORY,
    about="Numbers that could be bought; nothing is",
    call=available,
    takes=record(
        {
            "areaCode": text(),
            "contains": text("Digits in it"),
            "countryCode": text("Two letters, US"),
            "inLocality": text("A town"),
            "inRegion": text("A state or province"),
            "tollFree": boolean(),
        }
    ),
    gives=record({"data": list_of(text(), "In E.164")}, required=("data",)),
    items="data",
    sample="phone_numbers.available.json",
)

OF_USER: Final[Operation] = replace(
    LIST,
    id="users.phone_numbers",
    title="List numbers of a user",
    category="Users",
    about="",
    takes=record({"userId": user_id("The user's id")}, required=("userId",)),
    sample="users.phone_numbers.json",
)

OPERATIONS: Final = (LIST, GET, USERS, AVAILABLE, OF_USER)
