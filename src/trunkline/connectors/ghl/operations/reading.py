"""Messages as they are read: in a conversation, one by one, as recordings and as what was said in them."""

from typing import Final

from trunkline.connect.declaration import Operation, by_token
from trunkline.connect.shapes import FILE
from trunkline.connectors.ghl.categories import CONVERSATIONS
from trunkline.connectors.ghl.declaring import around, declared, items_of
from trunkline.connectors.ghl.operations.conversations import GET_MESSAGE
from trunkline.connectors.ghl.paging import size
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import boolean, integer, nullable, text

READ: Final = ("conversations/message.readonly",)
"""The description names no scope for e-mails; that of version 3 names this one."""

GET_EMAIL: Final = declared(
    "GET /conversations/messages/email/{id}",
    "conversations.get_email",
    "Get Email by ID",
    CONVERSATIONS,
    about="By the id of the e-mail (meta.email.messageIds of a message), which is not the message's own",
    id_field="id",
    scopes=READ,
)


def _flat(answer: JSON) -> JSON:
    """The list comes as `messages.messages`, though it is described as `messages` (vendor repository, issue 54): both are read."""
    found = as_object(answer)
    inner = found.get("messages")
    page = as_object(inner) if isinstance(inner, dict) else found
    return {
        "messages": as_list(page.get("messages")),
        "lastMessageId": page.get("lastMessageId"),
        "nextPage": page.get("nextPage") is True,
    }


def _before_last(input: JSONObject, answer: JSON) -> JSONObject | None:
    page = as_object(answer)
    following = page.get("nextPage") is True and page.get("lastMessageId")
    return {**input, "lastMessageId": page["lastMessageId"]} if following else None


LIST_MESSAGES: Final = around(
    declared(
        "GET /conversations/{conversationId}/messages",
        "conversations.list_messages",
        "Get Messages by Conversation",
        CONVERSATIONS,
        about="Newest first; the text of e-mails is left out: conversations.get_email has it",
        add={"limit": size()},
        items="messages",
        id_field="id",
        next_page=_before_last,
    ),
    after=_flat,
    gives=lambda: items_of(GET_MESSAGE.output, "messages", lastMessageId=nullable(text()), nextPage=boolean()),
)
EXPORT: Final = declared(
    "GET /conversations/messages/export",
    "conversations.export_messages",
    "Export Messages",
    CONVERSATIONS,
    about="All messages of the sub-account, a contact or a conversation, by channel and time",
    add={"limit": integer("How many at once", minimum=10, maximum=500)},
    items="messages",
    id_field="id",
    next_page=by_token(param="cursor", answer="nextCursor"),
)


def _sentences(answer: JSON) -> JSON:
    """The description shows one sentence; its number in the call tells that there are several."""
    return {"sentences": answer if isinstance(answer, list) else [answer] if answer else []}


_TRANSCRIPTION: Final = declared(
    "GET /conversations/locations/{locationId}/messages/{messageId}/transcription",
    "conversations.get_transcription",
    "Get Message Transcription",
    CONVERSATIONS,
    items="sentences",
    id_field="sentenceIndex",
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    GET_EMAIL,
    LIST_MESSAGES,
    EXPORT,
    declared(
        "GET /conversations/messages/{messageId}/locations/{locationId}/recording",
        "conversations.get_recording",
        "Get Message Recording",
        CONVERSATIONS,
        about="The sound of a call as a file (audio/x-wav)",
        call={"file": True},
        output=FILE,
    ),
    around(
        _TRANSCRIPTION,
        after=_sentences,
        gives=lambda: items_of(_TRANSCRIPTION.output, "sentences"),
    ),
    declared(
        "GET /conversations/locations/{locationId}/messages/{messageId}/transcription/download",
        "conversations.download_transcription",
        "Download Transcription",
        CONVERSATIONS,
        about="What was said in a call, as a text file",
        call={"file": True},
        output=FILE,
    ),
)
