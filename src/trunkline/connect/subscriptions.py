"""Subscriptions: how a connector has its vendor deliver what flows want to hear of, to the connection's address."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from trunkline.connect.declaration import Caller
from trunkline.model.clock import Instant
from trunkline.model.connection import Account, Credential
from trunkline.model.json import JSONObject
from trunkline.model.schema import Schema, text

BY_HAND: Final = "by_hand"
OPTION: Final = "subscription"
"""The option of a connection by which a person says who makes its subscription."""

Did = Literal["nothing", "created", "changed", "renewed", "repaired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What should be delivered: these kinds (`Trigger.kinds`) to this address. `known` is what the last `keep` gave, empty at first."""

    address: str
    kinds: frozenset[str]
    known: JSONObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is delivered now. `known` goes to the next `keep` and to `end`; without a renewal it ends at `until`.

    `secrets` are what the vendor told of how it will sign; they are stored with the connection.
    """

    did: Did
    known: JSONObject
    until: Instant | None = None
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """A vendor whose subscriptions can be made through its API.

    `keep` looks at what is there and does what has to be done, and nothing when all is well: whoever calls it twice has one subscription.
    `end` takes away what a `keep` told of; gone already is fine. `prepare` makes up the secrets that have to be stored before the vendor
    may deliver. A subscription is looked at every `look_s` seconds, and when its end comes nearer than `early_s`.
    """

    keep: Callable[[Caller, Wish], Awaitable[Kept]]
    end: Callable[[Caller, JSONObject], Awaitable[None]]
    prepare: Callable[[Credential], Mapping[str, str]] = lambda _: {}
    look_s: float = 3_600
    early_s: float = 86_400


def by_hand(account: Account) -> bool:
    """Whether a person makes this connection's subscription at the vendor."""
    return account.options.get(OPTION) == BY_HAND


def option() -> Schema:
    """The schema of the option, for connectors that have subscriptions."""
    return text("Who has the vendor deliver events: the hub, unless told `by_hand`", choices=("kept", BY_HAND))
