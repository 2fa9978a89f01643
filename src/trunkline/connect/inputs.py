"""Does a value fit a schema? Validators are compiled once per schema; what they say never repeats the value."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from trunkline.connect.shapes import FILLED
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import Schema

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_MOST_NEAR: Final = 3
_SPELT: Final = {
    "date-time": "Write it with its zone, as 2026-11-21T09:00:00-05:00.",
    "date": "Write it as 2026-11-21.",
    "e164": "Write it with its country, as +15551234567.",
}
"""How a format is written, where its name does not tell."""
_compiled: Final[dict[int, tuple[Schema, Draft202012Validator]]] = {}
"""By identity of the schema; the schema is kept beside it, so that its identity is not given to another."""


def check(schema: Schema, value: JSON, *, at: str = "", filled: bool = False) -> None:
    """Raise `MappingError` for the first thing about `value` that does not fit; `at` is where the value stands.

    With `filled` the connection has had its say, so that what it should have filled has to be there by now.
    """
    validator = compiled(schema)
    if not validator.is_valid(value):
        raise _error(next(iter(validator.iter_errors(value))), schema, at)
    for name in as_list(schema.get(FILLED)) if filled else ():
        if as_object(value).get(str(name)) is None:
            raise MappingError(f"{name} is needed, and neither the input nor the connection tells it", field=str(name))


def compiled(schema: Schema) -> Draft202012Validator:
    """The validator of `schema`, with our formats; `ValueError` when it is no JSON Schema."""
    known = _compiled.get(id(schema))
    if known is None:
        validator = Draft202012Validator(schema, formats={"e164": is_e164}, validate_formats=True, mask="it", offline=True)
        known = _compiled[id(schema)] = (schema, validator)
    return known[1]


def is_e164(text: str) -> bool:
    """Whether `text` has the shape of an international phone number: a plus, then 7 to 15 digits."""
    return _E164.fullmatch(text) is not None


def _error(found: ValidationError, schema: Schema, at: str) -> MappingError:
    place = [at] if at else []
    place += [str(part) for part in found.instance_path]
    reason, hint = found.message, ""
    match found.kind:
        case ValidationErrorKind.Required(property=name):
            place.append(str(name))
            reason = "it is missing"
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            place.append(str(names[0]))
            reason, hint = "there is no such field", _nearest(str(names[0]), schema, found.schema_path)
        case ValidationErrorKind.Format(format=name):
            hint = _SPELT.get(name, "")
        case ValidationErrorKind.AnyOf(context=branches) if names := _lacking(branches):
            reason = f"one of {', '.join(names)} is needed"
        case _:
            pass
    field = ".".join(place)
    return MappingError(f"{field or 'the input'} does not fit: {reason}", field=field, hint=hint)


def _nearest(name: str, schema: Schema, path: Sequence[str | int]) -> str:
    """The fields that were probably meant; `path` is where in `schema` it says that there are no others."""
    here: JSON = schema
    for part in path[:-1]:
        here = as_list(here)[int(part)] if isinstance(here, list) else as_object(here).get(str(part))
    known = {one.casefold(): one for one in as_object(as_object(here).get("properties"))}
    near = [known[one] for one in get_close_matches(name.casefold(), known, n=_MOST_NEAR)]
    return f"Did you mean {', '.join(near)}?" if near else ""


def _lacking(branches: Sequence[Sequence[ValidationError]]) -> list[str]:
    """The fields of which one would do, where that is all that each of the alternatives lacks."""
    names: list[str] = []
    for branch in branches:
        for one in branch:
            if not isinstance(one.kind, ValidationErrorKind.Required):
                return []
            names.append(str(one.kind.property))
    return names
