"""A text of a flow goes out once, whatever happens between its leaving and its answer."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.integration.acme import FakeAcme
from tests.integration.hubs import Hub, running
from trunkline.admin import connections as connection_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.connections import NewConnection
from trunkline.connectors.openphone.fake import NUMBER, FakeOpenPhone
from trunkline.model.errors import ConfigError
from trunkline.testing.vendor import serving

SEND = f"""
  - id: text
    call: openphone.messages.send
    connection: desk
    input: {{from: "{NUMBER}", to: ["+15555550101"], content: "Welcome {{{{ trigger.thing.name }}}}"}}
"""


@asynccontextmanager
async def texting(home: Path, vendor: FakeOpenPhone) -> AsyncGenerator[Hub]:
    """A hub whose flow texts everybody that the other vendor tells of."""
    async with serving(vendor) as base_url, running(home, FakeAcme()) as hub:
        if any(one.name == "desk" for one in await connection_admin.everything(hub.desk)):
            await connection_admin.update(hub.desk, "desk", secrets={}, options={}, base_url=base_url)
        else:
            new = NewConnection(connector="openphone", name="desk", base_url=base_url, options={}, secrets={"token": vendor.token})
            await connection_admin.add(hub.desk, new)
            await hub.flow(SEND)
        await hub.engine.directory.refresh()
        yield hub


def _texts(vendor: FakeOpenPhone) -> list[str]:
    return [text for message in vendor.messages.values() if (text := str(message["text"])).startswith("Welcome")]


@pytest.mark.parametrize("loss", [{"status": 500}, {"status": 503}, {"ending": "drop"}, {"ending": "truncate"}], ids=str)
async def test_text_whose_answer_is_lost_waits_for_a_person(loss: dict[str, Any], tmp_path: Path) -> None:
    vendor = FakeOpenPhone()
    async with texting(tmp_path, vendor) as hub:
        vendor.next("POST /v1/messages", after=True, **loss)
        await hub.event("Ada")
        await hub.event("Bea")
        (run,) = await hub.in_state("unknown")
        await hub.in_state("done")
        with pytest.raises(ConfigError, match="unknown outcome"):
            await run_admin.replay(hub.desk, run.id)
        await run_admin.resolve(hub.desk, run.id, landed=True, answer={})
        await hub.in_state("done", 2)
    assert sorted(_texts(vendor)) == ["Welcome Ada", "Welcome Bea"]


async def test_text_under_way_when_the_hub_dies_is_not_sent_by_the_next_one(tmp_path: Path) -> None:
    vendor = FakeOpenPhone()
    (before := tmp_path / "before").mkdir()
    async with texting(before, vendor) as hub:
        vendor.next("POST /v1/messages", after=True, delay_s=0.5)
        await hub.event("Ada")
        await hub.until(lambda _: bool(_texts(vendor)))
        copytree(before, tmp_path / "after")  # what is on disk at this moment is what a killed hub leaves behind
    async with texting(tmp_path / "after", vendor) as hub:
        await hub.in_state("unknown")
        await hub.event("Bea")
        await hub.in_state("done")
    assert sorted(_texts(vendor)) == ["Welcome Ada", "Welcome Bea"]


async def test_text_that_surely_did_not_leave_is_sent_when_it_can_be(tmp_path: Path) -> None:
    vendor = FakeOpenPhone()
    async with texting(tmp_path, vendor) as hub:
        vendor.next("POST /v1/messages", status=429, headers={"retry-after": "0"})
        await hub.event("Ada")
        await hub.in_state("done")
    assert _texts(vendor) == ["Welcome Ada"]
