"""What lies beside a contact: notes and properties, and what becomes of a lost call."""

import pytest

from trunkline.connect.declaration import LookFirst
from trunkline.connectors.openphone.fake_workspace import ADA, call, ids, operation, values, workspace
from trunkline.model.errors import OutcomeUnknownError
from trunkline.model.json import JSONObject, as_object

_NOTE: JSONObject = {"contactId": ADA, "text": "Asked for Friday"}
_HOME: JSONObject = {"contactId": ADA, "type": "phone-number", "name": "home", "value": "+15555550155"}


def _finder(id: str) -> LookFirst:
    repeat = operation(id).repeat
    assert isinstance(repeat, LookFirst)
    return repeat


async def test_property_is_a_number_of_the_contact() -> None:
    async with workspace() as (session, vendor):
        added = as_object((await call(session, "contact_properties.create", _HOME))["data"])
        assert values(vendor.book.get(ADA), "phoneNumbers") == ["+15555550101", "+15555550155"]
        changed: JSONObject = {"contactId": ADA, "propertyId": added["id"], "value": "+15555550156"}
        await call(session, "contact_properties.update", changed)
        assert values(vendor.book.get(ADA), "phoneNumbers") == ["+15555550101", "+15555550156"]
        gone: JSONObject = {"contactId": ADA, "propertyId": added["id"]}
        assert await call(session, "contact_properties.delete", gone) == {"existed": True}
        assert await call(session, "contact_properties.delete", gone) == {"existed": False}
        assert values(vendor.book.get(ADA), "phoneNumbers") == ["+15555550101"]


@pytest.mark.parametrize(("id", "input"), [("contact_notes.create", _NOTE), ("contact_properties.create", _HOME)])
async def test_lost_addition_is_found_and_not_made_twice(id: str, input: JSONObject) -> None:
    async with workspace() as (session, vendor):
        assert await _finder(id).find(session, input) is None
        vendor.next("POST /contacts/*", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await call(session, id, input)
        found = as_object(as_object(await _finder(id).find(session, input))["data"])
        assert input["text" if "text" in input else "value"] in found.values()


async def test_older_note_of_the_same_words_is_another_note() -> None:
    async with workspace() as (session, vendor):
        await call(session, "contact_notes.create", _NOTE)
        for note in vendor.stored(f"contacts/{ADA}/notes"):
            note["createdAt"] = "2026-01-01T00:00:00.000Z"
        await call(session, "contact_notes.create", {**_NOTE, "text": "Asked for Monday"})
        assert await _finder("contact_notes.create").find(session, _NOTE) is None


async def test_note_comes_and_goes() -> None:
    async with workspace() as (session, _):
        note: JSONObject = {"contactId": ADA, "noteId": as_object((await call(session, "contact_notes.create", _NOTE))["data"])["id"]}
        await call(session, "contact_notes.update", {**note, "text": "Asked for Monday"})
        assert as_object((await call(session, "contact_notes.get", note))["data"])["text"] == "Asked for Monday"
        assert note["noteId"] in ids(await call(session, "contact_notes.list", {"contactId": ADA}))
        assert await call(session, "contact_notes.delete", note) == {"existed": True}
        assert await call(session, "contact_notes.delete", note) == {"existed": False}
