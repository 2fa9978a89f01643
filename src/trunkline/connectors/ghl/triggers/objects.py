"""What can happen to custom objects, their records, and the links between records."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.ghl.categories import OBJECTS
from trunkline.connectors.ghl.operations.associations import FIND
from trunkline.connectors.ghl.operations.objects import OPERATIONS
from trunkline.connectors.ghl.triggers.shaping import any_of, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, changed, created, happened
from trunkline.model.json import JSONObject, as_list, as_object
from trunkline.model.schema import record, text


def _mended_object(told: JSONObject) -> JSONObject:
    made, renewed = told.pop("created_at", None), told.pop("updated_at", None)
    return {**told, "date_added": told["date_added"] or made, "date_updated": told["date_updated"] or renewed}


OBJECT: Final = Noun(
    under="object",
    category=OBJECTS,
    fields={
        "id": text("The object's id"),
        "key": text("custom_objects.pets and the like"),
        **texts("description", "primary_display_property"),
        **any_of("labels", "searchable_properties"),
        **times("date_added", "date_updated"),
        **LOCATION,
    },
    identity=("key", "description", "primary_display_property", "labels"),
    mend=_mended_object,
    scopes=("objects/schema.readonly",),
)
_OBJECTS: Final = Listing(
    read=next(operation for operation in OPERATIONS if operation.id == "objects.list"), created="dateAdded", updated="dateUpdated"
)


def _mended_record(told: JSONObject) -> JSONObject:
    """Events tell of the fields as a list of keys with typed values; they are told by key as well."""
    fields: JSONObject = {}
    for one in map(as_object, as_list(told["properties"])):
        value = next((item for name, item in one.items() if name.startswith("value")), None)
        fields[str(one.get("key"))] = value
    return {**told, "fields": fields}


RECORD: Final = Noun(
    under="record",
    category=OBJECTS,
    fields={
        "id": text("The record's id"),
        "fields": record({}, open=True, about="The values by the key of their field"),
        **any_of("properties", "owners", "followers"),
        **LOCATION,
    },
    identity=("fields", "owners", "followers"),
    mend=_mended_record,
    scopes=("objects/record.readonly",),
)
_NO_TYPE: Final = "Deliveries do not say what they are: give each event its own address, ending in ?event=NAME (see the README)"


ASSOCIATION: Final = Noun(
    under="association",
    category=OBJECTS,
    fields={
        "id": text("The association's id"),
        **texts("key", "association_type", "first_object_key", "first_object_label", "second_object_key", "second_object_label"),
        **texts("first_object_to_second_object_cardinality", "second_object_to_first_object_cardinality"),
        **LOCATION,
    },
    identity=("key", "first_object_key", "first_object_label", "second_object_key", "second_object_label"),
    scopes=("associations.readonly",),
)
_ASSOCIATIONS: Final = Listing(read=FIND)

RELATION: Final = Noun(
    under="relation",
    category=OBJECTS,
    fields={
        "id": text("The relation's id"),
        **texts("association_id", "first_object_key", "first_record_id", "second_object_key", "second_record_id"),
        **LOCATION,
    },
    asks={"associationId": "association_id"},
    scopes=("associations/relation.readonly",),
)

TRIGGERS: Final[tuple[Trigger, ...]] = (
    created(OBJECT, "objects.created", "Custom object created", "ObjectSchemaCreate", listing=_OBJECTS, about=_NO_TYPE),
    changed(
        OBJECT,
        "objects.changed",
        "Custom object created or changed",
        "ObjectSchemaCreate",
        "ObjectSchemaUpdate",
        listing=_OBJECTS,
        about=_NO_TYPE,
    ),
    created(RECORD, "records.created", "Record of a custom object created", "RecordCreate", about=_NO_TYPE),
    changed(RECORD, "records.changed", "Record of a custom object created or changed", "RecordCreate", "RecordUpdate", about=_NO_TYPE),
    happened(RECORD, "records.deleted", "Record of a custom object deleted", "RecordDelete", about=_NO_TYPE),
    created(ASSOCIATION, "associations.created", "Association created", "AssociationCreate", listing=_ASSOCIATIONS, about=_NO_TYPE),
    changed(
        ASSOCIATION,
        "associations.changed",
        "Association created or changed",
        "AssociationCreate",
        "AssociationUpdate",
        listing=_ASSOCIATIONS,
        about=_NO_TYPE,
    ),
    happened(ASSOCIATION, "associations.deleted", "Association deleted", "AssociationDelete", about=_NO_TYPE),
    created(RELATION, "relations.created", "Two records linked", "RelationCreate", about=_NO_TYPE),
    happened(RELATION, "relations.deleted", "Two records no longer linked", "RelationDelete", about=_NO_TYPE),
)
