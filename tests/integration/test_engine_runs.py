"""From a webhook to exactly one write: the plain way, and everything that must not break it."""

import asyncio

import pytest

from tests.integration.hubs import Hub
from trunkline.admin import runs as run_admin
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, as_object

ADD = """
  - id: add
    call: acme.things.add
    connection: target
    input: {name: "{{ trigger.thing.name }}"}
"""


async def test_an_event_becomes_one_write_and_a_finished_run(hub: Hub) -> None:
    await hub.flow(ADD)
    answer = await hub.event("Ada")
    assert (answer.status, as_object(answer.json())) == (200, {"ok": True, "events": 1, "dropped": 0})
    (run,) = await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]
    page = await run_admin.shown(hub.desk, run.id)
    assert page.event is not None
    assert page.event.payload == {"thing": {"id": "Ada", "name": "Ada", "number": 0, "extra": None}}
    (effect,) = page.effects
    assert (effect.effect.state, effect.effect.operation, effect.request) == ("done", "acme.things.add", {"name": "Ada"})
    assert as_object(effect.answer)["id"] == "t0"


async def test_a_hundred_parallel_copies_of_a_delivery_start_one_run(hub: Hub) -> None:
    await hub.flow(ADD)
    answers = await asyncio.gather(*(hub.event("Ada", id="same") for _ in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert sum(as_object(answer.json())["events"] == 1 for answer in answers) == 1
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]


async def test_events_of_one_record_are_handled_in_the_order_they_came(hub: Hub) -> None:
    await hub.flow(ADD)
    for number in range(30):
        await hub.event(f"{number}", thing="one")
    await hub.ended(30)
    assert hub.vendor.names() == [str(number) for number in range(30)]


async def test_a_filter_ends_a_run_and_says_which(hub: Hub) -> None:
    await hub.flow(
        """
  - id: only_bob
    filter: "{{ trigger.thing.name == 'Bob' }}"
"""
        + ADD
    )
    await hub.event("Ada")
    await hub.event("Bob")
    runs = await hub.ended(2)
    assert {run.record_key: run.state for run in runs} == {"Ada": "filtered", "Bob": "done"}
    assert "only_bob" in next(run.reason for run in runs if run.state == "filtered")
    assert hub.vendor.names() == ["Bob"]


async def test_branches_loops_tables_and_values_do_what_they_say(hub: Hub) -> None:
    await hub.flow("""
  - id: kind
    lookup: {table: kinds, key: "{{ trigger.thing.name }}", default: other}
  - id: choose
    if: "{{ steps.kind == 'cat' }}"
    then:
      - id: each
        for_each: "{{ [1, 2, 3] }}"
        do:
          - id: save
            call: acme.things.add
            connection: target
            input: {name: "{{ trigger.thing.name }} {{ item }} of {{ steps.kind }}"}
    else:
      - id: end
        stop: {reason: "no {{ steps.kind }} wanted", failed: true}
tables:
  kinds: {Tom: cat, Rex: dog}
""")
    await hub.event("Tom")
    await hub.event("Rex")
    runs = await hub.ended(2)
    assert hub.vendor.names() == ["Tom 1 of cat", "Tom 2 of cat", "Tom 3 of cat"]
    assert {run.record_key: (run.state, run.reason) for run in runs} == {"Tom": ("done", ""), "Rex": ("failed", "no dog wanted")}


async def test_two_flows_of_one_trigger_each_make_their_run(hub: Hub) -> None:
    await hub.flow(ADD, name="one")
    await hub.flow(ADD, name="two")
    await hub.event("Ada")
    runs = await hub.ended(2)
    assert len({run.flow for run in runs}) == 2
    assert hub.vendor.names() == ["Ada", "Ada"]


async def test_a_read_is_made_once_and_its_answer_used(hub: Hub) -> None:
    hub.vendor.things.append({"id": "t0", "name": "Zoe", "updated_at": "2026-01-01T00:00:00Z"})
    await hub.flow("""
  - id: look
    call: acme.things.get
    connection: target
    input: {id: t0}
  - id: add
    call: acme.things.add
    connection: target
    input: {name: "{{ steps.look.name }} again"}
""")
    await hub.event("Ada")
    await hub.in_state("done")
    assert hub.vendor.names() == ["Zoe", "Zoe again"]


async def test_a_value_that_breaks_at_run_time_is_a_dead_letter_that_names_the_field(hub: Hub) -> None:
    await hub.flow("""
  - id: add
    call: acme.things.add
    connection: target
    input: {name: "{{ trigger.thing.extra }}"}
""")
    await hub.event("Ada", extra=7)
    (run,) = await hub.in_state("failed")
    assert run.code == "mapping"
    assert "name" in run.reason
    assert hub.vendor.calls_to("POST /add") == []


async def test_a_delay_does_not_hold_up_later_events_of_the_record(hub: Hub) -> None:
    await hub.flow(
        """
  - id: rest
    delay: "{{ 3600 if trigger.thing.name == 'slow' else 0 }}"
"""
        + ADD
    )
    await hub.event("slow", thing="one")
    await hub.event("fast", thing="one")
    await hub.in_state("done")
    (parked,) = await hub.in_state("parked")
    assert hub.vendor.names() == ["fast"]
    await run_admin.cancel(hub.desk, parked.id)
    await hub.in_state("cancelled")


async def test_a_short_delay_ends_by_itself(hub: Hub) -> None:
    await hub.flow(
        """
  - id: rest
    delay: 1
"""
        + ADD
    )
    await hub.event("Ada")
    await hub.in_state("parked")
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]


