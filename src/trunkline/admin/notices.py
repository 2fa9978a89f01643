"""Notices of vendors that an operation will be taken away: noted as they arrive, logged once, listed."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from trunkline.connect.notices import Notice
from trunkline.model.clock import SECOND, Clock, Instant, iso
from trunkline.model.errors import StoreError
from trunkline.store import notices as store
from trunkline.store.database import Database
from trunkline.store.notices import StoredNotice

log = structlog.get_logger()

_STORED_EVERY_S: Final = 60
"""How long answers that repeat a notice are counted in memory before they are stored."""


@dataclass(slots=True)
class Notices:
    """Collects what sessions hear. A new notice is stored at once; repetitions are counted and stored at most once a minute."""

    database: Database
    clock: Clock
    _waiting: dict[tuple[str, str], StoredNotice] = field(default_factory=dict[tuple[str, str], StoredNotice])
    _stored_at: dict[tuple[str, str], Instant] = field(default_factory=dict[tuple[str, str], Instant])
    _storing: "asyncio.Task[None] | None" = None

    def hear(self, notice: Notice) -> None:
        """Take a notice; does not wait."""
        now = self.clock.now()
        key = (notice.connector, notice.operation)
        before = self._waiting.get(key)
        self._waiting[key] = StoredNotice(
            connector=notice.connector,
            operation=notice.operation,
            deprecated_at=notice.deprecated_at,
            sunset_at=notice.sunset_at,
            link=notice.link,
            first_seen=before.first_seen if before else now,
            last_seen=now,
            answers=before.answers + 1 if before else 1,
        )
        if self._due() and (self._storing is None or self._storing.done()):
            self._storing = asyncio.get_running_loop().create_task(self._store_due())

    async def close(self) -> None:
        """Store what waits."""
        if self._storing is not None:
            await self._storing
        await self._store(list(self._waiting))

    def _due(self) -> list[tuple[str, str]]:
        before = self.clock.now() - _STORED_EVERY_S * SECOND
        return [key for key in self._waiting if self._stored_at.get(key, before) <= before]

    async def _store_due(self) -> None:
        while due := self._due():
            await self._store(due)

    async def _store(self, keys: list[tuple[str, str]]) -> None:
        for key in keys:
            notice = self._waiting.pop(key)
            self._stored_at[key] = notice.last_seen
            try:
                new = await self.database.journal.commit(lambda tx, notice=notice: store.save_notice(tx, notice))
            except StoreError as error:
                log.error("a vendor's notice could not be stored", action="notice", reason=error.message)
            else:
                if new:
                    _log(notice)


def _log(notice: StoredNotice) -> None:
    log.warning(
        "a vendor will take an operation away",
        action="notice",
        connector=notice.connector,
        operation=notice.operation,
        deprecated_at=None if notice.deprecated_at is None else iso(notice.deprecated_at),
        sunset_at=None if notice.sunset_at is None else iso(notice.sunset_at),
        link=notice.link,
    )


async def everything(database: Database) -> list[StoredNotice]:
    """Every notice, those that end soonest first."""
    found = await database.read(store.all_notices)
    return sorted(found, key=lambda one: (one.sunset_at is None, one.sunset_at or 0, one.connector, one.operation))
