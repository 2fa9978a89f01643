"""The conformance suite, and each oddity of the vendor by name."""

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.connect.answers import explain
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import LookFirst, Operation, Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.pages import pages
from trunkline.connect.session import Session
from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.contact import birth_date, contact_of, identity, snake
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.webhook import LEGACY_PUBLIC_KEY, PUBLIC_KEY
from trunkline.model.clock import SECOND, SystemClock, iso, later
from trunkline.model.connection import Account
from trunkline.model.errors import (
    OutcomeUnknownError,
    ReconnectError,
    RejectedError,
    WebhookError,
)
from trunkline.model.http import Delivery, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps, loads
from trunkline.testing.conformance import Paging, Scenarios, conformance
from trunkline.testing.strategies import json_objects, json_values
from trunkline.testing.vendor import serving

ADA = "cOnTaCt00000000000A1"
SAMPLES = Path(__file__).parent / "samples"


def _fill(vendor: FakeGHL) -> None:
    for number in range(9):
        at = f"2026-11-21T08:00:0{number // 2}.000Z"  # two contacts share each instant
        vendor.create_contact({"id": f"person{number}", "firstName": f"Person {number}", "dateAdded": at, "dateUpdated": at})


TestGHL = conformance(
    connector,
    fake=FakeGHL,
    scenarios=Scenarios(
        read="contacts.get",
        write="contacts.update",
        pages=(
            Paging(
                operation="contacts.search",
                size="pageLimit",
                fill=_fill,
                input={"sort": [{"field": "dateAdded", "direction": "asc"}]},
            ),
        ),
        signs_time=False,  # the time stands in the signed body and is optional; tested below
    ),
)


@asynccontextmanager
async def sub_account(*, allow_duplicates: bool = False) -> AsyncGenerator[tuple[Session, FakeGHL]]:
    vendor, clock = FakeGHL(allow_duplicates=allow_duplicates), SystemClock()
    vendor.seed()
    async with serving(vendor) as base_url, Client() as client:
        yield (
            Session(
                connector=connector,
                account=vendor.account(),
                client=client,
                budget=Budget((), clock),
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
                key="eff_test",
            ),
            vendor,
        )


def operation(id: str) -> Operation:
    return next(one for one in connector.operations if one.id == id)


def trigger(id: str) -> Trigger:
    return next(one for one in connector.triggers if one.id == id)


async def _call(session: Session, id: str, input: JSONObject) -> JSONObject:
    return as_object(await session.call(operation(id), input))


async def _look(session: Session, id: str, input: JSONObject) -> JSON:
    repeat = operation(id).repeat
    assert isinstance(repeat, LookFirst)
    return await repeat.find(session, input)


# ── upsert ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_upsert_by_second_email_keeps_the_first() -> None:
    async with sub_account() as (session, vendor):
        vendor.change_contact(ADA, {"additionalEmails": [{"email": "ada@home.example"}]})
        answer = await _call(session, "contacts.upsert", {"email": "Ada@Home.example", "city": "Dayton", "gender": "female"})
        held = vendor.records.get(ADA)
        assert held["email"] == "ada.palmer@example.com"
        assert held["additionalEmails"] == [{"email": "ada@home.example"}]
        assert held["city"] == "Dayton"
        assert answer["new"] is False
        assert answer["unwritten"] == ["gender"]
        assert as_object(answer["contact"])["id"] == ADA


async def test_vendor_alone_would_have_lost_the_first_email() -> None:
    async with sub_account() as (_, vendor):
        vendor.change_contact(ADA, {"additionalEmails": [{"email": "ada@home.example"}]})
        contact, new = vendor.records.upsert({"email": "ada@home.example", "locationId": vendor.location})
        assert (contact["email"], contact["additionalEmails"], new) == ("ada@home.example", [], False)


async def test_upsert_names_the_number_the_vendor_left_out() -> None:
    async with sub_account() as (session, vendor):
        other = vendor.create_contact({"firstName": "Bela", "phone": "+15555550109"})
        answer = await _call(session, "contacts.upsert", {"email": "ada.palmer@example.com", "phone": "+1 (555) 555-0109"})
        assert as_object(answer["contact"])["id"] == ADA
        assert answer["unwritten"] == ["phone"]
        assert other["phone"] == "+15555550109"


