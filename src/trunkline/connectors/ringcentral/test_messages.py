"""Messages and calls: numbers in every spelling, texts that are sent once, files from the media host, syncs that start over."""

from typing import Any

import pytest

from trunkline.connect.declaration import Call, LookFirst, Operation
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.fake import NUMBER, FakeRingCentral
from trunkline.connectors.ringcentral.operations.messages import SEND
from trunkline.model.errors import MappingError, OutcomeUnknownError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

BY_ID: dict[str, Operation] = {operation.id: operation for operation in connector.operations}
TEXT: JSONObject = {"from": NUMBER, "to": "(555) 555-0101", "text": "The quote is on its way"}


def _ids(answer: JSON) -> list[JSON]:
    return [as_object(one)["id"] for one in as_list(as_object(answer)["records"])]


async def test_text_leaves_once_in_the_vendors_own_shape(session: Session, vendor: FakeRingCentral) -> None:
    answer = as_object(await session.call(SEND, TEXT))
    assert answer["subject"] == TEXT["text"]
    assert vendor.calls_to("POST */sms")[0].json() == {
        "from": {"phoneNumber": NUMBER},
        "to": [{"phoneNumber": "+15555550101"}],
        "text": "The quote is on its way",
    }


async def test_number_that_cannot_send_texts_is_refused_before_anything_is_sent(session: Session, vendor: FakeRingCentral) -> None:
    for foreign in ("+15555550199", "+15555550777"):
        with pytest.raises(MappingError) as caught:
            await session.call(SEND, {**TEXT, "from": foreign})
        assert caught.value.field == "from"
    assert vendor.calls_to("POST */sms") == []


async def test_own_numbers_are_looked_up_once_for_many_texts(session: Session, vendor: FakeRingCentral) -> None:
    for _ in range(3):
        await session.call(SEND, TEXT)
    assert len(vendor.calls_to("GET */phone-number")) == 1


async def test_vendor_decides_when_the_numbers_may_not_be_seen(session: Session, vendor: FakeRingCentral) -> None:
    vendor.next("GET */phone-number", status=403)
    assert as_object(await session.call(SEND, TEXT))["direction"] == "Outbound"


@pytest.mark.parametrize("loss", [{"status": 500}, {"status": 503}, {"ending": "drop"}, {"ending": "truncate"}], ids=str)
@pytest.mark.parametrize("name", ["sms.send", "call POST /restapi/v1.0/account/{accountId}/extension/{extensionId}/sms"])
async def test_lost_answer_of_a_text_is_unknown_and_it_went_out_once(
    session: Session, vendor: FakeRingCentral, name: str, loss: dict[str, Any]
) -> None:
    plain: JSONObject = {"from": {"phoneNumber": NUMBER}, "to": [{"phoneNumber": "+15555550101"}], "text": "The quote is on its way"}
    before = len(vendor.store.all())
    vendor.next("POST */sms", after=True, **loss)
    with pytest.raises(OutcomeUnknownError):
        await session.call(Registry([connector]).operation(f"ringcentral.{name}"), TEXT if name == "sms.send" else plain)
    assert len(vendor.calls_to("POST */sms")) == 1
    assert len(vendor.store.all()) == before + 1


async def test_text_whose_answer_was_lost_is_found_and_another_one_is_not(session: Session, vendor: FakeRingCentral) -> None:
    assert isinstance(SEND.repeat, LookFirst)
    assert await SEND.repeat.find(session, TEXT) is None
    vendor.next("POST */sms", status=500, after=True)
    with pytest.raises(OutcomeUnknownError):
        await session.call(SEND, TEXT)
    assert as_object(await SEND.repeat.find(session, TEXT))["subject"] == TEXT["text"]
    others: tuple[JSONObject, ...] = ({"text": "Something else"}, {"to": "+15555550102"}, {"to": ["+15555550101", "+15555550102"]})
    for other in others:
        assert await SEND.repeat.find(session, {**TEXT, **other}) is None


@pytest.mark.parametrize("spelling", ["+15555550101", "15555550101", "(555) 555-0101", "+1 555.555.0101"])
async def test_call_log_is_asked_for_a_number_without_its_plus(session: Session, vendor: FakeRingCentral, spelling: str) -> None:
    answer = await session.call(BY_ID["call_log.user_list"], {"phoneNumber": spelling})
    assert len(_ids(answer)) == 2
    assert vendor.calls[-1].query["phoneNumber"] == "15555550101"


async def test_plain_call_shows_why_the_plus_goes(session: Session) -> None:
    assert connector.endpoints is not None
    plain = connector.endpoints.operation("GET /restapi/v1.0/account/{accountId}/call-log")
    assert _ids(await session.call(plain, {"phoneNumber": "+15555550101"})) == []


@pytest.mark.parametrize("id", ["messages.sync", "call_log.user_sync", "call_log.company_sync", "call_log.company_extract_sync"])
async def test_sync_goes_on_with_its_token_and_starts_over_when_that_is_too_old(session: Session, vendor: FakeRingCentral, id: str) -> None:
    first = as_object(await session.call(BY_ID[id], {}))
    token = as_object(first["syncInfo"])["syncToken"]
    vendor.receive_text("+15555550101", "Later")
    vendor.end_call({"result": "Accepted"})
    second = await session.call(BY_ID[id], {"syncToken": token})
    assert len(_ids(second)) == 1
    vendor.expire_tokens()
    third = as_object(await session.call(BY_ID[id], {"syncToken": token}))
    assert as_object(third["syncInfo"])["syncType"] == "FSync"
    assert len(_ids(third)) == len(_ids(first)) + 1


@pytest.mark.parametrize("id", ["recordings.content", "messages.content"])
async def test_files_come_from_the_media_host_with_the_same_token(session: Session, vendor: FakeRingCentral, id: str) -> None:
    call = BY_ID[id].call
    assert isinstance(call, Call)
    assert call.host in connector.hosts
    voicemail = next(one for one in vendor.store.all() if one["type"] == "VoiceMail")
    input: JSONObject = {"recordingId": "9001"} if id == "recordings.content" else {"messageId": voicemail["id"], "attachmentId": 4001}
    answer = as_object(await session.call(BY_ID[id], input))
    assert answer["content_type"] == "audio/mpeg"
    assert vendor.calls[-1].headers["authorization"] == f"Bearer {vendor.token}"


async def test_message_is_marked_and_deleted_by_an_id_of_either_kind(session: Session, vendor: FakeRingCentral) -> None:
    text = next(one for one in vendor.store.all() if one["type"] == "SMS")
    id = text["id"]
    await session.call(BY_ID["messages.set_read_status"], {"messageId": str(id), "readStatus": "Read"})
    assert as_object(vendor.store.get(str(id)))["readStatus"] == "Read"
    assert await session.call(BY_ID["messages.delete"], {"messageId": id}) == {"existed": True}
    assert await session.call(BY_ID["messages.delete"], {"messageId": str(id)}) == {"existed": False}


async def test_lists_without_totals_end_where_navigation_does(session: Session, vendor: FakeRingCentral) -> None:
    vendor.totals = False
    listing = BY_ID["messages.list"]
    assert listing.next_page is not None
    first = await session.call(listing, {"perPage": 2})
    following = listing.next_page({"perPage": 2}, first)
    assert following is not None
    assert following == {"perPage": 2, "page": 2}
    assert listing.next_page(following, await session.call(listing, following)) is None
