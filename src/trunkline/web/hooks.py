"""Inbound webhooks: read the raw body, prove the sender, store, then answer."""

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

import structlog
from starlette.types import Message, Receive, Scope, Send

from trunkline.engine import metrics
from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.engine.receive import MAX_BODY_BYTES, Receipt, Receiver
from trunkline.model.clock import Clock
from trunkline.model.errors import StoreError, TrunklineError, WebhookError, WebhookReason
from trunkline.model.http import Delivery
from trunkline.model.json import dumps

log = structlog.get_logger()

STATUS: Final[dict[WebhookReason, int]] = {
    "unsigned": 401,
    "stale": 401,
    "mismatch": 401,
    "unknown": 404,
    "malformed": 400,
    "size": 413,
}
PREFIX: Final = "/hooks/"
_JSON: Final = (b"content-type", b"application/json")


class Hooks:
    """An ASGI app for `POST /hooks/{endpoint}`. Plain ASGI: nothing stands between a delivery and the journal."""

    def __init__(self, directory: Directory, receiver: Receiver, clock: Clock) -> None:
        self._directory = directory
        self._receiver = receiver
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        link = self._directory.at_endpoint(scope["path"].removeprefix(PREFIX))
        try:
            if link is None:
                raise WebhookError("There is no such address.", reason="unknown")
            receipt = await self._receiver.receive(link, await self._delivery(scope, receive))
        except WebhookError as error:
            await self._refuse(error, link, send)
        except StoreError as error:
            await self._busy(error, link, send, counted="busy")
        except TrunklineError as error:
            await self._busy(error, link, send, counted="broken")
        else:
            await _answer(send, 200, _words(receipt))

    async def _delivery(self, scope: Scope, receive: Receive) -> Delivery:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("content-encoding", "identity") not in ("", "identity"):
            raise WebhookError("The body is compressed; send it without content-encoding.", reason="malformed")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)) if scope["query_string"] else {}
        body = await _body(receive, declared=headers.get("content-length", ""))
        return Delivery(headers=headers, body=body, query=query, received_at=self._clock.now())

    async def _refuse(self, error: WebhookError, link: Link | None, send: Send) -> None:
        metrics.count(metrics.DELIVERIES, error.reason)
        log.warning(
            "a delivery was refused",
            action="hook.refused",
            reason=error.reason,
            message=error.message,
            connection=None if link is None else link.connection.name,
        )
        await _answer(send, STATUS[error.reason], {"error": error.reason, "message": error.message})

    async def _busy(self, error: TrunklineError, link: Link | None, send: Send, *, counted: str) -> None:
        """`busy`: the data cannot take it now. `broken`: the connection's own settings are wrong, and somebody may mend them in time."""
        metrics.count(metrics.DELIVERIES, counted)
        log.error("a delivery could not be stored; its sender is asked to retry", action="hook.busy", reason=error.message)
        webhook = None if link is None else link.connector.webhook
        status = 503 if webhook is None else webhook.busy_status
        await _answer(send, status, {"error": "busy", "message": "Not stored; send it again later."}, extra=((b"retry-after", b"10"),))


async def _body(receive: Receive, *, declared: str) -> bytes:
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise WebhookError("The body is larger than 5 MB.", reason="size")
    message: Message = await receive()
    if not message.get("more_body"):
        return _checked(message.get("body", b""))
    parts = [message.get("body", b"")]
    size = len(parts[0])
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise WebhookError("The sender went away in the middle of the body.", reason="malformed")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise WebhookError("The body is larger than 5 MB.", reason="size")
    return b"".join(parts)


def _checked(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise WebhookError("The body is larger than 5 MB.", reason="size")
    return body


def _words(receipt: Receipt) -> dict[str, object]:
    return {"ok": True, "events": receipt.accepted, "dropped": receipt.dropped}


async def _answer(send: Send, status: int, content: dict[str, object], *, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    body = dumps(content)
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_JSON, length, *extra]})
    await send({"type": "http.response.body", "body": body})


Ready = Callable[[], tuple[bool, dict[str, object]]]
"""Whether the hub takes work now, and the figures that say so."""
