"""Names, instants and numbers in the one spelling that flows see."""

import re
from collections.abc import Iterable
from typing import Final

from trunkline.model.clock import from_iso
from trunkline.model.clock import iso as to_iso
from trunkline.model.json import JSON, JSONObject, as_list, as_object

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_NUMBER: Final = frozenset({"Anonymous", "Blocked", "Restricted"})
"""Words the vendor puts where a caller hides the number."""


def snake(name: str) -> str:
    """`phoneNumbers` → `phone_numbers`."""
    return _WORD_START.sub("_", name).lower()


def flat(raw: JSONObject) -> JSONObject:
    """The same fields in snake_case; what lies deeper keeps its names."""
    return {snake(name): value for name, value in raw.items()}


def instant(value: JSON) -> JSON:
    """One spelling for instants: ISO 8601 in UTC with milliseconds; a text that is none stays as it is."""
    try:
        return to_iso(from_iso(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return value


def only_texts(record: JSONObject, names: Iterable[str]) -> JSONObject:
    """The record with these fields as a flow is promised them: a text, or None where the vendor told something else or nothing."""
    return {**record, **{name: value if isinstance(value := record.get(name), str) else None for name in names}}


def numbers_in(value: JSON) -> list[JSON]:
    """The parties of a call or a message: texts, or objects with `phoneNumber`, in lists or objects of lists."""
    if isinstance(value, str):
        return [value] if value in _NO_NUMBER or value.removeprefix("+").isdecimal() else []
    if isinstance(value, list):
        return [number for item in value for number in numbers_in(item)]
    inside = as_object(value)
    held = [inside["phoneNumber"]] if "phoneNumber" in inside else list(inside.values())
    return [number for item in held for number in numbers_in(item)]


def user_of(raw: JSONObject) -> JSON:
    """The person behind a record: v1 says `userId`, the dated surface `actorId`, which may be an AI agent (SYU…) instead."""
    actor = raw.get("userId") or raw.get("actorId")
    return actor if isinstance(actor, str) and actor.startswith("US") else None


def contact_ids(resource: JSONObject, context: JSONObject) -> list[JSON]:
    """The contacts a webhook names: the legacy generation beside the record, the current one in the context."""
    return texts(as_list(resource.get("contactIds"))) or texts(as_list(as_object(context.get("contacts")).get("ids")))


def texts(value: JSON) -> list[JSON]:
    """A list of texts where the vendor sends a list, a text or nothing."""
    return [value] if isinstance(value, str) else [item for item in as_list(value) if isinstance(item, str)]


def party(value: JSON) -> JSON:
    """Who sent or called, however it is told: a number, a short code, Anonymous, or an object with the number."""
    return next(iter(parties(value)), None)


def parties(value: JSON) -> list[JSON]:
    """Those who got a text, as one or several of what `party` reads."""
    told = value if isinstance(value, list) else [value]
    found = [as_object(one).get("phoneNumber") if isinstance(one, dict) else one for one in told]
    return [one for one in found if isinstance(one, str) and one]
