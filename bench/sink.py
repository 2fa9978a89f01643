"""The far end of every flow: a small HTTP server that counts what really arrives, and how much of it arrives twice.

`python -m bench.sink PORT`. Every POST is an effect. `GET /count` tells how many there were, how many different ones, and when the
first and the last came; `GET /reset` starts again.
"""

import asyncio
import json
import sys
import time
from typing import Any, Protocol, cast

import httptools
import uvloop


class Count:
    """What arrived since the last reset."""

    def __init__(self) -> None:
        self.effects = 0
        self.bodies: set[bytes] = set()
        self.first_s = 0.0
        self.last_s = 0.0

    def add(self, body: bytes) -> None:
        self.last_s = time.monotonic()
        self.first_s = self.first_s or self.last_s
        self.effects += 1
        self.bodies.add(body)

    def told(self) -> dict[str, float]:
        return {"effects": self.effects, "different": len(self.bodies), "first_s": self.first_s, "last_s": self.last_s}


class Answering(Protocol):
    """What answers the requests of all connections."""

    def answer(self, method: bytes, url: bytes, body: bytes) -> bytes: ...


class SinkProtocol(asyncio.Protocol):
    """One connection; requests may be pipelined."""

    def __init__(self, sink: Answering) -> None:
        self._sink = sink
        self._transport: asyncio.Transport | None = None
        self._body = b""
        self._url = b""
        self._parser: Any = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, which is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        answer = self._sink.answer(self._parser.get_method(), self._url, self._body)
        assert self._transport is not None
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))


class Sink:
    """The count behind all connections."""

    def __init__(self) -> None:
        self.count = Count()

    def answer(self, method: bytes, url: bytes, body: bytes) -> bytes:
        if method == b"POST":
            self.count.add(body)
            return b'{"contact":{"id":"c%d"}}' % self.count.effects
        if url == b"/reset":
            self.count = Count()
        return json.dumps(self.count.told()).encode()


async def serve(port: int) -> None:
    """Listen on the loopback for ever."""
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: SinkProtocol(sink), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
