"""Opportunities: one search with plain words, custom fields by name, what the vendor left out."""

import pytest

from trunkline.connectors.ghl.fake_opportunities import OPPORTUNITY, PIPELINE, STAGE
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, sub_account
from trunkline.model.errors import MappingError, OutcomeUnknownError
from trunkline.model.json import JSONObject, as_list, as_object

ROOF: JSONObject = {"name": "Barn roof", "pipelineId": PIPELINE, "contactId": ADA, "status": "open"}


# ── search ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_search_speaks_the_words_of_everything_else() -> None:
    async with sub_account() as (session, vendor):
        asked: JSONObject = {"query": "roof", "pipelineId": PIPELINE, "pipelineStageId": STAGE, "contactId": ADA, "status": "open"}
        found = await call(session, "opportunities.search", asked)
        assert [as_object(one)["id"] for one in as_list(found["opportunities"])] == [OPPORTUNITY]
        query = dict(vendor.calls[-1].query)
        assert {"q", "pipeline_id", "pipeline_stage_id", "contact_id", "location_id"} <= set(query)


@pytest.mark.parametrize("day", ["2026-11-01", "2026-11-01T10:00:00Z", "11-01-2026"])
async def test_days_are_sent_month_first(day: str) -> None:
    async with sub_account() as (session, vendor):
        await call(session, "opportunities.search", {"date": day, "endDate": day})
        assert (vendor.calls[-1].query["date"], vendor.calls[-1].query["endDate"]) == ("11-01-2026", "11-01-2026")


async def test_what_is_no_day_is_told_by_its_field() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "opportunities.search", {"date": "last week"})
        assert caught.value.field == "date"
        assert vendor.calls == []


async def test_unread_conversations_are_told_by_the_vendors_other_search() -> None:
    async with sub_account() as (session, vendor):
        found = await call(session, "opportunities.search", {"unreadConversations": True, "getNotes": True})
        assert len(as_list(found["opportunities"])) == 1
        body = as_object(vendor.calls[-1].json())
        assert body["additionalDetails"] == {"notes": True, "tasks": False, "calendarEvents": False, "unReadConversations": True}


async def test_filter_that_the_other_search_lacks_is_told_before_anything_is_sent() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "opportunities.search", {"searchAfter": [1], "pipelineId": PIPELINE})
        assert caught.value.field == "pipelineId"
        assert vendor.calls == []


# ── custom fields ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_custom_fields_are_written_and_read_by_name() -> None:
    async with sub_account() as (session, vendor):
        made = await call(session, "opportunities.create", {**ROOF, "custom_fields": {"Roof area": "120", "site visit": "2026-12-01"}})
        told = as_object(made["opportunity"])
        assert told["custom_fields"] == {"Roof area": 120, "Site visit": "2026-12-01"}
        assert made["unwritten"] == []
        await call(session, "opportunities.update", {"id": told["id"], "custom_fields": {"Roof area": 90}})
        read = await call(session, "opportunities.get", {"id": told["id"], "custom_fields": True})
        assert as_object(as_object(read["opportunity"])["custom_fields"])["Roof area"] == 90
        found = await call(session, "opportunities.search", {"query": "barn", "custom_fields": True})
        assert as_object(as_object(as_list(found["opportunities"])[0])["custom_fields"])["Site visit"] == "2026-12-01"
        assert len(vendor.calls_to("GET /locations/*/customFields")) == 1, "definitions are kept for a while"


async def test_upsert_writes_custom_fields_though_the_vendors_takes_none() -> None:
    async with sub_account() as (session, vendor):
        fields: JSONObject = {"pipelineId": PIPELINE, "contactId": ADA, "custom_fields": {"Roof area": 80}}
        answer = await call(session, "opportunities.upsert", fields)
        assert (answer["new"], as_object(answer["opportunity"])["id"]) == (False, OPPORTUNITY)
        assert as_object(as_object(answer["opportunity"])["custom_fields"])["Roof area"] == 80
        assert as_list(vendor.stored("opportunities")[0]["customFields"])


async def test_unknown_custom_field_is_told_before_anything_is_written() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "opportunities.create", {**ROOF, "custom_fields": {"Rooof area": 1}})
        assert "Roof area" in caught.value.hint
        assert len(vendor.stored("opportunities")) == 1


