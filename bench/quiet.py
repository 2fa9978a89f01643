"""A vendor with nothing to tell: `python -m bench.quiet PORT`. Every POST is a poll and finds an empty list; `GET /count` counts them."""

import asyncio
import sys
import time

import uvloop

from bench.sink import Answering, SinkProtocol


class Quiet:
    """Counts what is asked."""

    def __init__(self) -> None:
        self.polls = 0

    def answer(self, method: bytes, url: bytes, body: bytes) -> bytes:
        if method == b"POST":
            self.polls += 1
            return b'{"contacts":[],"total":0}'
        return b'{"polls":%d,"at_s":%f}' % (self.polls, time.monotonic())


async def serve(port: int) -> None:
    """Listen on the loopback for ever."""
    quiet: Answering = Quiet()
    server = await asyncio.get_running_loop().create_server(lambda: SinkProtocol(quiet), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
