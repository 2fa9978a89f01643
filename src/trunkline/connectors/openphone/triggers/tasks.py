"""What happens to tasks: by webhook, and by a walk over all of them that sees what differs from the last time.

The list says how a task is, a webhook what happened to it. So each trigger keeps the part of the task it is about, and a walk tells what
must have happened in between; what a webhook has told already is not told again.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.openphone.operations.tasks import LIST, WATCHED
from trunkline.connectors.openphone.records.task import TASK, status_of, task_of
from trunkline.connectors.openphone.triggers.deliveries import context_of, created_at, event_of, named, resource_of, seen, whole_list
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import nullable, record, text

_PAGE: Final = 100
_EVENT: Final = nullable(text("The vendor's name for what happened; null where a poll found that something did"))
_STATUS: Final = {"task.created": "open", "task.completed": "completed", "task.reopened": "open", "task.deleted": "deleted"}
"""What an event says of the status where the record does not."""

_VISIBLE: Final = (
    "title",
    "description",
    "status",
    "due_date",
    "assigned_to",
    "phone_number_id",
    "conversation_id",
    "activity_id",
)

Holds = Callable[[JSONObject, JSONObject], bool]
"""Whether it happened between one state of a task and the next."""


def from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no task."""
    resource = resource_of(body)
    if not named(resource, "taskId", "id"):
        return None
    task, event = task_of(resource, context_of(body)), event_of(body)
    task["status"] = task["status"] or _STATUS.get(event)
    return {"task": task, "event": event}


def from_list(item: JSONObject) -> JSONObject:
    return {"task": task_of(item, {}), "event": None}


def _task(payload: JSONObject) -> JSONObject:
    return as_object(payload["task"])


def _task_id(payload: JSONObject) -> str:
    return str(_task(payload)["id"])


def _visible(payload: JSONObject) -> JSON:
    return {name: _task(payload)[name] for name in _VISIBLE}


_POLL: Final = whole_list(LIST, from_list, page=_PAGE)

CHANGED: Final = Trigger(
    id="tasks.changed",
    title="Task created or changed",
    category="Tasks",
    about="Anything that can be seen of it. The poll walks all tasks",
    kinds=(
        "task.created",
        "task.updated",
        "task.deleted",
        "task.completed",
        "task.reopened",
        "task.assigned",
        "task.unassigned",
        "task.linked",
        "task.unlinked",
        "task.duedate.updated",
        "task.duedate.removed",
    ),
    payload=from_webhook,
    poll=_POLL,
    gives=record({"task": TASK, "event": _EVENT}, required=("task", "event")),
    record_key=_task_id,
    fingerprint=_visible,
    sample="tasks.changed.json",
)


def _step(id: str, title: str, event: str, holds: Holds, *fields: str, at_first: bool = False) -> Trigger:
    """One thing that can happen to a task; `fields` are what it is about, `holds` sees it in how they differ.

    With `at_first` a task that a walk never saw before can be one to which it has happened.
    """

    def state(payload: JSONObject) -> JSONObject:
        return {name: _task(payload)[name] for name in fields}

    def version(payload: JSONObject) -> JSON:
        return {"state": state(payload), "revision": _task(payload)["revision"]}

    def compare(before: JSON, payload: JSONObject) -> JSONObject | None:
        if payload["event"] is not None:
            return payload
        happened = (at_first or before is not None) and holds(as_object(before), state(payload))
        return {**payload, "event": event} if happened else None

    return replace(
        CHANGED,
        id=id,
        title=title,
        about="",
        kinds=(event,),
        fingerprint=version,
        remember=state,
        compare=compare,
        sample=f"{id}.json",
    )


def _differs(*fields: str) -> Holds:
    return lambda before, now: any(before.get(name) != now[name] for name in fields)


def _became(field: str, value: JSON) -> Holds:
    return lambda before, now: now[field] == value and before.get(field) != value


def _set(field: str) -> Holds:
    """It has a value now, another one than before."""
    return lambda before, now: now[field] is not None and before.get(field) != now[field]


def _emptied(field: str) -> Holds:
    return lambda before, now: now[field] is None and before.get(field) is not None


def _reopened(before: JSONObject, now: JSONObject) -> bool:
    return now["status"] == "open" and before.get("status") in ("completed", "deleted")


# ── deleted ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _not_deleted(page: JSON) -> list[JSON]:
    """The tasks of a page that are still there: it is not known for how long the list shows deleted ones."""
    return [task for task in as_list(as_object(page).get("data")) if status_of(as_object(task)) != "deleted"]


def kept(item: JSONObject) -> JSONObject:
    """What is told of a task that is not there any more; it is kept of each one until then, so it is little."""
    task = task_of({name: item.get(name) for name in ("taskId", "title", "conversationId")}, {})
    return {"task": {**{name: value for name, value in task.items() if value is not None}, "status": "deleted"}, "event": "task.deleted"}


# ── overdue ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _overdue_told(body: JSONObject) -> JSONObject | None:
    payload = from_webhook(body)
    return None if payload is None else {**payload, "task": {**_task(payload), "overdue": True}}


def _lateness(payload: JSONObject) -> JSON:
    """A task that gets another due date can be late again."""
    return {name: _task(payload).get(name) for name in ("due_date", "overdue")}


def _if_overdue(before: JSON, payload: JSONObject) -> JSONObject | None:  # noqa: ARG001 - what was late before has the same fingerprint
    return {**payload, "event": "task.overdue"} if _task(payload).get("overdue") is True else None


TRIGGERS: Final[tuple[Trigger, ...]] = (
    CHANGED,
    replace(
        CHANGED,
        id="tasks.created",
        title="Task created",
        about="Each task once",
        kinds=("task.created",),
        poll=replace(_POLL, cursor=created_at),
        fingerprint=seen,
        sample="tasks.created.json",
    ),
    _step("tasks.updated", "Task updated", "task.updated", _differs("title", "description"), "title", "description"),
    _step("tasks.completed", "Task completed", "task.completed", _became("status", "completed"), "status", at_first=True),
    _step("tasks.reopened", "Task reopened", "task.reopened", _reopened, "status"),
    replace(
        CHANGED,
        id="tasks.deleted",
        title="Task deleted",
        about="The poll walks all tasks and tells of one that two walks did not show, with its id and title",
        kinds=("task.deleted",),
        poll=replace(_POLL, items=_not_deleted, payload=kept),
        fingerprint=None,
        gone=True,
        sample="tasks.deleted.json",
    ),
    _step("tasks.assigned", "Task assigned", "task.assigned", _set("assigned_to"), "assigned_to"),
    _step("tasks.unassigned", "Task unassigned", "task.unassigned", _emptied("assigned_to"), "assigned_to"),
    _step("tasks.linked", "Task linked", "task.linked", _set("conversation_id"), "conversation_id"),
    _step("tasks.unlinked", "Task unlinked", "task.unlinked", _emptied("conversation_id"), "conversation_id"),
    _step("tasks.due_date_updated", "Task due date updated", "task.duedate.updated", _set("due_date"), "due_date"),
    _step("tasks.due_date_removed", "Task due date removed", "task.duedate.removed", _emptied("due_date"), "due_date"),
    replace(
        CHANGED,
        id="tasks.overdue",
        title="Task overdue",
        about="An open one whose due date is past; the poll compares that with the clock",
        kinds=("task.overdue",),
        payload=_overdue_told,
        poll=replace(_POLL, read=WATCHED),
        fingerprint=_lateness,
        compare=_if_overdue,
        sample="tasks.overdue.json",
    ),
)
