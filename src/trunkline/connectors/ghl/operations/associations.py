"""Associations say which kinds of records belong together and as what; relations are the links between single records."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, LookFirst, Operation
from trunkline.connectors.ghl.answers import says_missing
from trunkline.connectors.ghl.categories import OTHER
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, items_of, items_under
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.errors import RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, boolean, list_of, nullable, number, record, text

_USUAL: Final = 100
_OBJECTS: Final = ("firstObjectKey", "secondObjectKey")
_RECORDS: Final = ("firstRecordId", "secondRecordId")
_LABELS: Final[dict[str, Schema]] = {name: text() for name in ("firstObjectLabel", "secondObjectLabel")}
_KEYS: Final[dict[str, Schema]] = {name: text() for name in _OBJECTS}
"""The description types both as objects and shows texts."""

_ASSOCIATION: Final = record(
    {"id": text(), "locationId": text(), "key": text(), "associationType": text(), **_KEYS, **_LABELS}, required=("id",), open=True
)
_RELATION: Final = record(
    {
        "id": text(),
        **{
            name: text() for name in ("locationId", "associationId", "firstRecordId", "secondRecordId", "firstObjectKey", "secondObjectKey")
        },
    },
    required=("id",),
    open=True,
)

# ── which kinds belong together ──────────────────────────────────────────────────────────────────────────────────────


def _associations(answer: JSON) -> JSONObject:
    """A list is described as one association, and what has only one may come as it: all shapes are read."""
    return items_under(answer, "associations")


FIND: Final = around(
    declared(
        "GET /associations/",
        "associations.find",
        "Find Associations",
        OTHER,
        about="All kinds of links between records of the sub-account",
        add={"limit": size(), "skip": start()},
        defaults={"limit": _USUAL, "skip": 0},
        output=items_of(_ASSOCIATION, "associations", total=number()),
        items="associations",
        id_field="id",
        next_page=by_offset("associations", offset="skip", usual=_USUAL, total="total"),
    ),
    after=_associations,
)
BY_KEY: Final = declared(
    "GET /associations/key/{key_name}", "associations.get_by_key", "Get Association Key", OTHER, id_field="id", output=_ASSOCIATION
)
_BY_OBJECT: Final = declared(
    "GET /associations/objectKey/{objectKey}",
    "associations.get_by_object_keys",
    "Get Association by Keys",
    OTHER,
    items="associations",
    id_field="id",
)


async def by_object_keys(caller: Caller, input: JSONObject) -> JSON:
    """The vendor takes one key and gives every association of that kind; with two, those that link one with the other are kept."""
    asked = {name: value for name, value in input.items() if name != "otherObjectKey"}
    found = _associations(await caller.call(_BY_OBJECT, asked))
    other = input.get("otherObjectKey")
    if not other:
        return found
    wanted = {str(input["objectKey"]), str(other)}
    kept = [one for one in as_list(found["associations"]) if _ends(as_object(one), _OBJECTS) == wanted]
    return {**found, "associations": kept, "total": len(kept)}


# ── links between records ────────────────────────────────────────────────────────────────────────────────────────────

LIST_RELATIONS: Final = around(
    declared(
        "GET /associations/relations/{recordId}",
        "associations.list_relations",
        "Get Relations by Record",
        OTHER,
        add={"limit": size(), "skip": start(), "associationIds": list_of(text())},
        defaults={"limit": _USUAL, "skip": 0},
        output=items_of(_RELATION, "relations", total=number()),
        items="relations",
        id_field="id",
        next_page=by_offset("relations", offset="skip", usual=_USUAL, total="total"),
    ),
    after=lambda answer: items_under(answer, "relations"),
)
_CREATE_RELATION: Final = declared(
    "POST /associations/relations",
    "associations.create_relation",
    "Create Relation",
    OTHER,
    about="Links two records; the first must be of the association's first kind. A link that is there already counts as done",
    id_field="id",
    output=record({"id": nullable(text()), "existed": boolean()}, open=True),
    repeat="safe",
)


async def create_relation(caller: Caller, input: JSONObject) -> JSON:
    """The vendor refuses a link that is there already with 400 (vendor repository, issue 73): then it is looked up."""
    try:
        return {**as_object(await caller.call(_CREATE_RELATION, input)), "existed": False}
    except RejectedError as refusal:
        if refusal.status not in (400, 409, 422):
            raise
        there = await _relation(caller, input)
        if there is None:
            raise
        return {**there, "existed": True}


async def _relation(caller: Caller, input: JSONObject) -> JSONObject | None:
    asked: JSONObject = {"recordId": input["firstRecordId"], "associationIds": [input["associationId"]]}
    found = as_object(await caller.call(LIST_RELATIONS, asked))
    for one in map(as_object, as_list(found["relations"])):
        if _ends(one, _RECORDS) == _ends(input, _RECORDS) and one.get("associationId") in (None, input["associationId"]):
            return one
    return None


def _ends(link: JSONObject, names: tuple[str, ...]) -> set[str]:
    """What a link links, whichever end comes first."""
    return {str(link.get(name)) for name in names}


CREATE_RELATION: Final = replace(_CREATE_RELATION, call=create_relation)

# ── an association, made and used ────────────────────────────────────────────────────────────────────────────────────

_CREATE: Final = declared(
    "POST /associations/",
    "associations.create",
    "Create Association",
    OTHER,
    about="Says that two kinds of records can be linked, and as what. With the ids of two records it also links these, and takes the "
    "association of that key if there is one",
    add={**_KEYS, **_LABELS},
    id_field="id",
    output=record(
        {**as_object(_ASSOCIATION["properties"]), "relation": nullable(anything("The link, where records were given"))},  # pyright: ignore[reportArgumentType]  # they are schemas
        required=("id",),
        open=True,
    ),
)


async def create(caller: Caller, input: JSONObject) -> JSON:
    """The vendor's call of this name makes the kind of link only; people mean the link itself as often."""
    kind: JSONObject = {name: value for name, value in input.items() if name not in _RECORDS}
    if not all(input.get(name) for name in _RECORDS):
        return await caller.call(_CREATE, kind)
    association = await _by_key(caller, input["key"]) or as_object(await caller.call(_CREATE, kind))
    ends = {name: input[name] for name in _RECORDS}
    return {**association, "relation": await create_relation(caller, {"associationId": association.get("id"), **ends})}


