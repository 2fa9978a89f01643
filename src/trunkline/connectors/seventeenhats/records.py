"""What a Zap or a CSV file says of a contact, an invoice, a project …, by whatever names its fields came: one shape for each.

Zaps send what their maker mapped: flat or nested, `First Name`, `first_name` or `contact__firstName`. A name is found by its letters and
digits, with or without the record's own name before it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from trunkline.connect.rows import known_as
from trunkline.model.errors import MappingError
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, as_object, canonical, dumps
from trunkline.model.schema import Schema, anything, list_of, nullable, record, text

AMOUNTS: Final = ("total", "paid", "due")
_BLANK: Final[tuple[JSON, ...]] = (None, "", [], {})
_BETWEEN: Final = re.compile(r"[,;\s]+")
_ENVELOPE: Final = frozenset(map(known_as, ("event", "occurred_at", "zap_id", "correlation_id", "idempotency_key", "file", "line")))

CONTACT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("contact id", "client id"),
    "first_name": ("first", "given name"),
    "last_name": ("last", "surname", "family name"),
    "name": ("full name", "contact name", "client name", "client"),
    "email": ("e-mail", "email address", "e-mail address", "primary email", "primary e-mail", "emails", "email addresses"),
    "phone": ("phone number", "primary phone", "cell phone", "mobile", "mobile phone", "cell", "phones", "phone numbers"),
    "company": ("company name", "business name", "organization"),
    "title": ("job title",),
    "type": ("contact type",),
    "address": ("street", "address 1", "street address", "address line 1", "business address", "business street", "address street"),
    "address2": ("street 2", "address line 2", "suite", "address street 2"),
    "city": ("business city", "address city"),
    "state": ("region", "province", "business state", "address state"),
    "zip": ("zip code", "postal code", "postcode", "business zip", "address zip"),
    "country": ("business country", "address country"),
    "website": ("url", "web site"),
    "birthday": ("birth date", "date of birth"),
    "referred_by": ("referral", "lead source"),
    "notes": ("note",),
    "tags": ("tag", "contact tags"),
}
INVOICE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("invoice id",),
    "number": ("invoice number", "invoice #", "invoice no", "#"),
    "status": ("invoice status",),
    "total": ("amount", "invoice total", "total amount", "grand total"),
    "paid": ("amount paid", "paid amount", "payments"),
    "due": ("amount due", "balance", "balance due", "outstanding"),
    "currency": (),
    "issued_on": ("invoice date", "date", "issue date", "issued"),
    "due_on": ("due date",),
    "paid_on": ("payment date", "date paid", "paid date"),
    "project": ("project name", "project title"),
}
PROJECT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("project id",),
    "title": ("project name", "project title", "name", "project"),
    "date": ("project date", "event date"),
    "status": ("project status", "stage"),
    "lead_source": ("source",),
    "calendar": (),
    "tags": ("project tags",),
}
QUESTIONNAIRE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("questionnaire id", "response id"),
    "title": ("questionnaire", "questionnaire name", "questionnaire title"),
    "answered_at": ("completed at", "submitted at", "date"),
}
BOOKING_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("booking id", "appointment id", "event id"),
    "title": ("service", "booking", "appointment", "event name"),
    "starts_at": ("start", "start time", "start date", "begins at"),
    "ends_at": ("end", "end time", "end date"),
    "status": ("booking status",),
    "place": ("location", "where"),
}
LOCATION_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("location id",),
    "name": ("location", "location name", "title"),
    "phone": (),
    "email": (),
    "address": ("street", "street address"),
    "city": (),
    "state": (),
    "zip": ("zip code", "postal code"),
    "country": (),
    "time_zone": ("timezone", "tz"),
}


def contact(body: JSONObject) -> JSONObject:
    """The contact; fields nobody knows stand in `custom` under the names they came by."""
    found = _read(body, "contact", CONTACT_NAMES, "client")
    whole = " ".join(str(found[name]) for name in ("first_name", "last_name") if found[name])
    if not found["name"]:
        found["name"] = whole or None
    elif not whole:
        first, _, last = str(found["name"]).strip().rpartition(" ")
        found["first_name"], found["last_name"] = (first, last) if first else (last, None)
    found["tags"] = _tags(found["tags"])
    return _with_one_email(found)


def _with_one_email(found: JSONObject) -> JSONObject:
    """Contacts have several addresses there: the first one counts, all of them stand in `custom`."""
    given = str(found["email"] or "").lower()
    several = [one for one in _BETWEEN.split(given) if one]
    more: JSONObject = {"emails": [*several]} if len(several) > 1 else {}
    return {**found, "email": several[0] if several else None, "custom": {**as_object(found["custom"]), **more}}


def belongs_to(body: JSONObject) -> JSON:
    """The contact a record is about, when the Zap sent anything of it."""
    made = contact(body)
    return (
        {name: made[name] for name in ("id", "name", "first_name", "last_name", "email", "phone")}
        if made["email"] or made["phone"] or made["name"]
        else None
    )


def reader(name: str, names: Mapping[str, tuple[str, ...]]) -> Callable[[JSONObject], JSONObject]:
    """What reads a record called `name` with its contact beside it; `MappingError` for what tells nothing of one."""

    def read(body: JSONObject) -> JSONObject:
        found = _read(body, name, names)
        if not any(found[field] for field in names):
            raise MappingError(f"it tells nothing of the {name}", field=name, hint="Map the fields in the Zap, and let it send JSON.")
        if "tags" in found:
            found["tags"] = _tags(found["tags"])
        for field in AMOUNTS:
            if field in found:
                found[field] = amount(found[field])
        return {name: found, "contact": belongs_to(as_object(found["custom"]))}

    return read


def schema(names: Mapping[str, tuple[str, ...]], about: str) -> Schema:
    """What `reader` gives for a record."""
    fields: dict[str, Schema] = {name: nullable(text()) for name in names}
    if "tags" in fields:
        fields["tags"] = list_of(text())
    for name in AMOUNTS:
        if name in fields:
            fields[name] = anything("A number, or the text when it is none")
    return record({**fields, "custom": record({}, open=True, about="What else the Zap sent")}, required=tuple(fields), about=about)


def amount(value: JSON) -> JSON:
    """`$1,234.50` → 1234.5; `1.234,50 €` → 1234.5; what is no amount stays as it is."""
    if not isinstance(value, str):
        return value
    digits = re.sub(r"[^\d.,-]", "", value)
    if not re.search(r"\d", digits):
        return value
    if re.search(r",\d{1,2}$", digits):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        return float(digits.replace(",", ""))
    except ValueError:
        return value


def contact_key(found: JSONObject) -> str:
    """The id, else the e-mail, else the phone's digits: e-mail is what 17hats itself goes by."""
    if found["id"] or found["email"]:
        return str(found["id"] or found["email"])
    phone = re.sub(r"\D", "", str(found["phone"] or ""))
    return phone or digest(canonical(found))


