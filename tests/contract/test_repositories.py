"""What the repositories promise, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from trunkline.model.clock import SECOND, Instant
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError
from trunkline.model.event import Effect, Event, Run
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, EndpointId, EventId, FlowId, RunId, effect_key
from trunkline.store import connections, cursors, effects, events, flows, retention, runs
from trunkline.store.cursors import Cursor
from trunkline.store.database import Database
from trunkline.store.flows import Flow, FlowVersion
from trunkline.store.payload import pack
from trunkline.store.statement import Transaction

T = TypeVar("T")
CONNECTION = ConnectionId("con_1")
FLOW = FlowId("flw_1")


def an_event(number: int, *, record: str = "r", at: int = 0) -> Event:
    return Event(
        id=EventId(f"evt_{number}"),
        identity=f"identity {number}",
        workspace=DEFAULT_WORKSPACE,
        connection=CONNECTION,
        trigger="acme.changed",
        key=str(number),
        record_key=record,
        source="webhook",
        depth=0,
        occurred_at=None,
        received_at=Instant(at),
        payload={"number": number, "text": "ä" * 400},
    )


def a_run(number: int, *, record: str = "r", event: int = 0) -> Run:
    return Run(
        seq=0,
        id=RunId(f"run_{number}"),
        workspace=DEFAULT_WORKSPACE,
        flow=FLOW,
        version=1,
        event=EventId(f"evt_{event}"),
        record_key=record,
        generation=0,
        depth=0,
        state="running",
        code="",
        reason="",
        attempts=1,
        received_at=Instant(0),
        started_at=Instant(5),
        finished_at=None,
    )


def a_connection(name: str) -> Connection:
    return Connection(
        id=ConnectionId(f"con_{name}"),
        workspace=DEFAULT_WORKSPACE,
        name=name,
        connector="acme",
        base_url=None,
        options={"place": "here"},
        endpoint=EndpointId(f"end_{name}"),
        state="ok",
        cause="",
        since=Instant(0),
        created_at=Instant(0),
    )


async def commit(database: Database, unit: Callable[[Transaction], T]) -> T:
    return await database.journal.commit(unit)


async def test_an_event_is_stored_once_whatever_is_redelivered(database: Database) -> None:
    event = an_event(1)
    assert await commit(database, lambda tx: events.insert_event(tx, event)) is True
    assert await commit(database, lambda tx: events.insert_event(tx, event)) is False
    assert await database.read(lambda tx: events.get_event(tx, event.id)) == event
    assert await database.read(lambda tx: events.get_event(tx, EventId("evt_none"))) is None


async def test_the_inbox_keeps_its_order_and_never_uses_a_place_again(database: Database) -> None:
    def put(number: int) -> Callable[[Transaction], int]:
        def unit(tx: Transaction) -> int:
            events.insert_event(tx, an_event(number))
            return events.enqueue(tx, EventId(f"evt_{number}"), partition=3)

        return unit

    places = [await commit(database, put(number)) for number in range(4)]
    assert places == sorted(places)
    items = await database.read(lambda tx: events.pending(tx, after=places[0], most=2))
    assert [item.event.id for item in items] == ["evt_1", "evt_2"]
    await commit(database, lambda tx: events.done(tx, [*places, 999]))
    assert await database.read(events.inbox_depth) == 0
    assert await commit(database, put(9)) > places[-1]


async def test_a_repeat_of_one_flow_waits_in_the_inbox_as_such(database: Database) -> None:
    await commit(database, lambda tx: events.insert_event(tx, an_event(1)))
    await commit(database, lambda tx: events.enqueue(tx, EventId("evt_1"), partition=0, flow=FLOW, generation=2))
    (item,) = await database.read(lambda tx: events.pending(tx, after=0, most=10))
    assert (item.flow, item.generation) == (FLOW, 2)


async def test_a_run_taken_up_again_keeps_its_first_start_and_counts_its_attempts(database: Database) -> None:
    await commit(database, lambda tx: runs.start_run(tx, a_run(1)))
    await commit(database, lambda tx: runs.move_run(tx, RunId("run_1"), state="failed", code="x", reason="y", finished_at=Instant(9)))
    await commit(database, lambda tx: runs.start_run(tx, replace(a_run(1), version=2, attempts=2, started_at=Instant(99))))
    run = await database.read(lambda tx: runs.get_run(tx, RunId("run_1")))
    assert run is not None
    assert (run.state, run.version, run.attempts, run.started_at, run.code, run.finished_at) == ("running", 2, 2, 5, "", None)


async def test_parked_runs_come_due_in_order_and_are_claimed_once(database: Database) -> None:
    for number, due in ((1, 30), (2, 10), (3, None)):
        await commit(database, lambda tx, number=number: runs.start_run(tx, a_run(number, record=str(number))))
        await commit(
            database,
            lambda tx, number=number, due=due: runs.park_run(
                tx, a_run(number, record=str(number)), due_at=None if due is None else Instant(due), connection=CONNECTION, holds=True
            ),
        )
    assert await database.read(runs.next_due) == 10
    due_now = await database.read(lambda tx: runs.due_runs(tx, now=Instant(30), most=10))
    assert [run.id for run in due_now] == ["run_2", "run_1"]
    assert await commit(database, lambda tx: runs.unpark_run(tx, RunId("run_1"))) is True
    assert await commit(database, lambda tx: runs.unpark_run(tx, RunId("run_1"))) is False
    assert await commit(database, lambda tx: runs.wake_runs_of(tx, CONNECTION, now=Instant(7))) == 1
    assert await database.read(runs.next_due) == 7
    assert {held[2] for held in await database.read(runs.held_records)} == {"run_2", "run_3"}


async def test_the_oldest_waiting_run_of_a_record_is_next(database: Database) -> None:
    for number in (1, 2, 3):
        await commit(database, lambda tx, number=number: runs.start_run(tx, replace(a_run(number), state="waiting")))
    following = await database.read(lambda tx: runs.next_waiting(tx, flow=FLOW, record_key="r"))
    assert following is not None
    assert following.id == "run_1"
    assert await database.read(lambda tx: runs.next_waiting(tx, flow=FLOW, record_key="other")) is None
    assert [run.id for run in await database.read(runs.open_runs)] == ["run_1", "run_2", "run_3"]


async def test_runs_are_listed_newest_first_by_what_one_asks_for(database: Database) -> None:
    for number, state in ((1, "done"), (2, "failed"), (3, "unknown"), (4, "filtered")):
        ended = replace(a_run(number), state=state, finished_at=Instant(number))
        await commit(database, lambda tx, ended=ended: runs.start_run(tx, ended, trace=pack([{"step": "a"}])))
    assert [run.id for run in await database.read(lambda tx: runs.latest_runs(tx, most=9))] == ["run_4", "run_3", "run_2", "run_1"]
    assert [run.id for run in await database.read(lambda tx: runs.latest_runs(tx, most=9, failed=True))] == ["run_3", "run_2"]
    assert [run.id for run in await database.read(lambda tx: runs.latest_runs(tx, most=9, state="done"))] == ["run_1"]
    assert len(await database.read(lambda tx: runs.latest_runs(tx, most=2, flow=FLOW))) == 2
    assert await database.read(runs.run_counts) == {"done": 1, "failed": 1, "unknown": 1, "filtered": 1}
    assert await database.read(lambda tx: runs.trace_of(tx, RunId("run_1"))) == [{"step": "a"}]


async def test_an_effect_goes_from_intent_to_outcome(database: Database) -> None:
    effect = Effect(
        run=RunId("run_1"),
        path="save",
        operation="acme.save",
        connection=CONNECTION,
        state="intended",
        attempts=1,
        intended_at=Instant(1),
        finished_at=None,
        code="",
        reason="",
    )
    await commit(database, lambda tx: effects.intend(tx, effect, pack({"to": 1})))
    await commit(database, lambda tx: effects.intend(tx, replace(effect, intended_at=Instant(2)), pack({"to": 2})))
    await commit(
        database, lambda tx: effects.settle(tx, RunId("run_1"), "save", state="unknown", finished_at=Instant(3), code="c", reason="why")
    )
    (recorded,) = await database.read(lambda tx: effects.effects_of(tx, RunId("run_1")))
    assert (recorded.effect.attempts, recorded.effect.intended_at, recorded.effect.state, recorded.request) == (2, 2, "unknown", {"to": 2})
    assert [found.effect.key for found in await database.read(lambda tx: effects.unsure_effects(tx, most=5))] == [
        effect_key(RunId("run_1"), "save")
    ]
    await commit(
        database, lambda tx: effects.settle(tx, RunId("run_1"), "save", state="done", finished_at=Instant(4), answer=pack({"id": "x"}))
    )
    assert await database.read(lambda tx: effects.unsure_effects(tx, most=5)) == []


async def test_a_step_keeps_its_first_result(database: Database) -> None:
    await commit(database, lambda tx: runs.record_step(tx, RunId("run_1"), "look", {"n": 1}, at=Instant(0)))
    await commit(database, lambda tx: runs.record_step(tx, RunId("run_1"), "look", {"n": 2}, at=Instant(0)))
    assert await database.read(lambda tx: runs.recorded_steps(tx, RunId("run_1"))) == {"look": {"n": 1}}


async def test_a_connection_name_is_taken_once_and_every_change_raises_the_generation(database: Database) -> None:
    await commit(database, lambda tx: connections.add_connection(tx, a_connection("main"), sealed=b"s"))
    with pytest.raises(ConfigError, match="already"):
        await commit(database, lambda tx: connections.add_connection(tx, replace(a_connection("main"), id=ConnectionId("x")), sealed=b"s"))
    assert await database.read(connections.generation) == 1
    await commit(database, lambda tx: connections.set_state(tx, ConnectionId("con_main"), state="paused", cause="c", since=Instant(3)))
    await commit(
        database, lambda tx: connections.update_connection(tx, replace(a_connection("main"), options={"place": "there"}), sealed=b"t")
    )
    ((connection, sealed),) = await database.read(connections.all_connections)
    assert (connection.state, connection.cause, connection.options, sealed) == ("paused", "c", {"place": "there"}, b"t")
    assert await commit(database, lambda tx: connections.remove_connection(tx, ConnectionId("con_main"))) is True
    assert await database.read(connections.generation) == 4


async def test_a_flow_keeps_every_version_and_publishes_one(database: Database) -> None:
    flow = Flow(
        id=FLOW,
        workspace=DEFAULT_WORKSPACE,
        name="f",
        title="F",
        latest=1,
        published=None,
        created_at=Instant(0),
        changed_at=Instant(0),
    )

    def version(number: int) -> FlowVersion:
        return FlowVersion(
            flow=FLOW,
            version=number,
            document=f"v{number}",
            digest=str(number),
            trigger={"name": "a.b"},
            created_at=Instant(0),
            published_at=None,
        )

    await commit(database, lambda tx: flows.save_flow(tx, flow, version(1)))
    await commit(database, lambda tx: flows.publish(tx, FLOW, 1, now=Instant(5)))
    await commit(database, lambda tx: flows.save_flow(tx, replace(flow, title="G"), version(2)))
    stored = await database.read(lambda tx: flows.flow_named(tx, DEFAULT_WORKSPACE, "f"))
    assert stored is not None
    assert (stored.latest, stored.published, stored.title) == (2, 1, "G")
    assert [found.document for found in await database.read(lambda tx: flows.versions_of(tx, FLOW))] == ["v2", "v1"]
    await commit(database, lambda tx: flows.remove_flow(tx, FLOW))
    assert await database.read(flows.all_flows) == []


async def test_a_cursor_moves_and_can_be_forgotten_with_what_was_seen(database: Database) -> None:
    cursor = Cursor(cursor="2026-01-01T00:00:00.000Z", baseline=Instant(1), polled_at=Instant(2), missed=0, problem="")
    await commit(database, lambda tx: cursors.save_cursor(tx, "s", cursor))
    await commit(database, lambda tx: cursors.save_cursor(tx, "s", replace(cursor, missed=3)))
    assert await database.read(cursors.all_cursors) == {"s": replace(cursor, missed=3)}
    await commit(database, lambda tx: cursors.forget_scope(tx, "s"))
    assert await database.read(lambda tx: cursors.get_cursor(tx, "s")) is None


async def test_retention_takes_what_is_old_and_leaves_what_is_open_or_unknown(database: Database) -> None:
    for number in range(6):
        await commit(database, lambda tx, number=number: events.insert_event(tx, an_event(number, at=number)))
    for number, state, finished in ((0, "done", 10), (1, "unknown", 11), (2, "running", None), (3, "failed", 90)):
        run = replace(a_run(number, event=number), state=state, finished_at=None if finished is None else Instant(finished))
        await commit(database, lambda tx, run=run: runs.start_run(tx, run))
    await commit(database, lambda tx: events.enqueue(tx, EventId("evt_4"), partition=0))
    gone = 1
    while gone:
        gone = await commit(database, lambda tx: retention.drop_before(tx, Instant(50)))
    left = await database.read(lambda tx: (runs.latest_runs(tx, most=9), events.latest_events(tx, most=9)))
    assert {run.id for run in left[0]} == {"run_1", "run_2", "run_3"}
    assert {event.id for event in left[1]} == {"evt_1", "evt_2", "evt_3", "evt_4"}
    assert await commit(database, retention.drop_oldest) > 0
    assert await database.read(lambda tx: runs.get_run(tx, RunId("run_3"))) is None


async def test_the_size_of_the_data_is_known(database: Database) -> None:
    assert await database.read(database.driver.size_bytes) > 10_000
    assert SECOND == 1_000_000
