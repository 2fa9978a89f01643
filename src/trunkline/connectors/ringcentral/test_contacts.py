"""Personal contacts: what a change leaves alone, how a lost create is found, and the address book's sync."""

import asyncio

import pytest

from trunkline.connect.declaration import LookFirst, Operation
from trunkline.connect.pages import pages
from trunkline.connect.session import Session
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.connectors.ringcentral.operations import contacts
from trunkline.connectors.ringcentral.operations.contacts import CREATE, SYNC, UPSERT
from trunkline.connectors.ringcentral.triggers import TRIGGERS
from trunkline.model.errors import MappingError, OutcomeUnknownError, RejectedError
from trunkline.model.json import JSONObject, as_list, as_object

BY_ID = {operation.id: operation for operation in contacts.OPERATIONS}
BY_TRIGGER = {trigger.id: trigger for trigger in TRIGGERS}


def _ada(vendor: FakeRingCentral) -> JSONObject:
    return vendor.people[0]


async def test_update_keeps_what_it_does_not_name_and_null_clears(session: Session, vendor: FakeRingCentral) -> None:
    id = str(_ada(vendor)["id"])
    await session.call(BY_ID["contacts.update"], {"contactId": id, "jobTitle": "Owner", "email": None})
    assert (_ada(vendor)["firstName"], _ada(vendor)["jobTitle"]) == ("Ada", "Owner")
    assert "email" not in _ada(vendor)


async def test_replace_clears_what_it_does_not_name(session: Session, vendor: FakeRingCentral) -> None:
    await session.call(BY_ID["contacts.replace"], {"contactId": _ada(vendor)["id"], "firstName": "Ada"})
    assert "email" not in _ada(vendor)
    assert "mobilePhone" not in _ada(vendor)


async def test_number_is_sent_in_e164_however_it_is_spelt(session: Session, vendor: FakeRingCentral) -> None:
    await session.call(CREATE, {"firstName": "Bea", "mobilePhone": "(555) 555-0104"})
    assert vendor.people[-1]["mobilePhone"] == "+15555550104"
    with pytest.raises(MappingError) as caught:
        await session.call(CREATE, {"firstName": "Bea", "mobilePhone": "nobody"})
    assert caught.value.field == "mobilePhone"


async def test_lost_create_is_found_by_what_was_sent(session: Session, vendor: FakeRingCentral) -> None:
    assert isinstance(CREATE.repeat, LookFirst)
    sent: JSONObject = {"firstName": "Bea", "lastName": "Nolan", "mobilePhone": "+15555550104"}
    assert await CREATE.repeat.find(session, sent) is None
    vendor.next("POST */contact", status=500, after=True)
    with pytest.raises(OutcomeUnknownError):
        await session.call(CREATE, sent)
    for spelling in ("+15555550104", "(555) 555-0104", "1 555 555 0104"):
        assert as_object(await CREATE.repeat.find(session, {**sent, "mobilePhone": spelling}))["firstName"] == "Bea"
    assert await CREATE.repeat.find(session, {**sent, "firstName": "Bob"}) is None
    with pytest.raises(OutcomeUnknownError):
        await CREATE.repeat.find(session, {"notes": "nobody"})


async def test_upsert_finds_by_any_number_writes_what_differs_and_nothing_else(session: Session, vendor: FakeRingCentral) -> None:
    same: JSONObject = {"firstName": "Ada", "homePhone": "555-555-0101", "mobilePhone": "+1 555 555 0101"}
    answer = as_object(await session.call(UPSERT, {"firstName": "Ada", "mobilePhone": "555-555-0101"}))
    assert answer["new"] is False
    assert vendor.calls_to("PATCH *") == []
    await session.call(UPSERT, same)
    assert len(vendor.calls_to("PATCH *")) == 1
    assert _ada(vendor)["email"] == "ada.palmer@example.com"
    assert as_object(await session.call(UPSERT, {"firstName": "Bea", "mobilePhone": "555-555-0104"}))["new"] is True
    assert len(vendor.people) == 2
    with pytest.raises(MappingError):
        await session.call(UPSERT, {"firstName": "Nobody"})


