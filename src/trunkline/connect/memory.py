"""What a connection keeps for a while of what it read: definitions of fields, lists of users."""

import asyncio
from collections.abc import Awaitable, Callable

from trunkline.model.clock import Clock
from trunkline.model.json import JSON


class Memory:
    """Answers by name, each for as long as its reader says. One fetch at a time per name: those who come meanwhile share its answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, JSON]] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    async def recall(self, name: str, fetch: Callable[[], Awaitable[JSON]], *, max_age_s: float) -> JSON:
        """What was fetched under `name` at most `max_age_s` ago, else what `fetch` gives now; its errors are raised and not kept."""
        async with self._fetching.setdefault(name, asyncio.Lock()):
            kept = self._kept.get(name)
            if kept is not None and self._clock.monotonic() - kept[0] <= max_age_s:
                return kept[1]
            found = await fetch()
            self._kept[name] = (self._clock.monotonic(), found)
            return found

    def forget(self, name: str) -> None:
        """Fetch again next time."""
        self._kept.pop(name, None)
