"""All custom fields of one record at once, by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trunkline.connect.declaration import Caller
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.contact import field_value
from trunkline.connectors.ghl.custom_fields.definitions import CONTACT, Field, anew, fields, named
from trunkline.connectors.ghl.custom_fields.values import FILE, TEXT_LIST, holds_content, read, written
from trunkline.model.errors import MappingError
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps
from trunkline.model.schema import Schema, boolean, record

GIVEN: Final[Schema] = record({}, about='Custom fields by name: {"Budget": 1200}; null clears one', open=True)
"""The input `custom_fields` of an operation that writes."""
ASKED: Final[Schema] = boolean("Give custom fields by name too; costs a call now and then for their definitions")
"""The input `custom_fields` of an operation that reads."""
NAMED: Final[Schema] = record({}, about="Custom fields by name, each with the type it has; null where there is no value", open=True)
"""What `custom_fields` holds in an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What is written to a contact or an opportunity: entries of `customFields`, and files that are uploaded once it has an id."""

    entries: tuple[JSONObject, ...] = ()
    files: tuple[tuple[Field, JSON], ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """Ids of fields, each with the name it was given by."""

    def called(self, missing: list[str]) -> list[str]:
        """What `lost` tells by the ids of fields, by the names they were given by."""
        known = {f"customFields.{field}": f"custom_fields.{name}" for field, name in self.names}
        return [known.get(one, one) for one in missing]


async def entries(caller: Caller, given: JSON, of: str, *, location: JSON = None) -> Entries:
    """`given` (name → value) as the vendor takes it; raises `MappingError` for a field or value it does not take."""
    values = as_object(given)
    if not values:
        return Entries()
    meant = await named(caller, values, of, location)
    made: list[JSONObject] = []
    files: list[tuple[Field, JSON]] = []
    for name, value in values.items():
        field = meant[name]
        if field.kind == FILE and holds_content(value):
            files.append((field, value))
        else:
            made.append({"id": field.id, "field_value": written(field, value)})
    names = tuple((meant[name].id, name) for name in values)
    return Entries(entries=tuple(made), files=tuple(files), names=names)


def merged(input: JSONObject, made: Entries) -> JSONObject:
    """The input of a call: entries made of names beside those given by id; a field given both ways counts by its name."""
    rest = {name: value for name, value in input.items() if name != "custom_fields"}
    if not made.entries:
        return rest
    ids = [one["id"] for one in made.entries]
    kept = [one for one in as_list(input.get("customFields")) if as_object(one).get("id") not in ids]
    return {**rest, "customFields": [*kept, *made.entries]}


async def attached(caller: Caller, made: Entries, record_id: JSON, *, location: JSON = None) -> list[JSONObject]:
    """Upload the files of `made` for the record that has `record_id`; gives the entries that make it hold them."""
    found: list[JSONObject] = []
    for field, value in made.files:
        held: JSONObject = {}
        for file in value if isinstance(value, list) else [value]:
            held.update(await _uploaded(caller, field, as_object(file), record_id, location))
        found.append({"id": field.id, "field_value": held})
    return found


async def attachment(caller: Caller, input: JSONObject) -> JSON:
    """Upload files for one field of one record: the entry that makes it hold them."""
    of = str(input.get("of") or CONTACT)
    meant = await named(caller, [str(input["field"])], of, input.get("locationId"))
    field = meant[str(input["field"])]
    if field.kind != FILE:
        raise MappingError(f"{field.name} is no field for files", field="field", hint=f"Its type is {field.kind}.")
    made = Entries(files=((field, input["file"]),))
    (entry,) = await attached(caller, made, input["id"], location=input.get("locationId"))
    return {**entry, "files": read(field, entry["field_value"])}


async def _uploaded(caller: Caller, field: Field, file: JSONObject, record_id: JSON, location: JSON) -> JSONObject:
    """One file as the entry of a contact holds it; one that has an address already is not sent again."""
    if "url" in file and not holds_content(file):
        return as_object(written(field, file))
    file_id = digest(dumps(file))
    asked: JSONObject = {"id": record_id, "field": f"{field.id}_{file_id}", "file": file}
    answer = as_object(await caller.call(calls.UPLOAD, {**asked, **({"locationId": location} if location else {})}))
    meta = as_object(next(iter(as_list(answer.get("meta"))), None))
    url = meta.get("url") or next(iter(as_object(answer.get("uploadedFiles")).values()), None)
    if not isinstance(url, str):
        raise MappingError(f"{field.place} was uploaded, but the vendor told no address", field=field.place)
    kept: JSONObject = {name: meta[name] for name in ("fieldname", "originalname", "encoding", "mimetype", "size") if name in meta}
    return {file_id: {"meta": {**kept, "uuid": file_id}, "url": url, "documentId": url.rpartition("/")[2]}}


async def by_name(caller: Caller, held: JSON, of: str, *, location: JSON = None) -> JSONObject:
    """The entries of a contact or an opportunity by name; every field there is, null where it has no value."""
    values = {str(one.get("id")): field_value(one) for one in map(as_object, as_list(held))}
    known = await _knowing(caller, values, of, location)
    told = {name: read(field, values.pop(field.id, None)) for name, field in _labelled(known)}
    return {**told, **values}


async def _knowing(caller: Caller, ids: JSONObject, of: str, location: JSON) -> tuple[Field, ...]:
    """The fields, read anew when one of `ids` is not among them; one that was deleted stays unknown."""
    known = await fields(caller, of, location)
    return known if set(ids) <= {field.id for field in known} else await anew(caller, of, location)


def _labelled(known: tuple[Field, ...]) -> Iterator[tuple[str, Field]]:
    """Each field under its name, further ones of the same name under their key, or their id where that is a name as well."""
    taken: set[str] = set()
    for field in known:
        name = next(one for one in (field.name, field.key, field.id) if one not in taken)
        taken.add(name)
        yield name, field


# ── custom objects ───────────────────────────────────────────────────────────────────────────────────────────────────


async def properties(caller: Caller, given: JSON, of: str, *, location: JSON = None) -> JSONObject:
    """`given` (name → value) as the properties of a record of the object `of` (`custom_objects.pet`)."""
    values = as_object(given)
    meant = await named(caller, values, of, location)
    made: JSONObject = {}
    for name, value in values.items():
        field = meant[name]
        if field.kind == FILE and holds_content(value):
            raise MappingError(
                f"{field.place} takes addresses of files", field=field.place, hint="Upload it with ghl.media.upload, then give its address."
            )
        taken = written(field, value, in_record=True)
        if field.kind == TEXT_LIST:
            made.update({f"{field.key}.{box}": text for box, text in as_object(taken).items()})
        else:
            made[field.key] = taken
    return made


async def properties_by_name(caller: Caller, held: JSON, of: str, *, location: JSON = None) -> JSONObject:
    """The properties of a record by name; every field there is, null where it has no value."""
    values = {name.removeprefix(f"{of}."): value for name, value in as_object(held).items()}
    told: JSONObject = {}
    for name, field in _labelled(await fields(caller, of, location)):
        boxes: JSONObject = {box.label: values.pop(place) for box in field.choices if (place := f"{field.key}.{box.key}") in values}
        told[name] = boxes or read(field, values.pop(field.key, None))
    return {**told, **values}
