"""Receiving: a verified delivery becomes events on disk before its sender gets an answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from trunkline.connect.declaration import Trigger
from trunkline.connect.session import DEPTH_HEADER
from trunkline.connect.webhooks import Incoming, Standing, Verified
from trunkline.engine import metrics
from trunkline.engine.directory import Directory
from trunkline.engine.intake import arrival_of
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.engine.standing import Standings
from trunkline.model.clock import Instant, from_iso
from trunkline.model.errors import MappingError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, depth_exceeds, loads
from trunkline.model.ports import Arrival, Inbox

MAX_BODY_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a delivery."""

    accepted: int
    dropped: int
    """Known already, or no news."""


class Receiver:
    """Verifies, splits and stores deliveries."""

    def __init__(self, directory: Directory, inbox: Inbox, wake: Wake, standings: Standings) -> None:
        self._directory = directory
        self._inbox = inbox
        self._wake = wake
        self._standings = standings

    async def receive(self, link: Link, delivery: Delivery) -> Receipt:
        """Store what the delivery says; durable on return.

        Raises `WebhookError` when it is refused, `StoreError` when it cannot be stored now (the sender should retry).
        """
        webhook = link.connector.webhook
        if webhook is None:
            raise WebhookError(f"{link.connector.name} sends no webhooks.", reason="unknown")
        verified = webhook.verify(delivery, link.account)
        told = webhook.split(_parse(delivery.body), delivery)
        for incoming in told:
            if incoming.kind in webhook.standings:
                await self._heed(link, webhook.standings[incoming.kind](incoming.body), verified, delivery)
        arrivals = [
            arrival for number, incoming in enumerate(told) for arrival in self._arrivals(link, incoming, number, verified, delivery)
        ]
        if not arrivals:
            metrics.count(metrics.DELIVERIES, "ignored")
            return Receipt(accepted=0, dropped=0)
        verdicts = await self._inbox.append(arrivals)
        for verdict in verdicts:
            metrics.count(metrics.EVENTS, "webhook", verdict)
        metrics.count(metrics.DELIVERIES, "stored")
        accepted = verdicts.count("accepted")
        return Receipt(accepted=accepted, dropped=len(verdicts) - accepted)

    async def _heed(self, link: Link, standing: Standing | None, verified: Verified, delivery: Delivery) -> None:
        if standing is not None:
            await self._standings.heed(link, standing, delivery, sent_at=_instant(verified.sent_at))

    def _arrivals(self, link: Link, incoming: Incoming, number: int, verified: Verified, delivery: Delivery) -> Iterator[Arrival]:
        """An arrival per trigger in use that wants it; the body is read once per trigger, however many inputs there are."""
        key = None if verified.delivery_id is None else f"{verified.delivery_id}:{number}"
        payloads: dict[str, JSONObject | None] = {}
        for use in self._directory.awaited(link.connection.id, incoming.kind):
            trigger = use.trigger
            if trigger.id not in payloads:
                payloads[trigger.id] = _read(trigger, incoming)
            payload = payloads[trigger.id]
            if payload is None or not use.takes(payload):
                continue
            record = trigger.record_key(payload)
            yield arrival_of(
                link.connection,
                use,
                payload,
                source="webhook",
                key=key,
                occurred_at=_instant(verified.sent_at),
                received_at=delivery.received_at,
                depth=max(self._wake.depth(link.connection.id, record), _depth(delivery)),
            )


def _read(trigger: Trigger, incoming: Incoming) -> JSONObject | None:
    try:
        return None if trigger.payload is None else trigger.payload(incoming.body)
    except MappingError as error:
        raise WebhookError(f"It cannot be read: {error.message}.", reason="malformed") from error


def _parse(body: bytes) -> JSON:
    if len(body) > MAX_BODY_BYTES:
        raise WebhookError("The body is larger than 5 MB.", reason="size")
    try:
        value = loads(body)
    except ValueError as error:
        raise WebhookError("The body is not JSON in UTF-8.", reason="malformed") from error
    if depth_exceeds(value):
        raise WebhookError("The body is nested too deeply.", reason="malformed")
    return value


def _instant(text: str | None) -> Instant | None:
    try:
        return None if text is None else from_iso(text)
    except ValueError:
        return None


def _depth(delivery: Delivery) -> int:
    told = delivery.headers.get(DEPTH_HEADER, "")
    return int(told) if told.isdecimal() and len(told) < 4 else 0
