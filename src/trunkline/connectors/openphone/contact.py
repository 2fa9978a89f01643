"""A contact and a message, whatever shape they come in: REST records, current and legacy webhooks."""

import re
from typing import Final

from trunkline.model.clock import from_iso
from trunkline.model.clock import iso as to_iso
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, list_of, nullable, record, text

_ENTRIES: Final = list_of(record({"name": nullable(text()), "value": nullable(text())}, open=True))
_NAMES: Final = ("first_name", "last_name", "company", "role")
_FACTS: Final = ("external_id", "source", "source_url", "created_by_user_id", "created_at", "updated_at")

CONTACT: Final[Schema] = record(
    {
        "id": text(),
        **{name: nullable(text()) for name in (*_NAMES, *_FACTS)},
        "emails": _ENTRIES,
        "phone_numbers": _ENTRIES,
        "custom_fields": list_of(
            record({"key": nullable(text()), "name": nullable(text()), "type": nullable(text()), "value": anything()}, open=True),
        ),
        "complete": boolean("Whether e-mails, numbers and custom fields were told; if not, read the contact"),
    },
    required=("id", "emails", "phone_numbers", "custom_fields", "complete"),
    about="The contact; every key the vendor sent is here in snake_case",
    open=True,
)

MESSAGE: Final[Schema] = record(
    {
        "id": text(),
        "from": nullable(text("Who sent it: a number, or Anonymous")),
        "to": list_of(text()),
        "text": text(),
        **{name: nullable(text()) for name in ("direction", "status", "created_at", "user_id", "phone_number_id", "conversation_id")},
        "contact_ids": list_of(text()),
        "media": list_of(anything()),
    },
    required=("id", "from", "to", "text", "contact_ids", "media"),
    open=True,
)

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """`phoneNumbers` → `phone_numbers`."""
    return _WORD_START.sub("_", name).lower()


def contact_of(raw: JSONObject) -> JSONObject:
    """The flat record of a contact: what v1 keeps under `defaultFields` is on top, as it is in the current generation."""
    flat = {**{name: value for name, value in raw.items() if name != "defaultFields"}, **as_object(raw.get("defaultFields"))}
    told = "phoneNumbers" in flat or "emails" in flat
    contact: JSONObject = {"id": None, **dict.fromkeys((*_NAMES, *_FACTS)), **{snake(name): value for name, value in flat.items()}}
    for name in ("created_at", "updated_at"):
        contact[name] = instant(contact[name])
    for name in ("emails", "phone_numbers"):
        contact[name] = [{"name": None, "value": None, **as_object(entry)} for entry in as_list(contact.get(name))]
    blank: JSONObject = {"key": None, "name": None, "type": None, "value": None}
    contact["custom_fields"] = [{**blank, **as_object(field)} for field in as_list(contact.get("custom_fields"))]
    contact["complete"] = told
    return contact


def contact_news(contact: JSONObject) -> JSON:
    """What tells one version of a contact from another: the vendor's own time of change, else what can be seen of it."""
    if contact["updated_at"] is not None:
        return {"updated_at": contact["updated_at"]}
    return {name: value for name, value in contact.items() if name not in ("created_at", "complete")}


def message_of(resource: JSONObject, context: JSONObject) -> JSONObject:
    """The flat record of a message; the current generation keeps sender, recipients and contacts in the context."""
    flat = {snake(name): value for name, value in resource.items()}
    text_ = flat.get("text", flat.pop("body", None))
    to = flat.get("to") or context.get("recipientIdentifiers")
    contacts = flat.get("contact_ids") or as_object(context.get("contacts")).get("ids")
    return {
        **flat,
        "id": flat.get("id"),
        "from": flat.get("from") or context.get("senderIdentifier"),
        "to": [to] if isinstance(to, str) else as_list(to),
        "text": text_ if isinstance(text_, str) else "",
        "direction": flat.get("direction"),
        "status": flat.get("status"),
        "created_at": instant(flat.get("created_at")),
        "user_id": flat.get("user_id") or context.get("userId"),
        "phone_number_id": flat.get("phone_number_id") or context.get("phoneNumberId"),
        "conversation_id": flat.get("conversation_id") or context.get("conversationId"),
        "contact_ids": as_list(contacts),
        "media": as_list(flat.get("media")),
    }


def instant(value: JSON) -> JSON:
    """One spelling for instants: ISO 8601 in UTC with milliseconds; what is none stays as it is."""
    try:
        return to_iso(from_iso(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        return value
