"""Laws of schedules: the same ticks as a person sees who looks at the wall clock once a minute, and none lost however one looks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, get_args

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from trunkline.connect.schedules.cron import Cron, CronError, fields_of
from trunkline.connect.schedules.reading import every
from trunkline.connect.schedules.schedule import Missed, Schedule
from trunkline.connect.schedules.wall import Wall, wall_in
from trunkline.connect.schedules.whens import Daily, When
from trunkline.connectors.schedule.fake import ticks, utc
from trunkline.engine.ticks import GRACE_S, MOST_MADE_UP, Decision, decide
from trunkline.model.clock import SECOND, Instant

JUMPS: Final = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # a day is left out
    ("Pacific/Apia", "2011-09-24T14:00"),
    ("Africa/Casablanca", "2026-02-15T02:00"),  # back for Ramadan, and forward after it
    ("Africa/Casablanca", "2026-03-22T02:00"),
    ("Asia/Beirut", "2026-03-28T22:00"),  # from midnight to one
    ("America/Havana", "2026-11-01T05:00"),
    ("America/Caracas", "2016-05-01T07:00"),  # half an hour for good
    ("Asia/Kolkata", "2026-03-29T01:00"),  # none at all
]
LAW = settings(max_examples=120, deadline=None)


def numbers(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    spans = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.sampled_from([2, 3, 5, 15, 20, 30]).map(lambda step: f"*/{step}"),
        spans,
        st.tuples(spans, st.integers(1, 7)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.lists(number, min_size=2, max_size=4).map(lambda found: ",".join(map(str, found))),
    )


EXPRESSIONS = st.tuples(
    numbers(0, 59),
    numbers(0, 23) | numbers(0, 3),
    st.sampled_from(["*", "*", "*", "*/2", "L", "LW", "1-15", "25", "29,30,31"]),
    st.sampled_from(["*", "*", "*", "3-5", "OCT,DEC", "*/2"]),
    st.sampled_from(["*", "*", "*", "SUN", "MON-FRI", "6,0", "7", "SAT#1", "0L", "FRI"]),
).map(" ".join)


def cron(expression: str, zone: str) -> Cron:
    try:
        return Cron(fields=fields_of(expression), wall=walls(zone))
    except CronError:
        assume(False)
        raise


def walls(zone: str) -> Wall:
    found = wall_in(zone)
    assert found is not None
    return found


def forwards(when: When, begin: int, end: int) -> Iterator[int]:
    at = when.after(begin)
    while at is not None and at <= end:
        yield at
        at = when.after(at)


def backwards(when: When, begin: int, end: int) -> Iterator[int]:
    at = when.latest(end)
    while at is not None and at > begin:
        yield at
        at = when.latest(at - 1)


def moments(found: Iterator[datetime]) -> list[int]:
    return [round(at.timestamp()) for at in found]


@LAW
@given(EXPRESSIONS, st.sampled_from(JUMPS), st.integers(0, 1800), st.integers(0, 1800))
@example("*/15 3 * * *", ("Australia/Lord_Howe", "2026-04-04T15:00"), 600, 600)
@example("30 2 * * *", ("Europe/Berlin", "2026-03-29T01:00"), 1500, 1500)
@example("0,30 2,3 * * *", ("Europe/Berlin", "2026-03-29T01:00"), 1500, 1500)
@example("30 2 * * *", ("Europe/Berlin", "2026-10-25T01:00"), 1500, 1500)
@example("0 */2 * * SUN", ("Asia/Beirut", "2026-03-28T22:00"), 600, 600)
@example("0 */2 * * FRI", ("Pacific/Apia", "2011-12-30T10:00"), 1500, 1500)
@example("45 1 * * *", ("Australia/Lord_Howe", "2026-04-04T15:00"), 0, 1500)
@example("0-59 0-23 * * *", ("Australia/Lord_Howe", "2026-04-04T15:00"), 200, 200)
def test_a_cron_ticks_as_seen_by_somebody_who_looks_every_minute(expression: str, jump: tuple[str, str], before: int, after: int) -> None:
    zone, at = jump[0], utc(jump[1])
    when = cron(expression, zone)
    begin, end = at - timedelta(minutes=before), at + timedelta(minutes=after)
    seen = moments(ticks(expression, zone, begin, end))
    first, last = round(begin.timestamp()), round(end.timestamp())
    assert list(forwards(when, first, last)) == seen
    assert list(backwards(when, first, last))[::-1] == seen
    assert when.count(first, last) == len(seen)


@LAW
@given(EXPRESSIONS, st.sampled_from(JUMPS), st.integers(0, 90 * 86_400), st.integers(0, 86_400))
def test_what_is_counted_is_what_would_have_come(expression: str, jump: tuple[str, str], span_s: int, offset_s: int) -> None:
    assume(not expression.startswith("*"))  # ninety days of minutes take long to list
    when = cron(expression, jump[0])
    begin = round(utc(jump[1]).timestamp()) - span_s // 2 + offset_s
    assert when.count(begin, begin + span_s) == sum(1 for _ in forwards(when, begin, begin + span_s))


@LAW
@given(st.sampled_from(JUMPS), st.integers(0, 23), st.integers(0, 59), st.integers(1, 9))
def test_every_so_many_days_keeps_to_the_time_of_day(jump: tuple[str, str], hour: int, minute: int, days: int) -> None:
    zone, at = jump[0], utc(jump[1])
    start = (at - timedelta(days=8)).replace(tzinfo=None, hour=hour, minute=minute)
    when = Daily(words="", start=start, days=days, wall=walls(zone))
    begin, end = at - timedelta(days=2), at + timedelta(days=2)
    dates = ",".join(str((start + timedelta(days=day)).day) for day in range(0, 12, days))
    seen = moments(ticks(f"{minute} {hour} {dates} * *", zone, begin, end))
    first, last = round(begin.timestamp()), round(end.timestamp())
    assert list(forwards(when, first, last)) == seen
    assert list(backwards(when, first, last))[::-1] == seen
    assert when.count(first, last) == len(seen)


@LAW
@given(st.integers(1, 3000), st.sampled_from(["m", "h"]), st.integers(-(10**6), 10**6), st.integers(0, 10**7))
def test_every_so_often_is_the_same_span_each_time(number: int, unit: str, offset_s: int, span_s: int) -> None:
    assume(number * (60 if unit == "m" else 3600) <= 366 * 86_400)
    when = every({"every": f"{number}{unit}", "start": "2026-03-29T01:30", "time_zone": "Europe/Berlin"}).when
    start = round(utc("2026-03-29T00:30").timestamp())
    found = list(forwards(when, start + offset_s, start + offset_s + span_s))[:500]
    assert all(later - earlier == number * (60 if unit == "m" else 3600) for earlier, later in pairwise(found))
    assert all(at >= start for at in found)
    assert when.after(start - 1) == start
    assert when.latest(start - 1) is None
    if len(found) < 500:
        assert when.count(start + offset_s, start + offset_s + span_s) == len(found)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789*/-,#?LW@ MONSUJAFRI", max_size=24) | st.text(max_size=12))
def test_any_text_is_a_cron_expression_or_is_refused_in_words(text: str) -> None:
    read = fields_or_error(text)
    if isinstance(read, CronError):
        assert read.message
        assert 0 <= read.offset <= len(text)
    else:
        assert fields_of(read) == read
        when = Cron(fields=read, wall=walls("Europe/Berlin"))
        assert when.explain()
        at = when.after(0)
        assert at is None or at > 0


def fields_or_error(text: str) -> str | CronError:
    try:
        return fields_of(text)
    except CronError as error:
        return error


# ── what is done about ticks ─────────────────────────────────────────────────────────────────────────────────────────


def schedule(expression: str, zone: str, missed: Missed) -> Schedule:
    return Schedule(when=cron(expression, zone), wall=walls(zone), missed=missed, spread_s=0)


def decisions(scheduled: Schedule, began: Instant, looks: list[Instant]) -> Iterator[tuple[Instant, Decision]]:
    """What is decided by somebody who looks at these times and goes on while there is something to do."""
    reached = began
    for now in looks:
        while (decision := decide(scheduled, after=reached, now=now)) is not None:
            yield now, decision
            reached = decision.reached


LOOKS = st.lists(st.sampled_from([1, 30, 59, 60, 61, 600, 3600, 90_000]) | st.integers(1, 300_000), min_size=1, max_size=12)


@LAW
@given(EXPRESSIONS, st.sampled_from(JUMPS), st.sampled_from(get_args(Missed)), LOOKS)
def test_every_tick_starts_something_or_is_told_as_missed(
    expression: str, jump: tuple[str, str], missed: Missed, pauses_s: list[int]
) -> None:
    scheduled = schedule(expression, jump[0], missed)
    now = began = Instant((round(utc(jump[1]).timestamp()) - 100_000) * SECOND)
    looks = [now := Instant(now + pause_s * SECOND) for pause_s in pauses_s]
    made = list(decisions(scheduled, began, looks))
    started = [at for _, decision in made for at in decision.start]
    assert started == sorted(set(started))
    assert len(started) + sum(decision.missed for _, decision in made) == scheduled.count(began, looks[-1])
    assert all(scheduled.latest(at) == at for at in started)
    for at, decision in made:
        match missed:
            case "skip":
                assert all(at - one <= GRACE_S * SECOND for one in decision.start)
            case "once":
                assert len(decision.start) == 1
            case "all":
                assert decision.start
                assert decision.missed == 0 or scheduled.count(decision.start[0], at) == MOST_MADE_UP - 1
