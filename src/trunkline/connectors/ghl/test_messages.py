"""Messages: never sent twice, read whole, and read or unread as people mean it."""

from base64 import b64decode

import pytest

from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_conversations import CALL, CONVERSATION, EMAIL, SMS
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, look, operation, sub_account
from trunkline.model.clock import later
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

HELLO: JSONObject = {"type": "SMS", "contactId": ADA, "message": "Hello Ada"}


def outbound(vendor: FakeGHL, words: str) -> list[JSONObject]:
    return [one for one in vendor.stored("conversations/messages") if one["direction"] == "outbound" and one.get("body") == words]


# ── sent once ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_text_whose_answer_was_lost_is_found_and_not_sent_again() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /conversations/messages", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "conversations.send_message", HELLO)
        found = as_object(await look(session, "conversations.send_message", HELLO))
        (sent,) = outbound(vendor, "Hello Ada")
        assert (found["messageId"], found["conversationId"]) == (sent["id"], CONVERSATION)


async def test_text_that_never_arrived_is_sent_again() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /conversations/messages", status=502)
        with pytest.raises(OutcomeUnknownError):
            await call(session, "conversations.send_message", HELLO)
        assert await look(session, "conversations.send_message", HELLO) is None
        assert outbound(vendor, "Hello Ada") == []


async def test_first_text_to_somebody_without_a_conversation_is_sent_again() -> None:
    async with sub_account() as (session, vendor):
        somebody = vendor.create_contact({"firstName": "Bela"})
        assert await look(session, "conversations.send_message", {**HELLO, "contactId": somebody["id"]}) is None


@pytest.mark.parametrize(
    ("said", "hours", "inbound"),
    [
        ({"type": "SMS", "message": "Hello Ada"}, 25, False),
        ({"type": "WhatsApp", "message": "Hello Ada"}, 0, False),
        ({"type": "SMS", "message": "Hello Ada!"}, 0, False),
        ({"type": "SMS", "message": "Hello Ada"}, 0, True),
    ],
    ids=["yesterday", "on another channel", "other words", "from her"],
)
async def test_message_is_another_one(said: JSONObject, hours: int, inbound: bool) -> None:
    async with sub_account() as (session, vendor):
        at = later(vendor.clock.now(), -3600 * hours)
        vendor.calls_on_conversations.add(ADA, said, inbound=inbound, at=at)
        assert await look(session, "conversations.send_message", HELLO) is None


async def test_blanks_and_line_ends_make_no_other_text() -> None:
    async with sub_account() as (session, vendor):
        vendor.calls_on_conversations.add(ADA, {"type": "SMS", "message": "Hello\n Ada "})
        assert await look(session, "conversations.send_message", HELLO) is not None


async def test_e_mail_is_recognised_by_its_subject_for_lists_leave_its_text_out() -> None:
    async with sub_account() as (session, vendor):
        mail: JSONObject = {"type": "Email", "contactId": ADA, "subject": "The contract", "html": "<p>Please sign.</p>"}
        assert await look(session, "conversations.send_message", mail) is None
        sent = await call(session, "conversations.send_message", mail)
        found = as_object(await look(session, "conversations.send_message", mail))
        assert found["messageId"] == sent["messageId"]
        assert vendor.calls_to("GET /conversations/messages/email/*")


async def test_e_mail_without_a_subject_is_recognised_by_its_text() -> None:
    async with sub_account() as (session, _):
        mail: JSONObject = {"type": "Email", "contactId": ADA, "html": "<p>Please &amp; thank you.</p>"}
        sent = await call(session, "conversations.send_message", mail)
        found = as_object(await look(session, "conversations.send_message", {**mail, "html": "<b>Please &amp; thank you.</b>"}))
        assert found["messageId"] == sent["messageId"]


