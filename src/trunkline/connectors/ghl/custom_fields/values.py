"""One value of a custom field: from what a person gives to what the vendor takes for that type of field, and back."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import phonenumbers

from trunkline.connectors.ghl.contact import birth_date
from trunkline.connectors.ghl.custom_fields.definitions import Choice, Field
from trunkline.connectors.ghl.same import folded
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

TEXT_LIST: Final = "TEXTBOX_LIST"
FILE: Final = "FILE_UPLOAD"

_NUMBER: Final = re.compile(r"\s*[-+]?\d{1,15}(\.\d+)?\s*")
_MOST_CHOICES: Final = 20


def written(field: Field, value: JSON, *, in_record: bool = False) -> JSON:
    """What the vendor takes for `value`; null and empty text clear the field. Raises `MappingError` saying what the field takes.

    `in_record`: the field belongs to a custom object, whose records are written differently: choices by key, money with its currency,
    files as a list.
    """
    if value is None or value == "":
        return _EMPTY.get(field.kind, "")
    return _WRITE.get(field.kind, _as_it_is)(field, value, in_record)


def read(field: Field, value: JSON) -> JSON:
    """What the vendor holds, as the type the field has: a number, a date, labels of choices, a list of files; null when it is empty."""
    if value in (None, "", [], {}):
        return None
    return _READ.get(field.kind, _held)(field, value)


def holds_content(value: JSON) -> bool:
    """Whether a value of a file field is a file that must be uploaded first."""
    return any("base64" in one or "text" in one for one in map(as_object, _several(value)))


def wrong(field: Field, takes: str) -> MappingError:
    """The value does not fit; its choices are named where there are some."""
    labels = [choice.label for choice in field.choices]
    shown = ", ".join(labels[:_MOST_CHOICES]) + (f" and {len(labels) - _MOST_CHOICES} more" if len(labels) > _MOST_CHOICES else "")
    return MappingError(
        f"{field.place} does not fit: {field.name} takes {takes}", field=field.place, hint=f"It is one of: {shown}." if labels else ""
    )


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_it_is(field: Field, value: JSON, in_record: bool) -> JSON:  # noqa: ARG001 - one shape for all kinds
    return value


def _text(field: Field, value: JSON, in_record: bool) -> JSON:  # noqa: ARG001 - one shape for all kinds
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong(field, "text")
    return str(value)


def _number(field: Field, value: JSON, in_record: bool) -> JSON:  # noqa: ARG001 - one shape for all kinds
    number = _as_number(value)
    if number is None:
        raise wrong(field, "a number")
    return number


def _as_number(value: JSON) -> int | float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return value
    return None


def _money(field: Field, value: JSON, in_record: bool) -> JSON:
    amount = as_object(value).get("value") if isinstance(value, dict) else value
    number = _as_number(amount)
    if number is None:
        raise wrong(field, "an amount of money, as a number")
    return {"currency": "default", **as_object(value), "value": number} if in_record else number


def _phone(field: Field, value: JSON, in_record: bool) -> JSON:  # noqa: ARG001 - one shape for all kinds
    given = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not 7 <= len(re.sub(r"\D", "", given)) <= 15 or re.search(r"[A-Za-z@]", given):
        raise wrong(field, "a phone number")
    try:
        return phonenumbers.format_number(phonenumbers.parse(given, None), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return given  # without a country: the vendor adds the sub-account's


def _date(field: Field, value: JSON, in_record: bool) -> JSON:  # noqa: ARG001 - one shape for all kinds
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC).date().isoformat()
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except (ValueError, OverflowError, OSError) as exc:
        raise wrong(field, "a date, as 2026-11-21") from exc


def _single(field: Field, value: JSON, in_record: bool) -> JSON:
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    choice = _chosen(field, one)
    if choice is None:
        raise wrong(field, "one of its choices")
    return choice.key if in_record else choice.label


def _multiple(field: Field, value: JSON, in_record: bool) -> JSON:
    """A list, one choice, or several in one text with commas; true and false where there is but one choice."""
    if isinstance(value, bool) and len(field.choices) == 1:
        given: list[JSON] = [field.choices[0].label] if value else []
    elif isinstance(value, str) and _chosen(field, value) is None and "," in value:
        given = [part.strip() for part in value.split(",") if part.strip()]
    else:
        given = value if isinstance(value, list) else [value]
    chosen = [_chosen(field, one) for one in given]
    if None in chosen:
        raise wrong(field, "some of its choices")
    return [choice.key if in_record else choice.label for choice in chosen if choice is not None]


def _chosen(field: Field, value: JSON) -> Choice | None:
    """The choice meant by its label or key, in any case; one made of the value where the field takes others too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    said = str(value)
    for choice in field.choices:
        if said in (choice.label, choice.key):
            return choice
    found = next((one for one in field.choices if folded(said) in (folded(one.label), folded(one.key))), None)
    return found or (Choice(said, said) if field.free or not field.choices else None)


