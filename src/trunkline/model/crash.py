"""Named places where a test may kill the process; outside tests each costs one comparison."""

import os
from itertools import count
from typing import Final

VARIABLE: Final = "TRUNKLINE_CRASH_AT"
"""Names a point, or a point and which time it is reached: `after-intent`, `after-intent:3`."""

_POINT, _, _TIME = os.environ.get(VARIABLE, "").partition(":")
_times = count(1)


def reach(point: str) -> None:
    """Die here at once, as by kill -9, when `TRUNKLINE_CRASH_AT` names this point (and this is the time it names)."""
    if point == _POINT and next(_times) == int(_TIME or 1):
        os._exit(137)
