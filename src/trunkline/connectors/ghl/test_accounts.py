"""Sub-accounts and agencies: users, businesses, locations, their tags and custom values, and which token may do what."""

import pytest

from trunkline.connect.inputs import check
from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.fake_seed import ADA, BUSINESS, COMPANY
from trunkline.connectors.ghl.fake_session import call, look, operation, sub_account
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

# ── the agency ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_agency_is_looked_up_once_from_the_sub_account() -> None:
    async with sub_account() as (session, vendor):
        for _ in range(2):
            answer = await call(session, "users.search", {"query": "quinn"})
            assert [as_object(one)["lastName"] for one in as_list(answer["users"])] == ["Ward"]
        assert len(vendor.calls_to("GET /locations/*")) == 1
        assert {seen.query["companyId"] for seen in vendor.calls_to("GET /users/search")} == {COMPANY}
        assert {seen.query["locationId"] for seen in vendor.calls_to("GET /users/search")} == {vendor.location}


async def test_agency_of_the_connection_is_used_without_asking() -> None:
    async with sub_account(company="C1", location=None) as (session, vendor):
        await call(session, "users.search", {})
        (seen,) = vendor.calls
        assert (seen.query["companyId"], "locationId" in seen.query) == ("C1", False)


async def test_agency_that_nobody_tells_is_asked_for() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("GET /locations/*", status=403)
        with pytest.raises(MappingError) as caught:
            await call(session, "companies.get", {})
        assert caught.value.field == "companyId"
        assert "company" in caught.value.hint


@pytest.mark.parametrize("id", ["companies.get", "locations.create", "users.filter_by_email"])
@pytest.mark.parametrize(
    ("status", "words"), [(401, "Token's user type mismatch!"), (403, "This authClass type is not allowed to access this scope.")]
)
async def test_token_of_the_wrong_kind_is_told_apart(id: str, status: int, words: str) -> None:
    inputs: dict[str, JSONObject] = {"locations.create": {"name": "New"}, "users.filter_by_email": {"emails": ["a@b.example"]}}
    async with sub_account(company=COMPANY) as (session, vendor):
        vendor.next(status=status, body={"statusCode": status, "message": words})
        with pytest.raises(RejectedError) as caught:
            await call(session, id, inputs.get(id, {}))
        assert "agency's settings" in caught.value.hint


async def test_refused_scope_is_named() -> None:
    async with sub_account() as (session, vendor):
        vendor.next(status=401, body={"statusCode": 401, "message": "The token is not authorized for this scope."})
        with pytest.raises(RejectedError) as caught:
            await call(session, "location_tags.list", {})
        assert caught.value.hint == "Give the private integration, or the app, the scope locations/tags.readonly."


def test_connection_is_of_a_sub_account_or_of_an_agency() -> None:
    check(connector.options, {"location": "L"})
    check(connector.options, {"company": "C"})
    with pytest.raises(MappingError, match="one of location, company is needed"):
        check(connector.options, {"country": "DE"})


async def test_connection_of_an_agency_is_checked_without_a_sub_account() -> None:
    assert connector.check is not None
    async with sub_account(location=None, company=COMPANY) as (session, vendor):
        await session.call(connector.check, {})
        assert [seen.path for seen in vendor.calls] == ["/locations/search"]
    async with sub_account() as (session, vendor):
        await session.call(connector.check, {})
        assert [seen.path for seen in vendor.calls] == ["/contacts/search"]


# ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("emails", [["quinn.ward@example.com", "nobody@example.com"], "quinn.ward@example.com,nobody@example.com"])
async def test_users_are_filtered_by_a_list_or_a_text(emails: JSON) -> None:
    async with sub_account() as (session, vendor):
        answer = await call(session, "users.filter_by_email", {"emails": emails, "limit": 5})
        assert answer["count"] == 1
        sent = as_object(vendor.calls[-1].json())
        assert (sent["emails"], sent["limit"]) == ("quinn.ward@example.com,nobody@example.com", "5")


async def test_lost_user_is_found_by_email() -> None:
    async with sub_account() as (session, vendor):
        user: JSONObject = {
            "firstName": "Rosa",
            "lastName": "Keller",
            "email": "rosa@example.com",
            "password": "a-Long-1-passphrase",
            "type": "account",
            "role": "user",
            "locationIds": [vendor.location],
        }
        assert await look(session, "users.create", user) is None
        vendor.next("POST /users/", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "users.create", user)
        found = as_object(await look(session, "users.create", user))
        assert found["email"] == "rosa@example.com"


async def test_user_that_is_gone_counts_as_deleted() -> None:
    async with sub_account() as (session, _):
        assert (await call(session, "users.delete", {"userId": "uSeR0000000000000001"}))["existed"] is True
        assert await call(session, "users.delete", {"userId": "uSeR0000000000000001"}) == {"existed": False}


