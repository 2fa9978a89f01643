"""Telling a flow that feeds itself: an event about a record we wrote a moment ago is one deeper than the run that wrote it."""

from collections import OrderedDict
from typing import Final

from trunkline.model.clock import SECOND, Clock
from trunkline.model.ids import ConnectionId

DEPTH_LIMIT: Final = 20
"""A chain of events and writes longer than this is a loop: twenty turns, each within `WINDOW_S` of the write before."""

WINDOW_S: Final = 30
_REMEMBERED: Final = 50_000


class Wake:
    """Remembers for a while which records we wrote and how deep; bounded, and empty after a restart (a loop then gets a few turns more)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._written: OrderedDict[tuple[ConnectionId, str], tuple[int, int]] = OrderedDict()

    def wrote(self, connection: ConnectionId, record_key: str, depth: int) -> None:
        """A run at `depth` wrote this record."""
        key = (connection, record_key)
        self._written[key] = (depth, self._clock.now())
        self._written.move_to_end(key)
        if len(self._written) > _REMEMBERED:
            self._written.popitem(last=False)

    def depth(self, connection: ConnectionId, record_key: str) -> int:
        """The depth of an event about this record that arrives now."""
        found = self._written.get((connection, record_key))
        if found is None or self._clock.now() - found[1] > WINDOW_S * SECOND:
            return 0
        return found[0] + 1
