"""The proof: what OpenPhone ought to hold by what GHL holds, worked out without Trunkline's own code, and compared."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import phonenumbers

from trunkline.model.json import JSON, JSONObject, as_list, as_object

SOURCE: Final = "ghl"
_ADDRESS: Final = re.compile(r"[^@\s<>,;]+@[^@\s<>,;.]+(\.[^@\s<>,;.]+)+")

Fields = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How both sides compare. Contacts are named by their GHL id."""

    expected: int
    left_alone: int
    """Contacts without a usable phone or e-mail: the flow's filter ends their runs."""
    equal: int
    missing: tuple[str, ...]
    double: tuple[str, ...]
    different: tuple[str, ...]
    """The id, the field, what it should be and what it is."""
    unexpected: tuple[str, ...]

    @property
    def arrived(self) -> int:
        """Contacts that are there, whatever they look like."""
        return self.expected - len(self.missing)

    @property
    def good(self) -> bool:
        return not (self.missing or self.double or self.different or self.unexpected)

    def problems(self) -> list[str]:
        """Everything that is wrong, one line each."""
        return [
            *(f"missing in OpenPhone: {one}" for one in self.missing),
            *(f"more than once in OpenPhone: {one}" for one in self.double),
            *(f"different in OpenPhone: {one}" for one in self.different),
            *(f"in OpenPhone without a reason: {one}" for one in self.unexpected),
        ]


def compare(ghl: Iterable[JSONObject], openphone: Iterable[JSONObject]) -> Findings:
    """Each reachable GHL contact is in OpenPhone exactly once, with equal fields, and nothing else came from GHL."""
    contacts = list(ghl)
    wanted = {str(contact["id"]): fields for contact in contacts if (fields := wanted_of(contact)) is not None}
    held: dict[str, list[Fields]] = {}
    for contact in openphone:
        if contact.get("source") == SOURCE:
            held.setdefault(str(contact.get("externalId")), []).append(_held(contact))
    different = [line for id, fields in wanted.items() if len(held.get(id, [])) == 1 for line in _differences(id, fields, held[id][0])]
    return Findings(
        expected=len(wanted),
        left_alone=len(contacts) - len(wanted),
        equal=sum(1 for id, fields in wanted.items() if held.get(id) == [fields]),
        missing=tuple(id for id in wanted if id not in held),
        double=tuple(id for id, found in held.items() if len(found) > 1),
        different=tuple(different),
        unexpected=tuple(id for id in held if id not in wanted),
    )


def wanted_of(contact: JSONObject) -> Fields | None:
    """What the flow promises to keep in OpenPhone of this GHL contact; None when it cannot be reached."""
    phone, email = _phone(contact.get("phone")), _email(contact.get("email"))
    if phone is None and email is None:
        return None
    whole = _text(contact.get("name")) or " ".join(filter(None, (_text(contact.get("firstName")), _text(contact.get("lastName")))))
    return {
        "first name": _text(contact.get("firstName")) or whole or email or phone,
        "last name": _text(contact.get("lastName")),
        "company": _text(contact.get("companyName")),
        "phone": phone,
        "e-mail": email,
    }


def _held(contact: JSONObject) -> Fields:
    fields = as_object(contact.get("defaultFields"))
    return {
        "first name": _text(fields.get("firstName")),
        "last name": _text(fields.get("lastName")),
        "company": _text(fields.get("company")),
        "phone": _all(fields.get("phoneNumbers")),
        "e-mail": _all(fields.get("emails")),
    }


def _differences(id: str, wanted: Fields, held: Fields) -> list[str]:
    return [f"{id}: {name} is {held[name]!r}, should be {value!r}" for name, value in wanted.items() if held[name] != value]


def _all(entries: JSON) -> str | None:
    """The values of a list of numbers or addresses; a second entry would show as a difference."""
    return ", ".join(str(as_object(entry).get("value")) for entry in as_list(entries)) or None


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None


def _phone(value: JSON) -> str | None:
    try:
        number = phonenumbers.parse(value if isinstance(value, str) else "", "US")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if phonenumbers.is_valid_number(number) else None


def _email(value: JSON) -> str | None:
    address = value.strip().lower() if isinstance(value, str) else ""
    return address if _ADDRESS.fullmatch(address) else None