async def test_repeated_upsert_leaves_one_contact() -> None:
    async with sub_account() as (session, vendor):
        fields: JSONObject = {"email": "new@example.com", "firstName": "New"}
        first = await _call(session, "contacts.upsert", fields)
        second = await _call(session, "contacts.upsert", fields)
        assert (first["new"], second["new"]) == (True, False)
        assert [contact["email"] for contact in vendor.contacts].count("new@example.com") == 1
        assert await _look(session, "contacts.upsert", fields) is None


async def test_lost_upsert_that_was_to_make_a_duplicate_is_looked_up() -> None:
    async with sub_account(allow_duplicates=True) as (session, vendor):
        fields: JSONObject = {"email": "new@example.com", "firstName": "New", "createNewIfDuplicateAllowed": True}
        assert await _look(session, "contacts.upsert", fields) is None
        vendor.next("POST /contacts/upsert", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await session.call(operation("contacts.upsert"), fields)
        assert await _look(session, "contacts.upsert", fields) is not None


# ── create ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_create_refused_although_done_names_the_contact() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/", status=422, after=True)
        with pytest.raises(RejectedError) as caught:
            await _call(session, "contacts.create", {"email": "bela@example.com", "firstName": "Bela"})
        assert str(vendor.contacts[-1]["id"]) in caught.value.hint


async def test_create_refused_and_not_done_names_no_contact() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("POST /contacts/", status=422)
        with pytest.raises(RejectedError) as caught:
            await _call(session, "contacts.create", {"email": "bela@example.com", "firstName": "Bela"})
        assert "created all the same" not in caught.value.hint
        assert len(vendor.contacts) == 1


async def test_duplicate_contact_is_refused_with_the_way_out() -> None:
    async with sub_account() as (session, _):
        with pytest.raises(RejectedError) as caught:
            await _call(session, "contacts.create", {"email": "ada.palmer@example.com"})
        assert "contacts.upsert" in caught.value.hint


@pytest.mark.parametrize("phone", ["+1 555-555-0177", "(555) 555-0177"])
async def test_lost_create_is_found_by_email_or_phone(phone: str) -> None:
    for fields in ({"email": "Bela@example.com", "firstName": "Bela"}, {"phone": phone, "firstName": "Bela"}):
        async with sub_account() as (session, vendor):
            input: JSONObject = {**fields}
            assert await _look(session, "contacts.create", input) is None
            vendor.next("POST /contacts/", status=500, after=True)
            with pytest.raises(OutcomeUnknownError):
                await _call(session, "contacts.create", input)
            found = as_object(as_object(await _look(session, "contacts.create", input))["contact"])
            assert found["id"] == vendor.contacts[-1]["id"]


async def test_namesake_with_another_name_is_not_taken_for_the_lost_create() -> None:
    async with sub_account() as (session, _):
        assert await _look(session, "contacts.create", {"email": "ada.palmer@example.com", "firstName": "Adam"}) is None


async def test_lost_create_without_email_and_phone_waits_for_a_person() -> None:
    async with sub_account() as (session, _):
        with pytest.raises(OutcomeUnknownError):
            await _look(session, "contacts.create", {"firstName": "Bela"})


# ── notes, tasks, deletes, tags ──────────────────────────────────────────────────────────────────────────────────────


async def test_lost_note_is_found_by_its_text() -> None:
    async with sub_account() as (session, vendor):
        note: JSONObject = {"contactId": ADA, "body": "Wants a second quote"}
        assert await _look(session, "contacts.create_note", note) is None
        vendor.next("POST /contacts/*/notes", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await _call(session, "contacts.create_note", note)
        found = as_object(as_object(await _look(session, "contacts.create_note", note))["note"])
        assert found["id"] in vendor.notes


async def test_lost_task_is_found_by_title_and_due_time_in_any_spelling() -> None:
    async with sub_account() as (session, vendor):
        task: JSONObject = {"contactId": ADA, "title": "Call back", "dueDate": "2026-12-02T15:00:00.000Z", "completed": False}
        vendor.next("POST /contacts/*/tasks", status=502, after=True)
        with pytest.raises(OutcomeUnknownError):
            await _call(session, "contacts.create_task", task)
        assert await _look(session, "contacts.create_task", {**task, "dueDate": "2026-12-02T16:00:00+01:00"}) is not None
        assert await _look(session, "contacts.create_task", {**task, "dueDate": "2026-12-03T15:00:00Z"}) is None


@pytest.mark.parametrize(
    ("id", "input"),
    [
        ("contacts.delete", {"contactId": ADA}),
        ("contacts.delete_note", {"contactId": ADA, "id": "nOtE0000000000000001"}),
        ("contacts.delete_task", {"contactId": ADA, "taskId": "tAsK0000000000000001"}),
    ],
)
async def test_repeated_delete_counts_as_done(id: str, input: JSONObject) -> None:
    async with sub_account() as (session, _):
        first = await _call(session, id, input)
        second = await _call(session, id, input)
        assert first["succeded"] is True
        assert "existed" not in first
        assert second == {"succeded": True, "existed": False}


async def test_delete_refused_for_another_reason_is_not_done() -> None:
    async with sub_account() as (session, vendor):
        vendor.next("DELETE *", status=400)
        with pytest.raises(RejectedError):
            await _call(session, "contacts.delete", {"contactId": ADA})
        assert len(vendor.contacts) == 1


async def test_delete_carries_tags_in_its_body() -> None:
    async with sub_account() as (session, vendor):
        assert await _call(session, "contacts.remove_tags", {"contactId": ADA, "tags": ["customer"]}) == {"tags": []}
        assert vendor.calls[-1].json() == {"tags": ["customer"]}


async def test_bulk_tags_that_failed_for_some_are_refused() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(RejectedError):
            await _call(session, "contacts.bulk_update_tags", {"type": "add", "contacts": [ADA, "gone"], "tags": ["vip"]})
        assert vendor.records.get(ADA)["tags"] == ["customer", "vip"]


async def test_find_goes_by_id_email_phone_and_words() -> None:
    async with sub_account() as (session, _):
        for by in ({"contactId": ADA}, {"email": "ADA.palmer@example.com"}, {"phone": "+15555550101"}, {"query": "palmer"}):
            assert as_object((await _call(session, "contacts.find", {**by}))["contact"])["id"] == ADA
        for by in ({"contactId": "gone"}, {"email": "nobody@example.com"}, {"query": "nobody"}):
            assert (await _call(session, "contacts.find", {**by}))["contact"] is None


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "means", "hint"),
    [
        ("version header was not found.", RejectedError, "Version"),
        ("version header is invalid", RejectedError, "Version"),
        ("The token is not authorized for this scope.", RejectedError, "contacts.readonly"),
        ("Invalid Private Integration token", ReconnectError, "private integration"),
        ("Invalid JWT", ReconnectError, "private integration"),
    ],
)
async def test_each_cause_of_a_401_is_told_apart(words: str, means: type[Exception], hint: str) -> None:
    async with sub_account() as (session, vendor):
        vendor.next(status=401, body={"statusCode": 401, "message": words, "error": "Unauthorized"})
        with pytest.raises(means) as caught:
            await _call(session, "contacts.get", {"contactId": ADA})
        assert hint in getattr(caught.value, "hint", "")


