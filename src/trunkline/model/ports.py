"""Where the embedded and the cluster way of running differ: what the engine asks of an inbox and of ownership."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from trunkline.model.clock import Instant
from trunkline.model.event import Event, InboxItem
from trunkline.model.ids import FlowId
from trunkline.model.json import JSON, JSONObject

Verdict = Literal["accepted", "duplicate", "no_news", "stale", "baseline"]
"""accepted: stored, will be handled · duplicate: this very event is known · no_news: the record looks as it did · stale: older than what is
known of the record · baseline: noted as the starting point only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event before it is admitted, with what decides whether it is news.

    Without a `fingerprint` only the event's own id counts. `read_at` is when a poll asked for it (None: pushed to us). With
    `notes_unseen` a record met for the first time is a baseline. `wants` tells whether somebody asked for what `compare` made. With `past`
    it is of the past, for one flow alone.
    """

    event: Event
    packed: bytes
    fingerprint: str | None = None
    remembered: JSON = None
    compare: Callable[[JSON, JSONObject], JSONObject | None] | None = None
    fold: Callable[[JSON, JSONObject], tuple[JSON, JSONObject | None]] | None = None
    read_at: Instant | None = None
    baseline: bool = False
    notes_unseen: bool = False
    wants: Callable[[JSONObject], bool] | None = None
    past: "Past | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """For which flow the past is read, and since when it hears of what happens now: what was told since then is not told again.

    `again`: the list is read once more, so that what lies in the inbox from the last time is no news.
    """

    flow: FlowId
    since: Instant
    again: bool = False


class Inbox(Protocol):
    """What is durably accepted and not yet handed to runs."""

    @property
    def waiting(self) -> int:
        """How many are not handed on yet."""
        ...

    async def append(self, arrivals: Sequence[Arrival], *, also: Callable[[Any], None] | None = None) -> list[Verdict]:
        """Store what is news and return when it is durable; `also` joins the same unit. `StoreError` when full or not storable."""
        ...

    async def take(self) -> InboxItem:
        """The next item in order; waits while there is none. An item taken and not done comes again after a restart."""
        ...

    def done(self, item: InboxItem) -> None:
        """The item's runs are recorded: it need not come again."""
        ...


class Ownership(Protocol):
    """Which partitions of workspaces this process may work on."""

    def mine(self, partition: int) -> bool: ...
