"""The vendors' own API descriptions, read plainly: a second pair of eyes beside the importer, with which it shares no code.

The documents are not part of this repository; they lie beside it. Where two describe the same method and path, the first counts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

from yaml import CSafeLoader, load

ROOT: Final = Path(__file__).parents[2]
SPECS: Final = ROOT.parent / "shared" / "specs"
CONNECTORS: Final = ROOT / "src/trunkline/connectors"
METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")
DEEP: Final = 4
"""How many levels of a body are held against each other."""

_OF_THE_CLIENT: Final = frozenset(("accept", "authorization", "content-type"))
_CHOICES: Final = ("oneOf", "anyOf")

Raw = dict[str, Any]


def documents(connector: str) -> list[Path]:
    """The descriptions of a vendor in the order in which they count."""
    match connector:
        case "ghl":
            return [*sorted((SPECS / "ghl/apps").glob("*.json")), *sorted((SPECS / "ghl/apps/v3").glob("*.json"))]
        case "openphone":
            return [SPECS / "openphone/quo-public-api-v1.json", CONNECTORS / "openphone/dated.json"]
        case "ringcentral":
            return [SPECS / "ringcentral/rc-public-openapi.yml"]
        case _:
            return []


@lru_cache
def read(path: Path) -> Raw:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return load(text, _Core)


_CORE: Final = (
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("null", r"~|null|Null|NULL|"),
    ("int", r"[-+]?[0-9]+"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
)


class _Core(CSafeLoader):
    """YAML 1.2, in which `Off` and `18:00` are texts; another reader than the importer's, and much quicker."""

    # The library says it of the class too, without saying so to the type checker.
    yaml_implicit_resolvers: ClassVar[dict[None, list[tuple[str, re.Pattern[str]]]]] = {  # pyright: ignore[reportIncompatibleVariableOverride]
        None: [(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$")) for tag, pattern in _CORE]
    }


@dataclass(frozen=True, slots=True)
class Here:
    """A piece of a document, and the document, so that its references can be followed."""

    path: Path
    raw: Raw

    def inside(self, raw: object) -> "Here":
        """A part of this piece; where it is a reference, what that leads to."""
        here = Here(self.path, raw if isinstance(raw, dict) else {})  # pyright: ignore[reportUnknownArgumentType] - a document as it is
        seen: set[tuple[Path, str]] = set()
        while isinstance(reference := here.raw.get("$ref"), str):
            if (here.path, reference) in seen:
                return Here(here.path, {})
            seen.add((here.path, reference))
            file, _, place = reference.partition("#")
            path = (here.path.parent / file).resolve() if file else here.path
            found: Any = read(path)
            for part in place.split("/")[1:]:
                found = found[part.replace("~1", "/").replace("~0", "~")]
            here = Here(path, found)
        return here

    def table(self, name: str) -> Raw:
        """What stands at `name` where that is an object, else nothing."""
        given: Any = self.raw.get(name)
        return {} if not isinstance(given, dict) else given  # pyright: ignore[reportUnknownVariableType] - a document as it is

    def row(self, name: str) -> list[Any]:
        """What stands at `name` where that is a list, else nothing."""
        given: Any = self.raw.get(name)
        return [] if not isinstance(given, list) else given  # pyright: ignore[reportUnknownVariableType] - a document as it is

    def parts(self, name: str) -> list["Here"]:
        return [self.inside(one) for one in self.row(name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What is said of one place: whether it is needed (None where alternatives disagree), and its choices."""

    needed: bool | None
    choices: frozenset[str] | None


Outline = dict[str, Field]
"""Fields by dotted place; a list's items stand at `[]`."""


@dataclass(frozen=True)
class Described:
    """One method and path as its document has it."""

    key: str
    item: Here
    operation: Here

    @cached_property
    def parameters(self) -> dict[tuple[str, str], Here]:
        """By place and name; those of the operation win over those of its path."""
        found: dict[tuple[str, str], Here] = {}
        for one in (*self.item.parts("parameters"), *self.operation.parts("parameters")):
            place, name = str(one.raw.get("in")), str(one.raw.get("name"))
            name = name.lower() if place == "header" else name
            if place in ("path", "query", "header") and name not in _OF_THE_CLIENT:
                found[place, name] = one
        return found

    @property
    def fixed_headers(self) -> dict[str, str]:
        """Headers with one possible value."""
        found = {name: choices_of(one.inside(one.raw.get("schema"))) for (place, name), one in self.parameters.items() if place == "header"}
        return {name: json.loads(next(iter(choices))) for name, choices in found.items() if choices is not None and len(choices) == 1}

    @cached_property
    def body(self) -> tuple[str, Here] | None:
        """Media type and schema; JSON where there are several, else a form that files go into."""
        content = self.operation.inside(self.operation.raw.get("requestBody")).table("content")
        kinds = sorted(content, key=lambda kind: ("json" not in kind, "form-data" not in kind, [*content].index(kind)))
        if not kinds:
            return None
        media = self.operation.inside(content[kinds[0]])
        return kinds[0], media.inside(media.raw.get("schema"))

    @cached_property
    def outline(self) -> Outline:
        """Parameters at `query.name`, `header.name`, fields of the body at `body.name`."""
        made: Outline = {}
        for (place, name), one in self.parameters.items():
            if place != "path" and not (place == "header" and name in self.fixed_headers):
                made.update(parameter_outline(place, name, one))
        if self.body is not None:
            made.update({f"body.{name}": field for name, field in outline_of(self.body[1]).items()})
        return made

    @property
    def scopes(self) -> set[str]:
        listed: list[Mapping[str, list[str]]] = self.operation.row("security")
        return {scope for one in listed for scopes in one.values() for scope in scopes}


def parameter_outline(place: str, name: str, one: Here) -> Iterator[tuple[str, Field]]:
    """An object in the query travels field by field, as itself or as `name[field]`; anything else as one value."""
    schema, needed = one.inside(one.raw.get("schema")), one.raw.get("required") is True
    fields = fields_of(schema)
    if place == "query" and fields and "content" not in one.raw:
        deep = one.raw.get("style") == "deepObject"
        for field, (inner, inner_needed) in fields.items():
            yield f"query.{f'{name}[{field}]' if deep else field}", Field(needed=needed and inner_needed is True, choices=choices_of(inner))
    else:
        yield f"{place}.{name}", Field(needed=needed, choices=choices_of(schema))


def described(connector: str) -> dict[str, Described]:
    """Every method and path of a vendor's documents."""
    found: dict[str, Described] = {}
    for path in documents(connector):
        whole = Here(path.resolve(), read(path.resolve()))
        for address, raw in whole.table("paths").items():
            item = whole.inside(raw)
            for method in METHODS:
                if isinstance(item.raw.get(method), dict):
                    key = f"{method.upper()} {address}"
                    found.setdefault(key, Described(key=key, item=item, operation=item.inside(item.raw[method])))
    return found


# ── outlines of schemas, ours and theirs alike ───────────────────────────────────────────────────────────────────────


def choices_of(schema: Here) -> frozenset[str] | None:
    """The values a place may have, null aside; those of its items where it is a list."""
    if "enum" in schema.raw or "const" in schema.raw:
        given = schema.row("enum") if "enum" in schema.raw else [schema.raw["const"]]
        return frozenset(json.dumps(one) for one in _flat(given) if one is not None)
    together = [choices for one in schema.parts("allOf") if (choices := choices_of(one)) is not None]
    if together:
        return frozenset[str].intersection(*together)
    alternatives = [one for word in _CHOICES for one in schema.parts(word) if one.raw.get("type") != "null"]
    return choices_of(alternatives[0]) if len(alternatives) == 1 and not fields_of(schema) else None


def _flat(given: list[Any]) -> Iterator[Any]:
    """Choices; some documents put the list of them into a list."""
    for one in given:
        yield from one if isinstance(one, list) else [one]  # pyright: ignore[reportUnknownVariableType] - a document as it is


def fields_of(schema: Here) -> dict[str, tuple[Here, bool | None]]:
    """The fields of an object, and whether each is needed; with alternatives nobody can say in general."""
    found: dict[str, tuple[Here, bool | None]] = {}
    for one in schema.parts("allOf"):
        for name, (inner, is_needed) in fields_of(one).items():
            found[name] = (inner, is_needed or (found[name][1] if name in found else False))
    for name, raw in schema.table("properties").items():
        found[name] = (schema.inside(raw), False)
    for name in found.keys() & {str(name) for one in (schema, *schema.parts("allOf")) for name in one.row("required")}:
        found[name] = (found[name][0], True)
    for word in _CHOICES:
        _take_alternatives(found, [one for one in schema.parts(word) if one.raw.get("type") != "null"])
    return found


def _take_alternatives(found: dict[str, tuple[Here, bool | None]], branches: list[Here]) -> None:
    for branch in branches:
        for name, (inner, is_needed) in fields_of(branch).items():
            if name not in found:
                found[name] = (inner, is_needed if len(branches) == 1 else None)
            elif len(branches) > 1 and not found[name][1]:
                found[name] = (found[name][0], None)


def outline_of(schema: Here, *, depth: int = DEEP) -> Outline:
    """Every place down to `depth` levels."""
    made: Outline = {}
    if depth == 0:
        return made
    for name, (inner, needed) in fields_of(schema).items():
        made[name] = Field(needed=needed if "readOnly" not in inner.raw else None, choices=choices_of(inner))
        made.update({f"{name}.{place}": field for place, field in outline_of(inner, depth=depth - 1).items()})
    items = item_of(schema)
    if items is not None:
        made["[]"] = Field(needed=None, choices=choices_of(items))
        made.update({f"[].{place}": field for place, field in outline_of(items, depth=depth - 1).items()})
    return made


def item_of(schema: Here) -> Here | None:
    """What a list holds, also where the list is one of several things a place may be."""
    if isinstance(schema.raw.get("items"), dict):
        return schema.inside(schema.raw["items"])
    found = [item for word in (*_CHOICES, "allOf") for one in schema.parts(word) if (item := item_of(one)) is not None]
    return found[0] if found else None


def differing(theirs: Outline, ours: Outline) -> Iterable[str]:
    """Where two outlines say something else."""
    for place in sorted(theirs.keys() ^ ours.keys()):
        yield f"{place}: {'not in ours' if place in theirs else 'only in ours'}"
    for place in sorted(theirs.keys() & ours.keys()):
        if None not in (theirs[place].needed, ours[place].needed) and theirs[place].needed != ours[place].needed:
            yield f"{place}: needed is {theirs[place].needed} there, {ours[place].needed} here"
        if theirs[place].choices != ours[place].choices:
            yield f"{place}: choices are {_shown(theirs[place].choices)} there, {_shown(ours[place].choices)} here"


def _shown(choices: frozenset[str] | None) -> str:
    return "any" if choices is None else "|".join(sorted(choices))[:80]
