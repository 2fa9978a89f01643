"""Golden vectors and forgeries for every signature scheme."""

from base64 import b64encode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trunkline.connect.signatures import (
    decoded,
    ed25519,
    fresh,
    hmac_sha256,
    instant,
    key,
    rsa_sha256,
    standard_webhooks,
    timestamped_hmac,
)
from trunkline.model.clock import SECOND, Instant
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = (
    b'{"id":"EVexample1","apiVersion":"2026-03-30","createdAt":"2026-04-13T12:00:00.000Z","type":"message.received",'
    b'"data":{"resource":{"id":"ACexample1"},"context":{},"links":{}}}'
)


def delivery(id: str, stamp: str, body: bytes, signature: str) -> Delivery:
    headers = {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature}
    return Delivery(headers=headers, body=body, query={}, received_at=Instant(int(stamp) * SECOND))


GOLDEN = [
    delivery("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    delivery("WD_example_1", "1776081600", EVENT, "v1,8+mND8cwiyVmdRI4myKW3Ld26W4gaIAInKMxafWi+IM="),
]


def refused(reason: str, verify: object, *arguments: object) -> None:
    assert callable(verify)
    with pytest.raises(WebhookError) as caught:
        verify(*arguments)
    assert caught.value.reason == reason


@pytest.mark.parametrize("good", GOLDEN, ids=["published", "event"])
def test_standard_webhook_golden_vector_is_taken(good: Delivery) -> None:
    id, sent_at = standard_webhooks(WHSEC, good)
    assert id == good.headers["webhook-id"]
    assert sent_at == good.received_at


@pytest.mark.parametrize("good", GOLDEN, ids=["published", "event"])
def test_any_of_several_signatures_is_enough(good: Delivery) -> None:
    true = good.headers["webhook-signature"]
    several = f"v1a,AAAA v1,{b64encode(bytes(32)).decode()} {true}"
    assert standard_webhooks(WHSEC, replace(good, headers={**good.headers, "webhook-signature": several}))[1] == good.received_at


@pytest.mark.parametrize("good", GOLDEN, ids=["published", "event"])
def test_old_secret_and_new_one_hold_side_by_side(good: Delivery) -> None:
    other = "whsec_" + b64encode(b"another secret of some length...").decode()
    for secrets in (f"{other} {WHSEC}", f"{WHSEC}\n{other}\n"):
        assert standard_webhooks(secrets, good)[1] == good.received_at
    refused("mismatch", standard_webhooks, other, good)
    refused("mismatch", standard_webhooks, " ", good)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "msg_other"),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", "v1,not base64!"),
        ("webhook-signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ("webhook-signature", "v1"),
    ],
)
def test_forged_standard_webhook_is_refused(header: str, value: str) -> None:
    refused("mismatch", standard_webhooks, WHSEC, replace(GOLDEN[0], headers={**GOLDEN[0].headers, header: value}))


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_missing_header_of_a_standard_webhook_is_unsigned(header: str) -> None:
    for left in ({}, {header: " "}):
        headers = {name: value for name, value in GOLDEN[0].headers.items() if name != header} | left
        refused("unsigned", standard_webhooks, WHSEC, replace(GOLDEN[0], headers=headers))


@pytest.mark.parametrize("offset_s", [-301, 301, -86_400 * 400])
def test_old_or_future_standard_webhook_is_stale(offset_s: int) -> None:
    refused("stale", standard_webhooks, WHSEC, replace(GOLDEN[0], received_at=Instant(GOLDEN[0].received_at + offset_s * SECOND)))


@pytest.mark.parametrize("offset_s", [-300, 300])
def test_delivery_within_five_minutes_is_fresh(offset_s: int) -> None:
    id, _ = standard_webhooks(WHSEC, replace(GOLDEN[0], received_at=Instant(GOLDEN[0].received_at + offset_s * SECOND)))
    assert id == GOLDEN[0].headers["webhook-id"]


@pytest.mark.parametrize("stamp", ["soon", "-1", "1.5", "٣", "9" * 17, "0x10"])
def test_time_that_is_no_number_is_malformed(stamp: str) -> None:
    refused("malformed", standard_webhooks, WHSEC, replace(GOLDEN[0], headers={**GOLDEN[0].headers, "webhook-timestamp": stamp}))


def test_timestamped_hmac_golden_vector_is_taken() -> None:
    # The older scheme of a phone vendor: milliseconds and body joined by a dot, a base64 secret.
    body = b'{"id":"EVexample1","type":"message.received","data":{"object":{"id":"ACexample1","text":"hello"}}}'
    stamp = "1768472415342"
    secret = key("R2ZLM2o0bFhBNVpyUnU2NG9mYXQ1MHNyR3pvSUhIVVg=")
    at = instant(stamp, per_second=1000)
    good = "Vr1N9AqXYBNjWo9vmP6mTvAwB3/bPnk+AFHFEQcWWE8="
    signed = f"{stamp}.".encode() + body
    timestamped_hmac(secret, signed, [good], sent_at=at, now=at)
    with pytest.raises(WebhookError):
        timestamped_hmac(secret, signed + b" ", [good], sent_at=at, now=at)
    with pytest.raises(WebhookError):
        timestamped_hmac(secret, signed, [], sent_at=at, now=at)


def test_ed25519_signature_covers_every_byte() -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    signature = b64encode(private.sign(b"body")).decode()
    ed25519(pem, signature, b"body")
    refused("mismatch", ed25519, pem, signature, b"body ")
    for forged in ("", "N/A", "AAAA", signature[:-4], b64encode(Ed25519PrivateKey.generate().sign(b"body")).decode()):
        refused("mismatch", ed25519, pem, forged, b"body")


def test_ed25519_golden_vector_is_taken() -> None:
    # RFC 8032, section 7.1, test 2
    pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC KEY-----\n"
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    ed25519(pem, b64encode(signature).decode(), b"\x72")


def test_rsa_signature_covers_every_byte() -> None:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    signature = b64encode(private.sign(b"body", PKCS1v15(), SHA256())).decode()
    rsa_sha256(pem, signature, b"body")
    refused("mismatch", rsa_sha256, pem, signature, b"Body")
    refused("mismatch", rsa_sha256, pem, "AAAA", b"body")
    with pytest.raises(ConfigError):
        ed25519(pem, signature, b"body")


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_key_that_is_none_is_the_owners_mistake(pem: str) -> None:
    for verify in (ed25519, rsa_sha256):
        with pytest.raises(ConfigError):
            verify(pem, "AAAA", b"")


def test_secret_that_is_no_base64_is_the_owners_mistake() -> None:
    with pytest.raises(ConfigError):
        key("not base64!")


def test_malformed_signature_matches_nothing() -> None:
    assert decoded("ü") == b""
    for signature in ("", "zz", "ü" * 64, "0" * 64, "sha256="):
        refused("mismatch", hmac_sha256, b"k", signature, b"body")


def test_window_reaches_both_ways() -> None:
    fresh(Instant(0), Instant(300 * SECOND))
    for other in (301, -301):
        refused("stale", fresh, Instant(0), Instant(other * SECOND))
