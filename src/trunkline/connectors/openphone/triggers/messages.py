"""What happens to text messages, by webhook, and by a poll of the workspace's messages that finds what a webhook lost."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connect.watching import matching
from trunkline.connectors.openphone.operations.messages import LIST
from trunkline.connectors.openphone.records.message import MESSAGE, message_of
from trunkline.connectors.openphone.surface import number_id
from trunkline.connectors.openphone.triggers.deliveries import context_of, named, newly_made, resource_of
from trunkline.model.json import JSONObject, as_object
from trunkline.model.schema import record

_OVERLAP_S: Final = 3600
"""Carriers say whether a text arrived within minutes; the list is asked by when it was made."""


def from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no message."""
    resource = resource_of(body)
    return {"message": message_of(resource, context_of(body))} if named(resource, "id") else None


def from_list(item: JSONObject) -> JSONObject:
    return {"message": message_of(item, {})}


def _conversation(payload: JSONObject) -> str:
    """Texts of one conversation are handled in their order."""
    message = as_object(payload["message"])
    return str(message["conversation_id"] or message["from"] or message["id"])


def _message(payload: JSONObject) -> str:
    return str(as_object(payload["message"])["id"])


def _trigger(id: str, title: str, asked: JSONObject, *kinds: str, about: str = "") -> Trigger:
    return Trigger(
        id=id,
        title=title,
        category="Messages",
        about=about,
        kinds=kinds,
        payload=from_webhook,
        poll=newly_made(LIST, from_list, asked, overlap_s=_OVERLAP_S),
        takes=record({"phoneNumberId": number_id("Only of this number of the workspace")}),
        matches=matching({"phoneNumberId": "message.phone_number_id"}),
        gives=record({"message": MESSAGE}, required=("message",)),
        record_key=_conversation,
        key=_message,
        sample=f"{id}.json",
    )


TRIGGERS: Final[tuple[Trigger, ...]] = (
    _trigger("messages.received", "Text message received", {"direction": "incoming"}, "message.received"),
    _trigger("messages.delivered", "Text message delivered", {"direction": "outgoing", "status": "delivered"}, "message.delivered"),
    _trigger(
        "messages.failed",
        "Text message failed",
        {"direction": "outgoing", "status": "failed"},
        "message.failed",
        about="It never left; messages.retry may send it after all",
    ),
    _trigger(
        "messages.undelivered",
        "Text message undelivered",
        {"direction": "outgoing", "status": "undelivered"},
        "message.undelivered",
        about="It left and did not arrive; that is final",
    ),
    _trigger(
        "messages.created",
        "New message",
        {},
        "message.received",
        "message.delivered",
        "message.failed",
        "message.undelivered",
        about="Sent or received, each once. By webhook a sent one shows when the carrier has told what became of it",
    ),
)
