"""Refused deliveries are noted, so that a person can see what a vendor sends and why it is not taken; a flood of them costs little."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from trunkline.engine.links import Link
from trunkline.model.clock import Clock
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery
from trunkline.model.ids import ConnectionId, digest
from trunkline.store import refusals as store
from trunkline.store.database import Database
from trunkline.store.refusals import Refusal

EVERY_S: Final = 1.0
MOST_WAITING: Final = 50
"""Refusals noted between two writes; of more the newest."""
KEPT: Final = 2_000
STRAY_WAITING: Final = 5
STRAY_KEPT: Final = 200
"""The same of deliveries to addresses where nothing lives: whoever tries addresses hides nothing that a vendor sends."""

_SHOWN: Final = frozenset(
    (
        *("accept", "content-length", "content-type", "content-encoding", "date", "forwarded", "host", "transfer-encoding", "user-agent"),
        *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-request-id"),
        *("webhook-id", "webhook-timestamp", "x-slack-request-timestamp", "x-wh-timestamp"),
    )
)
"""Headers whose values are shown; of every other, as those that prove a sender, only the length."""
_MOST_HEADERS: Final = 60
_MOST_VALUE: Final = 200


class Refusals:
    """Collects in memory and writes once a second."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[Refusal] = deque(maxlen=MOST_WAITING)
        self._stray: deque[Refusal] = deque(maxlen=STRAY_WAITING)

    def note(self, error: WebhookError, link: Link | None, delivery: Delivery | None, *, status: int) -> None:
        """Keep what a person needs to see of a delivery that is not taken, which may not even be whole; never waits."""
        body = b"" if delivery is None else delivery.body
        waiting = self._stray if link is None else self._waiting
        waiting.append(
            Refusal(
                connection=ConnectionId("") if link is None else link.connection.id,
                at=self._clock.now(),
                status=status,
                reason=error.reason,
                message=error.message,
                hint=error.hint,
                headers={} if delivery is None else _without_secrets(delivery.headers),
                size=len(body),
                digest=digest(body, size=6) if body else "",
            )
        )

    async def keep(self) -> None:
        """Write for ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what was noted since the last time."""
        found = [*self._waiting, *self._stray]
        if not found:
            return
        self._waiting.clear()
        self._stray.clear()
        await self._database.journal.commit(lambda tx: store.add_refusals(tx, found, kept=KEPT, stray=STRAY_KEPT))


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    shown = [*headers.items()][:_MOST_HEADERS]
    return {name[:_MOST_VALUE]: value[:_MOST_VALUE] if name in _SHOWN else f"({len(value)} characters)" for name, value in shown}
