"""Conversations: by the surface that knows what is asked for."""

import pytest

from trunkline.connectors.openphone.fake import NUMBER, NUMBER_ID
from trunkline.connectors.openphone.fake_workspace import call, ids, workspace
from trunkline.model.errors import MappingError, RejectedError
from trunkline.model.json import JSONObject, as_object

ADAS = "CN15555550101"


async def test_conversations_are_sorted_and_cut_by_inclusive_bounds() -> None:
    async with workspace() as (session, vendor):
        asked: JSONObject = {"updatedAfter": "2026-01-01T00:00:00Z", "before": "2036-01-01T00:00:00Z", "sort": "updatedAt:asc"}
        assert ids(await call(session, "conversations.list", {**asked, "phoneNumbers": [NUMBER_ID]})) == [ADAS]
        assert vendor.calls[-1].path == "/conversations"
        assert dict(vendor.calls[-1].query) == {
            "phoneNumberId[in]": NUMBER_ID,
            "updatedAt[gte]": "2026-01-01T00:00:00Z",
            "createdAt[lte]": "2036-01-01T00:00:00Z",
            "sort": "updatedAt:asc",
            "limit": "50",
        }


@pytest.mark.parametrize("only", [{"userId": "USfake0001"}, {"excludeInactive": True}, {"phoneNumbers": [NUMBER]}])
async def test_what_only_v1_knows_is_asked_of_v1(only: JSONObject) -> None:
    async with workspace() as (session, vendor):
        answer = await call(session, "conversations.list", {**only, "after": "2026-01-01T00:00:00Z"})
        assert ids(answer) == [ADAS]
        assert vendor.calls[-1].path == "/v1/conversations"
        assert vendor.calls[-1].query["createdAfter"] == "2026-01-01T00:00:00Z"
        vendor.calls.clear()
        with pytest.raises(MappingError) as caught:
            await call(session, "conversations.list", {**only, "sort": "updatedAt:asc"})
        assert caught.value.field == "sort"
        assert vendor.calls == []


@pytest.mark.parametrize("state", ["read", "done", "open"])
async def test_marked_conversation_is_answered_like_every_other_record(state: str) -> None:
    async with workspace() as (session, vendor):
        answer = await call(session, f"conversations.mark_{state}", {"conversationId": ADAS})
        assert as_object(answer["data"])["id"] == ADAS
        assert [seen.route for seen in vendor.calls] == [f"POST /v1/conversations/{ADAS}/mark-as-{state}"]


async def test_conversation_is_found_among_all_of_a_number() -> None:
    async with workspace() as (session, vendor):
        for number in range(60):
            vendor.receive_message(f"+155555502{number:02d}", "Hello")
        both: JSONObject = {"phoneNumberId": NUMBER_ID, "participants": ["+15555550101"]}
        assert as_object((await call(session, "conversations.find", both))["data"])["id"] == ADAS
        assert len(vendor.calls_to("GET /conversations")) == 2, "the second page has it"
        group: JSONObject = {"phoneNumberId": NUMBER_ID, "participants": ["+15555550101", "+15555550200"]}
        assert await call(session, "conversations.find", group) == {"data": None}


async def test_list_that_leads_in_a_circle_is_not_walked_for_ever() -> None:
    async with workspace() as (session, vendor):
        vendor.next("GET /conversations", status=200, body={"data": [], "nextCursor": "again"}, times=9)
        with pytest.raises(RejectedError, match="leads back"):
            await call(session, "conversations.find", {"phoneNumberId": NUMBER_ID, "participants": ["+15555550101"]})
        assert len(vendor.calls) == 2
