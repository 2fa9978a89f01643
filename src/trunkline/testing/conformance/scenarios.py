"""What a connector tells the suite about itself, and what the suite expects of everybody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from trunkline.model.connection import Account
from trunkline.model.errors import OutcomeUnknownError, RateLimitedError, ReconnectError, RejectedError, RemoteError, UnavailableError
from trunkline.model.json import JSONObject
from trunkline.testing.vendor import FakeVendor

RULES: Final = (
    "auth",
    "errors",
    "limits",
    "operations-sampled",
    "paging",
    "redaction",
    "repeat-declared",
    "samples-real",
    "scopes",
    "triggers-sampled",
    "webhook-verified",
)
"""The checklist: each is done or exempt with a reason."""

EXPECTED: Final[Mapping[int, tuple[type[RemoteError], type[RemoteError]]]] = {
    # status: (of a read, of a write)
    400: (RejectedError, RejectedError),
    401: (ReconnectError, ReconnectError),
    403: (RejectedError, RejectedError),
    404: (RejectedError, RejectedError),
    409: (RejectedError, RejectedError),
    422: (RejectedError, RejectedError),
    429: (RateLimitedError, RateLimitedError),
    500: (UnavailableError, OutcomeUnknownError),
    502: (UnavailableError, OutcomeUnknownError),
    503: (UnavailableError, UnavailableError),
    504: (UnavailableError, OutcomeUnknownError),
}
"""What a status means for a read and for a write, unless the connector says otherwise."""

F = TypeVar("F", bound=FakeVendor)


# NOTE: no slots on these two: typing marks an instance of `Scenarios[F]`, which frozen, slotted dataclasses of Python 3.11 break on.


@dataclass(frozen=True, kw_only=True)
class Paging(Generic[F]):
    """A list to be read in pages of several sizes. `fill` puts at least seven records into the fake; `size` names the input."""

    operation: str
    size: str
    fill: Callable[[F], None]
    input: JSONObject = field(default_factory=dict)
    sizes: tuple[int, ...] = (1, 2, 3, 50)


@dataclass(frozen=True, kw_only=True)
class Scenarios(Generic[F]):
    """What the suite cannot know by itself; everything has a default.

    `read` and `write` are operations of one call each, on which the error classes are tried; by default the connector's `check` and its
    first write. `meanings` are the statuses that this vendor uses in its own way, as its fake's plain refusal means them.
    """

    read: str | None = None
    write: str | None = None
    inputs: Mapping[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    pages: tuple[Paging[F], ...] = ()
    meanings: Mapping[int, type[RemoteError]] = field(default_factory=dict[int, type[RemoteError]])
    any_body: bool = False
    """True when a good answer may hold anything, so that a page instead of JSON is no fault."""
    signs_time: bool = True
    """False when the vendor's webhook signature covers no time, so that staleness cannot be told."""
    signs_body: bool = True
    """False when a delivery repeats a token and nothing covers what it says, so that a changed body cannot be told."""
    without_secret: Account | None = None
    """An account on which no webhook secret is set; None when the vendor's key is published and so always known."""
