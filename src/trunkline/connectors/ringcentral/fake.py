"""A simulated account: contacts, messages and calls that can be synced, subscriptions with their handshake, limits with their penalty."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from itertools import count
from secrets import token_urlsafe
from typing import ClassVar, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connect.client import Client
from trunkline.connect.declaration import RateLimit
from trunkline.connectors.ringcentral.connector import OAUTH, connector
from trunkline.connectors.ringcentral.declaring import ACCOUNT, EXTENSION
from trunkline.connectors.ringcentral.facts import ENDPOINTS
from trunkline.connectors.ringcentral.fake_records import Changing, page_of
from trunkline.connectors.ringcentral.webhook import TOKEN
from trunkline.model.clock import Clock, iso, later
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import TrunklineError
from trunkline.model.http import Pairs
from trunkline.model.http import Request as Outgoing
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.routing import Routes
from trunkline.testing.simulation import Handler, Refused, SimulatedVendor
from trunkline.testing.validation import Problem
from trunkline.testing.vendor import Switch

ACCOUNT_ID: Final = "809646016"
EXTENSION_ID: Final = "62264425016"
NUMBER: Final = "+15555550100"
"""The extension's own number, which can send texts."""

_HOME: Final = "https://platform.ringcentral.com/restapi/v1.0"
_SUBSCRIPTIONS: Final = "/restapi/v1.0/subscription"
_CODES: Final = {400: "CMN-101", 401: "OAU-129", 403: "CMN-401", 404: "CMN-102", 409: "CMN-115", 429: "CMN-301", 503: "CMN-211"}
_MOST_HANDSHAKE: Final = 1024
_WEEK_S: Final = 604_800
_TWO_SECONDS_OF_AUDIO: Final = b64decode("SUQzBAAAAAAAAA==")


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
        self.handshake_s = 3.0
        self.announces = True
        self.totals = True
        self.book = Changing()
        self.store = Changing()
        self.log = Changing()
        self.presence: JSONObject = {
            "extension": {"id": int(EXTENSION_ID), "extensionNumber": "101"},
            "presenceStatus": "Available",
            "userStatus": "Available",
            "telephonyStatus": "NoCall",
            "dndStatus": "TakeAllCalls",
        }
        self.subscriptions: dict[str, JSONObject] = {}
        self.refused_filters: dict[str, str] = {}
        """Filters that are taken and not served, with the reason told."""
        self._ids = count(1)
        self._group = ""
        self._taken: dict[str, list[float]] = {}
        self._closed: dict[str, float] = {}
        self._groups = Routes(ENDPOINTS)
        super().__init__(clock=clock)
        self.sign_in = AuthorizationServer(OAUTH, clock=self.clock, told={"owner_id": EXTENSION_ID, "endpoint_id": "e1"})

    # ── what a test or a demonstration does to it directly ──

    @property
    def people(self) -> list[JSONObject]:
        """Every personal contact, oldest first."""
        return self.book.all()

    def add_contact(self, fields: JSONObject) -> JSONObject:
        """A contact made by hand in the app."""
        id = self._number(4_000_000)
        uri = f"{_HOME}/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/address-book/contact/{id}"
        return self.book.put({"uri": uri, "availability": "Alive", "id": id, **fields})

    def receive_text(self, sender: str, text: str) -> JSONObject:
        """Somebody texts the extension."""
        message = self._message("SMS", sender, subject=text)
        self.announce(self._own("message-store/instant?type=SMS"), {**message, "id": str(message["id"])})
        return message

    def receive_voicemail(self, sender: str) -> JSONObject:
        """Somebody speaks to the voicemail."""
        audio: JSONObject = {
            "id": 4001,
            "type": "AudioRecording",
            "contentType": "audio/mpeg",
            "vmDuration": 21,
            "uri": f"{_HOME}/content/4001",
        }
        message = self._message("VoiceMail", sender, attachments=[audio], vmTranscriptionStatus="Completed")
        self.announce(self._own("voicemail"), message)
        return message

    def receive_fax(self, sender: str, pages: int = 2) -> JSONObject:
        """Somebody sends a fax."""
        message = self._message("Fax", sender, faxPageCount=pages)
        self.announce(self._own("fax"), message)
        return message

    def end_call(self, record: JSONObject) -> JSONObject:
        """A call as the log has it after its end; nothing is announced."""
        id = f"call-{next(self._ids)}"
        base: JSONObject = {
            "uri": f"{_HOME}/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/call-log/{id}",
            "id": id,
            "sessionId": f"s-{id}",
            "telephonySessionId": f"t-{id}",
            "startTime": iso(self.clock.now()),
            "duration": 42,
            "type": "Voice",
            "internalType": "Local",
            "direction": "Inbound",
            "action": "Phone Call",
            "result": "Accepted",
            "from": {"phoneNumber": "+15555550101"},
            "to": {"phoneNumber": NUMBER},
        }
        return self.log.put({**base, **record})

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
        self.end_call({"recording": {"id": "9001", "uri": f"{_HOME}/r/9001", "type": "Automatic", "contentUri": f"{_HOME}/r/9001/content"}})
        self.end_call({"result": "Missed", "duration": 0})
        earlier = iso(later(self.clock.now(), -3600))
        for message in self.store.all():
            message.update({"creationTime": earlier, "lastModifiedTime": earlier})
        for call in self.log.all():
            call["startTime"] = earlier
        self.subscriptions["sub-1"] = self._subscription("sub-1", "https://hub.example/hooks/seeded", [self._own("voicemail")], _WEEK_S)
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
        for one in self.subscriptions.values():
            address = as_object(one["deliveryMode"])["address"]
            tries = [sent.status for sent in self.webhooks.log if sent.url == address]
            if tries and tries[-1] != 200:
                one["status"] = "Blacklisted"
                one["blacklistedData"] = {"reason": "the address did not answer", "blacklistedAt": iso(self.clock.now())}
                self.webhooks.urls.remove(str(address))

    def _own(self, what: str) -> str:
        return f"/restapi/v1.0/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/{what}"

    def _number(self, start: int) -> int:
        return start + next(self._ids)

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
        book, store = f"{EXTENSION}/address-book/contact", f"{EXTENSION}/message-store"
        return {
            f"GET {book}": self._contacts,
            f"POST {book}": lambda _, body: self.add_contact(as_object(body)),
            f"GET {book}/{{contactId}}": lambda request, _: self._there(self.book, request.path_params["contactId"]),
            f"PUT {book}/{{contactId}}": self._replace_contact,
            f"PATCH {book}/{{contactId}}": self._change_contact,
            f"DELETE {book}/{{contactId}}": lambda request, _: self._gone(self.book, request.path_params["contactId"]),
            f"GET {EXTENSION}/address-book-sync": self._sync_contacts,
            f"GET {store}": self._messages,
            f"GET {store}/{{messageId}}": lambda request, _: {
                **self._there(self.store, request.path_params["messageId"]),
                "vmSideRecipients": [{"target": True}],
            },
            f"PUT {store}/{{messageId}}": self._set_read,
            f"DELETE {store}/{{messageId}}": lambda request, _: self._gone(self.store, request.path_params["messageId"]),
            f"GET {store}/{{messageId}}/content/{{attachmentId}}": _audio,
            f"GET {EXTENSION}/message-sync": lambda request, _: self._synced(self.store, request, "MSG-333"),
            f"POST {EXTENSION}/sms": self._send_text,
            **{f"GET {place}/call-log": self._calls for place in (ACCOUNT, EXTENSION)},
            **{f"GET {place}/call-log/{{callRecordId}}": self._call for place in (ACCOUNT, EXTENSION)},
            **{f"GET {place}/call-log-sync": self._sync_calls for place in (ACCOUNT, EXTENSION)},
            f"GET {ACCOUNT}/call-log-extract-sync": self._extract_calls,
            f"GET {ACCOUNT}/recording/{{recordingId}}": self._recording,
            f"GET {ACCOUNT}/recording/{{recordingId}}/content": _audio,
            f"GET {EXTENSION}/presence": lambda _, __: dict(self.presence),
            f"PUT {EXTENSION}/presence": self._set_presence,
            f"GET {_SUBSCRIPTIONS}": self._list_subscriptions,
            f"POST {_SUBSCRIPTIONS}": self._subscribe,
            f"GET {_SUBSCRIPTIONS}/{{subscriptionId}}": lambda request, _: self._known(request),
            f"PUT {_SUBSCRIPTIONS}/{{subscriptionId}}": self._change_subscription,
            f"POST {_SUBSCRIPTIONS}/{{subscriptionId}}/renew": lambda request, _: self._renewed(self._known(request), {}),
            f"DELETE {_SUBSCRIPTIONS}/{{subscriptionId}}": self._unsubscribe,
        }

    def _there(self, changing: Changing, id: str) -> JSONObject:
        record = changing.get(id)
        if record is None:
            raise Refused(404, f"Resource for parameter [{id}] is not found")
        return record

    def _gone(self, changing: Changing, ids: str) -> Response:
        for id in ids.split(","):
            if not changing.remove(id):
                raise Refused(404, f"Resource for parameter [{id}] is not found")
        return Response(status_code=204)

    def _page(self, records: list[JSONObject], request: Request) -> JSONObject:
        return page_of(
            records, request.query_params, uri=f"{_HOME}{request.scope['raw_path'].decode().partition('/v1.0')[2]}", totals=self.totals
        )

    def _synced(self, changing: Changing, request: Request, too_old: str) -> JSONObject:
        token = request.query_params.get("syncToken")
        if request.query_params.get("syncType") == "ISync":
            found = changing.since(token or "")
            if found is None:
                raise Refused(400, f"{too_old}: Sync token is invalid or expired")
            kind = "ISync"
        else:
            found, kind = changing.all(), "FSync"
        records: list[JSON] = [*found]
        info: JSONObject = {"syncType": kind, "syncToken": changing.token(), "syncTime": iso(self.clock.now())}
        return {"uri": f"{_HOME}/sync", "records": records, "syncInfo": info}

    # ── contacts ──

    def _contacts(self, request: Request, _: JSON) -> JSON:
        start = request.query_params.get("startsWith", "").casefold()
        numbers = set(request.query_params.getlist("phoneNumber"))
        found = [one for one in self.people if _begins(one, start) and (not numbers or numbers & set(map(str, one.values())))]
        return self._page(found, request)

    def _replace_contact(self, request: Request, body: JSON) -> JSON:
        """What is left out is cleared."""
        known = self._there(self.book, request.path_params["contactId"])
        return self.book.put({**{name: known[name] for name in ("uri", "availability", "id")}, **as_object(body)})

    def _change_contact(self, request: Request, body: JSON) -> JSON:
        known = self._there(self.book, request.path_params["contactId"])
        changed = {**known, **as_object(body)}
        return self.book.put({name: value for name, value in changed.items() if value is not None})

    def _sync_contacts(self, request: Request, _: JSON) -> JSON:
        answer = self._synced(self.book, request, "CMN-101: Parameter [syncToken]")
        records = as_list(answer["records"])
        begin = int(request.query_params.get("pageId", "0"))
        end = begin + int(request.query_params.get("perPage", "250"))
        more: JSONObject = {"nextPageId": end} if end < len(records) else {}
        return {**answer, "records": records[begin:end], **more}

    # ── messages ──

    def _message(self, kind: str, sender: str, **more: JSON) -> JSONObject:
        id, now = self._number(1_000_000_000_000), iso(self.clock.now())
        message: JSONObject = {
            "uri": f"{_HOME}/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/message-store/{id}",
            "id": id,
            "type": kind,
            "direction": "Inbound",
            "availability": "Alive",
            "readStatus": "Unread",
            "messageStatus": "Received",
            "creationTime": now,
            "lastModifiedTime": now,
            "from": {"phoneNumber": sender},
            "to": [{"phoneNumber": NUMBER}],
            "attachments": [],
            "conversationId": 8_000_000_000_001,
        }
        return self.store.put({**message, **more})

    def _messages(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        since = query.get("dateFrom") or iso(later(self.clock.now(), -86_400))
        kinds, ways = set(query.getlist("messageType")), set(query.getlist("direction"))
        found = [
            one
            for one in reversed(self.store.all())
            if str(one["creationTime"]) >= since and (not kinds or one["type"] in kinds) and (not ways or one["direction"] in ways)
        ]
        return self._page(found, request)

    def _set_read(self, request: Request, body: JSON) -> JSON:
        known = self._there(self.store, request.path_params["messageId"])
        return self.store.put({**known, "readStatus": as_object(body)["readStatus"], "lastModifiedTime": iso(self.clock.now())})

    def _send_text(self, _: Request, body: JSON) -> JSON:
        told = as_object(body)
        sender = as_object(told["from"])["phoneNumber"]
        mine = self.stored(f"restapi/v1.0/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}/phone-number")
        if not any(one["phoneNumber"] == sender and "SmsSender" in as_list(one["features"]) for one in mine):
            raise Refused(400, "MSG-304: Phone number doesn't belong to extension")
        return self._message(
            "SMS", str(sender), direction="Outbound", to=told["to"], subject=told["text"], messageStatus="Queued", readStatus="Read"
        )

    # ── calls ──

    def _calls(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        number, since = query.get("phoneNumber"), query.get("dateFrom") or iso(later(self.clock.now(), -86_400))
        found = [one for one in reversed(self.log.all()) if str(one["startTime"]) >= since]
        if number is not None:  # with a plus it is compared as it is, and nothing is found
            found = [
                one for one in found if f"+{number}" in (as_object(one["from"]).get("phoneNumber"), as_object(one["to"]).get("phoneNumber"))
            ]
        return self._page(found, request)

    def _call(self, request: Request, _: JSON) -> JSON:
        return self._there(self.log, request.path_params["callRecordId"])

    def _sync_calls(self, request: Request, _: JSON) -> JSON:
        return self._synced(self.log, request, "CLG-101")

    def _extract_calls(self, request: Request, _: JSON) -> JSON:
        answer = self._synced(self.log, request, "CLG-104")
        records, info = as_list(answer["records"]), as_object(answer["syncInfo"])
        most = int(request.query_params.get("recordCount", "250"))
        more = len(records) > most
        token = self.log.token_after(as_object(records[most - 1])) if more else info["syncToken"]
        return {**answer, "records": records[:most], "syncInfo": {**info, "syncToken": token, "newerRecordsExist": more}}

    def _recording(self, request: Request, _: JSON) -> JSON:
        id = request.path_params["recordingId"]
        here = f"{_HOME}/account/{ACCOUNT_ID}/recording/{quote(id, safe='')}"
        return {"id": id, "uri": here, "contentType": "audio/mpeg", "contentUri": f"{here}/content", "duration": 42}

    def _set_presence(self, _: Request, body: JSON) -> JSON:
        self.presence.update(as_object(body))
        self.presence["presenceStatus"] = self.presence["userStatus"]
        told = {name: value for name, value in self.presence.items() if name != "extension"}
        self.announce(self._own("presence?detailedTelephonyState=true"), {"extensionId": EXTENSION_ID, **told, "sequence": next(self._ids)})
        return dict(self.presence)

    # ── subscriptions ──

    async def _carry_out(self, request: Request) -> Response:
        if request.method == "POST" and request.url.path == _SUBSCRIPTIONS:
            mode = as_object(as_object(_parsed(await request.body())).get("deliveryMode"))
            problem = await self._shake(str(mode.get("address")))
            if problem is not None:
                return problem
        return await super()._carry_out(request)

    async def _shake(self, address: str) -> Response | None:
        """Ask the address for its token back, in time and in few bytes; the refusal when it does not give it.

        Nobody lives below `.example` (RFC 2606): such an address is taken for one that answered.
        """
        base, _, path = address.partition("://")
        host, _, path = path.partition("/")
        if host.endswith(".example"):
            return None
        token = fresh("validate")
        asking = Outgoing(method="POST", url=f"/{path}", headers=(("validation-token", token),), body=b"")
        try:
            async with Client() as client:
                answer = await client.send(asking, base_url=f"{base}://{host}", timeout_s=self.handshake_s, write=False)
        except TrunklineError:
            return self._error(400, "SUB-521", "WebHook is not reachable")
        if answer.status != 200 or answer.headers.get("validation-token") != token:
            return self._error(400, "SUB-520", "WebHook responds without the validation token")
        size = sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) + len(answer.body)
        return self._error(400, "SUB-525", "WebHook response is too large") if size > _MOST_HANDSHAKE else None

    def _subscription(self, id: str, address: str, filters: list[JSON], lasts_s: int) -> JSONObject:
        now = self.clock.now()
        return {
            "id": id,
            "uri": f"{_HOME}/subscription/{id}",
            "creationTime": iso(now),
            "expirationTime": iso(later(now, lasts_s)),
            "expiresIn": lasts_s,
            "status": "Active",
            "eventFilters": filters,
            "deliveryMode": {"transportType": "WebHook", "address": address, "encryption": False},
        }

    def _list_subscriptions(self, _: Request, __: JSON) -> JSON:
        records: list[JSON] = [*self.subscriptions.values()]
        return {"uri": f"{_HOME}/subscription", "records": records[:30]}

    def _subscribe(self, _: Request, body: JSON) -> JSON:
        told = as_object(body)
        mode = as_object(told["deliveryMode"])
        self.webhook_token = str(mode.get("verificationToken") or self.webhook_token)
        lasts_s = told.get("expiresIn", _WEEK_S)
        assert isinstance(lasts_s, int)
        id = f"sub-{self._number(100)}"
        made = self._subscription(id, str(mode["address"]), [], lasts_s)
        self.subscriptions[id] = self._filtered(made, told)
        self.webhooks.urls.append(str(mode["address"]))
        return self.subscriptions[id]

    def _filtered(self, one: JSONObject, told: JSONObject) -> JSONObject:
        """The vendor puts ids where `~` was, and tells which filters it does not serve."""
        asked = [str(name) for name in as_list(told["eventFilters"])]
        whole = [name.replace("account/~", f"account/{ACCOUNT_ID}").replace("extension/~", f"extension/{EXTENSION_ID}") for name in asked]
        disabled: list[JSON] = [
            {"filter": name, "reason": "Forbidden", "message": self.refused_filters[name]} for name in asked if name in self.refused_filters
        ]
        one["eventFilters"] = [*whole]
        return {**one, **({"disabledFilters": disabled} if disabled else {})}

    def _known(self, request: Request) -> JSONObject:
        known = self.subscriptions.get(request.path_params["subscriptionId"])
        if known is None:
            raise Refused(404, "Resource for parameter [subscriptionId] is not found")
        return known

    def _change_subscription(self, request: Request, body: JSON) -> JSON:
        known = self._filtered(self._known(request), as_object(body))
        return self._renewed(known, as_object(body))

    def _renewed(self, known: JSONObject, told: JSONObject) -> JSONObject:
        lasts_s = told.get("expiresIn", known["expiresIn"])
        assert isinstance(lasts_s, int)
        known.update({"expiresIn": lasts_s, "expirationTime": iso(later(self.clock.now(), lasts_s))})
        self.subscriptions[str(known["id"])] = known
        return known

    def _unsubscribe(self, request: Request, _: JSON) -> Response:
        known = self._known(request)
        del self.subscriptions[str(known["id"])]
        address = str(as_object(known["deliveryMode"])["address"])
        if address in self.webhooks.urls:
            self.webhooks.urls.remove(address)
        return Response(status_code=204)


def _extension(id: int, number: str, name: str) -> JSONObject:
    return {"id": id, "extensionNumber": number, "name": name, "type": "User", "status": "Enabled", "contact": {"firstName": name}}


def _begins(contact: JSONObject, start: str) -> bool:
    return not start or any(str(contact.get(name, "")).casefold().startswith(start) for name in ("firstName", "lastName", "company"))


def _audio(_: Request, __: JSON) -> Response:
    return Response(_TWO_SECONDS_OF_AUDIO, media_type="audio/mpeg")


def _parsed(body: bytes) -> JSON:
    try:
        return loads(body) if body else None
    except ValueError:
        return None
