"""Which records an endpoint speaks of, read from its path and answer: the rules by which a simulated vendor keeps state."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from trunkline.connect.endpoints import Endpoint, Endpoints
from trunkline.model.json import as_list, as_object
from trunkline.model.schema import Schema

Doing = Literal["list", "create", "read", "change", "remove", "upsert", "act", "document"]
"""What an endpoint does. `act`: anything else, told by its own answer; `document`: one thing that is always there, as settings are."""

_SEARCHES: Final = frozenset(("search", "list", "query", "lookup", "filter", "find", "all"))
_VERBS: Final = frozenset(("upsert", "bulk"))
_OF_ITEM: Final[Mapping[str, Doing]] = {"GET": "read", "DELETE": "remove"}
_OF_COLLECTION: Final[Mapping[str, Doing]] = {"GET": "list", "POST": "create"}
_IDS: Final = ("id", "_id")
_LISTS: Final = ("data", "items", "records", "results", "list", "entries", "rows")
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`collection` is a path with placeholders and without a slash at its end; `item` the placeholder that names the record in it."""

    doing: Doing
    collection: str
    item: str | None = None


class Paths:
    """All paths of a vendor, for telling a collection from a verb. `answer` gives what an endpoint answers, by its key."""

    def __init__(self, endpoints: Endpoints, answer: Callable[[str], Schema]) -> None:
        self._keys = {_plain_key(key) for key in endpoints}
        self._answer = answer
        self._reads = {
            _plain(key.partition(" ")[2]).rpartition("/")[0]: key for key in endpoints if key.startswith("GET ") and key.endswith("}")
        }
        paths = {key.partition(" ")[2] for key in self._keys}
        self._with_items = {path.rpartition("/")[0] for path in paths if path.endswith("{}")}
        self._with_posts = {key.partition(" ")[2] for key in self._keys if key.startswith("POST ")}

    def target(self, endpoint: Endpoint) -> Target:
        """What this endpoint does to which records."""
        path = endpoint.path.rstrip("/")
        before, _, last = path.rpartition("/")
        if last.startswith("{"):
            return Target(doing=_OF_ITEM.get(endpoint.method, "change"), collection=before, item=last[1:-1])
        if self._is_collection(path, endpoint):
            return Target(doing=_OF_COLLECTION.get(endpoint.method, "act"), collection=path)
        if last in _SEARCHES:
            return Target(doing="list", collection=before)
        if endpoint.method == "GET" or (f"GET {_plain(path)}" in self._keys and endpoint.method in ("PUT", "PATCH")):
            return Target(doing="document", collection=path)
        collection, _, item = before.rpartition("/")
        if item.startswith("{"):
            return Target(doing="act", collection=collection, item=item[1:-1])
        return Target(doing="upsert" if last == "upsert" else "act", collection=before)

    def _is_collection(self, path: str, endpoint: Endpoint) -> bool:
        plain = _plain(path)
        before, _, last = plain.rpartition("/")
        if plain in self._with_items:
            return True
        if last in _SEARCHES or last in _VERBS:
            return False
        if endpoint.method == "GET":
            return list_place(endpoint.answer, last) is not None
        apart = before not in self._with_items and not before.endswith("}")
        return endpoint.method == "POST" and (apart or f"GET {plain}" in self._keys)

    def record(self, collection: str) -> Schema:
        """What a record of a collection looks like when it is read by itself; empty where that cannot be."""
        key = self._reads.get(_plain(collection))
        if key is None:
            return {}
        answer = self._answer(key)
        return at_place(answer, record_place(answer, collection.rpartition("/")[2]))

    def creates(self, collection: str) -> bool:
        """Whether records of a collection are made by a call to the collection itself."""
        return _plain(collection) in self._with_posts


def _plain_key(key: str) -> str:
    method, _, path = key.partition(" ")
    return f"{method} {_plain(path.rstrip('/'))}"


def _plain(path: str) -> str:
    """The same path with nameless placeholders."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


# ── where things lie in an answer ────────────────────────────────────────────────────────────────────────────────────


def list_place(schema: Schema, name: str) -> tuple[str, ...] | None:
    """Where an answer has its list, best the one called like the collection; None when it has none."""
    if "items" in schema:
        return () if _of_records(as_object(schema["items"])) else None
    found = sorted(_lists(schema, (), name), key=lambda one: (one[0], len(one[1])))
    return found[0][1] if found else None


def _lists(schema: Schema, place: tuple[str, ...], name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    if len(place) >= _DEEPEST:
        return
    for field, inner in _fields(schema):
        if "items" in inner:
            if _of_records(as_object(inner["items"])):
                likely = 0 if _alike(field, name) else 1 if field in _LISTS else 2
                yield likely + len(place), (*place, field)
        elif "properties" in inner:
            yield from _lists(inner, (*place, field), name)


def _of_records(item: Schema) -> bool:
    """Whether the items of a list can be records: objects, or nobody says what."""
    return "properties" in _object(item) or ("enum" not in item and item.get("type", "object") == "object")


def record_place(schema: Schema, name: str) -> tuple[str, ...]:
    """Where an answer has its record: itself, or in the field called like it, or in its only object."""
    fields = dict(_fields(schema))
    if not fields or any(one in fields for one in _IDS):
        return ()
    objects = [field for field, inner in fields.items() if "properties" in inner]
    named = [field for field in objects if _alike(field, name)] or [field for field in objects if _has_id(fields[field])]
    chosen = named or (objects if len(objects) == 1 else [])
    return (chosen[0],) if chosen else ()


def at_place(schema: Schema, place: Iterable[str]) -> Schema:
    """The schema at a place of an answer."""
    for field in place:
        schema = dict(_fields(schema)).get(field, {})
    return schema


def id_field(schema: Schema) -> str | None:
    """What the record calls its id; None when it has none."""
    fields = dict(_fields(schema))
    return next((one for one in _IDS if one in fields), None)


def _has_id(schema: Schema) -> bool:
    return id_field(schema) is not None


def _fields(schema: Schema) -> list[tuple[str, Schema]]:
    """The fields of an object, or of the first alternative that is one."""
    if "properties" not in schema:
        schema = next((one for one in _alternatives(schema) if "properties" in one), schema)
    return [(name, _object(as_object(one))) for name, one in as_object(schema.get("properties")).items()]


def _object(schema: Schema) -> Schema:
    """The first alternative that is an object or a list, or the schema itself."""
    return next((one for one in _alternatives(schema) if "properties" in one or "items" in one), schema)


def _alternatives(schema: Schema) -> list[Schema]:
    return [as_object(one) for word in ("anyOf", "oneOf") for one in as_list(schema.get(word))]


def _alike(field: str, name: str) -> bool:
    """`contact` and `contacts`, `customField` and `custom-fields`, `company` and `companies`."""
    return _stem(field) == _stem(name)


def _stem(word: str) -> str:
    plain = "".join(letter for letter in word.lower() if letter.isalnum())
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if plain.endswith(ending):
            return plain.removesuffix(ending) + instead
    return plain
