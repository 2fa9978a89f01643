"""Which custom fields there are: read once in a while, found by name, key or id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.same import folded
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

CONTACT: Final = "contact"
OPPORTUNITY: Final = "opportunity"

_MAX_AGE_S: Final = 900
_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of a field that is chosen from. Contacts hold the label, records of custom objects the key."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A custom field. `kind` is the vendor's own word (`TEXT`, `MONETORY`); `key` has no prefix; `free`: other values are taken too."""

    id: str
    key: str
    name: str
    kind: str
    choices: tuple[Choice, ...] = ()
    free: bool = False

    @property
    def place(self) -> str:
        """Where a person finds its value in an input."""
        return f"custom_fields.{self.name}"


async def fields(caller: Caller, of: str, location: JSON = None) -> tuple[Field, ...]:
    """All custom fields of contacts, opportunities or a custom object (`custom_objects.pet`), as they were lately."""
    where = _location(caller, location)
    reading = await caller.memory.recall(_name(of, where), lambda: _read(caller, of, where), max_age_s=_MAX_AGE_S)
    return tuple(_field(as_object(one), of) for one in as_list(reading))


async def named(caller: Caller, names: Iterable[str], of: str, location: JSON = None) -> Mapping[str, Field]:
    """The fields people mean by `names`: their name in any case, key or id; a name not known is looked for once more at the vendor.

    Raises `MappingError` with the nearest names when there is no such field, or with the keys when there are several.
    """
    wanted = list(names)
    known = await fields(caller, of, location)
    if not all(_meant(known, name, of) for name in wanted):
        known = await anew(caller, of, location)
    return {name: _one(known, name, of) for name in wanted}


async def anew(caller: Caller, of: str, location: JSON = None) -> tuple[Field, ...]:
    """The fields as they are now."""
    forget(caller, of, location)
    return await fields(caller, of, location)


def forget(caller: Caller, of: str, location: JSON = None) -> None:
    """Read the fields again next time."""
    caller.memory.forget(_name(of, _location(caller, location)))


def _name(of: str, location: str) -> str:
    return f"custom fields of {of} in {location}"


def _location(caller: Caller, given: JSON) -> str:
    location = given or caller.account.options.get("location")
    if not isinstance(location, str):
        raise MappingError("locationId is missing", field="locationId", hint="Custom fields belong to a sub-account: say which one.")
    return location


async def _read(caller: Caller, of: str, location: str) -> JSON:
    if of in (CONTACT, OPPORTUNITY):
        answer = as_object(await caller.call(calls.CUSTOM_FIELDS, {"locationId": location, "model": of}))
        return answer.get("customFields")
    answer = as_object(await caller.call(calls.OBJECT_FIELDS, {"locationId": location, "objectKey": of}))
    return answer.get("fields")


def _field(told: JSONObject, of: str) -> Field:
    options = as_list(told.get("picklistOptions")) or as_list(told.get("options"))
    return Field(
        id=str(told.get("id")),
        key=str(told.get("fieldKey") or told.get("id")).removeprefix(f"{of}."),
        name=str(told.get("name") or told.get("fieldKey")),
        kind=str(told.get("dataType")),
        choices=tuple(_choice(one) for one in options),
        free=told.get("isAllowedCustomOption") is True or told.get("allowCustomOption") is True,
    )


def _choice(told: JSON) -> Choice:
    """Contacts and opportunities list texts, custom objects keys with labels."""
    if isinstance(told, dict):
        label = str(told.get("label") or told.get("name") or told.get("key"))
        return Choice(str(told.get("key") or told.get("id") or label), label)
    return Choice(str(told), str(told))


def _one(known: tuple[Field, ...], name: str, of: str) -> Field:
    meant = _meant(known, name, of)
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise MappingError(
            f"{of} has several custom fields called {name}",
            field=f"custom_fields.{name}",
            hint=f"Name the one you mean by its key: {', '.join(f'{of}.{one.key}' for one in meant)}.",
        )
    near = get_close_matches(folded(name), [folded(one.name) for one in known], n=_MOST_NAMES, cutoff=0.5)
    names = [one.name.strip() for one in known if folded(one.name) in near]
    hint = f"Did you mean {', '.join(names)}?" if names else _where_to_look(known, of)
    raise MappingError(f"{of} has no custom field {name}", field=f"custom_fields.{name}", hint=hint)


def _where_to_look(known: tuple[Field, ...], of: str) -> str:
    if of in (CONTACT, OPPORTUNITY):
        return "ghl.custom_fields.list shows which there are."
    if not known:
        return f"Is there an object {of}? ghl.objects.list shows their keys, custom_objects.pet and the like."
    return "ghl.custom_fields.list_of_object shows which there are."


def _meant(known: tuple[Field, ...], name: str, of: str) -> list[Field]:
    """By id or whole key, which are unique; by name as it is written; by name in any case; by key without the kind of record before it.

    Names go before bare keys: a field that is renamed keeps its key, and another one may have got that as its name.
    """
    bare = name.strip().removeprefix("{{").removesuffix("}}").strip()
    exact = [one for one in known if bare in (one.id, f"{of}.{one.key}")] or [one for one in known if one.name == name]
    if exact:
        return exact
    wanted = folded(bare)
    return [one for one in known if folded(one.name) == wanted] or [one for one in known if one.key == bare]
