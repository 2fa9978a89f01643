"""A hub that is killed at a tick: the tick started its flow once when it runs again."""

import sys

import pytest

from tests.integration.hubs import opened
from tests.integration.shell import Shell
from trunkline.admin import flows as flow_admin
from trunkline.model.clock import SystemClock, iso, later
from trunkline.model.json import as_list, as_object
from trunkline.testing.crashpoints import die_at


@pytest.mark.parametrize("point", ["after-accept", "before-finish", "after-finish"])
async def test_a_tick_at_which_the_hub_is_killed_starts_its_flow_once(point: str, shell: Shell) -> None:
    """A single time, a moment from now: it may come while the hub starts, and is then made up for."""
    shell.home.mkdir()
    async with opened(shell.home) as desk:
        at = f"{iso(later(SystemClock().now(), 2.5))[:19]}Z"
        text = (
            f"flow: timed\ntrigger: {{on: schedule.once, input: {{at: {at}}}}}\nsteps: [{{set: {{at: '{{{{ trigger.planned_at }}}}'}}}}]\n"
        )
        await flow_admin.apply(desk, text, source="test")
        await flow_admin.publish(desk, "timed")
    await die_at(point, [sys.executable, "-m", "trunkline", "up", "--port", "0"], env=shell.environment())
    async with shell.hub():
        await shell.run_in("done")
        (event,) = as_list((await shell.done("events", "list"))["events"])
        (run,) = as_list((await shell.done("runs", "list"))["runs"])
    assert (as_object(event)["source"], as_object(event)["connection"]) == ("schedule", "")
    assert as_object(event)["key"] == at.replace("Z", ".000Z")
    assert as_object(run)["state"] == "done"
