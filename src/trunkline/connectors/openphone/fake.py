"""A simulated workspace: both surfaces over HTTP with one state behind them, and webhooks of both generations."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import ClassVar, Final, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connect.declaration import RateLimit
from trunkline.connectors.openphone.fake_activity import NUMBER, NUMBER_ID, USER_ID, Activity
from trunkline.connectors.openphone.fake_desk import SINCE, dated_number, member, number, user
from trunkline.connectors.openphone.fake_hooks import Hooks, new_key
from trunkline.connectors.openphone.fake_lists import Problem, Refused, dated_page, v1_page
from trunkline.connectors.openphone.fake_people import People
from trunkline.connectors.openphone.fake_records import FIELD_TYPES, Contacts
from trunkline.connectors.openphone.fake_tasks import Tasks
from trunkline.connectors.openphone.surface import ENDPOINTS
from trunkline.model.clock import Clock, iso
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing import simulation, validation
from trunkline.testing.simulation import Handler, SimulatedVendor

__all__ = ["NUMBER", "NUMBER_ID", "USER_ID", "FakeOpenPhone"]

_AREA: Final = {
    "/v1/calls": "01",
    "/v1/messages": "02",
    "/v1/webhooks": "03",
    "/v1/phone-numbers": "04",
    "/v1/call-summaries": "05",
    "/v1/call-transcripts": "06",
    "/v1/tasks": "06",
    "/v1/contact-custom-fields": "07",
    "/v1/contacts": "08",
    "/v1/call-recordings": "09",
    "/v1/conversations": "10",
    "/v1/users": "11",
    "/v1/call-voicemails": "12",
}
"""The first digits of an error's code; v1 only."""

_TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
}
ORGANIZATION_ID: Final = "ORfake0001"
_ADA: Final = "+15555550101"


