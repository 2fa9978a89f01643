"""Budgets of a hub on a real data folder: they outlast it, park what has to wait, and are told to Prometheus and to people."""

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from tests.integration.acme import FakeAcme
from tests.integration.acme import connector as acme
from tests.integration.hubs import Hub, opened, running
from tests.integration.shell import Shell
from trunkline.admin import budgets as admin
from trunkline.admin import connections as connection_admin
from trunkline.admin.desk import Desk
from trunkline.connect.budget import Budget
from trunkline.connect.declaration import RateLimit
from trunkline.connect.turns import Errand
from trunkline.connect.windows import Window
from trunkline.engine.budgets import BudgetRoom
from trunkline.engine.metrics import hand_over
from trunkline.model.clock import Instant, SystemClock, later
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.errors import RateLimitedError
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, EndpointId
from trunkline.model.json import as_list, as_object
from trunkline.store import budgets as store
from trunkline.testing.clock import FakeClock

LIMITED = replace(acme, limits=(RateLimit(calls=100, per_s=86_400), RateLimit(calls=50, per_s=60, group="heavy")))
ACCOUNT = Account(options={}, credential=Credential({"token": "t"}))
HASTY = Errand(patience_s=0)
STEPS = """
  - id: save
    call: acme.things.add
    connection: target
    input: {name: "{{ trigger.thing.name }}"}
"""


ONLY = """
  - id: only
    filter: "{{{{ trigger.thing.name {} }}}}"
"""


def token(account: Account) -> str:
    return account.credential["token"]


def person(account: Account) -> str:
    return account.credential.get("person", "")


def connection(name: str) -> Connection:
    return Connection(
        id=ConnectionId(f"con_{name}"),
        workspace=DEFAULT_WORKSPACE,
        name=name,
        connector="acme",
        base_url=None,
        options={},
        endpoint=EndpointId(name),
        state="ok",
        cause="",
        since=Instant(0),
        created_at=Instant(0),
    )


async def used(budget: Budget, calls: int) -> int:
    """Make so many calls, or as many as there are; how many."""
    for made in range(calls):
        try:
            async with budget.place(HASTY):
                pass
        except RateLimitedError:
            return made
    return calls


def room(desk: Desk) -> BudgetRoom:
    return BudgetRoom(desk.database, SystemClock())


async def test_a_restart_does_not_spend_a_day_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        first = room(desk)
        assert await used(first.of(connection("a"), LIMITED, ACCOUNT), 60) == 60
        await first.close()
        second = room(desk)
        await second.alone()
        assert await used(second.of(connection("a"), LIMITED, ACCOUNT), 100) == 40
        assert await used(second.of(connection("b"), LIMITED, ACCOUNT), 100) == 100, "another connection has its own"
        await second.close()
        rows = await desk.database.read(store.all_budgets)
        assert {row.owner for row in rows if row.scope == "con_a"} > {""}, "what is over is one row"


