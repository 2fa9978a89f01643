"""What the calls of one connection share: what was read a while ago (definitions of fields, lists of users), and whose turn it is."""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from trunkline.model.clock import Clock
from trunkline.model.json import JSON


class Memory:
    """Answers by name, each for as long as its reader says. One fetch at a time per name: those who come meanwhile share its answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, JSON]] = {}
        self._fetching: dict[str, asyncio.Lock] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

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

    def turn(self, name: str) -> asyncio.Lock:
        """To be held from a read to the write that rests on it (`async with`), so that two runs do not undo each other's change.

        It holds for the calls of this connection in this process; whoever changes the same record elsewhere is not kept waiting.
        """
        return self._turns.setdefault(name, asyncio.Lock())
