"""Tasks, by v1, whose description is official; only setting a status outright is the dated surface's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connectors.openphone import quirks
from trunkline.connectors.openphone.records.task import is_overdue, rest_task, status_of
from trunkline.connectors.openphone.surface import (
    ENDPOINTS,
    MOST,
    NEXT_PAGE,
    described,
    first,
    listed,
    number_id,
    one_of_those,
    paged,
    pages_of,
    read_one,
    user_id,
)
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, boolean, record, text

_CATEGORY: Final = "Tasks"
_ID: Final = {"taskId": text("The task's id", pattern="^TK")}
_TASK: Final = described(
    "GET /v1/tasks/{taskId}",
    {"status": text(choices=("open", "completed", "deleted")), "title": {"type": ["string", "null"]}, "revision": text()},
)
_DUE: Final = text("When it is due", format="date-time")
_ASSIGNEE: Final = user_id("Who is to do it")
_CONVERSATION: Final = text("A conversation's id", pattern="^CN")
_ABOUT: Final[Mapping[str, Schema]] = {
    "phoneNumberId": number_id("It is about this number of the workspace"),
    "conversationId": _CONVERSATION,
    "activityId": text("It is about this call or message", pattern="^AC"),
}
_CREATE: Final = ENDPOINTS.operation("POST /v1/tasks", id="tasks.create")
_UPDATE: Final = ENDPOINTS.operation("PUT /v1/tasks/{taskId}", id="tasks.update")
_LIST: Final = ENDPOINTS.operation("GET /v1/tasks", id="tasks.list", call={"defaults": {"maxResults": MOST}})
_GET: Final = ENDPOINTS.operation("GET /v1/tasks/{taskId}", id="tasks.get")
_DELETE: Final = ENDPOINTS.operation("DELETE /v1/tasks/{taskId}", id="tasks.delete")

_walk = listed(_LIST, {}, shape=rest_task)


async def create(caller: Caller, input: JSONObject) -> JSON:
    """The vendor wants to know of exactly one thing that the task is about."""
    told = [name for name in _ABOUT if name in input]
    if len(told) != 1:
        raise MappingError(
            "a task is about one thing: a number, a conversation, or a call or message",
            field=told[1] if told else "conversationId",
            hint=f"Give exactly one of {', '.join(_ABOUT)}.",
        )
    return await caller.call(_CREATE, {"body": input})


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """The task a lost create made: an open one that says the same. The list knows no filter, so it is walked."""

    def alike(task: JSONObject) -> bool:
        return status_of(task) == "open" and all(task.get(name) == input.get(name) for name in ("title", "description", *_ABOUT))

    found = await first(caller, _walk, {"maxResults": 100}, alike)
    return None if found is None else {"data": found}


async def update(caller: Caller, input: JSONObject) -> JSON:
    """The vendor wants title and description each time; the one that was left out is read first and stays."""
    if "title" in input and "description" in input:
        return await caller.call(_UPDATE, input)
    task = as_object(as_object(await caller.call(_GET, {"taskId": input["taskId"]})).get("data"))
    kept: JSONObject = {name: task.get(name) or "" for name in ("title", "description")}
    return await caller.call(_UPDATE, {**kept, **input})


def _step(step: str, id: str, title: str, fields: Mapping[str, Schema] | None = None, **facts: Any) -> Operation:
    """One of the calls that change one thing of a task; doing it twice changes nothing more."""
    return ENDPOINTS.operation(
        f"POST /v1/tasks/{{taskId}}/{step}",
        id=id,
        title=title,
        category=_CATEGORY,
        add={**_ID, **(fields or {})},
        repeat="safe",
        record="data",
        id_field="taskId",
        sample=f"{id}.json",
        **facts,
    )


LIST: Final[Operation] = replace(
    _LIST,
    title="List tasks",
    category=_CATEGORY,
    about="All of them: the vendor knows no filter and no order",
    call=_walk,
    takes=paged({}, most=100),
    gives=pages_of(_TASK),
    items="data",
    id_field="taskId",
    next_page=NEXT_PAGE,
    sample="tasks.list.json",
)


async def _walk_with_lateness(caller: Caller, input: JSONObject) -> JSON:
    page, now = as_object(await _walk(caller, input)), caller.clock.now()
    return {**page, "data": [{**task, "overdue": is_overdue(task, now)} for task in map(as_object, as_list(page["data"]))]}


WATCHED: Final[Operation] = replace(LIST, id="tasks.watched", title="Tasks, and whether they are overdue", call=_walk_with_lateness)
"""What the poll of overdue tasks reads; not offered by itself."""

GET: Final[Operation] = replace(
    _GET,
    title="Get task",
    category=_CATEGORY,
    call=read_one(_GET, shape=rest_task),
    takes=record(_ID, required=("taskId",)),
    gives=one_of_those(_TASK),
    record="data",
    id_field="taskId",
    sample="tasks.get.json",
)

CREATE: Final[Operation] = replace(
    _CREATE,
    title="Create task",
    category=_CATEGORY,
    about="About a number, a conversation, or a call or message: exactly one of them",
    call=create,
    takes=record(
        {"title": text(), "description": text(), **_ABOUT, "dueDate": _DUE, "assignedTo": _ASSIGNEE},
        required=("title", "description"),
    ),
    repeat=LookFirst(find_created),
    record="data",
    id_field="taskId",
    sample="tasks.create.json",
)

UPDATE: Final[Operation] = replace(
    _UPDATE,
    title="Update task",
    category=_CATEGORY,
    about="What is left out stays",
    call=update,
    takes=record({**_ID, "title": text(), "description": text()}, required=("taskId",)),
    repeat="safe",
    record="data",
    id_field="taskId",
    sample="tasks.update.json",
)

DELETE: Final[Operation] = replace(
    _DELETE,
    title="Delete task",
    category=_CATEGORY,
    about="Deleting what is already gone counts as done",
    call=quirks.gone(_DELETE),
    takes=record(_ID, required=("taskId",)),
    gives=record({"existed": boolean()}, required=("existed",)),
    sample="tasks.delete.json",
)

SET_STATUS: Final[Operation] = ENDPOINTS.operation(
    "PATCH /tasks/{taskId}/status",
    id="tasks.set_status",
    title="Set task status",
    category=_CATEGORY,
    add={**_ID, "status": text(choices=("open", "completed", "deleted"))},
    repeat="safe",
    record="data",
    id_field="taskId",
    sample="tasks.set_status.json",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    GET,
    CREATE,
    UPDATE,
    _step("complete", "tasks.complete", "Complete task"),
    _step("reopen", "tasks.reopen", "Reopen task"),
    _step("assign", "tasks.assign", "Assign task", {"userId": _ASSIGNEE}),
    _step("unassign", "tasks.unassign", "Unassign task", {"userId": user_id("Who is not to do it any more")}),
    _step("link-conversation", "tasks.link_conversation", "Link task to conversation", {"conversationId": _CONVERSATION}),
    _step("unlink-conversation", "tasks.unlink_conversation", "Unlink task from conversation", {"conversationId": _CONVERSATION}),
    _step("change-due-date", "tasks.set_due_date", "Set task due date", {"dueDate": _DUE}),
    _step("remove-due-date", "tasks.clear_due_date", "Clear task due date"),
    SET_STATUS,
    DELETE,
)