async def test_a_killed_process_costs_few_calls_and_never_gives_more(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        killed = room(desk)
        assert await used(killed.of(connection("a"), LIMITED, ACCOUNT), 60) == 60
        after = room(desk)
        await after.alone()
        left = await used(after.of(connection("a"), LIMITED, ACCOUNT), 100)
        assert 20 <= left <= 40
        third = room(desk)
        await third.alone()
        assert await used(third.of(connection("a"), LIMITED, ACCOUNT), 100) <= 40 - left
        for opened_room in (killed, after, third):
            await opened_room.close()


async def test_a_second_process_counts_what_the_first_has_used_and_takes_nothing_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        hub, command = room(desk), room(desk)
        await used(hub.of(connection("a"), LIMITED, ACCOUNT), 30)
        await command.open()
        await used(command.of(connection("a"), LIMITED, ACCOUNT), 5)
        await command.close()
        await hub.close()
        third = room(desk)
        await third.open()
        assert await used(third.of(connection("a"), LIMITED, ACCOUNT), 100) == 65
        await third.close()


async def test_calls_after_a_quiet_time_count_when_the_process_is_killed_right_then(tmp_path: Path) -> None:
    """They are covered by what was kept ahead long before."""
    clock = FakeClock()
    minute = replace(acme, limits=(RateLimit(calls=50, per_s=60),))
    async with opened(tmp_path) as desk:
        killed = BudgetRoom(desk.database, clock)
        budget = killed.of(connection("a"), minute, ACCOUNT)
        assert await used(budget, 1) == 1
        await clock.advance(7200)
        assert await used(budget, 2) == 2
        after = BudgetRoom(desk.database, clock)
        await after.alone()
        assert await used(after.of(connection("a"), minute, ACCOUNT), 50) <= 48
        await after.close()
        await killed.close()


async def test_a_freeze_is_honoured_by_the_next_process_and_in_its_bucket_only(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        first = room(desk)
        until = later(SystemClock().now(), 3600)
        first.of(connection("a"), LIMITED, ACCOUNT).of("heavy").refused(until)
        await first.close()
        second = room(desk)
        await second.alone()
        budget = second.of(connection("a"), LIMITED, ACCOUNT)
        with pytest.raises(RateLimitedError) as caught:
            async with budget.of("heavy").place():
                pass
        assert caught.value.retry_at == until
        assert await used(budget, 3) == 3
        await second.close()


async def test_connections_that_the_vendor_counts_together_share(tmp_path: Path) -> None:
    together = replace(LIMITED, counted_by=token)
    other = Account(options={}, credential=Credential({"token": "u"}))
    async with opened(tmp_path) as desk:
        at = room(desk)
        one, two = at.of(connection("a"), together, ACCOUNT), at.of(connection("b"), together, ACCOUNT)
        assert one is two
        assert at.of(connection("c"), together, other) is not one
        assert at.of(replace(connection("d"), base_url="http://127.0.0.1:1"), together, ACCOUNT) is not one, "another server"
        await at.close()


async def test_connections_that_turn_out_to_be_one_persons_share_what_each_has_used(tmp_path: Path) -> None:
    by_person = replace(LIMITED, counted_by=person)
    told = Account(options={}, credential=Credential({"token": "t", "person": "p"}))
    async with opened(tmp_path) as desk:
        first = room(desk)
        a, b = first.of(connection("a"), by_person, ACCOUNT), first.of(connection("b"), by_person, ACCOUNT)
        assert await used(a.of(""), 30) == 30
        assert await used(b.of(""), 20) == 20
        assert await used(a.of("heavy"), 10) == 10
        first.known(connection("a"), by_person, told)
        first.known(connection("b"), by_person, told)
        assert a.of("") is b.of("")
        assert await used(b.of("heavy"), 100) == 40
        assert await used(a.of(""), 10) == 10
        assert first.counted_as(connection("a"), by_person, ACCOUNT) == first.counted_as(connection("b"), by_person, ACCOUNT)
        again = first.of(connection("a"), by_person, ACCOUNT)
        assert again.of("") is b.of(""), "a link that is made anew, too"
        await first.close()
        second = room(desk)
        await second.alone()
        budget = second.of(connection("b"), by_person, ACCOUNT)
        second.known(connection("b"), by_person, told)
        assert await used(budget.of(""), 100) == 40
        assert await used(budget.of("heavy"), 100) == 0
        await second.close()


async def test_a_kill_after_two_budgets_became_one_forgets_nothing(tmp_path: Path) -> None:
    by_person = replace(LIMITED, counted_by=person)
    told = Account(options={}, credential=Credential({"token": "t", "person": "p"}))
    async with opened(tmp_path) as desk:
        killed = room(desk)
        a, b = killed.of(connection("a"), by_person, ACCOUNT), killed.of(connection("b"), by_person, ACCOUNT)
        assert await used(a.of(""), 30) == 30
        killed.known(connection("b"), by_person, told)
        assert await used(b.of(""), 1) == 1
        killed.known(connection("a"), by_person, told)
        assert await used(b.of(""), 1) == 1
        await killed.kept()
        after = room(desk)
        await after.alone()
        left = after.of(connection("b"), by_person, ACCOUNT)
        after.known(connection("b"), by_person, told)
        assert 50 <= await used(left.of(""), 100) <= 68, "although nobody has asked for `a` yet"
        await after.close()
        await killed.close()


async def test_a_run_that_has_to_wait_is_parked_and_its_tries_are_not_spent(hub: Hub) -> None:
    await hub.flow(STEPS)
    budget = hub.engine.directory.named(DEFAULT_WORKSPACE, "target").session.budget
    budget.freeze(later(SystemClock().now(), 6))
    await hub.event("ada")
    (parked,) = await hub.in_state("parked")
    assert parked.code == "budget"
    assert "target" in parked.reason
    assert not hub.vendor.calls_to("POST /add")
    (done,) = await hub.in_state("done")
    assert done.attempts == 1
    assert len(hub.vendor.calls_to("POST /add")) == 1


async def test_a_hub_honours_a_freeze_from_before_its_start(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        hub.engine.directory.named(DEFAULT_WORKSPACE, "target").session.budget.refused(later(SystemClock().now(), 3600))
    async with running(tmp_path, vendor) as hub:
        await hub.flow(STEPS)
        await hub.event("ada")
        (parked,) = await hub.in_state("parked")
        assert parked.code == "budget"
        (shown,) = await admin.listed(hub.desk, name="target")
        assert shown.standing.paused_until is not None
        assert shown.standing.windows == ()


async def test_prometheus_is_told_per_connection(hub: Hub) -> None:
    at = hub.desk.budgets
    budget = at.of(connection("measured"), LIMITED, ACCOUNT)
    await used(budget, 7)
    budget.of("heavy").refused(later(SystemClock().now(), 100))
    hand_over()
    told = generate_latest().decode()
    assert 'trunkline_budget_used_calls{connection="measured",group="",window="86400s"} 7.0' in told
    assert 'trunkline_budget_left_calls{connection="measured",group="",window="86400s"} 93.0' in told
    assert 'trunkline_budget_waiting_calls{connection="measured",group="",lane="live"} 0.0' in told
    assert 'trunkline_vendor_too_fast_total{connection="measured",group="heavy"} 1.0' in told
    frozen = next(
        line for line in told.splitlines() if line.startswith('trunkline_budget_frozen_seconds{connection="measured",group="heavy"}')
    )
    assert 90 < float(frozen.split()[1]) <= 100


async def test_a_day_that_is_nearly_used_up_is_an_alert_until_a_part_is_free_again(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path) as desk:
        at = BudgetRoom(desk.database, clock)
        budget = at.of(connection("a"), LIMITED, ACCOUNT)
        assert await used(budget, 50) == 50
        await clock.advance(3600)
        assert await used(budget, 39) == 39
        assert await at.concerns() == []
        assert await used(budget, 1) == 1
        (told,) = await at.concerns()
        assert (told.kind, told.key) == ("budget", "budget:con_a:")
        assert told.text == "a: 90% of the calls that the vendor allows in a day are used."
        budget.windows[0].limit_to(105)
        assert await at.concerns() == [told], "not over and begun again with each call that ends"
        await clock.advance(83_000)
        assert await at.concerns() == []
        await at.close()


async def test_a_removed_connection_leaves_nothing_behind(tmp_path: Path, vendor: FakeAcme) -> None:
    async with running(tmp_path, vendor) as hub:
        hub.engine.directory.named(DEFAULT_WORKSPACE, "target").session.budget.refused(later(SystemClock().now(), 3600))
    async with opened(tmp_path) as desk:
        assert len(await desk.database.read(store.all_budgets)) == 1
        await connection_admin.remove(desk, "target")
        assert await desk.database.read(store.all_budgets) == []


async def test_a_connection_that_is_removed_from_a_running_hub_is_told_of_no_more(hub: Hub) -> None:
    budgets = hub.desk.budgets
    one, other = connection("one"), connection("other")
    together = replace(LIMITED, counted_by=token)
    for added in (one, other):
        await used(budgets.of(added, LIMITED, ACCOUNT), 95)
    assert len(await budgets.concerns()) == 2
    budgets.forget(one.id)
    assert [told.connections for told in await budgets.concerns()] == [(other.id,)]
    hand_over()
    assert 'budget_waiting_calls{connection="one"' not in generate_latest().decode()
    await used(budgets.of(one, together, ACCOUNT), 60)
    budgets.forget(one.id)
    assert await used(budgets.of(other, together, ACCOUNT), 100) == 40, "whoever comes with the same key goes on from there"
    await connection_admin.remove(hub.desk, "target")
    assert hub.engine.directory.links()
    await hub.engine.directory.refresh()
    hand_over()
    assert 'budget_waiting_calls{connection="target"' not in generate_latest().decode()


async def test_a_person_sees_budgets_and_forecasts(shell: Shell) -> None:
    await shell.done("connections", "add", "ghl", "--name", "crm", "--option", "location=L1", "--secret", "token=-", stdin="pit-a")
    await shell.done("connections", "add", "ghl", "--name", "crm2", "--option", "location=L1", "--secret", "token=-", stdin="pit-a")
    shown = [as_object(one) for one in as_list((await shell.done("budgets", "list"))["budgets"])]
    assert [(one["connection"], one["shared_with"]) for one in shown] == [("crm", ["crm2"]), ("crm2", ["crm"])]
    (told,) = as_list((await shell.done("budgets", "forecast", "crm", "--calls", "301000"))["forecasts"])
    assert as_object(told)["share_of_day"] == 1.505
    said = await shell("budgets", "forecast", "crm", "--calls", "301000")
    assert "301,000 calls, 33 h at your limits, 150.5% of a day's calls" in said.out
    assert (await shell("budgets", "forecast", "crm")).code == 2
    assert (await shell("budgets", "forecast", "crm", "--calls", "5", "--lane", "fast")).code == 2


async def test_one_flow_with_hundreds_of_events_does_not_hold_up_the_event_of_another(hub: Hub) -> None:
    await hub.flow(ONLY.format("!= 'other'") + STEPS, name="flood")
    await hub.flow(ONLY.format("== 'other'") + STEPS, name="single")
    budget = hub.engine.directory.named(DEFAULT_WORKSPACE, "target").session.budget
    budget.windows.append(Window(5, 1))
    for number in range(300):
        await hub.event(f"flood {number}")
    await hub.event("other")
    runs = await hub.until(lambda runs: any(run.record_key == "other" and run.state == "done" for run in runs))
    assert sum(run.state == "done" for run in runs) < 150, "it passed most of those who came before"
    assert all(run.code == "budget" for run in runs if run.state == "parked")
