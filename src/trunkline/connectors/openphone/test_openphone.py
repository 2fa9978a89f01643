"""The conformance suite, and each oddity of the vendor by name."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from trunkline.connect.answers import explain
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import LookFirst, Operation, Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import NUMBER, NUMBER_ID, FakeOpenPhone
from trunkline.connectors.openphone.fields import typed
from trunkline.model.clock import Instant, SystemClock, later
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError, OutcomeUnknownError, ReconnectError, RejectedError, UnavailableError, WebhookError
from trunkline.model.http import Delivery, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps
from trunkline.testing.conformance import Paging, Scenarios, conformance
from trunkline.testing.strategies import json_objects
from trunkline.testing.vendor import serving

ADA = "66f0c0ffee0000000000a001"


def _fill(vendor: FakeOpenPhone) -> None:
    for number in range(8):
        at = f"2025-11-21T08:00:0{number}.000Z"
        made = vendor.book.add({"defaultFields": {"firstName": f"Person {number}"}}, contact_id=f"person{number}")
        made.update({"createdAt": at, "updatedAt": at})
    for contact in vendor.contacts:
        contact.update({"createdAt": "2025-11-21T08:00:00.000Z", "updatedAt": "2025-11-21T08:00:00.000Z"})
        for name in ("emails", "phoneNumbers"):
            for entry in as_list(as_object(contact["defaultFields"])[name]):
                as_object(entry)["id"] = "fixed"


def _texts(vendor: FakeOpenPhone) -> None:
    vendor.messages.clear()
    for number in range(9):
        message = vendor.receive_message("+15555550101", f"Number {number}")
        del vendor.messages[str(message["id"])]
        message.update({"id": f"ACtext{number}", "createdAt": "2025-11-21T08:00:00.000Z", "updatedAt": "2025-11-21T08:00:00.000Z"})
        vendor.messages[f"ACtext{number}"] = message


TestOpenPhone = conformance(
    connector,
    fake=FakeOpenPhone,
    scenarios=Scenarios(
        pages=(
            Paging(operation="contacts.list", size="maxResults", fill=_fill),
            Paging(
                operation="messages.list",
                size="maxResults",
                fill=_texts,
                input={"phoneNumberId": NUMBER_ID, "participants": ["+15555550101"]},
            ),
        ),
        without_secret=Account(options={}, credential=Credential({"token": "q0key"})),
    ),
)


@asynccontextmanager
async def workspace(*, conflicts: bool = False, options: JSONObject | None = None) -> AsyncGenerator[tuple[Session, FakeOpenPhone]]:
    vendor, clock = FakeOpenPhone(conflicts=conflicts), SystemClock()
    vendor.limits = ()
    vendor.seed()
    async with serving(vendor) as base_url, Client() as client:
        yield (
            Session(
                connector=connector,
                account=replace(vendor.account(), options=options or {}),
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


def _values(contact: JSONObject, name: str) -> list[JSON]:
    return [as_object(entry)["value"] for entry in as_list(as_object(contact["defaultFields"])[name])]


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_update_keeps_the_lists_the_vendor_would_wipe() -> None:
    async with workspace() as (session, vendor):
        before = as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])
        await _call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": "gold"}]})
        await _call(session, "contacts.update", {"id": ADA, "defaultFields": {"company": "Palmer and Daughters"}})
        held = vendor.book.get(ADA)
        assert as_object(held["defaultFields"])["company"] == "Palmer and Daughters"
        assert as_object(held["defaultFields"])["firstName"] == "Ada"
        assert as_object(held["defaultFields"])["phoneNumbers"] == before
        assert _values(held, "emails") == ["ada.palmer@example.com"]
        assert [as_object(field)["value"] for field in as_list(held["customFields"])] == ["gold"]


async def test_vendor_alone_would_have_wiped_them() -> None:
    async with workspace() as (_, vendor):
        held = vendor.book.patch(ADA, {"defaultFields": {"company": "Palmer and Daughters"}})
        assert (_values(held, "phoneNumbers"), _values(held, "emails")) == ([], [])


async def test_list_that_is_given_replaces_and_keeps_the_ids_of_what_stays() -> None:
    async with workspace() as (session, vendor):
        old = as_object(as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])[0])
        numbers: list[JSON] = [{"name": "mobile", "value": "+15555550101"}, {"name": "home", "value": "+15555550155"}]
        await _call(session, "contacts.update", {"id": ADA, "defaultFields": {"phoneNumbers": numbers}})
        held = as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])
        assert [as_object(entry)["value"] for entry in held] == ["+15555550101", "+15555550155"]
        assert as_object(held[0])["id"] == old["id"]


async def test_custom_fields_are_merged_one_by_one() -> None:
    async with workspace() as (session, vendor):
        await _call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": "gold"}]})
        await _call(session, "contacts.update", {"id": ADA, "customFields": [{"key": "cf-visits", "value": "3"}]})
        held = {as_object(field)["key"]: as_object(field)["value"] for field in as_list(vendor.book.get(ADA)["customFields"])}
        assert held == {"cf-plan": "gold", "cf-visits": 3}
        await _call(session, "contacts.update", {"id": ADA, "customFields": [{"name": "Plan", "value": None}]})
        assert [as_object(field)["key"] for field in as_list(vendor.book.get(ADA)["customFields"])] == ["cf-visits"]


async def test_nothing_is_written_when_nothing_differs() -> None:
    async with workspace() as (session, vendor):
        same: JSONObject = {"firstName": "Ada", "phoneNumbers": [{"name": "mobile", "value": "+15555550101"}]}
        answer = await _call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": same})
        assert answer["new"] is False
        assert as_object(answer["data"])["id"] == ADA
        assert not vendor.calls_to("PATCH *")
        assert not vendor.calls_to("POST *")


async def test_number_the_vendor_already_has_in_another_form_does_not_block_an_update() -> None:
    async with workspace() as (session, vendor):
        as_object(as_list(as_object(vendor.book.get(ADA)["defaultFields"])["phoneNumbers"])[0])["value"] = "12345"
        await _call(session, "contacts.update", {"id": ADA, "defaultFields": {"role": "Owner"}})
        assert _values(vendor.book.get(ADA), "phoneNumbers") == ["12345"]
        assert as_object(vendor.book.get(ADA)["defaultFields"])["role"] == "Owner"


async def test_upsert_creates_once_and_then_updates() -> None:
    async with workspace() as (session, vendor):
        first = await _call(session, "contacts.upsert", {"externalId": "ghl-7", "defaultFields": {"lastName": "Novak"}})
        second = await _call(session, "contacts.upsert", {"externalId": "ghl-7", "defaultFields": {"lastName": "Nowak"}})
        assert (first["new"], second["new"]) == (True, False)
        assert [as_object(one["defaultFields"])["lastName"] for one in vendor.contacts if one["externalId"] == "ghl-7"] == ["Nowak"]


async def test_upsert_after_a_lost_create_makes_no_second_contact() -> None:
    async with workspace() as (session, vendor):
        contact: JSONObject = {"externalId": "ghl-7", "defaultFields": {"firstName": "Bela"}}
        vendor.next("POST /v1/contacts", ending="drop", after=True)
        with pytest.raises(OutcomeUnknownError):
            await _call(session, "contacts.upsert", contact)
        assert operation("contacts.upsert").repeat == "safe"
        assert (await _call(session, "contacts.upsert", contact))["new"] is False
        assert [one["externalId"] for one in vendor.contacts].count("ghl-7") == 1


async def test_conflict_of_a_racing_create_becomes_an_update() -> None:
    async with workspace(conflicts=True) as (session, vendor):
        empty: JSONObject = {"data": [], "totalItems": 0, "nextPageToken": None}
        vendor.next("GET /v1/contacts", status=200, body=empty)
        answer = await _call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": {"role": "Owner"}})
        assert answer["new"] is False
        assert as_object(vendor.book.get(ADA)["defaultFields"])["role"] == "Owner"
        assert [call.route for call in vendor.calls] == [
            "GET /v1/contacts",
            "POST /v1/contacts",
            "GET /v1/contacts",
            f"PATCH /v1/contacts/{ADA}",
        ]


async def test_conflict_with_nothing_to_be_found_stays_an_error() -> None:
    async with workspace() as (session, vendor):
        vendor.next("POST /v1/contacts", status=409, body={"code": "0800409", "title": "Conflict", "message": "Conflict", "status": 409})
        with pytest.raises(RejectedError) as caught:
            await _call(session, "contacts.upsert", {"externalId": "ghl-9"})
        assert caught.value.status == 409


async def test_same_external_id_of_another_source_is_another_contact() -> None:
    async with workspace(options={"source": "crm-two"}) as (session, vendor):
        answer = await _call(session, "contacts.upsert", {"externalId": "ghl-0001", "defaultFields": {"firstName": "Other"}})
        assert answer["new"] is True
        assert [one["source"] for one in vendor.contacts] == ["trunkline", "crm-two"]


async def test_lost_create_is_found_by_external_id() -> None:
    async with workspace() as (session, vendor):
        repeat = operation("contacts.create").repeat
        assert isinstance(repeat, LookFirst)
        contact: JSONObject = {"externalId": "ghl-7", "defaultFields": {"firstName": "Bela"}}
        assert await repeat.find(session, contact) is None
        vendor.next("POST /v1/contacts", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await _call(session, "contacts.create", contact)
        assert as_object(as_object(await repeat.find(session, contact))["data"])["externalId"] == "ghl-7"
        with pytest.raises(OutcomeUnknownError):
            await repeat.find(session, {"defaultFields": {"firstName": "Bela"}})


async def test_repeated_delete_counts_as_done() -> None:
    async with workspace() as (session, _):
        assert await _call(session, "contacts.delete", {"id": ADA}) == {"existed": True}
        assert await _call(session, "contacts.delete", {"id": ADA}) == {"existed": False}


@pytest.mark.parametrize("number", ["555-0101", "15555550101", "+1 555 555 0101", "+0555555010"])
@pytest.mark.parametrize("id", ["contacts.create", "contacts.update", "contacts.upsert"])
async def test_number_not_in_e164_never_leaves(id: str, number: str) -> None:
    async with workspace() as (session, vendor):
        fields: JSONObject = {"firstName": "Bela", "phoneNumbers": [{"name": "mobile", "value": number}]}
        input: JSONObject = {"defaultFields": fields, **({"id": ADA} if id == "contacts.update" else {"externalId": "ghl-7"})}
        with pytest.raises(MappingError) as caught:
            await _call(session, id, input)
        assert caught.value.field.startswith("defaultFields.phoneNumbers.0.value")
        assert number not in str(caught.value)
        assert vendor.calls == []


@pytest.mark.parametrize("source", ["openphone", "openphone-sync", "csv", "csv-import", "device", "zapier", "google-people", "other"])
async def test_reserved_source_never_leaves(source: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await _call(session, "contacts.upsert", {"externalId": "ghl-7", "source": source})
        assert caught.value.field == "source"
        assert vendor.calls == []


@pytest.mark.parametrize(
    ("name", "value"), [("externalId", "x" * 76), ("externalId", ""), ("source", "x" * 73), ("sourceUrl", "https://a.example/" + "x" * 200)]
)
async def test_label_of_the_wrong_length_never_leaves(name: str, value: str) -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await _call(session, "contacts.upsert", {"externalId": "ghl-7", name: value})
        assert caught.value.field == name
        assert vendor.calls == []


# ── custom fields ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_unknown_custom_field_names_the_known_ones() -> None:
    async with workspace() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await _call(session, "contacts.upsert", {"externalId": "ghl-7", "customFields": [{"name": "Plam", "value": "gold"}]})
        assert caught.value.field == "customFields"
        assert "Plan, Visits" in caught.value.hint
        assert [call.route for call in vendor.calls] == ["GET /v1/contact-custom-fields"]


@pytest.mark.parametrize(
    ("type", "value", "fitted"),
    [
        ("number", "12", 12),
        ("number", " 1.5 ", 1.5),
        ("number", 3, 3),
        ("string", 12, "12"),
        ("string", True, "true"),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("date", "2026-03-01", "2026-03-01T00:00:00.000Z"),
        ("multi-select", "gold", ["gold"]),
        ("multi-select", ["gold", "silver"], ["gold", "silver"]),
    ],
)
def test_value_is_given_the_type_of_its_field(type: str, value: JSON, fitted: JSON) -> None:
    assert typed(value, type, "customFields.Plan") == fitted


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("number", "many"),
        ("number", "inf"),
        ("number", "nan"),
        ("number", True),
        ("boolean", "perhaps"),
        ("date", "soon"),
        ("multi-select", [1]),
        ("string", {}),
        ("date", 5),
    ],
)
def test_value_that_cannot_fit_names_its_field(type: str, value: JSON) -> None:
    with pytest.raises(MappingError) as caught:
        typed(value, type, "customFields.Plan")
    assert caught.value.field == "customFields.Plan"


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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
            await _call(session, "messages.send", {"content": "Hello", "from": NUMBER, "to": ["+15555550101"], **changes})
        assert caught.value.field == field
        assert vendor.calls == []


def test_send_is_never_repeated_by_itself() -> None:
    assert operation("messages.send").repeat == "never"


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "code", "means", "hint"),
    [
        (400, "0206400", RejectedError, "registration"),
        (400, "0801400", RejectedError, "custom field"),
        (401, "0800401", ReconnectError, "Bearer"),
        (402, "0201402", ReconnectError, "plan"),
        (403, "0202403", RejectedError, "userId"),
        (403, "0204403", UnavailableError, "daily cap"),
        (409, "0800409", RejectedError, "contacts.upsert"),
    ],
)
async def test_code_says_what_happens_next(status: int, code: str, means: type[Exception], hint: str) -> None:
    async with workspace() as (session, vendor):
        vendor.next(status=status, body={"message": "no", "code": code, "status": status, "title": "No", "docs": ""})
        with pytest.raises(means) as caught:
            await _call(session, "messages.send", {"content": "Hello", "from": NUMBER, "to": ["+15555550101"]})
        assert hint in getattr(caught.value, "hint", "")


async def test_key_with_bearer_in_front_is_refused() -> None:
    async with workspace() as (session, vendor):
        account = replace(session.account, credential=Credential({"token": f"Bearer {vendor.token}"}))
        with pytest.raises(ReconnectError):
            await replace(session, account=account).call(operation("phone_numbers.list"), {})


def test_explanation_names_places_and_no_values() -> None:
    problem: JSONObject = {"path": "/defaultFields/emails/0", "message": "Expected object", "value": "secret@example.com"}
    body: JSONObject = {"title": "Bad Request", "message": "Validation failed", "errors": [problem]}
    told = explain(Response(status=400, headers={}, body=dumps(body)), connector)
    assert told == "Bad Request: Validation failed (at /defaultFields/emails/0)"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "Key unknown", "key": "auth.unknown", "trace": "t"}}', "Key unknown"),
        (b"<html>Bad gateway</html>", "an HTML page instead of JSON"),
        (b"", ""),
        (b'["odd"]', ""),
    ],
)
def test_gateway_and_strange_answers_are_explained(body: bytes, told: str) -> None:
    assert explain(Response(status=502, headers={}, body=body), connector) == told


def test_quota_headers_are_read() -> None:
    assert connector.quota is not None
    told = connector.quota({"ratelimit": '"per-second"; r=9; t=1', "ratelimit-policy": '"per-second"; q=10; w=1'})
    assert told is not None
    assert (told.calls, told.per_s, told.remaining, told.reset_s) == (10, 1, 9, 1)
    assert connector.quota({}) is None
    assert connector.quota({"ratelimit": "nonsense"}) is None


async def test_list_filter_repeats_its_key_and_encodes_it() -> None:
    async with workspace() as (session, vendor):
        await _call(session, "contacts.list", {"externalIds": ["a+b", "c"], "maxResults": 5})
        assert vendor.calls[-1].query.getlist("externalIds") == ["a+b", "c"]


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LEGACY_SECRET = "R2ZLM2o0bFhBNVpyUnU2NG9mYXQ1MHNyR3pvSUhIVVg="
SCHEME_VECTOR = (
    b'{"test": 2432232314}',
    {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    1614265330_000_000,
)
CURRENT_VECTOR = (
    b'{"id":"EVexample1","apiVersion":"2026-03-30","createdAt":"2026-04-13T12:00:00.000Z","type":"message.received",'
    b'"data":{"resource":{"id":"ACexample1"},"context":{},"links":{}}}',
    {
        "webhook-id": "WD_example_1",
        "webhook-timestamp": "1776081600",
        "webhook-signature": "v1,AAAA v1,8+mND8cwiyVmdRI4myKW3Ld26W4gaIAInKMxafWi+IM=",
    },
    1776081600_000_000,
)
LEGACY_VECTOR = (
    b'{"id":"EVexample1","type":"message.received","data":{"object":{"id":"ACexample1","text":"hello"}}}',
    {"openphone-signature": "hmac;1;1768472415342;Vr1N9AqXYBNjWo9vmP6mTvAwB3/bPnk+AFHFEQcWWE8="},
    1768472415342_000,
)
KEYED = Account(options={}, credential=Credential({"token": "t", "webhook_key": SECRET, "webhook_legacy_secret": LEGACY_SECRET}))
BARE = Account(options={}, credential=Credential({"token": "t"}))
OFF = Account(options={"webhook_verify": "off"}, credential=Credential({"token": "t"}))
Vector = tuple[bytes, dict[str, str], int]


def _verify(vector: Vector, account: Account = KEYED, *, late_s: float = 0, headers: Mapping[str, str] | None = None) -> Any:
    assert connector.webhook is not None
    body, signed, at = vector
    delivery = Delivery(headers={**signed, **(headers or {})}, body=body, query={}, received_at=later(Instant(at), late_s))
    return connector.webhook.verify(delivery, account)


@pytest.mark.parametrize(
    ("vector", "delivery_id"),
    [(SCHEME_VECTOR, "msg_p5jXN8AQM9LWM0D4loKWxJek"), (CURRENT_VECTOR, "WD_example_1"), (LEGACY_VECTOR, "EVexample1")],
)
def test_known_signature_is_taken_and_tells_its_delivery(vector: Vector, delivery_id: str) -> None:
    assert _verify(vector).delivery_id == delivery_id


@pytest.mark.parametrize("vector", [CURRENT_VECTOR, LEGACY_VECTOR])
def test_signature_of_either_generation_is_refused_when_anything_is_off(vector: Vector) -> None:
    for changed, reason in (((vector[0] + b" ", vector[1], vector[2]), "mismatch"), (vector, "stale")):
        with pytest.raises(WebhookError) as caught:
            _verify(changed, late_s=600 if reason == "stale" else 0)
        assert caught.value.reason == reason


@pytest.mark.parametrize("vector", [CURRENT_VECTOR, LEGACY_VECTOR])
def test_delivery_is_refused_without_a_secret_to_check_it(vector: Vector) -> None:
    with pytest.raises(WebhookError) as caught:
        _verify(vector, BARE)
    assert caught.value.hint


def test_one_good_legacy_signature_of_several_is_enough() -> None:
    good = LEGACY_VECTOR[1]["openphone-signature"]
    stamp = good.split(";")[2]
    assert _verify(LEGACY_VECTOR, headers={"openphone-signature": f"hmac;1;{stamp};AAAA, {good}"})
    assert _verify(LEGACY_VECTOR, headers={"openphone-signature": f"hmac;2;x;y,{good}"})


@pytest.mark.parametrize("header", ["hmac;1;soon;AAAA", "hmac;1;1768472415342", "rsa;1;1768472415342;AAAA"])
def test_legacy_signature_of_another_form_is_malformed(header: str) -> None:
    with pytest.raises(WebhookError) as caught:
        _verify(LEGACY_VECTOR, headers={"openphone-signature": header})
    assert caught.value.reason == "malformed"


def test_unsigned_delivery_is_taken_only_when_the_connection_says_off() -> None:
    unsigned: Vector = (LEGACY_VECTOR[0], {}, LEGACY_VECTOR[2])
    assert _verify(unsigned, OFF).delivery_id == "EVexample1"
    for account in (KEYED, BARE):
        with pytest.raises(WebhookError) as caught:
            _verify(unsigned, account)
        assert caught.value.reason == "unsigned"


def test_wrong_signature_is_refused_even_when_unsigned_ones_are_taken() -> None:
    account = Account(options={"webhook_verify": "off"}, credential=KEYED.credential)
    with pytest.raises(WebhookError) as caught:
        _verify(CURRENT_VECTOR, account, headers={"webhook-signature": "v1,AAAA"})
    assert caught.value.reason == "mismatch"


def test_legacy_deliveries_of_the_fake_are_taken() -> None:
    assert connector.webhook is not None
    vendor = FakeOpenPhone()
    vendor.generation = "legacy"
    now = vendor.clock.now()
    body = b'{"id":"EV1"}'
    delivery = Delivery(headers=dict(vendor.sign(body, at=now / 1_000_000)), body=body, query={}, received_at=now)
    assert connector.webhook.verify(delivery, vendor.account()).delivery_id == "EV1"


# ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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


@pytest.mark.parametrize("id", ["contacts.changed", "messages.received"])
def test_delivery_about_nothing_makes_no_payload(id: str) -> None:
    payload = trigger(id).payload
    assert payload is not None
    assert payload({"type": "x", "data": {}}) is None


@given(body=json_objects())
def test_no_delivery_can_break_a_trigger(body: JSONObject) -> None:
    resource: JSONObject = {**body, "id": "x"}
    current: JSONObject = {"data": {"resource": resource, "context": body}}
    legacy: JSONObject = {"data": {"object": resource}}
    for one in connector.triggers:
        assert one.payload is not None
        assert one.payload(body) is None
        for told in (current, legacy):
            made = one.payload(told)
            assert made is not None
            assert one.record_key(made)
            assert one.fingerprint is None or one.fingerprint(made) == one.fingerprint(as_object(json.loads(dumps(made))))


async def test_fake_announces_contacts_and_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor, told = FakeOpenPhone(), list[JSONObject]()
    vendor.webhooks.urls.append("http://127.0.0.1:9/hook")
    monkeypatch.setattr(vendor.webhooks, "emit", told.append)
    vendor.create_contact({"firstName": "Ada"})
    vendor.receive_message("+15555550101", "Hello")
    assert [one["type"] for one in told] == ["contact.updated", "message.received"]
    assert _payload("messages.received", json.loads(dumps(told[1])))["message"]


async def test_fake_takes_two_contacts_of_one_external_id_unless_told() -> None:
    for conflicts, most in ((False, 2), (True, 1)):
        async with workspace(conflicts=conflicts) as (session, vendor):
            for _ in range(2):
                try:
                    await _call(session, "contacts.create", {"externalId": "x", "defaultFields": {"firstName": None}})
                except RejectedError as refused:
                    assert refused.status == 409  # noqa: PT017 - the second one only
            assert [one["externalId"] for one in vendor.contacts].count("x") == most
