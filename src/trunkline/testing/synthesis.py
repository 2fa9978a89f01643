"""Values made to fit a schema: what is given is kept where it fits, the rest is made up, the same for the same seed."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from jsonschema_rs import Draft202012Validator

from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

_ALTERNATIVES: Final = ("oneOf", "anyOf")
_BOUNDS: Final = frozenset(("pattern", "format", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"))
PREFIX: Final = re.compile(r"\^([A-Za-z0-9_-]+)(\(?\.[*+]\)?\$?)?")
"""A pattern that asks for a beginning only, as ids have it."""
_YES: Final = frozenset(("success", "succeded", "succeeded", "ok", "succeed"))
_MOMENT: Final = "2026-01-05T08:00:00.000Z"
_FORMATS: Final[Mapping[str, str]] = {
    "date-time": _MOMENT,
    "date": "2026-01-05",
    "time": "08:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/made",
    "uri-reference": "/made",
    "ipv4": "192.0.2.1",
    "e164": "+15555550100",
}
_TEXTS: Final = (
    *("+15555550100", "15555550100", "2026-01-05", "2026-01-05T08:00:00", "2026-01-05T08:00:00Z", "08:00", "08:00:00", "a/b", "1", "22"),
    *("100", "1000", "100001", "true", "Left", "Center", "Top", "Cover", "en-US", "#000000", "https://example.com"),
)
"""Values tried where a pattern is asked for."""


class Maker:
    """Makes values. `seed` decides what is made up; ids count up, so none is made twice."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._made = 0
        self._validators: dict[int, tuple[Schema, Draft202012Validator]] = {}

    def id(self, schema: Schema) -> JSON:
        """A new id that fits `schema`: a whole number, or text in the shape the schema asks for."""
        self._made += 1
        for one in _concrete(schema):
            if one.get("type") in ("integer", "number"):
                return 1_000_000 + self._made
        seed = digest(str(self.seed), str(self._made), size=16)
        text = str(UUID(seed)) if schema.get("format") == "uuid" else seed[:20]
        for one in (schema, *_concrete(schema)):
            if "enum" in one:
                return as_list(one["enum"])[0]
            pattern = one.get("pattern")
            prefix = PREFIX.fullmatch(pattern) if isinstance(pattern, str) else None
            if prefix is not None:
                return prefix[1] + text
            most = one.get("maxLength")
            if isinstance(most, int):
                text = text[:most]
        return text

    def fit(self, schema: Schema, given: JSON = None, *, name: str = "", full: int = 0) -> JSON:
        """A value that fits `schema`, as much of it as can be from `given`; null counts as not given.

        Of an object the needed fields are made up, and the plain ones too in its first `full` levels.
        """
        if "allOf" in schema:
            for one in as_list(schema["allOf"]):
                schema = both(schema, as_object(one), "allOf")
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            choices = as_list(schema["enum"])
            return given if given in choices else choices[0]
        for word in _ALTERNATIVES:
            if word in schema:
                return self._alternative(schema, word, given, name=name, full=full)
        types = _types(schema)
        if given is None and "null" in types:
            return None
        return self._typed(_chosen(types, given), schema, given, name=name, full=full)

    def _alternative(self, schema: Schema, word: str, given: JSON, *, name: str, full: int) -> JSON:
        if given is not None and self.fits(schema, given):
            return given
        options = [both(schema, as_object(one), word) for one in as_list(schema[word])]
        if given is None:
            chosen = next((one for one in options if one.get("type") == "null"), options[0])
        else:
            kind = _kind(given)
            chosen = next((one for one in options if kind in (_types(one) or {kind})), options[0])
        return self.fit(chosen, given, name=name, full=full)

    def _typed(self, kind: str, schema: Schema, given: JSON, *, name: str, full: int) -> JSON:
        match kind:
            case "object":
                return self._object(schema, as_object(given), full=full)
            case "array":
                return self._array(schema, as_list(given), name=name)
            case "string":
                return self._text(schema, given, name)
            case "integer" | "number":
                return self._number(schema, given, whole=kind == "integer")
            case "boolean":
                return given if isinstance(given, bool) else name.lower() in _YES
            case "null":
                return None
            case _:
                return {} if given is None else given

    def _object(self, schema: Schema, given: JSONObject, *, full: int) -> JSON:
        fields = {name: as_object(one) for name, one in as_object(schema.get("properties")).items()}
        needed = set(map(str, as_list(schema.get("required"))))
        made: JSONObject = {}
        for name, field in fields.items():
            if given.get(name) is not None or name in needed or (full > 0 and _is_plain(field)):
                made[name] = self.fit(field, given.get(name), name=name, full=full - 1)
            elif name in given and self.fits(field, None):
                made[name] = None
        more = schema.get("additionalProperties", True)
        if more is not False:
            inner = as_object(more if isinstance(more, dict) else {})
            made.update({name: self.fit(inner, value) for name, value in given.items() if name not in fields})
        made.update({name: given.get(name, name) for name in sorted(needed - made.keys())})
        return made

    def _array(self, schema: Schema, given: list[JSON], *, name: str) -> JSON:
        items = as_object(schema.get("items"))
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        made = [self.fit(items, one, name=name) for one in given[: most if isinstance(most, int) else None]]
        while isinstance(least, int) and len(made) < least:
            made.append(self.fit(items, name=name))
        return made

    def _text(self, schema: Schema, given: JSON, name: str) -> JSON:
        if isinstance(given, int | float) and not isinstance(given, bool):
            given = str(given)
        if isinstance(given, str) and self.fits(schema, given):
            return given
        least, most = schema.get("minLength"), schema.get("maxLength")
        plain = name or "text"
        if isinstance(least, int):
            plain = plain.ljust(least, "x")
        if isinstance(most, int):
            plain = plain[:most]
        formats = _FORMATS.get(str(schema.get("format")), plain)
        pattern = schema.get("pattern")
        prefix = PREFIX.fullmatch(pattern) if isinstance(pattern, str) else None
        tried = (formats, f"{prefix[1]}{plain}" if prefix else plain, str(UUID(int=self.seed)), *_TEXTS)
        default = schema.get("default")
        return next((one for one in ((default, *tried) if isinstance(default, str) else tried) if self.fits(schema, one)), plain)

    def _number(self, schema: Schema, given: JSON, *, whole: bool) -> JSON:
        if isinstance(given, str) and re.fullmatch(r"-?\d{1,15}", given):
            given = int(given)
        if isinstance(given, int | float) and not isinstance(given, bool) and self.fits(schema, given):
            return given
        least, most, default = schema.get("minimum", 0), schema.get("maximum"), schema.get("default")
        if isinstance(default, int | float) and not isinstance(default, bool) and self.fits(schema, default):
            return default
        made = least if isinstance(least, int | float) else 0
        made = min(made, most) if isinstance(most, int | float) else made
        return int(made) if whole else made

    def fits(self, schema: Schema, value: JSON) -> bool:
        """Whether `value` fits."""
        if not (_BOUNDS & schema.keys()) and schema.keys() <= {"type", "default", "readOnly", "nullable"}:
            types = _types(schema)
            return not types or _kind(value) in types or (isinstance(value, int) and "number" in types and not isinstance(value, bool))
        known = self._validators.get(id(schema))
        if known is None:
            known = self._validators[id(schema)] = (schema, Draft202012Validator(schema, validate_formats=True, offline=True))
        return known[1].is_valid(value)