def _files(field: Field, value: JSON, in_record: bool) -> JSON:
    """Addresses of files, or files as a read gives them; the vendor's own object of a contact is taken as it is."""
    if isinstance(value, dict) and value and all("url" in as_object(one) for one in value.values()):
        return list(value.values()) if in_record else value
    files = [_addressed(one) for one in _several(value)]
    if not all(isinstance(one.get("url"), str) and urlsplit(str(one["url"])).scheme in ("http", "https") for one in files):
        raise wrong(field, "files: their addresses, or content to upload with a filename")
    return [{"url": one["url"]} for one in files] if in_record else {_file_id(one): _file_of(one) for one in files}


def _addressed(value: JSON) -> JSONObject:
    return {"url": value} if isinstance(value, str) else as_object(value)


def _file_id(file: JSONObject) -> str:
    """The same for the same address, so that a repeat replaces it."""
    known = file.get("id")
    return known if isinstance(known, str) and known else str(uuid5(NAMESPACE_URL, str(file["url"])))


def _file_of(file: JSONObject) -> JSONObject:
    name = str(file.get("filename") or urlsplit(str(file["url"])).path.rpartition("/")[2] or "file")
    meta: JSONObject = {"originalname": name, "uuid": _file_id(file)}
    for ours, theirs in (("content_type", "mimetype"), ("size_bytes", "size")):
        if file.get(ours) is not None:
            meta[theirs] = file[ours]
    return {"meta": meta, "url": file["url"], "documentId": str(file["url"]).rpartition("/")[2]}


def _text_list(field: Field, value: JSON, in_record: bool) -> JSON:
    """One text for each of its boxes, by label or key."""
    boxes: JSONObject = {}
    for name, text in as_object(value).items():
        box = _chosen(field, name)
        if box is None or not isinstance(text, str | int | float):
            raise wrong(field, "an object with a text for each of its boxes")
        boxes[box.key if in_record else box.label] = str(text)
    if not boxes:
        raise wrong(field, "an object with a text for each of its boxes")
    return boxes


_Write = Callable[[Field, JSON, bool], JSON]
_WRITE: Final[Mapping[str, _Write]] = {
    "TEXT": _text,
    "LARGE_TEXT": _text,
    "EMAIL": _text,
    "NUMERICAL": _number,
    "MONETORY": _money,
    "PHONE": _phone,
    "DATE": _date,
    "SINGLE_OPTIONS": _single,
    "RADIO": _single,
    "MULTIPLE_OPTIONS": _multiple,
    "CHECKBOX": _multiple,
    FILE: _files,
    TEXT_LIST: _text_list,
}
"""By the vendor's word for the type; `MONETORY` is its own spelling. A type that is new is passed on."""

_EMPTY: Final[Mapping[str, JSON]] = {"MULTIPLE_OPTIONS": [], "CHECKBOX": []}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _held(field: Field, value: JSON) -> JSON:  # noqa: ARG001 - one shape for all kinds
    return value


def _plain_text(field: Field, value: JSON) -> JSON:  # noqa: ARG001 - one shape for all kinds
    return value if isinstance(value, str | list | dict) else str(value)


def _held_number(field: Field, value: JSON) -> JSON:  # noqa: ARG001 - one shape for all kinds
    amount = as_object(value).get("value") if isinstance(value, dict) else value
    number = _as_number(amount)
    return value if number is None else number


def _held_date(field: Field, value: JSON) -> JSON:  # noqa: ARG001 - one shape for all kinds
    as_count = int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value
    return birth_date(as_count)


def _label(field: Field, value: JSON) -> JSON:
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    return next((choice.label for choice in field.choices if one in (choice.key, choice.label)), one)


def _labels(field: Field, value: JSON) -> JSON:
    return [_label(field, one) for one in (value if isinstance(value, list) else [value])]


def _held_files(field: Field, value: JSON) -> JSON:  # noqa: ARG001 - one shape for all kinds
    """Always a list of `{id, url, filename, content_type, size_bytes}` with what is known."""
    named = list(value.items()) if isinstance(value, dict) and "url" not in value else [("", one) for one in _several(value)]
    found: list[JSON] = []
    for file_id, one in named:
        file = _addressed(one)
        meta = as_object(file.get("meta"))
        told: JSONObject = {
            "id": file_id or file.get("id"),
            "url": file.get("url"),
            "filename": meta.get("originalname") or file.get("name"),
            "content_type": meta.get("mimetype"),
            "size_bytes": meta.get("size"),
        }
        found.append({name: item for name, item in told.items() if item is not None})
    return found


def _several(value: JSON) -> list[JSON]:
    return as_list(value) if isinstance(value, list) else [value]


_READ: Final[Mapping[str, Callable[[Field, JSON], JSON]]] = {
    "TEXT": _plain_text,
    "LARGE_TEXT": _plain_text,
    "NUMERICAL": _held_number,
    "MONETORY": _held_number,
    "DATE": _held_date,
    "SINGLE_OPTIONS": _label,
    "RADIO": _label,
    "MULTIPLE_OPTIONS": _labels,
    "CHECKBOX": _labels,
    FILE: _held_files,
}
