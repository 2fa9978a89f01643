"""Which contact is meant: by id, e-mail, phone in any spelling, name or words."""

from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.answers import says_missing
from trunkline.connectors.ghl.same import same, same_number, spellings
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

WAYS: Final = ("contactId", "email", "phone", "name", "query")
"""What a contact is found by, the surest first."""
_LOOKED_AT: Final = 20
"""How many contacts a search by words gives to look through."""


async def find(caller: Caller, input: JSONObject) -> JSONObject | None:
    """The one contact that fits what is given, the surest first; None when there is none.

    The vendor has no one call for this: by id, else by its own rule for duplicates, else by search.
    """
    where: JSONObject = {"locationId": input["locationId"]} if input.get("locationId") else {}
    if input.get("contactId") and (found := await read(caller, input["contactId"])):
        return found
    if input.get("email") and (found := await by_email(caller, input["email"], where)):
        return found
    if input.get("phone") and (found := await by_phone(caller, input["phone"], where)):
        return found
    if input.get("name") and (found := await by_name(caller, str(input["name"]), where)):
        return found
    if input.get("query"):
        return next(iter(await _searched(caller, {"query": input["query"], "pageLimit": 1, **where})), None)
    return None


async def read(caller: Caller, contact_id: JSON) -> JSONObject | None:
    """The contact with this id; None when it is gone."""
    try:
        return as_object(as_object(await caller.call(calls.GET_CONTACT, {"contactId": contact_id})).get("contact")) or None
    except RejectedError as refusal:
        if not says_missing(refusal):
            raise
        return None


async def duplicate(caller: Caller, name: str, value: JSON, where: JSONObject) -> JSONObject | None:
    """The contact the vendor takes for the same, by `email` or `number`: further addresses count too."""
    asked: JSONObject = {name: _address(value) if name == "email" else value, **where}
    found = as_object(await caller.call(calls.FIND_DUPLICATE, asked)).get("contact")
    return found if isinstance(found, dict) and found else None


async def duplicate_phone(caller: Caller, phone: JSON, where: JSONObject) -> JSONObject | None:
    """The contact the vendor takes for the same by this number, in the two likeliest spellings."""
    for way in spellings(str(phone), country(caller))[:2]:
        if found := await duplicate(caller, "number", way, where):
            return found
    return None


async def by_email(caller: Caller, email: JSON, where: JSONObject) -> JSONObject | None:
    """What counts as a duplicate is the sub-account's setting and may leave out e-mail: then a search finds it."""
    found = await duplicate(caller, "email", email, where)
    if found is not None:
        return found
    return next(iter(await _searched(caller, {"filters": [_equals("email", _address(email))], "pageLimit": 1, **where})), None)


async def by_phone(caller: Caller, phone: JSON, where: JSONObject) -> JSONObject | None:
    """Numbers are held as E.164 and found only when they are spelled as the place where one looks wants it: several are tried.

    A filter by phone finds nothing even for a number spelled as it is held (vendor repository, issue 289, read 2026-11-21), so the last
    try is a search by words, whose finds are compared.
    """
    if found := await duplicate_phone(caller, phone, where):
        return found
    ways = spellings(str(phone), country(caller))
    if not ways:
        return None
    either: JSONObject = {"group": "OR", "filters": [_equals("phone", way) for way in ways]}
    found = await _searched(caller, {"filters": [either], "pageLimit": 1, **where})
    found = found or await _searched(caller, {"query": ways[-1].removeprefix("+")[-10:], "pageLimit": _LOOKED_AT, **where})
    return next((one for one in found if same_number(one.get("phone"), ways[0])), None)


async def by_name(caller: Caller, name: str, where: JSONObject) -> JSONObject | None:
    """The contact with just this name: one that merely resembles it is another person."""
    found = await _searched(caller, {"query": " ".join(name.split())[:75], "pageLimit": _LOOKED_AT, **where})
    return next((one for one in found if any(same(full, name) for full in _names(one))), None)


def given(input: JSONObject) -> JSONObject:
    """What there is to go by; an address that is empty says nothing. `MappingError` when there is nothing."""
    filled: JSONObject = {
        name: value for name, value in input.items() if not (value is None or (isinstance(value, str) and not value.strip()))
    }
    if not filled.keys() & set(WAYS):
        raise MappingError("there is nothing to find the contact by", field="email", hint=f"Give one of {', '.join(WAYS)}.")
    return filled


def country(caller: Caller) -> str:
    """Where a phone number without a country is taken to be."""
    return str(caller.account.options.get("country") or "US")


def _address(email: JSON) -> str:
    """As the vendor holds it: in small letters."""
    return str(email).strip().lower()


def _names(contact: JSONObject) -> tuple[str, ...]:
    parts = (contact.get("firstName"), contact.get("lastName"))
    joined = " ".join(part for part in parts if isinstance(part, str) and part)
    return (joined, str(contact.get("contactName") or ""), str(contact.get("name") or ""))


def _equals(field: str, value: JSON) -> JSONObject:
    return {"field": field, "operator": "eq", "value": value}


async def _searched(caller: Caller, input: JSONObject) -> list[JSONObject]:
    found = as_list(as_object(await caller.call(calls.SEARCH, input)).get("contacts"))
    return [as_object(one) for one in found]
