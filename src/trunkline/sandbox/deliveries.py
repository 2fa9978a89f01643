"""Webhooks on a bad day: some deliveries get lost, some come twice, some come late and so out of order."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass

from trunkline.model.http import Pairs
from trunkline.testing.vendor import FakeVendor
from trunkline.testing.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares (0 to 1) of the deliveries that are lost, sent twice or late by up to `late_s` seconds."""

    lost: float = 0
    twice: float = 0
    late: float = 0
    late_s: float = 2


class UnsteadyWebhooks(Webhooks):
    """Deliveries that suffer `faults`; `suffered` counts which. Which delivery is hit is decided by `seed`."""

    def __init__(self, vendor: FakeVendor, *, seed: int) -> None:
        super().__init__(vendor)
        self.faults = Faults()
        self.suffered: Counter[str] = Counter()
        self._chance = random.Random(seed)

    def send(self, body: bytes, headers: Pairs) -> None:
        if self._held is not None:
            super().send(body, headers)
            return
        self.suffered["emitted"] += 1
        roll, late, delay_s = self._chance.random(), self._chance.random() < self.faults.late, self._chance.random() * self.faults.late_s
        if roll < self.faults.lost:
            self.suffered["lost"] += 1
            return
        twice = roll < self.faults.lost + self.faults.twice
        self.suffered.update({"twice": int(twice), "late": int(late)})
        for _ in range(2 if twice else 1):
            if late:
                self._later(body, headers, delay_s)
            else:
                super().send(body, headers)

    def _later(self, body: bytes, headers: Pairs, delay_s: float) -> None:
        async def deliver() -> None:
            await asyncio.sleep(delay_s)
            Webhooks.send(self, body, headers)

        task = asyncio.get_running_loop().create_task(deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def under_way(self) -> int:
        """Deliveries that were sent off and have not ended."""
        return len(self._tasks)
