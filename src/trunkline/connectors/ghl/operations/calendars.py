"""Calendars and their groups."""

from collections.abc import Mapping
from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.spelling import well_spelled

_ONE: Final[Mapping[str, Any]] = {"record": "calendar", "id_field": "id"}

LIST_GROUPS: Final = declared(
    "GET /calendars/groups", "calendars.list_groups", "List Calendar Groups", CALENDARS, items="groups", id_field="id"
)
LIST: Final = well_spelled(declared("GET /calendars/", "calendars.list", "List Calendars", CALENDARS, items="calendars", id_field="id"))

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST_GROUPS,
    declared(
        "POST /calendars/groups",
        "calendars.create_group",
        "Create Calendar Group",
        CALENDARS,
        about="Its slug must be free: calendars.validate_group_slug tells",
        record="group",
        id_field="id",
        repeat=listed(LIST_GROUPS, "slug", within=("locationId",), wrap="group"),
    ),
    declared(
        "PUT /calendars/groups/{groupId}", "calendars.update_group", "Update Calendar Group", CALENDARS, record="group", id_field="id"
    ),
    declared(
        "PUT /calendars/groups/{groupId}/status",
        "calendars.update_group_status",
        "Update Group Status",
        CALENDARS,
        about="Switches a group on or off",
    ),
    gone_is_done(declared("DELETE /calendars/groups/{groupId}", "calendars.delete_group", "Delete Calendar Group", CALENDARS)),
    declared(
        "POST /calendars/groups/validate-slug",
        "calendars.validate_group_slug",
        "Validate Group Slug",
        CALENDARS,
        kind="read",
        about="Whether a group's slug is still free; needs the scope for writing though it writes nothing",
    ),
    LIST,
    well_spelled(declared("GET /calendars/{calendarId}", "calendars.get", "Get Calendar by ID", CALENDARS, **_ONE)),
    well_spelled(
        declared(
            "POST /calendars/",
            "calendars.create",
            "Create Calendar",
            CALENDARS,
            repeat=listed(LIST, "name", "slug", "calendarType", "groupId", within=("locationId",), wrap="calendar"),
            **_ONE,
        )
    ),
    well_spelled(declared("PUT /calendars/{calendarId}", "calendars.update", "Update Calendar", CALENDARS, **_ONE)),
    gone_is_done(declared("DELETE /calendars/{calendarId}", "calendars.delete", "Delete Calendar", CALENDARS)),
)
