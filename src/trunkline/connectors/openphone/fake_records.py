"""The contacts of a simulated workspace and the vendor's rules for what it is sent."""

import re
from collections.abc import Callable
from typing import Final

from trunkline.connectors.openphone.fake_lists import Problem, Refused
from trunkline.model.clock import Instant, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object

FIELD_TYPES: Final = ("address", "boolean", "date", "multi-select", "number", "string", "url")
_RESERVED: Final = frozenset(("openphone", "device", "csv", "zapier", "google-people", "other"))
_TOP: Final = frozenset(("defaultFields", "customFields", "createdByUserId", "source", "sourceUrl", "externalId"))
_NAMES: Final = ("firstName", "lastName", "company", "role")
_LISTS: Final = ("emails", "phoneNumbers")
_NUMBER: Final = re.compile(r"\+[1-9]\d{1,14}")


class Contacts:
    """The contacts of a workspace; every change is told to `changed` (event name, contact)."""

    def __init__(self, *, now: Callable[[], Instant], user_id: str, conflicts: bool, changed: Callable[[str, JSONObject], None]) -> None:
        self.contacts: dict[str, JSONObject] = {}
        self.definitions: dict[str, JSONObject] = {}
        self.conflicts = conflicts
        self._now = now
        self._user_id = user_id
        self._changed = changed
        self._by_external_id: dict[str, list[str]] = {}

    def get(self, contact_id: str) -> JSONObject:
        if contact_id not in self.contacts:
            raise Refused(404, "Contact not found")
        return self.contacts[contact_id]

    def listed(self, *, external_ids: list[str], sources: list[str]) -> list[JSONObject]:
        if external_ids:
            found = [self.contacts[one] for key in external_ids for one in self._by_external_id.get(key, [])]
        else:
            found = list(self.contacts.values())
        return [contact for contact in found if not sources or contact["source"] in sources]

    def create(self, body: JSON) -> JSONObject:
        given = _checked(body, _TOP, self.definitions)
        fields = given.get("defaultFields")
        if not isinstance(fields, dict) or "firstName" not in fields:
            raise Refused(400, "Bad Request", problems=[Problem(path="/defaultFields/firstName", message="Required property")])
        source = given.get("source", "public-api")
        _check_source(source)
        same = [one for one in self.listed(external_ids=[str(given.get("externalId"))], sources=[str(source)]) if given.get("externalId")]
        if self.conflicts and same:
            raise Refused(409, "A contact with this external id exists")
        return self.add({**given, "source": source})

    def add(self, given: JSONObject, *, contact_id: str | None = None) -> JSONObject:
        """Put a contact in; nothing is checked."""
        at = iso(self._now())
        contact: JSONObject = {
            "id": contact_id or fresh("c").removeprefix("c_"),
            "externalId": given.get("externalId"),
            "source": given.get("source"),
            "sourceUrl": given.get("sourceUrl"),
            "defaultFields": _default_fields(as_object(given.get("defaultFields")), {}),
            "customFields": self._custom_fields(given),
            "createdAt": at,
            "updatedAt": at,
            "createdByUserId": given.get("createdByUserId", self._user_id),
        }
        self.contacts[str(contact["id"])] = contact
        self._index(contact)
        self._changed("contact.updated", contact)
        return contact

    def patch(self, contact_id: str, body: JSON) -> JSONObject:
        """Names that are left out stay; lists that are left out are emptied, as the vendor does it."""
        given = _checked(body, _TOP - {"createdByUserId"}, self.definitions)
        contact = self.get(contact_id)
        if given.get("source") is not None:
            _check_source(given["source"])
        self._by_external_id.get(str(contact["externalId"]), [contact_id]).remove(contact_id)
        contact["defaultFields"] = _default_fields(as_object(given.get("defaultFields")), as_object(contact["defaultFields"]))
        contact["customFields"] = self._custom_fields(given)
        contact.update({name: given[name] for name in ("externalId", "source", "sourceUrl") if name in given})
        contact["updatedAt"] = iso(self._now())
        self._index(contact)
        self._changed("contact.updated", contact)
        return contact

    def delete(self, contact_id: str) -> None:
        contact = self.get(contact_id)
        self._by_external_id.get(str(contact["externalId"]), [contact_id]).remove(contact_id)
        del self.contacts[contact_id]
        self._changed("contact.deleted", contact)

    def announce(self, contact: JSONObject) -> None:
        """Tell of a change that was made to a contact from outside."""
        self._changed("contact.updated", contact)

    def _index(self, contact: JSONObject) -> None:
        if contact["externalId"]:
            self._by_external_id.setdefault(str(contact["externalId"]), []).append(str(contact["id"]))

    def _custom_fields(self, given: JSONObject) -> list[JSON]:
        fields = [as_object(field) for field in as_list(given.get("customFields"))]
        return [
            {**self.definitions[str(field["key"])], "id": field.get("id") or fresh("cf"), "value": field["value"]}
            for field in fields
            if field["value"] is not None
        ]


