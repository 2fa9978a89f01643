"""Custom fields by name, and their values in the type the vendor declared for them."""

import re
from datetime import datetime
from math import isfinite, nan
from typing import Final

from trunkline.model.clock import from_iso
from trunkline.model.clock import iso as to_iso
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_object

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,30}")
"""What is kept to its last digit."""

_TRUE: Final = frozenset({"true", "yes", "1"})
_FALSE: Final = frozenset({"false", "no", "0"})


def resolve(given: list[JSON], known: list[JSON]) -> list[JSON]:
    """`given` values with the keys and types of the `known` definitions; `MappingError` names what fits none of them."""
    definitions = [as_object(definition) for definition in known]
    return [_resolved(as_object(value), definitions) for value in given]


def unknown(given: list[JSON], known: list[JSON]) -> bool:
    """Whether a value names a field that is not among the `known` definitions."""
    definitions = [as_object(definition) for definition in known]

    def missing(value: JSONObject) -> bool:
        name = next((name for name in ("key", "name") if value.get(name) is not None), None)
        return name is not None and all(definition.get(name) != value[name] for definition in definitions)

    return any(missing(as_object(value)) for value in given)


def _resolved(given: JSONObject, definitions: list[JSONObject]) -> JSON:
    definition = _definition(given, definitions)
    field = f"customFields.{definition['name']}"
    value = given.get("value")
    kept = {"id": given["id"]} if "id" in given else {}
    return {**kept, "key": definition["key"], "value": None if value is None else typed(value, str(definition["type"]), field)}


def _definition(given: JSONObject, definitions: list[JSONObject]) -> JSONObject:
    for name in ("key", "name"):
        if (wanted := given.get(name)) is not None:
            found = [definition for definition in definitions if definition.get(name) == wanted]
            if len(found) == 1:
                return found[0]
            raise MappingError(
                f"{len(found) or 'no'} custom field has the {name} {wanted!r}",
                field="customFields",
                hint="Known custom fields: "
                + (", ".join(sorted(str(item["name"]) for item in definitions)) or "none; make them in the app"),
            )
    raise MappingError("a custom field needs its key or its name", field="customFields")


def typed(value: JSON, type: str, field: str) -> JSON:
    """`value` as the vendor wants a field of this type; `MappingError` when it cannot be one."""
    fitted = _FIT[type](value) if type in _FIT else value
    if fitted is None:
        raise MappingError(f"a {_kind(value)} is no value for a field of type {type}", field=field)
    return fitted


def _text(value: JSON) -> JSON:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: JSON) -> JSON:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    if _WHOLE.fullmatch(value.strip()):
        return int(value)
    try:
        number = float(value.strip()) if "_" not in value else nan
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _boolean(value: JSON) -> JSON:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _date(value: JSON) -> JSON:
    if not isinstance(value, str):
        return None
    try:
        return to_iso(from_iso(value))
    except (ValueError, OverflowError):
        return None


def _choices(value: JSON) -> JSON:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def _kind(value: JSON) -> str:
    words = ((dict, "record"), (list, "list"), (str, "text"), (bool, "boolean"))
    return next((word for kind, word in words if isinstance(value, kind)), "number")


def same(value: JSON, other: JSON) -> bool:
    """Whether two values of a field mean the same; instants are compared as instants."""
    if value == other:
        return True
    if isinstance(value, str) and isinstance(other, str) and "T" in value and "T" in other:
        try:
            return datetime.fromisoformat(value) == datetime.fromisoformat(other)
        except (TypeError, ValueError):
            return False
    return False


_FIT: Final = {
    "string": _text,
    "address": _text,
    "url": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "multi-select": _choices,
}
