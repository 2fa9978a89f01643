"""What a flow may say of its schedule: each mistake with its place and a hint, by a table of wrong documents."""

import pytest

from trunkline.connect.registry import Registry
from trunkline.connectors.schedule import connector
from trunkline.flows.check import check
from trunkline.flows.parsing import parse
from trunkline.flows.problems import FlowDocumentError, Problem
from trunkline.model.clock import from_iso

CATALOGUE = Registry((connector,))
NOW = from_iso("2026-11-21T12:00:00Z")
CRON = "on: schedule.cron, input: {cron: 0 9 * * MON-FRI"

ERRORS = [
    # (the trigger, with ▸ at the place that is told; words of the message; words of the hint)
    ('on: schedule.cron, input: {cron: "0 ▸25 * * *"}', "`25` is no hour", "0 to 23"),
    ('on: schedule.cron, input: {cron: "1,2,▸99,4 * * * *"}', "`99` is no minute", "0 to 59"),
    ('on: schedule.cron, input: {cron: "0 9 ▸0 * *"}', "`0` is no day of the month", "LW"),
    ('on: schedule.cron, input: {cron: "0 9 * ▸MAI *"}', "`MAI` is no month", "JAN to DEC"),
    ('on: schedule.cron, input: {cron: "0 9 * * ▸MON-FRY"}', "`MON-FRY` is no day of the week", "MON#1"),
    ('on: schedule.cron, input: {cron: "0 9 * * ▸FRI-MON"}', "`FRI-MON`", "`FRI-6,0-MON`"),
    ('on: schedule.cron, input: {cron: "0 9 * * ▸SAT-SUN"}', "`SAT-SUN`", "`SAT-7`"),
    ('on: schedule.cron, input: {cron: "0 ▸22-4 * * *"}', "`22-4` is no hour", "`22-23,0-4`"),
    ('on: schedule.cron, input: {cron: "0 9 ▸? * MON"}', "`?` is no day of the month", "Write `*`"),
    ('on: schedule.cron, input: {cron: ▸"*/0 * * * *"}', "`*/0` is no minute", "above 0"),
    ('on: schedule.cron, input: {cron: ▸"0 9 * *"}', "five fields, this has 4", "`0 9 * * MON-FRI`"),
    ('on: schedule.cron, input: {cron: "0 0 9 * * ▸*"}', "five fields, this has 6", "seconds"),
    ('on: schedule.cron, input: {cron: "0 0 ▸30 2 *"}', "No month has that day", ""),
    ('on: schedule.cron, input: {cron: ▸"@dayly"}', "`@dayly` is not known", "@daily"),
    ('on: schedule.cron, input: {cron: ▸"0 0 */20 * 1L"}', "No day in the next fifty years", "weekday"),
    (f'on: schedule.cron, input: {{cron: ▸"{"1," * 120}1 * * * *"}}', "longer than 200", ""),
    ("on: schedule.cron, input: {cron: ▸*/15 * * * *}", "`*/15` names nothing", "needs quotes"),
    ("on: schedule.cron, input: {cron: ▸9}", "`cron` wants text", ""),
    (CRON + ", time_zone: ▸Berlin}", "no time zone `Berlin`", "`Europe/Berlin`"),
    (CRON + ", time_zone: ▸europe/berlin}", "no time zone", "`Europe/Berlin`"),
    (CRON + ", time_zone: ▸new york}", "no time zone", "`America/New_York`"),
    (CRON + ", time_zone: ▸PST}", "no time zone `PST`", "`America/Los_Angeles`"),
    (CRON + ", time_zone: ▸Middle-earth}", "no time zone", "time zone database"),
    (CRON + ", time_zone: ▸right/Europe/Berlin}", "no time zone", "`Europe/Berlin`"),
    (CRON + ", time_zone: ▸../../etc/passwd}", "no time zone", ""),
    (CRON + ", ▸timezone: Europe/Berlin}", "no field `timezone`", "`time_zone`"),
    (CRON + ", missed: ▸twice}", "does not know this choice", "`once`"),
    (CRON + ", spread: ▸13h}", "at most 12h", ""),
    (CRON + ", spread: ▸soon}", "`soon` is no length of time", "`5m`"),
    (CRON + ", spread: ▸1d}", "at most 12h", ""),
    (CRON + '}, time_zone: "{{ run.id }}"', "`time_zone` is not known here", ""),
    ('on: schedule.cron, input: {cron: ▸"{{ vars.x }}"}', "constant", ""),
    ("on: schedule.cron, ▸poll: 5m, input: {cron: 0 9 * * *}", "started by a clock", "Leave `poll` out"),
    ("on: schedule.cron, ▸webhook: true, input: {cron: 0 9 * * *}", "started by a clock", "Leave `webhook` out"),
    ("on: schedule.cron, connection: ▸main, input: {cron: 0 9 * * *}", "takes no `connection`", ""),
    ("on: ▸schedule.corn, input: {cron: 0 9 * * *}", "no trigger schedule.corn", "schedule.cron"),
    ("on: schedule.cron", "needs `cron`", ""),
    ("on: schedule.every, input: {every: ▸30s}", "no length of time", "`15m`"),
    ("on: schedule.every, input: {every: ▸0m}", "from 1m to 366d", ""),
    ("on: schedule.every, input: {every: ▸400d}", "from 1m to 366d", ""),
    ("on: schedule.every, input: {every: ▸1.5h}", "no length of time", "`2h`"),
    ("on: schedule.every, input: {every: ▸15}", "`every` wants text", ""),
    ("on: schedule.every, input: {every: 15m, start: ▸2026-02-30}", "no date and time", "`2026-12-24T18:00`"),
    ("on: schedule.every, input: {every: 15m, start: ▸monday}", "no date and time", ""),
    ("on: schedule.once, input: {at: ▸tomorrow}", "no date and time", "time of day"),
    ("on: schedule.once, input: {at: ▸2026-12-24T25:00}", "no date and time", ""),
    ("on: schedule.once, input: {at: ▸9999-12-24T18:00}", "no date and time", ""),
]
WARNINGS = [
    ("on: schedule.once, input: {at: ▸2026-11-21T11:59}", "This time is past", "2026-11-21 12:00+00:00"),
    ("on: schedule.once, input: {at: ▸2026-11-21T12:30, time_zone: Europe/Berlin}", "This time is past", "13:00+01:00"),
    ("on: schedule.once, input: {at: ▸2027-03-28 02:30, time_zone: Europe/Berlin}", "never show this", "`2027-03-28T03:00`"),
    ("on: schedule.every, input: {every: 1d, start: ▸2027-03-28 02:30, time_zone: Europe/Berlin}", "never show this", ""),
    (CRON + ", time_zone: ▸EST}", "no summer time", "`America/New_York`"),
]
FINE = [
    CRON + ", time_zone: Europe/Berlin, missed: all, spread: 5m}",
    'on: schedule.cron, input: {cron: "*/15 * * * *"}',
    'on: schedule.cron, input: {cron: "@daily"}',
    'on: schedule.cron, input: {cron: "0 0 29 2 *"}',
    'on: schedule.cron, input: {cron: "0 8 * jan-mar mon#1,5L"}',
    "on: schedule.every, input: {every: 2h}",
    "on: schedule.every, input: {every: 1d, start: 2026-12-01T09:00, time_zone: America/New_York}",
    "on: schedule.every, input: {every: 7d, start: 2026-12-01}",
    "on: schedule.once, input: {at: 2026-12-24T18:00}",
    "on: schedule.once, input: {at: 2026-12-24T18:00:30+01:00, time_zone: Europe/Berlin}",
]


