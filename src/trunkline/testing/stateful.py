"""What a simulated vendor answers by itself: records made, listed, changed and removed as an endpoint's path and answer say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from trunkline.connect.endpoints import Endpoint
from trunkline.model.clock import Instant, iso
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema
from trunkline.testing.paging import PAGES, PAGING, SIZES, facts_of, paged
from trunkline.testing.places import Paths, Target, at_place, id_field, list_place, record_place
from trunkline.testing.records import Records
from trunkline.testing.synthesis import Maker

_CREATED: Final = frozenset(("createdAt", "dateAdded", "created_at", "creationTime", "dateCreated", "createdOn"))
_UPDATED: Final = frozenset(("updatedAt", "dateUpdated", "updated_at", "lastModifiedTime", "lastUpdated", "modifiedAt", "updatedOn"))
_SAME: Final = ("id", "_id", "email", "phone", "externalId", "key")
"""Fields by which an upsert finds its record."""

_EVERYTHING: Final = 1_000_000
_USUAL: Final = 20
_EVERY: Final = "all"


class NotThere(Exception):
    """The path names a record that is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a request brought: path and query as text, the body parsed."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The state of one vendor and the means to make more. `owner` tells what a word such as `~` in a path stands for."""

    records: Records
    maker: Maker
    now: Callable[[], Instant]
    owner: Callable[[str, str], str]