async def test_a_finished_run_is_made_anew_by_a_replay(hub: Hub) -> None:
    await hub.flow(ADD)
    await hub.event("Ada")
    (run,) = await hub.in_state("done")
    again = await run_admin.replay(hub.desk, run.id)
    assert again != run.id
    await hub.in_state("done", 2)
    assert hub.vendor.names() == ["Ada", "Ada"]


async def test_a_failed_run_goes_on_where_it_failed_once_the_flow_is_mended(hub: Hub) -> None:
    steps = """
  - id: first
    call: acme.things.add
    connection: target
    input: {{name: "{{{{ trigger.thing.name }}}} 1"}}
  - id: second
    call: acme.things.add
    connection: target
    input: {{name: {second}}}
"""
    await hub.flow(steps.format(second='"{{ trigger.thing.extra }}"'))
    await hub.event("Ada", extra=5)
    (run,) = await hub.in_state("failed")
    await hub.flow(steps.format(second='"{{ trigger.thing.name }} 2"'))
    assert await run_admin.replay(hub.desk, run.id) == run.id
    (mended,) = await hub.in_state("done")
    assert (mended.id, mended.version, mended.attempts) == (run.id, 2, 2)
    assert hub.vendor.names() == ["Ada 1", "Ada 2"]


async def test_a_run_under_way_cannot_be_replayed_twice_over(hub: Hub) -> None:
    await hub.flow(ADD)
    hub.vendor.next("POST /add", delay_s=2.5)
    await hub.event("Ada")
    (run,) = await hub.in_state("running")
    with pytest.raises(ConfigError, match="running"):
        await run_admin.replay(hub.desk, run.id)
    await hub.in_state("done")


async def test_an_event_without_a_flow_is_answered_and_left_alone(hub: Hub) -> None:
    answer = await hub.event("Ada")
    assert as_object(answer.json())["events"] == 0
    assert await run_admin.events(hub.desk) == []


async def test_an_unpublished_flow_starts_nothing_new(hub: Hub) -> None:
    from trunkline.admin import flows as flow_admin  # noqa: PLC0415 - only here

    await hub.flow(ADD)
    await flow_admin.unpublish(hub.desk, "flow")
    await hub.engine.directory.refresh()
    assert as_object((await hub.event("Ada")).json())["events"] == 0


async def test_a_flow_that_feeds_itself_is_stopped_and_says_so(hub: Hub) -> None:
    """The vendor tells us of every thing we add, with the id it gave it, and that tells the flow to add to it again."""
    await hub.flow("""
  - id: put
    call: acme.things.put
    connection: source
    input: {name: "{{ trigger.thing.id }}", number: "{{ trigger.thing.number + 1 }}"}
""")
    number = 0
    await hub.event("seed", thing="t0", number=0)
    while True:
        runs = await hub.ended(number + 1)
        if any(run.state == "failed" for run in runs):
            break
        number += 1
        assert number < 40
        await hub.event(f"turn {number}", thing="t0", number=number)
    (stopped,) = [run for run in runs if run.state == "failed"]
    assert (stopped.code, stopped.depth) == ("loop", 21)
    assert "own writes" in stopped.reason


async def test_a_step_that_may_fail_hands_its_error_on(hub: Hub) -> None:
    hub.vendor.next("POST /add", status=422)
    await hub.flow("""
  - id: first
    call: acme.things.add
    connection: target
    input: {name: one}
    on_error: continue
  - id: second
    call: acme.things.add
    connection: target
    input: {name: "{{ steps.first.error.code }}"}
""")
    await hub.event("Ada")
    await hub.in_state("done")
    assert hub.vendor.names() == ["rejected"]


async def test_what_a_trace_tells_is_what_was_decided(hub: Hub) -> None:
    await hub.flow(
        """
  - id: vip
    filter: "{{ trigger.thing.number > 1 }}"
  - id: names
    set: {shout: "{{ trigger.thing.name | upper }}"}
"""
        + ADD
    )
    await hub.event("Ada", number=2)
    (run,) = await hub.in_state("done")
    trace = (await run_admin.shown(hub.desk, run.id)).trace
    told: list[tuple[JSON, JSON]] = (
        [(as_object(line)["step"], as_object(line)["kind"]) for line in trace or []] if isinstance(trace, list) else []
    )
    assert told == [("vip", "filter"), ("names", "set"), ("add", "call")]
