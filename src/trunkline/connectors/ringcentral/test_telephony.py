"""Many notifications of one call: in any order, with queue legs and transfers, told once."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.inputs import check
from trunkline.connectors.ringcentral import telephony
from trunkline.connectors.ringcentral.telephony import gathering, logged, notified
from trunkline.connectors.ringcentral.triggers import TRIGGERS
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.strategies import json_objects

BY_ID = {trigger.id: trigger for trigger in TRIGGERS}


def party(
    number: int,
    code: str,
    *,
    direction: str = "Inbound",
    extension: str | None = "101",
    reason: str | None = None,
    missed: bool | None = None,
) -> JSONObject:
    return {
        "id": f"p-abc-{number}",
        "extensionId": extension,
        "direction": direction,
        "from": {"phoneNumber": "+15555550101", "name": "Ada Palmer"},
        "to": {"phoneNumber": "+15555550100", "extensionId": extension},
        "status": {"code": code, **({"reason": reason} if reason else {})},
        **({} if missed is None else {"missedCall": missed}),
    }


def step(sequence: int, *parties: JSONObject) -> JSONObject:
    told: list[JSON] = [*parties]
    body: JSONObject = {"telephonySessionId": "s-abc", "sessionId": "1", "sequence": sequence, "parties": told}
    payload = notified({**body, "eventTime": f"2026-11-20T09:30:{sequence:02d}.000Z"})
    assert payload is not None
    return payload


def told(steps: list[JSONObject], id: str = "calls.ended") -> list[JSONObject]:
    """The events that a trigger makes of these steps."""
    fold = BY_ID[id].fold
    assert fold is not None
    state: JSON = None
    events: list[JSONObject] = []
    for one in steps:
        state, event = fold(state, one)
        events += [] if event is None else [as_object(event["call"])]
    return events


ANSWERED = [step(1, party(1, "Setup")), step(2, party(1, "Answered")), step(3, party(1, "Disconnected", reason="Caller"))]
MISSED = [step(1, party(1, "Setup")), step(2, party(1, "Proceeding")), step(3, party(1, "Disconnected"))]
QUEUE = [
    step(1, party(1, "Setup", extension="500")),
    step(2, party(1, "Proceeding", extension="500"), party(2, "Proceeding", extension="101")),
    step(3, party(2, "Disconnected", extension="101"), party(3, "Proceeding", extension="102")),
    step(4, party(3, "Answered", extension="102"), party(1, "Disconnected", extension="500")),
    step(5, party(3, "Disconnected", extension="102", reason="Caller")),
]
UNANSWERED = [
    step(1, party(1, "Setup", extension="500")),
    step(2, party(1, "Proceeding", extension="500"), party(2, "Proceeding", extension="101")),
    step(3, party(2, "Disconnected", extension="101", missed=True), party(3, "Proceeding", extension="102")),
    step(4, party(3, "Disconnected", extension="102", missed=True)),
    step(5, party(1, "Disconnected", extension="500", missed=False)),
]


def test_answered_call_is_told_once_when_it_is_over() -> None:
    (call,) = told(ANSWERED)
    assert (call["answered"], call["missed"], call["result"]) == (True, False, "Caller")
    assert (call["started_at"], call["ended_at"]) == ("2026-11-20T09:30:01.000Z", "2026-11-20T09:30:03.000Z")
    assert as_object(call["from"])["number"] == "+15555550101"
    assert told(ANSWERED, "calls.missed") == []


def test_call_nobody_answered_is_missed() -> None:
    (call,) = told(MISSED, "calls.missed")
    assert (call["id"], call["missed"], call["answered"]) == ("s-abc", True, False)
    voicemail = [*MISSED[:2], step(3, party(1, "VoiceMail")), step(4, party(1, "Disconnected"))]
    (call,) = told(voicemail, "calls.missed")
    assert (call["voicemail"], call["missed"]) == (True, True)


def test_outbound_call_is_never_missed() -> None:
    steps = [step(1, party(1, "Setup", direction="Outbound")), step(2, party(1, "Disconnected", direction="Outbound"))]
    assert told(steps, "calls.missed") == []
    assert [call["direction"] for call in told(steps)] == ["Outbound"]


def test_legs_of_a_queue_are_one_call() -> None:
    (call,) = told(QUEUE)
    assert call["extensions"] == ["101", "102", "500"]
    assert (call["answered"], call["missed"]) == (True, False)
    assert told(QUEUE, "calls.missed") == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_steps_in_any_order_give_one_call_and_no_false_alarm(order: tuple[int, ...]) -> None:
    answered = [*ANSWERED[:2], step(3, party(1, "Disconnected", missed=False))]
    missed = [*MISSED[:2], step(3, party(1, "Disconnected", missed=True))]
    assert len(told([answered[at] for at in order])) == 1
    assert told([answered[at] for at in order], "calls.missed") == []
    assert len(told([missed[at] for at in order], "calls.missed")) == 1


@pytest.mark.parametrize("steps", [ANSWERED, QUEUE], ids=["plain", "queue"])
def test_answered_call_is_told_once_and_as_answered_in_every_order(steps: list[JSONObject]) -> None:
    for order in permutations(steps):
        (call,) = told([*order])
        assert (call["answered"], call["missed"]) == (True, False)
        assert told([*order], "calls.missed") == []


@pytest.mark.parametrize("steps", [MISSED, UNANSWERED], ids=["plain", "queue"])
def test_missed_call_is_told_once_in_every_order(steps: list[JSONObject]) -> None:
    for order in permutations(steps):
        (call,) = told([*order], "calls.missed")
        assert (call["answered"], call["missed"]) == (False, True)
        assert len(told([*order])) == 1


@given(st.permutations(QUEUE), st.lists(st.sampled_from(QUEUE), max_size=4))
def test_no_order_and_no_repetition_tells_a_call_twice(steps: list[JSONObject], again: list[JSONObject]) -> None:
    assert len(told([*steps, *again])) == 1


@given(st.lists(st.sampled_from(QUEUE)))
def test_lost_steps_never_make_a_missed_call_of_an_answered_one(steps: list[JSONObject]) -> None:
    assert told(steps, "calls.missed") == []


@pytest.mark.parametrize("id", ["calls.ended", "calls.missed"])
def test_call_whose_steps_were_lost_is_told_by_the_log(id: str) -> None:
    last = UNANSWERED[-1]
    assert told([last], id) == []
    record = logged({"telephonySessionId": "s-abc", "direction": "Inbound", "result": "Missed", "from": {}, "to": {}})
    assert len(told([last, record, *UNANSWERED], id)) == 1


def test_subscription_to_missed_calls_alone_is_told_at_once() -> None:
    assert len(told([step(7, party(1, "Disconnected", missed=True))], "calls.missed")) == 1


def test_steps_of_one_extension_have_gaps_and_still_make_a_call() -> None:
    mine = [step(2, party(3, "Setup")), step(5, party(3, "Answered")), step(9, party(3, "Disconnected", missed=False))]
    (call,) = told(mine)
    assert (call["answered"], call["missed"]) == (True, False)


def _odd(*names: str) -> st.SearchStrategy[JSONObject]:
    """Records with these fields, each of which may hold anything."""
    values = st.one_of(json_objects(), st.sampled_from(["Inbound", "Disconnected", "Gone", "Answered", "Missed", "+15555550101", "☎ 11"]))
    return st.dictionaries(st.sampled_from(names), st.one_of(values, st.integers(), st.booleans(), st.none(), st.text(max_size=4)))


ODD_PARTIES = st.lists(_odd("id", "extensionId", "direction", "from", "to", "status", "missedCall"), max_size=3)
ODD_ENDS = _odd("code", "reason")
ODD_SIDES = _odd("phoneNumber", "name", "extensionId", "extensionNumber")


@given(_odd("sessionId", "sequence", "eventTime"), ODD_PARTIES, ODD_SIDES, ODD_ENDS)
def test_no_notification_can_break_the_gathering(body: JSONObject, parties: list[JSONObject], side: JSONObject, end: JSONObject) -> None:
    parties = [{"from": side, "status": end, **party} for party in parties]
    made = notified({**body, "telephonySessionId": "s", "parties": [*parties]})
    assert (made is None) is (parties == [])
    if made is not None:
        for id in ("calls.ended", "calls.missed"):
            for event in told([made, made, *QUEUE], id):
                check(BY_ID[id].output, {"call": event})


@given(
    _odd("id", "sessionId", "telephonySessionId", "direction", "result", "startTime", "duration", "from", "recording", "legs"), ODD_SIDES
)
def test_no_record_of_the_log_can_break_the_poll(item: JSONObject, side: JSONObject) -> None:
    for one in telephony.over({"records": [{"to": side, **item}, item, None]}):
        made = logged(as_object(one))
        assert telephony.key(made)
        check(telephony.PAYLOAD, made)


def test_older_step_that_comes_late_does_not_bring_a_party_back() -> None:
    first, second = party(1, "Disconnected"), party(2, "Answered", extension="102")
    late = [step(3, first), step(2, party(1, "Answered"))]
    open_call = [step(1, party(1, "Setup"), second), *late]
    assert told(open_call) == [], "the second party still talks"
    (call,) = told([*open_call, step(4, party(2, "Disconnected", extension="102"))])
    assert call["answered"] is True


def test_event_and_call_log_name_the_call_alike_and_tell_it_once() -> None:
    record: JSONObject = {"id": "L1", "telephonySessionId": "s-abc", "direction": "Inbound", "result": "Missed", "from": {}, "to": {}}
    polled = logged(record)
    assert telephony.key(polled) == telephony.key(ANSWERED[0]) == "s-abc"
    assert len(told([*MISSED, polled], "calls.missed")) == 1
    assert len(told([polled, *MISSED], "calls.missed")) == 1
    assert len(told([polled, polled], "calls.missed")) == 1


def test_wanted_call_stays_wanted_although_its_log_says_otherwise() -> None:
    fold = gathering(lambda call: call.get("missed") is True)
    state, event = fold(None, logged({"id": "1", "direction": "Inbound", "result": "Accepted"}))
    assert event is None
    assert fold(state, MISSED[-1]) == (state, None)


def test_legs_of_one_call_in_the_log_are_one_call() -> None:
    def leg(id: str, result: str, session: str = "s-abc") -> JSONObject:
        return {"id": id, "telephonySessionId": session, "direction": "Inbound", "result": result, "extension": {"id": id}}

    found = telephony.over({"records": [leg("1", "Missed"), leg("2", "Accepted"), leg("3", "Missed"), leg("4", "Missed", "s-other")]})
    calls = [as_object(logged(as_object(one))["call"]) for one in found]
    assert [(call["id"], call["missed"], call["extensions"]) for call in calls] == [("s-abc", False, ["2"]), ("s-other", True, ["4"])]


def test_call_that_still_goes_on_is_not_over_in_the_log() -> None:
    going: list[JSON] = [{"id": "1", "result": "In Progress"}, {"id": "2", "finished": False}]
    ended: list[JSON] = [{"id": "3", "result": "Accepted"}, {"id": "4", "finished": True}]
    assert telephony.over({"records": [*going, *ended]}) == ended


def test_notification_without_a_session_or_parties_says_nothing() -> None:
    assert notified({"parties": [party(1, "Setup")]}) is None
    assert notified({"telephonySessionId": "s"}) is None


def test_number_without_plus_gets_one_and_a_short_one_stays() -> None:
    call = as_object(logged({"id": "1", "from": {"phoneNumber": "15555550101"}, "to": {"phoneNumber": "101"}})["call"])
    assert (as_object(call["from"])["number"], as_object(call["to"])["number"]) == ("+15555550101", "101")