async def test_vendor_wants_the_version_on_every_call() -> None:
    async with sub_account() as (session, vendor):
        bare = replace(operation("contacts.get"), call=replace(operation("contacts.get").call, headers=()))  # type: ignore[type-var]
        with pytest.raises(RejectedError):
            await session.call(bare, {"contactId": ADA})
        assert "version" not in vendor.calls[-1].headers


@pytest.mark.parametrize(
    ("message", "words"),
    [("one thing", "one thing"), (["email must be an email", "tags must be an array"], "email must be an email; tags must be an array")],
)
def test_message_may_be_text_or_a_list(message: JSON, words: str) -> None:
    answer = Response(status=422, headers={}, body=dumps({"statusCode": 422, "message": message}))
    assert explain(answer, connector) == words


async def test_quota_headers_are_read() -> None:
    assert connector.quota is not None
    vendor = FakeGHL()
    told = connector.quota(vendor.quota_headers(42))
    assert told is not None
    assert (told.calls, told.per_s, told.remaining, told.remaining_today) == (100, 10, 42, 200_000)
    assert connector.quota({}) is None
    assert connector.quota({"x-ratelimit-max": "many"}) is None


# ── what a contact looks like ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("id", [one.id for one in connector.triggers])
def test_webhook_and_poll_agree_on_what_is_news(id: str) -> None:
    sample = json.loads((SAMPLES / f"{id}.json").read_text())
    one = trigger(id)
    assert one.poll is not None
    assert one.fingerprint is not None
    polled = one.poll.payload(sample["polled"])
    assert one.record_key(polled) == one.record_key(sample["payload"])
    if id != "contacts.dnd_changed":
        assert one.fingerprint(polled) == one.fingerprint(sample["payload"])


