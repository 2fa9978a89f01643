"""How the vendor's deliveries are proven and read: the current generation and the legacy one, told apart by their headers."""

from typing import Final

from trunkline.connect import signatures
from trunkline.connect.webhooks import Incoming, Verified, Webhook
from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_object, loads

KEY: Final = "webhook_key"
LEGACY_SECRET: Final = "webhook_legacy_secret"  # noqa: S105 - the name of a secret
_FIELDS: Final = 4


def verify(delivery: Delivery, account: Account) -> Verified:
    """Whichever generation signed it; without a signature it is refused, unless the connection says `webhook_verify: off`.

    It counts from when the thing happened, not from when it was delivered: tried again hours later, it is not the newest.
    """
    off = account.options.get("webhook_verify") == "off"
    if "webhook-signature" in delivery.headers and not (off and KEY not in account.credential):
        delivery_id, sent_at = signatures.standard_webhooks(_secret(account, KEY), delivery)
        return Verified(delivery_id=delivery_id, sent_at=_happened_at(_told(delivery)) or iso(sent_at))
    if "openphone-signature" in delivery.headers and not (off and LEGACY_SECRET not in account.credential):
        sent_at = _legacy(delivery, _secret(account, LEGACY_SECRET))
        return _by_event(delivery, otherwise=iso(sent_at))
    if off:
        return _by_event(delivery, otherwise=None)
    raise WebhookError("it carries neither webhook-signature nor openphone-signature", reason="unsigned")


def _by_event(delivery: Delivery, *, otherwise: str | None) -> Verified:
    told = _told(delivery)
    event_id = told.get("id")
    return Verified(delivery_id=event_id if isinstance(event_id, str) else None, sent_at=_happened_at(told) or otherwise)


def _happened_at(told: JSONObject) -> str | None:
    at = told.get("createdAt")
    try:
        return iso(from_iso(at)) if isinstance(at, str) else None
    except (ValueError, OverflowError):
        return None


def split(body: JSON, delivery: Delivery) -> tuple[Incoming, ...]:  # noqa: ARG001 - everything is in the body
    """One event per delivery, under the vendor's own name for it."""
    told = as_object(body)
    kind = told.get("type")
    return (Incoming(kind=kind if isinstance(kind, str) else "", body=told),)


def _legacy(delivery: Delivery, secret: str) -> Instant:
    """`hmac;1;<milliseconds>;<base64>`, several of them separated by commas; one that holds is enough."""
    refused: WebhookError | None = None
    for entry in signatures.required(delivery, "openphone-signature").split(","):
        for key in _keys(secret):
            try:
                return _signed(delivery, entry.strip().split(";"), key)
            except WebhookError as refusal:
                refused = refusal if refused is None or refused.reason == "malformed" else refused
    raise refused or WebhookError("it is not signed", reason="unsigned")


def _signed(delivery: Delivery, fields: list[str], key: bytes) -> Instant:
    if len(fields) != _FIELDS or fields[:2] != ["hmac", "1"]:
        raise WebhookError("its signature has a form that is not known", reason="malformed")
    sent_at = signatures.instant(fields[2], per_second=1000)
    signed = fields[2].encode() + b"." + delivery.body
    signatures.timestamped_hmac(key, signed, [fields[3]], sent_at=sent_at, now=delivery.received_at)
    return sent_at


def _keys(secret: str) -> tuple[bytes, ...]:
    """The secret read as base64, which those shown in the app are, and as it stands: of those made by API nobody says (facts page, 7)."""
    try:
        return (signatures.key(secret), secret.encode())
    except ConfigError:
        return (secret.encode(),)


def _secret(account: Account, name: str) -> str:
    if not account.credential.get(name):
        raise WebhookError(
            "this connection has no secret to check it with",
            reason="unsigned",
            hint=f"Give the connection the secret {name} that the vendor showed when the webhook was made.",
        )
    return account.credential[name]


def _told(delivery: Delivery) -> JSONObject:
    try:
        return as_object(loads(delivery.body))
    except ValueError as exc:
        raise WebhookError("the body is not JSON", reason="malformed") from exc


WEBHOOK: Final = Webhook(verify=verify, split=split, busy_status=503)
