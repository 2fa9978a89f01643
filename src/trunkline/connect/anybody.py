"""Deliveries from anybody: four proofs to choose from, and what a flow sees of them."""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from trunkline.connect.declaration import Secret, Trigger
from trunkline.connect.signatures import hmac_sha256, required, standard_webhooks
from trunkline.connect.webhooks import Incoming, Verified
from trunkline.model.clock import iso
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, at_path, canonical
from trunkline.model.schema import anything, record, text

_ID_HEADERS: Final = ("webhook-id", "x-delivery-id", "idempotency-key")
_SECRET_WORDS: Final = ("auth", "token", "secret", "key", "signature", "cookie", "password", "forwarded", "real-ip")
_RECORD_PATHS: Final = ("id", "contact.id")


def verify(delivery: Delivery, account: Account, *, unless_told: str = "token") -> Verified:
    """By the connection's option `webhook_auth`: `token`, `standard`, `hmac`, or `open` for no proof at all."""
    scheme = account.options.get("webhook_auth", unless_told)
    match scheme:
        case "token":
            _verify_token(delivery, account)
        case "standard":
            id, sent_at = standard_webhooks(_secret(account, "webhook_secret"), delivery)
            return Verified(delivery_id=id, sent_at=iso(sent_at))
        case "hmac":
            header = str(account.options.get("signature_header", "x-signature")).lower()
            hmac_sha256(_secret(account, "webhook_secret").encode(), required(delivery, header), delivery.body)
            # Nothing but the body is proven: whoever sends one again that was overheard may say any id with it.
            return Verified(delivery_id=digest(delivery.body))
        case "open":
            pass
        case _:
            raise ConfigError("webhook_auth is token, standard, hmac or open", place="options.webhook_auth")
    return Verified(delivery_id=_delivery_id(delivery))


def split(body: JSON, delivery: Delivery) -> tuple[Incoming, ...]:
    """One delivery says one thing; headers and query names that may carry a secret are left out."""
    said: JSONObject = {"body": body, "headers": _harmless(delivery.headers), "query": _harmless(delivery.query)}
    return (Incoming(kind="received", body=said),)


def payload(body: JSONObject) -> JSONObject:
    """What `split` made is already what a flow sees."""
    return body


def record_key(payload: JSONObject) -> str:
    """The record that the delivery is about: the address names the path (`?record=order.id`), else the body's `id` or `contact.id`.

    Where neither leads to a plain value each different delivery counts as a record of its own.
    """
    named = at_path(payload, "query.record")
    paths = (named,) if isinstance(named, str) else _RECORD_PATHS
    for path in paths:
        found = at_path(payload.get("body"), path)
        if isinstance(found, str | int | float) and not isinstance(found, bool) and found != "":
            return str(found)
    return digest(canonical(payload.get("body")))


def _verify_token(delivery: Delivery, account: Account) -> None:
    expected = _secret(account, "webhook_token")
    given = delivery.headers.get("x-webhook-token") or delivery.headers.get("authorization", "").removeprefix("Bearer ")
    if not given:
        raise WebhookError("the token is missing", reason="unsigned", hint="Send it as x-webhook-token, or as a bearer token.")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise WebhookError("the token does not match", reason="mismatch")


def _secret(account: Account, name: str) -> str:
    """The secret; without one nobody gets in."""
    secret = account.credential.get(name)
    if not secret:
        raise WebhookError(
            f"the connection has no {name}, so nothing can be proven",
            reason="unsigned",
            hint=f"Set the secret {name}, or webhook_auth=open.",
        )
    return secret


def _delivery_id(delivery: Delivery) -> str | None:
    for name in _ID_HEADERS:
        if found := delivery.headers.get(name):
            return found
    return None


def _harmless(named: Mapping[str, str]) -> JSONObject:
    return {name: value for name, value in named.items() if _is_harmless(name)}


@lru_cache(maxsize=1_000)
def _is_harmless(name: str) -> bool:
    lowered = name.lower()
    return not any(word in lowered for word in _SECRET_WORDS)


OPTIONS: Final = {
    "webhook_auth": text("How senders prove themselves.", choices=("token", "standard", "hmac", "open")),
    "signature_header": text("The header with the signature, for `hmac`; `x-signature` when left out."),
}
"""What a connection that takes deliveries from anybody can be told."""

SECRETS: Final = (
    Secret(name="webhook_token", title="Token that senders put into `x-webhook-token`", required=False),
    Secret(name="webhook_secret", title="Secret that senders sign with", required=False),
)

RECEIVED: Final = Trigger(
    id="received",
    title="Webhook received",
    category="Webhooks",
    about=(
        "Somebody sent JSON to the connection's webhook address. Deliveries about one record are handled in order: "
        "the record is `id` or `contact.id` of the body, or what `?record=order.id` in the address names."
    ),
    kinds=("received",),
    payload=payload,
    record_key=record_key,
    gives=record(
        {
            "body": anything("The JSON that was sent."),
            "headers": record({}, open=True, about="Header names are lower case; those that may hold a secret are left out."),
            "query": record({}, open=True),
        },
        required=("body", "headers", "query"),
    ),
    sample="received.json",
)
