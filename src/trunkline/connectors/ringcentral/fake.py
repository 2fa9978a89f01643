"""A simulated account: contacts, messages and calls that can be synced, subscriptions with their handshake, limits with their penalty."""

from collections.abc import Mapping, Sequence
from itertools import count
from secrets import token_urlsafe
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connect.declaration import RateLimit
from trunkline.connectors.ringcentral.connector import OAUTH, connector
from trunkline.connectors.ringcentral.declaring import EXTENSION
from trunkline.connectors.ringcentral.facts import ENDPOINTS
from trunkline.connectors.ringcentral.fake_calls import Calls
from trunkline.connectors.ringcentral.fake_contacts import Contacts
from trunkline.connectors.ringcentral.fake_messages import Messages
from trunkline.connectors.ringcentral.fake_records import ACCOUNT_ID, EXTENSION_ID, HOME, NUMBER, Changing, page_of
from trunkline.connectors.ringcentral.fake_subscriptions import PATH as SUBSCRIPTIONS
from trunkline.connectors.ringcentral.fake_subscriptions import Subscriptions
from trunkline.connectors.ringcentral.webhook import TOKEN
from trunkline.model.clock import Clock, iso, later
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_object, loads
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.routing import Routes
from trunkline.testing.simulation import Handler, Refused, SimulatedVendor
from trunkline.testing.validation import Problem
from trunkline.testing.vendor import Switch

__all__ = ["ACCOUNT_ID", "EXTENSION_ID", "NUMBER", "FakeRingCentral"]

_CODES: Final = {400: "CMN-101", 401: "OAU-129", 403: "CMN-401", 404: "CMN-102", 409: "CMN-115", 429: "CMN-301", 503: "CMN-211"}


