"""Signatures as senders make them, for fakes."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

from trunkline.model.http import Pairs
from trunkline.model.ids import fresh


def standard_webhooks(secret: str, body: bytes, *, at: float) -> Pairs:
    """The headers of a delivery signed at `at` (Unix seconds) by the Standard Webhooks scheme, under a new id."""
    id, stamp = fresh("msg"), str(int(at))
    key = b64decode(secret.removeprefix("whsec_"))
    signature = b64encode(hmac.digest(key, f"{id}.{stamp}.".encode() + body, sha256)).decode()
    return (("webhook-id", id), ("webhook-timestamp", stamp), ("webhook-signature", f"v1,{signature}"))