def found(trigger: str) -> list[Problem]:
    try:
        return check(parse(document(trigger).replace("▸", "")), CATALOGUE, None, now=NOW)
    except FlowDocumentError as error:
        return list(error.problems)


def document(trigger: str) -> str:
    return f"flow: timed\ntrigger: {{{trigger}}}\nsteps: [{{stop: x}}]\n"


def assert_told(trigger: str, message: str, hint: str, level: str) -> None:
    (told,) = found(trigger)
    text = document(trigger)
    assert told.level == level
    assert message in told.message
    assert hint in told.hint
    if "▸" in text:
        before = text[: text.index("▸")]
        assert (told.place.line, told.place.column) == (2, len(before) - before.rfind("\n"))


@pytest.mark.parametrize(("trigger", "message", "hint"), ERRORS, ids=[row[0][:70] for row in ERRORS])
def test_a_wrong_schedule_is_told_at_its_place(trigger: str, message: str, hint: str) -> None:
    assert_told(trigger, message, hint, "error")


@pytest.mark.parametrize(("trigger", "message", "hint"), WARNINGS, ids=[row[0] for row in WARNINGS])
def test_an_odd_schedule_is_told_and_may_be_published(trigger: str, message: str, hint: str) -> None:
    assert_told(trigger, message, hint, "warning")


@pytest.mark.parametrize("trigger", FINE)
def test_a_schedule_in_order_is_left_alone(trigger: str) -> None:
    assert found(trigger) == []


def test_without_the_time_nothing_is_past() -> None:
    text = document("on: schedule.once, input: {at: 2001-01-01T00:00}")
    with pytest.raises(FlowDocumentError):
        parse(text.replace("schedule.once", "http.received"))
    assert check(parse(text), CATALOGUE, None) == []


def test_the_fields_of_a_tick_are_known_to_the_checker() -> None:
    text = document(CRON + "}").replace(
        "[{stop: x}]", '[{filter: "{{ trigger.local.weekday == 1 }}"}, {stop: "{{ trigger.local.wekday }}"}]'
    )
    (told,) = check(parse(text), CATALOGUE, None)
    assert "`weekday`" in told.hint
