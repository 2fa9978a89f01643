"""The contacts of a simulated sub-account and the vendor's rules for them: duplicates, required fields, search."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing import simulation

_TEXTS: Final = frozenset(
    (
        *("firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "postalCode", "website", "timezone"),
        *("source", "dateOfBirth", "country", "assignedTo"),
    ),
)
_OTHERS: Final = frozenset(("dnd", "dndSettings", "inboundDndSettings", "tags", "customFields"))
_CREATE: Final = _TEXTS | _OTHERS | {"locationId", "gender", "companyName"}
_UPDATE: Final = _TEXTS | _OTHERS | {"companyName"}
_UPSERT: Final = _CREATE | {"createNewIfDuplicateAllowed"}
_CHANNELS: Final = frozenset(("Call", "Email", "SMS", "WhatsApp", "GMB", "FB"))
_OPERATORS: Final = frozenset(("eq", "not_eq", "contains", "not_contains", "exists", "not_exists", "range"))
_SORTABLE: Final = frozenset(("dateAdded", "dateUpdated", "firstNameLowerCase", "lastNameLowerCase", "email"))


class Refused(simulation.Refused):
    """The vendor says no: a status, what it says, and sometimes what it knows."""

    def __init__(self, status: int, said: str | list[str], meta: JSONObject | None = None) -> None:
        super().__init__(status, str(said))
        self.said = said
        self.meta = meta


class Records:
    """The contacts of one location; every change goes through here and is told to `changed` (event name, contact)."""

    def __init__(
        self,
        location: str,
        *,
        allow_duplicates: bool,
        now: Callable[[], Instant],
        changed: Callable[[str, JSONObject], None],
        has_field: Callable[[JSON], bool] = lambda _: True,
    ) -> None:
        """`has_field` tells whether there is a custom field with this id; values of others are dropped without a word."""
        self.location = location
        self.allow_duplicates = allow_duplicates
        self.contacts: dict[str, JSONObject] = {}
        self.index_lag_s = 0.0
        self.duplicates_by = frozenset(("email", "phone"))
        """What makes two contacts the same, a setting of the sub-account."""
        self.filters_phones = False
        """A filter by phone finds nobody, as the vendor's does at times."""
        self._now = now
        self._changed = changed
        self._has_field = has_field
        self._by_email: dict[str, list[str]] = {}
        self._by_phone: dict[str, list[str]] = {}

    def get(self, contact_id: str) -> JSONObject:
        if contact_id not in self.contacts:
            raise Refused(400, f"Contact with id {contact_id} not found")
        return self.contacts[contact_id]

    def duplicate(self, *, email: JSON, phone: JSON) -> tuple[JSONObject, str] | None:
        """The contact with this e-mail (first or further) or this number, and which of the two matched; e-mail goes first."""
        for index, key, field in ((self._by_email, _email(email), "email"), (self._by_phone, _phone(phone), "phone")):
            if key and index.get(key) and field in self.duplicates_by:
                return self.contacts[index[key][0]], field
        return None

    def create(self, body: JSONObject) -> JSONObject:
        _check(body, _CREATE)
        self._check_location(body)
        known = self.duplicate(email=body.get("email"), phone=body.get("phone"))
        if known is not None and not self.allow_duplicates:
            contact, field = known
            meta: JSONObject = {"contactId": contact["id"], "contactName": _name(contact), "matchingField": field}
            raise Refused(400, "This location does not allow duplicated contacts.", meta)
        return self.add({name: value for name, value in body.items() if name != "locationId"})

    def add(self, fields: JSONObject) -> JSONObject:
        """Put a contact in as the vendor's own screens would: nothing is checked, and id and times may be given."""
        at = iso(self._now())
        contact: JSONObject = {
            "id": fresh("c").removeprefix("c_"),
            "locationId": self.location,
            "type": "lead",
            "dnd": False,
            "tags": [],
            "customFields": [],
            "additionalEmails": [],
            "attachments": [],
            "dateAdded": at,
            "dateUpdated": at,
            **self._stored(fields, []),
        }
        contact = {name: value for name, value in contact.items() if value is not None}
        self.contacts[str(contact["id"])] = contact
        self._index(contact)
        self._changed("ContactCreate", contact)
        return contact

    def update(self, contact_id: str, body: JSONObject) -> JSONObject:
        _check(body, _UPDATE)
        self.get(contact_id)
        for name in ("email", "phone"):
            known = self.duplicate(email=body.get(name) if name == "email" else None, phone=body.get(name) if name == "phone" else None)
            if known is not None and known[0]["id"] != contact_id and not self.allow_duplicates:
                raise Refused(
                    400, "This location does not allow duplicated contacts.", {"contactId": known[0]["id"], "matchingField": name}
                )
        return self.change(contact_id, body)

    def upsert(self, body: JSONObject) -> tuple[JSONObject, bool]:
        """The contact, and whether it is new. Left out without a word: what would collide with a third contact, and gender."""
        _check(body, _UPSERT)
        self._check_location(body)
        if not body.get("email") and not body.get("phone"):
            raise Refused(422, ["email or phone should not be empty"])
        fields = {name: value for name, value in body.items() if name not in ("locationId", "createNewIfDuplicateAllowed")}
        known = self.duplicate(email=body.get("email"), phone=body.get("phone"))
        if known is None or (body.get("createNewIfDuplicateAllowed") and self.allow_duplicates):
            return self.add(fields), True
        contact = known[0]
        fields.pop("gender", None)
        other = self.duplicate(email=None, phone=body.get("phone"))
        if other is not None and other[0]["id"] != contact["id"] and not self.allow_duplicates:
            fields.pop("phone")
        further = [
            mail for mail in as_list(contact.get("additionalEmails")) if _email(as_object(mail).get("email")) != _email(body.get("email"))
        ]
        return self.change(str(contact["id"]), {**fields, "additionalEmails": further}), False

    def change(self, contact_id: str, fields: JSONObject) -> JSONObject:
        """Change a contact and tell of it under the name that fits what changed; a change of nothing is silent."""
        contact = self.get(contact_id)
        before = dict(contact)
        self._forget(contact)
        contact.update(self._stored(fields, as_list(contact.get("customFields"))))
        for name in [name for name, value in contact.items() if value is None]:
            del contact[name]
        self._index(contact)
        changed = {name for name in contact.keys() | before.keys() if contact.get(name) != before.get(name)}
        if changed:
            contact["dateUpdated"] = iso(self._now())
        if changed & {"tags"}:
            self._changed("ContactTagUpdate", contact)
        if changed & {"dnd", "dndSettings"}:
            self._changed("ContactDndUpdate", contact)
        if changed - {"tags", "dnd", "dndSettings"}:
            self._changed("ContactUpdate", contact)
        return contact

    def delete(self, contact_id: str) -> None:
        contact = self.get(contact_id)
        self._forget(contact)
        del self.contacts[contact_id]
        self._changed("ContactDelete", contact)

    def search(self, body: JSONObject) -> tuple[list[JSONObject], int]:
        """One page in the vendor's own shape for search, and how many there are in all."""
        self._check_location(body)
        size = body.get("pageLimit")
        if not isinstance(size, int) or not 1 <= size <= 500:
            raise Refused(422, ["pageLimit must be a number between 1 and 500"])
        if "page" in body and "searchAfter" in body:
            raise Refused(400, "page and searchAfter cannot be used together")
        field, direction = _order(body)
        visible = self._now() - round(self.index_lag_s * 1_000_000)
        found = [contact for contact in self.contacts.values() if from_iso(str(contact["dateUpdated"])) <= visible or not self.index_lag_s]
        found = [contact for contact in found if _fits(contact, body, phones=self.filters_phones)]
        found.sort(key=lambda contact: _place(contact, field), reverse=direction == "desc")
        after = as_list(body.get("searchAfter"))
        if after and len(after) != 2:
            raise Refused(422, ["searchAfter must be what a contact of the page before has"])
        rest = found
        if after:
            place = (_epoch(after[0]) if field.startswith("date") else str(after[0]), str(after[1]))
            rest = [
                contact for contact in found if (_place(contact, field) > place if direction == "asc" else _place(contact, field) < place)
            ]
        page = body.get("page")
        start = (page - 1) * size if isinstance(page, int) else 0
        return [_as_searched(contact, field) for contact in rest[start : start + size]], len(found)

    def _check_location(self, body: JSONObject) -> None:
        if not isinstance(body.get("locationId"), str):
            raise Refused(422, ["locationId must be a string"])
        if body["locationId"] != self.location:
            raise Refused(403, "The token does not have access to this location.")

    def _stored(self, fields: JSONObject, held: list[JSON]) -> JSONObject:
        """What is kept of `fields`; custom fields are changed one by one, and those of unknown id are dropped."""
        stored = dict(fields)
        if "phone" in stored:
            stored["phone"] = _phone(stored["phone"]) or None
        if "customFields" in stored:
            given = [as_object(field) for field in as_list(stored["customFields"])]
            values = {str(as_object(one)["id"]): as_object(one)["value"] for one in held}
            values.update((str(one["id"]), one.get("field_value", one.get("value"))) for one in given if self._has_field(one["id"]))
            stored["customFields"] = [{"id": id, "value": value} for id, value in values.items() if value not in (None, "", [])]
        return stored

    def _index(self, contact: JSONObject) -> None:
        for index, key in self._keys(contact):
            index.setdefault(key, []).append(str(contact["id"]))

    def _forget(self, contact: JSONObject) -> None:
        for index, key in self._keys(contact):
            index[key].remove(str(contact["id"]))

    def _keys(self, contact: JSONObject) -> Iterable[tuple[dict[str, list[str]], str]]:
        mails = {_email(contact.get("email")), *(_email(as_object(mail).get("email")) for mail in as_list(contact.get("additionalEmails")))}
        yield from ((self._by_email, mail) for mail in sorted(mails) if mail)
        if phone := _phone(contact.get("phone")):
            yield self._by_phone, phone


