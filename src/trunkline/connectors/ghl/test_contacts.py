"""Contacts: each oddity of the vendor by name."""

import pytest
from hypothesis import given

from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, operation, sub_account
from trunkline.connectors.ghl.same import lost
from trunkline.model.errors import OutcomeUnknownError, RejectedError
from trunkline.model.json import JSONObject, as_object
from trunkline.testing.strategies import json_objects

# ── upsert ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_upsert_by_second_email_keeps_the_first() -> None:
    async with sub_account() as (session, vendor):
        vendor.change_contact(ADA, {"additionalEmails": [{"email": "ada@home.example"}]})
        answer = await call(session, "contacts.upsert", {"email": "Ada@Home.example", "city": "Dayton", "gender": "female"})
        held = vendor.records.get(ADA)
        assert held["email"] == "ada.palmer@example.com"
        assert held["additionalEmails"] == [{"email": "ada@home.example"}]
        assert held["city"] == "Dayton"
        assert answer["new"] is False
        assert answer["unwritten"] == ["gender"]
        assert as_object(answer["contact"])["id"] == ADA


async def test_vendor_alone_would_have_lost_the_first_email() -> None:
    async with sub_account() as (_, vendor):
        vendor.change_contact(ADA, {"additionalEmails": [{"email": "ada@home.example"}]})
        contact, new = vendor.records.upsert({"email": "ada@home.example", "locationId": vendor.location})
        assert (contact["email"], contact["additionalEmails"], new) == ("ada@home.example", [], False)


async def test_upsert_names_the_number_the_vendor_left_out() -> None:
    async with sub_account() as (session, vendor):
        other = vendor.create_contact({"firstName": "Bela", "phone": "+15555550109"})
        answer = await call(session, "contacts.upsert", {"email": "ada.palmer@example.com", "phone": "+1 (555) 555-0109"})
        assert as_object(answer["contact"])["id"] == ADA
        assert answer["unwritten"] == ["phone"]
        assert other["phone"] == "+15555550109"


async def test_repeated_upsert_leaves_one_contact() -> None:
    async with sub_account() as (session, vendor):
        fields: JSONObject = {"email": "new@example.com", "firstName": "New"}
        first = await call(session, "contacts.upsert", fields)
        second = await call(session, "contacts.upsert", fields)
        assert (first["new"], second["new"]) == (True, False)
        assert [contact["email"] for contact in vendor.contacts].count("new@example.com") == 1
        assert await look(session, "contacts.upsert", fields) is None


async def test_lost_upsert_that_was_to_make_a_duplicate_is_looked_up() -> None:
    async with sub_account(allow_duplicates=True) as (session, vendor):
        fields: JSONObject = {"email": "new@example.com", "firstName": "New", "createNewIfDuplicateAllowed": True}
        assert await look(session, "contacts.upsert", fields) is None
        vendor.next("POST /contacts/upsert", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await session.call(operation("contacts.upsert"), fields)
        assert await look(session, "contacts.upsert", fields) is not None


# ── create ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_create_refused_although_done_is_a_create() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/", status=422, after=True)
        answer = await call(session, "contacts.create", {"email": "bela@example.com", "firstName": "Bela", "city": "Dayton"})
        assert as_object(answer["contact"])["id"] == vendor.contacts[-1]["id"]
        assert answer["unwritten"] == []
        assert "422" in str(answer["refused"])


async def test_create_refused_whose_fate_cannot_be_looked_up_is_unknown() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/", status=422, body={"statusCode": 422, "message": ["x"]}, after=True)
        vendor.next("GET /contacts/search/duplicate", status=503)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "contacts.create", {"email": "bela@example.com"})
        assert as_object(as_object(await look(session, "contacts.create", {"email": "bela@example.com"}))["contact"])["id"]


async def test_create_refused_because_an_older_contact_agrees_is_no_create() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/", status=422)
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.create", {"email": "ada.palmer@example.com", "firstName": "Ada"})
        assert ADA in caught.value.hint


async def test_create_refused_and_not_done_names_no_contact() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/", status=422)
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.create", {"email": "bela@example.com", "firstName": "Bela"})
        assert not caught.value.hint
        assert len(vendor.contacts) == 1


async def test_duplicate_contact_is_refused_with_the_way_out() -> None:
    async with sub_account() as (session, _):
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.create", {"email": "ada.palmer@example.com"})
        assert "contacts.upsert" in caught.value.hint


@pytest.mark.parametrize("phone", ["+1 555-555-0177", "(555) 555-0177"])
async def test_lost_create_is_found_by_email_or_phone(phone: str) -> None:
    for fields in ({"email": "Bela@example.com", "firstName": "Bela"}, {"phone": phone, "firstName": "Bela"}):
        async with sub_account() as (session, vendor):
            input: JSONObject = {**fields}
            assert await look(session, "contacts.create", input) is None
            vendor.next("POST /contacts/", status=500, after=True)
            with pytest.raises(OutcomeUnknownError):
                await call(session, "contacts.create", input)
            found = as_object(as_object(await look(session, "contacts.create", input))["contact"])
            assert found["id"] == vendor.contacts[-1]["id"]


async def test_namesake_with_another_name_is_not_taken_for_the_lost_create() -> None:
    async with sub_account() as (session, _):
        assert await look(session, "contacts.create", {"email": "ada.palmer@example.com", "firstName": "Adam"}) is None


