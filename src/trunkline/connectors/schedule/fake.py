"""A person with a wall clock and a crontab, looking once a minute: slow, and written apart from what it is there to check."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MINUTE = timedelta(minutes=1)


def ticks(cron: str, zone: str, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The ticks in (begin, end], in UTC; both are whole minutes in UTC.

    What names times of day ticks once for each, at the first look at which the clock shows it or is past it. What begins with `*` in minute
    or hour ticks at each look that fits.
    """
    minute, hour = cron.split()[:2]
    by_time_of_day = not minute.startswith("*") and not hour.startswith("*")
    at = begin - timedelta(days=3)
    farthest = _shown(at, zone)
    while at < end:
        at += _MINUTE
        shown = _shown(at, zone)
        if by_time_of_day:
            passed = False
            while farthest < shown:
                farthest += _MINUTE
                passed = passed or fits(cron, farthest)
        else:
            passed = fits(cron, shown)
        if passed and at > begin:
            yield at


def _shown(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def fits(cron: str, shown: datetime) -> bool:
    """Whether a minute on the wall is one that the crontab names."""
    minute, hour, day, month, weekday = cron.upper().split()
    if not (_has(minute, shown.minute, 0, 59) and _has(hour, shown.hour, 0, 23) and _has(month, shown.month, 1, 12, _MONTHS)):
        return False
    by_date, by_weekday = _has_date(day, shown.date()), _has_weekday(weekday, shown.date())
    return by_date and by_weekday if day.startswith("*") or weekday.startswith("*") else by_date or by_weekday


def _has(field: str, number: int, least: int, most: int, names: tuple[str, ...] = ()) -> bool:
    return any(number in _numbers(part, least, most, names) for part in field.split(","))


def _numbers(part: str, least: int, most: int, names: tuple[str, ...]) -> range:
    """A number, a range, `*`, or one of these with a step."""
    span, _, step = part.partition("/")
    if span == "*":
        return range(least, most + 1, int(step or 1))
    first, dash, last = span.partition("-")
    begin = names.index(first) + least if first in names else int(first)
    end = begin if not dash else names.index(last) + least if last in names else int(last)
    return range(begin, (most if step and not dash else end) + 1, int(step or 1))


def _has_date(field: str, day: date) -> bool:
    last = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    working = last - timedelta(days=max(0, last.weekday() - 4))
    return any({"L": day == last, "LW": day == working}.get(part) or _has_number(part, day.day) for part in field.split(","))


def _has_number(part: str, day: int) -> bool:
    return part not in ("L", "LW") and day in _numbers(part, 1, 31, ())


def _has_weekday(field: str, day: date) -> bool:
    number = day.isoweekday() % 7
    for part in field.split(","):
        if part.endswith("L"):
            if int(part[:-1]) % 7 == number and (day + timedelta(days=7)).month != day.month:
                return True
        elif "#" in part:
            name, _, nth = part.partition("#")
            if _numbers(name, 0, 7, _DAYS)[0] % 7 == number and (day.day - 1) // 7 + 1 == int(nth):
                return True
        elif number in {one % 7 for one in _numbers(part, 0, 7, _DAYS)}:
            return True
    return False


def utc(text: str) -> datetime:
    """`2026-03-29T00:00` as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