def _check(body: JSONObject, known: frozenset[str]) -> None:
    wrong = [f"property {name} should not exist" for name in body if name not in known]
    wrong += [f"{name} must be a string" for name in body if name in _TEXTS and not isinstance(body[name], str | None)]
    tags = body.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        wrong.append("each value in tags must be a string")
    if "dnd" in body and not isinstance(body["dnd"], bool):
        wrong.append("dnd must be a boolean value")
    for channel, state in as_object(body.get("dndSettings")).items():
        if channel not in _CHANNELS or as_object(state).get("status") not in ("active", "inactive", "permanent"):
            wrong.append(f"dndSettings.{channel}.status must be one of the following values: active, inactive, permanent")
    wrong += ["customFields.id must be a string" for field in as_list(body.get("customFields")) if "id" not in as_object(field)]
    if isinstance(mail := body.get("email"), str) and not re.fullmatch(r"[^@\s]+@[^@\s]+", mail):
        wrong.append("email must be an email")
    if wrong:
        raise Refused(422, wrong)


def _email(value: JSON) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _phone(value: JSON) -> str:
    """The vendor keeps numbers as E.164; one without a country is taken as American."""
    digits = re.sub(r"\D", "", value) if isinstance(value, str) else ""
    if not digits:
        return ""
    return (
        f"+{digits}" if isinstance(value, str) and value.strip().startswith("+") else f"+1{digits}" if len(digits) == 10 else f"+{digits}"
    )


