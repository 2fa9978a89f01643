"""A write whose first try may have been done stays in doubt until something proves what became of it."""

import pytest

from tests.integration.hubs import Hub
from trunkline.admin import runs as run_admin
from trunkline.model.errors import ConfigError

MAKE = """
  - id: make
    call: acme.things.make
    connection: target
    input: {name: "{{ trigger.thing.name }}"}
"""


async def test_a_look_that_is_refused_leaves_the_outcome_unknown_and_a_replay_cannot_double_it(hub: Hub) -> None:
    await hub.flow(MAKE)
    hub.vendor.next("POST /make", status=500, after=True)
    hub.vendor.next("GET /things", status=403)
    await hub.event("Ada")
    (run,) = await hub.in_state("unknown")
    with pytest.raises(ConfigError, match="unknown outcome"):
        await run_admin.replay(hub.desk, run.id)
    (effect,) = (await run_admin.shown(hub.desk, run.id)).effects
    assert effect.effect.state == "unknown"
    await run_admin.resolve(hub.desk, run.id, landed=True, answer={})
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]


async def test_a_look_that_finds_nothing_proves_that_the_first_try_was_not_done(hub: Hub) -> None:
    await hub.flow(MAKE)
    hub.vendor.next("POST /make", status=500)
    hub.vendor.next("POST /make", status=422)
    await hub.event("Ada")
    (run,) = await hub.in_state("failed")
    assert run.code == "rejected"
    (effect,) = (await run_admin.shown(hub.desk, run.id)).effects
    assert effect.effect.state == "refused"
    await run_admin.replay(hub.desk, run.id)
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]
