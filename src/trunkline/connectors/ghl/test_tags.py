"""Tags of one contact and of many: what can be done is done, and who was refused is named."""

import pytest

from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, sub_account
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list


async def test_delete_carries_tags_in_its_body() -> None:
    async with sub_account() as (session, vendor):
        assert await call(session, "contacts.remove_tags", {"contactId": ADA, "tags": ["customer"]}) == {"tags": []}
        assert vendor.calls[-1].json() == {"tags": ["customer"]}


async def test_bulk_tags_that_failed_for_some_are_refused_after_all_was_done() -> None:
    async with sub_account() as (session, vendor):
        people = [vendor.create_contact({"tags": ["customer"]})["id"] for _ in range(40)]
        asked: JSONObject = {"contacts": ["gone", *people, "lost", ADA], "add": ["vip"], "remove": ["customer"]}
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.bulk_update_tags", asked)
        assert "2 of 43 contacts" in caught.value.message
        assert "gone, lost." in caught.value.hint
        assert all(one["tags"] == ["vip"] for one in vendor.contacts)
        with pytest.raises(RejectedError):
            await call(session, "contacts.bulk_update_tags", asked)
        assert all(one["tags"] == ["vip"] for one in vendor.contacts), "a retry changes nothing more"


async def test_bulk_tags_that_failed_for_a_moment_are_mended() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/bulk/*", status=201, body={"succeded": False, "errorCount": 1, "responses": []})
        people: list[JSON] = [ADA, vendor.create_contact({})["id"]]
        answer = await call(session, "contacts.bulk_update_tags", {"contacts": people, "add": ["vip"]})
        assert answer["succeeded"] is True
        assert all("vip" in as_list(one["tags"]) for one in vendor.contacts)


async def test_bulk_tags_stop_looking_when_everybody_is_refused() -> None:
    async with sub_account() as (session, vendor):
        nobody: list[JSON] = [f"gone{number}" for number in range(500)]
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.bulk_update_tags", {"contacts": nobody, "add": ["vip"]})
        assert "20 or more of 500 contacts" in caught.value.message
        assert len(vendor.calls) < 60


async def test_bulk_tags_adds_and_removes_in_one_for_any_number_of_contacts() -> None:
    async with sub_account() as (session, vendor):
        people: list[JSON] = [vendor.create_contact({"tags": ["cold"]})["id"] for _ in range(501)]
        asked: JSONObject = {"contacts": people, "add": ["warm"], "remove": ["cold"]}
        answer = await call(session, "contacts.bulk_update_tags", asked)
        assert answer["succeded"] is True
        assert all(one["tags"] == ["warm"] for one in vendor.contacts if one["id"] != ADA)
        assert asked["add"] == ["warm"]
        kinds = [seen.path.rpartition("/")[2] for seen in vendor.calls]
        assert kinds == ["remove", "add", "remove", "add"]


async def test_bulk_tags_can_replace_all_tags() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.bulk_update_tags", {"contacts": [ADA], "removeAllTags": True, "add": ["new"]})
        assert vendor.records.get(ADA)["tags"] == ["new"]


async def test_bulk_tags_are_taken_as_the_vendor_takes_them_too() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.bulk_update_tags", {"contacts": [ADA], "type": "remove", "tags": ["customer"]})
        assert vendor.records.get(ADA)["tags"] == []
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.bulk_update_tags", {"contacts": [ADA]})
        assert caught.value.field == "add"
