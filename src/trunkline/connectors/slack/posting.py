"""How a message is posted: by bot token to any channel, or by an incoming webhook to the one it was made for."""

from typing import Final
from urllib.parse import urlsplit

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.slack import blocks
from trunkline.connectors.slack.methods import CHANNEL, POSTED, method
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, MappingError, OutcomeUnknownError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_object, dumps
from trunkline.model.schema import Schema, boolean, list_of, one_of, record, text

HOOK_HOST: Final = "hooks.slack.com"
MOST_BLOCKS: Final = 50

_CONTENT: Final[dict[str, Schema]] = {
    "text": text("Shown in notifications, and as the message where there are no blocks", max_length=40_000),
    "blocks": list_of(record({"type": text()}, required=("type",), open=True), "Block Kit", max_items=MOST_BLOCKS),
    "thread_ts": text("Answers in the thread of this message"),
    "unfurl_links": boolean(),
    "unfurl_media": boolean(),
}
_BOT_ONLY: Final[dict[str, Schema]] = {
    "reply_broadcast": boolean("Shows an answer in the channel as well"),
    "username": text("Needs the scope chat:write.customize"),
    "icon_emoji": text("Needs the scope chat:write.customize"),
    "icon_url": text("Needs the scope chat:write.customize"),
    "metadata": record({"event_type": text(), "event_payload": record({}, open=True)}, required=("event_type", "event_payload")),
}
_WHERE: Final = text("Channel id or user id; not needed where the connection is an incoming webhook")


def post(input: JSONObject, account: Account) -> Request:
    """The request for a message; raises `MappingError` for one that Slack would refuse, `ConfigError` when nobody may post."""
    if not any(input.get(name) for name in ("text", "blocks", "markdown_text")):
        raise MappingError("a message needs text or blocks", field="text")
    if account.credential.get("token"):
        if not input.get("channel"):
            raise MappingError("channel is missing", field="channel", hint="Its id, like C0123456789: slack.channels.list tells them.")
        return _request("/chat.postMessage", input)
    hook = account.credential.get("webhook_url")
    if not hook:
        raise ConfigError("the connection has neither a bot token nor an incoming webhook", place="token")
    _check_hook(hook)
    given = [name for name in (*_BOT_ONLY, "channel") if input.get(name) is not None]
    if given and given != ["channel"]:
        raise MappingError(f"{given[0]} needs a bot token; the connection has an incoming webhook", field=given[0])
    return _request(hook, {name: value for name, value in input.items() if name in _CONTENT})


def posted(response: Response) -> JSON:
    """Web API: the answer; incoming webhook: `ok` in plain text, and nothing of the message that was made."""
    if response.body.strip() == b"ok":
        return {"ok": True}
    try:
        return response.json()
    except ValueError as exc:
        raise OutcomeUnknownError("Slack's answer is not JSON", status=response.status) from exc


def _request(url: str, body: JSONObject) -> Request:
    return Request(method="POST", url=url, headers=(("content-type", "application/json; charset=utf-8"),), body=dumps(body))


def _check_hook(hook: str) -> None:
    """A hook is a secret that is posted to: only Slack's own host, or below the connection's own address."""
    parts = urlsplit(hook)
    if not hook.startswith("/") and (parts.scheme != "https" or parts.hostname != HOOK_HOST):
        raise ConfigError(f"the incoming webhook does not begin with https://{HOOK_HOST}/", place="webhook_url")


SEND: Final = method(
    "chat.postMessage",
    id="messages.send",
    title="Send a message",
    about="To a channel, a person or a thread. Values from outside should pass the filter that escapes &, < and >: send_card does it",
    takes=record({"channel": _WHERE, **_CONTENT, **_BOT_ONLY, "markdown_text": text("Instead of text and blocks", max_length=12_000)}),
    gives=POSTED,
    scopes=("chat:write",),
    group="post",
    crafted=(post, posted),
)


async def _send(caller: Caller, input: JSONObject, made: list[JSON], words: str) -> JSON:
    where = {name: input[name] for name in ("channel", "thread_ts") if name in input}
    return await caller.call(SEND, {**where, "text": words, "blocks": made})


async def _card(caller: Caller, input: JSONObject) -> JSON:
    return await _send(caller, input, blocks.card(input), blocks.escaped(str(input["title"])))


async def _alert(caller: Caller, input: JSONObject) -> JSON:
    return await _send(caller, input, blocks.alert(input), blocks.escaped(f"{input['title']}: {input.get('text', '')}".rstrip(": ")))


