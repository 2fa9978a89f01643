"""What a flow says of its schedule, read into one: each mistake is told at its field and in the words of whoever wrote it."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, cast

from trunkline.connect.schedules.cron import Cron, CronError, fields_of
from trunkline.connect.schedules.schedule import Missed, Schedule
from trunkline.connect.schedules.wall import DAY_S, Wall, probably, wall_in, without_daylight_saving
from trunkline.connect.schedules.whens import Daily, Once, Spaced
from trunkline.model.catalogue import Remark
from trunkline.model.clock import SECOND, Instant
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject
from trunkline.model.schema import Schema, text

FIRST_MONDAY: Final = datetime(2001, 1, 1)  # noqa: DTZ001 - a wall time
"""Where intervals count from that are given no start: midnight, and a Monday."""
MOST_EVERY_S: Final = 366 * DAY_S
MOST_SPREAD_S: Final = 12 * 3600

_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": DAY_S}
_SPAN: Final = re.compile(r"([0-9]{1,7})\s*([smhd])")
_MOMENT: Final = re.compile(r"(20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?")
_MOMENT_HINT: Final = "Write date and time of day: `2026-12-24T18:00`; they are those of the time zone."

COMMON: Final[dict[str, Schema]] = {
    "time_zone": text("A name of the time zone database, such as America/New_York; UTC unless told", min_length=1, max_length=64),
    "missed": text(
        "Ticks whose time passed while no hub ran. skip: left out; once: the newest is made up for (unless told); all: each is, the newest "
        "1,000 at most",
        choices=("skip", "once", "all"),
    ),
    "spread": text("Start at a moment within this span after each tick, always the same one for a flow: `5m`. At most 12h", max_length=20),
}

Read = Callable[[JSONObject], Schedule]


class ScheduleError(ConfigError):
    """An input that is no schedule: `field` and the character in it say where."""

    def __init__(self, message: str, *, field: str, hint: str = "", offset: int = 0) -> None:
        super().__init__(message, hint=hint, place=field)
        self.field = field
        self.offset = offset


# ── the three kinds ──────────────────────────────────────────────────────────────────────────────────────────────────


def cron(input: JSONObject) -> Schedule:
    """`{cron, time_zone}`; raises `ScheduleError`."""
    wall = _wall(input)
    try:
        fields = fields_of(str(input.get("cron", "")))
    except CronError as error:
        raise ScheduleError(error.message, field="cron", hint=error.hint, offset=error.offset) from error
    return _schedule(input, wall, Cron(fields=fields, wall=wall))


def every(input: JSONObject) -> Schedule:
    """`{every, start, time_zone}`: minutes and hours as they pass, days at a time of day; raises `ScheduleError`."""
    wall = _wall(input)
    every_s = _span_s(input, "every", least=60, most=MOST_EVERY_S, hint="Write a number of minutes, hours or days: `15m`, `2h`, `1d`.")
    given = str(input["start"]) if "start" in input else ""
    start = _moment(given, "start") if given else FIRST_MONDAY
    at = _at(start, wall)
    words = f"every {' '.join(str(input['every']).split()).replace(' ', '')} {wall.zone.key}{f' from {given}' if given else ''}"
    if str(input["every"]).strip().endswith("d"):
        return _schedule(input, wall, Daily(words=words, start=_shown(start, wall), days=every_s // DAY_S, wall=wall))
    return _schedule(input, wall, Spaced(words=words, start=at, every_s=every_s))


def once(input: JSONObject) -> Schedule:
    """`{at, time_zone}`; raises `ScheduleError`."""
    wall = _wall(input)
    at = _at(_moment(str(input.get("at", "")), "at"), wall)
    return _schedule(input, wall, Once(words=f"once {wall.moment(at).isoformat(timespec='minutes')} {wall.zone.key}", at=at))


def _schedule(input: JSONObject, wall: Wall, when: Cron | Spaced | Daily | Once) -> Schedule:
    hint = "Write a length of time: `30s`, `5m`, `2h`."
    spread_s = _span_s(input, "spread", least=0, most=MOST_SPREAD_S, hint=hint) if "spread" in input else 0
    return Schedule(when=when, wall=wall, missed=cast(Missed, input.get("missed", "once")), spread_s=spread_s)


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _wall(input: JSONObject) -> Wall:
    name = str(input.get("time_zone", "UTC"))
    wall = wall_in(name)
    if wall is None:
        near = probably(name)
        hint = f"Did you mean `{near}`?" if near else "Write a name of the time zone database, such as `Europe/Berlin`."
        raise ScheduleError(f"There is no time zone `{name}`", field="time_zone", hint=hint)
    return wall


def _span_s(input: JSONObject, field: str, *, least: int, most: int, hint: str) -> int:
    given = str(input.get(field, ""))
    found = _SPAN.fullmatch(given.strip())
    span_s = int(found[1]) * _UNIT_S[found[2]] if found else -1
    if found is None or (field == "every" and found[2] == "s"):
        raise ScheduleError(f"`{given}` is no length of time here", field=field, hint=hint)
    if not least <= span_s <= most:
        bounds = "from 1m to 366d" if field == "every" else "at most 12h"
        raise ScheduleError(f"`{field}` is {bounds}", field=field)
    return span_s


def _moment(given: str, field: str) -> datetime:
    """A wall time, or with an offset a moment."""
    if _MOMENT.fullmatch(given.strip()):
        with suppress(ValueError):  # there is no such day or time of day
            return datetime.fromisoformat(given.strip())
    raise ScheduleError(f"`{given}` is no date and time", field=field, hint=_MOMENT_HINT)


def _at(moment: datetime, wall: Wall) -> int:
    return wall.of(moment) if moment.tzinfo is None else int(moment.timestamp())


def _shown(moment: datetime, wall: Wall) -> datetime:
    return moment if moment.tzinfo is None else wall.shown(int(moment.timestamp()))


# ── what is odd ──────────────────────────────────────────────────────────────────────────────────────────────────────


def judging(read: Read) -> Callable[[JSONObject, Instant | None], tuple[Remark, ...]]:
    """What is wrong with an input that `read` takes; `now` tells what is past."""

    def judge(input: JSONObject, now: Instant | None) -> tuple[Remark, ...]:
        try:
            schedule = read(input)
        except ScheduleError as error:
            return (Remark(field=error.field, message=error.message, hint=error.hint, offset=error.offset),)
        return (*_never(schedule, now), *_odd(schedule, input))

    return judge


def _never(schedule: Schedule, now: Instant | None) -> Iterator[Remark]:
    if isinstance(schedule.when, Cron):
        if schedule.after(Instant(0) if now is None else now) is None:
            yield Remark(field="cron", message="No day in the next fifty years fits this", hint="See the day of the month and the weekday.")
    elif now is not None and schedule.after(now) is None:
        shown = schedule.wall.moment(now // SECOND).isoformat(sep=" ", timespec="minutes")
        yield Remark(field="at", message="This time is past: the flow is not started by it", hint=f"It is {shown} there.", level="warning")


def _odd(schedule: Schedule, input: JSONObject) -> Iterator[Remark]:
    zone = schedule.wall.zone.key
    if meant := without_daylight_saving(zone):
        yield Remark(field="time_zone", message=f"`{zone}` knows no summer time", hint=f"Did you mean `{meant}`?", level="warning")
    for field in ("at", "start"):
        if field not in input:
            continue
        moment = _moment(str(input[field]), field)
        if moment.tzinfo is None and schedule.wall.skips(moment):
            taken = schedule.wall.shown(schedule.wall.of(moment)).isoformat(timespec="minutes")
            message = f"The clocks are put forward and never show this in {zone}"
            yield Remark(field=field, message=message, hint=f"`{taken}` is taken.", level="warning")
