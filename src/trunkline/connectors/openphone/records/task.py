"""A task, whatever shape it comes in: v1 says `completed` and `isDeleted`, the dated surface has one `status`."""

from typing import Final

from trunkline.connectors.openphone.records.spelling import flat, instant, only_texts
from trunkline.model.clock import Instant, from_iso
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, nullable, record, text

_TEXTS: Final = (
    "title",
    "description",
    "assigned_to",
    "assigned_by",
    "created_by",
    "phone_number_id",
    "conversation_id",
    "activity_id",
)

TASK: Final[Schema] = record(
    {
        "id": text(),
        "status": nullable(text("open, completed or deleted")),
        **{name: nullable(text()) for name in (*_TEXTS, "due_date", "created_at")},
        "revision": nullable(text("Grows with each change")),
    },
    required=("id", "status"),
    about="The task; every key the vendor sent is here in snake_case",
    open=True,
)


def rest_task(raw: JSONObject) -> JSONObject:
    """The task of either surface with its `status`, and its revision as text."""
    return {**raw, "status": status_of(raw), "revision": _text(raw.get("revision"))}


def status_of(raw: JSONObject) -> JSON:
    """`open`, `completed` or `deleted`; None where nothing was told."""
    if isinstance(raw.get("status"), str):
        return raw["status"]
    if raw.get("isDeleted") is True:
        return "deleted"
    completed = raw.get("completed")
    return None if completed is None else "completed" if completed is True else "open"


def is_overdue(task: JSONObject, now: Instant) -> bool:
    """Whether a task that is still open should have been done by `now`."""
    due = task.get("dueDate")
    try:
        return status_of(task) == "open" and isinstance(due, str) and from_iso(due) < now
    except (ValueError, OverflowError):
        return False


def task_of(resource: JSONObject, context: JSONObject) -> JSONObject:
    """The flat record of a task."""
    fields = flat(resource)
    task: JSONObject = {**dict.fromkeys(_TEXTS), **fields, "id": _text(fields.get("task_id")) or _text(fields.get("id"))}
    task.pop("task_id", None)
    for name in ("due_date", "created_at"):
        task[name] = instant(fields.get(name))
    for name, told in (("phone_number_id", "phoneNumberId"), ("conversation_id", "conversationId")):
        task[name] = fields.get(name) or context.get(told)
    task["status"] = status_of(resource)
    task["revision"] = _text(fields.get("revision"))
    return only_texts(task, (*_TEXTS, "status", "due_date", "created_at"))


def _text(value: JSON) -> JSON:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
