"""Contacts: what the vendor wipes stays, nobody is made twice, nothing it would refuse leaves."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from trunkline.connect.declaration import LookFirst
from trunkline.connect.session import Session
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.connectors.openphone.fake_workspace import ADA, call, operation, values, workspace
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

Workspace = tuple[Session, FakeOpenPhone]


@pytest.fixture
async def vendor_and_session() -> AsyncIterator[Workspace]:
    async with workspace() as both:
        yield both


async def test_update_keeps_the_lists_the_vendor_would_wipe() -> None:
    async with workspace() as (session, vendor):
        before = as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])
        await call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": "gold"}]})
        await call(session, "contacts.update", {"id": ADA, "defaultFields": {"company": "Palmer and Daughters"}})
        held = vendor.book.get(ADA)
        assert as_object(held["defaultFields"])["company"] == "Palmer and Daughters"
        assert as_object(held["defaultFields"])["firstName"] == "Ada"
        assert as_object(held["defaultFields"])["phoneNumbers"] == before
        assert values(held, "emails") == ["ada.palmer@example.com"]
        assert [as_object(field)["value"] for field in as_list(held["customFields"])] == ["gold"]


async def test_vendor_alone_would_have_wiped_them() -> None:
    async with workspace() as (_, vendor):
        held = vendor.book.patch(ADA, {"defaultFields": {"company": "Palmer and Daughters"}})
        assert (values(held, "phoneNumbers"), values(held, "emails")) == ([], [])


def _numbers(vendor: FakeOpenPhone) -> list[tuple[JSON, JSON]]:
    entries = map(as_object, as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"]))
    return [(entry["name"], entry["value"]) for entry in entries]


async def test_second_number_stays_when_only_one_is_named(vendor_and_session: Workspace) -> None:
    session, vendor = vendor_and_session
    work: JSONObject = {"name": "work", "value": "+442079460958"}
    await call(session, "contacts.update", {"id": ADA, "defaultFields": {"phoneNumbers": [work]}})
    assert _numbers(vendor) == [("mobile", "+15555550101"), ("work", "+442079460958")]
    ids = [as_object(entry)["id"] for entry in as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])]
    moved: JSONObject = {"name": "Mobile", "value": "+15555550155"}
    await call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": {"phoneNumbers": [moved]}})
    assert _numbers(vendor) == [("Mobile", "+15555550155"), ("work", "+442079460958")], "the one of the same name is replaced"
    assert [as_object(entry)["id"] for entry in as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])] == ids
    await call(session, "contacts.update", {"id": ADA, "defaultFields": {"phoneNumbers": [{"name": "work", "value": None}]}})
    assert _numbers(vendor) == [("Mobile", "+15555550155")], "null is the vendor's word for removing one"


async def test_number_to_be_removed_is_no_part_of_a_new_contact(vendor_and_session: Workspace) -> None:
    session, vendor = vendor_and_session
    fields: JSONObject = {"phoneNumbers": [{"name": "fax", "value": None}, {"name": "mobile", "value": "+15555550104"}]}
    await call(session, "contacts.upsert", {"externalId": "ghl-8", "defaultFields": fields})
    (sent,) = vendor.calls_to("POST /v1/contacts")
    assert as_object(as_object(sent.json())["defaultFields"])["phoneNumbers"] == [{"name": "mobile", "value": "+15555550104"}]


async def test_runs_that_change_one_contact_at_once_do_not_undo_each_other(vendor_and_session: Workspace) -> None:
    session, vendor = vendor_and_session
    changes: list[JSONObject] = [
        {"defaultFields": {"company": "Palmer and Daughters"}},
        {"defaultFields": {"role": "Owner"}},
        {"customFields": [{"name": "Plan", "value": "gold"}]},
        {"customFields": [{"name": "Visits", "value": 3}]},
        {"defaultFields": {"phoneNumbers": [{"name": "work", "value": "+15555550155"}]}},
        {"defaultFields": {"emails": [{"name": "home", "value": "ada@example.org"}]}},
    ]
    updates = [call(session, "contacts.update", {"id": ADA, **change}) for change in changes[::2]]
    upserts = [call(session, "contacts.upsert", {"externalId": "ghl-0001", **change}) for change in changes[1::2]]
    await asyncio.gather(*updates, *upserts)
    held = vendor.book.get(ADA)
    fields = as_object(held["defaultFields"])
    assert (fields["company"], fields["role"]) == ("Palmer and Daughters", "Owner")
    assert values(held, "phoneNumbers") == ["+15555550101", "+15555550155"]
    assert values(held, "emails") == ["ada.palmer@example.com", "ada@example.org"]
    assert {as_object(one)["name"]: as_object(one)["value"] for one in as_list(held["customFields"])} == {"Plan": "gold", "Visits": 3}


async def test_change_made_in_the_app_before_the_write_is_kept(vendor_and_session: Workspace) -> None:
    session, vendor = vendor_and_session
    stale = {"data": [dict(vendor.book.get(ADA))], "totalItems": 1, "nextPageToken": None}
    vendor.change_contact(ADA, {"company": "Palmer and Daughters"})
    vendor.next("GET /v1/contacts", status=200, body=stale)  # pyright: ignore[reportArgumentType]  # a page is JSON all the same
    await call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": {"role": "Owner"}})
    fields = as_object(vendor.book.get(ADA)["defaultFields"])
    assert (fields["company"], fields["role"]) == ("Palmer and Daughters", "Owner")


async def test_runs_that_make_one_contact_at_once_make_one(vendor_and_session: Workspace) -> None:
    session, vendor = vendor_and_session
    one: JSONObject = {"externalId": "ghl-7", "defaultFields": {"firstName": "Bela"}}
    answers = await asyncio.gather(*(call(session, "contacts.upsert", one) for _ in range(5)))
    assert sorted(answer["new"] is True for answer in answers) == [False] * 4 + [True]
    assert len([contact for contact in vendor.contacts if contact["externalId"] == "ghl-7"]) == 1


async def test_custom_fields_are_merged_one_by_one() -> None:
    async with workspace() as (session, vendor):
        await call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": "gold"}]})
        await call(session, "contacts.update", {"id": ADA, "customFields": [{"key": "cf-visits", "value": "3"}]})
        held = {as_object(field)["key"]: as_object(field)["value"] for field in as_list(vendor.book.get(ADA)["customFields"])}
        assert held == {"cf-plan": "gold", "cf-visits": 3}
        await call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": None}]})
        assert [as_object(field)["key"] for field in as_list(vendor.book.get(ADA)["customFields"])] == ["cf-visits"]


async def test_nothing_is_written_when_nothing_differs() -> None:
    async with workspace() as (session, vendor):
        same: JSONObject = {"firstName": "Ada", "phoneNumbers": [{"name": "mobile", "value": "+15555550101"}]}
        answer = await call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": same})
        assert answer["new"] is False
        assert as_object(answer["data"])["id"] == ADA
        assert not vendor.calls_to("PATCH *")
        assert not vendor.calls_to("POST *")


async def test_number_the_vendor_already_has_in_another_form_does_not_block_an_update() -> None:
    async with workspace() as (session, vendor):
        as_object(as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])[0])["value"] = "12345"
        await call(session, "contacts.update", {"id": ADA, "defaultFields": {"role": "Owner"}})
        assert values(vendor.book.get(ADA), "phoneNumbers") == ["12345"]
        assert as_object(vendor.book.get(ADA)["defaultFields"])["role"] == "Owner"


async def test_upsert_creates_once_and_then_updates() -> None:
    async with workspace() as (session, vendor):
        first = await call(session, "contacts.upsert", {"externalId": "ghl-7", "defaultFields": {"lastName": "Novak"}})
        second = await call(session, "contacts.upsert", {"externalId": "ghl-7", "defaultFields": {"lastName": "Nowak"}})
        assert (first["new"], second["new"]) == (True, False)
        assert [as_object(one["defaultFields"])["lastName"] for one in vendor.contacts if one["externalId"] == "ghl-7"] == ["Nowak"]


async def test_contact_is_made_by_the_rules_of_integrations(vendor_and_session: Workspace) -> None:
    session, vendor = vendor_and_session
    fields: JSONObject = {"firstName": "Zoë", "phoneNumbers": [{"name": "mobile", "value": "+442079460958"}]}
    input: JSONObject = {"externalId": "ghl-7", "defaultFields": fields, "customFields": [{"name": "Visits", "value": "3"}]}
    made = as_object((await call(session, "contacts.upsert", input))["data"])
    assert [seen.route for seen in vendor.calls] == ["GET /v1/contact-custom-fields", "GET /v1/contacts", "POST /v1/contacts"]
    sent = as_object(vendor.calls[-1].json())
    assert (sent["externalId"], sent["source"]) == ("ghl-7", "trunkline")
    assert sent["customFields"] == [{"key": "cf-visits", "value": 3}], "by the key and in the type that were read first"
    again = await call(session, "contacts.update", {"id": made["id"], "defaultFields": {"role": "Owner"}})
    assert as_object(again["data"])["id"] == made["id"], "the id of the answer is what later changes go by"
    patched = as_object(vendor.calls[-1].json())
    assert "externalId" not in patched
    assert "source" not in patched
    assert (made["externalId"], as_object(vendor.book.get(str(made["id"])))["externalId"]) == ("ghl-7", "ghl-7")


async def test_upsert_after_a_lost_create_makes_no_second_contact() -> None:
    async with workspace() as (session, vendor):
        contact: JSONObject = {"externalId": "ghl-7", "defaultFields": {"firstName": "Bela"}}
        vendor.next("POST /v1/contacts", ending="drop", after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "contacts.upsert", contact)
        assert operation("contacts.upsert").repeat == "safe"
        assert (await call(session, "contacts.upsert", contact))["new"] is False
        assert [one["externalId"] for one in vendor.contacts].count("ghl-7") == 1


async def test_conflict_of_a_racing_create_becomes_an_update() -> None:
    async with workspace(conflicts=True) as (session, vendor):
        empty: JSONObject = {"data": [], "totalItems": 0, "nextPageToken": None}
        vendor.next("GET /v1/contacts", status=200, body=empty)
        answer = await call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": {"role": "Owner"}})
        assert answer["new"] is False
        assert as_object(vendor.book.get(ADA)["defaultFields"])["role"] == "Owner"
        assert [call.route for call in vendor.calls] == [
            "GET /v1/contacts",
            "POST /v1/contacts",
            "GET /v1/contacts",
            f"GET /v1/contacts/{ADA}",
            f"PATCH /v1/contacts/{ADA}",
        ]


async def test_conflict_with_nothing_to_be_found_stays_an_error() -> None:
    async with workspace() as (session, vendor):
        vendor.next("POST /v1/contacts", status=409, body={"code": "0800409", "title": "Conflict", "message": "Conflict", "status": 409})
        with pytest.raises(RejectedError) as caught:
            await call(session, "contacts.upsert", {"externalId": "ghl-9"})
        assert caught.value.status == 409


async def test_same_external_id_of_another_source_is_another_contact() -> None:
    async with workspace(options={"source": "crm-two"}) as (session, vendor):
        answer = await call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": {"firstName": "Other"}})
        assert answer["new"] is True
        assert [one["source"] for one in vendor.contacts] == ["trunkline", "crm-two"]


async def test_lost_create_is_found_by_external_id() -> None:
    async with workspace() as (session, vendor):
        repeat = operation("contacts.create").repeat
        assert isinstance(repeat, LookFirst)
        contact: JSONObject = {"externalId": "ghl-7", "defaultFields": {"firstName": "Bela"}}
        assert await repeat.find(session, contact) is None
        vendor.next("POST /v1/contacts", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "contacts.create", contact)
        assert as_object(as_object(await repeat.find(session, contact))["data"])["externalId"] == "ghl-7"
        with pytest.raises(OutcomeUnknownError):
            await repeat.find(session, {"defaultFields": {"firstName": "Bela"}})


async def test_repeated_delete_counts_as_done() -> None:
    async with workspace() as (session, _):
        assert await call(session, "contacts.delete", {"id": ADA}) == {"existed": True}
        assert await call(session, "contacts.delete", {"id": ADA}) == {"existed": False}


@pytest.mark.parametrize("number", ["555-0101", "15555550101", "+1 555 555 0101", "+0555555010"])
@pytest.mark.parametrize("id", ["contacts.create", "contacts.update", "contacts.upsert"])
async def test_number_not_in_e164_never_leaves(id: str, number: str) -> None:
    async with workspace() as (session, vendor):
        fields: JSONObject = {"firstName": "Bela", "phoneNumbers": [{"name": "mobile", "value": number}]}
        input: JSONObject = {"defaultFields": fields, **({"id": ADA} if id == "contacts.update" else {"externalId": "ghl-7"})}
        with pytest.raises(MappingError) as caught:
            await call(session, id, input)
        assert caught.value.field.startswith("defaultFields.phoneNumbers.0.value")
        assert number not in str(caught.value)
        assert vendor.calls == []


@pytest.mark.parametrize("source", ["openphone", "openphone-sync", "csv", "csv-import", "device", "zapier", "google-people", "other"])
async def test_reserved_source_never_leaves(source: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.upsert", {"externalId": "ghl-7", "source": source})
        assert caught.value.field == "source"
        assert vendor.calls == []


@pytest.mark.parametrize(
    ("name", "value"), [("externalId", "x" * 76), ("externalId", ""), ("source", "x" * 73), ("sourceUrl", "https://a.example/" + "x" * 200)]
)
async def test_label_of_the_wrong_length_never_leaves(name: str, value: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "contacts.upsert", {"externalId": "ghl-7", name: value})
        assert caught.value.field == name
        assert vendor.calls == []


async def test_contact_is_found_by_its_external_id_and_source() -> None:
    async with workspace() as (session, _):
        assert as_object((await call(session, "contacts.find_by_external_id", {"externalId": "ghl-0001"}))["data"])["id"] == ADA
        for other in ({"externalId": "ghl-9"}, {"externalId": "ghl-0001", "source": "crm-two"}):
            assert await call(session, "contacts.find_by_external_id", {**other}) == {"data": None}


async def test_fake_takes_two_contacts_of_one_external_id_unless_told() -> None:
    for conflicts, most in ((False, 2), (True, 1)):
        async with workspace(conflicts=conflicts) as (session, vendor):
            for _ in range(2):
                try:
                    await call(session, "contacts.create", {"externalId": "x", "defaultFields": {"firstName": None}})
                except RejectedError as refused:
                    assert refused.status == 409  # noqa: PT017 - the second one only
            assert [one["externalId"] for one in vendor.contacts].count("x") == most
