"""Lengths of time as people write them: `10s`, `5m`, `2h`, `1d`, or a number of seconds."""

import re
from math import isfinite

from trunkline.model.json import JSON

MINUTE_S = 60.0
DAY_S = 86_400.0
MIN_POLL_S = 10.0
MAX_POLL_S = DAY_S
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
