"""When the disk is full, the database is locked, or too much waits: senders are asked to retry and nothing accepted is lost."""

import secrets
import sqlite3
from pathlib import Path

import pytest

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.model.json import as_object
from trunkline.store.driver import RawConnection
from trunkline.store.sqlite import SqliteDriver

ADD = """
  - id: add
    call: acme.things.add
    connection: target
    input: {name: "{{ trigger.thing.name }}"}
"""


class SmallDisk(SqliteDriver):
    """A database that may grow to `pages` only, until the limit is lifted: the same SQLITE_FULL as on a full disk."""

    writer: RawConnection | None = None

    def open(self, *, read_only: bool) -> RawConnection:
        connection = super().open(read_only=read_only)
        if not read_only:
            self.writer = connection
        return connection

    def limit(self, pages: int) -> None:
        assert self.writer is not None
        self.writer.execute(f"PRAGMA max_page_count = {pages}")


async def test_a_full_disk_asks_the_sender_to_retry_and_the_retry_is_taken(tmp_path: Path, vendor: FakeAcme) -> None:
    driver = SmallDisk(tmp_path / "trunkline.db")
    async with running(tmp_path, vendor, driver=driver) as hub:
        await hub.flow(ADD)
        await hub.event("before")
        await hub.in_state("done")
        driver.limit(1)
        refused: list[int] = []
        for number in range(200):
            answer = await hub.event(f"fill {number}", id=f"fill {number}", extra=secrets.token_hex(4000))
            refused.append(answer.status)
            if refused.count(429) > 3:
                break
        assert refused[-1] == 429, "acme retries on 429, so that is what it gets"
        assert "disk is full" in hub.desk.database.journal.trouble
        accepted = refused.count(200)
        driver.limit(1_000_000)
        for number in range(len(refused)):
            assert (await hub.event(f"fill {number}", id=f"fill {number}", extra=secrets.token_hex(4000))).status == 200
        await hub.in_state("done", 1 + len(refused))
        assert sorted(hub.vendor.names()) == sorted(["before", *(f"fill {number}" for number in range(len(refused)))])
        assert accepted < len(refused)
        assert hub.desk.database.journal.trouble == ""


async def test_a_run_that_cannot_record_its_outcome_keeps_it_until_it_can(tmp_path: Path, vendor: FakeAcme) -> None:
    driver = SqliteDriver(tmp_path / "trunkline.db", busy_ms=50)
    async with running(tmp_path, vendor, driver=driver) as hub:
        await hub.flow(ADD)
        vendor.next("POST /add", delay_s=2.5)
        await hub.event("Ada")
        await hub.in_state("running")
        other = sqlite3.connect(tmp_path / "trunkline.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = await hub.event("Bob", id="bob")
        assert answer.status == 429
        while not vendor.names():
            await hub.runs()
        assert (await hub.runs())[0].state == "running"
        other.execute("ROLLBACK")
        other.close()
        await hub.in_state("done")
        assert (await hub.event("Bob", id="bob")).status == 200
        await hub.in_state("done", 2)
        assert vendor.names() == ["Ada", "Bob"]


async def test_a_backlog_over_the_limit_asks_the_sender_to_retry(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor, backlog=5) as hub:
        await hub.flow(ADD)
        await hub.engine.lanes.stop(within_s=1)
        answers = [await hub.event(f"n{number}", id=f"n{number}") for number in range(8)]
        assert [answer.status for answer in answers] == [200] * 5 + [429] * 3
        assert as_object(answers[-1].json())["error"] == "busy"
    async with running(tmp_path, vendor, backlog=5) as hub:
        await hub.in_state("done", 5)
    assert sorted(vendor.names()) == [f"n{number}" for number in range(5)]


async def test_what_was_accepted_before_a_stop_is_carried_out_after_it(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        await hub.flow(ADD)
        vendor.next("POST /add", status=503, headers={"retry-after": "4"})
        await hub.event("parked", thing="one")
        await hub.in_state("parked")
        await hub.event("waiting", thing="one")
        await hub.in_state("waiting")
    async with running(tmp_path, vendor) as hub:
        await hub.in_state("done", 2)
    assert vendor.names() == ["parked", "waiting"]


async def test_two_hubs_do_not_share_a_data_folder(hub: Hub, tmp_path: Path) -> None:
    from trunkline.engine.ownership import FolderLock  # noqa: PLC0415 - only here
    from trunkline.model.errors import ConfigError  # noqa: PLC0415 - only here

    with pytest.raises(ConfigError, match="Another hub"):
        FolderLock(tmp_path)
    assert hub.engine.inbox.waiting == 0
