"""Deliveries: proven, read, and refused."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.webhook import LEGACY_PUBLIC_KEY, PUBLIC_KEY
from trunkline.model.clock import SECOND, SystemClock, iso, later
from trunkline.model.connection import Account
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, dumps


def _delivery(vendor: FakeGHL, body: JSONObject, **headers: str) -> Delivery:
    raw, now = dumps(body), SystemClock().now()
    signed = dict(vendor.sign(raw, at=now / SECOND))
    return Delivery(headers={**signed, **headers}, body=raw, query={}, received_at=now)


def _body(vendor: FakeGHL, **more: JSON) -> JSONObject:
    return {"type": "ContactUpdate", "locationId": vendor.location, "id": ADA, "webhookId": "w-1", **more}


def _verify(delivery: Delivery, account: Account) -> Any:
    assert connector.webhook is not None
    return connector.webhook.verify(delivery, account)


def test_delivery_id_and_time_are_told() -> None:
    vendor = FakeGHL()
    at = iso(vendor.clock.now())
    told = _verify(_delivery(vendor, _body(vendor, timestamp=at)), vendor.account())
    assert (told.delivery_id, told.sent_at) == ("w-1", at)


def test_legacy_signature_is_taken_unless_the_connection_says_no() -> None:
    vendor = FakeGHL()
    vendor.signing = "rsa"
    delivery, account = _delivery(vendor, _body(vendor)), vendor.account()
    assert "x-ghl-signature" not in delivery.headers
    assert _verify(delivery, account).delivery_id == "w-1"
    strict = replace(account, options={**account.options, "webhook_allow_legacy": False})
    with pytest.raises(WebhookError) as caught:
        _verify(delivery, strict)
    assert caught.value.reason == "unsigned"


def test_wrong_current_signature_does_not_fall_back_to_a_good_legacy_one() -> None:
    vendor = FakeGHL()
    vendor.signing = "both"
    wrong = base64.b64encode(Ed25519PrivateKey.generate().sign(b"else")).decode()
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, _body(vendor), **{"x-ghl-signature": wrong}), vendor.account())
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("said", ["N/A", "", "  "])
def test_signature_that_says_nothing_is_unsigned(said: str) -> None:
    vendor = FakeGHL()
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, _body(vendor), **{"x-ghl-signature": said}), vendor.account())
    assert caught.value.reason == "unsigned"


@pytest.mark.parametrize(("age_s", "fine"), [(0, True), (3600 * 24, True), (-60, True), (4 * 86_400, False), (-600, False)])
def test_retries_of_hours_are_taken_and_old_deliveries_are_not(age_s: float, fine: bool) -> None:
    vendor = FakeGHL()
    delivery = _delivery(vendor, _body(vendor, timestamp=iso(later(vendor.clock.now(), -age_s))))
    if fine:
        assert _verify(delivery, vendor.account())
        return
    with pytest.raises(WebhookError) as caught:
        _verify(delivery, vendor.account())
    assert caught.value.reason == "stale"


def test_window_is_the_connections_own() -> None:
    vendor = FakeGHL()
    account = vendor.account()
    delivery = _delivery(vendor, _body(vendor, timestamp=iso(later(vendor.clock.now(), -600))))
    with pytest.raises(WebhookError):
        _verify(delivery, replace(account, options={**account.options, "webhook_max_age_s": 300}))


def test_event_of_another_sub_account_is_refused() -> None:
    vendor = FakeGHL()
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, {**_body(vendor), "locationId": "elsewhere"}), vendor.account())
    assert caught.value.reason == "unknown"


def test_connection_of_an_agency_takes_events_of_all_its_sub_accounts() -> None:
    vendor = FakeGHL()
    account = vendor.account()
    kept = {name: value for name, value in account.options.items() if name != "location"}
    agency = replace(account, options={**kept, "company": "C1"})
    assert _verify(_delivery(vendor, {**_body(vendor), "locationId": "anywhere", "companyId": "C1"}), agency).delivery_id == "w-1"
    with pytest.raises(WebhookError) as caught:
        _verify(_delivery(vendor, {**_body(vendor), "companyId": "C2"}), agency)
    assert caught.value.reason == "unknown"


@pytest.mark.parametrize("body", [b"no json", b'{"timestamp": "soon"}'])
def test_signed_nonsense_is_malformed(body: bytes) -> None:
    vendor, now = FakeGHL(), SystemClock().now()
    delivery = Delivery(headers=dict(vendor.sign(body, at=0)), body=body, query={}, received_at=now)
    with pytest.raises(WebhookError) as caught:
        _verify(delivery, vendor.account())
    assert caught.value.reason == "malformed"


def test_wrapped_and_flat_deliveries_say_the_same() -> None:
    assert connector.webhook is not None
    delivery = Delivery(headers={}, body=b"", query={}, received_at=SystemClock().now())
    flat = _body(FakeGHL(), firstName="Ada")
    wrapped: JSONObject = {
        **{name: flat[name] for name in ("type", "locationId", "webhookId")},
        "data": {name: value for name, value in flat.items() if name not in ("type", "locationId", "webhookId")},
    }
    (one,), (other,) = connector.webhook.split(flat, delivery), connector.webhook.split(wrapped, delivery)
    assert (one.kind, one.body) == (other.kind, other.body)


def test_events_nobody_listens_to_are_split_all_the_same() -> None:
    assert connector.webhook is not None
    delivery = Delivery(headers={}, body=b"", query={}, received_at=SystemClock().now())
    assert [one.kind for one in connector.webhook.split({"type": "INSTALL", "appId": "a"}, delivery)] == ["AppInstall"]
    assert [one.kind for one in connector.webhook.split([], delivery)] == [""]


def test_published_keys_are_keys() -> None:
    load_pem_public_key(PUBLIC_KEY.encode())
    load_pem_public_key(LEGACY_PUBLIC_KEY.encode())


def test_busy_status_is_the_one_on_which_every_generation_retries() -> None:
    assert connector.webhook is not None
    assert connector.webhook.busy_status == 429
