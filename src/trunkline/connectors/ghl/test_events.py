"""What deliveries and lists tell of a record is the same, each change is told once, and flows hear what they asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.declaration import Trigger
from trunkline.connect.inputs import check
from trunkline.connect.watching import first_page
from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_session import trigger
from trunkline.connectors.ghl.triggers import EVENTS
from trunkline.connectors.ghl.triggers.routing import EVENTS as NAMES
from trunkline.connectors.ghl.triggers.routing import event_of
from trunkline.model.clock import from_iso
from trunkline.model.connection import Account
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_object, dumps, loads
from trunkline.testing.strategies import json_objects

SAMPLES = Path(__file__).resolve().parent / "samples"
NOW = from_iso("2026-11-21T08:00:00Z")

UNLISTED = {
    "the vendor has no list of what is gone": {one.id for one in EVENTS if one.id.endswith((".deleted", ".uninstalled"))},
    "lists by contact, product, object or record only": {"notes.created", "notes.changed", "prices.created", "prices.changed"}
    | {"records.created", "records.changed", "relations.created"},
    "no list at all": {"messages.to_deliver", "emails.tracked", "campaigns.status_changed", "app.installed", "app.plan_changed"},
}
"""Events that no poll can find."""


def sample(id: str) -> JSONObject:
    return as_object(loads((SAMPLES / f"{id}.json").read_bytes()))


def delivered(id: str, **changes: JSON) -> JSONObject:
    """The payload of the sample's delivery, with changes."""
    one, told = trigger(id), as_object(sample(id)["delivery"])
    assert one.payload is not None
    payload = one.payload({**told, **changes})
    assert payload is not None
    return payload


def listed(id: str, **changes: JSON) -> JSONObject:
    """The payload of the sample's item of the list."""
    one = trigger(id)
    assert one.poll is not None
    return one.poll.payload({**as_object(sample(id)["item"]), **changes})


def fingerprint(one: Trigger, payload: JSONObject) -> JSON:
    assert one.fingerprint is not None
    return one.fingerprint(payload)


def compared(one: Trigger, before: JSONObject | None, payload: JSONObject) -> JSONObject | None:
    assert one.compare is not None
    assert one.remember is not None
    return one.compare(None if before is None else one.remember(before), payload)


def test_every_event_that_a_list_can_find_is_polled_too() -> None:
    unlisted = set[str]().union(*UNLISTED.values())
    assert {one.id for one in EVENTS if one.poll is None} == unlisted


@given(body=json_objects(), kind=st.sampled_from([*sorted(NAMES), "", "SMS"]), named=st.none() | st.sampled_from(sorted(NAMES)))
def test_no_delivery_can_break_the_vendors_triggers(body: JSONObject, kind: str, named: str | None) -> None:
    told: JSONObject = {**body, "type": kind}
    event = event_of(told, named)
    for one in EVENTS:
        if event in one.kinds:
            assert one.payload is not None
            payload = one.payload(told)
            if payload is not None:
                assert one.record_key(payload)
                assert one.fingerprint is None or dumps(one.fingerprint(payload))
                assert one.key is None or one.key(payload)
                if one.compare is not None and one.remember is not None:
                    one.compare(None, payload)
                    assert one.compare(one.remember(payload), payload) is None


# ── each change once ─────────────────────────────────────────────────────────────────────────────────────────────────

TWINS = [one.id for one in EVENTS if one.poll is not None and "item" in sample(one.id)]


@pytest.mark.parametrize("id", TWINS)
def test_delivery_and_list_tell_the_same(id: str) -> None:
    one = trigger(id)
    pushed, read = delivered(id), listed(id)
    assert one.record_key(pushed) == one.record_key(read)
    if one.key is not None:
        assert one.key(pushed) == one.key(read)
    else:
        assert fingerprint(one, pushed) == fingerprint(one, read)
    if one.compare is not None:
        assert compared(one, pushed, read) is None
        assert compared(one, read, pushed) is None


def test_two_events_of_one_change_are_told_once() -> None:
    opportunity = trigger("opportunities.changed")
    moved: JSONObject = {"pipelineStageId": "another"}
    one, other = (delivered(id, **moved, name="x") for id in ("opportunities.changed", "opportunities.stage_changed"))
    assert fingerprint(opportunity, one) == fingerprint(opportunity, other)
    invoice = trigger("invoices.changed")
    paid = delivered("invoices.paid")
    assert {"InvoiceUpdate", "InvoicePaid"} <= set(invoice.kinds)
    assert fingerprint(invoice, paid) == fingerprint(invoice, delivered("invoices.paid", updatedAt="2026-11-22T08:00:00.000Z"))


