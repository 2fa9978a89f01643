"""Tasks of a contact, and those of the whole sub-account."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connect.pages import pages
from trunkline.connectors.ghl.calls import CATEGORY, CONTACT_ID
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, anything, boolean, list_of, nullable, record, text

_AT_ONCE: Final = 100
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


async def find(caller: Caller, input: JSONObject) -> JSON:
    """The task with this id, whosever it is: the vendor reads one only below its contact, which an event of a task may not name."""
    title = input.get("title")
    words: JSONObject = {"query": title} if title else {}
    where: JSONObject = {"locationId": input["locationId"]} if input.get("locationId") else {}
    for asked in (words, {}) if words else ({},):
        async for page in pages(caller, SEARCH, {**where, **asked, "limit": _AT_ONCE, "skip": 0}):
            for task in map(as_object, page):
                if input["taskId"] in (task.get("id"), task.get("_id")):
                    return {"task": {**task, "id": input["taskId"], "contactId": _owner(task)}}
    return {"task": None}


def _owner(task: JSONObject) -> JSON:
    details = as_object(task.get("contactDetails"))
    return task.get("contactId") or details.get("id") or details.get("contactId")


FIND: Final = replace(
    SEARCH,
    id="tasks.find",
    title="Find Task",
    call=find,
    about="By its id alone, to know whose it is; quick with its title, else every task is looked through. Null when it is gone",
    takes=record(
        {
            "taskId": text("The task's id", min_length=1),
            "title": nullable(text("Its title, if it is known")),
            "locationId": text("Sub-account; the connection's own when left out"),
        },
        required=("taskId",),
    ),
    gives=record(
        {"task": nullable(record({"id": text(), "contactId": nullable(text()), "title": text()}, required=("id",), open=True))},
        required=("task",),
        open=True,
    ),
    items=None,
    next_page=None,
    record="task",
    id_field="id",
    sample="tasks.find.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    SEARCH,
    FIND,
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
