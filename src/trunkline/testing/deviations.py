"""Where a vendor is known to differ from its own description: `deviations.toml` in the connector's folder.

```toml
[[deviation]]
endpoint = "PUT /contacts/{contactId}"      # or several, or a pattern: "* /contacts/*"
takes = {companyName = {type = "string"}}   # fields of the body
reason = "the vendor's repository, issue 314: taken, but not described"
```

`takes`, `query` and `answers` hold schemas by name (`takes` and `answers` by dotted place, lists are passed through), `optional` names of
what the vendor does without, `headers` further values it accepts. Every entry has its `reason`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import Schema

FILE: Final = "deviations.toml"
_KNOWN: Final = frozenset(("endpoint", "reason", "takes", "query", "answers", "optional", "headers"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """What to know besides the facts of one endpoint, or of all that match."""

    endpoints: tuple[str, ...] = ("*",)
    reason: str = ""
    takes: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    query: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    answers: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    optional: frozenset[str] = frozenset()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


NONE: Final = Deviation()


def deviations_in(folder: Path) -> tuple[Deviation, ...]:
    """Those of a connector; none when the folder has no such file. `ConfigError` for one that is not understood or has no reason."""
    path = folder / FILE
    if not path.is_file():
        return ()
    rows: list[object] = tomllib.loads(path.read_text(encoding="utf-8")).get("deviation", [])
    return tuple(_read(as_object(row), f"{path.name}, entry {number}") for number, row in enumerate(rows, 1))  # pyright: ignore[reportArgumentType]  # TOML's values are JSON's here


def of_endpoint(key: str, deviations: Sequence[Deviation]) -> Deviation:
    """All that is said of one endpoint, as one."""
    found = NONE
    for one in deviations:
        if any(key == pattern or fnmatchcase(key, pattern) for pattern in one.endpoints):
            found = replace(
                found,
                takes={**found.takes, **one.takes},
                query={**found.query, **one.query},
                answers={**found.answers, **one.answers},
                optional=found.optional | one.optional,
                headers={**found.headers, **one.headers},
            )
    return found


def _read(row: JSONObject, place: str) -> Deviation:
    unknown = set(row) - _KNOWN
    if unknown or not row.get("reason") or not row.get("endpoint"):
        raise ConfigError(f"{place}: {', '.join(sorted(unknown)) or 'endpoint and reason'} is not as it should be", place=place)
    return Deviation(
        endpoints=_texts(row["endpoint"]),
        reason=str(row["reason"]),
        takes=_schemas(row, "takes"),
        query=_schemas(row, "query"),
        answers=_schemas(row, "answers"),
        optional=frozenset(_texts(row.get("optional", []))),
        headers={name: _texts(values) for name, values in as_object(row.get("headers")).items()},
    )


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _schemas(row: JSONObject, name: str) -> dict[str, Schema]:
    return {place: as_object(schema) for place, schema in as_object(row.get(name)).items()}


def with_fields(schema: Schema, fields: Mapping[str, Schema]) -> Schema:
    """The same schema with the schemas at these dotted places put in or replaced; an empty place is the whole."""
    for place, inner in fields.items():
        schema = _with_field(schema, place.split(".") if place else [], inner)
    return schema


def _with_field(schema: Schema, parts: list[str], inner: Schema) -> Schema:
    if not parts:
        return inner
    if isinstance(items := schema.get("items"), dict):
        return {**schema, "items": _with_field(items, parts, inner)}
    name, *rest = parts
    fields = as_object(schema.get("properties"))
    return {**schema, "properties": {**fields, name: _with_field(as_object(fields.get(name)), rest, inner)}}
