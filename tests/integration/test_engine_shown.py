"""A run that takes its time is shown while it does, and what is shown never outlives its end."""

import asyncio
import sqlite3
from pathlib import Path

from tests.integration.acme import FakeAcme
from tests.integration.hubs import running
from trunkline.engine.runner import SHOWN_AFTER_S

ADD = """
  - id: add
    call: acme.things.add
    connection: target
    input: {name: "{{ trigger.thing.name }}"}
"""


async def test_a_run_whose_end_waits_for_the_disk_is_told_as_ended_afterwards(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        await hub.flow(ADD)
        vendor.next("POST /add", delay_s=0.2)
        await hub.event("Ada")
        await hub.until(lambda _: bool(vendor.calls_to("POST /add")))
        other = sqlite3.connect(tmp_path / "trunkline.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(0.2 + 3 * SHOWN_AFTER_S)  # the vendor has answered, and the run is old enough to be shown
        other.execute("ROLLBACK")
        other.close()
        await hub.in_state("done")
        await asyncio.sleep(2 * SHOWN_AFTER_S)
        assert [run.state for run in await hub.runs()] == ["done"]
