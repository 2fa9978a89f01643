"""Conversations: search, read and unread, made and removed; what a contact is subscribed to."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.categories import CONVERSATIONS
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, items_of
from trunkline.connectors.ghl.paging import last, size
from trunkline.connectors.ghl.times import in_numbers, moment
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, integer, nullable, number, one_of, record, text

READ: Final = ("conversations.readonly",)
WRITE: Final = ("conversations.write",)

_DATES: Final = ("lastMessageDate", "dateAdded", "dateUpdated")
_CONVERSATION: Final = record(
    {
        "id": text(),
        **{name: text() for name in ("contactId", "locationId", "type", "lastMessageType", "lastMessageDirection")},
        **{name: nullable(text()) for name in ("fullName", "contactName", "email", "phone", "assignedTo", "lastMessageBody")},
        **{name: one_of(integer(), text(), about="Milliseconds since 1970, or ISO 8601 in the answer of a create") for name in _DATES},
        "unreadCount": number(),
        "starred": boolean(),
    },
    required=("id",),
    open=True,
)
"""The description has no dates in a conversation found; they come all the same (public connectors, read 2026-11-21)."""


def _older(input: JSONObject, answer: JSON) -> JSONObject | None:
    """From the value by which the last one was sorted: in `sort` where the answer has it, else its date."""
    item = last(answer, "conversations")
    sorted_by = as_list(item.get("sort"))
    after = sorted_by[0] if sorted_by else item.get("lastMessageDate")
    full = len(as_list(as_object(answer).get("conversations"))) >= int(str(input.get("limit", _USUAL)))
    return {**input, "startAfterDate": after} if after is not None and full else None


_USUAL: Final = 20
_SEARCH: Final = declared(
    "GET /conversations/search",
    "conversations.search",
    "Search Conversations",
    CONVERSATIONS,
    about="startDate and endDate are about when a conversation began",
    add={
        "limit": size(100),
        "startAfterDate": integer("The date of the last conversation of the page before, in milliseconds since 1970"),
        "startDate": moment("Begun since"),
        "endDate": moment("Begun before"),
    },
    output=items_of(_CONVERSATION, "conversations", total=number()),
    items="conversations",
    id_field="id",
    updated_field="lastMessageDate",
    next_page=_older,
)
SEARCH: Final = around(_SEARCH, before=in_numbers("startDate", "endDate"))
GET: Final = declared("GET /conversations/{conversationId}", "conversations.get", "Get Conversation", CONVERSATIONS, id_field="id")
UPDATE: Final = declared(
    "PUT /conversations/{conversationId}",
    "conversations.update",
    "Update Conversation",
    CONVERSATIONS,
    about="How many messages are unread, and the star",
    record="conversation",
    id_field="id",
)

# ── read and unread ──────────────────────────────────────────────────────────────────────────────────────────────────

GET_MESSAGE: Final = declared(
    "GET /conversations/messages/{id}", "conversations.get_message", "Get Message by ID", CONVERSATIONS, id_field="id"
)
_DELIVERY: Final = declared(
    "PUT /conversations/messages/{messageId}/status", "conversations.update_message_status", "Update Message Status", CONVERSATIONS
)
_READ: Final = {"read": 0, "unread": 1}


async def update_status(caller: Caller, input: JSONObject) -> JSON:
    """Read and unread belong to the conversation; what the vendor calls a message's status is its delivery.

    Delivery can be told only by the app that owns the conversation provider (developer portal).
    """
    status = str(input["status"])
    if status not in _READ or input.get("asProvider"):
        if not input.get("messageId"):
            raise MappingError("messageId is missing", field="messageId", hint="A delivery is one message's.")
        if status == "unread":
            raise MappingError("unread is no delivery status", field="status", hint="Leave asProvider out to mark a conversation.")
        told = {name: value for name, value in input.items() if name not in ("asProvider", "conversationId")}
        return {"status": status, **as_object(await caller.call(_DELIVERY, told))}
    conversation = await _conversation(caller, input)
    await caller.call(UPDATE, {"conversationId": conversation, "unreadCount": _READ[status]})
    return {"conversationId": conversation, "messageId": input.get("messageId"), "status": status}


async def _conversation(caller: Caller, input: JSONObject) -> JSON:
    if input.get("conversationId"):
        return input["conversationId"]
    if not input.get("messageId"):
        raise MappingError("conversationId is missing", field="conversationId", hint="Give the conversation, or a message in it.")
    return as_object(await caller.call(GET_MESSAGE, {"id": input["messageId"]})).get("conversationId")


UPDATE_STATUS: Final = replace(
    _DELIVERY,
    call=update_status,
    about="Marks a conversation read or unread, by its id or by a message in it; an app that delivers messages tells delivered, failed or "
    "pending of one, and (asProvider) that it was read",
    takes=lambda: record(
        {
            **{name: as_object(field) for name, field in as_object(_DELIVERY.input["properties"]).items()},
            "messageId": text(min_length=1),
            "conversationId": text(min_length=1),
            "status": text(choices=("read", "unread", "delivered", "failed", "pending")),
            "asProvider": boolean("The status is the message's delivery"),
        },
        required=("status",),
    ),
    gives=record({"conversationId": nullable(text()), "messageId": nullable(text()), "status": text()}, required=("status",), open=True),
    endpoint=UPDATE.endpoint,
    repeat="safe",
    scopes=(*WRITE, "conversations/message.readonly", "conversations/message.write"),
)

# ── made ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_CREATE: Final = declared(
    "POST /conversations/",
    "conversations.create",
    "Create Conversation",
    CONVERSATIONS,
    about="With a contact; one that is there already counts as done",
    output=record({"conversation": _CONVERSATION, "existed": boolean()}, required=("conversation",), open=True),
    record="conversation",
    id_field="id",
    repeat="safe",
    scopes=(*READ, *WRITE),
)


async def create(caller: Caller, input: JSONObject) -> JSON:
    """A contact has one conversation, and the vendor refuses a second one: then the first one is told."""
    try:
        return {**as_object(await caller.call(_CREATE, input)), "existed": False}
    except RejectedError as refusal:
        found = as_object(await caller.call(SEARCH, input)) if refusal.status == 400 else {}
        there = as_list(found.get("conversations"))
        if not there:
            raise
        return {"success": True, "conversation": there[0], "existed": True}


# ── the live chat ────────────────────────────────────────────────────────────────────────────────────────────────────

_TYPING: Final = declared(
    "POST /conversations/providers/live-chat/typing",
    "conversations.agent_typing",
    "Agent Typing Indicator",
    CONVERSATIONS,
    about="Shows the visitor of a live chat that somebody is typing, or no longer is",
    repeat="safe",
)


def _as_words(input: JSONObject) -> JSONObject:
    """The description wants text where true or false is meant."""
    return {**input, "isTyping": "true" if input["isTyping"] else "false"}


def _typing() -> Schema:
    schema = _TYPING.input
    return {**schema, "properties": {**as_object(schema["properties"]), "isTyping": boolean()}}


# ── subscriptions ────────────────────────────────────────────────────────────────────────────────────────────────────

_PREFERENCES: Final = "/conversations/preferences"
LIST_SUBTYPES: Final = declared(
    f"GET {_PREFERENCES}/custom-subtypes",
    "conversations.list_subscription_types",
    "List Subscription Types",
    CONVERSATIONS,
    scopes=READ,
    output=anything("As the vendor gives it: it does not describe it"),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    SEARCH,
    GET,
    GET_MESSAGE,
    UPDATE,
    UPDATE_STATUS,
    around(_TYPING, before=_as_words, takes=_typing),
    replace(_CREATE, call=create),
    gone_is_done(declared("DELETE /conversations/{conversationId}", "conversations.delete", "Delete Conversation", CONVERSATIONS)),
    LIST_SUBTYPES,
    declared(
        f"GET {_PREFERENCES}/unsubscriptions/status",
        "conversations.get_subscriptions",
        "Get Subscriptions of Contact",
        CONVERSATIONS,
        scopes=READ,
        output=anything("As the vendor gives it: it does not describe it"),
    ),
    declared(
        f"POST {_PREFERENCES}/unsubscriptions/user-change",
        "conversations.change_subscription",
        "Change Subscription of Contact",
        CONVERSATIONS,
        scopes=WRITE,
        repeat="safe",
        output=anything("As the vendor gives it: it does not describe it"),
    ),
)
