"""A load generator of our own: `python -m bench.post URL …`. For a steady rate, and for machines without wrk.

Sends the same requests as `post.lua` and prints the same line of JSON. With `--rate` a request is due at a time that was fixed before,
and its latency counts from then: a server that stalls is not excused by the requests that were not sent meanwhile.
"""

import argparse
import asyncio
import contextlib
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import uvloop

TICK_S = 0.001
LAST_ANSWERS_S = 5.0


@dataclass(slots=True)
class Tally:
    """What became of the requests."""

    requests: int = 0
    refused: int = 0
    lost: int = 0
    latencies_s: list[float] = field(default_factory=list[float])

    def line(self, seconds: float) -> str:
        ordered = sorted(self.latencies_s) or [0.0]
        facts = {
            "requests": self.requests,
            "refused": self.refused,
            "lost": self.lost,
            "seconds": round(seconds, 6),
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 3),
            "p99_ms": round(ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)] * 1000, 3),
        }
        return json.dumps(facts)


class Requests:
    """Makes requests that are all different."""

    def __init__(self, path: str, host: str, headers: list[str], salt: str) -> None:
        lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", *headers]
        self._head = "\r\n".join(lines) + "\r\n"
        self._salt = salt
        self._count = 0

    def following(self) -> bytes:
        self._count += 1
        id = f"{self._salt}-{self._count}"
        body = f'{{"contact":{{"id":"{id}","name":"Jane Roe","phone":"+15555550100","email":"Jane.{id}@Example.com"}}}}'
        return f"{self._head}x-delivery-id: {id}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


class Sender(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self._due_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, which is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        if self._due_s is not None:
            self._load.tally.lost += 1
        self._load.gone(self)

    def send(self, due_s: float) -> None:
        assert self._transport is not None
        self._due_s = due_s
        self._transport.write(self._load.requests.following())

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        due_s, self._due_s = self._due_s, None
        if due_s is not None:
            self._load.answered(self, due_s, self._parser.get_status_code())


class Load:
    """Keeps the connections busy, or (with a rate) gives each due request to one that is free."""

    def __init__(self, requests: Requests, *, rate: float | None) -> None:
        self.requests = requests
        self.tally = Tally()
        self._rate = rate
        self._free: deque[Sender] = deque()
        self._due: deque[float] = deque()
        self._open = True
        self._under_way = 0
        self._answer = asyncio.Event()

    def gone(self, sender: Sender) -> None:
        if sender in self._free:
            self._free.remove(sender)
        else:
            self._under_way -= 1

    def answered(self, sender: Sender, due_s: float, status: int) -> None:
        now = time.perf_counter()
        self._under_way -= 1
        self.tally.requests += 1
        self.tally.refused += status >= 400
        self.tally.latencies_s.append(now - due_s)
        if self._due:
            self._send(sender, self._due.popleft())
        elif self._open and self._rate is None:
            self._send(sender, now)
        else:
            self._free.append(sender)
            self._answer.set()

    def _send(self, sender: Sender, due_s: float) -> None:
        self._under_way += 1
        sender.send(due_s)

    async def run(self, senders: list[Sender], seconds: float) -> float:
        """Send for so many seconds, wait for the last answers, and return how long the sending took."""
        began = time.perf_counter()
        self._free.extend(senders)
        if self._rate is None:
            while self._free:
                self._send(self._free.popleft(), time.perf_counter())
            await asyncio.sleep(seconds)
        else:
            await self._pace(began, seconds, self._rate)
        self._open = False
        took = time.perf_counter() - began
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet(), LAST_ANSWERS_S)
        self.tally.lost += self._under_way + len(self._due)
        return took

    async def _quiet(self) -> None:
        while self._under_way or self._due:
            self._answer.clear()
            await self._answer.wait()

    async def _pace(self, began: float, seconds: float, rate: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < began + seconds:
            for number in range(sent, int((now - began) * rate)):
                due_s = began + number / rate
                if self._free:
                    self._send(self._free.popleft(), due_s)
                else:
                    self._due.append(due_s)
                sent = number + 1
            await asyncio.sleep(TICK_S)


async def post(url: str, *, connections: int, seconds: float, rate: float | None, headers: list[str], salt: str) -> str:
    """Put load on `url`; the line of JSON that tells what became of it."""
    parts = urlsplit(url)
    load = Load(Requests(parts.path or "/", parts.netloc, headers, salt), rate=rate)
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(lambda: Sender(load), parts.hostname or "", parts.port or 80) for _ in range(connections)]
    took = await load.run([sender for _, sender in opened], seconds)
    line = load.tally.line(took)
    for transport, _ in opened:
        transport.close()
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--salt", default="x")
    given = parser.parse_args()
    print(
        uvloop.run(
            post(
                given.url,
                connections=given.connections,
                seconds=given.seconds,
                rate=given.rate,
                headers=given.header,
                salt=given.salt,
            )
        )
    )


if __name__ == "__main__":
    main()
