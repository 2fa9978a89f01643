"""What to do after an error: a pure function of the error, what a repeat does, the attempt, the clock and one random number."""

from dataclasses import dataclass
from typing import Final, Literal

from trunkline.connect.declaration import IdempotencyKey, LookFirst, Repeat
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.errors import Decision, RateLimitedError, TrunklineError, UnavailableError

BASE_S: Final = 1.0
CAP_S: Final = 900.0
LONGEST_S: Final = 86_400.0
"""A vendor's `Retry-After` is believed up to a day."""
MOST_ATTEMPTS: Final = 12
"""With the delays above, about an hour and a half of trying on average before it becomes a dead letter."""

What = Literal["again", "look", "dead_letter", "unknown", "pause"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`again` and `look` happen at `at`; `look` asks the vendor before it sends again."""

    what: What
    at: Instant | None = None


def backoff_s(attempt: int, chance: float) -> float:
    """Exponential backoff with full jitter: somewhere in [0, min(CAP_S, BASE_S · 2^(attempt-1))] by `chance` in [0, 1)."""
    return chance * min(CAP_S, BASE_S * 2 ** min(attempt - 1, 20))


def after(error: TrunklineError, repeat: Repeat | Literal["read"], *, attempt: int, now: Instant, chance: float) -> Verdict:
    """The next step after `attempt` (1 is the first) of a read or a write that declares `repeat` failed with `error`."""
    match error.decision:
        case Decision.RETRY:
            if attempt >= MOST_ATTEMPTS and not _planned(error):
                return Verdict(what="dead_letter")
            return Verdict(what="again", at=_when(error, attempt, now, chance))
        case Decision.UNKNOWN:
            return _unknown(error, repeat, attempt, now, chance)
        case Decision.PAUSE_CONNECTION:
            return Verdict(what="pause")
        case Decision.GIVE_BACK:
            return Verdict(what="again", at=_when(error, attempt, now, chance))
        case Decision.STOP | Decision.DEAD_LETTER | Decision.REFUSE:
            return Verdict(what="dead_letter")


def _planned(error: TrunklineError) -> bool:
    """Whether it waits for our own budget: nothing was tried."""
    return isinstance(error, RateLimitedError) and error.status is None and error.retry_at is not None


def _unknown(error: TrunklineError, repeat: Repeat | Literal["read"], attempt: int, now: Instant, chance: float) -> Verdict:
    if repeat == "never" or attempt >= MOST_ATTEMPTS:
        return Verdict(what="unknown")
    at = _when(error, attempt, now, chance)
    if isinstance(repeat, LookFirst):
        return Verdict(what="look", at=at)
    assert repeat in ("safe", "read") or isinstance(repeat, IdempotencyKey)
    return Verdict(what="again", at=at)


def _when(error: TrunklineError, attempt: int, now: Instant, chance: float) -> Instant:
    retry_at = error.retry_at if isinstance(error, UnavailableError) else None
    if retry_at is not None:
        latest = Instant(now + round(LONGEST_S * SECOND))
        return later(min(max(retry_at, now), latest), chance)
    return later(now, backoff_s(attempt, chance))
