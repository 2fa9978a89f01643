"""Inbound webhooks: read the raw body, prove the sender, store, then answer."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import structlog
from starlette.types import Message, Receive, Scope, Send

from trunkline.engine import metrics
from trunkline.engine.directory import Directory
from trunkline.engine.links import Link
from trunkline.engine.receive import MAX_BODY_BYTES, Receiver
from trunkline.engine.refusals import Refusals
from trunkline.model.clock import Clock
from trunkline.model.errors import StoreError, TrunklineError, WebhookError, WebhookReason
from trunkline.model.http import Delivery, Pairs
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a sender is told; `later` adds that it should come again."""

    status: int
    body: bytes
    later: bool = False
    own: Pairs | None = None
    """The headers of an answer that a vendor prescribes; there are no others then, but for the length."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Names and values as they go out."""
        length = (b"content-length", str(len(self.body)).encode())
        if self.own is not None:
            return [*((name.encode("latin-1"), value.encode("latin-1")) for name, value in self.own), length]
        head = [(b"content-type", b"application/json"), length]
        return [*head, (b"retry-after", b"10")] if self.later else head


RawHeaders = list[tuple[bytes, bytes]]


class Hooks:
    """Answers `POST /hooks/{endpoint}`: as an ASGI app, or straight through `reply` for who has the whole delivery at hand."""

    def __init__(self, directory: Directory, receiver: Receiver, refusals: Refusals, clock: Clock) -> None:
        self._directory = directory
        self._receiver = receiver
        self._refusals = refusals
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: RawHeaders = scope["headers"]
        try:
            if not self.knows(scope["path"]):
                raise _nowhere()
            body = await _body(receive, declared=dict(headers).get(b"content-length", b""))
        except WebhookError as error:
            reply = self.refused(error)
        else:
            reply = await self.reply(scope["path"], headers, scope["query_string"], body)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers()})
        await send({"type": "http.response.body", "body": reply.body})

    def knows(self, path: str) -> bool:
        """Whether deliveries to this path are taken."""
        return path.startswith(PREFIX) and self._directory.at_endpoint(path.removeprefix(PREFIX)) is not None

    async def reply(self, path: str, headers: RawHeaders, query: bytes, body: bytes) -> Reply:
        """Store a delivery and say what became of it; whatever is wrong with it or with us is an answer, never an exception."""
        link = self._directory.at_endpoint(path.removeprefix(PREFIX))
        delivery: Delivery | None = None
        try:
            if link is None:
                raise _nowhere()
            delivery = self._delivery(headers, query, body)
            shaken = _handshake(link, delivery)
            if shaken is not None:
                return shaken
            link = self._directory.addressed(link, delivery)
            receipt = await self._receiver.receive(link, delivery)
        except WebhookError as error:
            return self.refused(error, link, delivery)
        except StoreError as error:
            return self._busy(error.message, link, counted="busy")
        except TrunklineError as error:
            return self._busy(error.message, link, counted="broken")
        except Exception:
            log.exception("a delivery failed in a way nobody foresaw", action="hook.bug")
            return self._busy("an error of the hub itself", link, counted="broken")
        return Reply(status=200, body=dumps({"ok": True, "events": receipt.accepted, "dropped": receipt.dropped}))

    def _delivery(self, raw: RawHeaders, query: bytes, body: bytes) -> Delivery:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
        if headers.get("content-encoding", "identity") not in ("", "identity"):
            raise WebhookError("The body is compressed; send it without content-encoding.", reason="malformed")
        asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
        return Delivery(headers=headers, body=body, query=asked, received_at=self._clock.now())

    def refused(self, error: WebhookError, link: Link | None = None, delivery: Delivery | None = None) -> Reply:
        """The answer to a delivery that is not taken; it is counted and noted, and nothing of its body is kept."""
        status = STATUS[error.reason]
        self._refusals.note(error, link, delivery, status=status)
        metrics.count(metrics.DELIVERIES, error.reason)
        tell = log.debug if link is None else log.warning  # anybody may try addresses, which must not fill the log
        tell(
            "a delivery was refused",
            action="hook.refused",
            reason=error.reason,
            message=error.message,
            connection=None if link is None else link.connection.name,
        )
        return Reply(status=status, body=dumps({"error": error.reason, "message": error.message}))

    def _busy(self, reason: str, link: Link | None, *, counted: str) -> Reply:
        """`busy`: the data cannot take it now. `broken`: the connection's settings or the hub are, and somebody may mend it in time."""
        metrics.count(metrics.DELIVERIES, counted)
        log.error("a delivery could not be stored; its sender is asked to retry", action="hook.busy", reason=reason)
        webhook = None if link is None else link.connector.webhook
        status = 503 if webhook is None else webhook.busy_status
        return Reply(status=status, body=dumps({"error": "busy", "message": "Not stored; send it again later."}), later=True)


def _handshake(link: Link, delivery: Delivery) -> Reply | None:
    """The answer to a vendor that only asks whether somebody is here."""
    webhook = link.connector.webhook
    if webhook is None or webhook.handshake is None:
        return None
    answer = webhook.handshake(delivery, link.account)
    if answer is None:
        return None
    metrics.count(metrics.DELIVERIES, "handshake")
    return Reply(status=answer.status, body=answer.body, own=answer.headers)


def _nowhere() -> WebhookError:
    return WebhookError("There is no such address.", reason="unknown")


def too_large() -> WebhookError:
    """A body over the limit."""
    return WebhookError("The body is larger than 5 MB.", reason="size")


async def _body(receive: Receive, *, declared: bytes) -> bytes:
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise too_large()
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
            raise too_large()
    return b"".join(parts)


def _checked(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    return body
