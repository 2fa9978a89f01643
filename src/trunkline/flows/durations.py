"""Times as people write them: `10s`, `5m`, `2h`, `1d`, or a number of seconds; `30d`, `2026-01-01` or `beginning` for one in the past."""

import re
from math import isfinite
from typing import Final

from trunkline.model.clock import Instant, from_iso, later
from trunkline.model.json import JSON

MINUTE_S = 60.0
DAY_S = 86_400.0
MIN_POLL_S = 10.0
MAX_POLL_S = DAY_S
LEAST_POLL_S = MINUTE_S
MOST_POLL_S = 15 * MINUTE_S
"""How often a trigger is polled that changes much, and one that is quiet, unless somebody says otherwise."""
MAX_DELAY_S = 365 * DAY_S

PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,3})?\s*(s|m|h|d)?$"
WORDING = "Write a duration such as `30s`, `5m`, `2h` or `1d`, or a number of seconds."

_UNIT_S = {"s": 1.0, "m": MINUTE_S, "h": 60 * MINUTE_S, "d": DAY_S}


def seconds(value: JSON) -> float:
    """The length in seconds; `ValueError` when it is none."""
    if isinstance(value, str) and re.fullmatch(PATTERN, value.strip()):
        text = value.strip()
        unit = _UNIT_S.get(text[-1], 1.0)
        return float(text.rstrip("smhd").strip()) * unit
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0:
        return float(value)
    raise ValueError(WORDING)


NOW: Final = "now"
BEGINNING: Final = "beginning"
SINCE_WORDING = "Write `now`, a length of time such as `30d`, a date such as `2026-01-01`, or `beginning`."


def begins_at(since: str, *, now: Instant) -> Instant | None:
    """The instant that `since` means; None for the very beginning, `ValueError` when it means none."""
    if since == NOW:
        return now
    if since == BEGINNING:
        return None
    try:
        return later(now, -seconds(since)) if not since.strip().isdecimal() else _refused(since)
    except ValueError:
        pass
    try:
        return from_iso(since)
    except (ValueError, OverflowError):
        return _refused(since)


def _refused(since: str) -> Instant:
    raise ValueError(f"`{since}` is no time to begin at. {SINCE_WORDING}")
