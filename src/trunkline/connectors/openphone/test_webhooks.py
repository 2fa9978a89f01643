"""Webhooks made by API: two generations under one set of names, keys shown only where they are needed."""

import pytest

from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.connectors.openphone.fake_workspace import call, operation, workspace
from trunkline.connectors.openphone.operations.webhooks import EVENTS, LEGACY
from trunkline.connectors.openphone.surface import ENDPOINTS
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSONObject, as_list, as_object

_URL = "https://hub.example.com/hooks/desk"


async def test_list_and_get_tell_the_generation_and_no_key() -> None:
    async with workspace() as (session, _):
        found = {str(as_object(one)["id"]): as_object(one) for one in as_list((await call(session, "webhooks.list", {}))["data"])}
        assert {id: one["generation"] for id, one in found.items()} == {"9000000001": "current", "WHfake0001": "legacy"}
        for id in found:
            told = as_object((await call(session, "webhooks.get", {"webhookId": id}))["data"])
            assert told == found[id]
            assert "key" not in told


async def test_either_generation_is_deleted_by_its_id() -> None:
    async with workspace() as (session, vendor):
        for id in ("9000000001", "WHfake0001"):
            assert await call(session, "webhooks.delete", {"webhookId": id}) == {"existed": True}
            assert await call(session, "webhooks.delete", {"webhookId": id}) == {"existed": False}
        assert (vendor.hooks.current, vendor.hooks.legacy) == ({}, {})


async def test_key_of_a_new_webhook_proves_its_deliveries_until_it_is_rotated() -> None:
    async with workspace() as (session, vendor):
        made = as_object((await call(session, "webhooks.create", {"url": _URL, "events": ["message.received"]}))["data"])
        assert made["resourceIds"] == ["*"]
        assert _takes(str(made["key"]), vendor)
        rotated = as_object((await call(session, "webhooks.rotate", {"webhookId": made["id"]}))["data"])
        assert rotated["key"] != made["key"]
        assert _takes(str(rotated["key"]), vendor)
        assert not _takes(str(made["key"]), vendor)


def _takes(key: str, vendor: FakeOpenPhone) -> bool:
    assert connector.webhook is not None
    now, body = SystemClock().now(), b"{}"
    delivery = Delivery(headers=dict(vendor.sign(body, at=now / 1_000_000)), body=body, query={}, received_at=now)
    try:
        connector.webhook.verify(delivery, Account(options={}, credential=Credential({"token": "t", "webhook_key": key})))
    except WebhookError:
        return False
    return True


@pytest.mark.parametrize(("kind", "events"), LEGACY.items())
async def test_legacy_webhook_is_made_where_its_events_are_taken_and_for_all_numbers(kind: str, events: tuple[str, ...]) -> None:
    async with workspace() as (session, vendor):
        await call(session, "webhooks.create_legacy", {"url": _URL, "events": [*events]})
        assert vendor.calls[-1].route == f"POST /v1/webhooks/{kind}"
        assert as_object(vendor.calls[-1].json())["resourceIds"] == ["*"], "without it nothing is delivered"


async def test_legacy_webhook_of_two_kinds_never_leaves() -> None:
    async with workspace() as (session, vendor):
        mixed: JSONObject = {"url": _URL, "events": ["message.received", "call.completed"]}
        with pytest.raises(MappingError) as caught:
            await call(session, "webhooks.create_legacy", mixed)
        assert caught.value.field == "events"
        assert vendor.calls == []


async def test_deliveries_are_listed_with_strict_bounds() -> None:
    async with workspace() as (session, vendor):
        asked: JSONObject = {"webhookId": "9000000001", "events": ["message.received"], "after": "2026-01-01T00:00:00Z"}
        answer = await call(session, "webhooks.deliveries", asked)
        assert [as_object(one)["id"] for one in as_list(answer["data"])] == ["WDfake0001"]
        assert dict(vendor.calls[-1].query) == {"eventType[in]": "message.received", "createdAt[gt]": "2026-01-01T00:00:00Z", "limit": "50"}


def test_a_webhook_is_never_made_again_by_itself() -> None:
    assert operation("webhooks.create").repeat == "never"
    assert operation("webhooks.create_legacy").repeat == "never"


def test_events_are_the_described_ones_and_each_has_a_trigger() -> None:
    described = as_object(as_object(ENDPOINTS["POST /webhooks"].body["properties"])["events"])
    assert tuple(as_list(as_object(described["items"])["enum"])) == EVENTS
    heard = {kind for one in connector.triggers for kind in one.kinds}
    assert heard >= {*EVENTS, *(event for events in LEGACY.values() for event in events), "callSummary", "callTranscript"}