class FakeOpenPhone(SimulatedVendor):
    """A workspace with one number and one user.

    `generation` chooses how deliveries are made and signed; a webhook made by API gets them too, and the newest one's key signs.
    `conflicts` makes a second contact of one external id and source a 409; the vendor documents that answer but not when it comes, so a
    fake that took both shows duplicates.
    """

    token: ClassVar[str] = "q0fake1key2of3nobody4"
    endpoints = ENDPOINTS
    limits: tuple[RateLimit, ...] = (RateLimit(calls=10, per_s=1),)

    def __init__(self, *, clock: Clock | None = None, conflicts: bool = False) -> None:
        self.generation: Literal["current", "legacy", "unsigned"] = "current"
        self.announces = True
        """Set to False to change records without telling anybody."""
        self.subscription = "active"
        """`expired` makes every text a 402."""
        self.members = [member()]
        """The users of the workspace and of its number."""
        self._conflicts = conflicts
        self._by_api: set[str] = set()
        self._made_key = new_key()
        self._made_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        super().__init__(clock=clock)

    def handlers(self) -> Mapping[str, Handler]:
        now = self.clock.now
        self.book = Contacts(now=now, user_id=USER_ID, conflicts=self._conflicts, changed=self._announce_contact)
        self.activity = Activity(now=now, announce=self.announce)
        self.tasks = Tasks(now=now, announce=self.announce)
        self.hooks = Hooks(now=now, test=self._send_sample, changed=self._listen)
        return {
            **People(self.book, now).handlers(),
            **self.activity.handlers(),
            **self.tasks.handlers(),
            **self.hooks.handlers(),
            "GET /v1/phone-numbers": lambda _, __: {"data": [number()]},
            "GET /phone-numbers": lambda request, _: dated_page([dated_number()], request.query_params),
            "GET /v1/phone-numbers/{phoneNumberId}": self._get_number,
            "GET /phone-numbers/{phoneNumberId}": self._get_number_with,
            "GET /phone-numbers/{phoneNumberId}/users": lambda request, _: dated_page(self.members, request.query_params),
            "GET /phone-numbers/available": lambda _, __: {"data": {"phoneNumbers": ["+15555550190", "+15555550191"]}},
            "GET /v1/users": lambda request, _: v1_page([user(one) for one in self.members], request.query_params),
            "GET /users": lambda request, _: dated_page([user(one) for one in self.members], request.query_params),
            "GET /v1/users/{userId}": self._get_user,
            "GET /users/{userId}": self._get_user,
            "GET /users/{userId}/phone-numbers": lambda request, _: dated_page([dated_number()], request.query_params),
            "GET /organization": lambda _, __: {"data": self._organization()},
        }

    # ── what a test or a demonstration does to it directly ──

    @property
    def contacts(self) -> list[JSONObject]:
        """Every contact, oldest first."""
        return list(self.book.contacts.values())

    @property
    def messages(self) -> dict[str, JSONObject]:
        """Every text by id, oldest first."""
        return self.activity.messages

    def define_field(self, key: str, name: str, type: str) -> None:
        """A custom field, made in the app."""
        assert type in FIELD_TYPES
        self.book.definitions[key] = {"key": key, "name": name, "type": type}

    def create_contact(self, fields: JSONObject) -> JSONObject:
        """A contact made by hand in the app: it has no source and no external id."""
        return self.book.add({"defaultFields": {"firstName": None, **fields}, "source": None})

    def change_contact(self, contact_id: str, fields: JSONObject) -> JSONObject:
        """A contact changed by hand in the app: what is not given stays, lists as well."""
        contact = self.book.get(contact_id)
        held = as_object(contact["defaultFields"])
        lists: JSONObject = {name: held[name] for name in ("emails", "phoneNumbers")}
        kept: list[JSON] = [{name: as_object(one)[name] for name in ("key", "id", "value")} for one in as_list(contact["customFields"])]
        return self.book.patch(contact_id, {"defaultFields": {**lists, **fields}, "customFields": kept})

    def receive_message(self, sender: str, content: str) -> JSONObject:
        """Somebody texts the workspace."""
        message = self.activity.message(sender=sender, to=[NUMBER], content=content, direction="incoming", status="received")
        self.announce("message.received", message)
        return message

    def receive_call(self, other: str, *, duration: int = 0) -> JSONObject:
        """Somebody calls: it rings, and with a `duration` it is answered and ends, else it is missed."""
        call = self.activity.call(other=other)
        self.announce("call.ringing", dict(call))
        if duration:
            self.activity.progress(str(call["id"]), "answered")
            self.announce("call.answered", dict(call))
        self.activity.progress(str(call["id"]), "completed" if duration else "missed", duration=duration)
        self.announce("call.completed", {**call, "status": "answered" if duration else "unanswered"})
        if not duration:
            self.announce("call.missed", dict(call))
        return call

    def seed(self) -> None:
        """The records the samples speak of."""
        self.announces, announces = False, self.announces
        self.define_field("cf-plan", "Plan", "string")
        self.define_field("cf-visits", "Visits", "number")
        contact: JSONObject = {
            "defaultFields": {
                "firstName": "Ada",
                "lastName": "Palmer",
                "company": "Palmer Roofing",
                "emails": [{"id": "prop0001", "name": "work", "value": "ada.palmer@example.com"}],
                "phoneNumbers": [{"id": "prop0002", "name": "mobile", "value": _ADA}],
            },
            "source": "trunkline",
            "externalId": "ghl-0001",
        }
        self.book.add(contact, contact_id="66f0c0ffee0000000000a001")
        self._seed_beside()
        self._seed_activity()
        self.announces = announces

    def _seed_beside(self) -> None:
        at = iso(self.clock.now())
        note: JSONObject = {"id": "note0001", "text": "Prefers mornings", "media": [], "createdAt": at, "updatedAt": at, "actorId": USER_ID}
        self.seed_records({"contacts/66f0c0ffee0000000000a001/notes": [note]})
        share: JSONObject = {"id": "share0001", "sharedWith": ORGANIZATION_ID, "createdAt": at}
        self.seed_records({"contacts/66f0c0ffee0000000000a001/shares": [share]})
        self.tasks.add({"title": "Call back", "description": "About the quote", "conversationId": "CN15555550101"}, id="TKfake0001")
        told: JSONObject = {"url": "https://hub.example.com/hooks/desk", "events": ["message.received"], "status": "disabled"}
        hook = self.hooks.add(told, id="9000000001")
        self.hooks.deliveries["9000000001"] = [{"id": "WDfake0001", "eventType": "message.received", "status": "success", "createdAt": at}]
        assert hook["status"] == "disabled"
        self.hooks.add_legacy({**told, "resourceIds": ["*"]}, id="WHfake0001")

    def _seed_activity(self) -> None:
        activity, at = self.activity, iso(self.clock.now())
        sent: JSONObject = {"content": "The quote is on its way"}
        activity.message(sender=_ADA, to=[NUMBER], content="Any news?", direction="incoming", status="received", id="ACfake0002")
        for id, status in (("ACfake0003", "failed"), ("ACfake0004", "undelivered"), ("ACfake0001", "delivered")):
            activity.message(sender=NUMBER, to=[_ADA], content=str(sent["content"]), direction="outgoing", status=status, id=id)
        for id, status, seconds in (("ACfake0010", "completed", 95), ("ACfake0011", "missed", 0), ("ACfake0012", "forwarded", 0)):
            activity.call(other=_ADA, id=id)
            for state in ("answered", status) if seconds else (status,):
                activity.progress(id, state, duration=seconds)
        call = "ACfake0010"
        activity.recordings[call] = [
            {
                "id": "CRfake0001",
                "url": "https://media.example.com/CRfake0001.mp3",
                "type": "audio/mpeg",
                "status": "completed",
                "duration": 90,
                "startTime": at,
            }
        ]
        activity.summaries[call] = {
            "callId": call,
            "status": "completed",
            "summary": ["Ada asked about the quote"],
            "nextSteps": ["Send the quote"],
            "jobs": [],
        }
        line: JSONObject = {"content": "Hello, this is Ada", "start": 0.5, "end": 2.1, "identifier": _ADA, "userId": None}
        activity.transcripts[call] = [{"callId": call, "createdAt": at, "dialogue": [line], "duration": 90.5, "status": "completed"}]
        activity.voicemails["ACfake0011"] = {
            "id": "VMfake0001",
            "status": "completed",
            "duration": 12,
            "transcript": "Please call me back",
            "recordingUrl": "https://media.example.com/VMfake0001.mp3",
        }

    # ── keys and signatures ──

    @property
    def webhook_key(self) -> str:
        """What the current generation signs with."""
        made = [str(one["key"]) for one in self.hooks.current.values() if one["status"] == "enabled"]
        return made[-1] if made else self._made_key

    @property
    def webhook_legacy_secret(self) -> str:
        """What the legacy generation signs with."""
        made = [str(one["key"]) for one in self.hooks.legacy.values() if one["status"] == "enabled"]
        return made[-1] if made else self._made_secret

    def account(self) -> Account:
        held = {"token": self.token, "webhook_key": self.webhook_key, "webhook_legacy_secret": self.webhook_legacy_secret}
        return Account(options={}, credential=Credential(held))

    def sign(self, body: bytes, *, at: float) -> Pairs:
        if self.generation == "current":
            delivery_id, stamp = fresh("WD"), str(int(at))
            signed = b".".join((delivery_id.encode(), stamp.encode(), body))
            signature = _hmac(base64.b64decode(self.webhook_key.removeprefix("whsec_")), signed)
            return (("webhook-id", delivery_id), ("webhook-timestamp", stamp), ("webhook-signature", f"v1,{signature}"))
        if self.generation == "legacy":
            stamp = str(int(at * 1000))
            signature = _hmac(base64.b64decode(self.webhook_legacy_secret), stamp.encode() + b"." + body)
            return (("openphone-signature", f"hmac;1;{stamp};{signature}"),)
        return ()

    def announce(self, kind: str, resource: JSONObject, context: JSONObject | None = None) -> None:
        """Deliver an event in the envelope of the chosen generation."""
        if not self.announces or not self.webhooks.urls or not self.hooks.note(kind):
            return
        told: JSONObject = {"id": fresh("EV"), "createdAt": iso(self.clock.now()), "type": kind}
        if self.generation == "current":
            data: JSONObject = {"resource": resource, "context": {"orgId": ORGANIZATION_ID, **(context or {})}, "links": {}}
            self.webhooks.emit({**told, "apiVersion": "2026-03-30", "data": data})
        else:
            self.webhooks.emit({**told, "object": "event", "apiVersion": "v4", "data": {"object": resource}})

    def _announce_contact(self, kind: str, contact: JSONObject) -> None:
        self.announce(kind, contact)

    def _send_sample(self, kind: str) -> None:
        """A made-up event, as the vendor sends it for a test."""
        about = "callId" if kind in ("call.summary.completed", "call.transcript.completed") else "id"
        samples = {"task": ("taskId", "TKsample"), "contact": ("id", "contactsample"), "message": (about, "ACsample")}
        name, id = samples.get(kind.partition(".")[0], (about, "ACsample"))
        data: JSONObject = {"resource": {name: id}, "context": {"orgId": ORGANIZATION_ID}, "links": {}}
        at = iso(self.clock.now())
        self.webhooks.emit({"id": fresh("EV"), "createdAt": at, "type": kind, "apiVersion": "2026-03-30", "data": data})

    def _listen(self) -> None:
        """Deliver to every webhook that was made by API and is enabled, and to no other of them any more."""
        made = [*self.hooks.current.values(), *self.hooks.legacy.values()]
        enabled = {str(one["url"]) for one in made if one["status"] == "enabled"}
        for url in self._by_api - enabled:
            self.webhooks.urls.remove(url)
        self.webhooks.urls.extend(sorted(enabled - set(self.webhooks.urls)))
        self._by_api = enabled

    # ── answers ──

    def authorised(self, request: Request) -> bool:
        return request.headers.get("authorization") == self.token

    def objection(self, key: str, request: Request) -> Response | None:
        if self.subscription == "expired" and key == "POST /v1/messages":
            return self._error(key, 402, "Subscription Expired", code="0201402")
        return None

    def refusal(self, status: int, message: str = "refused on purpose") -> Response:
        if status == 401:  # said by the gateway, in a shape of its own
            return JSONResponse({"error": {"message": message, "key": "auth.refused", "trace": fresh("tr")}}, status_code=401)
        return self._error("/v1", status, message)

    def invalid(self, key: str, problems: Sequence[validation.Problem]) -> Response:
        found = [Problem(path="/" + one.field.replace(".", "/"), message=_told(one), value=one.value) for one in problems]
        return self._error(key, 400, "Bad Request", problems=found)

    def refused(self, key: str, error: simulation.Refused) -> Response:
        if isinstance(error, Refused):
            return self._error(key, error.status, error.message, code=error.code, problems=error.problems)
        return self._error(key, error.status, error.message)

    def _error(self, key: str, status: int, message: str, *, code: str | None = None, problems: Sequence[Problem] = ()) -> Response:
        """In the shape of the surface: only v1 has codes."""
        body: JSONObject = {
            "message": message,
            "title": _TITLES.get(status, "Unknown"),
            "docs": "https://quo.com/docs",
            "trace": fresh("tr"),
        }
        if "/v1" in key:
            area = next((area for path, area in _AREA.items() if path in key), "00")
            body.update({"code": code or f"{area}00{status}", "status": status})
        errors: list[JSON] = [{"path": problem.path, "message": problem.message, "value": problem.value} for problem in problems]
        return JSONResponse({**body, **({"errors": errors} if errors else {})}, status_code=status)

    def quota_headers(self, remaining: int) -> Mapping[str, str]:
        if not self.limits:
            return {}
        limit = self.limits[0]
        return {
            "ratelimit-policy": f'"per-second"; q={limit.calls}; w={round(limit.per_s) or 1}',
            "ratelimit": f'"per-second"; r={remaining}; t={round(limit.per_s) or 1}',
        }

    # ── the workspace ──

    def _organization(self) -> JSONObject:
        times: JSONObject = {"createdAt": SINCE, "updatedAt": SINCE}
        return {"id": ORGANIZATION_ID, "name": "Palmer and friends", "subscriptionStatus": self.subscription, **times}

    def _get_number(self, request: Request, _: JSON) -> JSON:
        if request.path_params["phoneNumberId"] != NUMBER_ID:
            raise Refused(404, "Phone number not found")
        return {"data": number()}

    def _get_number_with(self, request: Request, body: JSON) -> JSON:
        self._get_number(request, body)
        asked = request.query_params.get("include", "").split(",")
        hours: JSONObject = {"enabled": True, "timezone": "America/Chicago", "schedule": None}
        return {"data": {**dated_number(), **({"businessHours": hours} if "businessHours" in asked else {})}}

    def _get_user(self, request: Request, _: JSON) -> JSON:
        found = next((one for one in self.members if one["id"] == request.path_params["userId"]), None)
        if found is None:
            raise Refused(404, "User not found")
        return {"data": user(found)}


def _told(problem: validation.Problem) -> str:
    return {"unknown": "Unexpected property", "missing": "Required property", "wrong": problem.reason}[problem.kind]


def _hmac(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, sha256)).decode()