def record_key(payload: JSONObject, name: str) -> str:
    """The id or number that was sent; else its title and whose it is, since many projects are called Wedding."""
    found, person = as_object(payload[name]), as_object(payload["contact"])
    if sent := known_by(payload, name):
        return sent
    told = [found.get("title"), found.get("name"), *(person.get(field) for field in ("id", "email", "phone", "name"))]
    return digest(canonical(told if any(told) else payload))


def known_by(payload: JSONObject, name: str) -> str | None:
    """What a record is told from all others by, if it was sent."""
    found = as_object(payload[name])
    sent = found.get("id") or found.get("number")
    return str(sent) if sent else None


def _read(body: JSONObject, name: str, names: Mapping[str, tuple[str, ...]], *also: str) -> JSONObject:
    flat = _flat(body)
    prefixes = ("", *(known_as(one) for one in (name, *also)))
    used: set[str] = set()
    found: JSONObject = {}
    for field, aliases in names.items():
        keys = [f"{prefix}{known_as(alias)}" for prefix in reversed(prefixes) for alias in (field, *aliases)]
        key = next((key for key in keys if key in flat and flat[key][1] not in _BLANK), None)
        value = flat[key][1] if key else None
        if key:
            used.add(key)
        found[field] = value if field == "tags" else value if field in AMOUNTS and not isinstance(value, list) else _text(value, field)
    rest: JSONObject = {
        told: value for key, (told, value) in flat.items() if key not in used and key not in _ENVELOPE and value not in _BLANK
    }
    return {**found, "custom": rest}


def _text(value: JSON, field: str) -> JSON:
    """Numbers as text, a list as one text; null stays."""
    if isinstance(value, list):
        return ", ".join(_item(item, field) for item in value if item not in _BLANK) or None
    return value if value is None or isinstance(value, str) else str(value)


def _item(item: JSON, field: str) -> str:
    """`{"type": "home", "email": "a@example.com"}` → `a@example.com`."""
    if not isinstance(item, dict):
        return str(item)
    return str(item.get(field) or item.get("value") or dumps(item).decode())


def _flat(body: JSONObject, path: str = "") -> dict[str, tuple[str, JSON]]:
    """Values by the letters of their whole path; the first of two wins. Rows of a file count like a Zap's fields."""
    found: dict[str, tuple[str, JSON]] = {}
    for name, value in body.items():
        inside = "" if name in ("row", "other", "data", "custom") else name
        whole = f"{path} {inside}".strip()
        if isinstance(value, dict):
            for key, item in _flat(value, whole).items():
                found.setdefault(key, item)
        else:
            found.setdefault(known_as(f"{path} {name}"), (f"{path} {name}".strip(), value))
    return found


def _tags(value: JSON) -> JSON:
    given = value.split(",") if isinstance(value, str) else as_list(value)
    return [tag for tag in dict.fromkeys(str(one).strip() for one in given) if tag]


def nested(body: JSONObject, name: str) -> JSONObject:
    """The object called `name`, else the body itself."""
    return as_object(body.get(name)) or body