def _checked(body: JSON, known: frozenset[str], definitions: dict[str, JSONObject]) -> JSONObject:
    given = as_object(body)
    fields = as_object(given.get("defaultFields"))
    wrong = [Problem(path=f"/{name}", message="Unexpected property") for name in given if name not in known]
    wrong += [Problem(path=f"/defaultFields/{name}", message="Unexpected property") for name in fields if name not in (*_NAMES, *_LISTS)]
    wrong += [
        Problem(path=f"/defaultFields/{name}", message="Expected string or null", value=fields[name])
        for name in _NAMES
        if not isinstance(fields.get(name), str | None)
    ]
    for name in _LISTS:
        wrong += _wrong_entries(name, as_list(fields.get(name)))
    for name, most in (("externalId", 75), ("sourceUrl", 200), ("source", 72)):
        value = given.get(name)
        if value is not None and not (isinstance(value, str) and 1 <= len(value) <= most):
            wrong.append(Problem(path=f"/{name}", message=f"Expected 1 to {most} characters", value=value))
    if wrong:
        raise Refused(400, "Bad Request", problems=wrong)
    _check_custom_fields(as_list(given.get("customFields")), definitions)
    return given


def _wrong_entries(name: str, entries: list[JSON]) -> list[Problem]:
    """Entries are objects with name and value; a plain text is refused, and so is a new number that is not E.164."""
    wrong: list[Problem] = []
    for index, entry in enumerate(entries):
        path = f"/defaultFields/{name}/{index}"
        if not isinstance(entry, dict) or not {"name", "value"} <= set(entry) <= {"name", "value", "id"}:
            wrong.append(Problem(path=path, message="Expected object with name and value", value=entry))
        elif name == "phoneNumbers" and "id" not in entry and entry["value"] is not None and not _NUMBER.fullmatch(str(entry["value"])):
            wrong.append(Problem(path=f"{path}/value", message="Expected a number in E.164", value=entry["value"]))
    return wrong


def _check_custom_fields(fields: list[JSON], definitions: dict[str, JSONObject]) -> None:
    for index, field in enumerate(map(as_object, fields)):
        definition = definitions.get(str(field.get("key")))
        fits = definition is not None and "value" in field and set(field) <= {"key", "id", "value"}
        if not fits or not (field["value"] is None or _HOLDS[str(as_object(definition)["type"])](field["value"])):
            raise Refused(
                400,
                "Invalid Custom Field Item",
                code="0801400",
                problems=[Problem(path=f"/customFields/{index}", message="Unknown key or wrong type", value=field.get("value"))],
            )


def _check_source(source: JSON) -> None:
    if source in _RESERVED or str(source).startswith(("openphone", "csv")):
        raise Refused(400, "Bad Request", problems=[Problem(path="/source", message="Reserved source", value=source)])


def _default_fields(given: JSONObject, before: JSONObject) -> JSONObject:
    """Entries with the value null are removed (official description 1.0.0)."""
    names = {name: given.get(name, before.get(name)) for name in _NAMES}
    lists = {name: [_entry(entry) for entry in as_list(given.get(name)) if as_object(entry).get("value") is not None] for name in _LISTS}
    return {**names, **lists}


def _entry(entry: JSON) -> JSON:
    return {"id": fresh("e"), **as_object(entry)}


def _is_text(value: JSON) -> bool:
    return isinstance(value, str)


_HOLDS: Final[dict[str, Callable[[JSON], bool]]] = {
    "address": _is_text,
    "string": _is_text,
    "url": _is_text,
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) is not None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "multi-select": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
}