def test_no_key_of_the_vendor_is_lost() -> None:
    polled = json.loads((SAMPLES / "contacts.changed.json").read_text())["polled"]
    contact = contact_of(polled)
    renamed = {"address": "address1", "businessName": "company_name"}
    assert {renamed.get(name, snake(name)) for name in polled if name != "searchAfter"} <= {*contact, "location_id"}


@pytest.mark.parametrize(
    ("name", "snaked"),
    [
        ("dateOfBirth", "date_of_birth"),
        ("SMS", "sms"),
        ("WhatsApp", "whats_app"),
        ("address1", "address1"),
        ("firstNameLowerCase", "first_name_lower_case"),
    ],
)
def test_keys_become_snake_case(name: str, snaked: str) -> None:
    assert snake(name) == snaked


@pytest.mark.parametrize("told", ["1979-07-04", "1979-07-04T00:00:00.000Z", 299894400000])
def test_birth_date_is_one_date_however_it_is_told(told: JSON) -> None:
    assert birth_date(told) == "1979-07-04"


@pytest.mark.parametrize("key", ["value", "fieldValue", "field_value", "fieldValueString"])
def test_custom_field_has_one_value_however_it_is_called(key: str) -> None:
    contact = contact_of({"id": "c", "customFields": [{"id": "f", key: "blue"}]})
    assert contact["custom_fields"] == [{"key": None, "id": "f", "value": "blue"}]


def test_what_nobody_can_see_is_no_news() -> None:
    one = contact_of({"id": "c", "email": "A@example.com", "tags": ["x", "y"], "dateUpdated": "2026-11-20T09:30:00Z", "city": ""})
    other = contact_of({"id": "c", "email": "a@example.com", "tags": ["y", "x"], "customFields": [{"id": "f", "value": ""}], "dnd": None})
    assert identity(one) == identity(other)
    assert identity(one) != identity({**one, "city": "Dayton"})


# ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _payload(**fields: JSON) -> JSONObject:
    payload = trigger("contacts.tagged").payload
    assert payload is not None
    made = payload({"type": "ContactTagUpdate", "locationId": "L", "id": "c", **fields})
    assert made is not None
    return made


def test_tagged_says_what_came_and_went() -> None:
    one = trigger("contacts.tagged")
    assert one.compare is not None
    assert one.remember is not None
    assert one.compare(None, _payload(tags=[])) is None
    first = one.compare(None, _payload(tags=["lead"]))
    assert first is not None
    assert (first["tags_added"], first["tags_removed"]) == (["lead"], [])
    second = one.compare(one.remember(first), _payload(tags=["won"]))
    assert second is not None
    assert (second["tags_added"], second["tags_removed"]) == (["won"], ["lead"])
    assert one.compare(one.remember(second), _payload(tags=["won"])) is None


def test_created_counts_a_contact_once() -> None:
    one = trigger("contacts.created")
    assert one.fingerprint is not None
    assert one.fingerprint(_payload(city="Dayton")) == one.fingerprint(_payload(city="Berlin"))


def test_dnd_of_one_channel_is_news_and_open_channels_are_not() -> None:
    one = trigger("contacts.dnd_changed")
    assert one.compare is not None
    assert one.remember is not None
    closed = _payload(dnd=False, dndSettings={"SMS": {"status": "active"}, "Email": {"status": "inactive"}})
    assert one.compare(None, _payload(dnd=False, dndSettings={"SMS": {"status": "inactive"}})) is None
    assert one.compare(None, closed) is closed
    assert one.compare(one.remember(closed), closed) is None


def test_delivery_without_a_contact_makes_no_payload() -> None:
    payload = trigger("contacts.changed").payload
    assert payload is not None
    assert payload({"type": "ContactUpdate", "locationId": "L"}) is None


KEYS = st.sampled_from(
    [
        "dateOfBirth",
        "dateAdded",
        "dateUpdated",
        "tags",
        "customFields",
        "dndSettings",
        "email",
        "phone",
        "firstName",
        "contactName",
        "address",
    ]
)


@given(body=json_objects(), fields=st.dictionaries(KEYS, json_values()))
@example(body={}, fields={"dateOfBirth": 1e300, "dateAdded": "0001-01-01T00:00:00+23:59"})
def test_no_contact_can_break_a_trigger(body: JSONObject, fields: JSONObject) -> None:
    for one in connector.triggers:
        assert one.payload is not None
        assert one.poll is not None
        assert one.fingerprint is not None
        for made in (one.payload({**body, **fields, "id": "c"}), one.poll.payload({**body, **fields, "id": "c"})):
            assert made is not None
            assert one.record_key(made) == "c"
            assert one.fingerprint(made) == one.fingerprint(as_object(loads(dumps(made))))
            if one.compare is not None and one.remember is not None:
                one.compare(None, made)
                assert one.compare(one.remember(made), made) is None


