"""Where an app is installed, and what a delivery about it means for which connection."""

import pytest

from trunkline.connectors.ghl.fake_session import call, sub_account
from trunkline.connectors.ghl.fake_sign_in import FakeSignIn
from trunkline.connectors.ghl.installed import ACCOUNTS, standing
from trunkline.connectors.ghl.sign_in import another_code, app_of
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, loads

APP = Credential({"client_id": "app1-x", "client_secret": "s"})
AGENCY = Account(options={"level": "agency", "company": "C"}, credential=APP)
CHILD = Account(options={"agency": "main", "location": "L"}, credential=Credential())
ALONE = Account(options={"location": "L", "company": "C"}, credential=APP)
PRIVATE = Account(options={"location": "L", "app": "app1"}, credential=Credential({"token": "pit-x"}))


async def test_list_names_the_app_of_the_connection_or_asks_for_it() -> None:
    async with sub_account() as (session, vendor):
        with pytest.raises(MappingError) as caught:
            await call(session, "apps.list_locations", {})
        assert caught.value.field == "appId"
        found = await call(session, "apps.list_locations", {"appId": FakeSignIn.app_id})
        assert [one["_id"] for one in _rows(found)] == [vendor.location]
    async with sub_account(app=FakeSignIn.app_id) as (session, vendor):
        assert [one["_id"] for one in _rows(await call(session, "apps.list_locations", {}))] == [vendor.location]


def _rows(found: JSONObject) -> list[JSONObject]:
    rows = found["locations"]
    assert isinstance(rows, list)
    return [row for row in rows if isinstance(row, dict)]


def test_app_is_the_beginning_of_its_client_id_unless_told() -> None:
    assert app_of(AGENCY) == "app1"
    assert app_of(Account(options={"app": "other"}, credential=APP)) == "other"
    assert app_of(CHILD) == ""


def test_location_where_it_is_not_installed_is_none() -> None:
    assert ACCOUNTS.account({"_id": "L", "name": "N", "isInstalled": False}, "main") is None
    assert ACCOUNTS.account({"name": "N"}, "main") is None
    found = ACCOUNTS.account({"_id": "L", "name": "N"}, "main")
    assert found is not None
    assert (found.marks, found.options) == ({"location": "L"}, {"agency": "main"})


@pytest.mark.parametrize(
    ("where", "account", "maker", "meant"),
    [
        ({"locationId": "L"}, CHILD, AGENCY, True),
        ({"locationId": "L"}, ALONE, ALONE, True),
        ({"locationId": "L"}, AGENCY, AGENCY, False),
        ({"locationId": "L"}, PRIVATE, PRIVATE, False),
        ({"locationId": "M"}, CHILD, AGENCY, False),
        ({}, AGENCY, AGENCY, True),
        ({}, CHILD, AGENCY, True),
        ({}, ALONE, ALONE, False),
        ({"companyId": "D"}, AGENCY, AGENCY, False),
        ({"appId": "app2"}, AGENCY, AGENCY, False),
    ],
)
@pytest.mark.parametrize("said", ["INSTALL", "UNINSTALL"])
def test_delivery_means_the_connections_of_its_app_where_it_happened(
    said: str, where: JSONObject, account: Account, maker: Account, meant: bool
) -> None:
    told = standing({"type": said, "appId": "app1", "companyId": "C", **where})
    assert told is not None
    assert (told.gone, told.of(account, maker)) == (said == "UNINSTALL", meant)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "PLAN_CHANGE", "appId": "app1", "locationId": "L"},
        {"type": "UNINSTALL", "locationId": "L"},
        {"type": "UNINSTALL", "appId": "", "locationId": "L"},
        {"type": "UNINSTALL", "appId": "app1"},
    ],
)
def test_delivery_that_does_not_say_what_happened_where_means_nobody(body: JSONObject) -> None:
    assert standing(body) is None


@pytest.mark.parametrize(
    ("account", "where"), [(ALONE, {"locationId": "L"}), (AGENCY, {"companyId": "C"}), (Account(options={}, credential=APP), None)]
)
def test_another_code_is_asked_for_the_account_that_lost_its_tokens(account: Account, where: dict[str, JSON] | None) -> None:
    request = another_code(account)
    assert (None if request is None else loads(request.body or b"")) == (
        None if where is None else {"clientKey": "app1-x", "clientSecret": "s", **where}
    )
