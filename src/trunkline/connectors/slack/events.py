"""What Slack tells by itself: the Events API, signed with the app's signing secret."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from trunkline.connect.declaration import Trigger
from trunkline.connect.signatures import fresh, instant, refuse_mismatch, required
from trunkline.connect.webhooks import Incoming, Verified, Webhook
from trunkline.model.clock import iso
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery, Reply
from trunkline.model.json import JSON, JSONObject, as_object, dumps, loads
from trunkline.model.schema import Schema, anything, nullable, record, text


def verify(delivery: Delivery, account: Account) -> Verified:
    """`v0=` and the HMAC-SHA256, in hex, of `v0:<time>:<raw body>`; older than five minutes is refused."""
    secret = account.credential.get("signing_secret")
    if not secret:
        raise ConfigError("no signing secret is set for this connection", place="signing_secret")
    stamp = required(delivery, "x-slack-request-timestamp")
    signature = required(delivery, "x-slack-signature")
    sent_at = instant(stamp, per_second=1)
    expected = hmac.digest(secret.encode(), b":".join((b"v0", stamp.encode(), delivery.body)), sha256).hex()
    if not hmac.compare_digest(f"v0={expected}".encode(), signature.encode()):
        refuse_mismatch()
    fresh(sent_at, delivery.received_at)
    return _told(delivery, account, iso(sent_at))


def _told(delivery: Delivery, account: Account, sent_at: str) -> Verified:
    try:
        body = as_object(loads(delivery.body))
    except ValueError as exc:
        raise WebhookError("the body is not JSON", reason="malformed") from exc
    team = account.options.get("team")
    if team and body.get("team_id") not in (team, None):
        raise WebhookError("it is about another workspace", reason="unknown")
    event_id = body.get("event_id")
    return Verified(delivery_id=event_id if isinstance(event_id, str) else None, sent_at=sent_at)


def handshake(delivery: Delivery, account: Account) -> Reply | None:
    """Slack asks for its `challenge` back when the address is entered; the question is signed like an event."""
    if b"url_verification" not in delivery.body:
        return None
    verify(delivery, account)
    body = as_object(loads(delivery.body))
    challenge = body.get("challenge")
    if body.get("type") != "url_verification" or not isinstance(challenge, str):
        return None
    return Reply(headers=(("content-type", "application/json"),), body=dumps({"challenge": challenge}))


def split(body: JSON, delivery: Delivery) -> tuple[Incoming, ...]:  # noqa: ARG001 - everything is in the body
    """The event inside the envelope; what is none (an app that was switched off) says nothing."""
    told = as_object(body)
    event = as_object(told.get("event"))
    kind = event.get("type")
    if told.get("type") != "event_callback" or not isinstance(kind, str):
        return ()
    return (Incoming(kind=kind, body={**event, "team": told.get("team_id"), "event_id": told.get("event_id")}),)


def _message(body: JSONObject) -> JSONObject | None:
    """A person's message. Edits, joins and what a bot wrote are no new message: a flow that answers would answer itself."""
    if body.get("subtype") not in (None, "thread_broadcast", "file_share") or body.get("bot_id"):
        return None
    return _mention(body)


def _mention(body: JSONObject) -> JSONObject:
    names = ("channel", "channel_type", "user", "text", "ts", "thread_ts", "team", "files", "blocks")
    return {name: body.get(name) for name in names}


def _reaction(body: JSONObject) -> JSONObject:
    item = as_object(body.get("item"))
    return {
        **{name: body.get(name) for name in ("reaction", "user", "item_user", "event_ts", "team")},
        "channel": item.get("channel"),
        "ts": item.get("ts"),
    }


def _member(body: JSONObject) -> JSONObject:
    return {name: body.get(name) for name in ("user", "channel", "channel_type", "inviter", "team", "event_id")}


def _whole(name: str) -> Callable[[JSONObject], JSONObject]:
    def payload(body: JSONObject) -> JSONObject:
        return {name: as_object(body.get(name)), "team": body.get("team"), "event_id": body.get("event_id")}

    return payload


def _texts(*names: str, **more: Schema) -> Schema:
    return record({**{name: nullable(text()) for name in names}, **more}, open=True)


_MESSAGE: Final = _texts("channel", "channel_type", "user", "text", "ts", "thread_ts", "team", files=anything(), blocks=anything())


def _in_channel(payload: JSONObject) -> str:
    return f"{payload.get('channel')}:{payload.get('thread_ts') or payload.get('ts') or payload.get('user')}"


def _by_id(name: str) -> Callable[[JSONObject], str]:
    return lambda payload: str(as_object(payload[name]).get("id"))


def _trigger(id: str, title: str, kind: str, payload: Callable[[JSONObject], JSONObject | None], **facts: Any) -> Trigger:
    return Trigger(
        id=id,
        title=title,
        kinds=(kind,),
        payload=payload,
        category=str(facts.pop("category", "Messages")),
        record_key=facts.pop("record_key", _in_channel),
        sample=f"{id}.json",
        **facts,
    )


TRIGGERS: Final[tuple[Trigger, ...]] = (
    _trigger(
        "messages.received",
        "Message received",
        "message",
        _message,
        about="A person wrote in a channel the bot is in, or to the bot",
        gives=_MESSAGE,
        scopes=("channels:history",),
    ),
    _trigger("mentions.received", "Bot mentioned", "app_mention", _mention, gives=_MESSAGE, scopes=("app_mentions:read",)),
    _trigger(
        "reactions.added",
        "Reaction added",
        "reaction_added",
        _reaction,
        about="A way to approve: react to a message, and a flow goes on",
        gives=_texts("reaction", "user", "item_user", "event_ts", "team", "channel", "ts"),
        scopes=("reactions:read",),
    ),
    _trigger(
        "channels.joined",
        "Person joined a channel",
        "member_joined_channel",
        _member,
        category="Channels",
        gives=_texts("user", "channel", "channel_type", "inviter", "team", "event_id"),
        scopes=("channels:read",),
    ),
    _trigger(
        "channels.created",
        "Channel created",
        "channel_created",
        _whole("channel"),
        category="Channels",
        record_key=_by_id("channel"),
        gives=record({"channel": record({"id": text(), "name": text()}, open=True)}, open=True),
        scopes=("channels:read",),
    ),
    _trigger(
        "users.joined",
        "Person joined the workspace",
        "team_join",
        _whole("user"),
        category="People",
        record_key=_by_id("user"),
        gives=record({"user": record({"id": text(), "name": text()}, open=True)}, open=True),
        scopes=("users:read",),
    ),
    _trigger(
        "users.changed",
        "Person's profile changed",
        "user_change",
        _whole("user"),
        category="People",
        record_key=_by_id("user"),
        gives=record({"user": record({"id": text(), "name": text()}, open=True)}, open=True),
        scopes=("users:read",),
    ),
)

WEBHOOK: Final = Webhook(verify=verify, split=split, handshake=handshake)
