"""The vendor's misspelt words and the right ones: whoever writes either is understood, whoever reads finds both."""

import pytest

from trunkline.connectors.ghl.fake_calendars import CALENDAR
from trunkline.connectors.ghl.fake_opportunities import OPPORTUNITY
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_session import call, operation, sub_account
from trunkline.connectors.ghl.spelling import RIGHT, told
from trunkline.model.json import JSONObject, as_list, as_object


@pytest.mark.parametrize("word", ["appointmentPerSlot", "appoinmentPerSlot"])
async def test_either_word_is_taken_and_the_vendor_gets_its_own(word: str) -> None:
    async with sub_account() as (session, vendor):
        made = as_object((await call(session, "calendars.create", {"name": "Visits", word: 2}))["calendar"])
        assert as_object(vendor.calls[-1].json())["appoinmentPerSlot"] == 2
        assert made["appoinmentPerSlot"] == made["appointmentPerSlot"] == 2


async def test_right_word_counts_where_both_are_given() -> None:
    async with sub_account() as (session, vendor):
        both: JSONObject = {"calendarId": CALENDAR, "appoinmentPerDay": 1, "appointmentPerDay": 5}
        await call(session, "calendars.update", both)
        sent = as_object(vendor.calls[-1].json())
        assert sent["appoinmentPerDay"] == 5
        assert "appointmentPerDay" not in sent


async def test_lists_tell_both_words_too() -> None:
    async with sub_account() as (session, _):
        await call(session, "calendars.update", {"calendarId": CALENDAR, "appointmentPerDay": 5})
        listed = as_list((await call(session, "calendars.list", {}))["calendars"])
        (changed,) = [one for one in map(as_object, listed) if one["id"] == CALENDAR]
        assert changed["appointmentPerDay"] == changed["appoinmentPerDay"] == 5


@pytest.mark.parametrize(
    ("id", "input"),
    [
        ("contacts.update", {"contactId": ADA, "city": "Dayton"}),
        ("contacts.bulk_update_tags", {"contacts": [ADA], "add": ["vip"]}),
        ("contacts.add_to_campaign", {"contactId": ADA, "campaignId": "c"}),
        ("contacts.add_to_workflow", {"contactId": ADA, "workflowId": "w"}),
        ("contacts.remove_from_campaign", {"contactId": ADA, "campaignId": "c"}),
        ("contacts.remove_from_all_campaigns", {"contactId": ADA}),
        ("contacts.remove_from_workflow", {"contactId": ADA, "workflowId": "w"}),
        ("opportunities.update_status", {"id": OPPORTUNITY, "status": "won"}),
        ("opportunities.delete", {"id": OPPORTUNITY}),
        ("contacts.delete", {"contactId": ADA}),
    ],
)
async def test_success_is_told_in_both_words(id: str, input: JSONObject) -> None:
    async with sub_account() as (session, _):
        answer = await call(session, id, input)
        assert answer["succeded"] is answer["succeeded"] is True


def test_right_word_of_a_newer_version_is_left_alone() -> None:
    assert told({"succeeded": True}) == {"succeeded": True}
    assert told({"succeded": False, "succeeded": True}) == {"succeded": False, "succeeded": True}


def test_schemas_have_both_words() -> None:
    for id, wrong in (("calendars.create", "appoinmentPerSlot"), ("calendars.update", "appoinmentPerDay")):
        fields = as_object(operation(id).input["properties"])
        assert fields[wrong] == fields[RIGHT[wrong]]
