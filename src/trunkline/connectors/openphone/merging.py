"""From what a contact is and what is to change of it to the body of an update; pure.

An update of v1 wipes what it leaves out of the lists, so the body holds all of them, and nothing that was not named gets lost: neither a
second number, nor a custom field.
"""

from typing import Final

from trunkline.connectors.openphone.fields import same
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

_NAMES: Final = ("firstName", "lastName", "company", "role")
_LISTS: Final = ("emails", "phoneNumbers")
_BESIDE: Final = ("externalId", "source", "sourceUrl")


def merged(current: JSONObject, changes: JSONObject) -> JSONObject:
    """The body of an update that changes what `changes` names and keeps the rest; numbers, e-mails and custom fields one by one.

    An empty list says that there are none.
    """
    before, given = as_object(current.get("defaultFields")), as_object(changes.get("defaultFields"))
    fields: JSONObject = {name: given.get(name, before.get(name)) for name in _NAMES}
    for name in _LISTS:
        fields[name] = [] if given.get(name) == [] else _merged_entries(name, as_list(before.get(name)), as_list(given.get(name)))
    body: JSONObject = {"defaultFields": fields, "customFields": _merged_custom_fields(current, changes)}
    for name in _BESIDE:
        if name in changes and changes[name] != current.get(name):
            body[name] = changes[name]
    return body


def differs(current: JSONObject, body: JSONObject) -> bool:
    """Whether sending `body` would change anything that can be seen."""
    before, after = as_object(current.get("defaultFields")), as_object(body["defaultFields"])
    if any((before.get(name) or None) != (after.get(name) or None) for name in _NAMES):
        return True
    if any(_visible(before.get(name)) != _visible(after.get(name)) for name in _LISTS):
        return True
    held = {field["key"]: field.get("value") for field in map(as_object, as_list(current.get("customFields"))) if "key" in field}
    fields = map(as_object, as_list(body["customFields"]))
    if any(not same(held.get(field["key"]), field.get("value")) for field in fields if "key" in field):
        return True
    return any(name in body for name in _BESIDE)


def without_removed(fields: JSONObject) -> JSONObject:
    """The same fields for a contact that is new: what is to be removed of it is not there yet."""
    lists: JSONObject = {
        name: [entry for entry in as_list(fields[name]) if as_object(entry).get("value") is not None] for name in _LISTS if name in fields
    }
    return {**fields, **lists}


# ── numbers and e-mails ──────────────────────────────────────────────────────────────────────────────────────────────


def _merged_entries(field: str, before: list[JSON], given: list[JSON]) -> list[JSON]:
    """The entries there are, with each given one put in the place of its like, or at the end.

    Its like has the same id, else the same value, else the same name, if only one has it. With the value null it is removed: the vendor's
    own word for that (official description 1.0.0).
    """
    held = [_entry(as_object(entry)) for entry in before]
    values = {value for entry in given if (value := _comparable(as_object(entry).get("value"))) is not None}
    taken: set[int] = set()
    added: list[JSONObject] = []
    for entry in map(as_object, given):
        place = _place(field, entry, held, taken, values)
        if place is not None:
            taken.add(place)
            held[place] = {**held[place], **_entry(entry)}
        elif entry.get("value") is not None:
            added.append(_entry(entry))
    return [*held, *added]


def _place(field: str, given: JSONObject, held: list[JSONObject], taken: set[int], values: set[str]) -> int | None:
    """Where the like of `given` is; one that another of the `values` names as well is left to it."""
    free = [at for at in range(len(held)) if at not in taken]
    if "id" in given:
        return next((at for at in free if held[at].get("id") == given["id"]), None)
    value = _comparable(given.get("value"))
    if value is not None and (found := next((at for at in free if _comparable(held[at].get("value")) == value), None)) is not None:
        return found
    name = _comparable(given.get("name"))
    alike = [at for at in free if _comparable(held[at].get("name")) == name and _comparable(held[at].get("value")) not in values]
    if len(alike) > 1 and value is None:
        raise MappingError(
            f"{len(alike)} entries have this name, and one is to be removed", field=f"defaultFields.{field}", hint="Say which by its id."
        )
    return alike[0] if len(alike) == 1 else None


def _entry(entry: JSONObject) -> JSONObject:
    return {name: value for name, value in entry.items() if name in ("name", "value", "id")}


def _comparable(value: JSON) -> str | None:
    return value.strip().casefold() if isinstance(value, str) else None


def _visible(entries: JSON) -> list[tuple[JSON, JSON]]:
    return [(entry.get("name"), entry.get("value")) for entry in map(as_object, as_list(entries))]


# ── custom fields ────────────────────────────────────────────────────────────────────────────────────────────────────


def _merged_custom_fields(current: JSONObject, changes: JSONObject) -> list[JSON]:
    given = {field["key"]: field for field in map(as_object, as_list(changes.get("customFields")))}
    body: list[JSON] = []
    for field in map(as_object, as_list(current.get("customFields"))):
        kept = {name: field[name] for name in ("key", "id") if name in field}
        change = given.pop(field.get("key"), None)
        body.append({**kept, "value": field.get("value") if change is None else change.get("value")})
    return [*body, *given.values()]
