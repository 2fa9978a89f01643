"""What deliveries and lists say, however odd: a flow gets what its trigger promises, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.inputs import check
from trunkline.connectors.ringcentral.triggers import TRIGGERS
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.strategies import json_objects

FIELDS = (
    *("id", "type", "from", "to", "subject", "direction", "readStatus", "creationTime", "conversation", "conversationId", "attachments"),
    *("faxPageCount", "vmTranscriptionStatus", "extensionId", "extension", "ownerId", "presenceStatus", "telephonyStatus", "message"),
    *("changes", "eventType", "subscriptionId", "timestamp", "sequence", "parties", "telephonySessionId"),
)
SIDE: JSONObject = {"phoneNumber": 5, "name": [], "extensionId": {}, "id": None, "vmDuration": "long", "type": 7}
ODD = st.one_of(
    st.sampled_from(["Inbound", "SMS", "Fax", "+15555550101", "62264425016", "☎ й", "9" * 40]),
    st.sampled_from([SIDE, [SIDE]]),
    st.integers(),
    st.booleans(),
    st.none(),
    json_objects(),
)
OF_DELIVERY = [one for one in TRIGGERS if one.payload is not None and one.fold is None]
ITS_OWN = [one for one in OF_DELIVERY if one.poll is not None]
BY_ID = {one.id: one for one in TRIGGERS}


@given(st.dictionaries(st.sampled_from(FIELDS), ODD))
def test_whatever_a_delivery_holds_a_flow_gets_what_the_trigger_promises(body: JSONObject) -> None:
    for one in OF_DELIVERY:
        assert one.payload is not None
        if (made := one.payload(body)) is not None:
            check(one.output, made)
            assert one.record_key(made) not in ("", "None")


@given(st.dictionaries(st.sampled_from(FIELDS), ODD))
def test_whatever_an_item_of_a_list_holds_a_flow_gets_what_the_trigger_promises(item: JSONObject) -> None:
    for one in ITS_OWN:
        assert one.poll is not None
        check(one.output, one.poll.payload(item))


@pytest.mark.parametrize("id", [one.id for one in OF_DELIVERY if one.id != "presence.changed"])
def test_delivery_about_nothing_says_nothing(id: str) -> None:
    payload = BY_ID[id].payload
    assert payload is not None
    assert payload({"ownerId": "1", "subscriptionId": "2", "timestamp": "2026-11-20T09:30:00Z"}) is None


def test_text_is_read_in_any_script_and_from_several() -> None:
    payload = BY_ID["sms.received"].payload
    assert payload is not None
    to: list[JSON] = [{"phoneNumber": "+15555550100"}, {"phoneNumber": "+442079460958", "name": "Zoë"}]
    told = payload({"id": 9_007_199_254_740_993, "type": "SMS", "from": {"phoneNumber": "72975"}, "to": to, "subject": "Привіт 👋"})
    assert told is not None
    message = as_object(told["message"])
    assert (message["id"], message["text"]) == ("9007199254740993", "Привіт 👋")
    assert [as_object(one)["number"] for one in as_list(message["to"])] == ["+15555550100", "+442079460958"]


def test_events_of_the_issue_are_there_and_what_no_event_tells_is_polled() -> None:
    by_both = {"calls.ended", "calls.missed", "sms.received", "voicemails.received", "faxes.received", "presence.changed"}
    by_poll = {"contacts.created", "contacts.changed", "contacts.deleted", "sites.changed", "sites.created", "account.changed"}
    assert all(BY_ID[id].poll is not None and BY_ID[id].kinds for id in by_both)
    assert all(BY_ID[id].poll is not None and not BY_ID[id].kinds for id in by_poll)


def test_events_of_the_message_store_carry_only_counts() -> None:
    payload = BY_ID["messages.changed"].payload
    assert payload is not None
    counts: JSONObject = {"type": "SMS", "newCount": 2, "updatedCount": 0}
    told = payload({"extensionId": 62264425016, "changes": [counts]})
    assert told == {"extensionId": "62264425016", "changes": [counts]}
    text = BY_ID["sms.received"]
    assert text.payload is not None
    assert "message-store" not in text.kinds, "a text is not made of a count"
