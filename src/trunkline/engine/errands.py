"""For what and for whom runs make their calls: whose turn it is when a vendor's limit is short."""

from functools import lru_cache
from typing import Final

from trunkline.connect.turns import PATIENCE_S, Errand, Lane
from trunkline.model.ids import FlowId

BUDGET: Final = "budget"
"""The code of a run that is parked until the vendor's limit has room for it; that is no try that failed."""

_LANES: Final[dict[str, Lane]] = {"poll": "sync", "file": "backfill", "backfill": "backfill"}


def errand_of(source: str, flow: FlowId, *, again: bool) -> Errand:
    """What a run makes its calls for: live when its event was told us (webhook, schedule, person), sync when a poll found it or somebody
    had it repeated, backfill when it comes from a file or from the past.
    """
    lane = _LANES.get(source, "live")
    return _errand("sync" if again and lane == "live" else lane, flow)


@lru_cache(maxsize=4096)
def _errand(lane: Lane, flow: FlowId) -> Errand:
    return Errand(lane=lane, flow=flow, patience_s=PATIENCE_S)