# ── what a write did ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_the_vendor_left_out_is_named() -> None:
    async with sub_account() as (session, vendor):
        kept: JSONObject = {"id": OPPORTUNITY, "name": "Barn roof", "status": "open", "monetaryValue": 0, "customFields": []}
        vendor.next("PUT /opportunities/*", status=200, body={"opportunity": kept})
        change: JSONObject = {"id": OPPORTUNITY, "name": "New roof", "monetaryValue": 900, "custom_fields": {"Roof area": 7}}
        answer = await call(session, "opportunities.update", change)
        assert answer["unwritten"] == ["monetaryValue", "custom_fields.Roof area"]


async def test_answer_that_leaves_something_out_is_checked_by_reading_back() -> None:
    async with sub_account() as (session, vendor):
        change: JSONObject = {"id": OPPORTUNITY, "monetaryValue": 900, "custom_fields": {"Roof area": 7, "Site visit": "2026-12-01"}}
        vendor.next("PUT /opportunities/*", status=200, body={"opportunity": {"id": OPPORTUNITY}}, after=True)
        assert (await call(session, "opportunities.update", change))["unwritten"] == []
        assert vendor.calls[-1].route == f"GET /opportunities/{OPPORTUNITY}"
        await call(session, "opportunities.update", change)
        assert vendor.calls[-1].route == f"PUT /opportunities/{OPPORTUNITY}", "a whole answer costs no second call"


async def test_value_that_was_kept_as_it_was_is_told() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "opportunities.update", {"id": OPPORTUNITY, "custom_fields": {"Roof area": 7}})
        vendor.next("PUT /opportunities/*", status=200, body={"opportunity": {**vendor.stored("opportunities")[0]}})
        answer = await call(session, "opportunities.update", {"id": OPPORTUNITY, "custom_fields": {"Roof area": 8}})
        assert answer["unwritten"] == ["custom_fields.Roof area"]


async def test_null_clears_a_field() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "opportunities.update", {"id": OPPORTUNITY, "custom_fields": {"Roof area": 7}})
        answer = await call(session, "opportunities.update", {"id": OPPORTUNITY, "custom_fields": {"roof area": None}})
        assert answer["unwritten"] == []
        assert vendor.stored("opportunities")[0]["customFields"] == []


async def test_status_all_is_a_word_for_searches() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "opportunities.update_status", {"id": OPPORTUNITY, "status": "all"})
        assert caught.value.field == "status"
        assert vendor.calls == []


async def test_upsert_makes_one_and_then_changes_it() -> None:
    async with sub_account() as (session, vendor):
        somebody = vendor.create_contact({"firstName": "Bela"})
        fields: JSONObject = {"pipelineId": PIPELINE, "contactId": somebody["id"], "name": "Shed"}
        first = await call(session, "opportunities.upsert", fields)
        second = await call(session, "opportunities.upsert", {**fields, "monetaryValue": 300})
        assert (first["new"], second["new"]) == (True, False)
        assert as_object(second["opportunity"])["monetaryValue"] == 300
        assert len(vendor.stored("opportunities")) == 2


async def test_opportunity_whose_answer_was_lost_is_found() -> None:
    async with sub_account() as (session, vendor):
        assert await look(session, "opportunities.create", ROOF) is None
        vendor.next("POST /opportunities/", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "opportunities.create", ROOF)
        found = as_object(as_object(await look(session, "opportunities.create", ROOF))["opportunity"])
        assert found["id"] == vendor.stored("opportunities")[-1]["id"]
        assert as_object(await look(session, "opportunities.upsert", ROOF))["opportunity"] == found
        assert await look(session, "opportunities.upsert", {**ROOF, "id": OPPORTUNITY}) is None, "it may be sent again"


async def test_custom_fields_of_an_upsert_are_written_when_it_is_looked_up() -> None:
    async with sub_account() as (session, vendor):
        asked: JSONObject = {**ROOF, "custom_fields": {"Roof area": 80}}
        vendor.next("PUT /opportunities/*", status=503)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "opportunities.upsert", asked)
        found = as_object(as_object(await look(session, "opportunities.upsert", asked))["opportunity"])
        assert as_object(found["custom_fields"])["Roof area"] == 80
        assert all(as_list(one["customFields"]) for one in vendor.stored("opportunities") if one["name"] == ROOF["name"])


async def test_followers_come_and_go() -> None:
    async with sub_account() as (session, vendor):
        for user in ("one", "two", "two"):
            await call(session, "opportunities.add_followers", {"id": OPPORTUNITY, "followers": [user]})
        assert vendor.stored("opportunities")[0]["followers"] == ["one", "two"]
        gone = await call(session, "opportunities.remove_followers", {"id": OPPORTUNITY, "isRemoveAllFollowers": True})
        assert gone["followersRemoved"] == ["one", "two"]
