"""What a contact looks like, and what of it is news."""

import json
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.connect.pages import pages
from trunkline.connectors.ghl.contact import birth_date, contact_of, identity, snake
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, sub_account, trigger
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps, loads
from trunkline.testing.strategies import json_objects, json_values

SAMPLES = Path(__file__).parent / "samples"
POLLED = ("contacts.changed", "contacts.created", "contacts.tagged", "contacts.dnd_changed")


@pytest.mark.parametrize("id", POLLED)
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
    for one in map(trigger, POLLED):
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
        answer = await call(session, "contacts.search", {"pageLimit": 10})
        assert [as_object(one)["id"] for one in as_list(answer["contacts"])] == [ADA]
        poll = trigger("contacts.changed").poll
        assert poll is not None
        assert poll.overlap_s > 60
