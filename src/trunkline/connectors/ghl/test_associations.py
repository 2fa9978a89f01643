"""Associations and relations: what people mean by linking, whatever shape a list comes in."""

import pytest

from trunkline.connectors.ghl.fake_associations import ASSOCIATION, PET, RELATION
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, sub_account
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSONObject, as_list, as_object

VET: JSONObject = {
    "key": "vet_of_pet",
    "firstObjectKey": "contact",
    "firstObjectLabel": "Vet",
    "secondObjectKey": "custom_objects.pet",
    "secondObjectLabel": "Patient",
}


async def test_association_is_a_kind_of_link() -> None:
    async with sub_account() as (session, vendor):
        made = await call(session, "associations.create", VET)
        assert [made["key"], made.get("relation")] == ["vet_of_pet", None]
        assert len(vendor.stored("associations/relations")) == 1


async def test_association_with_two_records_links_them() -> None:
    async with sub_account() as (session, vendor):
        ends: JSONObject = {"firstRecordId": ADA, "secondRecordId": PET}
        made = await call(session, "associations.create", {**VET, **ends})
        again = await call(session, "associations.create", {**VET, **ends})
        assert as_object(made["relation"])["existed"] is False
        assert as_object(again["relation"])["existed"] is True
        assert made["id"] == again["id"]
        assert (len(vendor.stored("associations")), len(vendor.stored("associations/relations"))) == (2, 2)


async def test_association_whose_answer_was_lost_is_found_by_its_key() -> None:
    async with sub_account() as (session, _):
        assert await look(session, "associations.create", VET) is None
        found = as_object(await look(session, "associations.create", {**VET, "key": "owner_of_pet"}))
        assert found["id"] == ASSOCIATION
        both: JSONObject = {**VET, "key": "owner_of_pet", "firstRecordId": ADA, "secondRecordId": PET}
        assert await look(session, "associations.create", both) is None, "a link may be made again"


async def test_link_that_is_there_counts_as_done() -> None:
    async with sub_account() as (session, _):
        link: JSONObject = {"associationId": ASSOCIATION, "firstRecordId": ADA, "secondRecordId": PET}
        answer = await call(session, "associations.create_relation", link)
        assert (answer["id"], answer["existed"]) == (RELATION, True)


async def test_link_that_is_refused_for_another_reason_is_refused() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /associations/relations", status=400, body={"message": "Invalid record id"})
        with pytest.raises(RejectedError) as caught:
            await call(session, "associations.create_relation", {"associationId": ASSOCIATION, "firstRecordId": ADA, "secondRecordId": "x"})
        assert "Invalid record id" in caught.value.message


async def test_associations_between_two_kinds_are_found_whichever_comes_first() -> None:
    async with sub_account() as (session, _):
        for one, other in (("contact", "custom_objects.pet"), ("custom_objects.pet", "contact")):
            found = await call(session, "associations.get_by_object_keys", {"objectKey": one, "otherObjectKey": other})
            assert [as_object(kind)["id"] for kind in as_list(found["associations"])] == [ASSOCIATION]
        found = await call(session, "associations.get_by_object_keys", {"objectKey": "contact", "otherObjectKey": "business"})
        assert found["associations"] == []


async def test_list_is_read_in_every_shape_it_comes_in() -> None:
    async with sub_account() as (session, vendor):
        kind = vendor.stored("associations")[0]
        for shape in ({"associations": [kind]}, {"associations": kind}, [kind], kind):
            vendor.next(status=200, body=shape)  # pyright: ignore[reportArgumentType]  # records are JSON
            found = await call(session, "associations.find", {})
            assert found["associations"] == [kind]


async def test_key_is_needed() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "associations.create", {name: value for name, value in VET.items() if name != "key"})
        assert caught.value.field == "key"
        assert vendor.calls == []
