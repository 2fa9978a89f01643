"""Was it sent? What a lost answer leaves open is settled by the newest messages of the contact's conversations."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connectors.ghl.operations.conversations import SEARCH
from trunkline.connectors.ghl.operations.reading import GET_EMAIL, LIST_MESSAGES
from trunkline.model.clock import SECOND, from_iso
from trunkline.model.errors import OutcomeUnknownError
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path

_RECENT_S: Final = 86_400
"""The same words a day later are another message."""

_NEWEST: Final = 20
_CONVERSATIONS: Final = 3

_CHANNELS: Final[Mapping[str, str]] = {
    "SMS": "TYPE_SMS",
    "RCS": "TYPE_RCS",
    "Email": "TYPE_EMAIL",
    "WhatsApp": "TYPE_WHATSAPP",
    "IG": "TYPE_INSTAGRAM",
    "FB": "TYPE_FACEBOOK",
    "Live_Chat": "TYPE_LIVE_CHAT",
    "TIKTOK": "TYPE_TIKTOK",
}
"""What a message that was sent as one of these is called when it is read. A custom provider's may be called anything."""


async def find_sent(caller: Caller, input: JSONObject) -> JSON | None:
    """The answer a lost send would have given: an outbound message of the last day that says the same on the same channel.

    Words that the vendor fills in (a template, merge fields) cannot be recognised, so then a person has to look.
    """
    _recognisable(input)
    found = as_list(as_object(await caller.call(SEARCH, {"contactId": input["contactId"], "limit": _CONVERSATIONS})).get("conversations"))
    for conversation in map(as_object, found):
        message = await find_in(caller, conversation.get("id"), input, direction="outbound")
        if message is not None:
            return {
                "conversationId": conversation.get("id"),
                "messageId": message.get("id"),
                "status": message.get("status"),
                "msg": "It was sent already.",
            }
    return None


async def find_in(caller: Caller, conversation: JSON, input: JSONObject, *, direction: str) -> JSONObject | None:
    """The newest message of a conversation that could be the one of `input`."""
    newest = await caller.call(LIST_MESSAGES, {"conversationId": conversation, "limit": _NEWEST})
    for message in map(as_object, as_list(as_object(newest).get("messages"))):
        if message.get("direction") == direction and _recent(caller, message) and await _says(caller, message, input):
            return message
    return None


def _recognisable(input: JSONObject) -> None:
    words = " ".join(str(input[name]) for name in ("message", "html", "subject") if input.get(name))
    if "{{" in words or (input.get("templateId") and not words) or not (words or input.get("attachments")):
        raise OutcomeUnknownError(
            "whether the message was sent cannot be told: the vendor made its words",
            hint="Look at the contact's conversation, then mark the write as done or repeat it.",
            connector="ghl",
        )


def _recent(caller: Caller, message: JSONObject) -> bool:
    try:
        sent_at = from_iso(str(message.get("dateAdded")))
    except (ValueError, OverflowError):
        return True
    return caller.clock.now() - sent_at <= _RECENT_S * SECOND


async def _says(caller: Caller, message: JSONObject, input: JSONObject) -> bool:
    wanted = _CHANNELS.get(str(input.get("type")))
    if wanted is not None and message.get("messageType") != wanted:
        return False
    if wanted == "TYPE_EMAIL":
        return await _email_says(caller, message, input)
    if input.get("message"):
        return _words(message.get("body")) == _words(input["message"])
    return as_list(message.get("attachments")) == as_list(input.get("attachments"))


async def _email_says(caller: Caller, message: JSONObject, input: JSONObject) -> bool:
    """Lists leave the text of an e-mail out (vendor repository, issue 40), and one message may be a thread of several."""
    ids = as_list(at_path(message, "meta.email.messageIds")) or [message.get("id")]
    email = as_object(await caller.call(GET_EMAIL, {"id": ids[-1]}))
    if input.get("subject"):
        return _words(email.get("subject")) == _words(input["subject"])
    return _words(input.get("html") or input.get("message")) in _words(email.get("body"))


def _words(text: JSON) -> str:
    """What a person reads of it: no tags, no difference in blanks."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", str(text or ""))).split())
