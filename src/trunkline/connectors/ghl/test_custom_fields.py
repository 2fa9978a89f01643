"""Custom fields by name: written and read with the type they have, for contacts, opportunities and custom objects."""

import pytest

from trunkline.connect.session import Session
from trunkline.connectors.ghl.custom_fields import (
    CONTACT,
    OPPORTUNITY,
    by_name,
    entries,
    merged,
    properties,
    properties_by_name,
)
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, operation, sub_account
from trunkline.model.errors import MappingError, OutcomeUnknownError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

PET = "custom_objects.pet"
ALL: JSONObject = {
    "Favourite colour": "Green",
    "Budget": 1200.5,
    "Rooms": "4",
    "Move-in date": "2026-12-01T08:00:00Z",
    "Interests": ["roof", "Solar"],
    "Wants newsletter?": True,
    "Contact time": "Morning",
    "Second phone": "+1 (555) 555-0177",
    "Remarks": "First line\nSecond line",
    "Nickname": 7,
    "Measures": {"Width": "4", "height": "2"},
}
HELD: JSONObject = {
    "Favourite colour": "green",
    "Budget": 1200.5,
    "Rooms": 4,
    "Move-in date": "2026-12-01",
    "Interests": ["Roof", "Solar"],
    "Wants newsletter?": ["Yes"],
    "Site photo": None,
    "Contact time": "Morning",
    "Second phone": "+15555550177",
    "Remarks": "First line\nSecond line",
    "Nickname": "7",
    "Measures": {"Width": "4", "Height": "2"},
}


def _definitions_read(vendor: FakeGHL) -> int:
    return len(vendor.calls_to("GET /locations/*/customFields"))


# ── with contacts ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("id", ["contacts.create", "contacts.upsert"])
async def test_eleven_fields_of_every_type_are_written_by_name_and_read_back(id: str) -> None:
    async with sub_account() as (session, vendor):
        answer = await call(session, id, {"email": "bela@example.com", "custom_fields": ALL})
        assert answer["unwritten"] == []
        assert as_object(answer["contact"])["custom_fields"] == HELD
        assert len(as_list(vendor.contacts[-1]["customFields"])) == len(ALL)
        sent = as_object(vendor.calls_to("POST /contacts/*")[-1].json())
        assert "custom_fields" not in sent


async def test_update_changes_the_named_fields_and_leaves_the_others() -> None:
    async with sub_account() as (session, _):
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Rooms": 3, "contact.remarks": "tall"}})
        found = await call(session, "contacts.get", {"contactId": ADA, "custom_fields": True})
        named = as_object(as_object(found["contact"])["custom_fields"])
        assert (named["Favourite colour"], named["Rooms"], named["Remarks"], named["Budget"]) == ("blue", 3, "tall", None)


async def test_null_clears_a_field() -> None:
    async with sub_account() as (session, vendor):
        answer = await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"favourite COLOUR": None}})
        assert answer["unwritten"] == []
        assert vendor.contacts[0]["customFields"] == []


async def test_names_and_ids_stand_side_by_side_and_the_name_wins() -> None:
    async with sub_account() as (session, vendor):
        raw: list[JSON] = [{"id": "cUsToMfIeLd00000011", "field_value": "by id"}, {"id": "cUsToMfIeLd00000003", "field_value": 1}]
        asked: JSONObject = {"contactId": ADA, "customFields": raw, "custom_fields": {"Rooms": 2}}
        await call(session, "contacts.update", asked)
        held = {str(as_object(one)["id"]): as_object(one)["value"] for one in as_list(vendor.contacts[0]["customFields"])}
        assert (held["cUsToMfIeLd00000011"], held["cUsToMfIeLd00000003"]) == ("by id", 2)


@pytest.mark.parametrize("name", ["budget", "BUDGET", "contact.budget", "{{ contact.budget }}", "cUsToMfIeLd00000002", "Budget"])
async def test_field_is_meant_by_its_name_in_any_case_its_key_or_its_id(name: str) -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {name: 5}})
        assert {"id": "cUsToMfIeLd00000002", "value": 5} in as_list(vendor.contacts[0]["customFields"])


async def test_every_read_gives_names_when_asked_and_none_otherwise() -> None:
    async with sub_account() as (session, vendor):
        search = await call(session, "contacts.search", {"pageLimit": 5, "custom_fields": True})
        (found,) = as_list(search["contacts"])
        assert as_object(as_object(found)["custom_fields"])["Favourite colour"] == "blue"
        found = await call(session, "contacts.find", {"email": "ada.palmer@example.com", "custom_fields": True})
        assert as_object(as_object(found["contact"])["custom_fields"])["Favourite colour"] == "blue"
        assert _definitions_read(vendor) == 1
        plain = await call(session, "contacts.get", {"contactId": ADA})
        assert "custom_fields" not in as_object(plain["contact"])


