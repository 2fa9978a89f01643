"""The conformance suite for what surrounds 17hats, and the many shapes in which Zaps and files speak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.inputs import check
from trunkline.connect.memory import Memory
from trunkline.connect.rows import assigned
from trunkline.connect.session import Session
from trunkline.connectors.seventeenhats import connector, records
from trunkline.connectors.seventeenhats.fake import HOOK, FakeSeventeenHats
from trunkline.connectors.seventeenhats.triggers import FILES, split
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, MappingError, ReconnectError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.conformance import Scenarios, conformance
from trunkline.testing.vendor import serving

TestSeventeenHats = conformance(
    connector,
    fake=FakeSeventeenHats,
    scenarios=Scenarios(
        read="calendar.list",
        write="contacts.upsert",
        meanings={404: ReconnectError},
        any_body=True,
        without_secret=Account(options={"webhook_auth": "standard"}, credential=Credential()),
    ),
)


def session(vendor: FakeSeventeenHats, base_url: str, client: Client, account: Account | None = None, key: str | None = "eff_1") -> Session:
    clock = SystemClock()
    return Session(
        connector=connector,
        account=account or vendor.account(),
        client=client,
        budget=Budget((), clock),
        memory=Memory(clock),
        clock=clock,
        base_url=base_url,
        key=key,
    )


def operation(id: str):
    return next(one for one in connector.operations if one.id == id)


async def test_contact_reaches_the_hook_with_its_keys() -> None:
    vendor = FakeSeventeenHats()
    async with serving(vendor) as base_url, Client() as client:
        answer = await session(vendor, base_url, client).call(operation("contacts.upsert"), {"email": "a@example.com", "tags": ["x", "y"]})
    assert vendor.caught == [
        {
            "action": "contact.upsert",
            "idempotency_key": "eff_1",
            "correlation_id": "eff_1",
            "contact": {"email": "a@example.com", "tags": "x,y"},
        }
    ]
    assert as_object(answer)["correlation_id"] == "eff_1"


async def test_silent_hook_is_a_receipt_too() -> None:
    vendor = FakeSeventeenHats()
    vendor.silent = True
    async with serving(vendor) as base_url, Client() as client:
        answer = await session(vendor, base_url, client, key=None).call(operation("zaps.send"), {"action": "x"})
    assert as_object(answer)["receipt"] == {}
    assert as_object(answer)["correlation_id"] == vendor.caught[0]["correlation_id"]


@pytest.mark.parametrize("hook", ["", "https://evil.example/hooks/catch/1/a/", "http://hooks.zapier.com/hooks/catch/1/a/"])
async def test_hook_must_be_zapiers_own(hook: str) -> None:
    account = Account(options={}, credential=Credential({"catch_hook_url": hook} if hook else {}))
    async with Client() as client:
        with pytest.raises(ConfigError):
            await session(FakeSeventeenHats(), "", client, account).call(operation("zaps.send"), {"action": "x"})


async def test_check_reads_the_feed_or_says_what_is_missing() -> None:
    assert connector.check is not None
    vendor = FakeSeventeenHats()
    async with serving(vendor) as base_url, Client() as client:
        await session(vendor, base_url, client).call(connector.check, {})
        only_hook = Account(options={}, credential=Credential({"catch_hook_url": HOOK}))
        assert await session(vendor, base_url, client, only_hook).call(connector.check, {}) == {"ok": True}
        with pytest.raises(ConfigError):
            await session(vendor, base_url, client, Account(options={}, credential=Credential())).call(connector.check, {})


# ── what Zaps say ──


@pytest.mark.parametrize(
    "body",
    [
        {"first_name": "Ada", "last_name": "Palmer", "email": "ADA@example.com"},
        {"First Name": "Ada", "Last Name": "Palmer", "E-Mail": "ada@example.com"},
        {"firstName": "Ada", "lastName": "Palmer", "Primary Email": " ada@example.com "},
        {"contact": {"first_name": "Ada", "last_name": "Palmer", "email": "ada@example.com"}},
        {"contact__first_name": "Ada", "contact__last_name": "Palmer", "contact__email": "ada@example.com"},
        {"Client": "Ada Palmer", "Email Address": "ada@example.com"},
        {"data": {"contact": {"full_name": "Ada Palmer", "email": "ada@example.com"}}},
    ],
)
def test_contact_is_the_same_however_the_zap_spells_it(body: JSONObject) -> None:
    made = records.contact(body)
    assert [made[name] for name in ("first_name", "last_name", "name", "email")] == ["Ada", "Palmer", "Ada Palmer", "ada@example.com"]


def test_unknown_fields_come_along() -> None:
    made = records.contact({"Email": "a@example.com", "Favourite colour": "blue", "event": "contact.created", "empty": ""})
    assert made["custom"] == {"Favourite colour": "blue"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("$1,234.50", 1234.5),
        ("1.234,50 €", 1234.5),
        ("0.00", 0.0),
        ("12", 12.0),
        ("-5,5", -5.5),
        ("1,234", 1234.0),
        ("due", "due"),
        (7, 7),
        ("1.2.3", "1.2.3"),
    ],
)
def test_amount_in_text_becomes_a_number(text: JSON, number: JSON) -> None:
    assert records.amount(text) == number


def _kinds(body: JSON, **query: str) -> list[str]:
    return [one.kind for one in split(body, Delivery(headers={}, body=b"", query=query, received_at=SystemClock().now()))]


def test_event_is_told_by_body_or_address_or_guessed() -> None:
    assert _kinds({"event": "Contact.Created "}) == ["contact.created"]
    assert _kinds({"x": 1}, event="invoice.paid") == ["invoice.paid"]
    assert _kinds({"event": "booking.canceled"}) == ["booking.cancelled"]
    assert _kinds({"Email": "a@example.com"}) == ["contact.updated"]
    assert _kinds([{"event": "invoice.paid"}, {"event": "invoice.created"}]) == ["invoice.paid", "invoice.created"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"event": "contct.created", "Email": "a@example.com"}, "did you mean contact.created"),
        ({"x": 1}, "does not say what happened"),
        ({"event": "nonsense"}, "It is one of: contact.created, "),
        ([{"event": "invoice.paid"}, {"event": "invoice.payd"}], "did you mean invoice.paid"),
        ([7], "does not say what happened"),
    ],
)
def test_event_that_is_none_is_told_to_the_zap(body: JSON, words: str) -> None:
    with pytest.raises(WebhookError, match=words) as caught:
        _kinds(body)
    assert caught.value.reason == "malformed"


def trigger(id: str):
    return next(one for one in connector.triggers if one.id == id)


@pytest.mark.parametrize(
    ("id", "body"),
    [
        ("contacts.changed", {"first_name": "Ada"}),
        ("invoices.paid", {"total": "5"}),
        ("projects.created", {"event": "project.created"}),
        ("bookings.changed", {"email": "a@example.com"}),
        ("questionnaires.completed", {}),
        ("locations.changed", {"event": "location.updated", "unheard": "of"}),
    ],
)
def test_record_that_cannot_be_told_from_others_is_refused(id: str, body: JSONObject) -> None:
    payload = trigger(id).payload
    assert payload is not None
    with pytest.raises(MappingError):
        payload(body)


@pytest.mark.parametrize(
    ("id", "body"),
    [
        ("projects.created", {"project_name": "Wedding", "client_email": "{}@example.com"}),
        ("bookings.created", {"service": "Call", "start_time": "2026-05-01T10:00", "email": "{}@example.com"}),
        ("questionnaires.completed", {"questionnaire": "Getting to know you", "email": "{}@example.com"}),
    ],
)
def test_records_of_one_title_are_told_apart_by_whose_they_are(id: str, body: dict[str, str]) -> None:
    facts = [_told(id, {name: value.format(who) for name, value in body.items()}) for who in ("ada", "ben", "ada")]
    assert facts[0] == facts[2]
    assert facts[0][0] != facts[1][0]


def test_second_booking_of_the_same_person_is_news_and_a_repeat_is_none() -> None:
    first, second = ({"service": "Call", "email": "a@example.com", "start": f"2026-05-0{day}T10:00"} for day in (1, 2))
    assert _told("bookings.created", {**first}) == _told("bookings.created", {**first}) != _told("bookings.created", {**second})
    known = _told("bookings.created", {"booking_id": "b1", **first})
    assert known == _told("bookings.created", {"booking_id": "b1", **second}), "one that is known by its id is made once"


def _told(id: str, body: JSONObject) -> tuple[str, JSON]:
    one = trigger(id)
    assert one.payload is not None
    assert one.fingerprint is not None
    payload = one.payload(body)
    assert payload is not None
    return one.record_key(payload), one.fingerprint(payload)


@pytest.mark.parametrize(
    "given", ["A@Example.com, b@example.com", ["a@example.com", "b@example.com"], [{"type": "home", "email": "a@example.com"}]]
)
def test_first_of_several_addresses_counts_and_none_is_lost(given: JSON) -> None:
    made = records.contact({"emails": given})
    assert made["email"] == "a@example.com"
    assert as_object(made["custom"]).get("emails") in (None, ["a@example.com", "b@example.com"])


def test_address_of_a_contact_may_be_an_object() -> None:
    made = records.contact({"email": "a@example.com", "address": {"street": "1 Main St", "city": "Denver", "zip": "80202"}})
    assert [made[name] for name in ("address", "city", "zip")] == ["1 Main St", "Denver", "80202"]


def test_client_who_is_only_named_is_the_invoices_contact() -> None:
    payload = trigger("invoices.changed").payload
    assert payload is not None
    made = as_object(payload({"row": {"number": "7"}, "other": {"Client": "Ada Palmer"}, "file": "i.csv", "line": 2}))
    assert as_object(made["contact"])["name"] == "Ada Palmer"


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["email", "Phone", "tags", "contact", "row", "other", "name", "total", "number", "project", "id", "x"]),
        _values,
        max_size=6,
    )
)
def test_whatever_a_zap_sends_gives_a_payload_that_fits_or_is_refused(body: JSONObject) -> None:
    for one in connector.triggers:
        if one.payload is None:
            continue
        try:
            made = one.payload(body)
        except MappingError:
            continue
        assert made is not None
        check(one.output, made)
        assert one.record_key(made)


# ── files ──


def test_exported_file_is_recognised_by_its_headings() -> None:
    contacts, invoices = FILES
    headings = ["First Name", "Last Name", "Email", "Phone", "Company", "Tags", "Referred By"]
    assert assigned(contacts, headings, {})["email"] == "Email"
    assert assigned(contacts, headings, {})["referred_by"] == "Referred By"
    assert assigned(invoices, ["Invoice #", "Client", "Invoice Date", "Total", "Balance Due"], {}) == {
        "number": "Invoice #",
        "total": "Total",
        "due": "Balance Due",
        "issued_on": "Invoice Date",
    }


def test_row_and_zap_make_the_same_contact() -> None:
    payload = trigger("contacts.changed").payload
    assert payload is not None
    row: JSONObject = {"row": {"email": "a@example.com", "first_name": "Ada"}, "other": {"Shoe size": "9"}, "file": "c.csv", "line": 2}
    zap: JSONObject = {"Email": "a@example.com", "First Name": "Ada", "Shoe size": "9"}
    assert payload(row) == payload(zap)
