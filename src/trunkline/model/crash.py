"""Named places where a test may kill the process; outside tests each costs one comparison."""

import os
from typing import Final

VARIABLE: Final = "TRUNKLINE_CRASH_AT"
_TARGET: Final = os.environ.get(VARIABLE)


def reach(point: str) -> None:
    """Die here at once, as by kill -9, when `TRUNKLINE_CRASH_AT` names this point."""
    if _TARGET is not None and point == _TARGET:
        os._exit(137)