async def test_unwritten_field_is_told_by_the_name_it_was_given() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("PUT /contacts/*", status=200, body={"succeded": True, "contact": {"id": ADA}})
        answer = await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Budget": 5}})
        assert answer["unwritten"] == ["custom_fields.Budget"]


async def test_file_is_uploaded_and_held() -> None:
    async with sub_account() as (session, vendor):
        photo: JSONObject = {"filename": "roof.txt", "content_type": "text/plain", "text": "a roof"}
        answer = await call(session, "contacts.create", {"email": "bela@example.com", "custom_fields": {"Site photo": photo, "Rooms": 2}})
        contact = as_object(answer["contact"])
        (held,) = as_list(as_object(contact["custom_fields"])["Site photo"])
        assert (as_object(held)["filename"], as_object(held)["content_type"]) == ("roof.txt", "text/plain")
        assert list(vendor.calls_on_fields.uploads.items()) == [(as_object(held)["url"], contact["id"])]
        upload = vendor.calls_to("POST */customFields/upload")[-1]
        assert upload.headers["content-type"].startswith("multipart/form-data")
        assert b'name="cUsToMfIeLd00000007_' in upload.body
        again = await call(session, "contacts.update", {"contactId": contact["id"], "custom_fields": {"Site photo": [held]}})
        assert as_object(as_object(again["contact"])["custom_fields"])["Site photo"] == [held]
        assert len(vendor.calls_to("POST */customFields/upload")) == 1


async def test_file_that_could_not_be_uploaded_is_uploaded_when_the_contact_is_looked_up() -> None:
    async with sub_account() as (session, vendor):
        made: JSONObject = {"email": "bela@example.com", "custom_fields": {"Site photo": {"filename": "roof.txt", "text": "a roof"}}}
        vendor.next("POST */customFields/upload", status=503)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "contacts.create", made)
        found = as_object(as_object(await look(session, "contacts.create", made))["contact"])
        assert len(as_list(as_object(found["custom_fields"])["Site photo"])) == 1
        assert len(vendor.calls_on_fields.uploads) == 1
        assert len(vendor.contacts) == 2


async def test_upload_to_a_field_for_something_else_is_refused() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "custom_fields.upload", {"id": ADA, "field": "Budget", "file": {"text": "x"}})
        assert caught.value.field == "field"
        assert not vendor.calls_on_fields.uploads


# ── finding fields ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_definitions_are_read_once_for_many_writes() -> None:
    async with sub_account() as (session, vendor):
        for rooms in range(3):
            await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Rooms": rooms}})
        assert _definitions_read(vendor) == 1


async def test_name_that_is_not_known_is_looked_for_anew() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Rooms": 1}})
        place = f"locations/{vendor.location}/customFields"
        vendor.seed_records(
            {place: [{"id": "new1", "name": "Roof age", "fieldKey": "contact.roof_age", "dataType": "NUMERICAL", "model": CONTACT}]}
        )
        answer = await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"roof age": 12}})
        assert as_object(as_object(answer["contact"])["custom_fields"])["Roof age"] == 12
        assert _definitions_read(vendor) == 2


async def test_name_of_no_field_is_an_error_with_the_nearest_names_before_anything_is_written() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Favorite color": "blue"}})
        assert caught.value.field == "custom_fields.Favorite color"
        assert "Favourite colour" in caught.value.hint
        assert _definitions_read(vendor) == 2
        assert not vendor.calls_to("PUT *")


async def test_name_of_several_fields_asks_for_the_key() -> None:
    async with sub_account() as (session, vendor):
        place = f"locations/{vendor.location}/customFields"
        twin: JSONObject = {"id": "twin", "name": "Budget", "fieldKey": "contact.budget_2", "dataType": "MONETORY", "model": CONTACT}
        vendor.seed_records({place: [twin]})
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Budget": 1}})
        assert "contact.budget, contact.budget_2" in caught.value.hint
        answer = await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"budget_2": 1}})
        named = as_object(as_object(answer["contact"])["custom_fields"])
        assert (named["Budget"], named["budget_2"]) == (None, 1)


def _seed_fields(vendor: FakeGHL, *fields: JSONObject) -> None:
    vendor.seed_records({f"locations/{vendor.location}/customFields": [{"dataType": "TEXT", "model": CONTACT, **one} for one in fields]})


async def test_name_goes_before_the_key_of_a_field_that_was_renamed() -> None:
    async with sub_account() as (session, vendor):
        _seed_fields(
            vendor,
            {"id": "old", "name": "Former plan", "fieldKey": "contact.plan"},
            {"id": "new", "name": "plan", "fieldKey": "contact.plan_2"},
        )
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"plan": "by name", "contact.plan": "by key"}})
        held = {str(as_object(one)["id"]): as_object(one)["value"] for one in as_list(vendor.contacts[0]["customFields"])}
        assert (held["new"], held["old"]) == ("by name", "by key")


