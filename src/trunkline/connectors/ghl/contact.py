"""One contact, whatever shape the vendor gives it: webhook, search and single reads all become the same flat record."""

import re
from datetime import UTC, datetime
from typing import Final

from trunkline.model.clock import from_iso
from trunkline.model.clock import iso as to_iso
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, list_of, nullable, record, text

ALIASES: Final = {"address": "address1", "business_name": "company_name"}
"""What search calls differently from every other answer (vendor repository, issue 314, read 2026-11-21)."""

_TEXTS: Final = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "name",
    "company_name",
    "address1",
    "city",
    "state",
    "country",
    "postal_code",
    "website",
    "source",
    "assigned_to",
    "date_of_birth",
    "date_added",
    "date_updated",
)

CONTACT: Final[Schema] = record(
    {
        "id": text("The contact's id"),
        **{name: nullable(text()) for name in _TEXTS},
        "dnd": nullable(boolean("Do not disturb on every channel")),
        "dnd_settings": anything("Do not disturb by channel; null when the vendor did not say"),
        "tags": list_of(text()),
        "custom_fields": list_of(record({"id": text(), "key": nullable(text()), "value": anything()}, open=True)),
    },
    required=("id", "tags", "custom_fields"),
    about="The contact; every key the vendor sent is here in snake_case",
    open=True,
)

_DATES: Final = ("date_added", "date_updated")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """`dateOfBirth` → `date_of_birth`; `SMS` → `sms`; `WhatsApp` → `whats_app`."""
    return _WORD_START.sub("_", name).lower()


def contact_of(raw: JSONObject) -> JSONObject:
    """The flat record of a contact as the vendor sent it; fields it left out are null, unknown ones are kept."""
    given = {snake(name): value for name, value in raw.items() if name != "searchAfter"}
    for theirs, ours in ALIASES.items():
        value = given.pop(theirs, None)
        if value is not None and given.get(ours) is None:
            given[ours] = value
    contact: JSONObject = {"id": None, **dict.fromkeys(_TEXTS), "dnd": None, "dnd_settings": None, **given}
    contact["date_of_birth"] = birth_date(contact["date_of_birth"])
    for name in _DATES:
        contact[name] = _instant(contact[name])
    contact["name"] = contact["name"] or _full_name(contact) or contact.pop("contact_name", None)
    contact["tags"] = [tag for tag in as_list(contact.get("tags")) if isinstance(tag, str)]
    contact["custom_fields"] = [_custom_field(as_object(field)) for field in as_list(contact.get("custom_fields"))]
    settings = contact["dnd_settings"]
    contact["dnd_settings"] = {snake(channel): state for channel, state in settings.items()} if isinstance(settings, dict) else None
    return contact


def birth_date(value: JSON) -> JSON:
    """`YYYY-MM-DD` from an epoch in milliseconds (search), an ISO instant (webhooks) or a date; anything else stays as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        moment = _from_epoch(value)
        return value if moment is None else moment.date().isoformat()
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return value[:10]
    return value


def identity(contact: JSONObject) -> JSONObject:
    """What webhook and search both say of a contact, without times: equal here means nothing happened that anyone can see.

    Do-not-disturb by channel is not among it, for only one webhook and search carry it.
    """
    told = {name: contact.get(name) for name in _TEXTS if name not in {*_DATES, "name"}}
    told["email"] = _folded(told["email"])
    fields = [
        [field["id"], field["value"]] for field in map(as_object, as_list(contact["custom_fields"])) if field["value"] not in (None, "", [])
    ]
    return {
        **{name: value for name, value in told.items() if value not in (None, "")},
        "dnd": bool(contact.get("dnd")),
        "tags": sorted_tags(contact),
        "custom_fields": sorted(fields, key=str),
    }


def sorted_tags(contact: JSONObject) -> list[JSON]:
    """The tags in one order: the vendor promises none."""
    return sorted({tag for tag in as_list(contact.get("tags")) if isinstance(tag, str)})  # pyright: ignore[reportReturnType] - list is invariant


def closed_channels(contact: JSONObject) -> list[JSON]:
    """The channels on which the contact is not to be disturbed, as `sms:active`; a channel that is inactive says nothing."""
    settings = as_object(contact.get("dnd_settings"))
    states = {channel: as_object(state).get("status") for channel, state in settings.items()}
    return [f"{channel}:{status}" for channel, status in sorted(states.items()) if status not in (None, "inactive")]


def field_value(entry: JSONObject) -> JSON:
    """The value of an entry of `customFields`.

    Contacts say `value`, opportunities `fieldValue` or, in a search, `fieldValueString` and the like; writes say `field_value`.
    """
    return next((item for name, item in entry.items() if _is_value(name)), None)


def _is_value(name: str) -> bool:
    return name == "value" or snake(name).startswith("field_value")


def _custom_field(field: JSONObject) -> JSONObject:
    rest = {name: item for name, item in field.items() if not _is_value(name)}
    return {"key": None, **rest, "id": field.get("id"), "value": field_value(field)}


def _full_name(contact: JSONObject) -> JSON:
    parts = [part for part in (contact["first_name"], contact["last_name"]) if isinstance(part, str) and part]
    return " ".join(parts) or None


def _folded(value: JSON) -> JSON:
    return value.strip().lower() if isinstance(value, str) else value


def _instant(value: JSON) -> JSON:
    """One spelling for instants: ISO 8601 in UTC with milliseconds; what is none stays as it is."""
    moment = _from_epoch(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    text_ = value if moment is None else moment.isoformat()
    if not isinstance(text_, str):
        return value
    try:
        return to_iso(from_iso(text_))
    except (ValueError, OverflowError):
        return value


def _from_epoch(milliseconds: float) -> datetime | None:
    """None for a number that is no time a calendar knows."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
