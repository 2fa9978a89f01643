"""Webhooks as a declaration: how a vendor's deliveries are proven, split and answered, and what they say of accounts themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trunkline.model.connection import Account
from trunkline.model.http import Delivery, Reply
from trunkline.model.json import JSON, JSONObject

if TYPE_CHECKING:
    from trunkline.connect.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A delivery that proved its sender. `delivery_id` is the vendor's id for dropping repeats; `sent_at` is ISO 8601."""

    delivery_id: str | None = None
    sent_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One thing said by a delivery: the vendor's name for it and the body that a trigger's `payload` normalises."""

    kind: str
    body: JSONObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a delivery says of an account itself: the vendor serves it no more (`gone`), or again.

    `of` tells whether a connection is meant, by its account and that of the connection which makes its tokens (its own where none does).
    `cause` says what happened, and what a person can do about it.
    """

    gone: bool
    of: Callable[[Account, Account], bool]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """How a vendor's deliveries are proven, split and answered. `verify` raises `WebhookError`; nothing configured means refused.

    `busy_status` is the status on which this vendor retries: sent when the delivery could not be stored. `handshake` sees every delivery
    first: for one that only asks whether somebody is here it gives the answer, for all others None; it must be quick, and may raise
    `WebhookError`. Nothing of a handshake is stored.
    """

    verify: Callable[[Delivery, Account], Verified]
    split: Callable[[JSON, Delivery], tuple[Incoming, ...]]
    busy_status: int = 503
    handshake: Callable[[Delivery, Account], Reply | None] | None = None
    addressed: Callable[[Delivery], JSONObject] | None = None
    """For a vendor that has one address for many accounts: the options (None: left out) of the connection a delivery is about.

    It goes to that one if there is one, else to the one whose address it is. Nothing is proven at that point.
    """
    standings: Mapping[str, Callable[[JSONObject], Standing | None]] = field(
        default_factory=dict[str, Callable[[JSONObject], Standing | None]]
    )
    """By the vendor's name for what is delivered, what reads from it that an account is gone or back; None: it says neither.

    A connection that is gone pauses before a call fails; one that is back is tried again. Each believes only what it can verify itself.
    """
    subscriptions: "Subscriptions | None" = None
    """How the vendor is told where to deliver; None where a person has to enter the address."""
