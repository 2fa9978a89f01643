"""Text messages. Only v1 sends them; only the dated surface lists a whole workspace and tries a failed one again."""

from dataclasses import replace
from typing import Any, Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.openphone.surface import (
    ENDPOINTS,
    MOST,
    NEXT_PAGE,
    STRICT,
    V1,
    dated,
    described,
    listed,
    number_id,
    paged,
    pages_of,
    user_id,
    within,
)
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, list_of, one_of, text

STATES: Final = ("queued", "sent", "delivered", "undelivered", "received", "failed")

_ONE: Final[dict[str, Any]] = {"category": "Messages", "record": "data", "id_field": "id", "updated_field": "updatedAt"}
_WHOLE: Final = ENDPOINTS.operation("GET /messages", id="messages.list")
_OF_CONVERSATION: Final = ENDPOINTS.operation("GET /v1/messages", id="messages.list", call={"defaults": {"maxResults": MOST}})
_ONLY_WHOLE: Final = ("from", "to", "toAll", "status", "direction")

_by_workspace = listed(_WHOLE, dated({**STRICT, "toAll": "to[all]"}))
_by_conversation = listed(_OF_CONVERSATION, V1)


async def list_messages(caller: Caller, input: JSONObject) -> JSON:
    """With `participants` those of one conversation (v1), else those of the workspace (dated)."""
    if "participants" not in input:
        return await _by_workspace(caller, input)
    for name in _ONLY_WHOLE:
        if name in input:
            raise MappingError(f"{name} and participants do not go together", field=name, hint="participants alone name a conversation.")
    if "phoneNumberId" not in input:
        raise MappingError("a conversation is that of one of your numbers", field="phoneNumberId")
    return await _by_conversation(caller, input)


SEND: Final[Operation] = ENDPOINTS.operation(
    "POST /v1/messages",
    id="messages.send",
    title="Send text message",
    about="Two or more recipients make one group thread in which all see each other. Never sent again by itself",
    add={
        "content": text("The text", pattern=r"\S", min_length=1, max_length=1600),
        "from": one_of(number_id(), text(format="e164"), about="A number of the workspace: its id (PN…) or the number in E.164"),
        "to": list_of(text(format="e164"), "Numbers in E.164: +15555550100", min_items=1, max_items=10),
        "userId": user_id("The sender; the number's owner when left out"),
        "setInboxStatus": text("Also mark the conversation", choices=("done",)),
    },
    leave_out=("phoneNumberId",),  # deprecated: `from` takes the id
    repeat="never",  # the vendor has no idempotency key, and a text cannot be taken back
    sample="messages.send.json",
    **_ONE,
)

LIST: Final[Operation] = replace(
    _WHOLE,
    title="List messages",
    category="Messages",
    about="Newest first, of the whole workspace; with participants those of one conversation",
    call=list_messages,
    takes=paged(
        {
            "phoneNumberId": number_id(),
            "participants": list_of(text(format="e164"), "The others' numbers: all of one conversation", min_items=1, max_items=10),
            "from": text("Sent by this number"),
            "to": text("Sent to this number, among others"),
            "toAll": list_of(text(), "Sent to exactly these numbers", min_items=1),
            "direction": text(choices=("incoming", "outgoing")),
            "status": text(choices=STATES),
            "userId": user_id("Sent by this user"),
            **within("messages made"),
        }
    ),
    gives=pages_of(described("GET /messages/{messageId}")),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    next_page=NEXT_PAGE,
    sample="messages.list.json",
)

_ID: Final[dict[str, Schema]] = {"messageId": text("The message's id", pattern="^AC")}

GET: Final[Operation] = ENDPOINTS.operation(
    "GET /messages/{messageId}",
    id="messages.get",
    title="Get message",
    add=_ID,
    sample="messages.get.json",
    **_ONE,
)

RETRY: Final[Operation] = ENDPOINTS.operation(
    "POST /messages/{messageId}/retry",
    id="messages.retry",
    title="Retry failed message",
    category="Messages",
    about="Only where the status is failed and the carrier gave no code; an undelivered one stays undelivered",
    add=_ID,
    repeat="never",  # while it still says failed nobody can tell whether it is under way again
    sample="messages.retry.json",
)

OPERATIONS: Final = (SEND, LIST, GET, RETRY)