def test_a_move_is_told_with_where_it_came_from() -> None:
    one = trigger("opportunities.stage_changed")
    before = delivered(one.id, pipelineStageId="first")
    after = delivered(one.id, pipelineStageId="second")
    told = compared(one, before, after)
    assert told is not None
    assert told["before"] == {"pipeline_id": "pIpElInE000000000001", "pipeline_stage_id": "first"}
    unknown = compared(one, None, after)
    assert unknown is not None
    assert unknown["before"] == {"pipeline_id": None, "pipeline_stage_id": None}
    check(one.output, told)
    check(one.output, unknown)
    assert compared(one, after, delivered(one.id, pipelineStageId="second", name="renamed")) is None


@pytest.mark.parametrize(
    ("id", "before", "after", "news"),
    [
        ("invoices.paid", {"status": "sent"}, {"status": "paid", "amountPaid": 250}, True),
        ("invoices.paid", {"status": "paid", "amountPaid": 250}, {"status": "paid", "amountPaid": 250}, False),
        ("invoices.paid", {"status": "sent"}, {"status": "void"}, False),
        ("invoices.partially_paid", {"status": "partially_paid", "amountPaid": 50}, {"status": "partially_paid", "amountPaid": 80}, True),
        ("invoices.partially_paid", {"status": "partially_paid", "amountPaid": 50}, {"status": "paid", "amountPaid": 250}, False),
        ("invoices.voided", {"status": "sent"}, {"status": "void"}, True),
    ],
)
def test_an_invoice_is_told_when_it_becomes_what_was_waited_for(id: str, before: JSONObject, after: JSONObject, news: bool) -> None:
    assert (compared(trigger(id), listed(id, **before), listed(id, **after)) is not None) is news


def test_an_invoice_made_and_paid_between_two_polls_is_told() -> None:
    assert compared(trigger("invoices.paid"), None, listed("invoices.paid")) is not None
    assert compared(trigger("invoices.paid"), None, listed("invoices.paid", status="draft")) is None


def test_a_task_is_done_once_until_it_is_opened_again() -> None:
    one = trigger("tasks.completed")
    done, opened = delivered("tasks.completed"), listed("tasks.completed", completed=False)
    assert as_object(done["task"])["completed"] is True
    assert compared(one, opened, done) is not None
    assert compared(one, done, listed("tasks.completed")) is None
    assert compared(one, done, opened) is None


def test_a_task_without_its_contact_is_told_all_the_same() -> None:
    payload = delivered("tasks.deleted")
    assert as_object(payload["task"])["contact_id"] is None
    check(trigger("tasks.deleted").output, payload)


def test_a_message_is_one_however_it_is_told() -> None:
    received = trigger("messages.received")
    assert received.key is not None
    assert received.key(delivered("messages.received")) == "mEsSaGe0000000000001"
    assert received.record_key(delivered("messages.received")) == "cOnVeRsAtIoN00000001"
    nameless = delivered("messages.received", messageId=None)
    assert received.key(nameless) != received.key(delivered("messages.received", messageId=None, body="Another one"))
    assert as_object(delivered("messages.sent", messageType="TYPE_EMAIL")["message"])["channel"] == "email"


def test_only_messages_of_its_direction_are_read_from_the_list() -> None:
    answer: JSON = {"messages": [{"id": "a", "direction": "inbound"}, {"id": "b", "direction": "outbound"}, {"id": "c"}]}
    for id, wanted in (("messages.received", "a"), ("messages.sent", "b")):
        poll = trigger(id).poll
        assert poll is not None
        assert poll.items is not None
        assert [as_object(item)["id"] for item in poll.items(answer)] == [wanted]


def test_the_same_instant_in_another_zone_is_no_change() -> None:
    one = trigger("appointments.changed")
    there = as_object(sample(one.id)["item"])
    utc = {**there, "startTime": "2026-11-24T15:00:00Z", "endTime": "2026-11-24T16:00:00.000Z"}
    assert one.poll is not None
    assert fingerprint(one, one.poll.payload(utc)) == fingerprint(one, delivered(one.id))
    moved = {**utc, "startTime": "2026-11-24T15:30:00Z"}
    assert fingerprint(one, one.poll.payload(moved)) != fingerprint(one, delivered(one.id))