async def _list(caller: Caller, input: JSONObject) -> JSON:
    return await _send(caller, input, blocks.listing(input), blocks.escaped(str(input["title"])))


async def _direct(caller: Caller, input: JSONObject) -> JSON:
    """A person by e-mail: find, open the conversation, post."""
    found = await caller.call(LOOKUP, {"email": input["email"]})
    user = as_object(as_object(found).get("user")).get("id")
    opened = await caller.call(OPEN, {"users": user})
    channel = as_object(as_object(opened).get("channel")).get("id")
    return await caller.call(SEND, {**{name: value for name, value in input.items() if name != "email"}, "channel": channel})


_TITLE: Final = text(min_length=1, max_length=150)
_URL: Final = text("https:// or mailto:", format="uri", pattern=r"^(https?://|mailto:)", max_length=2000)
_IMAGE: Final = text("https://, where Slack can reach it", format="uri", pattern=r"^https?://", max_length=2000)
_BUTTON: Final = record({"text": text(min_length=1, max_length=75), "url": _URL}, required=("text", "url"))
_FIELDS: Final = record({}, open=True, about="Label and value, side by side; up to 100")
_TARGET: Final[dict[str, Schema]] = {"channel": _WHERE, "thread_ts": _CONTENT["thread_ts"]}

LOOKUP: Final = method(
    "users.lookupByEmail",
    id="users.find_by_email",
    title="Find a person by e-mail",
    takes=record({"email": text(format="email")}, required=("email",)),
    gives=record({"user": record({"id": text()}, required=("id",), open=True)}, required=("user",), open=True),
    scopes=("users:read.email",),
    group="tier3",
    record="user",
    id_field="id",
)
OPEN: Final = method(
    "conversations.open",
    id="channels.open",
    title="Open a direct conversation",
    kind="write",
    repeat="safe",
    takes=record({"users": text("User ids with commas"), "channel": CHANNEL, "return_im": boolean()}),
    gives=record({"channel": record({"id": text()}, required=("id",), open=True)}, required=("channel",), open=True),
    scopes=("im:write", "mpim:write"),
    group="tier3",
    record="channel",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    SEND,
    Operation(
        id="messages.send_card",
        title="Send a card",
        category="Messages",
        kind="write",
        about="A title, text, fields side by side and buttons; all values are escaped",
        call=_card,
        takes=record(
            {
                **_TARGET,
                "title": _TITLE,
                "text": text(max_length=3000),
                "fields": {**_FIELDS, "maxProperties": 100},
                "buttons": list_of(_BUTTON, max_items=5),
                "footer": text(max_length=2000),
                "image_url": _IMAGE,
            },
            required=("title",),
        ),
        gives=POSTED,
        scopes=("chat:write",),
        sample="messages.send_card.json",
    ),
    Operation(
        id="messages.send_alert",
        title="Send an alert",
        category="Messages",
        kind="write",
        about="What happened, how bad, and the next step",
        call=_alert,
        takes=record(
            {
                **_TARGET,
                "level": text(choices=("info", "warning", "error", "resolved")),
                "title": text(min_length=1, max_length=140),
                "text": text(max_length=3000),
                "next_step": text(max_length=1000),
                "url": _URL,
            },
            required=("level", "title"),
        ),
        gives=POSTED,
        scopes=("chat:write",),
        sample="messages.send_alert.json",
    ),
    Operation(
        id="messages.send_list",
        title="Send a list",
        category="Messages",
        kind="write",
        about="Up to 40 lines, each text or a title with a link; what is more is counted",
        call=_list,
        takes=record(
            {
                **_TARGET,
                "title": _TITLE,
                "items": list_of(
                    one_of(text(), record({"title": text(), "text": text(), "url": _URL}, required=("title",))),
                ),
                "footer": text(max_length=2000),
            },
            required=("title", "items"),
        ),
        gives=POSTED,
        scopes=("chat:write",),
        sample="messages.send_list.json",
    ),
    Operation(
        id="messages.send_direct",
        title="Send a direct message",
        category="Messages",
        kind="write",
        about="To a person by e-mail",
        call=_direct,
        takes=record({"email": text(format="email"), **_CONTENT}, required=("email",)),
        gives=POSTED,
        scopes=("chat:write", "im:write", "users:read.email"),
        sample="messages.send_direct.json",
    ),
    LOOKUP,
    OPEN,
)
