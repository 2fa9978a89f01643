"""Methods of Slack's Web API: one shape for all of them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from trunkline.connect.declaration import Call, Crafted, Kind, Operation, by_token, get, send
from trunkline.model.connection import Account
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema, anything, boolean, integer, list_of, record, text

CHANNEL: Final = text("Channel id, C0123456789", min_length=1)
TS: Final = text("The message's time, which is its id: 1763722800.000100", min_length=1)
MESSAGE: Final = record({"ts": text(), "text": text(), "user": text(), "type": text()}, open=True)
POSTED: Final = record({"ok": boolean(), "channel": text(), "ts": text("The message's id"), "message": MESSAGE}, open=True)
_DONE: Final = record({"ok": boolean()}, open=True)
_USER: Final = record({"id": text(), "name": text(), "real_name": text(), "deleted": boolean()}, required=("id",), open=True)
_ROOM: Final = record({"id": text(), "name": text(), "is_archived": boolean(), "is_private": boolean()}, required=("id",), open=True)

_CATEGORIES: Final[Mapping[str, str]] = {"messages": "Messages", "users": "People", "channels": "Channels", "reactions": "Messages"}


def method(
    name: str,
    *,
    id: str,
    title: str,
    takes: Schema,
    gives: Schema = _DONE,
    kind: Kind | None = None,
    crafted: tuple[Callable[[JSONObject, Account], Request], Callable[[Response], JSON]] | None = None,
    **facts: Any,
) -> Operation:
    """An operation that is one method: reads go as a query, writes as JSON."""
    writes = kind == "write" or name.startswith(("chat.post", "chat.update", "chat.delete", "chat.schedule", "reactions.add"))
    path = f"/{name}"
    call: Call | Crafted = send("POST", path) if writes else get(path, query=tuple(as_object(takes.get("properties"))))
    if crafted is not None:
        call = Crafted(request=crafted[0], answer=crafted[1])
    return Operation(
        id=id,
        title=title,
        category=_CATEGORIES.get(id.split(".", maxsplit=1)[0], "Other"),
        kind="write" if writes else "read",
        call=call,
        takes=takes,
        gives=gives,
        sample=f"{id}.json",
        **facts,
    )


def next_page(input: JSONObject, page: JSON) -> JSONObject | None:
    """The cursor of the next page; a short page does not mean the end, an empty cursor does (facts of the vendor, 2026-08-20)."""
    return _BY_CURSOR(input, as_object(page).get("response_metadata"))


_BY_CURSOR: Final = by_token(param="cursor", answer="next_cursor")
_PAGED: Final[dict[str, Schema]] = {"limit": integer("In one page; about 200 is advised", minimum=1, maximum=999), "cursor": text()}


def _list(name: str, *, id: str, title: str, items: str, schema: Schema, takes: dict[str, Schema], **facts: Any) -> Operation:
    required = facts.pop("required", ())
    return method(
        name,
        id=id,
        title=title,
        takes=record({**takes, **_PAGED}, required=required),
        gives=record({items: list_of(schema)}, required=(items,), open=True),
        items=items,
        next_page=next_page,
        **facts,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    method(
        "chat.update",
        id="messages.update",
        title="Change a message",
        takes=record(
            {"channel": CHANNEL, "ts": TS, "text": text(max_length=40_000), "blocks": list_of(anything(), max_items=50)},
            required=("channel", "ts"),
        ),
        gives=POSTED,
        repeat="safe",
        scopes=("chat:write",),
        group="tier3",
    ),
    method(
        "chat.delete",
        id="messages.delete",
        title="Delete a message",
        takes=record({"channel": CHANNEL, "ts": TS}, required=("channel", "ts")),
        gives=POSTED,
        repeat="safe",
        scopes=("chat:write",),
        group="tier3",
    ),
    method(
        "chat.postEphemeral",
        id="messages.send_private",
        title="Send a message one person sees",
        takes=record(
            {"channel": CHANNEL, "user": text("User id"), "text": text(max_length=40_000), "blocks": list_of(anything(), max_items=50)},
            required=("channel", "user", "text"),
        ),
        gives=record({"ok": boolean(), "message_ts": text()}, open=True),
        scopes=("chat:write",),
        group="tier4",
    ),
    method(
        "chat.scheduleMessage",
        id="messages.schedule",
        title="Schedule a message",
        takes=record(
            {"channel": CHANNEL, "post_at": integer("Unix time in seconds"), "text": text(), "blocks": list_of(anything(), max_items=50)},
            required=("channel", "post_at", "text"),
        ),
        gives=record({"ok": boolean(), "scheduled_message_id": text(), "post_at": integer()}, open=True),
        scopes=("chat:write",),
        group="tier3",
    ),
    method(
        "chat.deleteScheduledMessage",
        id="messages.unschedule",
        title="Take back a scheduled message",
        takes=record({"channel": CHANNEL, "scheduled_message_id": text(min_length=1)}, required=("channel", "scheduled_message_id")),
        repeat="safe",
        scopes=("chat:write",),
        group="tier3",
    ),
    method(
        "chat.getPermalink",
        id="messages.get_link",
        title="Get the link to a message",
        takes=record({"channel": CHANNEL, "message_ts": TS}, required=("channel", "message_ts")),
        gives=record({"ok": boolean(), "permalink": text(format="uri")}, required=("permalink",), open=True),
        group="tier4",
    ),
    _list(
        "conversations.history",
        id="messages.list",
        title="List messages of a channel",
        items="messages",
        schema=MESSAGE,
        takes={"channel": CHANNEL, "oldest": text("Messages after this ts"), "latest": text("Messages before this ts")},
        required=("channel",),
        scopes=("channels:history",),
        group="tier3",
        id_field="ts",
        updated_field="ts",
    ),
    _list(
        "conversations.replies",
        id="messages.list_replies",
        title="List answers in a thread",
        items="messages",
        schema=MESSAGE,
        takes={"channel": CHANNEL, "ts": TS, "oldest": text(), "latest": text()},
        required=("channel", "ts"),
        scopes=("channels:history",),
        group="tier3",
        id_field="ts",
    ),
    method(
        "reactions.add",
        id="reactions.add",
        title="Add a reaction",
        takes=record(
            {"channel": CHANNEL, "timestamp": TS, "name": text("Its name without colons: thumbsup", min_length=1)},
            required=("channel", "timestamp", "name"),
        ),
        repeat="safe",
        scopes=("reactions:write",),
        group="tier3",
    ),
    _list(
        "conversations.list",
        id="channels.list",
        title="List channels",
        items="channels",
        schema=_ROOM,
        takes={"types": text("public_channel,private_channel,mpim,im"), "exclude_archived": boolean(), "team_id": text()},
        scopes=("channels:read",),
        group="tier2",
        id_field="id",
    ),
    method(
        "conversations.info",
        id="channels.get",
        title="Get a channel",
        takes=record({"channel": CHANNEL, "include_num_members": boolean()}, required=("channel",)),
        gives=record({"channel": _ROOM}, required=("channel",), open=True),
        scopes=("channels:read",),
        group="tier3",
        record="channel",
        id_field="id",
    ),
    _list(
        "conversations.members",
        id="channels.list_members",
        title="List members of a channel",
        items="members",
        schema=text(),
        takes={"channel": CHANNEL},
        required=("channel",),
        scopes=("channels:read",),
        group="tier4",
    ),
    method(
        "conversations.join",
        id="channels.join",
        title="Join a channel",
        kind="write",
        takes=record({"channel": CHANNEL}, required=("channel",)),
        gives=record({"channel": _ROOM}, required=("channel",), open=True),
        repeat="safe",
        scopes=("channels:join",),
        group="tier3",
        record="channel",
    ),
    method(
        "conversations.create",
        id="channels.create",
        title="Create a channel",
        kind="write",
        takes=record({"name": text("Lower case, no spaces", max_length=80, min_length=1), "is_private": boolean()}, required=("name",)),
        gives=record({"channel": _ROOM}, required=("channel",), open=True),
        scopes=("channels:manage",),
        group="tier2",
        record="channel",
    ),
    method(
        "conversations.invite",
        id="channels.invite",
        title="Invite people to a channel",
        kind="write",
        takes=record({"channel": CHANNEL, "users": text("User ids with commas", min_length=1)}, required=("channel", "users")),
        gives=record({"channel": _ROOM}, required=("channel",), open=True),
        repeat="safe",
        scopes=("channels:manage",),
        group="tier3",
    ),
    _list(
        "users.list",
        id="users.list",
        title="List people",
        items="members",
        schema=_USER,
        takes={"team_id": text()},
        scopes=("users:read",),
        group="tier2",
        id_field="id",
        updated_field="updated",
    ),
    method(
        "users.info",
        id="users.get",
        title="Get a person",
        takes=record({"user": text("User id", min_length=1)}, required=("user",)),
        gives=record({"user": _USER}, required=("user",), open=True),
        scopes=("users:read",),
        group="tier4",
        record="user",
        id_field="id",
    ),
)

CHECK: Final = method("auth.test", id="check", title="Who am I", takes=record({}), gives=_DONE, group="tier4")
