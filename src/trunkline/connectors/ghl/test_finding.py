"""Which contact is meant: by id, e-mail, phone in any spelling, name or words."""

import pytest

from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, sub_account
from trunkline.model.errors import MappingError
from trunkline.model.json import JSONObject, as_object


@pytest.mark.parametrize(
    "by",
    [
        {"contactId": ADA},
        {"email": "ADA.palmer@example.com"},
        {"phone": "+15555550101"},
        {"phone": "+1 (555) 555-0101"},
        {"phone": "555.555.0101"},
        {"phone": "1 555 555 0101"},
        {"name": "ada  PALMER"},
        {"query": "palmer"},
        {"email": "nobody@example.com", "phone": "(555) 555-0101"},
        {"email": " Ada.Palmer@Example.com\t"},
        {"email": "", "phone": "+1 555 555 0101", "name": None},
        {"contactId": "gone", "email": "ada.palmer@example.com"},
    ],
)
async def test_contact_is_found(by: JSONObject) -> None:
    async with sub_account() as (session, _):
        assert as_object((await call(session, "contacts.find", {**by}))["contact"])["id"] == ADA


@pytest.mark.parametrize(
    "by",
    [
        {"contactId": "gone"},
        {"email": "nobody@example.com"},
        {"phone": "+15555550102"},
        {"phone": "no number"},
        {"name": "Ada"},
        {"query": "nobody"},
    ],
)
async def test_nobody_is_found_for_what_fits_nobody(by: JSONObject) -> None:
    async with sub_account() as (session, _):
        assert (await call(session, "contacts.find", {**by}))["contact"] is None


async def test_phone_that_neither_rule_nor_filter_finds_is_found_by_its_digits() -> None:
    async with sub_account() as (session, vendor):
        vendor.records.duplicates_by = frozenset(("email",))
        assert not vendor.records.filters_phones
        found = await call(session, "contacts.find", {"phone": "(555) 555-0101"})
        assert as_object(found["contact"])["id"] == ADA
        vendor.create_contact({"firstName": "Bela", "phone": "+445555550101"})
        found = await call(session, "contacts.find", {"phone": "+495555550101"})
        assert found["contact"] is None


async def test_email_that_makes_no_duplicate_is_found_by_a_search() -> None:
    async with sub_account() as (session, vendor):
        vendor.records.duplicates_by = frozenset()
        found = await call(session, "contacts.find", {"email": "Ada.Palmer@example.com"})
        assert as_object(found["contact"])["id"] == ADA


async def test_number_without_a_country_is_of_the_connections_country() -> None:
    async with sub_account(country="GB") as (session, vendor):
        made = vendor.create_contact({"firstName": "Ida", "phone": "+442079460018"})
        found = await call(session, "contacts.find", {"phone": "020 7946 0018"})
        assert as_object(found["contact"])["id"] == made["id"]


async def test_find_without_anything_to_go_by_says_what_would_do() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError, match="one of contactId, email, phone, name, query is needed"):
            await call(session, "contacts.find", {})
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.find", {"email": " ", "phone": None, "name": ""})
        assert caught.value.field == "email"
        assert not vendor.calls