class FakeRingCentral(SimulatedVendor):
    """One extension of one account.

    A group over its limit is closed for `penalty_s`, and every request meanwhile closes it anew. `announces` says whether changes are
    delivered, `totals` whether lists tell how many there are.
    """

    token: ClassVar[str] = "U0pDMTFQMDFQQVMwMHxBQUJfake"
    endpoints = ENDPOINTS
    limits: tuple[RateLimit, ...] = connector.limits

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.webhook_token = token_urlsafe(24)
        self.penalty_s = 60.0
        self.announces = True
        self.totals = True
        self.presence: JSONObject = {
            "extension": {"id": int(EXTENSION_ID), "extensionNumber": "101"},
            "presenceStatus": "Available",
            "userStatus": "Available",
            "telephonyStatus": "NoCall",
            "dndStatus": "TakeAllCalls",
        }
        self._ids = count(1)
        self._group = ""
        self._taken: dict[str, list[float]] = {}
        self._closed: dict[str, float] = {}
        self._groups = Routes(ENDPOINTS)
        super().__init__(clock=clock)
        self.sign_in = AuthorizationServer(OAUTH, clock=self.clock, told={"owner_id": EXTENSION_ID, "endpoint_id": "e1"})

    # ── what a test or a demonstration does to it directly ──

    @property
    def book(self) -> Changing:
        """Personal contacts."""
        return self._contacts.book

    @property
    def store(self) -> Changing:
        """Texts, voicemail and fax."""
        return self._messages.store

    @property
    def log(self) -> Changing:
        """Calls that ended."""
        return self._calls.log

    @property
    def subscriptions(self) -> dict[str, JSONObject]:
        """By id."""
        return self._hooks.held

    @property
    def refused_filters(self) -> dict[str, str]:
        """Filters that are taken and not served, with the reason told."""
        return self._hooks.refused_filters

    @property
    def people(self) -> list[JSONObject]:
        """Every personal contact, oldest first."""
        return self.book.all()

    def add_contact(self, fields: JSONObject) -> JSONObject:
        """A contact made by hand in the app."""
        return self._contacts.add(fields)

    def receive_text(self, sender: str, text: str) -> JSONObject:
        """Somebody texts the extension."""
        message = self._messages.add("SMS", sender, subject=text)
        self.announce(self._own("message-store/instant?type=SMS"), {**message, "id": str(message["id"])})
        return message

    def receive_voicemail(self, sender: str) -> JSONObject:
        """Somebody speaks to the voicemail."""
        audio: JSONObject = {
            "id": 4001,
            "type": "AudioRecording",
            "contentType": "audio/mpeg",
            "vmDuration": 21,
            "uri": f"{HOME}/content/4001",
        }
        message = self._messages.add("VoiceMail", sender, attachments=[audio], vmTranscriptionStatus="Completed")
        self.announce(self._own("voicemail"), message)
        return message

    def receive_fax(self, sender: str, pages: int = 2) -> JSONObject:
        """Somebody sends a fax."""
        message = self._messages.add("Fax", sender, faxPageCount=pages)
        self.announce(self._own("fax"), message)
        return message

    def end_call(self, record: JSONObject) -> JSONObject:
        """A call as the log has it after its end; nothing is announced."""
        return self._calls.add(record)

    def seed(self) -> None:
        """The records the samples speak of."""
        self.announces, announces = False, self.announces
        self._ids = count(1)
        here = f"restapi/v1.0/account/{ACCOUNT_ID}"
        address: JSONObject = {"street": "1 Main St", "city": "Springfield", "state": "IL", "zip": "62701", "country": "US"}
        self.seed_records(
            {
                "restapi/v1.0/account": [{"id": int(ACCOUNT_ID), "mainNumber": "+15555550199", "status": "Confirmed"}],
                f"{here}/extension": [_extension(int(EXTENSION_ID), "101", "Front Desk"), _extension(62_264_425_017, "102", "Back Office")],
                f"{here}/extension/{EXTENSION_ID}/phone-number": [
                    {"id": 1, "phoneNumber": NUMBER, "usageType": "DirectNumber", "features": ["SmsSender", "CallerId"]},
                    {"id": 2, "phoneNumber": "+15555550199", "usageType": "MainCompanyNumber", "features": ["CallerId"]},
                ],
                f"{here}/sites": [{"id": "3001", "name": "Springfield", "extensionNumber": "30", "businessAddress": address}],
                f"{here}/sites/3001/members": [{"id": EXTENSION_ID, "name": "Front Desk"}],
                f"{here}/address-book-bulk-upload/tasks": [{"id": "task-1", "status": "Completed"}],
                f"{here}/call-queues": [{"id": "5001", "name": "Sales", "extensionNumber": "500"}],
                f"{here}/call-queues/5001/members": [{"id": int(EXTENSION_ID), "extensionNumber": "101"}],
                f"{here}/emergency-locations": [{"id": "7001", "name": "Headquarters", "address": address, "addressStatus": "Valid"}],
                f"{here}/directory/entries": [
                    {"id": EXTENSION_ID, "type": "User", "firstName": "Front", "lastName": "Desk", "extensionNumber": "101"}
                ],
            }
        )
        self.add_contact({"firstName": "Ada", "lastName": "Palmer", "mobilePhone": "+15555550101", "email": "ada.palmer@example.com"})
        self.receive_text("+15555550101", "Is the quote ready?")
        self.receive_voicemail("+15555550101")
        self.receive_fax("+15555550102")
        self.end_call({"recording": {"id": "9001", "uri": f"{HOME}/r/9001", "type": "Automatic", "contentUri": f"{HOME}/r/9001/content"}})
        self.end_call({"result": "Missed", "duration": 0})
        earlier = iso(later(self.clock.now(), -3600))
        for message in self.store.all():
            message.update({"creationTime": earlier, "lastModifiedTime": earlier})
        for call in self.log.all():
            call["startTime"] = earlier
        self._hooks.add("sub-1", "https://hub.example/hooks/seeded", [self._own("voicemail")])
        self.announces = announces

    def expire_tokens(self) -> None:
        """All sync tokens told so far are too old."""
        for changing in (self.book, self.store, self.log):
            changing.expire()

    # ── keys and deliveries ──

    def account(self) -> Account:
        return Account(options={}, credential=Credential({"token": self.token, TOKEN: self.webhook_token}))

    def owner_of(self, name: str, value: str) -> str:
        known = {"accountId": ACCOUNT_ID, "extensionId": EXTENSION_ID}
        return known.get(name, value) if value == "~" else value

    def sign(self, body: bytes, *, at: float) -> Pairs:
        return (("verification-token", self.webhook_token),)

    def announce(self, event: str, body: JSONObject) -> None:
        """Tell every living subscription, in the vendor's envelope."""
        if not self.announces or not self.webhooks.urls:
            return
        envelope: JSONObject = {"uuid": fresh("u"), "event": event, "timestamp": iso(self.clock.now()), "ownerId": EXTENSION_ID}
        self.webhooks.emit({**envelope, "subscriptionId": next(iter(self.subscriptions), "sub-0"), "body": body})

    def tell_call(self, session: str, sequence: int, *parties: JSONObject) -> None:
        """A step of a call, as the account's telephony sessions tell it."""
        body: JSONObject = {"sequence": sequence, "sessionId": f"s-{session}", "telephonySessionId": session}
        told: list[JSON] = [*parties]
        event = f"/restapi/v1.0/account/{ACCOUNT_ID}/telephony/sessions"
        self.announce(event, {**body, "eventTime": iso(self.clock.now()), "parties": told})

    def blacklist_unreached(self) -> None:
        """Give up every subscription whose address did not take its last delivery, for ever."""
        self._hooks.blacklist_unreached()

    def _own(self, what: str) -> str:
        return f"/restapi/v1.0/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/{what}"

    # ── limits ──

    async def _answer(self, request: Request, switch: Switch | None) -> Response:
        found = self._groups.find(request.method, request.url.path)
        self._group = str(ENDPOINTS[found[0]].facts.get("group", "")) if found else ""
        return await super()._answer(request, switch)

    def _count(self) -> int:
        limit = next((one for one in self.limits if one.group == self._group), None)
        if limit is None:
            return 0
        now = self.clock.monotonic()
        used = self._taken[self._group] = [at for at in self._taken.get(self._group, []) if at > now - limit.per_s]
        if now < self._closed.get(self._group, 0) or len(used) >= limit.calls:
            self._closed[self._group] = now + self.penalty_s
            return -1
        used.append(now)
        return limit.calls - len(used)

    def too_fast(self) -> Response:
        answer = self.refusal(429, "Request rate exceeded")
        answer.headers["retry-after"] = str(round(self.penalty_s) or 1)
        return answer

    def quota_headers(self, remaining: int) -> Mapping[str, str]:
        limit = next((one for one in self.limits if one.group == self._group), None)
        if limit is None:
            return {}
        told = {"group": self._group.lower(), "limit": limit.calls, "remaining": remaining, "window": round(limit.per_s)}
        return {f"x-rate-limit-{name}": str(value) for name, value in told.items()}

    # ── refusals ──

    def refusal(self, status: int, message: str = "refused on purpose") -> Response:
        return self._error(status, _CODES.get(status, "CMN-203"), message)

    def invalid(self, key: str, problems: Sequence[Problem]) -> Response:
        errors: list[JSON] = [
            {"errorCode": "CMN-101", "message": f"Parameter [{one.field}] value is invalid", "parameterName": one.field} for one in problems
        ]
        return JSONResponse({"errorCode": "CMN-101", "message": "Parameter value is invalid", "errors": errors}, status_code=400)

    def refused(self, key: str, error: Refused) -> Response:
        code, _, message = error.message.partition(": ")
        return self._error(error.status, code, message) if message else self.refusal(error.status, error.message)

    def out_of_scope(self, scope: str) -> Response:
        return self._error(403, "CMN-401", f"In order to call this API endpoint, application needs to have [{scope}] permission")

    def _error(self, status: int, code: str, message: str) -> Response:
        return JSONResponse(
            {"errorCode": code, "message": message, "errors": [{"errorCode": code, "message": message}]}, status_code=status
        )

    # ── answers ──

    def handlers(self) -> Mapping[str, Handler]:
        now = self.clock.now
        self._contacts = Contacts(now=now, number=self._number, page=self._page)
        self._messages = Messages(now=now, number=self._number, page=self._page, senders=self._numbers)
        self._calls = Calls(now=now, number=self._number, page=self._page)
        self._hooks = Subscriptions(now=now, webhooks=self.webhooks, token_told=self._sign_with)
        return {
            **self._contacts.handlers(),
            **self._messages.handlers(),
            **self._calls.handlers(),
            **self._hooks.handlers(),
            f"GET {EXTENSION}/presence": lambda _, __: dict(self.presence),
            f"PUT {EXTENSION}/presence": self._set_presence,
        }

    def _number(self) -> int:
        return next(self._ids)

    def _numbers(self) -> list[JSONObject]:
        return self.stored(f"restapi/v1.0/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/phone-number")

    def _sign_with(self, token: str) -> None:
        self.webhook_token = token

    def _page(self, records: list[JSONObject], request: Request) -> JSONObject:
        here = request.scope["raw_path"].decode().partition("/v1.0")[2]
        return page_of(records, request.query_params, uri=f"{HOME}{here}", totals=self.totals)

    async def _carry_out(self, request: Request) -> Response:
        if request.method == "POST" and request.url.path == SUBSCRIPTIONS:
            mode = as_object(as_object(_parsed(await request.body())).get("deliveryMode"))
            if (problem := await self._hooks.shake(str(mode.get("address")))) is not None:
                return self._error(400, *problem)
        return await super()._carry_out(request)

    def _set_presence(self, _: Request, body: JSON) -> JSON:
        self.presence.update(as_object(body))
        self.presence["presenceStatus"] = self.presence["userStatus"]
        told = {name: value for name, value in self.presence.items() if name != "extension"}
        self.announce(self._own("presence?detailedTelephonyState=true"), {"extensionId": EXTENSION_ID, **told, "sequence": next(self._ids)})
        return dict(self.presence)


def _extension(id: int, number: str, name: str) -> JSONObject:
    return {"id": id, "extensionNumber": number, "name": name, "type": "User", "status": "Enabled", "contact": {"firstName": name}}


def _parsed(body: bytes) -> JSON:
    try:
        return loads(body) if body else None
    except ValueError:
        return None
