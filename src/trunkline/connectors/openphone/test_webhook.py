"""Signatures of both generations, by golden vectors, and what is refused."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.model.clock import Instant, from_iso, later
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, dumps

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LEGACY_SECRET = "R2ZLM2o0bFhBNVpyUnU2NG9mYXQ1MHNyR3pvSUhIVVg="
SCHEME_VECTOR = (
    b'{"test": 2432232314}',
    {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    1614265330_000_000,
)
CURRENT_VECTOR = (
    b'{"id":"EVexample1","apiVersion":"2026-03-30","createdAt":"2026-04-13T12:00:00.000Z","type":"message.received",'
    b'"data":{"resource":{"id":"ACexample1"},"context":{},"links":{}}}',
    {
        "webhook-id": "WD_example_1",
        "webhook-timestamp": "1776081600",
        "webhook-signature": "v1,AAAA v1,8+mND8cwiyVmdRI4myKW3Ld26W4gaIAInKMxafWi+IM=",
    },
    1776081600_000_000,
)
LEGACY_VECTOR = (
    b'{"id":"EVexample1","type":"message.received","data":{"object":{"id":"ACexample1","text":"hello"}}}',
    {"openphone-signature": "hmac;1;1768472415342;Vr1N9AqXYBNjWo9vmP6mTvAwB3/bPnk+AFHFEQcWWE8="},
    1768472415342_000,
)
KEYED = Account(options={}, credential=Credential({"token": "t", "webhook_key": SECRET, "webhook_legacy_secret": LEGACY_SECRET}))
BARE = Account(options={}, credential=Credential({"token": "t"}))
OFF = Account(options={"webhook_verify": "off"}, credential=Credential({"token": "t"}))
Vector = tuple[bytes, dict[str, str], int]


def _verify(vector: Vector, account: Account = KEYED, *, late_s: float = 0, headers: Mapping[str, str] | None = None) -> Any:
    assert connector.webhook is not None
    body, signed, at = vector
    delivery = Delivery(headers={**signed, **(headers or {})}, body=body, query={}, received_at=later(Instant(at), late_s))
    return connector.webhook.verify(delivery, account)


@pytest.mark.parametrize(
    ("vector", "delivery_id"),
    [(SCHEME_VECTOR, "msg_p5jXN8AQM9LWM0D4loKWxJek"), (CURRENT_VECTOR, "WD_example_1"), (LEGACY_VECTOR, "EVexample1")],
)
def test_known_signature_is_taken_and_tells_its_delivery(vector: Vector, delivery_id: str) -> None:
    assert _verify(vector).delivery_id == delivery_id


@pytest.mark.parametrize(
    ("created", "counts"),
    [
        ("2026-11-20T09:30:00.512Z", "2026-11-20T09:30:00.512Z"),
        ("2026-11-20T10:30:00+01:00", "2026-11-20T09:30:00.000Z"),
        ("soon", "2026-11-21T09:00:00.000Z"),
        (7, "2026-11-21T09:00:00.000Z"),
        ("0001-01-01T00:00:00+14:00", "2026-11-21T09:00:00.000Z"),
    ],
)
@pytest.mark.parametrize("generation", ["current", "legacy"])
def test_delivery_that_is_tried_again_later_counts_from_when_it_happened(generation: Any, created: JSON, counts: str) -> None:
    assert connector.webhook is not None
    vendor, at = FakeOpenPhone(), from_iso("2026-11-21T09:00:00.000Z")
    vendor.generation = generation
    body = dumps({"id": "EV1", "createdAt": created})
    delivery = Delivery(headers=dict(vendor.sign(body, at=at / 1_000_000)), body=body, query={}, received_at=at)
    assert connector.webhook.verify(delivery, vendor.account()).sent_at == counts


@pytest.mark.parametrize("vector", [CURRENT_VECTOR, LEGACY_VECTOR])
def test_signature_of_either_generation_is_refused_when_anything_is_off(vector: Vector) -> None:
    for changed, reason in (((vector[0] + b" ", vector[1], vector[2]), "mismatch"), (vector, "stale")):
        with pytest.raises(WebhookError) as caught:
            _verify(changed, late_s=600 if reason == "stale" else 0)
        assert caught.value.reason == reason


@pytest.mark.parametrize("vector", [CURRENT_VECTOR, LEGACY_VECTOR])
def test_delivery_is_refused_without_a_secret_to_check_it(vector: Vector) -> None:
    with pytest.raises(WebhookError) as caught:
        _verify(vector, BARE)
    assert caught.value.hint


def test_one_good_legacy_signature_of_several_is_enough() -> None:
    good = LEGACY_VECTOR[1]["openphone-signature"]
    stamp = good.split(";")[2]
    assert _verify(LEGACY_VECTOR, headers={"openphone-signature": f"hmac;1;{stamp};AAAA, {good}"})
    assert _verify(LEGACY_VECTOR, headers={"openphone-signature": f"hmac;2;x;y,{good}"})

    assert _verify(LEGACY_VECTOR, headers={"openphone-signature": f"hmac;1;soon;AAAA,,{good}"})
    with pytest.raises(WebhookError) as caught:
        _verify(LEGACY_VECTOR, headers={"openphone-signature": f"hmac;1;soon;AAAA,hmac;1;{stamp};AAAA"})
    assert caught.value.reason == "mismatch", "the one that could be read says why"


@pytest.mark.parametrize("secret", ["key-of-an-api-hook!", "c29tZSBrZXk="])
def test_legacy_secret_is_read_as_base64_and_as_it_stands(secret: str) -> None:
    body, stamp = LEGACY_VECTOR[0], LEGACY_VECTOR[1]["openphone-signature"].split(";")[2]
    account = Account(options={}, credential=Credential({"token": "t", "webhook_legacy_secret": secret}))
    for key in (secret.encode(), b"some key" if secret.endswith("=") else secret.encode()):
        signature = b64encode(hmac.digest(key, stamp.encode() + b"." + body, "sha256")).decode()
        assert _verify(LEGACY_VECTOR, account, headers={"openphone-signature": f"hmac;1;{stamp};{signature}"})
    with pytest.raises(WebhookError):
        _verify(LEGACY_VECTOR, account)


@pytest.mark.parametrize("header", ["hmac;1;soon;AAAA", "hmac;1;1768472415342", "rsa;1;1768472415342;AAAA"])
def test_legacy_signature_of_another_form_is_malformed(header: str) -> None:
    with pytest.raises(WebhookError) as caught:
        _verify(LEGACY_VECTOR, headers={"openphone-signature": header})
    assert caught.value.reason == "malformed"


def test_unsigned_delivery_is_taken_only_when_the_connection_says_off() -> None:
    unsigned: Vector = (LEGACY_VECTOR[0], {}, LEGACY_VECTOR[2])
    assert _verify(unsigned, OFF).delivery_id == "EVexample1"
    for account in (KEYED, BARE):
        with pytest.raises(WebhookError) as caught:
            _verify(unsigned, account)
        assert caught.value.reason == "unsigned"


def test_wrong_signature_is_refused_even_when_unsigned_ones_are_taken() -> None:
    account = Account(options={"webhook_verify": "off"}, credential=KEYED.credential)
    with pytest.raises(WebhookError) as caught:
        _verify(CURRENT_VECTOR, account, headers={"webhook-signature": "v1,AAAA"})
    assert caught.value.reason == "mismatch"


def test_legacy_deliveries_of_the_fake_are_taken() -> None:
    assert connector.webhook is not None
    vendor = FakeOpenPhone()
    vendor.generation = "legacy"
    now = vendor.clock.now()
    body = b'{"id":"EV1"}'
    delivery = Delivery(headers=dict(vendor.sign(body, at=now / 1_000_000)), body=body, query={}, received_at=now)
    assert connector.webhook.verify(delivery, vendor.account()).delivery_id == "EV1"
