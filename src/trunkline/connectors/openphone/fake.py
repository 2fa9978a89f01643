"""A simulated workspace: contacts, custom fields, numbers and messages over HTTP, and webhooks of both generations."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import ClassVar, Final, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connect.declaration import RateLimit
from trunkline.connect.endpoints import Endpoints
from trunkline.connectors.openphone.fake_records import FIELD_TYPES, Contacts, Problem, Refused, checked_message, page_of
from trunkline.model.clock import Clock, iso
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_object, dumps
from trunkline.testing import simulation, validation
from trunkline.testing.simulation import Handler, SimulatedVendor

_AREA: Final = {"contacts": "08", "messages": "02", "phone-numbers": "04", "contact-custom-fields": "07"}
_TITLES: Final = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
NUMBER_ID: Final = "PNfake0001"
NUMBER: Final = "+15555550100"
USER_ID: Final = "USfake0001"


class FakeOpenPhone(SimulatedVendor):
    """A workspace; contacts and texts as the vendor does them.

    `generation` chooses how deliveries are made and signed. `conflicts` makes a second contact of one external id and source a 409;
    the vendor documents that answer but not when it comes, so a fake that took both shows duplicates.
    """

    token: ClassVar[str] = "q0fake1key2of3nobody4"
    endpoints = Endpoints.of("trunkline.connectors.openphone")
    limits: tuple[RateLimit, ...] = (RateLimit(calls=10, per_s=1),)

    def __init__(self, *, clock: Clock | None = None, conflicts: bool = False) -> None:
        self.generation: Literal["current", "legacy", "unsigned"] = "current"
        self.announces = True
        """Set to False to change records without telling anybody."""
        self.messages: dict[str, JSONObject] = {}
        self.webhook_key = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.webhook_legacy_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        super().__init__(clock=clock)
        self.book = Contacts(now=self.clock.now, user_id=USER_ID, conflicts=conflicts, changed=self._announce_contact)

    # ── what a test or a demonstration does to it directly ──

    @property
    def contacts(self) -> list[JSONObject]:
        """Every contact, oldest first."""
        return list(self.book.contacts.values())

    def define_field(self, key: str, name: str, type: str) -> None:
        """A custom field, made in the app."""
        assert type in FIELD_TYPES
        self.book.definitions[key] = {"key": key, "name": name, "type": type}

    def create_contact(self, fields: JSONObject) -> JSONObject:
        """A contact made by hand in the app: it has no source and no external id."""
        return self.book.add({"defaultFields": {"firstName": None, **fields}, "source": None})

    def change_contact(self, contact_id: str, fields: JSONObject) -> JSONObject:
        """A contact changed by hand in the app: what is not given stays, lists as well."""
        held = as_object(self.book.get(contact_id)["defaultFields"])
        return self.book.patch(contact_id, {"defaultFields": {**{name: held[name] for name in ("emails", "phoneNumbers")}, **fields}})

    def receive_message(self, sender: str, content: str) -> JSONObject:
        """Somebody texts the workspace."""
        message = self._message(sender=sender, to=[NUMBER], content=content, direction="incoming", status="received")
        self.announce("message.received", message)
        return message

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
                "emails": [{"name": "work", "value": "ada.palmer@example.com"}],
                "phoneNumbers": [{"name": "mobile", "value": "+15555550101"}],
            },
            "source": "trunkline",
            "externalId": "ghl-0001",
        }
        self.book.add(contact, contact_id="66f0c0ffee0000000000a001")
        self.messages["ACfake0001"] = self._message(
            sender=NUMBER, to=["+15555550101"], content="The quote is on its way", direction="outgoing", status="delivered", id="ACfake0001"
        )
        self.announces = announces

    # ── keys and signatures ──

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

    def announce(self, kind: str, resource: JSONObject) -> None:
        """Deliver an event in the envelope of the chosen generation."""
        if not self.announces or not self.webhooks.urls:
            return
        told: JSONObject = {"id": fresh("EV"), "createdAt": iso(self.clock.now()), "type": kind}
        if self.generation == "current":
            data: JSONObject = {"resource": resource, "context": {"orgId": "ORfake0001"}, "links": {}}
            self.webhooks.emit({**told, "apiVersion": "2026-03-30", "data": data})
        else:
            self.webhooks.emit({**told, "object": "event", "apiVersion": "v4", "data": {"object": resource}})

    def _announce_contact(self, kind: str, contact: JSONObject) -> None:
        self.announce(kind, contact)

    # ── answers ──

    def authorised(self, request: Request) -> bool:
        return request.headers.get("authorization") == self.token

    def refusal(self, status: int, message: str = "refused on purpose") -> Response:
        return self._error(status, "00", message)

    def _error(self, status: int, area: str, message: str, *, code: str | None = None, problems: Sequence[Problem] = ()) -> Response:
        title = _TITLES.get(status, "Unknown")
        body: JSONObject = {"message": message, "code": code or f"{area}00{status}", "status": status, "docs": "https://quo.com/docs"}
        errors: list[JSON] = [{"path": problem.path, "message": problem.message, "value": problem.value} for problem in problems]
        return JSONResponse({**body, "title": title, "trace": fresh("tr"), **({"errors": errors} if errors else {})}, status_code=status)

    def quota_headers(self, remaining: int) -> Mapping[str, str]:
        if not self.limits:
            return {}
        limit = self.limits[0]
        return {
            "ratelimit-policy": f'"per-second"; q={limit.calls}; w={round(limit.per_s) or 1}',
            "ratelimit": f'"per-second"; r={remaining}; t={round(limit.per_s) or 1}',
        }

    def invalid(self, key: str, problems: Sequence[validation.Problem]) -> Response:
        found = [Problem(path="/" + one.field.replace(".", "/"), message=_told(one), value=one.value) for one in problems]
        return self._error(400, _area(key), "Bad Request", problems=found)

    def refused(self, key: str, error: simulation.Refused) -> Response:
        if isinstance(error, Refused):
            return self._error(error.status, _area(key), error.message, code=error.code, problems=error.problems)
        return self._error(error.status, _area(key), error.message)

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "GET /v1/contacts": self._list_contacts,
            "POST /v1/contacts": self._create_contact,
            "GET /v1/contacts/{id}": lambda request, _: _data(self.book.get(request.path_params["id"])),
            "PATCH /v1/contacts/{id}": self._change_contact,
            "DELETE /v1/contacts/{id}": self._delete_contact,
            "GET /v1/contact-custom-fields": self._list_fields,
            "POST /v1/messages": self._send_message,
            "GET /v1/messages": self._list_messages,
            "GET /v1/messages/{id}": self._get_message,
            "GET /v1/phone-numbers": self._list_numbers,
        }

    # ── contacts ──

    def _list_contacts(self, request: Request, _: JSON) -> Response:
        query = request.query_params
        found = self.book.listed(external_ids=query.getlist("externalIds"), sources=query.getlist("sources"))
        return _json(page_of(found, query, most=50, known=frozenset(("externalIds", "sources", "maxResults", "pageToken"))))

    def _create_contact(self, _: Request, body: JSON) -> Response:
        return _data(self.book.create(body), 201)

    def _change_contact(self, request: Request, body: JSON) -> Response:
        return _data(self.book.patch(request.path_params["id"], body))

    def _delete_contact(self, request: Request, _: JSON) -> Response:
        self.book.delete(request.path_params["id"])
        return Response(status_code=204)

    def _list_fields(self, _: Request, __: JSON) -> Response:
        return _data([*self.book.definitions.values()])

    # ── messages and numbers ──

    def _list_numbers(self, _: Request, __: JSON) -> Response:
        return _data([_number()])

    def _send_message(self, _: Request, body: JSON) -> Response:
        sent = checked_message(body, numbers=(NUMBER_ID, NUMBER))
        to = sent["to"]
        assert isinstance(to, list)
        message = self._message(sender=NUMBER, to=to, content=str(sent["content"]), direction="outgoing", status="queued")
        return _data(message, 202)

    def _list_messages(self, request: Request, _: JSON) -> Response:
        query = request.query_params
        others = set(query.getlist("participants"))
        if not query.get("phoneNumberId") or not others:
            raise Refused(400, "phoneNumberId and participants are required")
        found = [message for message in reversed(self.messages.values()) if _others(message) == others]
        known = frozenset(("phoneNumberId", "userId", "participants", "createdAfter", "createdBefore", "maxResults", "pageToken"))
        return _json(page_of(found, query, most=100, known=known))

    def _get_message(self, request: Request, _: JSON) -> Response:
        if request.path_params["id"] not in self.messages:
            raise Refused(404, "Message not found")
        return _data(self.messages[request.path_params["id"]])

    def _message(self, *, sender: str, to: list[JSON], content: str, direction: str, status: str, id: str | None = None) -> JSONObject:
        at = iso(self.clock.now())
        message: JSONObject = {
            "id": id or fresh("AC").replace("_", ""),
            "from": sender,
            "to": to,
            "text": content,
            "phoneNumberId": NUMBER_ID,
            "conversationId": "CN" + "".join(sorted(str(one)[1:] for one in [sender, *to] if one != NUMBER)),
            "direction": direction,
            "userId": USER_ID,
            "status": status,
            "createdAt": at,
            "updatedAt": at,
        }
        self.messages[str(message["id"])] = message
        return message


def _area(key: str) -> str:
    """The first digits of an error's code: which part of the API it comes from."""
    return next((area for part, area in _AREA.items() if f"/{part}" in key), "00")


