"""Lanes: work about one record in order, work about different records side by side, no more at once than the limit."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

W = TypeVar("W")
K = TypeVar("K", bound=Hashable)

log = structlog.get_logger()


class Lanes(Generic[K, W]):
    """`handle` is called for each piece of work; never twice at a time for one key. What it raises is a bug: logged, the lane goes on."""

    def __init__(self, handle: Callable[[W], Awaitable[None]], *, concurrency: int, most: int = 4_000) -> None:
        self._handle = handle
        self._concurrency = concurrency
        self._most = most
        self._lanes: dict[K, deque[W]] = {}
        self._ready: deque[K] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()
        self._workers: list[asyncio.Task[None]] = []
        self._queued = 0
        self._stopping = False
        self._room = asyncio.Event()

    def start(self) -> None:
        self._workers = [asyncio.get_running_loop().create_task(self._work()) for _ in range(self._concurrency)]

    @property
    def queued(self) -> int:
        """Pieces of work put and not finished."""
        return self._queued

    def put(self, key: K, work: W) -> None:
        """Put `work` at the end of its lane."""
        self._queued += 1
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append(work)
            return
        self._lanes[key] = deque((work,))
        self._make_ready(key)

    def _make_ready(self, key: K) -> None:
        self._ready.append(key)
        while self._idle:
            waiter = self._idle.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping:
            if not self._ready:
                waiter = loop.create_future()
                self._idle.append(waiter)
                await waiter
                continue
            key = self._ready.popleft()
            lane = self._lanes[key]
            try:
                await self._handle(lane[0])
            except Exception:
                log.exception("work failed in a way nobody foresaw", action="lane")
            finally:
                self._finished(key, lane)

    def _finished(self, key: K, lane: deque[W]) -> None:
        lane.popleft()
        self._queued -= 1
        if lane:
            self._make_ready(key)
        else:
            del self._lanes[key]
        if self._queued < self._most:
            self._room.set()

    async def room(self) -> None:
        """Return when less than `most` is queued, so that what cannot be handled yet stays in the inbox and not in memory."""
        while self._queued >= self._most:
            self._room.clear()
            await self._room.wait()

    async def stop(self, *, within_s: float) -> None:
        """Let work in hand come to its end for a while, then cancel it: what is recorded is taken up at the next start."""
        self._stopping = True
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=within_s)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)
