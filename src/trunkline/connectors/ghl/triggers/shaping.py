"""How this vendor's records become payloads: names in snake_case, one spelling of times, `id` whatever it is called."""

from collections.abc import Iterable, Mapping
from typing import Final

from trunkline.connect.watching import Shape, moment
from trunkline.connectors.ghl.contact import CONTACT, contact_of, snake
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, nullable, number, text

TIMES: Final = frozenset(
    ("date_added", "date_updated", "created_at", "updated_at", "last_message_date", "last_status_change_at", "last_stage_change_at")
)
"""Fields that tell when something happened to a record; when an appointment begins is left in its own zone."""

_MAPS: Final = frozenset(("others", "properties", "custom_values", "permissions"))
"""Objects whose keys are somebody's own names or ids, not the vendor's words."""

_LEFT_OUT: Final = frozenset(("trace_id", "__v"))


def name_of(path: str) -> str:
    """What a field (or a dotted path) of the vendor is called in a payload."""
    return ".".join("id" if part == "_id" else snake(part.replace("-", "_")) for part in path.split("."))


def record_of(raw: JSONObject) -> JSONObject:
    """A record as a payload tells it."""
    record = as_object(snaked(raw))
    return {name: (moment(value) or value) if name in TIMES else value for name, value in record.items() if name not in _LEFT_OUT}


def snaked(value: JSON) -> JSON:
    """The same value with snake_case names at every depth; `_id` is `id`, unless there is one already."""
    if isinstance(value, list):
        return [snaked(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: value[key] if name in _MAPS and isinstance(value[key], dict) else snaked(value[key]) for key, name in _names(value).items()
    }


def _names(keys: Iterable[str]) -> dict[str, str]:
    """What each key is called; of two that would be called the same, `id` and the vendor's own word win (`customFields`)."""
    given = sorted(keys, key=lambda key: (key == "_id", key == name_of(key) != "id"))
    taken: set[str] = set()
    names: dict[str, str] = {}
    for key in given:
        if name_of(key) not in taken:
            names[key] = name_of(key)
            taken.add(names[key])
    return {key: names[key] for key in keys if key in names}


def schema_of(schema: Schema) -> Schema:
    """The schema of what `record_of` makes of a value with this schema."""
    told = _schema(schema)
    fields = as_object(told.get("properties"))
    named = {name: TIME if name in TIMES else field for name, field in fields.items() if name not in _LEFT_OUT}
    return {**told, "properties": {**named}} if "properties" in told else told


def _schema(schema: Schema) -> Schema:
    made = dict(schema)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            made[word] = [_schema(as_object(way)) for way in as_list(schema[word])]
    if isinstance(items := schema.get("items"), dict):
        made["items"] = _schema(items)
    if isinstance(fields := schema.get("properties"), dict):
        made["properties"] = {name: _field(name, as_object(fields[key])) for key, name in _names(fields).items()}
    if isinstance(required := schema.get("required"), list):
        made["required"] = [name_of(str(name)) for name in required if name_of(str(name)) not in _LEFT_OUT]
    return made


def _field(name: str, schema: Schema) -> Schema:
    return schema if name in _MAPS and schema.get("type") == "object" else _schema(schema)


TIME: Final = nullable(text("ISO 8601 in UTC"))
SNAKED: Final = Shape(item=record_of, schema=schema_of, name=name_of)


def _contact_schema(schema: Schema) -> Schema:  # noqa: ARG001 - however it was read, a contact becomes the same record
    return CONTACT


AS_CONTACT: Final = Shape(item=contact_of, schema=_contact_schema, name=snake)


# ── schemas of records ───────────────────────────────────────────────────────────────────────────────────────────────


def texts(*names: str) -> Mapping[str, Schema]:
    return {name: nullable(text()) for name in names}


def numbers(*names: str) -> Mapping[str, Schema]:
    return {name: nullable(number()) for name in names}


def flags(*names: str) -> Mapping[str, Schema]:
    return {name: nullable(boolean()) for name in names}


def times(*names: str) -> Mapping[str, Schema]:
    return dict.fromkeys(names, TIME)


def any_of(*names: str) -> Mapping[str, Schema]:
    """Fields of which only the name is known."""
    return {name: anything() for name in names}