def _told(problem: validation.Problem) -> str:
    return {"unknown": "Unexpected property", "missing": "Required property", "wrong": problem.reason}[problem.kind]


def _others(message: JSONObject) -> set[str]:
    to = message["to"]
    return {str(one) for one in [message["from"], *(to if isinstance(to, list) else [])] if one != NUMBER}


def _number() -> JSONObject:
    return {
        "id": NUMBER_ID,
        "groupId": "GRfake0001",
        "portRequestId": None,
        "formattedNumber": "(555) 555-0100",
        "forward": None,
        "name": "Front desk",
        "number": NUMBER,
        "portingStatus": None,
        "symbol": None,
        "users": [
            {"id": USER_ID, "email": "desk@example.com", "firstName": "Front", "lastName": "Desk", "role": "owner", "groupId": "GRfake0001"}
        ],
        "createdAt": "2026-01-05T08:00:00.000Z",
        "updatedAt": "2026-01-05T08:00:00.000Z",
        "restrictions": {use: {"CA": "unrestricted", "US": "unrestricted", "Intl": "restricted"} for use in ("calling", "messaging")},
    }


def _data(value: JSON, status: int = 200) -> Response:
    return _json({"data": value}, status)


def _json(answer: JSON, status: int = 200) -> Response:
    return Response(dumps(answer), status_code=status, media_type="application/json")


def _hmac(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, sha256)).decode()
