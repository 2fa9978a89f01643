"""What the clocks on the wall of a time zone show, and when they show it. Moments are whole seconds since 1970."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

DAY_S = 86_400

_LOOK_S = DAY_S // 2
"""No zone puts its clocks forward and back within half a day."""

_NAME = re.compile(r"[A-Z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}")
_ABBREVIATIONS = {
    **dict.fromkeys(("PST", "PDT", "PT"), "America/Los_Angeles"),
    **dict.fromkeys(("MST", "MDT", "MT"), "America/Denver"),
    **dict.fromkeys(("CST", "CDT", "CT"), "America/Chicago"),
    **dict.fromkeys(("EST", "EDT", "ET"), "America/New_York"),
    "BST": "Europe/London",
    "CEST": "Europe/Berlin",
}


@dataclass(frozen=True, slots=True)
class Wall:
    """The clocks of one zone. A wall time is a `datetime` without a zone."""

    zone: ZoneInfo

    def moment(self, at: int) -> datetime:
        """`at` with its zone."""
        return datetime.fromtimestamp(at, self.zone)

    def shown(self, at: int) -> datetime:
        """The wall time at a moment."""
        return self.moment(at).replace(tzinfo=None, fold=0)

    def of(self, shown: datetime) -> int:
        """The first moment at which the clocks show this; when they skip it, the moment at which they do."""
        aware = shown.replace(tzinfo=self.zone, fold=0)
        at = _seconds(aware.astimezone(UTC))
        if self.shown(at) == shown:
            return at
        after = _seconds(aware.replace(fold=1).astimezone(UTC))
        return self._bisected(min(at, after), max(at, after))

    def skips(self, shown: datetime) -> bool:
        """Whether the clocks never show this."""
        return self.shown(self.of(shown)) != shown

    def repeats_s(self, at: int) -> int:
        """How long the stretch is that the clocks show for the second time at this moment; mostly 0."""
        moment = self.moment(at)
        return _span(moment.replace(fold=0).utcoffset()) - _span(moment.utcoffset()) if moment.fold else 0

    def jump(self, after: int, until: int) -> int | None:
        """The first moment in (after, until] at which the clocks are put forward or back."""
        offset, low = self._offset(after), after
        while low < until:
            high = min(low + _LOOK_S, until)
            if self._offset(high) != offset:
                return self._bisected(low, high)
            low = high
        return None

    def last_jump(self, after: int, until: int) -> int | None:
        """The last such moment in (after, until]."""
        offset, high = self._offset(until), until
        while high > after:
            low = max(high - _LOOK_S, after)
            if self._offset(low) != offset:
                return self._bisected(low, high)
            high = low
        return None

    def _offset(self, at: int) -> timedelta | None:
        return self.moment(at).utcoffset()

    def _bisected(self, low: int, high: int) -> int:
        """The moment in (low, high] at which the one change of the offset between them takes place."""
        offset = self._offset(high)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._offset(middle) == offset else (middle, high)
        return high


def _seconds(moment: datetime) -> int:
    return round(moment.timestamp())


def _span(offset: timedelta | None) -> int:
    return 0 if offset is None else round(offset.total_seconds())


def wall_in(name: str) -> Wall | None:
    """The clocks of the zone with this name of the time zone database; None when there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return Wall(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def probably(name: str) -> str:
    """The zone that was probably meant, empty when nothing is near."""
    wanted = name.strip().replace(" ", "_").upper()
    if wanted in _ABBREVIATIONS:
        return _ABBREVIATIONS[wanted]
    known = _zones()
    by_city = {zone.rpartition("/")[2].upper(): zone for zone in known}
    by_name = {zone.upper(): zone for zone in known}
    close = get_close_matches(wanted, [*by_name, *by_city], n=1, cutoff=0.75)
    return (by_name | by_city)[close[0]] if close else ""


def without_daylight_saving(name: str) -> str:
    """For a name that people use for a place with daylight saving time and that means a zone without: a zone of that place."""
    return _ABBREVIATIONS[name] if name in ("EST", "MST") else ""


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(zone for zone in available_timezones() if _NAME.fullmatch(zone) and ("/" in zone or zone == "UTC")))
