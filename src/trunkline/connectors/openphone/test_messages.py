"""Texts: never sent twice, never asked for with the wrong operator."""

from typing import Any

import pytest

from trunkline.connect.registry import Registry
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import NUMBER, NUMBER_ID
from trunkline.connectors.openphone.fake_workspace import call, ids, operation, workspace
from trunkline.model.errors import MappingError, OutcomeUnknownError, UnavailableError
from trunkline.model.json import JSONObject, as_object

_TEXT: JSONObject = {"content": "Hello", "from": NUMBER, "to": ["+15555550101"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": ""}, "content"),
        ({"content": " \n "}, "content"),
        ({"content": "x" * 1601}, "content"),
        ({"to": []}, "to"),
        ({"to": ["555-0101"]}, "to.0"),
        ({"to": [f"+1555555{n:04d}" for n in range(11)]}, "to"),
        ({"from": "555-0100"}, "from"),
        ({"mediaUrl": "https://example.com/a.png"}, "mediaUrl"),
    ],
)
async def test_message_the_vendor_would_refuse_never_leaves(changes: JSONObject, field: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "messages.send", {"content": "Hello", "from": NUMBER, "to": ["+15555550101"], **changes})
        assert caught.value.field == field
        assert vendor.calls == []


def test_send_is_never_repeated_by_itself() -> None:
    assert operation("messages.send").repeat == "never"


def test_failed_text_is_not_tried_again_by_itself() -> None:
    assert operation("messages.retry").repeat == "never"


LOSSES: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 502},
    {"status": 503},
    {"status": 503, "headers": {"retry-after": "1"}},
    {"status": 504},
    {"status": 408},
    {"ending": "drop"},
    {"ending": "truncate"},
    {"ending": "drip"},
    {"ending": "hang"},
]
"""Ways in which a text can be sent and the answer lost."""


@pytest.mark.parametrize("name", ["openphone.messages.send", "openphone.call POST /v1/messages"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
async def test_lost_answer_of_a_send_is_unknown_and_the_text_went_out_once(loss: dict[str, Any], name: str) -> None:
    async with workspace() as (session, vendor):
        before, session.timeout_s = len(vendor.messages), 0.4
        vendor.next("POST /v1/messages", after=True, **loss)
        with pytest.raises(OutcomeUnknownError):
            await session.call(Registry([connector]).operation(name), _TEXT)
        assert len(vendor.calls_to("POST *")) == 1
        assert len(vendor.messages) == before + 1


async def test_failed_text_whose_second_try_is_lost_is_unknown_too() -> None:
    async with workspace() as (session, vendor):
        vendor.next("POST /messages/*/retry", status=503, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "messages.retry", {"messageId": "ACfake0003"})


@pytest.mark.parametrize("name", ["POST /v1/messages", "POST /messages/{messageId}/retry"])
def test_plain_call_that_sends_a_text_is_never_repeated_either(name: str) -> None:
    assert Registry([connector]).operation(f"openphone.call {name}").repeat == "never"


async def test_other_calls_are_tried_again_after_a_503() -> None:
    async with workspace() as (session, vendor):
        vendor.next("POST */mark-as-done", status=503)
        with pytest.raises(UnavailableError):
            await call(session, "conversations.mark_done", {"conversationId": "CN15555550101"})


async def test_text_goes_out_from_the_id_of_a_number_too() -> None:
    async with workspace() as (session, _):
        answer = await call(session, "messages.send", {**_TEXT, "from": NUMBER_ID})
        assert as_object(answer["data"])["status"] == "queued"


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_workspace_is_asked_for_messages_with_strict_bounds() -> None:
    async with workspace() as (session, vendor):
        await call(session, "messages.list", {"after": "2026-01-01T00:00:00Z", "before": "2036-01-01T00:00:00Z", "maxResults": 5})
        seen = vendor.calls[-1]
        assert seen.path == "/messages"
        assert seen.headers["quo-api-version"] == "2026-03-30"
        assert dict(seen.query) == {"createdAt[gt]": "2026-01-01T00:00:00Z", "createdAt[lt]": "2036-01-01T00:00:00Z", "limit": "5"}


async def test_conversation_is_asked_for_by_v1_and_never_with_since() -> None:
    async with workspace() as (session, vendor):
        asked: JSONObject = {"phoneNumberId": NUMBER_ID, "participants": ["+15555550101"], "after": "2026-01-01T00:00:00Z"}
        answer = await call(session, "messages.list", asked)
        seen = vendor.calls[-1]
        assert seen.path == "/v1/messages"
        assert "quo-api-version" not in seen.headers
        assert set(seen.query) == {"phoneNumberId", "participants", "createdAfter", "maxResults"}
        assert len(ids(answer)) == 4
        assert set(answer) == {"data", "nextPageToken"}, "the vendor's count is not to be relied on"


async def test_plus_of_a_number_is_encoded() -> None:
    async with workspace() as (session, vendor):
        answer = await call(session, "messages.list", {"from": "+15555550101"})
        assert ids(answer) == ["ACfake0002"]
        assert vendor.calls[-1].query["from"] == "+15555550101"


@pytest.mark.parametrize(
    ("input", "found"),
    [
        ({"direction": "incoming"}, ["ACfake0002"]),
        ({"status": "failed"}, ["ACfake0003"]),
        ({"toAll": ["+15555550101"], "status": "delivered"}, ["ACfake0001"]),
        ({"toAll": ["+15555550101", "+15555550102"]}, []),
        ({"before": "2020-01-01T00:00:00Z"}, []),
    ],
)
async def test_messages_are_filtered(input: JSONObject, found: list[str]) -> None:
    async with workspace() as (session, _):
        assert ids(await call(session, "messages.list", input)) == found


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"participants": ["+15555550101"]}, "phoneNumberId"),
        ({"participants": ["+15555550101"], "phoneNumberId": NUMBER_ID, "status": "failed"}, "status"),
        ({"participants": ["555"], "phoneNumberId": NUMBER_ID}, "participants.0"),
        ({"since": "2026-01-01T00:00:00Z"}, "since"),
        ({"maxResults": 51}, "maxResults"),
        ({"after": "yesterday"}, "after"),
    ],
)
async def test_list_the_vendor_would_refuse_never_leaves(input: JSONObject, field: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "messages.list", input)
        assert caught.value.field == field
        assert vendor.calls == []
