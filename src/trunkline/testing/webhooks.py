"""Deliveries of a fake vendor: sent in the background, tried again, and lost, doubled or turned round on purpose."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol

from trunkline.connect.client import Client
from trunkline.model.clock import Clock
from trunkline.model.errors import TrunklineError
from trunkline.model.http import Pairs, Request
from trunkline.model.json import JSON, dumps


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One try to deliver; `status` is None when nobody answered."""

    url: str
    body: bytes
    status: int | None


class Signs(Protocol):
    """A vendor, as far as its deliveries ask for it."""

    clock: Clock

    def sign(self, body: bytes, *, at: float) -> Pairs: ...


class Webhooks:
    """Deliveries of a fake vendor. A refused one is tried again after `retry_s`, doubled each time, `tries` times in all."""

    def __init__(self, vendor: Signs) -> None:
        self.urls: list[str] = []
        self.log: list[Sent] = []
        self.drop = 0
        """How many coming deliveries get lost on the way."""
        self.copies = 1
        """How often each delivery is sent."""
        self.tries = 5
        self.retry_s = 0.2
        self._held: list[tuple[bytes, Pairs]] | None = None
        self._vendor = vendor
        self._client: Client | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def emit(self, payload: JSON) -> None:
        """Sign `payload` and deliver it to every url in the background."""
        body = dumps(payload)
        self.send(body, self._vendor.sign(body, at=self._vendor.clock.now() / 1_000_000))

    def send(self, body: bytes, headers: Pairs) -> None:
        """Deliver these bytes with these headers in the background; nothing is signed here."""
        if self._held is not None:
            self._held.append((body, headers))
        elif self.drop > 0:
            self.drop -= 1
        else:
            for url in self.urls * self.copies:
                self._start(self._deliver(url, body, headers))

    def hold(self) -> None:
        """Keep coming deliveries back until `release`."""
        self._held = []

    def release(self, *, reverse: bool = False) -> None:
        """Send what was held back, each when the one before was taken; `reverse` sends the newest first."""
        held, self._held = self._held or [], None
        self._start(self._deliver_in_turn(held[::-1] if reverse else held))

    async def settled(self) -> None:
        """Wait until no delivery is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _start(self, delivery: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_in_turn(self, held: Sequence[tuple[bytes, Pairs]]) -> None:
        for body, headers in held:
            for url in self.urls * self.copies:
                await self._deliver(url, body, headers)

    async def _deliver(self, url: str, body: bytes, headers: Pairs) -> None:
        for attempt in range(self.tries):
            status = await self._post(url, body, headers)
            self.log.append(Sent(url=url, body=body, status=status))
            if status is not None and 200 <= status < 300:
                return
            if attempt < self.tries - 1:
                await self._vendor.clock.sleep(self.retry_s * 2**attempt)

    async def _post(self, url: str, body: bytes, headers: Pairs) -> int | None:
        self._client = self._client or Client()
        base, _, path = url.partition("://")
        host, _, path = path.partition("/")
        request = Request(method="POST", url=f"/{path}", headers=(("content-type", "application/json"), *headers), body=body)
        try:
            return (await self._client.send(request, base_url=f"{base}://{host}", timeout_s=10, write=True)).status
        except TrunklineError:
            return None
