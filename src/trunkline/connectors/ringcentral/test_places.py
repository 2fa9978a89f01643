"""Sites keep what is not named; emergency addresses are read and never written, by no way."""

import asyncio
from collections.abc import Iterator

import pytest

from trunkline.connect.declaration import Call
from trunkline.connect.registry import Registry
from trunkline.connect.requests import build
from trunkline.connect.session import Session
from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.facts import ENDPOINTS
from trunkline.connectors.ringcentral.fake import ACCOUNT_ID, FakeRingCentral
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, MappingError, RejectedError
from trunkline.model.json import JSON, JSONObject, as_object

BY_ID = {operation.id: operation for operation in connector.operations}
HERE = "/restapi/v1.0/account/{accountId}"


async def test_site_keeps_what_an_update_does_not_name(session: Session, vendor: FakeRingCentral) -> None:
    await session.call(BY_ID["sites.update"], {"siteId": "3001", "businessAddress": {"street": "12 Elm Street"}})
    (site,) = vendor.stored(f"restapi/v1.0/account/{ACCOUNT_ID}/sites")
    assert site["name"] == "Springfield"
    assert as_object(site["businessAddress"]) == {
        "street": "12 Elm Street",
        "city": "Springfield",
        "state": "IL",
        "zip": "62701",
        "country": "US",
    }


async def test_runs_that_change_one_site_at_once_do_not_undo_each_other(session: Session, vendor: FakeRingCentral) -> None:
    changes: tuple[JSONObject, ...] = ({"name": "North"}, {"callerIdName": "North"}, {"businessAddress": {"city": "Chicago"}})
    await asyncio.gather(*(session.call(BY_ID["sites.update"], {"siteId": "3001", **change}) for change in changes))
    (site,) = vendor.stored(f"restapi/v1.0/account/{ACCOUNT_ID}/sites")
    assert (site["name"], site["callerIdName"]) == ("North", "North")
    assert (as_object(site["businessAddress"])["city"], as_object(site["businessAddress"])["street"]) == ("Chicago", "1 Main St")


async def test_site_is_not_written_when_nothing_differs(session: Session, vendor: FakeRingCentral) -> None:
    await session.call(BY_ID["sites.update"], {"siteId": "3001", "name": "Springfield"})
    assert vendor.calls_to("PUT *") == []


def test_no_operation_writes_an_emergency_address() -> None:
    told = [one for one in connector.operations if one.kind == "write" and "emergency" in (one.endpoint or "")]
    assert told == []
    assert BY_ID["emergency_locations.list"].kind == "read"


REFUSED = [key for key in ENDPOINTS if ENDPOINTS.refused(key)]
CAN_WRITE_ONE = (
    f"POST {HERE}/emergency-locations",
    f"PUT {HERE}/emergency-locations/{{locationId}}",
    f"DELETE {HERE}/extension/{{extensionId}}/emergency-locations/{{locationId}}",
    f"POST {HERE}/emergency-address-auto-update/wireless-points",
    f"PUT {HERE}/device/{{deviceId}}",
    f"PUT {HERE}/device/{{deviceId}}/emergency",
    "POST /restapi/v2/accounts/{accountId}/devices/bulk-add",
    "POST /restapi/v2/accounts/{accountId}/batch-provisioning/users",
)


@pytest.mark.parametrize("endpoint", REFUSED)
def test_call_that_could_write_an_emergency_address_is_refused(endpoint: str) -> None:
    for spelling in (endpoint, endpoint.replace(" ", "  ", 1), endpoint.lower().partition(" ")[0] + endpoint[endpoint.index(" ") :]):
        with pytest.raises(ConfigError) as caught:
            Registry([connector]).operation(f"ringcentral.call {spelling}")
        assert "emergency address" in caught.value.message


def test_endpoints_known_to_write_emergency_addresses_are_among_the_refused() -> None:
    assert set(CAN_WRITE_ONE) <= set(REFUSED)


def test_nothing_that_can_be_called_takes_a_word_about_emergencies() -> None:
    registry = Registry([connector])
    for key in ENDPOINTS:
        if ENDPOINTS[key].kind == "read" or key in REFUSED:
            continue
        assert "emergency" not in key.casefold()
        named = {name.casefold() for name in _field_names(registry.operation(f"ringcentral.call {key}").input)}
        # Whether emergency calls can be made from a country at all: the vendor's fact about it, in the record of a site.
        assert not {name for name in named if "emergency" in name} - {"emergencycalling"}, key
    for operation in connector.operations:
        assert operation.kind == "read" or not any("emergency" in name.casefold() for name in _field_names(operation.input)), operation.id


def _field_names(schema: JSON) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from _field_names(one)
    if isinstance(schema, dict):
        yield from as_object(schema.get("properties"))
        for one in schema.values():
            yield from _field_names(one)


@pytest.mark.parametrize("id", ["..", ".", "3001/../../emergency-locations/7001", "%2e%2e/emergency-locations/7001"])
async def test_id_cannot_lead_to_an_emergency_address(session: Session, vendor: FakeRingCentral, id: str) -> None:
    put = Registry([connector]).operation(f"ringcentral.call PUT {HERE}/sites/{{siteId}}")
    before = vendor.stored(f"restapi/v1.0/account/{ACCOUNT_ID}/emergency-locations")
    with pytest.raises((MappingError, RejectedError)):
        await session.call(put, {"siteId": id, "name": "Elsewhere"})
    assert all(call.path.startswith(f"/restapi/v1.0/account/~/sites/{id}") for call in vendor.calls)
    assert vendor.stored(f"restapi/v1.0/account/{ACCOUNT_ID}/emergency-locations") == before


def test_every_other_endpoint_is_callable() -> None:
    registry = Registry([connector])
    assert (len(ENDPOINTS), len(REFUSED)) == (520, 27)
    assert all(registry.operation(f"ringcentral.call {key}").endpoint == key for key in ENDPOINTS if key not in REFUSED)


def test_account_and_extension_are_the_own_ones_unless_told() -> None:
    operation = Registry([connector]).operation(f"ringcentral.call GET {HERE}/extension/{{extensionId}}/presence")
    assert isinstance(operation.call, Call)

    def url(options: JSONObject, input: JSONObject) -> str:
        assert isinstance(operation.call, Call)
        return build(operation.call, input, Account(options=options, credential=Credential())).url

    assert url({}, {}) == "/restapi/v1.0/account/~/extension/~/presence"
    assert url({"account": "1", "extension": "2"}, {}) == "/restapi/v1.0/account/1/extension/2/presence"
    assert url({"extension": "2"}, {"extensionId": "3"}) == "/restapi/v1.0/account/~/extension/3/presence"


def test_extension_that_is_changed_must_be_told() -> None:
    assert BY_ID["extensions.update"].input["required"] == ["extensionId"]


def test_list_in_a_path_stands_there_with_commas() -> None:
    operation = Registry([connector]).operation(
        f"ringcentral.call DELETE {HERE}/extension/{{extensionId}}/address-book/contact/{{contactId}}"
    )
    assert isinstance(operation.call, Call)
    request = build(operation.call, {"contactId": [1, 2]}, Account(options={}, credential=Credential()))
    assert request.url.endswith("/address-book/contact/1,2")