async def test_runs_that_bring_one_contact_at_once_make_one(session: Session, vendor: FakeRingCentral) -> None:
    spellings = ("555-555-0104", "+1 555 555 0104", "(555) 555-0104")
    brought = [session.call(UPSERT, {"firstName": "Bea", "mobilePhone": spelling, "notes": spelling}) for spelling in spellings]
    shared = session.call(UPSERT, {"firstName": "Bea", "homePhone": "+442079460958", "mobilePhone": spellings[0]})
    answers = [as_object(answer) for answer in await asyncio.gather(*brought, shared)]
    assert [answer["new"] for answer in answers].count(True) == 1
    assert len(vendor.people) == 2


async def test_several_are_deleted_at_once_and_one_that_is_gone_counts_as_done(session: Session, vendor: FakeRingCentral) -> None:
    delete = BY_ID["contacts.delete"]
    ids = [vendor.add_contact({"firstName": f"Person {number}"})["id"] for number in range(3)]
    assert await session.call(delete, {"contactId": [*ids[:2]]}) == {"existed": True}
    assert vendor.calls[-1].path.endswith(f"/{ids[0]},{ids[1]}")
    assert await session.call(delete, {"contactId": ids[0]}) == {"existed": False}
    assert [person["id"] for person in vendor.people[1:]] == ids[2:]


# ── sync ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _synced(session: Session, operation: Operation, input: JSONObject) -> tuple[list[JSONObject], str]:
    token = ""
    found: list[JSONObject] = []

    def items(answer: object) -> list[object]:
        nonlocal token
        token = str(as_object(as_object(answer)["syncInfo"])["syncToken"])  # pyright: ignore[reportArgumentType]  # an answer is JSON
        return [*as_list(as_object(answer)["records"])]  # pyright: ignore[reportArgumentType]  # an answer is JSON

    async for page in pages(session, operation, input, items=items):  # pyright: ignore[reportArgumentType]  # an answer is JSON
        found += map(as_object, page)
    return found, token


async def test_sync_tells_everything_first_and_then_what_changed(session: Session, vendor: FakeRingCentral) -> None:
    whole, token = await _synced(session, SYNC, {"perPage": 2})
    assert [one["firstName"] for one in whole] == ["Ada"]
    bea = vendor.add_contact({"firstName": "Bea"})
    vendor.book.remove(str(_ada(vendor)["id"]))
    changed, after = await _synced(session, SYNC, {"perPage": 1, "syncToken": token})
    assert [one["availability"] for one in changed] == ["Alive", "Deleted"]
    assert changed[0]["id"] == bea["id"]
    assert await _synced(session, SYNC, {"syncToken": after}) == ([], after)


async def test_sync_starts_over_by_itself_when_its_token_is_too_old(session: Session, vendor: FakeRingCentral) -> None:
    _, token = await _synced(session, SYNC, {})
    for number in range(4):
        vendor.add_contact({"firstName": f"Person {number}"})
    vendor.expire_tokens()
    whole, renewed = await _synced(session, SYNC, {"syncToken": token, "perPage": 2})
    assert len(whole) == 5
    assert [call.query.get("syncType") for call in vendor.calls[1:]] == ["ISync", "FSync", "FSync", "FSync"]
    assert renewed != token
    assert await _synced(session, SYNC, {"syncToken": renewed}) == ([], renewed)


async def test_other_refusals_of_a_sync_stay_refusals(session: Session, vendor: FakeRingCentral) -> None:
    _, token = await _synced(session, SYNC, {})
    vendor.next("GET */address-book-sync", status=403)
    with pytest.raises(RejectedError):
        await session.call(SYNC, {"syncToken": token})
    assert len(vendor.calls_to("GET */address-book-sync")) == 2


def test_deleted_contact_is_told_as_deleted_and_never_as_changed() -> None:
    gone: JSONObject = {"contact": {"id": "1", "availability": "Deleted"}}
    alive: JSONObject = {"contact": {"id": "1", "availability": "Alive", "firstName": "Ada"}}
    for id, of_gone, of_alive in (("contacts.created", None, alive), ("contacts.changed", None, alive), ("contacts.deleted", gone, None)):
        compare = BY_TRIGGER[id].compare
        assert compare is not None
        assert (compare(None, gone), compare(None, alive)) == (of_gone, of_alive)
