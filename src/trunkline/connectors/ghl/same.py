"""Would the vendor have made what it holds of what was sent?"""

import re
from datetime import datetime
from typing import Final
from unicodedata import normalize

import phonenumbers

from trunkline.connectors.ghl.contact import birth_date, field_value
from trunkline.model.json import JSON, JSONObject, as_list, as_object

_EMPTY: Final[tuple[JSON, ...]] = (None, "", [], {})
_NOT_SHOWN: Final = frozenset(("locationId", "createNewIfDuplicateAllowed", "inboundDndSettings", "contactId"))
"""Inputs that no answer tells of."""


def same(held: JSON, sent: JSON) -> bool:
    """Case, blanks, the spelling of a number or a time do not count."""
    if not isinstance(held, str) or not isinstance(sent, str):
        return held == sent
    if _is_number(held) and _is_number(sent):
        if held.strip().startswith("+") and sent.strip().startswith("+"):
            return _whole(held) == _whole(sent)
        one, other = re.sub(r"\D", "", held), re.sub(r"\D", "", sent)
        return one == other or (not sent.strip().startswith("+") and one.endswith(other.lstrip("0")))
    return _instant(held) == _instant(sent) or folded(held) == folded(sent)


def agrees(found: JSONObject, sent: JSONObject, names: tuple[str, ...]) -> bool:
    """Whether all of `names` that were sent are held so."""
    return all(same(found.get(name), sent.get(name)) for name in names if sent.get(name))


def lost(sent: JSONObject, contact: JSONObject) -> list[str]:
    """What was sent of a contact and is not in `contact`; custom fields as `customFields.<id>`."""
    missing = [name for name in sent if name not in _NOT_SHOWN and name != "customFields" and not _holds(contact, name, sent[name])]
    return missing + lost_fields(as_list(sent.get("customFields")), contact)


def lost_fields(sent: list[JSON], record: JSONObject) -> list[str]:
    """The entries of `customFields` that were sent of a contact or an opportunity and are not held, as `customFields.<id>`."""
    held = {one.get("id"): field_value(one) for one in map(as_object, as_list(record.get("customFields")))}
    wanted = [(one.get("id"), field_value(one)) for one in map(as_object, sent)]
    return [f"customFields.{id}" for id, value in wanted if not _same_value(held.get(id), value)]


def folded(value: JSON) -> str:
    """Case, blanks and the way an accent is encoded do not count."""
    return " ".join(normalize("NFKC", str(value)).split()).casefold()


def same_number(held: JSON, wanted: str) -> bool:
    """Whether a number held in any spelling is `wanted` (E.164 where that could be made); one held without its country may be."""
    if not isinstance(held, str) or not _is_number(held):
        return False
    one, other = re.sub(r"\D", "", held), re.sub(r"\D", "", wanted)
    return one == other or (not held.strip().startswith("+") and other.endswith(one.lstrip("0")))


def spellings(phone: str, country: str) -> list[str]:
    """The ways a number may be held, the likeliest first: E.164, as it is given, its digits, its digits within its country.

    `country` (two letters) is where a number without a country is taken to be.
    """
    digits = re.sub(r"\D", "", phone)
    found = [phone.strip(), f"+{digits}", digits]
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return list(dict.fromkeys(found)) if digits else []
    if phone.strip().startswith("+") or phonenumbers.is_possible_number(number):
        found = [
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
            phone.strip(),
            re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)),
            digits,
        ]
    return list(dict.fromkeys(found))


def _holds(contact: JSONObject, name: str, sent: JSON) -> bool:
    held = contact.get(name)
    if name == "name" and held in _EMPTY:
        held = contact.get("contactName") or " ".join(str(contact[part]) for part in ("firstName", "lastName") if contact.get(part))
    if sent in _EMPTY:
        return held in _EMPTY
    if name == "tags":
        return {folded(tag) for tag in as_list(sent)} <= {folded(tag) for tag in as_list(held)}
    if name == "dateOfBirth":
        return birth_date(held) == birth_date(sent)
    if name == "website":
        return same(str(held).rstrip("/"), str(sent).rstrip("/"))
    if name == "dndSettings":
        states = as_object(held)
        return all(
            as_object(states.get(channel)).get("status") == as_object(state).get("status") for channel, state in as_object(sent).items()
        )
    return same(held, sent)


def _same_value(held: JSON, sent: JSON) -> bool:
    """A list in any order; a number may come back as text, a date as an instant or counted from 1970, files as a list."""
    if sent in _EMPTY or held in _EMPTY:
        return sent in _EMPTY and held in _EMPTY
    if isinstance(sent, list):
        return sorted(map(folded, sent)) == sorted(map(folded, as_list(held) or [held]))
    if isinstance(sent, dict):
        return isinstance(held, list) or (isinstance(held, dict) and set(sent) <= set(held))
    if isinstance(sent, int | float) and not isinstance(sent, bool):
        return _as_number(held) == sent
    if isinstance(sent, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", sent):
        return birth_date(held) == sent
    return same(held, sent)


def _as_number(value: JSON) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def _whole(number: str) -> str:
    """A number with its country: what is in brackets after it (`+49 (0)30`) is not dialled."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", number)


def _is_number(text: str) -> bool:
    """A phone number in any spelling; a date looks like one and is none."""
    return re.fullmatch(r"\s*\+?[\d\s().-]{7,}", text) is not None and re.match(r"\d{4}-\d\d-\d\d", text) is None


def _instant(text: str) -> float | str:
    try:
        return datetime.fromisoformat(text).timestamp() if re.match(r"\d{4}-\d\d-\d\dT", text) else text
    except ValueError:
        return text
