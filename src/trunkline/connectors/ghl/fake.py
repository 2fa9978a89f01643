"""A simulated sub-account: contacts, notes, tasks and tags over HTTP, and webhooks signed with a key of its own."""

import base64
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connect.declaration import RateLimit
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.fake_records import Records, Refused
from trunkline.model.clock import Clock, iso
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps
from trunkline.testing import simulation
from trunkline.testing.simulation import Handler, SimulatedVendor
from trunkline.testing.validation import Problem

_VERSIONS: Final = frozenset(("v3", "2023-02-21", "2021-07-28", "2021-04-15"))
_WEBHOOK_LEAVES_OUT: Final = frozenset(
    ("dateUpdated", "dndSettings", "inboundDndSettings", "additionalEmails", "gender", "timezone", "type")
)


class FakeGHL(SimulatedVendor):
    """A sub-account; contacts, notes, tasks and tags as the vendor does them.

    `signing` chooses which signatures deliveries carry; `wrapped` puts them into `data`.
    """

    token: ClassVar[str] = "pit-0000aaaa-1111-bbbb-2222-cccc3333dddd"
    endpoints = ENDPOINTS
    limits: tuple[RateLimit, ...] = (RateLimit(calls=100, per_s=10),)
    daily: ClassVar[int] = 200_000

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        location: str = "LoCaTiOn0000000000A1",
        allow_duplicates: bool = False,
    ) -> None:
        self.location = location
        self.signing: Literal["ed25519", "rsa", "both", "none"] = "ed25519"
        self.wrapped = False
        self.announces = True
        """Set to False to change records without telling anybody."""
        self.notes: dict[str, JSONObject] = {}
        self.tasks: dict[str, JSONObject] = {}
        super().__init__(clock=clock)
        self.records = Records(location, allow_duplicates=allow_duplicates, now=self.clock.now, changed=self._announce_contact)
        self._key = Ed25519PrivateKey.generate()

    # ── what a test or a demonstration does to it directly ──

    @property
    def contacts(self) -> list[JSONObject]:
        """Every contact, oldest first."""
        return list(self.records.contacts.values())

    def create_contact(self, fields: JSONObject) -> JSONObject:
        """A contact made by hand in the vendor's app; it is announced like any other."""
        return self.records.add(fields)

    def change_contact(self, contact_id: str, fields: JSONObject) -> JSONObject:
        """A contact changed by hand in the vendor's app."""
        return self.records.change(contact_id, fields)

    def seed(self) -> None:
        """The records the samples speak of."""
        self.announces, announces = False, self.announces
        self.records.add(
            {
                "id": "cOnTaCt00000000000A1",
                "firstName": "Ada",
                "lastName": "Palmer",
                "email": "ada.palmer@example.com",
                "phone": "+15555550101",
                "companyName": "Palmer Roofing",
                "dateAdded": "2025-11-02T14:03:11.204Z",
                "dateUpdated": "2025-11-20T09:30:00.512Z",
                "tags": ["customer"],
                "customFields": [{"id": "cUsToMfIeLd00000001", "value": "blue"}],
            },
        )
        self.notes["nOtE0000000000000001"] = self._new_note(
            "nOtE0000000000000001", "cOnTaCt00000000000A1", {"body": "Called about the roof"}
        )
        task: JSONObject = {"title": "Send the quote", "body": "By mail", "dueDate": "2026-12-01T09:00:00.000Z", "completed": False}
        self.tasks["tAsK0000000000000001"] = {"id": "tAsK0000000000000001", "contactId": "cOnTaCt00000000000A1", **task}
        self.announces = announces

    # ── keys and signatures ──

    @property
    def public_key(self) -> str:
        return _pem(self._key.public_key())

    @cached_property
    def legacy_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def legacy_public_key(self) -> str:
        return _pem(self.legacy_key.public_key())

    def account(self) -> Account:
        options: JSONObject = {"location": self.location, "webhook_public_key": self.public_key}
        if self.signing in ("rsa", "both"):
            options["webhook_legacy_public_key"] = self.legacy_public_key
        return Account(options=options, credential=Credential({"token": self.token}))

    def sign(self, body: bytes, *, at: float) -> Pairs:
        headers: list[tuple[str, str]] = []
        if self.signing in ("ed25519", "both"):
            headers.append(("x-ghl-signature", base64.b64encode(self._key.sign(body)).decode()))
        if self.signing in ("rsa", "both"):
            legacy = self.legacy_key.sign(body, padding.PKCS1v15(), hashes.SHA256())
            headers.append(("x-wh-signature", base64.b64encode(legacy).decode()))
        return tuple(headers)

    def announce(self, kind: str, body: JSONObject) -> None:
        """Deliver an event as the vendor would, in the envelope of the day."""
        if not self.announces or not self.webhooks.urls:
            return
        told: JSONObject = {"data": body} if self.wrapped else body
        stamp: JSONObject = {"timestamp": iso(self.clock.now()), "webhookId": fresh("w").removeprefix("w_")}
        self.webhooks.emit({"type": kind, "locationId": self.location, **told, **stamp})

    def _announce_contact(self, kind: str, contact: JSONObject) -> None:
        left_out = _WEBHOOK_LEAVES_OUT - {"dndSettings"} if kind == "ContactDndUpdate" else _WEBHOOK_LEAVES_OUT
        self.announce(kind, {name: value for name, value in contact.items() if name not in left_out and value is not None})

    # ── answers ──

    def authorised(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.token}"

    def refusal(self, status: int, message: str | list[str] = "refused on purpose", meta: JSONObject | None = None) -> Response:
        said: JSONObject = {"statusCode": status, "message": [*message] if isinstance(message, list) else message, "traceId": fresh("t")}
        error = {401: "Unauthorized", 422: "Unprocessable Entity"}.get(status)
        return JSONResponse({**said, **({"error": error} if error else {}), **({"meta": meta} if meta else {})}, status_code=status)

    def too_fast(self) -> Response:
        return self.refusal(429, "Too Many Requests")

    def quota_headers(self, remaining: int) -> Mapping[str, str]:
        if not self.limits:
            return {}
        limit = self.limits[0]
        return {
            "x-ratelimit-limit-daily": str(self.daily),
            "x-ratelimit-daily-remaining": str(max(0, self.daily - len(self.calls))),
            "x-ratelimit-interval-milliseconds": str(round(limit.per_s * 1000)),
            "x-ratelimit-max": str(limit.calls),
            "x-ratelimit-remaining": str(remaining),
        }

    def objection(self, key: str, request: Request) -> Response | None:
        version = request.headers.get("version")
        if version in _VERSIONS or key.partition(" ")[2].startswith("/oauth/"):
            return None
        return self.refusal(401, "version header is invalid" if version else "version header was not found.")

    def invalid(self, key: str, problems: Sequence[Problem]) -> Response:
        if any(problem.reason == "the body is no JSON" for problem in problems):
            return self.refusal(400, "the body is no JSON")
        return self.refusal(422, [_told(problem) for problem in problems])

    def refused(self, key: str, error: simulation.Refused) -> Response:
        if isinstance(error, Refused):
            return self.refusal(error.status, error.said, error.meta)
        return super().refused(key, error)

    def handlers(self) -> Mapping[str, Handler]:
        note, task = "/contacts/{contactId}/notes/{id}", "/contacts/{contactId}/tasks/{taskId}"
        return {
            "POST /contacts/search": self._search,
            "GET /contacts/search/duplicate": self._duplicate,
            "POST /contacts/upsert": self._upsert,
            "POST /contacts/bulk/tags/update/{type}": self._bulk_tags,
            "POST /contacts/": self._create,
            "GET /contacts/{contactId}": lambda request, _: {"contact": self._contact(request)},
            "PUT /contacts/{contactId}": self._update,
            "DELETE /contacts/{contactId}": self._delete,
            "POST /contacts/{contactId}/tags": self._add_tags,
            "DELETE /contacts/{contactId}/tags": self._remove_tags,
            "GET /contacts/{contactId}/notes": lambda request, _: {"notes": self._of(self.notes, request)},
            "POST /contacts/{contactId}/notes": self._create_note,
            f"GET {note}": lambda request, _: {"note": self._one(self.notes, request, "id")},
            f"PUT {note}": self._update_note,
            f"DELETE {note}": lambda request, _: self._drop(self.notes, request, "id", "NoteDelete"),
            "GET /contacts/{contactId}/tasks": lambda request, _: {"tasks": self._of(self.tasks, request)},
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
        if query.get("locationId") != self.location:
            raise Refused(403, "The token does not have access to this location.")
        found = self.records.duplicate(email=query.get("email"), phone=query.get("number"))
        return {"contact": found[0] if found else None}

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

    def _add_tags(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        tags = [*as_list(contact["tags"]), *(tag for tag in _tags(as_object(body)) if tag not in as_list(contact["tags"]))]
        return {"tags": self.records.change(str(contact["id"]), {"tags": tags})["tags"]}

    def _remove_tags(self, request: Request, body: JSON) -> JSON:
        contact, gone = self._contact(request), _tags(as_object(body))
        return {
            "tags": self.records.change(str(contact["id"]), {"tags": [tag for tag in as_list(contact["tags"]) if tag not in gone]})["tags"]
        }

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

    # ── notes and tasks ──

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
        self.announce(kind, item)
        return {"succeded": True}

    def _new_note(self, note_id: str, contact_id: str, body: JSONObject) -> JSONObject:
        return {"id": note_id, "contactId": contact_id, "dateAdded": iso(self.clock.now()), "pinned": False, **body}

    def _create_note(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        note = self._new_note(fresh("n").removeprefix("n_"), str(contact["id"]), as_object(body))
        self.notes[str(note["id"])] = note
        self.announce("NoteCreate", note)
        return {"note": note}

    def _update_note(self, request: Request, body: JSON) -> JSON:
        note = self._one(self.notes, request, "id")
        note.update(as_object(body))
        self.announce("NoteUpdate", note)
        return {"note": note}

    def _create_task(self, request: Request, body: JSON) -> JSON:
        contact = self._contact(request)
        task: JSONObject = {"id": fresh("k").removeprefix("k_"), "contactId": contact["id"], **as_object(body)}
        self.tasks[str(task["id"])] = task
        self.announce("TaskCreate", task)
        return {"task": task}

    def _update_task(self, request: Request, body: JSON) -> JSON:
        task = self._one(self.tasks, request, "taskId")
        task.update(as_object(body))
        if task["completed"]:
            self.announce("TaskComplete", task)
        return {"task": task}


def _tags(body: JSONObject) -> list[JSON]:
    tags = body.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Refused(422, ["each value in tags must be a string", "tags must be an array"])
    return tags


def _told(problem: Problem) -> str:
    """As the vendor's framework words it."""
    match problem.kind:
        case "unknown":
            return f"property {problem.field} should not exist"
        case "missing":
            return f"{problem.field or 'the body'} should not be empty"
        case "wrong":
            return f"{problem.field or 'the body'} is not as it must be: {problem.reason}"


def _json(answer: JSON, status: int = 200) -> Response:
    return Response(dumps(answer), status_code=status, media_type="application/json")


def _pem(key: Ed25519PublicKey | rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