def test_a_price_keeps_its_own_type() -> None:
    price = as_object(delivered("prices.changed")["price"])
    assert (price["price_type"], price["product_id"], price["id"]) == ("one_time", "pRoDuCt0000000000001", "pRiCe000000000000001")


def test_the_fields_of_a_record_are_told_by_key() -> None:
    assert as_object(delivered("records.created")["record"])["fields"] == {"address": "12 Elm Street", "age": 14}


def test_wrapped_deliveries_say_the_same_as_flat_ones() -> None:
    assert connector.webhook is not None
    for id in ("opportunities.created", "appointments.created", "invoices.paid"):
        flat = as_object(sample(id)["delivery"])
        outside = ("type", "webhookId", "timestamp")
        wrapped: JSONObject = {
            **{k: v for k, v in flat.items() if k in outside},
            "data": {k: v for k, v in flat.items() if k not in outside},
        }
        one = trigger(id)
        assert one.payload is not None
        (told,) = connector.webhook.split(wrapped, Delivery(headers={}, body=b"", query={}, received_at=NOW))
        assert told.kind in one.kinds
        assert one.payload(told.body) == sample(id)["payload"]


# ── what a flow asks for ─────────────────────────────────────────────────────────────────────────────────────────────


def wants(id: str, payload: JSONObject, **input: JSON) -> bool:
    matches = trigger(id).matches
    assert matches is not None
    return matches(payload, input)


def test_a_calendar_is_asked_for_by_poll_and_by_webhook() -> None:
    one = trigger("appointments.created")
    assert one.input is not None
    check(one.input, {"calendarId": "c", "days_ahead": 10})
    payload = delivered(one.id)
    assert wants(one.id, payload, calendarId="cAlEnDaR000000000001", days_ahead=10)
    assert not wants(one.id, payload, calendarId="another")
    assert not wants(one.id, payload, userId="somebody else")
    assert one.poll is not None
    asked = first_page(one.poll, since=None, account=Account(options={}, credential=FakeGHL().account().credential), input={}, now=NOW)
    assert (asked["startTime"], asked["endTime"]) == (1795161600000, 1800432000000)


def test_a_stage_is_asked_for_after_it_was_compared() -> None:
    one = trigger("opportunities.stage_changed")
    assert one.poll is not None
    account = FakeGHL().account()
    asked = first_page(one.poll, since=None, account=account, input={"pipelineStageId": "second"}, now=NOW)
    assert "pipelineStageId" not in asked, "an opportunity must be met before it comes into the stage"
    told = compared(one, listed(one.id, pipelineStageId="first"), listed(one.id, pipelineStageId="second"))
    assert told is not None
    assert wants(one.id, told, pipelineStageId="second")
    assert not wants(one.id, told, pipelineStageId="first")
    new = first_page(_poll("opportunities.created"), since=None, account=account, input={"pipelineId": "p"}, now=NOW)
    assert new["pipelineId"] == "p"


def _poll(id: str) -> Any:
    poll = trigger(id).poll
    assert poll is not None
    return poll


@pytest.mark.parametrize("body", [{"altId": "elsewhere", "altType": "location"}, {"type": "LocationUpdate", "id": "elsewhere"}])
def test_what_belongs_to_another_sub_account_is_refused_however_it_is_told(body: JSONObject) -> None:
    vendor = FakeGHL()
    raw, now = dumps(body), vendor.clock.now()
    delivery = Delivery(headers=dict(vendor.sign(raw, at=now / 1_000_000)), body=raw, query={}, received_at=now)
    assert connector.webhook is not None
    with pytest.raises(WebhookError) as caught:
        connector.webhook.verify(delivery, vendor.account())
    assert caught.value.reason == "unknown"
    owner = vendor.account()
    own = {**body, **({"altId": vendor.location} if "altId" in body else {"id": vendor.location})}
    raw = dumps(own)
    signed = replace(delivery, headers=dict(vendor.sign(raw, at=now / 1_000_000)), body=raw)
    assert connector.webhook.verify(signed, owner).delivery_id is None
