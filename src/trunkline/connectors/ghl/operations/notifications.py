"""What a calendar tells whom, and when."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, items_of, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path
from trunkline.model.schema import Schema, record, text

_ALL: Final = "/calendars/{calendarId}/notifications"
_ONE: Final = "/calendars/{calendarId}/notifications/{notificationId}"

GET: Final = declared(f"GET {_ONE}", "calendars.get_notification", "Get Calendar Notification", CALENDARS, id_field="_id")

_LIST: Final = declared(
    f"GET {_ALL}",
    "calendars.list_notifications",
    "List Calendar Notifications",
    CALENDARS,
    add={"limit": size(100), "skip": start()},
    items="notifications",
    id_field="_id",
    next_page=by_offset("notifications", offset="skip", usual=100),
)
LIST: Final = around(
    _LIST,
    after=lambda answer: {"notifications": as_list(answer)},
    gives=lambda: items_of(GET.output, "notifications"),
)

_CREATE: Final = declared(
    f"POST {_ALL}",
    "calendars.create_notification",
    "Create Calendar Notification",
    CALENDARS,
    id_field="_id",
    repeat=listed(
        LIST,
        *("receiverType", "channel", "notificationType", "templateId", "subject", "body", "beforeTime", "afterTime"),
        within=("calendarId",),
    ),
)


def _alone(input: JSONObject) -> JSONObject:
    """The vendor takes a list of them; people make one."""
    return {"calendarId": input["calendarId"], "body": [{name: value for name, value in input.items() if name != "calendarId"}]}


def _fields() -> Schema:
    inner = as_object(as_object(as_object(_CREATE.input["properties"])["body"])["items"])
    fields = {name: as_object(field) for name, field in as_object(inner["properties"]).items()}
    return record({"calendarId": text(min_length=1), **fields}, required=("calendarId", *map(str, as_list(inner.get("required")))))


CREATE: Final = around(_CREATE, before=_alone, after=lambda answer: at_path(answer, "0") or {}, takes=_fields, gives=lambda: GET.output)

_UPDATE: Final = declared(f"PUT {_ONE}", "calendars.update_notification", "Update Notification", CALENDARS, id_field="_id")


async def update(caller: Caller, input: JSONObject) -> JSON:
    """The vendor answers with a message only, so the notification is read back."""
    await caller.call(_UPDATE, input)
    return await caller.call(GET, {name: input[name] for name in ("calendarId", "notificationId")})


OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    GET,
    CREATE,
    replace(_UPDATE, call=update, gives=lambda: GET.output),
    gone_is_done(declared(f"DELETE {_ONE}", "calendars.delete_notification", "Delete Notification", CALENDARS)),
)
