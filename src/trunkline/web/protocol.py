"""What a single connection may ask of the server: a head and a message of bounded size, sent within bounded time."""

import asyncio
from typing import Final, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from trunkline.engine.receive import MAX_BODY_BYTES
from trunkline.model.errors import WebhookError
from trunkline.web.factory import Front
from trunkline.web.hooks import Hooks, Reply, too_large

MOST_HEAD_BYTES: Final = 64 * 1024
MOST_MESSAGE_BYTES: Final = 32 * 1024 * 1024
"""Head, body and what frames it. A body over its own limit is refused long before; this ends a sender that goes on nevertheless."""
PATIENCE_S: Final = 30.0
"""How long a request may take to arrive."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's own protocol reads a head of any length and waits for ever.

    A delivery does not go through ASGI either: once its body is whole it is handed to `Hooks.reply`, and head and body of the answer
    leave in one write. That is worth a quarter of a delivery's time (docs/performance.md).
    """

    patience_s: float = PATIENCE_S
    _head = 0
    _size = 0
    _marks = 0
    """Counts ends of heads and of messages: data that holds one of them is not the middle of a long head."""
    _in_head = True
    _since: float | None = None
    _watch: asyncio.TimerHandle | None = None
    _waiting: RequestResponseCycle | None = None
    """A delivery whose body is not whole yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as in the base
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        hooks = self._hooks()
        if self._waiting is not None and hooks is not None:
            self._waiting = None
            hooks.refused(WebhookError("The sender went away in the middle of the body.", reason="malformed"))
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

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self._waiting is not None:
            self.flow.resume_reading()
            if len(self._waiting.body) > MAX_BODY_BYTES:
                self._answer_hook(self._waiting)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._waiting is not None:
            self._answer_hook(self._waiting)
        self._marks += 1
        self._in_head = True
        self._size = 0
        self._since = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Where uvicorn starts the application: deliveries to an address that exists turn off here."""
        hooks = self._hooks()
        is_delivery = hooks is not None and cycle.scope["method"] == "POST" and hooks.knows(cycle.scope["path"])
        if not is_delivery or cycle.waiting_for_100_continue:
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body and not _declares_too_much(cycle):
            self._waiting = cycle
        else:
            self._answer_hook(cycle)

    def _hooks(self) -> Hooks | None:
        app = cast(object, self.app)
        return app.hooks if isinstance(app, Front) else None

    def _answer_hook(self, cycle: RequestResponseCycle) -> None:
        self._waiting = None
        task = self.loop.create_task(self._hook(cycle))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _hook(self, cycle: RequestResponseCycle) -> None:
        hooks = self._hooks()
        assert hooks is not None
        if cycle.more_body:
            cycle.keep_alive = False
            reply = hooks.refused(too_large())
        else:
            scope = cycle.scope
            reply = await hooks.reply(scope["path"], list(scope["headers"]), scope["query_string"], bytes(cycle.body))
        if not cycle.disconnected:
            self._write(cycle, reply)

    def _write(self, cycle: RequestResponseCycle, reply: Reply) -> None:
        lines = [STATUS_LINE[reply.status], *(b"%b: %b\r\n" % pair for pair in reply.headers())]
        if not cycle.keep_alive:
            lines.append(b"connection: close\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", reply.body)))
        cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


def _declares_too_much(cycle: RequestResponseCycle) -> bool:
    for name, value in cycle.scope["headers"]:
        if name == b"content-length":
            return value.isdigit() and int(value) > MAX_BODY_BYTES
    return False