@pytest.mark.parametrize(
    "said", [{"templateId": "welcome"}, {"message": "Hello {{contact.first_name}}"}, {"forward": {"isForwarded": True}}], ids=str
)
async def test_person_looks_where_the_vendor_makes_the_words(said: JSONObject) -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(OutcomeUnknownError) as caught:
            await look(session, "conversations.send_message", {"type": "SMS", "contactId": ADA, **said})
        assert "conversation" in caught.value.hint
        assert vendor.calls == []


async def test_inbound_message_whose_answer_was_lost_is_found() -> None:
    async with sub_account() as (session, vendor):
        told: JSONObject = {
            "type": "SMS",
            "conversationId": CONVERSATION,
            "contactId": ADA,
            "conversationProviderId": "p",
            "message": "Yes!",
        }
        assert await look(session, "conversations.add_inbound_message", told) is None
        added = await call(session, "conversations.add_inbound_message", told)
        found = as_object(await look(session, "conversations.add_inbound_message", told))
        assert found["messageId"] == added["messageId"]
        assert vendor.stored("conversations")[0]["unreadCount"] == 3


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_message_that_says_nothing_is_told_before_it_is_sent() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "conversations.send_message", {"type": "SMS", "contactId": ADA})
        assert caught.value.field == "message"
        assert vendor.calls == []


@pytest.mark.parametrize("when", ["2026-12-01T09:00:00Z", "2026-12-01T04:00:00-05:00", 1796115600, 1796115600000, "1796115600000"])
async def test_time_to_send_at_is_counted_in_seconds(when: JSON) -> None:
    async with sub_account() as (session, vendor):
        await call(session, "conversations.send_message", {**HELLO, "scheduledTimestamp": when})
        assert as_object(vendor.calls[-1].json())["scheduledTimestamp"] == 1796115600
        assert vendor.stored("conversations/messages")[-1]["status"] == "scheduled"


@pytest.mark.parametrize("when", ["2026-12-01T09:00:00", "2026-12-01", "tomorrow at nine"])
async def test_hour_of_no_zone_is_told_before_a_message_goes_out_at_another(when: str) -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "conversations.send_message", {**HELLO, "scheduledTimestamp": when})
        assert caught.value.field == "scheduledTimestamp"
        assert vendor.calls == []


async def test_id_of_a_message_elsewhere_is_not_taken_for_the_sub_account() -> None:
    async with sub_account() as (session, vendor):
        told: JSONObject = {"type": "Call", "conversationId": CONVERSATION, "conversationProviderId": "p", "altId": "theirs-1"}
        await call(session, "conversations.add_outbound_call", told)
        assert as_object(vendor.calls[-1].json())["altId"] == "theirs-1"
        await call(session, "conversations.add_outbound_call", {name: value for name, value in told.items() if name != "altId"})
        assert "altId" not in as_object(vendor.calls[-1].json())


# ── read ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_messages_are_read_nested_twice_or_as_described() -> None:
    async with sub_account() as (session, vendor):
        nested = await call(session, "conversations.list_messages", {"conversationId": CONVERSATION})
        assert [as_object(one)["id"] for one in as_list(nested["messages"])] == [CALL, "eMaIlMsG0000000000A1", SMS]
        vendor.next(body={"messages": nested["messages"], "lastMessageId": SMS, "nextPage": False}, status=200)
        assert await call(session, "conversations.list_messages", {"conversationId": CONVERSATION}) == {**nested, "lastMessageId": SMS}


async def test_e_mail_has_its_text_when_it_is_read_by_itself() -> None:
    async with sub_account() as (session, _):
        listed = await call(session, "conversations.list_messages", {"conversationId": CONVERSATION})
        mail = as_object(as_list(listed["messages"])[1])
        assert "body" not in mail
        assert (await call(session, "conversations.get_email", {"id": EMAIL}))["body"] == "<p>Here it is.</p>"


async def test_recording_is_a_file() -> None:
    async with sub_account() as (session, _):
        sound = await call(session, "conversations.get_recording", {"messageId": CALL})
        assert sound["content_type"] == "audio/x-wav"
        assert b64decode(str(sound["base64"])).startswith(b"RIFF")