async def test_lost_create_without_email_and_phone_waits_for_a_person() -> None:
    async with sub_account() as (session, _):
        with pytest.raises(OutcomeUnknownError):
            await look(session, "contacts.create", {"firstName": "Bela"})


# ── e-mails that are empty or badly written ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("id", ["contacts.create", "contacts.upsert"])
@pytest.mark.parametrize("email", ["", "  "])
async def test_empty_e_mail_is_left_out(id: str, email: str) -> None:
    async with sub_account() as (session, vendor):
        made = await call(session, id, {"email": email, "phone": "+15555550190"})
        assert "email" not in as_object(made["contact"])
        assert "email" not in as_object(vendor.calls[-1].json())


async def test_empty_e_mail_of_a_contact_that_is_changed_clears_it() -> None:
    async with sub_account() as (session, vendor):
        assert (await call(session, "contacts.update", {"contactId": ADA, "email": ""}))["unwritten"] == []
        assert "email" not in vendor.records.get(ADA)


async def test_upsert_with_an_empty_e_mail_keeps_the_one_there_is() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.upsert", {"email": "", "phone": "+15555550101", "city": "Dayton"})
        assert vendor.records.get(ADA)["email"] == "ada.palmer@example.com"


async def test_blanks_around_an_e_mail_are_not_sent() -> None:
    async with sub_account() as (session, vendor):
        made = await call(session, "contacts.upsert", {"email": " ADA.Palmer@Example.com ", "city": "Dayton"})
        assert (made["new"], made["unwritten"]) == (False, [])
        assert len(vendor.contacts) == 1


# ── what is left out ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_gender_of_a_known_contact_is_told_as_unwritten() -> None:
    async with sub_account() as (session, _):
        made = await call(session, "contacts.create", {"email": "ida@example.com", "gender": "female"})
        assert made["unwritten"] == []
        answer = await call(session, "contacts.upsert", {"email": "ada.palmer@example.com", "gender": "female", "city": "Dayton"})
        assert answer["unwritten"] == ["gender"]


async def test_answer_that_leaves_a_field_out_is_checked_by_reading_back() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("PUT /contacts/*", status=200, body={"succeded": True, "contact": {"id": ADA}}, after=True)
        answer = await call(session, "contacts.update", {"contactId": ADA, "city": "Dayton", "dateOfBirth": "1979-07-04"})
        assert answer["unwritten"] == []
        assert vendor.calls[-1].route == f"GET /contacts/{ADA}"
        vendor.next("PUT /contacts/*", status=200, body={"succeded": True, "contact": {"id": ADA}})
        answer = await call(session, "contacts.update", {"contactId": ADA, "city": "Columbus", "website": "https://ada.example.com"})
        assert answer["unwritten"] == ["city", "website"]


async def test_whole_answer_costs_no_second_call() -> None:
    async with sub_account() as (session, vendor):
        fields: JSONObject = {
            "contactId": ADA,
            "firstName": "Ada",
            "tags": ["Customer"],
            "phone": "(555) 555-0101",
            "dateOfBirth": "1979-07-04",
        }
        answer = await call(session, "contacts.update", {"contactId": ADA, **fields})
        assert answer["unwritten"] == []
        assert len(vendor.calls) == 1


@pytest.mark.parametrize(
    ("sent", "held", "missing"),
    [
        ({"dateOfBirth": "1979-07-04"}, {"dateOfBirth": "1979-07-04T00:00:00.000Z"}, []),
        ({"website": "https://a.example"}, {"website": "https://A.example/"}, []),
        ({"name": "Ada Palmer"}, {"firstName": "ada", "lastName": "palmer"}, []),
        ({"dndSettings": {"SMS": {"status": "active"}}}, {"dndSettings": {"SMS": {"status": "active", "code": "1"}}}, []),
        ({"dndSettings": {"SMS": {"status": "active"}}}, {}, ["dndSettings"]),
        ({"tags": ["a", "b"]}, {"tags": ["A", "c"]}, ["tags"]),
        ({"city": None}, {"city": ""}, []),
        ({"city": ""}, {"city": "Dayton"}, ["city"]),
        ({"dnd": True}, {"dnd": False}, ["dnd"]),
        ({"locationId": "L", "inboundDndSettings": {"all": {}}}, {}, []),
        ({"customFields": [{"id": "f", "field_value": 5}]}, {"customFields": [{"id": "f", "value": "5.0"}]}, []),
        ({"customFields": [{"id": "f", "field_value": ["a", "b"]}]}, {"customFields": [{"id": "f", "value": ["b", "a"]}]}, []),
        ({"customFields": [{"id": "f", "field_value": "2026-11-21"}]}, {"customFields": [{"id": "f", "value": 1795219200000}]}, []),
        ({"customFields": [{"id": "f", "field_value": "x"}]}, {"customFields": []}, ["customFields.f"]),
    ],
)
def test_what_is_missing_of_what_was_sent(sent: JSONObject, held: JSONObject, missing: list[str]) -> None:
    assert lost(sent, held) == missing


@given(contact=json_objects())
def test_nothing_is_missing_of_what_is_held(contact: JSONObject) -> None:
    assert lost({**contact}, contact) == []