def _name(contact: JSONObject) -> str:
    return str(contact.get("name") or " ".join(str(contact[part]) for part in ("firstName", "lastName") if contact.get(part)))


# ── search ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _order(body: JSONObject) -> tuple[str, str]:
    first = as_object((as_list(body.get("sort")) or [{"field": "dateAdded", "direction": "desc"}])[0])
    field, direction = str(first.get("field")), str(first.get("direction"))
    if field not in _SORTABLE or direction not in ("asc", "desc"):
        raise Refused(400, f"Invalid sort field {field}")
    return field, direction


def _place(contact: JSONObject, field: str) -> tuple[int | str, str]:
    if field.startswith("date"):
        return _epoch(contact[field]), str(contact["id"])
    return _email(contact.get(field.removesuffix("LowerCase"))), str(contact["id"])


def _epoch(value: JSON) -> int:
    if isinstance(value, int | float):
        return int(value)
    try:
        return from_iso(str(value)) // 1000
    except ValueError as error:
        raise Refused(422, [f"{value} is no date"]) from error


def _fits(contact: JSONObject, body: JSONObject, *, phones: bool) -> bool:
    words = _email(body.get("query"))
    told = " ".join([_name(contact), str(contact.get("email")), str(contact.get("phone"))]).lower()
    return (not words or words in told) and all(_passes(contact, as_object(test), phones=phones) for test in as_list(body.get("filters")))


def _passes(contact: JSONObject, test: JSONObject, *, phones: bool) -> bool:
    if "group" in test:
        results = [_passes(contact, as_object(inner), phones=phones) for inner in as_list(test.get("filters"))]
        return any(results) if test["group"] == "OR" else all(results)
    operator, field, value = str(test.get("operator")), str(test.get("field")), test.get("value")
    if operator not in _OPERATORS:
        raise Refused(400, f"Invalid operator {operator}")
    held = contact.get(field) if field != "phone" or phones else None
    if operator == "range":
        return _within(held, as_object(value))
    holds = {
        "eq": _alike(held, value),
        "contains": value in held if isinstance(held, list) else _email(value) in _email(held),
        "exists": held not in (None, "", []),
    }[operator.removeprefix("not_")]
    return holds != operator.startswith("not_")


def _alike(held: JSON, value: JSON) -> bool:
    return value in held if isinstance(held, list) else _email(held) == _email(value) if isinstance(held, str) else held == value


def _within(held: JSON, bounds: JSONObject) -> bool:
    if held is None:
        return False
    at = _epoch(held)
    tests: dict[str, Callable[[int], bool]] = {
        "gte": lambda bound: at >= bound,
        "gt": lambda bound: at > bound,
        "lte": lambda bound: at <= bound,
        "lt": lambda bound: at < bound,
    }
    return all(tests[name](_epoch(bound)) for name, bound in bounds.items())


def _as_searched(contact: JSONObject, field: str) -> JSONObject:
    """Search has its own words: `address`, an epoch birth date, the whole name as `contactName`."""
    born = contact.get("dateOfBirth")
    shown = {name: value for name, value in contact.items() if name not in ("address1", "name", "attachments")}
    return {
        **shown,
        "contactName": _name(contact).lower() or None,
        "address": contact.get("address1"),
        "businessName": None,
        "dateOfBirth": from_iso(born) // 1000 if isinstance(born, str) else None,
        "searchAfter": [*_place(contact, field)],
    }


def as_listed(contact: JSONObject) -> JSONObject:
    """Where the page after this contact starts."""
    return {"startAfter": _epoch(contact["dateAdded"]), "startAfterId": contact["id"]}
