"""What a vendor can answer, and what becomes of the run: by status, by kind of repeat."""

import pytest

from tests.integration.hubs import Hub
from trunkline.admin import connections as connection_admin
from trunkline.admin import runs as run_admin
from trunkline.model.event import FINAL
from trunkline.testing.endings import Ending


def flow_with(operation: str) -> str:
    return f"""
  - id: write
    call: acme.things.{operation}
    connection: target
    input: {{name: "{{{{ trigger.thing.name }}}}"}}
"""


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
async def test_what_the_vendor_will_never_take_is_a_dead_letter(hub: Hub, status: int) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=status)
    await hub.event("Ada")
    (run,) = await hub.in_state("failed")
    assert run.code == "rejected"
    assert len(hub.vendor.calls_to("POST /add")) == 1
    (effect,) = (await run_admin.shown(hub.desk, run.id)).effects
    assert effect.effect.state == "refused"


@pytest.mark.parametrize("operation", ["add", "put", "key", "make"])
async def test_a_surely_undone_write_is_tried_again_whatever_its_repeat(hub: Hub, operation: str) -> None:
    await hub.flow(flow_with(operation))
    hub.vendor.next(f"POST /{operation}", status=503, times=2)
    await hub.event("Ada")
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]
    assert len(hub.vendor.calls_to(f"POST /{operation}")) == 3


LOST = [(500, False, "answer"), (500, True, "answer"), (502, True, "answer"), (None, True, "drop"), (None, False, "truncate")]


@pytest.mark.parametrize(("status", "after", "ending"), LOST)
async def test_a_lost_answer_of_a_write_that_must_not_repeat_waits_for_a_person(
    hub: Hub, status: int | None, after: bool, ending: Ending
) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=status, after=after, ending=ending)
    await hub.event("Ada")
    (run,) = await hub.in_state("unknown")
    assert run.code == "outcome_unknown"
    assert len(hub.vendor.calls_to("POST /add")) == 1


@pytest.mark.parametrize(("status", "after", "ending"), LOST)
@pytest.mark.parametrize("operation", ["put", "key", "make"])
async def test_a_lost_answer_is_settled_as_the_operation_declares(
    hub: Hub, operation: str, status: int | None, after: bool, ending: Ending
) -> None:
    await hub.flow(flow_with(operation))
    hub.vendor.next(f"POST /{operation}", status=status, after=after, ending=ending)
    await hub.event("Ada")
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]


async def test_an_html_page_with_status_200_says_nothing_about_a_write(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=200, body="<html>Welcome to the proxy</html>")
    await hub.event("Ada")
    await hub.in_state("unknown")


async def test_a_time_out_after_the_write_waits_for_a_person(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.engine.directory.named(hub.desk.workspace, "target").session.timeout_s = 0.5
    hub.vendor.next("POST /add", after=True, ending="hang")
    await hub.event("Ada")
    await hub.in_state("unknown")
    assert hub.vendor.names() == ["Ada"]


async def test_a_person_says_that_it_landed_and_the_run_goes_on(hub: Hub) -> None:
    second = """
  - id: second
    call: acme.things.add
    connection: target
    input: {name: "after {{ steps.write.id }}"}
"""
    await hub.flow(flow_with("add") + second)
    hub.vendor.next("POST /add", status=500, after=True)
    await hub.event("Ada")
    (run,) = await hub.in_state("unknown")
    await run_admin.resolve(hub.desk, run.id, landed=True, answer={"id": "seen by me"})
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada", "after seen by me"]


async def test_a_person_asks_to_send_it_again(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=500)
    await hub.event("Ada")
    (run,) = await hub.in_state("unknown")
    await run_admin.resolve(hub.desk, run.id, landed=False, answer={})
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]


async def test_a_429_without_a_time_is_tried_again(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=429)
    await hub.event("Ada")
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]


async def test_a_429_with_a_time_is_believed_and_parks_the_run(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=429, headers={"retry-after": "3"})
    await hub.event("Ada")
    (parked,) = await hub.in_state("parked")
    assert parked.code == "rate_limited"
    (done,) = await hub.in_state("done")
    assert done.finished_at is not None
    assert done.finished_at - done.started_at >= 2_900_000
    assert hub.vendor.names() == ["Ada"]


async def test_later_events_of_a_record_wait_behind_its_parked_run_and_others_do_not(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=503, headers={"retry-after": "3"})
    await hub.event("first", thing="one")
    await hub.in_state("parked")
    await hub.event("second", thing="one")
    await hub.event("third", thing="one")
    await hub.in_state("waiting", 2)
    await hub.event("other", thing="two")
    await hub.ended(4)
    assert hub.vendor.names() == ["other", "first", "second", "third"]


async def test_a_refused_credential_pauses_the_connection_and_everything_goes_on_after_reconnecting(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.token_accepted = False
    await hub.event("Ada")
    await hub.in_state("parked")
    calls = len(hub.vendor.calls)
    for name in ("Bob", "Cid", "Dan"):
        await hub.event(name)
    await hub.in_state("parked", 4)
    assert len(hub.vendor.calls) == calls, "a paused connection is not called"
    assert (await connection_admin.named(hub.desk, "target")).state == "paused"
    hub.vendor.token_accepted = True
    await connection_admin.update(hub.desk, "target", secrets={"token": hub.vendor.token}, options={}, base_url=None)
    await hub.in_state("done", 4)
    assert sorted(hub.vendor.names()) == ["Ada", "Bob", "Cid", "Dan"]


async def test_a_test_of_the_connection_wakes_what_waited_for_it(hub: Hub) -> None:
    await hub.flow(flow_with("add"))
    hub.vendor.token_accepted = False
    await hub.event("Ada")
    await hub.in_state("parked")
    assert (await connection_admin.test(hub.desk, "target")).ok is False
    hub.vendor.token_accepted = True
    assert (await connection_admin.test(hub.desk, "target")).ok is True
    await hub.in_state("done")


async def test_a_read_is_tried_again_after_any_fault_of_the_vendor(hub: Hub) -> None:
    hub.vendor.things.append({"id": "t0", "name": "Zoe", "updated_at": "2026-01-01T00:00:00Z"})
    await hub.flow("""
  - id: look
    call: acme.things.get
    connection: target
    input: {id: t0}
""")
    hub.vendor.next("GET /things/t0", status=500)
    hub.vendor.next("GET /things/t0", ending="drop")
    hub.vendor.next("GET /things/t0", status=200, body="<html>")
    await hub.event("Ada")
    await hub.in_state("done")
    assert len(hub.vendor.calls_to("GET /things/t0")) == 4


async def test_a_look_that_fails_does_not_make_the_write_look_undone(hub: Hub) -> None:
    await hub.flow(flow_with("make"))
    hub.vendor.next("POST /make", status=500, after=True)
    hub.vendor.next("GET /things", status=503, times=2)
    await hub.event("Ada")
    await hub.in_state("done")
    assert hub.vendor.names() == ["Ada"]
    assert len(hub.vendor.calls_to("POST /make")) == 1


async def test_a_vendor_that_never_recovers_leaves_a_dead_letter_not_a_storm(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.engine.retry.MOST_ATTEMPTS", 4)
    monkeypatch.setattr("trunkline.engine.retry.CAP_S", 0.05)
    await hub.flow(flow_with("add"))
    hub.vendor.next("POST /add", status=503, times=100)
    await hub.event("Ada")
    (run,) = await hub.in_state("failed")
    assert run.code == "unavailable"
    assert len(hub.vendor.calls_to("POST /add")) == 4
    assert run.state in FINAL
