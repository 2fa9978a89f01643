"""Cron expressions on the clocks of a time zone. Moments are whole seconds since 1970.

cronsim reads the expression and finds the wall times that fit it; which moments these are on days when the clocks are put forward or back
is decided here. Its own way there loses times where clocks move by half an hour (version 2.8: `*/15 3 * * *` on Lord Howe Island) and
finds times that no clock shows where they move at midnight. The rule is Debian's: what runs at times of day (neither minute nor hour
begins with `*`) runs once for each, and right after the jump when the clocks skip it; all else runs whenever the clocks show a time that
fits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cronsim import CronSim, CronSimError

from trunkline.connect.schedules.wall import DAY_S, Wall
from trunkline.model.errors import ConfigError

MOST_CHARACTERS = 200

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS = (
    ("minute", "0 to 59", (0, 59)),
    ("hour", "0 to 23", (0, 23)),
    ("day of the month", "1 to 31, L for the last day, LW for the last weekday", (1, 31)),
    ("month", "1 to 12, or JAN to DEC", (1, 12)),
    ("day of the week", "0 to 7 (0 and 7 are Sunday), or SUN to SAT; MON#1 is the first Monday of the month, 5L its last Friday", (0, 6)),
)
_ANY_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall time
_SECOND = timedelta(seconds=1)
_ONE_OF_ONE = re.compile(r"\b(\w+)-\1/[0-9]+")
"""`5-5/2` is 5, but cronsim reads it as `5/2`."""


class CronError(ConfigError):
    """A text that is no cron expression; `offset` says where in it."""

    def __init__(self, message: str, *, hint: str = "", offset: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


@lru_cache(maxsize=1024)
def fields_of(text: str) -> str:
    """A cron expression as its five fields, in capitals; raises `CronError`."""
    words = [(found.group().upper(), found.start()) for found in re.finditer(r"\S+", text)]
    if words and words[0][0].startswith("@"):
        return _macro(text.strip(), words[0][1])
    if len(text) > MOST_CHARACTERS:
        raise CronError(f"The expression is longer than {MOST_CHARACTERS} characters")
    if len(words) != len(FIELDS):
        raise CronError(
            f"A cron expression has five fields, this has {len(words)}",
            hint="Minute, hour, day of the month, month, day of the week: `0 9 * * MON-FRI`."
            + (" There is none for seconds or years." if len(words) > len(FIELDS) else ""),
            offset=words[5][1] if len(words) > len(FIELDS) else 0,
        )
    for position, (word, offset) in enumerate(words):
        _check_field(position, word, offset)
    fields = _ONE_OF_ONE.sub(r"\1", " ".join(word for word, _ in words))
    if not _fits([word for word, _ in words]):
        raise CronError("No month has that day", hint="See the day of the month and the month.", offset=words[2][1])
    return fields


def _macro(text: str, offset: int) -> str:
    found = MACROS.get(text.lower())
    if found is None:
        raise CronError(f"`{text}` is not known", hint=f"There is: {', '.join(MACROS)}.", offset=offset)
    return found


def _check_field(position: int, word: str, offset: int) -> None:
    """Raise `CronError` for what is wrong in one field, at the part of its list that is wrong."""
    name, takes, _ = FIELDS[position]
    for part in word.split(","):
        if not _fits([part if index == position else "*" for index in range(len(FIELDS))]):
            raise CronError(f"`{part}` is no {name}", hint=_field_hint(position, part) or f"It takes {takes}.", offset=offset)
        offset += len(part) + 1


def _field_hint(position: int, part: str) -> str:
    def fits(word: str) -> bool:
        return _fits([word if index == position else "*" for index in range(len(FIELDS))])

    if part == "?":
        return "Write `*`."
    begin, dash, end = part.partition("/")[0].partition("-")
    if dash and fits(begin) and fits(end):
        if end == "SUN":
            return f"Sunday at the end of a range is 7: `{begin}-7`."
        least, most = FIELDS[position][2]
        return f"A range goes forwards; write it as two: `{begin}-{most},{least}-{end}`."
    if "/" in part and fits(part.partition("/")[0]):
        return "Behind the slash stands a number above 0: `*/15`."
    return ""


def _fits(words: list[str]) -> bool:
    try:
        CronSim(" ".join(words), _ANY_TIME)
    except CronSimError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """`fields` as `fields_of` gives them. Nothing parsed is kept: a hub may hold ten thousand of these."""

    fields: str
    wall: Wall

    @property
    def words(self) -> str:
        return f"{self.fields} {self.wall.zone.key}"

    @property
    def by_time_of_day(self) -> bool:
        """Whether it names times of day, rather than how often within hours or the day."""
        minute, hour = self.fields.split()[:2]
        return not minute.startswith("*") and not hour.startswith("*")

    def explain(self) -> str:
        """As people say it."""
        return CronSim(self.fields, _ANY_TIME).explain()

    def after(self, at: int) -> int | None:
        if self.by_time_of_day:
            ticks = (self.wall.of(shown) for shown in self._following(self.wall.shown(at)))
            return next((tick for tick in ticks if tick > at), None)
        while True:
            shown = self.wall.shown(at)
            following = next(self._following(shown), None)
            if following is None:
                return None
            tick = at + _whole_s(following - shown)
            jump = self.wall.jump(at, tick)
            if jump is None or self._has(self.wall.shown(jump)):
                return tick if jump is None else jump
            at = jump

    def latest(self, at: int) -> int | None:
        if self.by_time_of_day:
            newest = self.wall.shown(at) + timedelta(seconds=self.wall.repeats_s(at))
            ticks = (self.wall.of(shown) for shown in self._preceding(newest))
            return next((tick for tick in ticks if tick <= at), None)
        while True:
            shown = self.wall.shown(at)
            preceding = next(self._preceding(shown), None)
            if preceding is None:
                return None
            tick = at - _whole_s(shown - preceding)
            jump = self.wall.last_jump(tick, at)
            if jump is None:
                return tick
            at = jump - 1

    def count(self, after: int, until: int) -> int:
        count = self._count_by_day if self.by_time_of_day else self._count_shown
        days = _Days(self.fields)
        total = 0
        while after < until:
            end = min(after + DAY_S, until)
            total += count(days, after, end)
            after = end
        return total

    def _count_by_day(self, days: "_Days", after: int, until: int) -> int:
        """At most a day. When the clocks jumped in it or on the day before, ticks are told one by one."""
        if self.wall.jump(after - DAY_S, until) is None:
            shown = self.wall.shown(after)
            return days.between(shown, shown + timedelta(seconds=until - after))
        total, tick = 0, self.after(after)
        while tick is not None and tick <= until:
            total, tick = total + 1, self.after(tick)
        return total

    def _count_shown(self, days: "_Days", after: int, until: int) -> int:
        """At most a day: what the clocks show before a jump, at it, and after it."""
        total = 0
        while (jump := self.wall.jump(after, until)) is not None:
            shown = self.wall.shown(after)
            total += days.between(shown, shown + timedelta(seconds=jump - 1 - after)) + self._has(self.wall.shown(jump))
            after = jump
        shown = self.wall.shown(after)
        return total + days.between(shown, shown + timedelta(seconds=until - after))

    def _following(self, shown: datetime) -> Iterator[datetime]:
        """Wall times that fit, after `shown`; ends when there is none for fifty years."""
        return iter(CronSim(self.fields, shown))

    def _preceding(self, shown: datetime) -> Iterator[datetime]:
        """Wall times that fit, backwards from `shown` on."""
        return iter(CronSim(self.fields, shown + _SECOND, reverse=True))

    def _has(self, shown: datetime) -> bool:
        return next(self._following(shown - _SECOND), None) == shown


class _Days:
    """Counts wall times that fit without looking at each: on every day that fits they are the same."""

    def __init__(self, fields: str) -> None:
        self._cron = CronSim(fields, _ANY_TIME)

    def between(self, begin: datetime, end: datetime) -> int:
        """How many there are in (begin, end], which lie on one day or on two that follow each other."""
        if begin.date() == end.date():
            return self._up_to(end) - self._up_to(begin)
        return self._up_to(begin.replace(hour=23, minute=59)) - self._up_to(begin) + self._up_to(end)

    def _up_to(self, shown: datetime) -> int:
        """How many there are on its day until `shown`."""
        cron = self._cron
        if shown.month not in cron.months or not cron.match_day(shown.date()):
            return 0
        whole_hours = sum(hour < shown.hour for hour in cron.hours)
        return whole_hours * len(cron.minutes) + (shown.hour in cron.hours) * sum(minute <= shown.minute for minute in cron.minutes)


def _whole_s(span: timedelta) -> int:
    return span.days * DAY_S + span.seconds