@given(fields=st.dictionaries(KEYS, json_values()), order=st.randoms())
def test_order_of_keys_and_tags_is_no_news(fields: JSONObject, order: Random) -> None:
    names = list(fields)
    order.shuffle(names)
    tags = [tag for tag in as_list(fields.get("tags")) if isinstance(tag, str)]
    shuffled: JSONObject = {name: fields[name] for name in names}
    if "tags" in fields:
        order.shuffle(tags)
        shuffled["tags"] = [*tags]
    assert identity(contact_of({**shuffled, "id": "c"})) == identity(contact_of({"id": "c", **fields}))


async def test_poll_walks_every_change_oldest_first() -> None:
    async with sub_account() as (session, vendor):
        vendor.contacts[0]["dateUpdated"] = "2020-01-01T00:00:00.000Z"
        for number in range(7):
            made = vendor.create_contact({"firstName": str(number)})
            made["dateUpdated"] = f"2026-11-20T09:30:0{9 - number}.000Z"
        poll = trigger("contacts.changed").poll
        assert poll is not None
        assert poll.cursor is not None
        start = {**poll.start("2026-11-20T09:30:00.000Z", session.account, {}), "pageLimit": 2}
        found = [as_object(item) async for page in pages(session, poll.read, start) for item in page]
        times = [poll.cursor(item) for item in found]
        assert len(times) == 7
        assert all(one is not None and other is not None and one < other for one, other in pairwise(times))
        assert all("page" not in as_object(call.json()) for call in vendor.calls)


async def test_search_may_lag_behind_writes() -> None:
    async with sub_account() as (session, vendor):
        vendor.records.index_lag_s = 60
        vendor.create_contact({"firstName": "New"})
        answer = await _call(session, "contacts.search", {"pageLimit": 10})
        assert [as_object(one)["id"] for one in as_list(answer["contacts"])] == [ADA]
        poll = trigger("contacts.changed").poll
        assert poll is not None
        assert poll.overlap_s > 60


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _delivery(vendor: FakeGHL, body: JSONObject, **headers: str) -> Delivery:
    raw, now = dumps(body), SystemClock().now()
    signed = dict(vendor.sign(raw, at=now / SECOND))
    return Delivery(headers={**signed, **headers}, body=raw, query={}, received_at=now)


def _body(vendor: FakeGHL, **more: JSON) -> JSONObject:
    return {"type": "ContactUpdate", "locationId": vendor.location, "id": ADA, "webhookId": "w-1", **more}


def _verify(delivery: Delivery, account: Account) -> Any:
    assert connector.webhook is not None
    return connector.webhook.verify(delivery, account)


def test_delivery_id_and_time_are_told() -> None:
    vendor = FakeGHL()
    at = iso(vendor.clock.now())
    told = _verify(_delivery(vendor, _body(vendor, timestamp=at)), vendor.account())
    assert (told.delivery_id, told.sent_at) == ("w-1", at)


def test_legacy_signature_is_taken_unless_the_connection_says_no() -> None:
    vendor = FakeGHL()
    vendor.signing = "rsa"
    delivery, account = _delivery(vendor, _body(vendor)), vendor.account()
    assert "x-ghl-signature" not in delivery.headers
    assert _verify(delivery, account).delivery_id == "w-1"
    strict = replace(account, options={**account.options, "webhook_allow_legacy": False})
    with pytest.raises(WebhookError) as caught:
        _verify(delivery, strict)
    assert caught.value.reason == "unsigned"


def test_wrong_current_signature_does_not_fall_back_to_a_good_legacy_one() -> None:
    vendor = FakeGHL()
    vendor.signing = "both"
    wrong = base64.b64encode(Ed25519PrivateKey.generate().sign(b"else")).decode()
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, _body(vendor), **{"x-ghl-signature": wrong}), vendor.account())
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("said", ["N/A", "", "  "])
def test_signature_that_says_nothing_is_unsigned(said: str) -> None:
    vendor = FakeGHL()
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, _body(vendor), **{"x-ghl-signature": said}), vendor.account())
    assert caught.value.reason == "unsigned"


