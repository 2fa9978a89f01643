"""When users can be booked."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start

_LINK: Final = "/calendars/schedules/{id}/associations/{calendarId}"

LIST: Final = declared(
    "GET /calendars/schedules/search",
    "calendars.list_schedules",
    "List Schedules",
    CALENDARS,
    add={"limit": size(500), "skip": start()},
    items="schedules",
    id_field="id",
    updated_field="dateUpdated",
    next_page=by_offset("schedules", offset="skip", usual=50),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared(
        "GET /calendars/schedules/{id}",
        "calendars.get_schedule",
        "Get Schedule",
        CALENDARS,
        record="schedule",
        id_field="id",
        updated_field="dateUpdated",
    ),
    declared(
        "POST /calendars/schedules",
        "calendars.create_schedule",
        "Create Schedule",
        CALENDARS,
        record="schedule",
        id_field="id",
        updated_field="dateUpdated",
        repeat=listed(LIST, "name", "timezone", within=("locationId", "userId"), wrap="schedule"),
    ),
    declared(
        "PUT /calendars/schedules/{id}",
        "calendars.update_schedule",
        "Update Schedule",
        CALENDARS,
        record="schedule",
        id_field="id",
        updated_field="dateUpdated",
    ),
    gone_is_done(declared("DELETE /calendars/schedules/{id}", "calendars.delete_schedule", "Delete Schedule", CALENDARS)),
    declared(f"PUT {_LINK}", "calendars.add_to_schedule", "Add Calendar to Schedule", CALENDARS),
    gone_is_done(declared(f"DELETE {_LINK}", "calendars.remove_from_schedule", "Remove Calendar from Schedule", CALENDARS)),
)
