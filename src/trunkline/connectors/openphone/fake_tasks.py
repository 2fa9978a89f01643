"""The tasks of a simulated workspace: one book for both surfaces, which tell and change them in different words."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.openphone.fake_activity import USER_ID, Announce
from trunkline.connectors.openphone.fake_lists import Refused, dated_page, v1_page
from trunkline.model.clock import Instant, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.simulation import Handler

_ABOUT: Final = ("phoneNumberId", "conversationId", "activityId")
_USUAL: Final = 50


class Tasks:
    """Kept as the dated surface tells them. `most_open` is what the plan allows."""

    def __init__(self, *, now: Callable[[], Instant], announce: Announce) -> None:
        self.tasks: dict[str, JSONObject] = {}
        self.most_open = 1000
        self._now = now
        self._announce = announce

    def add(self, fields: JSONObject, *, id: str | None = None) -> JSONObject:
        """A task made by somebody; it is announced."""
        task: JSONObject = {
            "taskId": id or fresh("TK").replace("_", ""),
            "orgId": "ORfake0001",
            "title": fields.get("title"),
            "description": fields.get("description"),
            "dueDate": fields.get("dueDate"),
            "status": "open",
            "assignedTo": fields.get("assignedTo"),
            "assignedBy": USER_ID if fields.get("assignedTo") else None,
            "createdBy": USER_ID,
            "createdAt": iso(self._now()),
            **{name: fields.get(name) for name in _ABOUT},
            "phoneNumberGroupId": None,
            "revision": 1,
        }
        self.tasks[str(task["taskId"])] = task
        self._announce("task.created", dict(task), {})
        return task

    def change(self, id: str, event: str, changes: JSONObject) -> JSONObject:
        """What happened to a task; it is announced."""
        task = self._task(id)
        task.update({**changes, "revision": int(str(task["revision"])) + 1})
        self._announce(event, dict(task), {})
        return task

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "GET /v1/tasks": lambda request, _: _last_page(v1_page([_v1(one) for one in self._all()], request.query_params)),
            "GET /tasks": lambda request, _: dated_page(self._all(), request.query_params, usual=_USUAL),
            "POST /v1/tasks": self._create,
            "POST /tasks": lambda request, body: {"data": _revision(self.add(as_object(body)))},
            "GET /v1/tasks/{taskId}": lambda request, _: {"data": _v1(self._of(request))},
            "GET /tasks/{taskId}": lambda request, _: {"data": self._of(request)},
            "DELETE /v1/tasks/{taskId}": self._delete,
            "DELETE /tasks/{taskId}": self._delete,
            **self._steps(),
        }

    def _steps(self) -> Mapping[str, Handler]:
        """What changes one thing of a task, on either surface."""
        found: dict[str, Handler] = {}
        for v1, dated, event, changes in _STEPS:
            if v1:
                found[v1] = self._step(event, changes, v1=True)
            if dated:
                found[dated] = self._step(event, changes, v1=False)
        return found

    def _step(self, event: str, changes: Callable[[JSONObject], JSONObject], *, v1: bool) -> Handler:
        def handler(request: Request, body: JSON) -> JSON:
            given = as_object(body)
            name = _EVENT_OF_STATUS.get(str(given.get("status")), event)
            task = self.change(request.path_params["taskId"], name, changes(given))
            return {"data": _v1_revision(task) if v1 else _revision(task)}

        return handler

    def _all(self) -> list[JSONObject]:
        return list(self.tasks.values())

    def _task(self, id: str) -> JSONObject:
        if id not in self.tasks:
            raise Refused(404, "Task not found")
        return self.tasks[id]

    def _of(self, request: Request) -> JSONObject:
        return self._task(request.path_params["taskId"])

    def _create(self, _: Request, body: JSON) -> JSON:
        if sum(1 for task in self.tasks.values() if task["status"] == "open") >= self.most_open:
            raise Refused(402, "Open Tasks Limit Reached", code="0600402")
        task = self.add(as_object(body))
        told: JSONObject = {name: task[name] for name in ("conversationId", "activityId") if task[name] is not None}
        return {"data": {**_v1_revision(task), **told, "phoneNumberId": task["phoneNumberId"] or "PNfake0001"}}

    def _delete(self, request: Request, _: JSON) -> None:
        task = self._of(request)
        del self.tasks[str(task["taskId"])]
        self._announce("task.deleted", {**task, "status": "deleted"}, {})


def _v1(task: JSONObject) -> JSONObject:
    told = {name: value for name, value in task.items() if name != "status"}
    done, deleted = task["status"] == "completed", task["status"] == "deleted"
    return {**told, "completed": done, "isDeleted": deleted, "revision": str(task["revision"])}


def _revision(task: JSONObject) -> JSONObject:
    return {"taskId": task["taskId"], "revision": task["revision"]}


def _v1_revision(task: JSONObject) -> JSONObject:
    return {"taskId": task["taskId"], "revision": str(task["revision"])}


def _last_page(page: JSON) -> JSON:
    """The token of tasks is left out on the last page, where other lists say null."""
    return {name: value for name, value in as_object(page).items() if name != "nextPageToken" or value is not None}


_EVENT_OF_STATUS: Final = {"completed": "task.completed", "open": "task.reopened", "deleted": "task.deleted"}
_Changes = Callable[[JSONObject], JSONObject]
_STEPS: Final[tuple[tuple[str, str, str, _Changes], ...]] = (
    ("PUT /v1/tasks/{taskId}", "PATCH /tasks/{taskId}", "task.updated", dict),
    ("POST /v1/tasks/{taskId}/complete", "", "task.completed", lambda _: {"status": "completed"}),
    ("POST /v1/tasks/{taskId}/reopen", "", "task.reopened", lambda _: {"status": "open"}),
    ("", "PATCH /tasks/{taskId}/status", "task.updated", dict),
    (
        "POST /v1/tasks/{taskId}/assign",
        "POST /tasks/{taskId}/users",
        "task.assigned",
        lambda given: {"assignedTo": given["userId"], "assignedBy": USER_ID},
    ),
    (
        "POST /v1/tasks/{taskId}/unassign",
        "DELETE /tasks/{taskId}/users",
        "task.unassigned",
        lambda _: {"assignedTo": None, "assignedBy": None},
    ),
    ("POST /v1/tasks/{taskId}/link-conversation", "POST /tasks/{taskId}/conversations", "task.linked", dict),
    (
        "POST /v1/tasks/{taskId}/unlink-conversation",
        "DELETE /tasks/{taskId}/conversations",
        "task.unlinked",
        lambda _: {"conversationId": None},
    ),
    ("POST /v1/tasks/{taskId}/change-due-date", "PATCH /tasks/{taskId}/due-date", "task.duedate.updated", dict),
    ("POST /v1/tasks/{taskId}/remove-due-date", "DELETE /tasks/{taskId}/due-date", "task.duedate.removed", lambda _: {"dueDate": None}),
)
"""The step on v1, on the dated surface, what it is announced as, and what it changes."""
