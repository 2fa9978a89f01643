"""Schedules by hand-picked days, read off a calendar."""

import pytest

from trunkline.connect.schedules.reading import cron, every, once
from trunkline.connect.schedules.schedule import Schedule
from trunkline.connect.schedules.ticks import Tick, payload
from trunkline.model.clock import Instant, from_iso, iso, later
from trunkline.model.json import JSONObject


def following(schedule: Schedule, begin: str, count: int) -> list[str]:
    at, found = from_iso(begin), list[str]()
    for _ in range(count):
        ticked = schedule.after(at)
        if ticked is None:
            break
        at = ticked
        found.append(iso(at)[:16])
    return found


BERLIN = "Europe/Berlin"
CRONS = [
    # on weekdays at nine, over a weekend
    ("0 9 * * MON-FRI", BERLIN, "2026-11-20T12:00Z", ["2026-11-23T08:00", "2026-11-24T08:00"]),
    # the clocks are put forward in the night before: nine o'clock comes an hour sooner in UTC
    ("0 9 * * *", BERLIN, "2026-03-28T00:00Z", ["2026-03-28T08:00", "2026-03-29T07:00"]),
    # half past two is skipped and made up for at three; the next day it is there
    ("30 2 * * *", BERLIN, "2026-03-28T12:00Z", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    # half past two comes twice and counts once
    ("30 2 * * *", BERLIN, "2026-10-24T12:00Z", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    # every half hour goes on through the hour that comes twice
    ("*/30 * * * *", BERLIN, "2026-10-25T00:15Z", ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"]),
    ("30 2 * * *", "America/New_York", "2026-03-08T00:00Z", ["2026-03-08T07:00", "2026-03-09T06:30"]),
    ("30 1 * * *", "America/New_York", "2026-11-01T00:00Z", ["2026-11-01T05:30", "2026-11-02T06:30"]),
    # half an hour: two o'clock is skipped, a quarter to two comes twice
    ("0 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", ["2026-10-03T15:30", "2026-10-04T15:00"]),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", ["2026-04-04T14:45", "2026-04-05T15:15"]),
    ("*/15 3 * * *", "Australia/Lord_Howe", "2026-04-04T15:00Z", ["2026-04-04T16:30", "2026-04-04T16:45", "2026-04-04T17:00"]),
    # a day that was left out of the calendar
    ("0 9 * * *", "Pacific/Apia", "2011-12-29T18:00Z", ["2011-12-29T19:00", "2011-12-30T10:00", "2011-12-30T19:00"]),
    ("0 8 1 * *", "UTC", "2026-11-21T12:00Z", ["2026-12-01T08:00", "2027-01-01T08:00"]),
    ("0 0 L * *", "UTC", "2027-02-01T00:00Z", ["2027-02-28T00:00", "2027-03-31T00:00"]),
    ("0 0 * * 5L", "UTC", "2026-11-01T00:00Z", ["2026-11-27T00:00", "2026-12-25T00:00"]),
    # both the day of the month and the weekday are named: either will do
    ("0 0 13 * FRI", "UTC", "2026-11-01T00:00Z", ["2026-11-06T00:00", "2026-11-13T00:00", "2026-11-20T00:00"]),
    ("0 0 29 2 *", "UTC", "2026-11-21T12:00Z", ["2028-02-29T00:00", "2032-02-29T00:00"]),
    ("@weekly", BERLIN, "2026-11-21T12:00Z", ["2026-11-21T23:00", "2026-11-28T23:00"]),
]


@pytest.mark.parametrize(("expression", "zone", "begin", "expected"), CRONS, ids=[f"{row[0]} {row[1]} {row[2]}" for row in CRONS])
def test_a_cron_ticks_when_the_calendar_says(expression: str, zone: str, begin: str, expected: list[str]) -> None:
    assert following(cron({"cron": expression, "time_zone": zone}), begin, len(expected)) == expected


EVERYS: list[tuple[JSONObject, str, list[str]]] = [
    ({"every": "15m"}, "2026-11-21T12:01Z", ["2026-11-21T12:15", "2026-11-21T12:30"]),
    ({"every": "2h", "start": "2026-11-21T09:30"}, "2026-11-21T00:00Z", ["2026-11-21T09:30", "2026-11-21T11:30"]),
    ({"every": "1d", "start": "2026-03-27T09:00", "time_zone": BERLIN}, "2026-03-28T00:00Z", ["2026-03-28T08:00", "2026-03-29T07:00"]),
    ({"every": "24h", "start": "2026-03-27T09:00", "time_zone": BERLIN}, "2026-03-28T00:00Z", ["2026-03-28T08:00", "2026-03-29T08:00"]),
    ({"every": "7d"}, "2026-11-21T12:00Z", ["2026-11-23T00:00", "2026-11-30T00:00"]),
    ({"every": "1d", "start": "2026-12-01T08:00Z", "time_zone": BERLIN}, "2026-11-21T12:00Z", ["2026-12-01T08:00", "2026-12-02T08:00"]),
]


@pytest.mark.parametrize(("input", "begin", "expected"), EVERYS, ids=[str(row[0]) for row in EVERYS])
def test_an_interval_ticks_as_it_passes_and_days_at_their_time(input: JSONObject, begin: str, expected: list[str]) -> None:
    assert following(every(input), begin, len(expected)) == expected


def test_a_single_time_ticks_once() -> None:
    schedule = once({"at": "2026-12-24T18:00", "time_zone": "America/New_York"})
    assert following(schedule, "2026-11-21T00:00Z", 3) == ["2026-12-24T23:00"]
    assert schedule.latest(from_iso("2026-12-24T22:59:59Z")) is None
    assert schedule.count(Instant(0), from_iso("2030-01-01")) == 1


def test_what_ticks_together_has_one_plan_whatever_else_is_said() -> None:
    plain = cron({"cron": "0 9 * * mon-fri", "time_zone": BERLIN})
    assert plain.plan == "0 9 * * MON-FRI Europe/Berlin"
    assert cron({"cron": " 0  9 * * MON-FRI", "time_zone": BERLIN, "missed": "all", "spread": "5m"}).plan == plain.plan
    others = [
        cron({"cron": "0 9 * * mon-fri"}),
        every({"every": "15m"}),
        every({"every": "15m", "start": "2026-01-01"}),
        once({"at": "2026-01-01T00:00"}),
        once({"at": "2026-01-01T00:00", "time_zone": BERLIN}),
    ]
    assert len({one.plan for one in (plain, *others)}) == 6
    assert every({"every": "15 m"}).plan == every({"every": "15m"}).plan == "every 15m UTC"


def test_each_flow_has_its_place_within_the_spread() -> None:
    schedule = cron({"cron": "0 9 * * *", "spread": "5m"})
    delays = [schedule.delay_s(f"flw_{number}") for number in range(2_000)]
    assert delays == [schedule.delay_s(f"flw_{number}") for number in range(2_000)]
    assert all(0 <= delay < 300 for delay in delays)
    for part in range(10):
        assert 140 <= sum(part * 30 <= delay < part * 30 + 30 for delay in delays) <= 260
    assert cron({"cron": "0 9 * * *"}).delay_s("flw_1") == 0


def test_a_tick_tells_its_time_where_its_clocks_hang() -> None:
    schedule = cron({"cron": "30 1 * * *", "time_zone": "Australia/Lord_Howe"})
    at = from_iso("2026-04-04T14:30:00Z")
    made = payload(schedule, Tick(planned_at=at, told_at=later(at, 90.25), missed=3, previous_at=None))
    assert made["schedule"] == "30 1 * * * Australia/Lord_Howe"
    assert (made["late_s"], made["missed"], made["previous_at"]) == (90.25, 3, None)
    assert made["next_at"] == "2026-04-05T15:00:00.000Z"
    assert made["local"] == {
        "at": "2026-04-05T01:30:00+11:00",
        "date": "2026-04-05",
        "time": "01:30",
        "year": 2026,
        "quarter": 2,
        "month": 4,
        "month_name": "April",
        "week": 14,
        "day": 5,
        "weekday": 7,
        "weekday_name": "Sunday",
        "hour": 1,
        "minute": 30,
    }


def test_the_last_tick_has_none_after_it() -> None:
    schedule = once({"at": "2026-12-24T18:00"})
    at = from_iso("2026-12-24T18:00:00Z")
    assert payload(schedule, Tick(planned_at=at, told_at=at, missed=0, previous_at=None))["next_at"] is None
