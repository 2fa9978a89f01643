"""Numbers, users and the workspace: one word for the number, hours on request."""

import pytest

from trunkline.connectors.openphone.fake import NUMBER, NUMBER_ID, USER_ID
from trunkline.connectors.openphone.fake_workspace import call, ids, workspace
from trunkline.model.json import JSONObject, as_list, as_object


async def test_number_is_called_number_and_tells_its_members() -> None:
    async with workspace() as (session, vendor):
        one = as_object((await call(session, "phone_numbers.get", {"phoneNumberId": NUMBER_ID}))["data"])
        listed = as_object(as_list((await call(session, "phone_numbers.list", {}))["data"])[0])
        assert one["number"] == listed["number"] == NUMBER
        assert [as_object(user)["id"] for user in as_list(one["users"])] == [USER_ID]
        assert len(vendor.calls) == 2, "the hours are not asked for"


async def test_business_hours_come_on_request() -> None:
    async with workspace() as (session, vendor):
        one = as_object((await call(session, "phone_numbers.get", {"phoneNumberId": NUMBER_ID, "businessHours": True}))["data"])
        assert as_object(one["businessHours"])["timezone"] == "America/Chicago"
        assert [seen.path for seen in vendor.calls] == [f"/v1/phone-numbers/{NUMBER_ID}", f"/phone-numbers/{NUMBER_ID}"]


@pytest.mark.parametrize(
    ("id", "input"),
    [("users.list", {}), ("phone_numbers.users", {"phoneNumberId": NUMBER_ID}), ("users.phone_numbers", {"userId": USER_ID})],
)
async def test_lists_of_the_workspace_are_read(id: str, input: JSONObject) -> None:
    async with workspace() as (session, _):
        assert len(ids(await call(session, id, input))) == 1


async def test_available_numbers_are_a_plain_list() -> None:
    async with workspace() as (session, _):
        assert await call(session, "phone_numbers.available", {"areaCode": "555"}) == {"data": ["+15555550190", "+15555550191"]}
