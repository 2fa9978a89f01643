"""Schemas pruned to facts. Shared ones stay shared: a reference leads to a node, and every node is pruned once, after it was met."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from trunkline.connect.openapi.documents import Documents, Spot
from trunkline.connect.openapi.keywords import distinct, may_be_null, plain
from trunkline.connect.openapi.merging import merged, opened
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

MOST_PARTS: Final = 24
"""Most schemas that one `allOf` may pull together; the rest is referred to."""
MOST_COPIED: Final = 100_000
"""Most schemas that may be copied out of shared ones into an `allOf` of others, in all documents together."""
MOST_ONWARD: Final = 1_000
"""Longest way through schemas that only refer on."""
MOST_NESTED: Final = 4
"""How often a copied schema may hold an `allOf` that copies again."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 100
_SAYS: Final = frozenset(
    (
        *("allOf", "anyOf", "oneOf", "items", "properties", "required", "additionalProperties", "enum", "const", "pattern", "format"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
    )
)
"""Keywords that narrow what fits; a type alone, a default or prose beside a reference does not change what it refers to."""


@dataclass(slots=True)
class Node:
    """A schema that something refers to. `base` is what its author calls it."""

    base: str
    raw: JSON
    at: Spot
    schema: Schema = field(default_factory=dict[str, JSON])


@dataclass(frozen=True, slots=True)
class _Copied:
    """Where a schema that is being read is copied from: the nodes on the way to it, none of which is copied into itself."""

    nodes: frozenset[str] = frozenset()
    nested: int = 0


@dataclass(slots=True)
class Schemas:
    """Prunes schemas; what they refer to becomes a node under the place it stands at (`contacts.json#/components/schemas/Tag`)."""

    documents: Documents
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    _waiting: list[str] = field(default_factory=list[str])
    _onward: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """Where the schemas lead that only refer on."""
    _root: str = ""
    _copies: int = 0

    def pruned(self, raw: JSON, at: Spot) -> Schema:
        """The facts of a schema; references in it are ids of nodes."""
        return self._pruned(raw, at, _Copied())

    def finish(self) -> None:
        """Prune every node met so far, and those met on the way."""
        while self._waiting:
            self._root = self._waiting.pop()
            node = self.nodes[self._root]
            plainly = self._pruned(node.raw, node.at, _Copied(), chain=self._root)
            node.schema = self._family(node) or plainly
        self._root = ""

    def _pruned(self, raw: JSON, at: Spot, copied: _Copied, *, chain: str = "") -> Schema:
        """`chain` is the node whose whole schema this is."""
        self._copies += bool(copied.nodes)
        if not isinstance(raw, dict):
            return {}
        schema = self._all_of(raw, at, copied, chain) if "$ref" in raw or "allOf" in raw else self._own(raw, at, copied)
        return may_be_null(schema) if raw.get("nullable") is True else schema

    # ── references and allOf ─────────────────────────────────────────────────────────────────────────────────────────

    def _all_of(self, raw: JSONObject, at: Spot, copied: _Copied, chain: str) -> Schema:
        """A reference as it is where it stands alone; else one schema for all that counts, shared schemas copied in."""
        members = list(_members(raw, at))
        telling = [member for member, _ in members if _says_something(member)]
        if len(telling) == 1 and isinstance(reference := telling[0].get("$ref"), str):
            spot = next(spot for member, spot in members if member is telling[0])
            id = self._node(reference, spot)
            return {} if id is None or id == chain else {"$ref": id}
        return merged(self._parts(members, copied, chain))

    def _parts(self, members: list[tuple[JSONObject, Spot]], copied: _Copied, chain: str) -> list[Schema]:
        parts: list[Schema] = []
        seen = {chain}
        stack = [(member, spot, copied) for member, spot in reversed(members)]
        while stack:
            raw, at, here = stack.pop()
            if isinstance(reference := raw.get("$ref"), str):
                id = self._node(reference, at)
                if id is None or id in seen:
                    continue
                seen.add(id)
                if id == self._root or id in here.nodes or len(seen) > MOST_PARTS or not self._may_copy(copied):
                    parts.append({"$ref": id})
                    continue
                node = self.nodes[id]
                further = _Copied(here.nodes | {id}, copied.nested + 1)
                stack += [(member, spot, further) for member, spot in reversed(list(_members(node.raw, node.at)))]
            else:
                parts.append(self._own(raw, at, here))
        return parts

    def _may_copy(self, copied: _Copied) -> bool:
        return copied.nested < MOST_NESTED and self._copies < MOST_COPIED

    def _node(self, reference: str, at: Spot) -> str | None:
        """The node behind a reference, through those that only refer on; None when they lead in a circle."""
        passed: list[str] = []
        while True:
            raw, spot = self.documents.target(reference, at)
            id = str(spot)
            if id in passed or id in self._onward:
                found = self._onward.get(id)
                break
            if not isinstance(raw, dict) or not isinstance(onward := raw.get("$ref"), str) or _says_something({**raw, "$ref": None}):
                found = id
                if id not in self.nodes:
                    self.nodes[id] = Node(_called(spot), raw, spot)
                    self._waiting.append(id)
                break
            passed.append(id)
            if len(passed) > MOST_ONWARD:
                found = None
                break
            reference, at = onward, spot
        self._onward.update(dict.fromkeys(passed, found))
        return found

    def _family(self, node: Node) -> Schema:
        """The members of a parent that tells them apart by a `discriminator` and does not list them itself; empty when it is none."""
        raw = as_object(node.raw)
        mapping = as_object(as_object(raw.get("discriminator")).get("mapping"))
        if not mapping or "oneOf" in raw or "anyOf" in raw:
            return {}
        ids = {self._member(str(target), node.at) for target in mapping.values()} - {None, self._root}
        return {"anyOf": [{"$ref": id} for id in sorted(filter(None, ids))]} if len(ids) > 1 else {}

    def _member(self, target: str, at: Spot) -> str | None:
        try:
            return self._node(target if "#" in target or "/" in target else f"#/components/schemas/{target}", at)
        except ConfigError:
            return None

    # ── one schema ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _own(self, raw: JSONObject, at: Spot, copied: _Copied) -> Schema:
        """The facts of a schema without its reference and `allOf`."""
        schema = plain(raw)
        fields = as_object(raw.get("properties"))
        if fields:
            schema["properties"] = {name: self._pruned(inner, at / "properties" / name, copied) for name, inner in fields.items()}
        if required := _required(raw, as_object(schema.get("properties"))):
            schema["required"] = required
        if isinstance(items := raw.get("items"), dict) and (item := self._pruned(items, at / "items", copied)):
            schema["items"] = item
        self._others(schema, raw, at, copied)
        for keyword in ("oneOf", "anyOf"):
            if members := as_list(raw.get(keyword)):
                options = [self._pruned(member, at / keyword / index, copied) for index, member in enumerate(members)]
                schema = _with_options(schema, keyword, options)
        return opened(schema)

    def _others(self, schema: Schema, raw: JSONObject, at: Spot, copied: _Copied) -> None:
        others = raw.get("additionalProperties")
        if others is False and "patternProperties" not in raw:
            schema["additionalProperties"] = False
        elif isinstance(others, dict) and (found := self._pruned(others, at / "additionalProperties", copied)):
            schema["additionalProperties"] = found


def _members(raw: JSON, at: Spot) -> list[tuple[JSONObject, Spot]]:
    """What counts together in a schema: those of its `allOf`, then what it refers to, then what it says itself."""
    found: list[tuple[JSONObject, Spot]] = []
    stack = [(raw, at)]
    while stack:
        raw, at = stack.pop()
        if not isinstance(raw, dict):
            continue
        own = {name: value for name, value in raw.items() if name not in ("allOf", "$ref")}
        if "allOf" in raw:
            stack += [(own, at), *((member, at / "allOf" / index) for index, member in reversed(list(enumerate(as_list(raw["allOf"])))))]
        elif isinstance(raw.get("$ref"), str):
            found += [({"$ref": raw["$ref"]}, at), *([(own, at)] if _says_something(own) else [])]
        else:
            found.append((raw, at))
    return found


def _says_something(raw: JSONObject) -> bool:
    """Whether it narrows what fits, or refers to something that does."""
    return isinstance(raw.get("$ref"), str) or not _SAYS.isdisjoint(raw) or raw.get("type") not in (None, "object")


def _required(raw: JSONObject, fields: Schema) -> list[JSON]:
    """The names of fields that have to be given. A field that only the vendor sets is not; `required: true` in a field is meant so."""
    given = [name for name in as_list(raw.get("required")) if isinstance(name, str)]
    inside = [name for name, field in as_object(raw.get("properties")).items() if as_object(field).get("required") is True]
    return [name for name in sorted({*given, *inside}) if as_object(fields.get(name)).get("readOnly") is not True]


def _with_options(schema: Schema, keyword: str, options: list[Schema]) -> Schema:
    options = distinct(options)
    if {} in options:
        return schema
    if len(options) == 1:
        return merged([schema, options[0]])
    return {**schema, keyword: list[JSON](options)}


def _called(spot: Spot) -> str:
    """What the author calls the schema at a place, in letters that need no quoting."""
    parts = spot.parts
    if parts[:2] == ("components", "schemas") or parts[:1] in (("definitions",), ("$defs",)):
        parts = parts[2:] if parts[0] == "components" else parts[1:]
    name = _UNSAFE.sub("_", ".".join(parts)).strip("_.")
    return name[:_LONGEST_NAME] or _UNSAFE.sub("_", PurePosixPath(spot.document.name).stem) or "schema"