class Behaviour:
    """How one endpoint is answered; `answer` is the schema its answers fit."""

    def __init__(self, endpoint: Endpoint, paths: Paths, *, answer: Schema, aliases: Mapping[str, str]) -> None:
        target = paths.target(endpoint)
        self.status = endpoint.answer_status
        self.target = Target(doing=target.doing, collection=aliases.get(target.collection, target.collection), item=target.item)
        self.type = endpoint.answer_type
        self._answer = answer
        self._name = next(part for part in reversed(target.collection.split("/")) if not part.startswith("{"))
        self._made_elsewhere = paths.creates(self.target.collection)
        self._list = list_place(answer, self._name)
        self._place = record_place(answer, self._name)
        self._record = paths.record(self.target.collection) or at_place(answer, self._place)
        self._id = id_field(self._record) or id_field(self._item()) or "id"
        sizes = {one.name: one.schema for one in endpoint.parameters if one.name in PAGING}
        told = [size for name in SIZES if isinstance(size := sizes.get(name, {}).get("default"), int)]
        self._usual = told[0] if told else _USUAL if sizes or endpoint.method == "POST" else _EVERYTHING
        self._zero = any(sizes[name].get("minimum") == 0 for name in PAGES if name in sizes)

    @property
    def is_file(self) -> bool:
        return "json" not in self.type

    def _item(self) -> Schema:
        return {} if self._list is None else as_object(at_place(self._answer, self._list).get("items"))

    def answer(self, given: Given, held: Held) -> JSON:
        """Do what the endpoint does and tell it; raises `NotThere`."""
        collection = self._collection(given, held)
        match self.target.doing:
            case "list":
                return self._listed(collection, given, held)
            case "create":
                return self._told(self._created(collection, given, held), held)
            case "upsert":
                return self._told(self._upserted(collection, given, held), held)
            case "read":
                return self._told(self._found(collection, given, held), held)
            case "change":
                return self._told(self._changed(collection, given, held), held)
            case "remove":
                return self._removed(collection, given, held)
            case "document":
                return self._document(collection, given, held)
            case "act":
                return self._acted(collection, given, held)

    def fill(self, given: Given, held: Held, count: int) -> None:
        """Put `count` records, and no others, where this request lists them."""
        collection = self._collection(given, held)
        for record in held.records.all(collection):
            held.records.remove(collection, str(record.get(self._id)))
        schema = self._record or self._item()
        fields = as_object(schema.get("properties"))
        asked: JSONObject = {name: value for name, value in {**given.query, **given.path}.items() if name in fields and name not in PAGING}
        for number in range(count):
            id = held.maker.id(as_object(fields.get(self._id)))
            named: JSONObject = {"name": f"Number {number}"} if "name" in fields and "name" not in asked else {}
            times = self._times(_CREATED | _UPDATED, held)
            held.records.put(collection, str(id), as_object(held.maker.fit(schema, {**times, **named, **asked, self._id: id})))

    def _collection(self, given: Given, held: Held) -> str:
        parts = self.target.collection.split("/")
        return "/".join(held.owner(part[1:-1], given.path.get(part[1:-1], "")) if part.startswith("{") else part for part in parts)

    def _item_id(self, given: Given, held: Held) -> str:
        name = self.target.item or ""
        return held.owner(name, given.path.get(name, ""))

    # ── lists ──

    def _listed(self, collection: str, given: Given, held: Held) -> JSON:
        asked = {**{name: value for name, value in as_object(given.body).items() if not isinstance(value, dict)}, **given.query}
        wanted = {name: value for name, value in asked.items() if name not in PAGING and isinstance(value, str | int)}
        found = [record for record in held.records.all(collection) if all(_fits(record, *one) for one in wanted.items())]
        page = paged(found, asked, id=self._id, usual=self._usual, zero=self._zero)
        if not self._answer:
            return {self._name: [*page.records], "total": page.total}
        place = (self._name,) if self._list is None else self._list
        facts = facts_of(self._answer, page, id=self._id, depth=len(place) + 1)
        return held.maker.fit(self._answer, _put(facts, place, [*page.records]), full=len(place))

    # ── records ──

    def _created(self, collection: str, given: Given, held: Held, *, id: JSON = None) -> JSONObject:
        body = as_object(given.body)
        fields = as_object(self._record.get("properties"))
        own = id if id is not None else body.get(self._id)
        if own is None or (id is None and held.records.get(collection, str(own)) is not None):
            own = held.maker.id(as_object(fields.get(self._id)))
        parents: JSONObject = {name: value for name, value in {**given.query, **given.path}.items() if name in fields}
        times = self._times(_CREATED | _UPDATED, held)
        record = as_object(held.maker.fit(self._record, {**times, **parents, **body, self._id: own}))
        held.records.put(collection, str(own), record)
        return record

    def _times(self, names: frozenset[str], held: Held) -> JSONObject:
        fields = as_object(self._record.get("properties"))
        return {name: _moment(as_object(fields[name]), held.now()) for name in fields if name in names}

    def _upserted(self, collection: str, given: Given, held: Held) -> JSONObject:
        found = held.records.matching(collection, as_object(given.body), _SAME)
        return self._created(collection, given, held) if found is None else self._merged(*found, collection, given, held)

    def _found(self, collection: str, given: Given, held: Held) -> JSONObject:
        id = self._item_id(given, held)
        record = held.records.get(collection, id)
        if record is None:
            raise NotThere(f"there is no {id} among {self._name}")
        return record

    def _changed(self, collection: str, given: Given, held: Held) -> JSONObject:
        id = self._item_id(given, held)
        record = held.records.get(collection, id)
        if record is not None:
            return self._merged(id, record, collection, given, held)
        if self._made_elsewhere:
            raise NotThere(f"there is no {id} among {self._name}")
        return self._created(collection, given, held, id=id)

    def _merged(self, id: str, record: JSONObject, collection: str, given: Given, held: Held) -> JSONObject:
        changed = {**record, **as_object(given.body), **self._times(_UPDATED, held), self._id: record.get(self._id, id)}
        made = as_object(held.maker.fit(self._record, changed))
        held.records.put(collection, id, made)
        return made

    def _removed(self, collection: str, given: Given, held: Held) -> JSON:
        id = self._item_id(given, held)
        gone = held.records.get(collection, id)
        if not held.records.remove(collection, id) and self._made_elsewhere:
            raise NotThere(f"there is no {id} among {self._name}")
        return self._said(gone or {}, held)

    # ── the rest ──

    def _document(self, path: str, given: Given, held: Held) -> JSON:
        start: JSONObject = {**given.query, **given.path}
        known = held.records.get(path, "") or start
        made = held.maker.fit(self._answer, {**known, **as_object(given.body)}, full=2)
        held.records.put(path, "", as_object(made))
        return made

    def _acted(self, collection: str, given: Given, held: Held) -> JSON:
        said: JSONObject = {**given.query, **given.path, **as_object(given.body)}
        if self.target.item is not None:
            id = self._item_id(given, held)
            record = held.records.get(collection, id)
            if record is None and self._made_elsewhere:
                raise NotThere(f"there is no {id} among {self._name}")
            if record is not None:
                said = {**said, **self._merged(id, record, collection, given, held)}
        return self._said(said, held)

    def _said(self, facts: JSONObject, held: Held) -> JSON:
        """An answer of its own kind, filled from what is known of its fields."""
        if not self._answer:
            return {}
        fields = as_object(self._answer.get("properties"))
        known: JSONObject = {name: value for name, value in facts.items() if name in fields}
        return held.maker.fit(self._answer, _put(known, self._place, facts) if self._place else known, full=2)

    def _told(self, record: JSONObject, held: Held) -> JSON:
        if not self._answer:
            return record
        return held.maker.fit(self._answer, _put({}, self._place, record), full=len(self._place))


def _put(value: JSONObject, place: tuple[str, ...], inner: JSON) -> JSON:
    """`value` with `inner` at this place."""
    if not place:
        return {**value, **inner} if isinstance(inner, dict) else inner
    name, *rest = place
    return {**value, name: _put(as_object(value.get(name)), tuple(rest), inner)}


def _fits(record: JSONObject, name: str, value: JSON) -> bool:
    """Whether a record is among those asked for; one that says nothing of the field is."""
    held = record.get(name)
    if held is None or value in (_EVERY, ""):
        return True
    return any(_word(one) == _word(value) for one in (as_list(held) if isinstance(held, list) else [held]))


def _word(value: JSON) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(schema: Schema, now: Instant) -> JSON:
    return now // 1000 if schema.get("type") in ("integer", "number") else iso(now)