# ── businesses ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_business_is_given_under_its_right_name_too() -> None:
    async with sub_account() as (session, _):
        made = await call(session, "businesses.create", {"name": "Novak Plumbing"})
        assert made["business"] == made["buiseness"]
        changed = await call(session, "businesses.update", {"businessId": BUSINESS, "city": "Columbus"})
        assert as_object(changed["business"])["city"] == "Columbus"


async def test_lost_business_is_found_by_what_was_sent() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /businesses/", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "businesses.create", {"name": "Novak Plumbing", "phone": "+15555550160"})
        assert await look(session, "businesses.create", {"name": "Novak plumbing", "phone": "+1 555 555 0160"}) is not None
        assert await look(session, "businesses.create", {"name": "Novak Plumbing", "phone": "+15555550161"}) is None


async def test_contacts_are_given_a_business_and_lose_it_again() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "contacts.bulk_update_business", {"ids": [ADA], "businessId": BUSINESS})
        listed = await call(session, "contacts.list_by_business", {"businessId": BUSINESS})
        assert [as_object(one)["id"] for one in as_list(listed["contacts"])] == [ADA]
        await call(session, "contacts.bulk_update_business", {"ids": [ADA], "businessId": None})
        assert as_object(vendor.calls[-1].json())["businessId"] is None
        assert (await call(session, "contacts.list_by_business", {"businessId": BUSINESS}))["contacts"] == []


async def test_contact_that_was_given_no_business_is_named() -> None:
    async with sub_account() as (session, vendor):
        answer = await call(session, "contacts.bulk_update_business", {"ids": ["gone", ADA], "businessId": BUSINESS})
        assert answer["unwritten"] == ["gone"]
        assert vendor.records.get(ADA)["businessId"] == BUSINESS


# ── what contacts enter and leave ────────────────────────────────────────────────────────────────────────────────────


async def test_contact_leaves_every_campaign_and_stays_in_its_workflows() -> None:
    async with sub_account() as (session, vendor):
        for campaign in ("one", "two"):
            await call(session, "contacts.add_to_campaign", {"contactId": ADA, "campaignId": campaign})
        await call(session, "contacts.add_to_workflow", {"contactId": ADA, "workflowId": "flow"})
        assert vendor.calls_to("POST */campaigns/*")[0].json() == {}
        await call(session, "contacts.remove_from_all_campaigns", {"contactId": ADA})
        assert vendor.calls_on_contacts.enrolled[ADA] == {"workflows/flow"}
        await call(session, "contacts.remove_from_workflow", {"contactId": ADA, "workflowId": "flow"})
        assert vendor.calls_on_contacts.enrolled[ADA] == set()


async def test_followers_come_and_go() -> None:
    async with sub_account() as (session, vendor):
        added = await call(session, "contacts.add_followers", {"contactId": ADA, "followers": ["u1", "u2"]})
        assert added["followersAdded"] == ["u1", "u2"]
        await call(session, "contacts.remove_followers", {"contactId": ADA, "followers": ["u1"]})
        assert vendor.records.get(ADA)["followers"] == ["u2"]


def test_entering_a_workflow_again_is_for_a_person_to_decide() -> None:
    assert operation("contacts.add_to_workflow").repeat == "never"
    assert operation("contacts.add_followers").repeat == "safe"


# ── locations, tags, custom values ───────────────────────────────────────────────────────────────────────────────────


async def test_location_that_is_changed_is_always_named() -> None:
    async with sub_account(company=COMPANY) as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "locations.update", {"name": "New"})
        assert caught.value.field == "locationId"
        assert not vendor.calls
        assert as_object((await call(session, "locations.get", {}))["location"])["id"] == vendor.location


async def test_lost_tag_is_found_by_its_name() -> None:
    async with sub_account() as (session, _):
        assert await look(session, "location_tags.create", {"name": "spring offer"}) is None
        assert as_object(as_object(await look(session, "location_tags.create", {"name": "Customer"}))["tag"])["name"] == "customer"


async def test_custom_values_are_set_by_name() -> None:
    async with sub_account() as (session, vendor):
        asked: JSONObject = {"values": {"opening HOURS": "9 to 6", "Motto": "Dry by Friday", "Since": 1987}}
        first = await call(session, "custom_values.set", asked)
        assert first == {"created": ["Motto", "Since"], "updated": ["opening HOURS"], "unchanged": []}
        held = {one["name"]: one["value"] for one in vendor.stored(f"locations/{vendor.location}/customValues")}
        assert held == {"Opening hours": "9 to 6", "Motto": "Dry by Friday", "Since": "1987"}
        writes = len(vendor.calls_to("P*"))
        second = await call(session, "custom_values.set", asked)
        assert second["unchanged"] == ["opening HOURS", "Motto", "Since"]
        assert len(vendor.calls_to("P*")) == writes
