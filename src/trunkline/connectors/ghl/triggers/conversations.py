"""What can happen in conversations: messages in and out, read and unread, what became of e-mails."""

from collections.abc import Callable
from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.ghl.categories import CONVERSATIONS
from trunkline.connectors.ghl.operations.conversations import SEARCH
from trunkline.connectors.ghl.operations.reading import EXPORT
from trunkline.connectors.ghl.triggers.shaping import any_of, flags, numbers, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, changed, happened
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import nullable, number, text

# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _mended_message(message: JSONObject) -> JSONObject:
    """Lists call its id `id`, events `messageId`, and e-mails have one of their own there; a text may come without any."""
    kind = str(message.get("message_type") or "").upper().removeprefix("TYPE_")
    found = message.pop("message_id", None) or message.get("id") or message.get("email_message_id")
    return {**message, "id": found, "channel": kind.lower() or None}


MESSAGE: Final = Noun(
    under="message",
    category=CONVERSATIONS,
    fields={
        "id": nullable(text("The message's id")),
        "channel": nullable(text("sms, email, call, voicemail, whatsapp and so on")),
        **texts("conversation_id", "contact_id", "body", "direction", "message_type", "content_type", "status", "source", "user_id"),
        **texts("conversation_provider_id", "call_status", "email_message_id", "thread_id", "subject", "from"),
        **numbers("call_duration"),
        **any_of("attachments", "to"),
        **times("date_added"),
        **LOCATION,
    },
    mend=_mended_message,
    asks={"channel": "channel", "contactId": "contact_id", "conversationId": "conversation_id"},
    orders_by="conversation_id",
    scopes=("conversations/message.readonly",),
)


def _message_key(payload: JSONObject) -> str:
    """Its id, by which delivery and list know it; without one, who wrote when and what."""
    message = MESSAGE.of(payload)
    known = message["id"]
    return str(known) if known else digest(*(str(message[name]) for name in ("conversation_id", "date_added", "direction", "body")))


def _going(direction: str) -> Callable[[JSON], list[JSON]]:
    def items(answer: JSON) -> list[JSON]:
        found = as_list(as_object(answer).get("messages"))
        return [message for message in found if as_object(message).get("direction") == direction]

    return items


def _messages(direction: str) -> Listing:
    begin: JSONObject = {"limit": 100, "sortBy": "createdAt", "sortOrder": "desc"}
    narrows = ("contactId", "conversationId")
    return Listing(read=EXPORT, created="dateAdded", begin=begin, narrows=narrows, newest_first=True, items=_going(direction), every_s=300)


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CONVERSATION: Final = Noun(
    under="conversation",
    category=CONVERSATIONS,
    fields={
        "id": text("The conversation's id"),
        **texts("contact_id"),
        "unread_count": nullable(number()),
        **flags("starred"),
        **any_of("inbox", "deleted"),
        **LOCATION,
    },
    identity=("unread_count", "starred"),
    asks={"contactId": "contact_id"},
    scopes=("conversations.readonly",),
)
_CONVERSATIONS: Final = Listing(
    read=SEARCH,
    updated="lastMessageDate",
    begin={"limit": 100, "sortBy": "last_message_date", "sort": "desc"},
    narrows=("contactId",),
    newest_first=True,
    every_s=300,
)


def _mended_provided(message: JSONObject) -> JSONObject:
    kind = message.pop("type", None)
    return {**message, "id": message.pop("message_id", None), "channel": kind.lower() if isinstance(kind, str) else None}


PROVIDED: Final = Noun(
    under="message",
    category=CONVERSATIONS,
    fields={
        "id": nullable(text("The message's id, to tell what became of it")),
        "channel": nullable(text("sms or email")),
        **texts("contact_id", "message", "phone", "email_message_id", "email_from", "html", "subject", "user_id"),
        **any_of("attachments", "email_to"),
        **LOCATION,
    },
    mend=_mended_provided,
    keep=frozenset(("type",)),
    asks={"channel": "channel"},
    orders_by="contact_id",
    scopes=("conversations/message.write",),
)


def _mended_email(told: JSONObject) -> JSONObject:
    headers = as_object(as_object(told.get("message")).get("headers"))
    return {**told, "message_id": headers.get("message_id"), "subject": headers.get("subject")}


EMAIL: Final = Noun(
    under="email",
    category=CONVERSATIONS,
    inside="webhookPayload",
    fields={
        "id": nullable(text()),
        "event": nullable(text("accepted, delivered, opened, clicked, failed, complained, unsubscribed and the like")),
        **texts("message_id", "subject", "recipient", "recipient_domain", "recipient_provider", "log_level"),
        **numbers("timestamp"),
        **any_of("tags", "delivery_status", "message", "envelope", "flags", "campaigns"),
        **LOCATION,
    },
    mend=_mended_email,
    asks={"event": "event"},
    orders_by="message_id",
)

TRIGGERS: Final[tuple[Trigger, ...]] = (
    happened(
        MESSAGE,
        "messages.received",
        "Message received",
        "InboundMessage",
        listing=_messages("inbound"),
        key=_message_key,
        about="A text, e-mail, chat, call or voicemail came in. The text of an e-mail is read with conversations.get_email",
    ),
    happened(
        MESSAGE,
        "messages.sent",
        "Message sent",
        "OutboundMessage",
        listing=_messages("outbound"),
        key=_message_key,
        about="By a person, a workflow or the API. A flow that answers should look at source, lest it answers itself",
    ),
    happened(
        PROVIDED,
        "messages.to_deliver",
        "Message to be delivered by your provider",
        "ProviderOutboundMessage",
        about="For an app that is a conversation provider: send it, then tell with conversations.update_message_status",
    ),
    changed(
        CONVERSATION,
        "conversations.unread_changed",
        "Conversation read, unread or starred",
        "ConversationUnreadWebhook",
        listing=_CONVERSATIONS,
        about="The poll looks at the conversations with the newest messages",
    ),
    happened(
        EMAIL,
        "emails.tracked",
        "E-mail delivered, opened, clicked or failed",
        "LCEmailStats",
        about="Of e-mails sent through the vendor's own service",
    ),
)
