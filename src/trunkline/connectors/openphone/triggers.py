"""What can happen in a workspace: contacts by webhook and by a full walk, received messages by webhook."""

from typing import Final

from trunkline.connect.declaration import Poll, Trigger
from trunkline.connectors.openphone import calls
from trunkline.connectors.openphone.contact import CONTACT, MESSAGE, contact_news, contact_of, message_of
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import record

PAGE: Final = 50


def resource_of(body: JSONObject) -> JSONObject:
    """What an event is about: `data.resource` in the current generation, `data.object` in the legacy one."""
    data = as_object(body.get("data"))
    return as_object(data.get("resource")) or as_object(data.get("object"))


def contact_from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no contact."""
    resource = resource_of(body)
    return contact_payload(resource) if _named(resource) else None


def contact_payload(item: JSONObject) -> JSONObject:
    return {"contact": contact_of(item)}


def message_from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no message."""
    resource = resource_of(body)
    if not _named(resource):
        return None
    return {"message": message_of(resource, as_object(as_object(body.get("data")).get("context")))}


def _named(resource: JSONObject) -> bool:
    return isinstance(resource.get("id"), str) and resource["id"] != ""


def _whole_list(since: str | None, account: Account, input: JSONObject) -> JSONObject:  # noqa: ARG001 - the vendor filters by nothing that helps
    return {"maxResults": PAGE}


def _contact_key(payload: JSONObject) -> str:
    return str(as_object(payload["contact"])["id"])


def _contact_news(payload: JSONObject) -> JSON:
    return contact_news(as_object(payload["contact"]))


def _conversation(payload: JSONObject) -> str:
    message = as_object(payload["message"])
    return str(message["conversation_id"] or message["from"] or message["id"])


TRIGGERS: Final[tuple[Trigger, ...]] = (
    Trigger(
        id="contacts.changed",
        title="Contact created or changed",
        category="Contacts",
        about="The vendor announces changes, not new contacts: an unknown one counts as created. The poll walks all contacts",
        kinds=("contact.updated",),
        payload=contact_from_webhook,
        poll=Poll(read=calls.LIST_CONTACTS, start=_whole_list, payload=contact_payload, every_s=900),
        gives=record({"contact": CONTACT}, required=("contact",)),
        record_key=_contact_key,
        fingerprint=_contact_news,
        sample="contacts.changed.json",
    ),
    Trigger(
        id="messages.received",
        title="Text message received",
        category="Messages",
        kinds=("message.received",),
        payload=message_from_webhook,
        gives=record({"message": MESSAGE}, required=("message",)),
        record_key=_conversation,
        sample="messages.received.json",
    ),
)
