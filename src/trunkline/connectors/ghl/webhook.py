"""How the vendor's deliveries are proven and read."""

from typing import Final

from trunkline.connect import signatures
from trunkline.connect.webhooks import Incoming, Verified, Webhook
from trunkline.connectors.ghl.installed import standing
from trunkline.connectors.ghl.triggers.routing import event_of
from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.connection import Account
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_object, loads

PUBLIC_KEY: Final = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----
"""
"""Published by the vendor for x-ghl-signature (developer portal, webhook guide, 2026-08-30)."""

LEGACY_PUBLIC_KEY: Final = """-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
-----END PUBLIC KEY-----
"""
"""Published by the vendor for x-wh-signature (vendor repository, 2026-06-19)."""

MAX_AGE_S: Final = 3 * 86_400
"""Retries go on for hours, and whether they renew the time is not documented: so repeats are dropped by id, and the window is wide."""

AHEAD_S: Final = 300
"""How far the vendor's clock may be ahead of ours."""

_UNSIGNED: Final = frozenset(("", "N/A"))


def verify(delivery: Delivery, account: Account) -> Verified:
    """The signature, then the time and the sub-account in the body."""
    _prove(delivery, account)
    try:
        body = as_object(loads(delivery.body))
    except ValueError as exc:
        raise WebhookError("the body is not JSON", reason="malformed") from exc
    told = {**as_object(body.get("data")), **body}
    _check_sender(told, account)
    sent_at = _sent_at(told.get("timestamp"))
    if sent_at is not None:
        _check_age(sent_at, delivery.received_at, account)
    webhook_id = told.get("webhookId")
    return Verified(delivery_id=webhook_id if isinstance(webhook_id, str) else None, sent_at=None if sent_at is None else iso(sent_at))


def addressed(delivery: Delivery) -> JSONObject:
    """An app has one address for every account it is installed in: each delivery names the sub-account, or else the agency, it is about."""
    try:
        body = as_object(loads(delivery.body))
    except ValueError:
        return {}
    told = {**as_object(body.get("data")), **body}
    location = told.get("locationId") or _sold_by(told)
    if location:
        return {"location": location}
    return {"location": None, "company": told["companyId"]} if told.get("companyId") else {}


def split(body: JSON, delivery: Delivery) -> tuple[Incoming, ...]:
    """One event per delivery, flat or wrapped in `data`: the vendor's pages show both. `?event=` in the address may name it."""
    told = as_object(body)
    inner = told.get("data")
    flat: JSONObject = {**inner, **{name: value for name, value in told.items() if name != "data"}} if isinstance(inner, dict) else told
    return (Incoming(kind=event_of(flat, delivery.query.get("event")), body=flat),)


def _prove(delivery: Delivery, account: Account) -> None:
    """The current signature when there is one, and only it; else the legacy one, unless the connection does not want it."""
    current = delivery.headers.get("x-ghl-signature", "").strip()
    legacy = delivery.headers.get("x-wh-signature", "").strip()
    if current not in _UNSIGNED:
        signatures.ed25519(_key(account, "webhook_public_key", PUBLIC_KEY), current, delivery.body)
    elif legacy not in _UNSIGNED and account.options.get("webhook_allow_legacy") is not False:
        signatures.rsa_sha256(_key(account, "webhook_legacy_public_key", LEGACY_PUBLIC_KEY), legacy, delivery.body)
    else:
        raise WebhookError("the header x-ghl-signature is missing", reason="unsigned")


def _key(account: Account, option: str, published: str) -> str:
    given = account.options.get(option)
    return given if isinstance(given, str) and given else published


def _check_sender(told: JSONObject, account: Account) -> None:
    """An app tells of every sub-account it is installed in: others than the connection's are refused; an agency's has all of its own."""
    own = "location" if account.options.get("location") is not None else "company"
    said = told.get(f"{own}Id") or (_sold_by(told) if own == "location" else None)
    if said is not None and said != account.options.get(own):
        other = "sub-account" if own == "location" else "agency"
        raise WebhookError(f"it is about another {other}", reason="unknown", hint=f"Each {other} has a connection of its own.")


def _sold_by(told: JSONObject) -> JSON:
    """The sub-account of an invoice or order, and the one that an event about sub-accounts is about."""
    if told.get("altType") == "location":
        return told.get("altId")
    return told.get("id") if told.get("type") in ("LocationCreate", "LocationUpdate") else None


def _sent_at(stamp: JSON) -> Instant | None:
    """The published samples carry no time; what is there must be one."""
    if stamp is None:
        return None
    try:
        return from_iso(str(stamp))
    except (ValueError, OverflowError) as exc:
        raise WebhookError("its timestamp is no time", reason="malformed") from exc


def _check_age(sent_at: Instant, now: Instant, account: Account) -> None:
    wanted = account.options.get("webhook_max_age_s")
    oldest = wanted if isinstance(wanted, int | float) else MAX_AGE_S
    signatures.fresh(sent_at, now, oldest if sent_at <= now else AHEAD_S)


WEBHOOK: Final = Webhook(
    verify=verify,
    split=split,
    addressed=addressed,
    standings={"AppInstall": standing, "AppUninstall": standing},
    busy_status=429,  # the one status on which both the older pages (429 only) and the newer ones (anything but 2xx) retry
)