async def _by_key(caller: Caller, key: JSON) -> JSONObject | None:
    try:
        found = as_object(await caller.call(BY_KEY, {"key_name": key}))
    except RejectedError as refusal:
        if not says_missing(refusal):
            raise
        return None
    return found if found.get("id") else None


async def find_created(caller: Caller, input: JSONObject) -> JSON | None:
    """A key is one association's: when it is there, it was made. A link is made again, which changes nothing."""
    there = await _by_key(caller, input["key"])
    return there if not all(input.get(name) for name in _RECORDS) else None


OPERATIONS: Final[tuple[Operation, ...]] = (
    FIND,
    declared("GET /associations/{associationId}", "associations.get", "Get Association", OTHER, id_field="id", output=_ASSOCIATION),
    BY_KEY,
    replace(
        _BY_OBJECT,
        call=by_object_keys,
        about="The associations of one kind of record, or those between two kinds",
        takes=record(
            {
                "objectKey": text("contact, opportunity, business or custom_objects.…", min_length=1),
                "otherObjectKey": text("The kind at the other end"),
                "locationId": text(),
            },
            required=("objectKey",),
        ),
        gives=items_of(_ASSOCIATION, "associations", total=number()),
    ),
    LIST_RELATIONS,
    replace(
        _CREATE,
        call=create,
        takes=lambda: _with_records(_CREATE.input),
        repeat=LookFirst(find_created),
        scopes=("associations.readonly", *_CREATE.scopes, *_CREATE_RELATION.scopes),
    ),
    declared(
        "PUT /associations/{associationId}",
        "associations.update",
        "Update Association",
        OTHER,
        add=_LABELS,
        about="Its labels",
        id_field="id",
        output=_ASSOCIATION,
    ),
    gone_is_done(
        declared(
            "DELETE /associations/{associationId}", "associations.delete", "Delete Association", OTHER, about="And every link of its kind"
        )
    ),
    CREATE_RELATION,
    gone_is_done(declared("DELETE /associations/relations/{relationId}", "associations.delete_relation", "Delete Relation", OTHER)),
)


def _with_records(schema: Schema) -> Schema:
    ends = {"firstRecordId": text("A record to link, of the first kind"), "secondRecordId": text("The record to link it with")}
    return {**schema, "properties": {**as_object(schema["properties"]), **ends}}
