"""Proofs that a delivery comes from who it says: pure checks that raise `WebhookError` and compare in constant time."""

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final, NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from trunkline.model.clock import SECOND, Instant
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery

WINDOW_S: Final = 300.0
"""How far the time in a signature may differ from ours."""


def ed25519(public_key_pem: str, signature_b64: str, body: bytes) -> None:
    """The signature over the raw body."""
    key = _public_key(public_key_pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError("the webhook key is not an Ed25519 public key")
    try:
        key.verify(decoded(signature_b64), body)
    except InvalidSignature:
        refuse_mismatch()


def rsa_sha256(public_key_pem: str, signature_b64: str, body: bytes) -> None:
    """PKCS #1 v1.5 with SHA-256 over the raw body."""
    key = _public_key(public_key_pem)
    if not isinstance(key, RSAPublicKey):
        raise ConfigError("the webhook key is not an RSA public key")
    try:
        key.verify(decoded(signature_b64), body, PKCS1v15(), SHA256())
    except InvalidSignature:
        refuse_mismatch()


def standard_webhooks(secret: str, delivery: Delivery, *, window_s: float = WINDOW_S) -> tuple[str, Instant]:
    """The Standard Webhooks scheme with a `whsec_` secret; the delivery's id and when it was sent.

    Several secrets, with blanks between them, count each: so that the old one holds while a sender changes to a new one.
    """
    message_id = required(delivery, "webhook-id")
    stamp = required(delivery, "webhook-timestamp")
    signatures = required(delivery, "webhook-signature")
    sent_at = instant(stamp, per_second=1)
    given = [decoded(entry.partition(",")[2]) for entry in signatures.split(" ") if entry.startswith("v1,")]
    signed = b".".join((message_id.encode(), stamp.encode(), delivery.body))
    good = [any_equal(hmac.digest(one, signed, sha256), given) for one in standard_keys(secret)]
    if not any(good):
        refuse_mismatch()
    fresh(sent_at, delivery.received_at, window_s)
    return message_id, sent_at


def standard_keys(secrets: str) -> list[bytes]:
    """The bytes of one `whsec_` secret, or of several with blanks between them."""
    return [key(one.removeprefix("whsec_")) for one in secrets.split()]


def timestamped_hmac(
    secret: bytes, signed: bytes, signatures_b64: Iterable[str], *, sent_at: Instant, now: Instant, window_s: float = WINDOW_S
) -> None:
    """Any of `signatures_b64` is the HMAC-SHA256 of `signed`, which holds the time `sent_at`; that time is near."""
    expected = hmac.digest(secret, signed, sha256)
    if not any_equal(expected, [decoded(signature) for signature in signatures_b64]):
        refuse_mismatch()
    fresh(sent_at, now, window_s)


def hmac_sha256(secret: bytes, signature: str, body: bytes) -> None:
    """HMAC-SHA256 of the raw body, in hex or base64, with or without a leading `sha256=`."""
    signature = signature.removeprefix("sha256=").strip()
    expected = hmac.digest(secret, body, sha256)
    if len(signature) == 2 * len(expected):
        given = signature.lower().encode(errors="replace")
        good = hmac.compare_digest(expected.hex().encode(), given)
    else:
        good = hmac.compare_digest(expected, decoded(signature))
    if not good:
        refuse_mismatch()


def fresh(sent_at: Instant, now: Instant, window_s: float = WINDOW_S) -> None:
    """Refuse what was signed longer ago than `window_s`, or that far ahead."""
    if abs(now - sent_at) > window_s * SECOND:
        raise WebhookError(f"it was signed more than {window_s:.0f} s before or after now", reason="stale")


def any_equal(expected: bytes, given: Sequence[bytes]) -> bool:
    """Whether `expected` is among `given`; every one is compared, each in constant time."""
    equal = False
    for one in given:
        equal |= hmac.compare_digest(expected, one)
    return equal


def required(delivery: Delivery, header: str) -> str:
    """The value of a header that a signed delivery has."""
    value = delivery.headers.get(header, "").strip()
    if not value:
        raise WebhookError(f"the header {header} is missing", reason="unsigned")
    return value


def instant(text: str, *, per_second: int) -> Instant:
    """A Unix time in text (`per_second` units to the second); what is none is refused."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise WebhookError("its time is not a number", reason="malformed")
    return Instant(int(text) * (SECOND // per_second))


def key(secret_b64: str) -> bytes:
    """The bytes of a base64 secret."""
    try:
        return b64decode(secret_b64, validate=True)
    except (Base64Error, ValueError):
        raise ConfigError("the webhook secret is not base64") from None


def decoded(signature_b64: str) -> bytes:
    """The bytes of a base64 signature; none for one that is malformed, which then matches nothing."""
    try:
        return b64decode(signature_b64, validate=True)
    except (Base64Error, ValueError):
        return b""


def refuse_mismatch() -> NoReturn:
    raise WebhookError("the signature does not match", reason="mismatch", hint="Is the webhook secret or key of the right account set?")


@lru_cache(maxsize=256)
def _public_key(pem: str) -> object:
    try:
        return load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError("the webhook key is not a PEM public key") from None
