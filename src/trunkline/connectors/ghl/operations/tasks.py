"""Tasks of a contact, and those of the whole sub-account."""

from collections.abc import Mapping
from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.calls import CATEGORY, CONTACT_ID
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.schema import Schema, anything, boolean, list_of, record, text

_OF: Final = {"contactId": CONTACT_ID}
_ONE: Final = {**_OF, "taskId": text("The task's id", min_length=1)}
_FIELDS: Final[dict[str, Schema]] = {
    "dueDate": text("When it is due", format="date-time"),
    "assignedTo": text("The owner's user id"),
}
_TASK: Final[Mapping[str, Any]] = {"record": "task", "id_field": "id"}

LIST: Final = declared(
    "GET /contacts/{contactId}/tasks", "contacts.list_tasks", "Get Contact Tasks", CATEGORY, add=_OF, items="tasks", id_field="id"
)

SEARCH: Final = declared(
    "POST /locations/{locationId}/tasks/search",
    "tasks.search",
    "Search Tasks",
    CATEGORY,
    kind="read",
    about="Those of every contact of the sub-account, by owner, contact, state or words",
    add={"limit": size(), "skip": start()},
    # Described as a list of lists; public clients read a list of tasks (read 2026-11-21).
    output=record({"tasks": list_of(anything())}, required=("tasks",), open=True),
    items="tasks",
    next_page=by_offset("tasks", offset="skip", usual=25),
    repeat="never",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    SEARCH,
    declared("GET /contacts/{contactId}/tasks/{taskId}", "contacts.get_task", "Get Contact Task by ID", CATEGORY, add=_ONE, **_TASK),
    declared(
        "POST /contacts/{contactId}/tasks",
        "contacts.create_task",
        "Create Contact Task",
        CATEGORY,
        add={**_OF, **_FIELDS},
        call={"defaults": {"completed": False}},
        repeat=listed(LIST, "title", "body", "dueDate", within=("contactId",), wrap="task"),
        scopes=("contacts.readonly", "contacts.write"),
        **_TASK,
    ),
    declared(
        "PUT /contacts/{contactId}/tasks/{taskId}",
        "contacts.update_task",
        "Update Contact Task",
        CATEGORY,
        add={**_ONE, **_FIELDS},
        **_TASK,
    ),
    declared(
        "PUT /contacts/{contactId}/tasks/{taskId}/completed",
        "contacts.complete_task",
        "Complete Contact Task",
        CATEGORY,
        add={**_ONE, "completed": boolean("False opens it again; yes unless said otherwise")},
        call={"defaults": {"completed": True}},
        **_TASK,
    ),
    gone_is_done(
        declared("DELETE /contacts/{contactId}/tasks/{taskId}", "contacts.delete_task", "Delete Contact Task", CATEGORY, add=_ONE)
    ),
)
