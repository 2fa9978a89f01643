"""Contacts, opportunities and records of custom objects hold all ten types of fields, written and read by name through the client."""

from dataclasses import dataclass
from typing import Final

import pytest

from trunkline.connect.session import Session
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_opportunities import PIPELINE
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, sub_account
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_object

PET: Final = "custom_objects.pet"
MADE_AT: Final = "2026-11-01T08:00:00.000Z"
PDF: Final = "https://files.example.com/offer.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of field: what is given, what is read back, and what it does not take."""

    word: str
    given: JSON
    read: JSON
    wrong: JSON
    choices: tuple[str, ...] = ()


KINDS: Final = {
    "A text": Kind(word="TEXT", given="Zoë, naïve 🏠", read="Zoë, naïve 🏠", wrong=["a"]),
    "A number": Kind(word="NUMERICAL", given="-12.50", read=-12.5, wrong="1,200"),
    "Money": Kind(word="MONETORY", given=19.99, read=19.99, wrong="$5"),
    "A date": Kind(word="DATE", given="2026-03-08T23:30:00-08:00", read="2026-03-08", wrong="03/08/2026"),
    "One of": Kind(word="SINGLE_OPTIONS", given="ROOF", read="Roof", wrong="Cellar", choices=("Roof", "Attic")),
    "Some of": Kind(word="MULTIPLE_OPTIONS", given="attic, roof", read=["Attic", "Roof"], wrong=["Cellar"], choices=("Roof", "Attic")),
    "Boxes": Kind(word="CHECKBOX", given=["Attic"], read=["Attic"], wrong=True, choices=("Roof", "Attic")),
    "A file": Kind(word="FILE_UPLOAD", given=PDF, read=PDF, wrong="offer.pdf"),
    "Either": Kind(word="RADIO", given="Attic", read="Attic", wrong=["Roof", "Attic"], choices=("Roof", "Attic")),
    "A phone": Kind(word="PHONE", given="+44 (0)20 7946 0018", read="+442079460018", wrong="call me"),
}


def _definitions(vendor: FakeGHL, of: str) -> None:
    """One field of each type for contacts, opportunities or the custom object."""
    for number, (name, kind) in enumerate(KINDS.items()):
        key = f"{of}.field_{number}"
        field: JSONObject = {"id": f"{of}{number}", "name": name, "fieldKey": key, "dataType": kind.word}
        if of == PET:
            options: list[JSON] = [{"key": choice.lower(), "label": choice} for choice in kind.choices]
            own: JSONObject = {"objectKey": of, "locationId": vendor.location, "options": options, "parentId": "f", "showInForms": True}
            vendor.seed_records({"custom-fields": [{**field, **own, "dateAdded": MADE_AT, "dateUpdated": MADE_AT}]})
        else:
            vendor.seed_records({f"locations/{vendor.location}/customFields": [{**field, "model": of, "picklistOptions": [*kind.choices]}]})


async def _written(session: Session, of: str, fields: JSONObject) -> str:
    """The id of a record made with these fields."""
    match of:
        case "contact":
            made = await call(session, "contacts.create", {"email": "bela@example.com", "custom_fields": fields})
            assert made["unwritten"] == []
        case "opportunity":
            roof: JSONObject = {"name": "Roof", "pipelineId": PIPELINE, "contactId": ADA, "status": "open"}
            made = await call(session, "opportunities.create", {**roof, "custom_fields": fields})
            assert made["unwritten"] == []
        case _:
            made = await call(session, "objects.create_record", {"schemaKey": of, "properties": fields})
            of = "record"
    return str(as_object(made[of])["id"])


async def _read(session: Session, of: str, id: str) -> JSONObject:
    match of:
        case "contact":
            told = await call(session, "contacts.get", {"contactId": id, "custom_fields": True})
        case "opportunity":
            told = await call(session, "opportunities.get", {"id": id, "custom_fields": True})
        case _:
            told = await call(session, "objects.get_record", {"schemaKey": of, "id": id, "custom_fields": True})
            of = "record"
    return as_object(as_object(told[of])["custom_fields"])


def _plain(value: JSON) -> JSON:
    """The address of a file; it is told with its name and type as well."""
    return as_object(value[0])["url"] if isinstance(value, list) and value and isinstance(value[0], dict) else value


on_each_owner = pytest.mark.parametrize("of", ["contact", "opportunity", PET])


@on_each_owner
async def test_all_ten_types_are_written_and_read_back(of: str) -> None:
    async with sub_account() as (session, vendor):
        _definitions(vendor, of)
        id = await _written(session, of, {name: kind.given for name, kind in KINDS.items()})
        told = await _read(session, of, id)
        assert {name: _plain(told[name]) for name in KINDS} == {name: kind.read for name, kind in KINDS.items()}


@on_each_owner
async def test_what_is_read_can_be_written_again(of: str) -> None:
    async with sub_account() as (session, vendor):
        _definitions(vendor, of)
        told = await _read(session, of, await _written(session, of, {name: kind.given for name, kind in KINDS.items()}))
        if of == "contact":
            vendor.records.delete(str(vendor.contacts[-1]["id"]))
        again = await _read(session, of, await _written(session, of, {name: told[name] for name in KINDS}))
        assert again == told


@on_each_owner
@pytest.mark.parametrize("name", KINDS)
async def test_wrong_type_is_told_by_the_field_before_anything_is_sent(of: str, name: str) -> None:
    async with sub_account() as (session, vendor):
        _definitions(vendor, of)
        with pytest.raises(MappingError) as caught:
            await _written(session, of, {"A text": "fine", name: KINDS[name].wrong})
        assert caught.value.field == f"custom_fields.{name}"
        assert all(choice in caught.value.hint for choice in KINDS[name].choices)
        assert all(seen.method == "GET" for seen in vendor.calls)


async def test_file_for_a_custom_object_is_given_by_its_address() -> None:
    async with sub_account() as (session, vendor):
        _definitions(vendor, PET)
        with pytest.raises(MappingError) as caught:
            await _written(session, PET, {"A file": {"filename": "offer.pdf", "text": "x"}})
        assert (caught.value.field, "ghl.media.upload" in caught.value.hint) == ("custom_fields.A file", True)


@on_each_owner
async def test_name_that_is_not_known_is_looked_for_once_and_then_told_with_the_nearest(of: str) -> None:
    async with sub_account() as (session, vendor):
        _definitions(vendor, of)
        with pytest.raises(MappingError) as caught:
            await _written(session, of, {"A phne": "+442079460018"})
        assert caught.value.field == "custom_fields.A phne"
        assert "A phone" in caught.value.hint
        assert [seen.method for seen in vendor.calls] == ["GET", "GET"]


@on_each_owner
async def test_empty_clears_every_type(of: str) -> None:
    async with sub_account() as (session, vendor):
        _definitions(vendor, of)
        id = await _written(session, of, {name: "" if number % 2 else None for number, name in enumerate(KINDS)})
        told = await _read(session, of, id)
        assert [told[name] for name in KINDS] == [None] * len(KINDS)