async def test_transcription_is_a_list_even_where_one_sentence_comes() -> None:
    async with sub_account() as (session, vendor):
        spoken = as_list((await call(session, "conversations.get_transcription", {"messageId": CALL}))["sentences"])
        assert [as_object(one)["sentenceIndex"] for one in spoken] == [0, 1]
        vendor.next(body=spoken[0], status=200)
        assert await call(session, "conversations.get_transcription", {"messageId": CALL}) == {"sentences": [spoken[0]]}
        text = await call(session, "conversations.download_transcription", {"messageId": CALL})
        assert "Hello" in str(text["text"])


# ── read and unread ──────────────────────────────────────────────────────────────────────────────────────────────────


def unread(vendor: FakeGHL) -> JSON:
    return vendor.stored("conversations")[0]["unreadCount"]


async def test_conversation_is_marked_read_and_unread() -> None:
    async with sub_account() as (session, vendor):
        await call(session, "conversations.update_message_status", {"conversationId": CONVERSATION, "status": "read"})
        assert unread(vendor) == 0
        await call(session, "conversations.update_message_status", {"conversationId": CONVERSATION, "status": "unread"})
        assert unread(vendor) == 1


async def test_message_tells_which_conversation_is_read() -> None:
    async with sub_account() as (session, vendor):
        answer = await call(session, "conversations.update_message_status", {"messageId": SMS, "status": "read"})
        assert (answer["conversationId"], unread(vendor)) == (CONVERSATION, 0)
        assert vendor.calls_to("PUT /conversations/messages/*") == []


@pytest.mark.parametrize("told", [{"status": "delivered"}, {"status": "read", "asProvider": True}], ids=str)
async def test_provider_tells_the_delivery_of_a_message(told: JSONObject) -> None:
    async with sub_account() as (session, vendor):
        await call(session, "conversations.update_message_status", {"messageId": SMS, **told})
        message = vendor.held.records.get("/conversations/messages", SMS)
        assert message is not None
        assert (message["status"], unread(vendor)) == (told["status"], 2)


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"status": "read"}, "conversationId"),
        ({"status": "delivered", "conversationId": CONVERSATION}, "messageId"),
        ({"status": "unread", "messageId": SMS, "asProvider": True}, "status"),
        ({"status": "seen", "messageId": SMS}, "status"),
    ],
)
async def test_status_that_cannot_be_is_told_by_its_field(input: JSONObject, field: str) -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "conversations.update_message_status", input)
        assert caught.value.field == field
        assert vendor.calls == []


# ── conversations ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_contact_keeps_one_conversation() -> None:
    async with sub_account() as (session, vendor):
        somebody = vendor.create_contact({"firstName": "Bela"})
        made = await call(session, "conversations.create", {"contactId": somebody["id"]})
        again = await call(session, "conversations.create", {"contactId": somebody["id"]})
        assert (made["existed"], again["existed"]) == (False, True)
        assert as_object(made["conversation"])["id"] == as_object(again["conversation"])["id"]


async def test_conversation_with_nobody_is_refused() -> None:
    async with sub_account() as (session, _):
        with pytest.raises(RejectedError):
            await call(session, "conversations.create", {"contactId": "nobody"})


async def test_conversations_begun_in_a_window_are_asked_for_in_milliseconds() -> None:
    async with sub_account() as (session, vendor):
        found = await call(session, "conversations.search", {"startDate": "2026-11-18T00:00:00Z", "endDate": "2026-11-19T00:00:00Z"})
        assert len(as_list(found["conversations"])) == 1
        assert vendor.calls[-1].query["startDate"] == "1794960000000"
        assert as_list((await call(session, "conversations.search", {"startDate": "2026-11-19"}))["conversations"]) == []


def test_send_says_what_it_needs_to_look() -> None:
    assert {"conversations.readonly", "conversations/message.write"} <= set(operation("conversations.send_message").scopes)
