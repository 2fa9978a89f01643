"""Messages as they are written: sent, scheduled, and told by those who deliver them."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connectors.ghl.categories import CONVERSATIONS
from trunkline.connectors.ghl.declaring import Looked, around, declared, gone_is_done
from trunkline.connectors.ghl.operations.reading import LIST_MESSAGES
from trunkline.connectors.ghl.sent import find_in, find_sent
from trunkline.connectors.ghl.times import SECOND, in_numbers, moment
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, nullable, one_of, record, text

WRITE: Final = ("conversations/message.write",)

_FIELDS: Final[dict[str, Schema]] = {
    "message": text("What it says; in an e-mail the plain text"),
    "html": text("What an e-mail says"),
    "subject": text("Of an e-mail"),
    "scheduledTimestamp": moment("When to send it, if not now", zoned=True),
    "subType": one_of(text(), record({}, open=True)),
}

_SEND: Final = declared(
    "POST /conversations/messages",
    "conversations.send_message",
    "Send Message",
    CONVERSATIONS,
    about="To a contact, by SMS, e-mail, WhatsApp and the rest. After a lost answer the contact's newest messages are looked at first: the "
    "same words are not sent twice within a day",
    add=_FIELDS,
    required=("type", "contactId"),  # subType and status are marked as needed too; both say how a message went, and nobody can know before
    repeat=LookFirst(find_sent),
    scopes=("conversations.readonly", "conversations/message.readonly", *WRITE),
)
_SAYS: Final = ("message", "html", "attachments", "templateId", "forward")


def _something_to_say(input: JSONObject) -> JSONObject:
    if not any(input.get(name) for name in _SAYS):
        raise MappingError("message is missing", field="message", hint=f"Give one of {', '.join(_SAYS)}.")
    return in_numbers("scheduledTimestamp", unit=SECOND, zoned=True)(input)


SEND: Final = around(_SEND, before=_something_to_say)

# ── told by those who deliver them ───────────────────────────────────────────────────────────────────────────────────


async def find_received(caller: Caller, input: JSONObject) -> JSON | None:
    """The inbound message a lost call added."""
    found = await find_in(caller, input["conversationId"], input, direction="inbound")
    if found is None:
        return None
    told = {"conversationId": input["conversationId"], "messageId": found.get("id"), "message": "It was added already."}
    return {"success": True, **told}


OPERATIONS: Final[tuple[Operation, ...]] = (
    SEND,
    declared(
        "POST /conversations/messages/inbound",
        "conversations.add_inbound_message",
        "Add Inbound Message",
        CONVERSATIONS,
        about="For whoever receives messages elsewhere: shows one as received from the contact",
        asked=("altId",),
        repeat=Looked(find_received, LIST_MESSAGES),
    ),
    declared(
        "POST /conversations/messages/outbound",
        "conversations.add_outbound_call",
        "Add Outbound Call",
        CONVERSATIONS,
        about="For whoever calls elsewhere: shows a call made to the contact",
        asked=("altId",),
    ),
    declared(
        "POST /conversations/messages/review-reply",
        "conversations.reply_to_review",
        "Reply to Review",
        CONVERSATIONS,
    ),
    gone_is_done(
        declared(
            "DELETE /conversations/messages/{messageId}/schedule",
            "conversations.cancel_scheduled_message",
            "Cancel Scheduled Message",
            CONVERSATIONS,
        )
    ),
    gone_is_done(
        declared(
            "DELETE /conversations/messages/email/{emailMessageId}/schedule",
            "conversations.cancel_scheduled_email",
            "Cancel Scheduled Email",
            CONVERSATIONS,
            scopes=WRITE,
        )
    ),
    declared(
        "POST /conversations/messages/upload",
        "conversations.upload_attachments",
        "Upload Attachments",
        CONVERSATIONS,
        about="Makes files, given by their addresses, ready to be attached to a message: the answer has their new addresses",
        repeat="safe",
    ),
    replace(
        declared(
            "PUT /conversations/messages/{messageId}/attachments",
            "conversations.set_attachments",
            "Set Attachments of Message",
            CONVERSATIONS,
        ),
        gives=nullable(record({}, open=True)),
    ),
)
