"""Filters for instants and dates. An instant without a zone is taken as UTC; results are ISO 8601."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from trunkline.flows.filters.declaring import MisfitError, filtering

_TIME = ("text", "number")
_STRING = ("string", "null")
_MILLISECONDS_FROM = 100_000_000_000  # seconds this large lie in the year 5138, so larger numbers are milliseconds
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_DIRECTIVES = frozenset("YmdHMSpIjyaAbBzZf%eU")


def _moment(value: Any) -> datetime | None:
    """The instant a value says; None for empty text."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)
        text = value.strip()
        if not text:
            return None
        if american := _US_DATE.fullmatch(text):
            return datetime(int(american[3]), int(american[1]), int(american[2]), tzinfo=UTC)
        found = datetime.fromisoformat(text[:40])
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise MisfitError("the value is no date; ISO 8601, month/day/year or seconds since 1970 are read") from exc


def _zone(name: object) -> tzinfo:
    try:
        return _zone_named(name) if isinstance(name, str) else _zone_named("")
    except (ValueError, OSError, LookupError) as exc:
        raise MisfitError("the time zone is not known; write a name such as 'America/New_York'") from exc


@lru_cache(maxsize=1024)
def _zone_named(name: str) -> tzinfo:
    return UTC if name.upper() in {"UTC", "Z"} else ZoneInfo(name)


def _written(moment: datetime) -> str:
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


@filtering(_TIME, _STRING, name="iso", example=("1700000000 | iso", "2023-11-14T22:13:20Z"))
def iso(value: Any) -> str | None:
    """An instant in UTC as ISO 8601."""
    moment = _moment(value)
    return _written(_in_zone(moment, UTC)) if moment else None


@filtering(_TIME, _STRING, name="date", example=("'2026-03-05T10:00:00Z' | date('%d.%m.%Y')", "05.03.2026"))
def formatted(value: Any, format: Any = "%Y-%m-%d", zone: Any = None) -> str | None:
    """A date or time written by a format: %Y year, %m month, %d day, %H hour, %M minute, %S second, %I hour of 12, %p AM/PM, %a %A weekday,
    %b %B month's name; in the time zone `zone` if given.
    """
    if not isinstance(format, str) or len(format) > 100 or set(re.findall(r"%(.?)", format.replace("%%", ""))) - _DIRECTIVES:
        raise MisfitError("the date format is not known; write one such as '%Y-%m-%d %H:%M'")
    moment = _moment(value)
    if moment is None:
        return None
    return (_in_zone(moment, _zone(zone)) if zone is not None else moment).strftime(format)


@filtering(_TIME, ("integer", "null"), example=("'2023-11-14T22:13:20Z' | epoch", 1700000000))
def epoch(value: Any) -> int | None:
    """Whole seconds since 1970."""
    moment = _moment(value)
    return int(moment.timestamp()) if moment else None


@filtering(_TIME, _STRING, example=("'2026-03-05T12:00:00Z' | in_timezone('America/New_York')", "2026-03-05T07:00:00-05:00"))
def in_timezone(value: Any, zone: Any) -> str | None:
    """The same instant on the clocks of a time zone."""
    moment = _moment(value)
    return _written(_in_zone(moment, _zone(zone))) if moment else None


@filtering(_TIME, _STRING, example=("'2026-03-05T12:00:00Z' | add(days=1, hours=2)", "2026-03-06T14:00:00Z"))
def add(value: Any, days: Any = 0, hours: Any = 0, minutes: Any = 0, seconds: Any = 0) -> str | None:
    """Later (or, below zero, earlier) by so much; a date without a time stays a date when only days are added."""
    if not all(isinstance(amount, int | float) and not isinstance(amount, bool) for amount in (days, hours, minutes, seconds)):
        raise MisfitError("`add` takes numbers: add(days=1, hours=2)")
    moment = _moment(value)
    if moment is None:
        return None
    try:
        moved = moment + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except (OverflowError, ValueError) as exc:
        raise MisfitError("the date would leave the calendar") from exc
    only_date = isinstance(value, str) and _DATE.fullmatch(value.strip()) and not (hours or minutes or seconds)
    return moved.strftime("%Y-%m-%d") if only_date else _written(moved)


@filtering(_TIME, _STRING, example=("'2026-02-27' | add_days(2)", "2026-03-01"))
def add_days(value: Any, days: Any) -> str | None:
    """The same as `add(days=…)`."""
    return add(value, days=days)


@filtering(_TIME, ("integer", "null"), example=("'2026-03-05' | days_until('2026-03-08')", 3))
def days_until(value: Any, end: Any) -> int | None:
    """Calendar days from this date to `end`."""
    start, stop = _moment(value), None if end is None else _moment(end) if isinstance(end, str | int | float) else None
    return (_day(stop) - _day(start)).days if start and stop else None


def _day(moment: datetime) -> date:
    return moment.date()


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError) as exc:
        raise MisfitError("the date would leave the calendar") from exc