@pytest.mark.parametrize(("written", "given"), [("Größe ", "Gro\u0308ße"), ("Roof\u00a0age", "roof age"), ("Nº de póliza", "nº de póliza")])
async def test_blanks_and_encodings_make_no_other_name(written: str, given: str) -> None:
    async with sub_account() as (session, vendor):
        _seed_fields(vendor, {"id": "new", "name": written, "fieldKey": "contact.x1"})
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {given: "12"}})
        assert {"id": "new", "value": "12"} in as_list(vendor.contacts[0]["customFields"])


async def test_field_whose_name_ends_like_anothers_key_is_meant_by_its_name() -> None:
    async with sub_account() as (session, vendor):
        _seed_fields(
            vendor,
            {"id": "size", "name": "Size", "fieldKey": "contact.size"},
            {"id": "roof", "name": "Roof.size", "fieldKey": "contact.roofsize"},
        )
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Roof.size": "9"}})
        assert {"id": "roof", "value": "9"} in as_list(vendor.contacts[0]["customFields"])


async def test_no_value_is_lost_where_names_and_keys_cross() -> None:
    async with sub_account() as (session, vendor):
        _seed_fields(
            vendor,
            {"id": "one", "name": "plan", "fieldKey": "contact.plan_2"},
            {"id": "two", "name": "plan", "fieldKey": "contact.plan"},
        )
        vendor.contacts[0]["customFields"] = [{"id": "one", "value": "a"}, {"id": "two", "value": "b"}]
        found = await call(session, "contacts.get", {"contactId": ADA, "custom_fields": True})
        named = as_object(as_object(found["contact"])["custom_fields"])
        assert (named["plan"], named["two"]) == ("a", "b")


async def test_field_made_here_is_known_at_once() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Rooms": 1}})
        made = await call(session, "custom_fields.create", {"name": "Roof type", "dataType": "RADIO", "options": ["Slate", "Tile"]})
        assert as_object(made["customField"])["fieldKey"] == "contact.roof_type"
        answer = await call(session, "contacts.update", {"contactId": ADA, "custom_fields": {"Roof type": "slate"}})
        assert as_object(as_object(answer["contact"])["custom_fields"])["Roof type"] == "Slate"
        assert _definitions_read(vendor) == 2


async def test_value_of_a_field_that_is_gone_stays_under_its_id() -> None:
    async with sub_account() as (session, vendor):
        vendor.contacts[0]["customFields"] = [{"id": "gone", "value": "x"}]
        found = await call(session, "contacts.get", {"contactId": ADA, "custom_fields": True})
        assert as_object(as_object(found["contact"])["custom_fields"])["gone"] == "x"


async def test_fields_belong_to_a_sub_account() -> None:
    async with sub_account(location=None, company="C1") as (session, _):
        with pytest.raises(MappingError) as caught:
            await entries(session, {"Rooms": 1}, CONTACT)
        assert caught.value.field == "locationId"


# ── opportunities and custom objects ─────────────────────────────────────────────────────────────────────────────────


async def _made(session: Session, given: JSONObject) -> JSONObject:
    made = await entries(session, given, OPPORTUNITY)
    return merged({"name": "Roof"}, made)


async def test_opportunities_have_fields_of_their_own() -> None:
    async with sub_account() as (session, _):
        sent = await _made(session, {"Site visit": "2026-12-01", "Roof area": "90"})
        assert sent["customFields"] == [
            {"id": "cUsToMfIeLd00000021", "field_value": "2026-12-01"},
            {"id": "cUsToMfIeLd00000022", "field_value": 90},
        ]
        told: list[JSON] = [
            {"id": "cUsToMfIeLd00000021", "fieldValueDate": 1796083200000, "type": "date"},
            {"id": "cUsToMfIeLd00000022", "fieldValue": "90"},
        ]
        assert await by_name(session, told, OPPORTUNITY) == {"Site visit": "2026-12-01", "Roof area": 90}
        with pytest.raises(MappingError):
            await _made(session, {"Rooms": 1})


async def test_records_of_a_custom_object_hold_keys_currencies_and_boxes() -> None:
    async with sub_account() as (session, vendor):
        made = await properties(session, {"Kind": "dog", "fee": 80, "Size": {"Height": 40}}, PET)
        assert made == {"kind": "dog", "fee": {"currency": "default", "value": 80}, "size.height": "40"}
        told = await properties_by_name(session, {**made, "unknown": 1}, PET)
        assert told == {"Kind": "Dog", "Fee": 80, "Size": {"Height": "40"}, "unknown": 1}
        assert len(vendor.calls_to("GET /custom-fields/object-key/*")) == 1
        with pytest.raises(MappingError) as caught:
            await properties(session, {"Kind": "bird"}, PET)
        assert caught.value.hint == "It is one of: Cat, Dog."


def test_operations_that_write_fields_name_the_scope_to_read_them() -> None:
    for id in ("contacts.create", "contacts.update", "contacts.upsert"):
        assert "locations/customFields.readonly" in operation(id).scopes
