"""How the vendor's deliveries are proven and read: a handshake before the first one, a token of our own on each."""

import hmac
from typing import Final

from trunkline.connect.webhooks import Incoming, Verified, Webhook
from trunkline.model.connection import Account
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery, Reply
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads

TOKEN: Final = "webhook_token"  # noqa: S105 - the name of a secret
_HEADERS: Final = ("verification-token", "validation-token")
"""Which of the two a delivery carries differs in the vendor's own guide (facts page, 6)."""

_MOST_TOKEN: Final = 512
_NOTHING: Final = (b"", b"{}", b"null")
TELEPHONY: Final = "telephony/sessions"


def handshake(delivery: Delivery, account: Account) -> Reply | None:  # noqa: ARG001 - asked before the vendor knows our token
    """The header `Validation-Token` comes back as it is, on a request without content. The answer must stay below 1024 bytes in all."""
    token = delivery.headers.get("validation-token")
    if token is None or delivery.body.strip() not in _NOTHING:
        return None
    if not token or len(token) > _MOST_TOKEN or not (token.isascii() and token.isprintable()):
        raise WebhookError("its validation token is none", reason="malformed")
    return Reply(headers=(("validation-token", token),))


def verify(delivery: Delivery, account: Account) -> Verified:
    """The token we gave with the subscription, in either header."""
    token = account.credential.get(TOKEN)
    if not token:
        raise WebhookError(
            "this connection has no verification token to compare with",
            reason="unsigned",
            hint=f"Give the connection the secret {TOKEN}, then subscribe again.",
        )
    given = [delivery.headers[name] for name in _HEADERS if delivery.headers.get(name)]
    if not given:
        raise WebhookError("it carries no verification token", reason="unsigned")
    equal = [hmac.compare_digest(token.encode(), one.encode("utf-8", "replace")) for one in given]
    if not any(equal):
        raise WebhookError("its verification token is another one", reason="mismatch", hint="Was the secret changed? Then subscribe again.")
    return _told(delivery)


def _told(delivery: Delivery) -> Verified:
    try:
        body = as_object(loads(delivery.body))
    except ValueError as exc:
        raise WebhookError("the body is not JSON", reason="malformed") from exc
    uuid, sent_at = body.get("uuid"), body.get("timestamp")
    # Parts of a call arrive in any order and are put in theirs by their sequence; an older one is no stale one.
    timed = isinstance(sent_at, str) and kind_of(body.get("event")) != TELEPHONY
    return Verified(delivery_id=uuid if isinstance(uuid, str) else None, sent_at=str(sent_at) if timed else None)


def split(body: JSON, delivery: Delivery) -> tuple[Incoming, ...]:  # noqa: ARG001 - everything is in the body
    """What one notification says, under its filter without ids; a change of the directory may tell of several contacts."""
    told = as_object(body)
    kind, inner = kind_of(told.get("event")), as_object(told.get("body"))
    known: JSONObject = {"ownerId": told.get("ownerId"), "subscriptionId": told.get("subscriptionId"), "timestamp": told.get("timestamp")}
    if kind == "directory/entries":
        return tuple(Incoming(kind=kind, body={**known, **as_object(one)}) for one in as_list(inner.get("contacts")))
    return (Incoming(kind=kind, body={**known, **inner}),)


def kind_of(event: JSON) -> str:
    """`/restapi/v1.0/account/1/extension/2/voicemail?x=y` → `voicemail`; the extension itself is `extension`."""
    parts = str(event or "").partition("?")[0].strip("/").split("/")[2:]
    if parts[:1] == ["account"]:
        parts = parts[2:]
    if parts[:1] == ["extension"]:
        parts = parts[2:] or ["extension"]
    return "subscription" if parts[:1] == ["subscription"] else "/".join(parts)


WEBHOOK: Final = Webhook(verify=verify, split=split, handshake=handshake)
