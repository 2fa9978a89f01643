"""Calls and what comes of them, in the same words whichever surface tells them."""

import pytest

from trunkline.connectors.openphone.fake_workspace import call, ids, workspace
from trunkline.connectors.openphone.records.call import call_of, recordings_of, rest_call, seconds
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object


async def test_calls_of_the_workspace_are_asked_for_with_inclusive_bounds() -> None:
    async with workspace() as (session, vendor):
        asked: JSONObject = {
            "userId": "USfake0001",
            "participants": ["+15555550101", "+15555550102"],
            "status": ["missed", "forwarded"],
            "after": "2026-01-01T00:00:00Z",
            "before": "2036-01-01T00:00:00Z",
        }
        answer = await call(session, "calls.list", asked)
        assert set(ids(answer)) == {"ACfake0011", "ACfake0012"}
        assert dict(vendor.calls[-1].query) == {
            "actorId": "USfake0001",
            "participant[in]": "+15555550101,+15555550102",
            "status[in]": "missed,forwarded",
            "createdAt[gte]": "2026-01-01T00:00:00Z",
            "createdAt[lte]": "2036-01-01T00:00:00Z",
            "limit": "50",
        }


async def test_call_tells_numbers_and_its_user_and_on_request_what_came_of_it() -> None:
    async with workspace() as (session, vendor):
        told = as_object((await call(session, "calls.get", {"callId": "ACfake0010", "include": ["summary", "voicemail"]}))["data"])
        assert told["participants"] == ["+15555550100", "+15555550101"]
        assert told["userId"] == "USfake0001"
        assert as_object(told["summary"])["status"] == "completed"
        assert vendor.calls[-1].query["include"] == "summary,voicemail"
        bare = as_object((await call(session, "calls.get", {"callId": "ACfake0010"}))["data"])
        assert "summary" not in bare


async def test_transcript_of_a_call_and_of_its_stretches_say_the_same() -> None:
    async with workspace() as (session, _):
        whole = as_object((await call(session, "calls.transcript", {"id": "ACfake0010"}))["data"])
        stretches = as_list((await call(session, "calls.transcripts", {"callId": "ACfake0010"}))["data"])
        said = [as_object(line)["content"] for line in as_list(whole["dialogue"])]
        assert said == [as_object(line)["content"] for one in stretches for line in as_list(as_object(one)["dialogue"])]


async def test_call_that_is_no_call_never_leaves() -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "calls.recordings", {"callId": "CN1"})
        assert caught.value.field == "callId"
        assert vendor.calls == []


def test_call_of_the_ai_agent_has_no_user() -> None:
    assert rest_call({"id": "AC1", "actorId": "SYU1", "participants": []})["userId"] is None
    assert rest_call({"id": "AC1", "actorId": "US1"})["userId"] == "US1"


@pytest.mark.parametrize(
    ("parties", "numbers"),
    [
        (["+15555550101", "Anonymous"], ["+15555550101", "Anonymous"]),
        ([{"phoneNumber": "+15555550101", "actorId": None}], ["+15555550101"]),
        ({"external": [{"phoneNumber": "+15555550101"}], "internal": ["USabc"]}, ["+15555550101"]),
        ("+15555550101", ["+15555550101"]),
        (None, []),
        ([12, {"phoneNumber": None}], []),
    ],
)
def test_parties_are_numbers_however_they_are_told(parties: JSON, numbers: list[str]) -> None:
    assert call_of({"id": "AC1", "participants": parties}, {})["participants"] == numbers


def test_call_that_was_told_without_parties_says_that_it_is_not_complete() -> None:
    assert call_of({"id": "AC1", "participants": []}, {})["complete"] is False
    told = call_of({"id": "AC1", "participants": []}, {"participants": ["+15555550101"], "contacts": {"ids": ["c1"]}})
    assert (told["complete"], told["participants"], told["contact_ids"]) == (True, ["+15555550101"], ["c1"])


@pytest.mark.parametrize(
    ("told", "read"), [("95", 95), (95, 95), (94.6, 95), ("long", None), (None, None), (True, None), (float("inf"), None), ("9" * 99, None)]
)
def test_duration_is_a_whole_number(told: JSON, read: JSON) -> None:
    assert seconds(told) == read


def test_recordings_are_those_of_the_call_or_the_record_itself() -> None:
    one: JSONObject = {"id": "CR1", "url": "https://media.example.com/1.mp3", "duration": "90", "startTime": "2026-11-20T09:30:00Z"}
    expected: JSONObject = {
        "id": "CR1",
        "url": "https://media.example.com/1.mp3",
        "type": None,
        "status": None,
        "duration": 90,
        "start_time": "2026-11-20T09:30:00.000Z",
    }
    assert recordings_of({"id": "AC1", "recordings": [one]}) == [expected]
    assert recordings_of(one) == [expected]
    assert recordings_of({"id": "AC1", "recordings": None}) == []
