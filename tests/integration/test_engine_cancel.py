"""A run that another process ends sets free what waited behind it."""

import pytest

from tests.integration.hubs import Hub
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as run_admin
from trunkline.model.errors import ConfigError

ADD = """
  - id: add
    call: acme.things.add
    connection: target
    input: {name: "{{ trigger.thing.name }}"}
"""


async def test_cancelling_a_parked_run_lets_the_next_of_its_record_go_on(hub: Hub) -> None:
    await hub.flow(ADD)
    hub.vendor.next("POST /add", status=503, headers={"retry-after": "3600"})
    await hub.event("first", thing="one")
    (parked,) = await hub.in_state("parked")
    await hub.event("second", thing="one")
    await hub.event("third", thing="one")
    await hub.in_state("waiting", 2)
    await run_admin.cancel(hub.desk, parked.id)
    await hub.in_state("done", 2)
    assert hub.vendor.names() == ["second", "third"]


async def test_cancelling_a_waiting_run_leaves_the_others_in_order(hub: Hub) -> None:
    await hub.flow(ADD)
    hub.vendor.next("POST /add", status=503, headers={"retry-after": "3"})
    await hub.event("first", thing="one")
    await hub.in_state("parked")
    await hub.event("second", thing="one")
    (second,) = await hub.in_state("waiting")
    await hub.event("third", thing="one")
    await hub.in_state("waiting", 2)
    await run_admin.cancel(hub.desk, second.id)
    await hub.in_state("done", 2)
    assert hub.vendor.names() == ["first", "third"]


async def test_a_parked_run_can_be_sent_on_its_way_at_once(hub: Hub) -> None:
    await hub.flow(ADD)
    hub.vendor.next("POST /add", status=503, headers={"retry-after": "3600"})
    await hub.event("first")
    (parked,) = await hub.in_state("parked")
    assert await run_admin.replay(hub.desk, parked.id) == parked.id
    await hub.in_state("done")
    assert hub.vendor.names() == ["first"]


async def test_a_replay_of_a_flow_that_does_not_run_says_so(hub: Hub) -> None:
    await hub.flow(ADD)
    hub.vendor.next("POST /add", status=422)
    await hub.event("first")
    (failed,) = await hub.in_state("failed")
    await flow_admin.unpublish(hub.desk, "flow")
    with pytest.raises(ConfigError, match="not published"):
        await run_admin.replay(hub.desk, failed.id)
