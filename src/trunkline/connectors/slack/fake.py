"""A simulated workspace: channels, people and messages over the Web API, an incoming webhook, and signed events."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import ClassVar, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.declaration import Call, RateLimit
from trunkline.connectors.slack.connector import OAUTH, connector
from trunkline.model.clock import Clock
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.vendor import FakeVendor

HOOK: Final = "/services/T00000001/B00000001/hookhookhookhookhookhook"
"""The path of the incoming webhook."""
MOST_BLOCKS: Final = 50

Method = Callable[[JSONObject], JSONObject]
_SCOPES: Final = {
    **{one.call.path.strip("/"): one.scopes for one in connector.operations if isinstance(one.call, Call)},
    "chat.postMessage": ("chat:write",),
    "conversations.open": ("im:write",),
}
"""The scopes a method needs."""
_BLOCKS: Final = frozenset(("section", "header", "actions", "context", "divider", "image", "input", "rich_text", "file", "video"))


class Refused(Exception):
    """The vendor's word for an error."""


class FakeSlack(FakeVendor):
    """Refuses like Slack: 200 with `ok: false` for methods, plain text and a status for the incoming webhook."""

    token: ClassVar[str] = "xoxb-0000000001-fake-bot-token"
    signing_secret: ClassVar[str] = "8f742231b10e8888abcd99yyyzzz85a5"
    limits: tuple[RateLimit, ...] = ()

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.channels: dict[str, JSONObject] = {}
        self.people: dict[str, JSONObject] = {}
        self.messages: list[JSONObject] = []
        self.scheduled: dict[str, JSONObject] = {}
        self.hooked: list[JSONObject] = []
        """What came through the incoming webhook."""
        self._ts = 1_763_722_800_000_100
        super().__init__(clock=clock)
        self.sign_in = AuthorizationServer(OAUTH, clock=self.clock, told={"ok": True, "team": {"id": "T00000001", "name": "Palmer"}})

    def account(self) -> Account:
        return Account(options={}, credential=Credential({"token": self.token, "signing_secret": self.signing_secret}))

    def account_of_hook(self, base_url: str) -> Account:
        """A connection that has only the incoming webhook, which lies below its own address."""
        assert base_url
        return Account(options={}, credential=Credential({"webhook_url": HOOK}))

    def collections(self) -> Mapping[str, dict[str, JSONObject]]:
        return {"channels": self.channels, "users": self.people, "scheduled": self.scheduled}

    def lists(self) -> Mapping[str, Sequence[JSONObject]]:
        return {"messages": self.messages, "hooked": self.hooked}

    def seed(self) -> None:
        """The records the samples speak of."""
        for id, name in (("C0000000001", "leads"), ("C0000000002", "general")):
            self.channels[id] = {"id": id, "name": name, "is_archived": False, "is_private": False, "members": ["U0000000001"]}
        for id, name, email in (("U0000000001", "ada", "ada@example.com"), ("U0000000002", "ben", "ben@example.com")):
            self.people[id] = {"id": id, "name": name, "real_name": name.title(), "deleted": False, "profile": {"email": email}}
        self.say("C0000000001", {"text": "Hello", "user": "U0000000001"})
        self.scheduled["Q0000000001"] = {"channel": "C0000000001", "text": "Later"}

    def say(self, channel: str, message: JSONObject) -> JSONObject:
        """A message as it stands in a channel."""
        seconds, micros = divmod(self._ts, 1_000_000)
        self._ts += 100
        said: JSONObject = {"type": "message", "ts": f"{seconds}.{micros:06d}", "channel": channel, **message}
        self.messages.append(said)
        return said

    def sign(self, body: bytes, *, at: float) -> Pairs:
        stamp = str(int(at))
        signature = hmac.digest(self.signing_secret.encode(), f"v0:{stamp}:".encode() + body, sha256).hex()
        return (("x-slack-request-timestamp", stamp), ("x-slack-signature", f"v0={signature}"))

    def announce(self, event: JSONObject, *, id: str) -> None:
        """An event as the vendor delivers it."""
        self.webhooks.emit({"type": "event_callback", "team_id": "T00000001", "event_id": id, "event": event})

    def authorised(self, request: Request) -> bool:
        return request.url.path == HOOK or request.headers.get("authorization") == f"Bearer {self.token}"

    def refusal(self, status: int, message: str = "refused on purpose") -> Response:
        error = "invalid_auth" if status == 401 else message.replace(" ", "_")
        return JSONResponse({"ok": False, "error": error}, status_code=status)

    def routes(self) -> Sequence[BaseRoute]:
        table: dict[str, Method] = {
            "auth.test": lambda _: {"team": "Palmer", "user": "trunkline", "bot_id": "B00000001", "url": "https://palmer.slack.com/"},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._whisper,
            "chat.scheduleMessage": self._schedule,
            "chat.deleteScheduledMessage": self._unschedule,
            "chat.getPermalink": lambda given: {"permalink": f"https://palmer.slack.com/archives/{given['channel']}/p1"},
            "conversations.history": lambda given: self._page(self._said(given), given, "messages"),
            "conversations.replies": lambda given: self._page(self._said(given), given, "messages"),
            "conversations.list": lambda given: self._page([*self.channels.values()], given, "channels"),
            "conversations.info": lambda given: {"channel": self._channel(given)},
            "conversations.members": lambda given: self._page(as_list(self._channel(given)["members"]), given, "members"),
            "conversations.join": lambda given: {"channel": self._channel(given)},
            "conversations.create": self._create,
            "conversations.invite": lambda given: {"channel": self._channel(given)},
            "conversations.open": self._open,
            "reactions.add": self._react,
            "users.list": lambda given: self._page([*self.people.values()], given, "members"),
            "users.info": self._person,
            "users.lookupByEmail": self._lookup,
        }
        return [
            *(Route(f"/{name}", self._endpoint(name, method), methods=["GET", "POST"]) for name, method in table.items()),
            Route(HOOK, self._hook, methods=["POST"]),
        ]

    def _endpoint(self, name: str, method: Method) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            given: JSONObject = dict(request.query_params)
            raw = await request.body()
            if raw and "json" in request.headers.get("content-type", ""):
                given.update(as_object(loads(raw)))
            elif raw:
                given.update(parse_qsl(raw.decode()))
            if lacking := self.scopes_refused.intersection(_SCOPES.get(name, ())):
                return JSONResponse({"ok": False, "error": "missing_scope", "needed": min(lacking), "provided": ""})
            try:
                return JSONResponse({"ok": True, **method(given)})
            except Refused as refused:
                return JSONResponse({"ok": False, "error": str(refused)})

        return endpoint

    # ── messages ──

    def _post(self, given: JSONObject) -> JSONObject:
        room = self._channel(given)
        if not given.get("text") and not given.get("blocks") and not given.get("markdown_text"):
            raise Refused("no_text")
        _check_blocks(given)
        said = self.say(str(room["id"]), {name: value for name, value in given.items() if name != "channel"})
        return {"channel": room["id"], "ts": said["ts"], "message": said}

    def _update(self, given: JSONObject) -> JSONObject:
        said = self._message(given)
        said.update({name: value for name, value in given.items() if name in ("text", "blocks")})
        return {"channel": given["channel"], "ts": said["ts"], "message": said}

    def _delete(self, given: JSONObject) -> JSONObject:
        self.messages.remove(self._message(given))
        return {"channel": given["channel"], "ts": given["ts"]}

    def _whisper(self, given: JSONObject) -> JSONObject:
        self._channel(given)
        return {"message_ts": "1763722800.000900"}

    def _schedule(self, given: JSONObject) -> JSONObject:
        id = f"Q{len(self.scheduled) + 1:010d}"
        self.scheduled[id] = given
        return {"scheduled_message_id": id, "post_at": given["post_at"], "channel": self._channel(given)["id"]}

    def _unschedule(self, given: JSONObject) -> JSONObject:
        if self.scheduled.pop(str(given.get("scheduled_message_id")), None) is None:
            raise Refused("invalid_scheduled_message_id")
        return {}

    def _react(self, given: JSONObject) -> JSONObject:
        said = self._message({"channel": given["channel"], "ts": given["timestamp"]})
        said["reactions"] = [*as_list(said.get("reactions")), {"name": given["name"]}]
        return {}

    def _message(self, given: JSONObject) -> JSONObject:
        for said in self.messages:
            if said["ts"] == given.get("ts") and said["channel"] == given.get("channel"):
                return said
        raise Refused("message_not_found")

    def _said(self, given: JSONObject) -> list[JSON]:
        room = self._channel(given)
        return [said for said in reversed(self.messages) if said["channel"] == room["id"]]

    async def _hook(self, request: Request) -> Response:
        try:
            body = as_object(loads(await request.body()))
        except ValueError:
            return PlainTextResponse("invalid_payload", status_code=400)
        if not body.get("text") and not body.get("blocks"):
            return PlainTextResponse("no_text", status_code=400)
        try:
            _check_blocks(body)
        except Refused as refused:
            return PlainTextResponse(str(refused), status_code=400)
        self.hooked.append(body)
        return PlainTextResponse("ok")

    # ── channels and people ──

    def _channel(self, given: JSONObject) -> JSONObject:
        room = self.channels.get(str(given.get("channel")))
        if room is None:
            raise Refused("channel_not_found")
        if room["is_archived"]:
            raise Refused("is_archived")
        return room

    def _create(self, given: JSONObject) -> JSONObject:
        if any(room["name"] == given["name"] for room in self.channels.values()):
            raise Refused("name_taken")
        id = f"C{len(self.channels) + 1:010d}"
        self.channels[id] = {"id": id, "name": given["name"], "is_archived": False, "members": []}
        return {"channel": self.channels[id]}

    def _open(self, given: JSONObject) -> JSONObject:
        user = str(given.get("users"))
        if user not in self.people:
            raise Refused("user_not_found")
        id = user.replace("U", "D", 1)
        self.channels[id] = {"id": id, "name": "", "is_archived": False, "members": [user]}
        return {"channel": {"id": id}}

    def _person(self, given: JSONObject) -> JSONObject:
        person = self.people.get(str(given.get("user")))
        if person is None:
            raise Refused("user_not_found")
        return {"user": person}

    def _lookup(self, given: JSONObject) -> JSONObject:
        for person in self.people.values():
            if as_object(person["profile"])["email"] == given.get("email"):
                return {"user": person}
        raise Refused("users_not_found")

    def _page(self, items: Sequence[JSON], given: JSONObject, name: str) -> JSONObject:
        start, size = int(str(given.get("cursor") or 0)), int(str(given.get("limit") or 100))
        following = str(start + size) if start + size < len(items) else ""
        return {name: [*items[start : start + size]], "response_metadata": {"next_cursor": following}}


def _check_blocks(given: JSONObject) -> None:
    """The limits of Slack's block reference (2026-08-20), on which whole messages are refused."""
    blocks = as_list(given.get("blocks"))
    if len(blocks) > MOST_BLOCKS:
        raise Refused("invalid_blocks")
    for block in map(as_object, blocks):
        if block.get("type") not in _BLOCKS or not _fits(block):
            raise Refused("invalid_blocks")


def _fits(block: JSONObject) -> bool:
    parts = [as_object(part) for part in (*as_list(block.get("elements")), *as_list(block.get("fields")))]
    if len(parts) > (25 if block["type"] == "actions" else 10):
        return False
    match block["type"]:
        case "header":
            return _worded(block, 150)
        case "section":
            worded = "text" not in block or _worded(block, 3000)
            return worded and ("text" in block or bool(parts)) and all(0 < len(str(part.get("text"))) <= 2000 for part in parts)
        case "actions":
            return all(_worded(part, 75) and len(str(part.get("url", ""))) <= 3000 for part in parts)
        case _:
            return True


def _worded(part: JSONObject, most: int) -> bool:
    return 0 < len(str(as_object(part.get("text")).get("text", ""))) <= most
