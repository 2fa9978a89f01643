"""What a single connection may ask of the server: a head and a message of bounded size, sent within bounded time."""

import asyncio
from typing import Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 64 * 1024
MOST_MESSAGE_BYTES: Final = 32 * 1024 * 1024
"""Head, body and what frames it. A body over its own limit is refused long before; this ends a sender that goes on nevertheless."""
PATIENCE_S: Final = 30.0
"""How long a request may take to arrive."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class OneWrite:
    """A transport that joins the head of an answer with the body that follows at once: one system call instead of two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held + data)
        elif data.startswith(b"HTTP/1.1 "):
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)

    def close(self) -> None:
        self._flush()
        self._transport.close()


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's own protocol reads a head of any length and waits for ever."""

    patience_s: float = PATIENCE_S
    _head = 0
    _size = 0
    _marks = 0
    """Counts ends of heads and of messages: data that holds one of them is not the middle of a long head."""
    _in_head = True
    _since: float | None = None
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as in the base
        super().connection_made(cast(asyncio.Transport, OneWrite(transport, self.loop)))
        self._since = self.loop.time()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Cut a connection whose request does not come to its end; one between two requests is the keep-alive's business."""
        late = self._since is not None and self.loop.time() - self._since > self.patience_s
        if late:
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(self.patience_s / 2, self._look)

    def data_received(self, data: bytes) -> None:
        marks, self._size = self._marks, self._size + len(data)
        super().data_received(data)
        if self._size > MOST_MESSAGE_BYTES:
            self.transport.abort()
        elif self._in_head and self._marks == marks:
            self._head += len(data)
            if self._head > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._marks += 1
        self._head = 0
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._marks += 1
        self._in_head = True
        self._size = 0
        self._since = None
