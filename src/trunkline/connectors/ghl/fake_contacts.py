"""How the simulated sub-account answers about contacts: their notes, tasks, tags, and what they are in."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from trunkline.connectors.ghl.fake_records import Records, Refused, as_listed
from trunkline.model.clock import Instant, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps
from trunkline.testing.simulation import Handler


class ContactCalls:
    """The handlers, and what belongs to contacts. `announce` tells of a change (event name, body)."""

    def __init__(self, records: Records, *, now: Callable[[], Instant], announce: Callable[[str, JSONObject], None]) -> None:
        self.records = records
        self.notes: dict[str, JSONObject] = {}
        self.tasks: dict[str, JSONObject] = {}
        self.enrolled: dict[str, set[str]] = {}
        """By contact, the campaigns and workflows it is in, as `campaigns/ID`."""
        self._now = now
        self._announce = announce

    def handlers(self) -> Mapping[str, Handler]:
        note, task = "/contacts/{contactId}/notes/{id}", "/contacts/{contactId}/tasks/{taskId}"
        return {
            "POST /contacts/search": self._search,
            "GET /contacts/search/duplicate": self._duplicate,
            "GET /contacts/": self._list,
            "GET /contacts/business/{businessId}": self._of_business,
            "POST /contacts/upsert": self._upsert,
            "POST /contacts/": self._create,
            "GET /contacts/{contactId}": lambda request, _: {"contact": self._contact(request)},
            "PUT /contacts/{contactId}": self._update,
            "DELETE /contacts/{contactId}": self._delete,
            "POST /contacts/bulk/tags/update/{type}": self._bulk_tags,
            "POST /contacts/bulk/business": self._bulk_business,
            "POST /contacts/{contactId}/tags": self._add_tags,
            "DELETE /contacts/{contactId}/tags": self._remove_tags,
            "POST /contacts/{contactId}/followers": self._add_followers,
            "DELETE /contacts/{contactId}/followers": self._remove_followers,
            "POST /contacts/{contactId}/campaigns/{campaignId}": self._enter,
            "DELETE /contacts/{contactId}/campaigns/{campaignId}": self._leave,
            "DELETE /contacts/{contactId}/campaigns/removeAll": self._leave_all,
            "POST /contacts/{contactId}/workflow/{workflowId}": self._enter,
            "DELETE /contacts/{contactId}/workflow/{workflowId}": self._leave,
            "GET /contacts/{contactId}/notes": lambda request, _: {"notes": self._of(self.notes, request)},
            "POST /contacts/{contactId}/notes": self._create_note,
            f"GET {note}": lambda request, _: {"note": self._one(self.notes, request, "id")},
            f"PUT {note}": self._update_note,
            f"DELETE {note}": lambda request, _: self._drop(self.notes, request, "id", "NoteDelete"),
            "GET /contacts/{contactId}/tasks": lambda request, _: {"tasks": self._of(self.tasks, request)},
            "POST /locations/{locationId}/tasks/search": self._search_tasks,
            "POST /contacts/{contactId}/tasks": self._create_task,
            f"GET {task}": lambda request, _: {"task": self._one(self.tasks, request, "taskId")},
            f"PUT {task}": self._update_task,
            f"PUT {task}/completed": self._update_task,
            f"DELETE {task}": lambda request, _: self._drop(self.tasks, request, "taskId", "TaskDelete"),
        }

    # ── contacts ──

    def _contact(self, request: Request) -> JSONObject:
        return self.records.get(request.path_params["contactId"])

    def _search(self, _: Request, body: JSON) -> JSON:
        contacts, total = self.records.search(as_object(body))
        return {"contacts": [*contacts], "total": total}

    def _duplicate(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        if query.get("locationId") != self.records.location:
            raise Refused(403, "The token does not have access to this location.")
        number = query.get("number")
        found = self.records.duplicate(email=query.get("email"), phone=number if number and number.startswith("+") else None)
        return {"contact": found[0] if found else None}

    def _list(self, request: Request, _: JSON) -> JSON:
        """Newest first; the next page begins after the last contact's time and id."""
        query = request.query_params
        found = sorted(self.records.contacts.values(), key=lambda one: (str(one["dateAdded"]), str(one["id"])), reverse=True)
        ids = [one["id"] for one in found]
        begin = ids.index(query["startAfterId"]) + 1 if query.get("startAfterId") in ids else 0
        page = found[begin : begin + int(query.get("limit", 20))]
        more = page and begin + len(page) < len(found)
        return {"contacts": [*page], "meta": as_listed(page[-1]) if more else {}, "count": len(found)}

    def _of_business(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        found = [one for one in self.records.contacts.values() if one.get("businessId") == request.path_params["businessId"]]
        begin = int(query.get("skip", 0))
        return {"contacts": [*found[begin : begin + int(query.get("limit", 25))]], "count": len(found)}

    def _create(self, _: Request, body: JSON) -> JSON:
        return {"contact": self.records.create(as_object(body))}

    def _upsert(self, _: Request, body: JSON) -> Response:
        contact, new = self.records.upsert(as_object(body))
        return _json({"new": new, "contact": contact, "traceId": fresh("t")}, 201 if new else 200)

    def _update(self, request: Request, body: JSON) -> JSON:
        return {"succeded": True, "contact": self.records.update(request.path_params["contactId"], as_object(body))}

    def _delete(self, request: Request, _: JSON) -> JSON:
        self.records.delete(request.path_params["contactId"])
        return {"succeded": True}

    # ── tags, followers, businesses ──

    def _add_tags(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        tags = [*as_list(contact["tags"]), *(tag for tag in _tags(as_object(body)) if tag not in as_list(contact["tags"]))]
        return {"tags": self.records.change(str(contact["id"]), {"tags": tags})["tags"]}

    def _remove_tags(self, request: Request, body: JSON) -> JSON:
        contact, gone = self._contact(request), _tags(as_object(body))
        kept = [tag for tag in as_list(contact["tags"]) if tag not in gone]
        return {"tags": self.records.change(str(contact["id"]), {"tags": kept})["tags"]}

    def _bulk_tags(self, request: Request, body: JSON) -> JSON:
        """Unknown contacts are counted as errors, the others are changed all the same."""
        asked, adds, errors = as_object(body), request.path_params["type"] == "add", 0
        tags = _tags(asked)
        for contact_id in map(str, as_list(asked.get("contacts"))):
            contact = self.records.contacts.get(contact_id)
            if contact is None:
                errors += 1
                continue
            kept: list[JSON] = [] if asked.get("removeAllTags") else [tag for tag in as_list(contact["tags"]) if tag not in tags]
            self.records.change(contact_id, {"tags": [*kept, *(tags if adds else [])]})
        return {"succeded": errors == 0, "errorCount": errors, "responses": []}

    def _bulk_business(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        ids = [id for id in as_list(asked.get("ids")) if str(id) in self.records.contacts]
        for id in ids:
            self.records.change(str(id), {"businessId": asked.get("businessId")})
        return {"success": True, "ids": ids}

    def _add_followers(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        held = as_list(contact.get("followers"))
        added = [one for one in as_list(as_object(body).get("followers")) if one not in held]
        self.records.change(str(contact["id"]), {"followers": [*held, *added]})
        return {"followers": contact["followers"], "followersAdded": added}

    def _remove_followers(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        held = as_list(contact.get("followers"))
        gone = [one for one in as_list(as_object(body).get("followers")) if one in held]
        self.records.change(str(contact["id"]), {"followers": [one for one in held if one not in gone]})
        return {"followers": contact["followers"], "followersRemoved": gone}

    # ── campaigns and workflows ──

    def _enter(self, request: Request, _: JSON) -> JSON:
        self._contact(request)
        self.enrolled.setdefault(request.path_params["contactId"], set()).add(_enrolment(request))
        return {"succeded": True}

    def _leave(self, request: Request, _: JSON) -> JSON:
        self._contact(request)
        self.enrolled.get(request.path_params["contactId"], set()).discard(_enrolment(request))
        return {"succeded": True}

    def _leave_all(self, request: Request, _: JSON) -> JSON:
        self._contact(request)
        held = self.enrolled.get(request.path_params["contactId"], set())
        held -= {one for one in held if one.startswith("campaigns/")}
        return {"succeded": True}

    # ── notes and tasks ──

    def add_note(self, note_id: str, contact_id: str, body: JSONObject) -> JSONObject:
        self.notes[note_id] = {"id": note_id, "contactId": contact_id, "dateAdded": iso(self._now()), "pinned": False, **body}
        return self.notes[note_id]

    def _of(self, items: dict[str, JSONObject], request: Request) -> list[JSON]:
        contact = self._contact(request)
        return [item for item in items.values() if item["contactId"] == contact["id"]]

    def _one(self, items: dict[str, JSONObject], request: Request, id: str) -> JSONObject:
        item = items.get(request.path_params[id])
        if item is None or item["contactId"] != request.path_params["contactId"]:
            raise Refused(404, "Not found")
        return item

    def _drop(self, items: dict[str, JSONObject], request: Request, id: str, kind: str) -> JSON:
        item = self._one(items, request, id)
        del items[str(item["id"])]
        self._announce(kind, item)
        return {"succeded": True}

    def _create_note(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        note = self.add_note(fresh("n").removeprefix("n_"), str(contact["id"]), as_object(body))
        self._announce("NoteCreate", note)
        return {"note": note}

    def _update_note(self, request: Request, body: JSON) -> JSON:
        note = self._one(self.notes, request, "id")
        note.update(as_object(body))
        self._announce("NoteUpdate", note)
        return {"note": note}

    def _search_tasks(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        wanted = {
            name: value if isinstance(value, list) else [value] for name, value in asked.items() if name not in ("limit", "skip", "query")
        }
        words = str(asked.get("query", "")).lower()
        found = [one for one in self.tasks.values() if all(one.get(name) in values for name, values in wanted.items())]
        found = [one for one in found if words in str(one.get("title")).lower()]
        begin, size = (int(float(str(asked.get(name, usual)))) for name, usual in (("skip", 0), ("limit", 25)))
        return {"tasks": [*found[max(0, begin) : max(0, begin) + size]]}

    def _create_task(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        task: JSONObject = {"id": fresh("k").removeprefix("k_"), "contactId": contact["id"], **as_object(body)}
        self.tasks[str(task["id"])] = task
        self._announce("TaskCreate", task)
        return {"task": task}

    def _update_task(self, request: Request, body: JSON) -> JSON:
        task = self._one(self.tasks, request, "taskId")
        task.update(as_object(body))
        if task["completed"]:
            self._announce("TaskComplete", task)
        return {"task": task}


def _enrolment(request: Request) -> str:
    values = request.path_params
    return f"campaigns/{values['campaignId']}" if "campaignId" in values else f"workflows/{values['workflowId']}"


def _tags(body: JSONObject) -> list[JSON]:
    tags = body.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Refused(422, ["each value in tags must be a string", "tags must be an array"])
    return tags


def _json(answer: JSON, status: int) -> Response:
    return Response(dumps(answer), status_code=status, media_type="application/json")
