"""What happens to contacts: by webhook, and by a walk over all of them, for they cannot be asked for by time."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.openphone.operations.contacts import LIST
from trunkline.connectors.openphone.records.contact import CONTACT, contact_news, contact_of
from trunkline.connectors.openphone.triggers.deliveries import created_at, named, resource_of, seen, whole_list
from trunkline.model.clock import SECOND, from_iso
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import record

_AT_ONCE_S: Final = 60
"""A contact that was changed this soon after it was made is still told as a new one."""


def from_webhook(body: JSONObject) -> JSONObject | None:
    """The payload of a delivery; None when it names no contact."""
    resource = resource_of(body)
    return from_list(resource) if named(resource, "id") else None


def from_list(item: JSONObject) -> JSONObject:
    return {"contact": contact_of(item)}


def new_from_webhook(body: JSONObject) -> JSONObject | None:
    """None as well where the contact's times say that it is an old one: the vendor announces changes, not new contacts."""
    payload = from_webhook(body)
    contact = as_object(payload["contact"]) if payload is not None else {}
    made, changed = contact.get("created_at"), contact.get("updated_at")
    try:
        old = isinstance(made, str) and isinstance(changed, str) and from_iso(changed) - from_iso(made) > _AT_ONCE_S * SECOND
    except (ValueError, OverflowError):
        old = False
    return None if old else payload


def kept(item: JSONObject) -> JSONObject:
    """What is told of a contact that is not there any more; it is kept of each one until then, so it is little."""
    fields = {name: value for name, value in as_object(item.get("defaultFields")).items() if name in ("firstName", "lastName", "company")}
    known: JSONObject = {name: item.get(name) for name in ("id", "externalId", "source")}
    return {"contact": {name: value for name, value in contact_of({**known, **fields}).items() if value is not None}}


def _contact_id(payload: JSONObject) -> str:
    return str(as_object(payload["contact"])["id"])


def _news(payload: JSONObject) -> JSON:
    return contact_news(as_object(payload["contact"]))


_CHANGED: Final = Trigger(
    id="contacts.changed",
    title="Contact created or changed",
    category="Contacts",
    about="The vendor announces changes, not new contacts: an unknown one counts as created. The poll walks all contacts",
    kinds=("contact.updated",),
    payload=from_webhook,
    poll=whole_list(LIST, from_list),
    gives=record({"contact": CONTACT}, required=("contact",)),
    record_key=_contact_id,
    fingerprint=_news,
    sample="contacts.changed.json",
)

TRIGGERS: Final[tuple[Trigger, ...]] = (
    _CHANGED,
    replace(
        _CHANGED,
        id="contacts.created",
        title="Contact created",
        about="Each contact once. By webhook one whose times say that it is new, for the vendor announces changes only",
        payload=new_from_webhook,
        poll=replace(whole_list(LIST, from_list), cursor=created_at),
        fingerprint=seen,
        sample="contacts.created.json",
    ),
    replace(
        _CHANGED,
        id="contacts.deleted",
        title="Contact deleted",
        about="The poll walks all contacts and tells of one that two walks did not show, with its id and names",
        kinds=("contact.deleted",),
        poll=whole_list(LIST, kept),
        fingerprint=None,
        gone=True,
        sample="contacts.deleted.json",
    ),
)
