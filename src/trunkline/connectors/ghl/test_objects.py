"""Records of custom objects: properties by name, written and read with the type they have."""

import pytest

from trunkline.connectors.ghl.fake_associations import PET
from trunkline.connectors.ghl.fake_session import call, look, sub_account
from trunkline.model.errors import MappingError
from trunkline.model.json import JSONObject, as_list, as_object

OBJECT: JSONObject = {"schemaKey": "custom_objects.pet"}


async def test_properties_are_given_by_name_and_sent_by_key() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "objects.create_record", {**OBJECT, "properties": {"Kind": "Cat", "fee": 25, "Size": {"Height": "30 cm"}}})
        sent = as_object(vendor.calls[-1].json())
        assert sent["properties"] == {"kind": "cat", "fee": {"currency": "default", "value": 25}, "size.height": "30 cm"}
        assert sent["locationId"] == vendor.location


async def test_properties_are_read_by_name_with_their_types() -> None:
    async with sub_account() as (session, _):
        read = await call(session, "objects.get_record", {**OBJECT, "id": PET, "custom_fields": True})
        assert as_object(as_object(read["record"])["custom_fields"]) == {"Kind": "Dog", "Fee": 30, "Size": None}
        found = await call(session, "objects.search_records", {**OBJECT, "query": "", "custom_fields": True})
        assert [as_object(as_object(one)["custom_fields"])["Kind"] for one in as_list(found["records"])] == ["Dog", "Cat"]


async def test_update_sends_what_is_named_and_nothing_else() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "objects.update_record", {**OBJECT, "id": PET, "properties": {"Fee": None}})
        assert list(as_object(as_object(vendor.calls[-1].json())["properties"])) == ["fee"]
        assert vendor.calls[-1].query["locationId"] == vendor.location


async def test_unknown_property_is_told_with_the_nearest_name() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "objects.create_record", {**OBJECT, "properties": {"Kimd": "Cat"}})
        assert "Kind" in caught.value.hint
        assert vendor.calls_to("POST *") == []


@pytest.mark.parametrize(
    ("key", "name", "hint"),
    [("pet", "Kind", "ghl.objects.list"), ("custom_objects.pet", "Zzz", "ghl.custom_fields.list_of_object")],
)
async def test_property_that_nothing_resembles_says_where_to_look(key: str, name: str, hint: str) -> None:
    async with sub_account() as (session, _):
        with pytest.raises(MappingError) as caught:
            await call(session, "objects.create_record", {"schemaKey": key, "properties": {name: "x"}})
        assert hint in caught.value.hint


async def test_record_whose_answer_was_lost_is_found_by_what_it_holds() -> None:
    async with sub_account() as (session, _):
        found = as_object(as_object(await look(session, "objects.create_record", {**OBJECT, "properties": {"Kind": "Dog"}}))["record"])
        assert found["id"] == PET


async def test_object_whose_answer_was_lost_is_found_by_its_key() -> None:
    async with sub_account() as (session, _):
        pet: JSONObject = {"key": "pet", "labels": {"singular": "Pet", "plural": "Pets"}}
        assert as_object(as_object(await look(session, "objects.create", pet))["object"])["key"] == "custom_objects.pet"
        assert await look(session, "objects.create", {**pet, "key": "house"}) is None