@pytest.mark.parametrize(("age_s", "fine"), [(0, True), (3600 * 24, True), (-60, True), (4 * 86_400, False), (-600, False)])
def test_retries_of_hours_are_taken_and_old_deliveries_are_not(age_s: float, fine: bool) -> None:
    vendor = FakeGHL()
    delivery = _delivery(vendor, _body(vendor, timestamp=iso(later(vendor.clock.now(), -age_s))))
    if fine:
        assert _verify(delivery, vendor.account())
        return
    with pytest.raises(WebhookError) as caught:
        _verify(delivery, vendor.account())
    assert caught.value.reason == "stale"


def test_window_is_the_connections_own() -> None:
    vendor = FakeGHL()
    account = vendor.account()
    delivery = _delivery(vendor, _body(vendor, timestamp=iso(later(vendor.clock.now(), -600))))
    with pytest.raises(WebhookError):
        _verify(delivery, replace(account, options={**account.options, "webhook_max_age_s": 300}))


def test_event_of_another_sub_account_is_refused() -> None:
    vendor = FakeGHL()
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, {**_body(vendor), "locationId": "elsewhere"}), vendor.account())
    assert caught.value.reason == "unknown"


@pytest.mark.parametrize("body", [b"no json", b'{"timestamp": "soon"}'])
def test_signed_nonsense_is_malformed(body: bytes) -> None:
    vendor, now = FakeGHL(), SystemClock().now()
    delivery = Delivery(headers=dict(vendor.sign(body, at=0)), body=body, query={}, received_at=now)
    with pytest.raises(WebhookError) as caught:
        _verify(delivery, vendor.account())
    assert caught.value.reason == "malformed"


def test_wrapped_and_flat_deliveries_say_the_same() -> None:
    assert connector.webhook is not None
    delivery = Delivery(headers={}, body=b"", query={}, received_at=SystemClock().now())
    flat = _body(FakeGHL(), firstName="Ada")
    wrapped: JSONObject = {
        **{name: flat[name] for name in ("type", "locationId", "webhookId")},
        "data": {name: value for name, value in flat.items() if name not in ("type", "locationId", "webhookId")},
    }
    (one,), (other,) = connector.webhook.split(flat, delivery), connector.webhook.split(wrapped, delivery)
    assert (one.kind, one.body) == (other.kind, other.body)


def test_events_nobody_listens_to_are_split_all_the_same() -> None:
    assert connector.webhook is not None
    delivery = Delivery(headers={}, body=b"", query={}, received_at=SystemClock().now())
    assert [one.kind for one in connector.webhook.split({"type": "INSTALL", "appId": "a"}, delivery)] == ["INSTALL"]
    assert [one.kind for one in connector.webhook.split([], delivery)] == [""]


def test_published_keys_are_keys() -> None:
    load_pem_public_key(PUBLIC_KEY.encode())
    load_pem_public_key(LEGACY_PUBLIC_KEY.encode())


def test_busy_status_is_the_one_on_which_every_generation_retries() -> None:
    assert connector.webhook is not None
    assert connector.webhook.busy_status == 429


# ── the simulated vendor itself ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "x@example.com"}, 422),
        ({"locationId": "L", "email": "x@example.com"}, 403),
        ({"additionalEmails": []}, 422),
        ({"dndSettings": {"SMS": {"status": "maybe"}}}, 422),
        ({"tags": "lead"}, 422),
    ],
)
def test_fake_refuses_what_the_vendor_refuses(body: JSONObject, status: int) -> None:
    with pytest.raises(Refused) as caught:
        FakeGHL().records.create(body)
    assert caught.value.status == status


async def test_fake_announces_changes_and_keeps_quiet_about_none(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor, told = FakeGHL(), list[JSONObject]()
    vendor.webhooks.urls.append("http://127.0.0.1:9/hook")
    monkeypatch.setattr(vendor.webhooks, "emit", told.append)
    contact_id = str(vendor.create_contact({"firstName": "Ada"})["id"])
    vendor.change_contact(contact_id, {"firstName": "Ada"})
    vendor.change_contact(contact_id, {"tags": ["lead"]})
    vendor.change_contact(contact_id, {"city": "Dayton"})
    assert [one["type"] for one in told] == ["ContactCreate", "ContactTagUpdate", "ContactUpdate"]
    assert told[1]["tags"] == ["lead"]
    assert {"webhookId", "timestamp"} <= set(told[0])
