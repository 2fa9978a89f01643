"""Vendors that count: a small HTTP server that refuses every call over the published limits, `python -m bench.limits PORT`.

`GET /{connector}/{group}` is a call of the location whose token the header names. A limit holds in any window of its length, which is the
strictest way to count; a refused call is not counted, and says so. `GET /count` tells how many were taken and refused, per connector, group
and location.
"""

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any, cast

import httptools
import uvloop

LIMITS: dict[str, dict[str, tuple[int, float]]] = {
    "ghl": {"": (100, 10)},
    "openphone": {"": (10, 1)},
    "ringcentral": {"Light": (50, 60), "Medium": (40, 60), "Heavy": (10, 60)},
    "slack": {"post": (60, 60), "tier2": (20, 60), "tier3": (50, 60), "tier4": (100, 60)},
}
"""Calls and seconds, as the vendors publish them, per connector and group; typed here once more, so that a slip there is found."""


class Bucket:
    """The calls of one location in one group."""

    __slots__ = ("arrived", "calls", "per_s", "refused", "taken")

    def __init__(self, calls: int, per_s: float) -> None:
        self.calls = calls
        self.per_s = per_s
        self.arrived: deque[float] = deque()
        self.taken = 0
        self.refused = 0

    def take(self, now: float) -> int:
        """How many calls remain; below zero: refused."""
        while self.arrived and self.arrived[0] <= now - self.per_s:
            self.arrived.popleft()
        remaining = self.calls - len(self.arrived) - 1
        if remaining < 0:
            self.refused += 1
        else:
            self.taken += 1
            self.arrived.append(now)
        return remaining


class Vendors:
    """Every bucket."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, str, str], Bucket] = {}

    def answer(self, path: str, token: str) -> bytes:
        if path == "/count":
            return _answer(200, self._counted())
        _, connector, group = path.split("/", 2)
        calls, per_s = LIMITS[connector][group]
        key = (connector, group, token)
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = self.buckets[key] = Bucket(calls, per_s)
        remaining = bucket.take(time.monotonic())
        if remaining < 0:
            return _answer(429, b'{"message":"too many requests"}')
        return _answer(200, b'{"ok":true}', _told(connector, group, bucket, remaining))

    def _counted(self) -> bytes:
        found = [[*key[:2], bucket.taken, bucket.refused] for key, bucket in self.buckets.items()]
        return json.dumps(found).encode()


def _told(connector: str, group: str, bucket: Bucket, remaining: int) -> bytes:
    """The headers by which each vendor tells of its budget."""
    match connector:
        case "ghl":
            return (
                b"x-ratelimit-max: 100\r\nx-ratelimit-interval-milliseconds: 10000\r\nx-ratelimit-remaining: %d\r\n"
                b"x-ratelimit-limit-daily: 200000\r\nx-ratelimit-daily-remaining: %d\r\n" % (remaining, 200_000 - bucket.taken)
            )
        case "openphone":
            return b'ratelimit-policy: "per-second"; q=10; w=1\r\nratelimit: "per-second"; r=%d; t=1\r\n' % remaining
        case "ringcentral":
            return b"x-rate-limit-group: %s\r\nx-rate-limit-limit: %d\r\nx-rate-limit-remaining: %d\r\nx-rate-limit-window: 60\r\n" % (
                group.lower().encode(),
                bucket.calls,
                remaining,
            )
        case _:
            return b""


def _answer(status: int, body: bytes, headers: bytes = b"") -> bytes:
    word = b"OK" if status == 200 else b"Too Many Requests"
    return b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b" % (status, word, headers, len(body), body)


class VendorProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._token = ""
        self._parser: Any = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, which is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._token = b"", ""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self._token = value.decode()

    def on_message_complete(self) -> None:
        assert self._transport is not None
        self._transport.write(self._vendors.answer(self._url.decode(), self._token))


async def serve(port: int) -> None:
    """Listen on the loopback for ever."""
    vendors = Vendors()
    server = await asyncio.get_running_loop().create_server(lambda: VendorProtocol(vendors), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
