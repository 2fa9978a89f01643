"""A contact, whatever shape it comes in: REST records, current and legacy webhooks."""

from typing import Final

from trunkline.connectors.openphone.records.spelling import flat, instant, only_texts, user_of
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


def contact_of(raw: JSONObject) -> JSONObject:
    """The flat record of a contact: what v1 keeps under `defaultFields` is on top, as it is in the current generation."""
    fields = {**{name: value for name, value in raw.items() if name != "defaultFields"}, **as_object(raw.get("defaultFields"))}
    told = "phoneNumbers" in fields or "emails" in fields
    contact: JSONObject = {"id": None, **dict.fromkeys((*_NAMES, *_FACTS)), **flat(fields)}
    contact["created_by_user_id"] = contact["created_by_user_id"] or user_of(raw)
    for name in ("created_at", "updated_at"):
        contact[name] = instant(contact[name])
    for name in ("emails", "phone_numbers"):
        contact[name] = [only_texts(as_object(entry), ("name", "value")) for entry in as_list(contact.get(name))]
    contact["custom_fields"] = [_custom_field(as_object(field)) for field in as_list(contact.get("custom_fields"))]
    contact["complete"] = told
    return only_texts(contact, (*_NAMES, *_FACTS))


def _custom_field(field: JSONObject) -> JSON:
    return only_texts({"value": None, **field}, ("key", "name", "type"))


def contact_news(contact: JSONObject) -> JSON:
    """What tells one version of a contact from another: the vendor's own time of change, else what can be seen of it."""
    if contact["updated_at"] is not None:
        return {"updated_at": contact["updated_at"]}
    return {name: value for name, value in contact.items() if name not in ("created_at", "complete")}
