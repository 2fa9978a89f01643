"""The simulated sub-account as the parts of it see it."""

from collections.abc import Callable
from dataclasses import dataclass

from trunkline.model.clock import Instant
from trunkline.model.json import JSONObject
from trunkline.testing.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What every part works with: the records kept by path, the time, the contact with an id (or a refusal), a way to tell of changes."""

    location: str
    held: Callable[[], Records]
    now: Callable[[], Instant]
    contact: Callable[[str], JSONObject]
    announce: Callable[[str, JSONObject], None]