def both(schema: Schema, choice: Schema, word: str) -> Schema:
    """A schema with one of the alternatives under `word` put into it."""
    rest = {name: fact for name, fact in schema.items() if name != word}
    fields = {**as_object(rest.get("properties")), **as_object(choice.get("properties"))}
    needed = [*as_list(rest.get("required")), *as_list(choice.get("required"))]
    made: Schema = {**rest, **choice}
    return {**made, **({"properties": fields} if fields else {}), **({"required": needed} if needed else {})}


def _types(schema: Schema) -> set[str]:
    told = schema.get("type")
    if told is None:
        return {"object"} if "properties" in schema else {"array"} if "items" in schema else set()
    return {str(one) for one in told} if isinstance(told, list) else {str(told)}


def _chosen(types: set[str], given: JSON) -> str:
    kind = _kind(given)
    if kind in types:
        return kind
    if kind == "integer" and "number" in types:
        return "number"
    left = sorted(types - {"null"})
    return left[0] if left else ""


def _kind(value: JSON) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"


def _concrete(schema: Schema) -> list[Schema]:
    """The schema's alternatives that are no null, or the schema itself."""
    inner = [as_object(one) for word in _ALTERNATIVES for one in as_list(schema.get(word))]
    return [one for one in inner if one.get("type") != "null"] or [schema]


def _is_plain(schema: Schema) -> bool:
    return bool(_types(schema) & {"string", "integer", "number", "boolean"}) or "enum" in schema or "properties" in schema
