"""What counts as news, by webhook of either generation and by poll."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.inputs import check
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.connectors.openphone.fake_workspace import trigger
from trunkline.connectors.openphone.records.task import is_overdue
from trunkline.model.clock import from_iso
from trunkline.model.connection import Account, Credential
from trunkline.model.json import JSON, JSONObject, as_object, dumps
from trunkline.testing.strategies import json_objects

_ACCOUNT = Account(options={}, credential=Credential({"token": "t"}))
_SINCE = "2026-11-20T09:00:00.000Z"
_ASKED = "2026-11-20T08:59:59.000Z"
"""A second earlier, for `gt` leaves out the very moment."""


def _payload(id: str, body: JSONObject) -> JSONObject:
    payload = trigger(id).payload
    assert payload is not None
    made = payload(body)
    assert made is not None
    return made


def test_message_says_the_same_in_both_generations() -> None:
    at = "2026-11-20T09:30:00Z"
    told: JSONObject = {"id": "AC1", "direction": "incoming", "status": "received", "createdAt": at}
    current: JSONObject = {
        "type": "message.received",
        "data": {
            "resource": {**told, "text": "Hello"},
            "context": {
                "phoneNumberId": "PN1",
                "conversationId": "CN1",
                "userId": "US1",
                "contacts": {"ids": ["c1"]},
                "senderIdentifier": "+15555550101",
                "recipientIdentifiers": ["+15555550100"],
            },
        },
    }
    place: JSONObject = {"phoneNumberId": "PN1", "conversationId": "CN1", "userId": "US1", "contactIds": ["c1"]}
    legacy: JSONObject = {
        "type": "message.received",
        "data": {"object": {**told, **place, "from": "+15555550101", "to": "+15555550100", "body": "Hello"}},
    }
    one, other = _payload("messages.received", current), _payload("messages.received", legacy)
    assert as_object(one["message"]) == as_object(other["message"])
    assert trigger("messages.received").record_key(one) == "CN1"


def test_flat_contact_of_the_current_generation_says_that_it_is_not_complete() -> None:
    flat: JSONObject = {"id": "c1", "firstName": "Ada", "company": "Palmer", "updatedAt": "2026-11-20T09:30:00.512Z", "actorId": "SYU1"}
    contact = as_object(_payload("contacts.changed", {"type": "contact.updated", "data": {"resource": flat}})["contact"])
    assert contact["first_name"] == "Ada"
    assert contact["complete"] is False
    assert contact["actor_id"] == "SYU1"


def test_webhook_and_poll_agree_on_what_is_news() -> None:
    one = trigger("contacts.changed")
    assert one.poll is not None
    assert one.fingerprint is not None
    item: JSONObject = {"id": "c1", "defaultFields": {"firstName": "Ada"}, "updatedAt": "2026-11-20T09:30:00.512Z"}
    flat: JSONObject = {"id": "c1", "firstName": "Ada", "updatedAt": "2026-11-20T09:30:00.512+00:00"}
    told = _payload("contacts.changed", {"type": "contact.updated", "data": {"resource": flat}})
    assert one.fingerprint(one.poll.payload(item)) == one.fingerprint(told)
    assert one.fingerprint(one.poll.payload({**item, "updatedAt": "2026-11-20T09:31:00Z"})) != one.fingerprint(told)
    assert one.poll.cursor is None


@pytest.mark.parametrize("id", ["contacts.changed", "messages.received", "calls.completed", "calls.summary_completed", "tasks.created"])
def test_delivery_about_nothing_makes_no_payload(id: str) -> None:
    payload = trigger(id).payload
    assert payload is not None
    assert payload({"type": "x", "data": {}}) is None


def _start(id: str, input: JSONObject | None = None, since: str | None = _SINCE) -> JSONObject:
    poll = trigger(id).poll
    assert poll is not None
    start = poll.start(since, _ACCOUNT, input or {})
    check(poll.read.input, start)
    return start


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_poll_asks_for_messages_since_then() -> None:
    assert _start("messages.received", {"phoneNumberId": "PN1"}) == {
        "maxResults": 50,
        "direction": "incoming",
        "phoneNumberId": "PN1",
        "after": _ASKED,
    }
    assert _start("messages.failed", since=None) == {"maxResults": 50, "direction": "outgoing", "status": "failed"}


def test_message_is_known_by_its_id_and_handled_in_the_order_of_its_conversation() -> None:
    one = trigger("messages.received")
    assert one.poll is not None
    assert one.key is not None
    item: JSONObject = {"id": "AC1", "from": "+15555550101", "to": ["+15555550100"], "text": "Hi", "conversationId": "CN1"}
    told = _payload("messages.received", {"type": "message.received", "data": {"object": {**item, "to": "+15555550100", "contactIds": []}}})
    assert one.key(one.poll.payload(item)) == one.key(told) == "AC1"
    assert one.record_key(one.poll.payload(item)) == one.record_key(told) == "CN1"


def test_flow_can_ask_for_one_number() -> None:
    matches = trigger("messages.received").matches
    assert matches is not None
    payload: JSONObject = {"message": {"phone_number_id": "PN1"}}
    assert matches(payload, {"phoneNumberId": "PN1"})
    assert not matches(payload, {"phoneNumberId": "PN2"})


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_poll_asks_for_calls_that_ended() -> None:
    asked = _start("calls.completed")
    assert asked["after"] == _ASKED
    assert asked["status"] != []
    assert "ringing" not in str(asked["status"])
    assert "in-progress" not in str(asked["status"])


def test_call_counts_once_for_each_thing_that_happens_to_it() -> None:
    for id in ("calls.created", "calls.ringing", "calls.answered", "calls.completed", "calls.missed", "calls.forwarded"):
        one = trigger(id)
        assert one.poll is not None
        assert one.fingerprint is not None
        polled = one.poll.payload({"id": "AC1", "status": "completed", "duration": 9, "createdAt": _SINCE})
        told = _payload(id, {"type": one.kinds[0], "data": {"object": {"id": "AC1", "status": "answered"}}})
        assert one.fingerprint(polled) == one.fingerprint(told)
        assert one.record_key(polled) == one.record_key(told) == "AC1"


@pytest.mark.parametrize("spelling", ["call.summary.completed", "callSummary"])
def test_summary_is_told_by_the_id_of_its_call(spelling: str) -> None:
    assert spelling in trigger("calls.summary_completed").kinds
    legacy: JSONObject = {"type": spelling, "data": {"object": {"callId": "AC1", "summary": ["Ada called"], "nextSteps": []}}}
    payload = _payload("calls.summary_completed", legacy)
    assert as_object(payload["call"])["id"] == "AC1"
    assert as_object(payload["summary"])["status"] == "completed", "it says so by being told"
    check(trigger("calls.summary_completed").output, payload)


def test_transcript_says_who_spoke_in_either_generation() -> None:
    for name in ("userId", "actorId"):
        line: JSONObject = {"content": "Hello", "start": 0, "end": 1, "identifier": None, name: "US1"}
        body: JSONObject = {"type": "callTranscript", "data": {"object": {"callId": "AC1", "status": "completed", "dialogue": [line]}}}
        dialogue = as_object(_payload("calls.transcript_completed", body)["transcript"])["dialogue"]
        assert isinstance(dialogue, list)
        assert as_object(dialogue[0])["user_id"] == "US1"


@pytest.mark.parametrize("id", ["calls.summary_completed", "calls.voicemail_completed"])
def test_poll_tells_of_what_is_written_up_once_it_is(id: str) -> None:
    one, under = trigger(id), id.split(".")[1].removesuffix("_completed")
    assert one.poll is not None
    assert one.compare is not None
    assert one.fingerprint is not None
    assert _start(id)["include"] == [under]
    states: list[JSON] = [None, {"status": "in-progress"}, {"status": "completed"}]
    payloads = [one.poll.payload({"id": "AC1", under: state}) for state in states]
    assert [one.compare(None, payload) is not None for payload in payloads] == [False, False, True]
    assert len({json.dumps(one.fingerprint(payload)) for payload in payloads}) == 3
    told = _payload(id, {"type": one.kinds[0], "data": {"resource": {"callId": "AC1", "id": "x"}}})
    assert one.fingerprint(told) == one.fingerprint(payloads[2]), "told by a webhook, it is no news to the poll"


def test_recording_is_of_a_call_whatever_the_resource_is() -> None:
    call: JSONObject = {"id": "AC1", "direction": "incoming", "participants": ["+15555550101"], "recordings": [{"id": "CR1", "url": "u"}]}
    bare: JSONObject = {"id": "CR1", "url": "u", "callId": "AC1"}
    for resource, complete in ((call, True), (bare, False)):
        payload = _payload("calls.recording_completed", {"type": "call.recording.completed", "data": {"resource": resource}})
        assert as_object(payload["call"])["id"] == "AC1"
        assert as_object(payload["call"])["complete"] is complete
        check(trigger("calls.recording_completed").output, payload)


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "new"),
    [("2026-11-20T09:00:30.000Z", True), ("2026-11-20T09:30:00.000Z", False), (None, True), ("soon", True)],
)
def test_change_of_an_old_contact_is_no_new_contact(changed: JSON, new: bool) -> None:
    payload = trigger("contacts.created").payload
    assert payload is not None
    resource: JSONObject = {"id": "c1", "createdAt": _SINCE, "updatedAt": changed}
    assert (payload({"type": "contact.updated", "data": {"resource": resource}}) is not None) is new


def test_new_contacts_are_those_made_since_the_trigger_began() -> None:
    poll = trigger("contacts.created").poll
    assert poll is not None
    assert poll.walk == "whole"
    assert poll.cursor is not None
    assert poll.cursor({"createdAt": _SINCE}) == _SINCE


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_TASK: JSONObject = {"taskId": "TK1", "title": "Call", "description": "", "completed": False, "isDeleted": False, "revision": "1"}
_DATED: JSONObject = {"taskId": "TK1", "title": "Call", "description": "", "status": "open", "revision": 1}


def _told(id: str, before: JSONObject | None, now: JSONObject) -> JSONObject | None:
    """What a walk tells that saw `before` the last time."""
    one = trigger(id)
    assert one.poll is not None
    assert one.remember is not None
    assert one.compare is not None
    remembered = None if before is None else one.remember(one.poll.payload(before))
    return one.compare(remembered, one.poll.payload(now))


@pytest.mark.parametrize(
    ("id", "changes", "event"),
    [
        ("tasks.updated", {"title": "Call today"}, "task.updated"),
        ("tasks.completed", {"completed": True}, "task.completed"),
        ("tasks.assigned", {"assignedTo": "US1"}, "task.assigned"),
        ("tasks.linked", {"conversationId": "CN1"}, "task.linked"),
        ("tasks.due_date_updated", {"dueDate": "2026-12-01T09:00:00Z"}, "task.duedate.updated"),
    ],
)
def test_walk_sees_what_happened_to_a_task(id: str, changes: JSONObject, event: str) -> None:
    seen = _told(id, _TASK, {**_TASK, **changes, "revision": "2"})
    assert seen is not None
    assert seen["event"] == event
    check(trigger(id).output, seen)
    assert _told(id, {**_TASK, **changes}, {**_TASK, **changes, "revision": "3"}) is None, "something else changed"
    for other in connector.triggers:
        if other.id.startswith("tasks.") and other.id != id and other.remember is not None:
            assert _told(other.id, _TASK, {**_TASK, **changes, "revision": "2"}) is None, other.id


@pytest.mark.parametrize(
    ("id", "before", "event"),
    [
        ("tasks.reopened", {"completed": True}, "task.reopened"),
        ("tasks.unassigned", {"assignedTo": "US1"}, "task.unassigned"),
        ("tasks.unlinked", {"conversationId": "CN1"}, "task.unlinked"),
        ("tasks.due_date_removed", {"dueDate": "2026-12-01T09:00:00Z"}, "task.duedate.removed"),
    ],
)
def test_walk_sees_what_was_taken_back(id: str, before: JSONObject, event: str) -> None:
    seen = _told(id, {**_TASK, **before}, {**_TASK, "revision": "2"})
    assert seen is not None
    assert seen["event"] == event


def test_task_that_a_walk_sees_first_has_only_been_completed() -> None:
    done: JSONObject = {**_TASK, "completed": True, "assignedTo": "US1", "conversationId": "CN1", "dueDate": _SINCE}
    happened = {one.id for one in connector.triggers if one.id.startswith("tasks.") and one.remember and _told(one.id, None, done)}
    assert happened == {"tasks.completed"}


def test_walk_does_not_tell_again_what_a_webhook_told() -> None:
    one = trigger("tasks.assigned")
    assert one.poll is not None
    assert one.fingerprint is not None
    assert one.remember is not None
    assert one.compare is not None
    body: JSONObject = {"type": "task.assigned", "data": {"resource": {**_DATED, "assignedTo": "US1", "revision": 2}}}
    told = _payload("tasks.assigned", body)
    assert one.compare(None, told) == told
    polled = one.poll.payload({**_TASK, "assignedTo": "US1", "revision": "2"})
    assert one.fingerprint(polled) == one.fingerprint(told)
    later = one.poll.payload({**_TASK, "assignedTo": "US1", "revision": "3", "title": "Call today"})
    assert one.fingerprint(later) != one.fingerprint(told)
    assert one.compare(one.remember(told), later) is None


def test_task_events_give_the_status_where_the_record_does_not() -> None:
    for event, status in (("task.completed", "completed"), ("task.reopened", "open"), ("task.deleted", "deleted")):
        id = next(one.id for one in connector.triggers if one.kinds == (event,))
        payload = _payload(id, {"type": event, "data": {"resource": {"taskId": "TK1"}}})
        assert as_object(payload["task"])["status"] == status


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({"dueDate": "2026-11-20T08:59:59Z"}, True),
        ({"dueDate": "2026-11-20T09:00:01Z"}, False),
        ({"dueDate": "2026-11-20T08:00:00Z", "completed": True}, False),
        ({"dueDate": "2026-11-20T08:00:00Z", "isDeleted": True}, False),
        ({"dueDate": None}, False),
        ({"dueDate": "soon"}, False),
        ({"dueDate": 7}, False),
        ({}, False),
    ],
)
def test_open_task_whose_due_date_is_past_is_overdue(changes: JSONObject, late: bool) -> None:
    assert is_overdue({**_TASK, **changes}, from_iso(_SINCE)) is late


BY_WEBHOOK_ONLY = {"calls.menu_selected", "calls.recording_completed", "calls.transcript_completed"}


def test_every_trigger_has_a_polled_twin_but_for_what_cannot_be_listed() -> None:
    assert {one.id for one in connector.triggers if one.poll is None} == BY_WEBHOOK_ONLY
    assert all(one.about.startswith("By webhook only") for one in connector.triggers if one.poll is None)


def test_deleted_task_is_gone_whether_or_not_the_list_still_shows_it() -> None:
    poll = trigger("tasks.deleted").poll
    assert poll is not None
    assert poll.items is not None
    assert poll.items({"data": [_TASK, {**_TASK, "isDeleted": True}, {**_DATED, "status": "deleted"}]}) == [_TASK]
    check(trigger("tasks.deleted").output, poll.payload(_TASK))


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(body=json_objects())
def test_no_delivery_can_break_a_trigger(body: JSONObject) -> None:
    resource: JSONObject = {**body, "id": "x"}
    current: JSONObject = {"data": {"resource": resource, "context": body}}
    legacy: JSONObject = {"data": {"object": resource}}
    for one in connector.triggers:
        if one.payload is None:
            continue
        assert one.payload(body) is None
        for told in (current, legacy):
            made = one.payload(told)
            assert made is not None
            assert one.record_key(made)
            assert one.fingerprint is None or one.fingerprint(made) == one.fingerprint(as_object(json.loads(dumps(made))))


_FIELDS = (
    *("id", "callId", "taskId", "from", "to", "text", "body", "direction", "status", "createdAt", "updatedAt", "userId", "actorId"),
    *("phoneNumberId", "conversationId", "contactIds", "media", "participants", "duration", "answeredAt", "callRoute", "recordings", "url"),
    *("summary", "nextSteps", "jobs", "dialogue", "recordingUrl", "transcript", "defaultFields", "firstName", "emails", "phoneNumbers"),
    *("customFields", "externalId", "title", "dueDate", "revision", "completed", "isDeleted", "assignedTo"),
)
_CONTEXT = ("phoneNumberId", "conversationId", "userId", "contacts", "senderIdentifier", "recipientIdentifiers", "participants", "callId")
_ODD = st.one_of(
    st.sampled_from(["+15555550101", "Anonymous", "GOOGLE", "US1", "SYU1", "2026-11-20T09:00:00Z", "☎ й", "9" * 30]),
    st.integers(),
    st.booleans(),
    st.none(),
    st.lists(st.one_of(st.text(max_size=3), json_objects()), max_size=2),
    json_objects(),
)


@given(st.dictionaries(st.sampled_from(_FIELDS), _ODD), st.dictionaries(st.sampled_from(_CONTEXT), _ODD))
def test_whatever_a_delivery_holds_a_flow_gets_what_the_trigger_promises(resource: JSONObject, context: JSONObject) -> None:
    resource = {"id": "x", **resource}
    bodies: list[JSONObject] = [{"data": {"resource": resource, "context": context}}, {"data": {"object": resource}}]
    for one in connector.triggers:
        if one.payload is None:
            continue
        for body in bodies:
            if (made := one.payload({**body, "type": one.kinds[0]})) is not None:
                check(one.output, made)


def test_who_texted_is_read_however_it_is_told() -> None:
    spellings: list[JSON] = ["+15555550101", {"phoneNumber": "+15555550101"}, [{"phoneNumber": "+15555550101", "name": "Ada"}]]
    for sender in spellings:
        told: JSONObject = {"id": "AC1", "from": sender, "to": [{"phoneNumber": "72975"}, "Anonymous"], "text": "Привіт 👋"}
        message = as_object(_payload("messages.received", {"type": "message.received", "data": {"object": told}})["message"])
        assert (message["from"], message["to"], message["text"]) == ("+15555550101", ["72975", "Anonymous"], "Привіт 👋")


@given(item=json_objects())
def test_no_item_of_a_list_can_break_a_poll(item: JSONObject) -> None:
    for one in connector.triggers:
        if one.poll is not None:
            made = one.poll.payload({**item, "id": "x", "taskId": "TK1"})
            assert one.record_key(made)
            assert one.fingerprint is None or dumps(one.fingerprint(made))
            assert one.compare is None or one.compare(None, made) in (None, made) or one.id.startswith("tasks.")


def test_fake_announces_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor, told = FakeOpenPhone(), list[JSONObject]()
    vendor.webhooks.urls.append("http://127.0.0.1:9/hook")
    monkeypatch.setattr(vendor.webhooks, "emit", told.append)
    vendor.create_contact({"firstName": "Ada"})
    vendor.receive_message("+15555550101", "Hello")
    vendor.receive_call("+15555550101")
    assert [one["type"] for one in told] == ["contact.updated", "message.received", "call.ringing", "call.completed", "call.missed"]
    assert _payload("messages.received", json.loads(dumps(told[1])))["message"]
