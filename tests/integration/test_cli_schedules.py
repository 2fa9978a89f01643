"""`trunkline schedules`, as people and programs use it."""

from tests.integration.hubs import opened
from tests.integration.shell import Shell
from trunkline.admin import flows as flow_admin
from trunkline.model.clock import SECOND, from_iso
from trunkline.model.json import as_list, as_object
from trunkline.store import schedules as store

TIMED = """
flow: timed
trigger: {on: schedule.cron, input: {cron: "0 0 1 1 *", time_zone: Australia/Lord_Howe, missed: skip, spread: 5m}}
steps: [{stop: x}]
"""


async def test_schedules_are_listed_with_their_next_ticks_and_what_waits(shell: Shell) -> None:
    shell.home.mkdir()
    async with opened(shell.home) as desk:
        await flow_admin.apply(desk, TIMED, source="test")
        flow = await flow_admin.publish(desk, "timed")
        (row,) = (await desk.database.read(store.all_reached)).values()
        years_ago = from_iso("2023-06-01T00:00:00Z")
        await desk.database.journal.commit(lambda tx: store.forget(tx, flow.id))
        await desk.database.journal.commit(lambda tx: store.begin(tx, flow.id, plan=row.plan, at=years_ago))
        await flow_admin.apply(desk, TIMED.replace("timed", "draft"), source="test")
        now = desk.clock.now()
    (listed,) = as_list((await shell.done("schedules", "list", "--ticks", "2"))["schedules"])
    about = as_object(listed)
    assert (about["flow"], about["trigger"], about["schedule"]) == ("timed", "schedule.cron", "0 0 1 1 * Australia/Lord_Howe")
    assert (about["missed_rule"], about["spread_s"], about["missed"], about["last_planned_at"]) == ("skip", 300, 0, None)
    year = 1970 + now // SECOND // 31_556_952
    assert about["next"] == [f"{year + 1}-01-01T00:00:00+11:00", f"{year + 2}-01-01T00:00:00+11:00"]
    assert about["overdue"] == year - 2023
    said = await shell("schedules", "list")
    assert said.code == 0
    assert f"{year + 1}-01-01 00:00+11:00" in said.out


async def test_a_cron_expression_can_be_tried_before_a_flow_has_it(shell: Shell) -> None:
    words = ("30 2 * * *", "--time-zone", "Europe/Berlin", "--after", "2026-03-28T00:00Z", "--count", "3")
    tried = await shell.done("schedules", "next", *words)
    assert tried["words"] == "At 02:30 every day"
    assert tried["ticks"] == [
        {"at": "2026-03-28T01:30:00.000Z", "local": "2026-03-28T02:30:00+01:00"},
        {"at": "2026-03-29T01:00:00.000Z", "local": "2026-03-29T03:00:00+02:00"},
        {"at": "2026-03-30T00:30:00.000Z", "local": "2026-03-30T02:30:00+02:00"},
    ]
    wrong = await shell("schedules", "next", "0 9 * * MON-FRY")
    assert (wrong.code, wrong.out) == (2, "")
    assert "`MON-FRY` is no day of the week" in wrong.err
    zone = await shell("schedules", "next", "0 9 * * *", "--time-zone", "Berlin")
    assert "Europe/Berlin" in zone.err


async def test_a_schedule_is_no_account_to_connect(shell: Shell) -> None:
    said = await shell("connections", "add", "schedule", "--name", "clock")
    assert said.code != 0
    assert "needs no connection" in said.err
