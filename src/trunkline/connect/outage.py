"""Whether a vendor serves a connection at all: told by the calls themselves, so that nobody has to ask."""

from dataclasses import dataclass, field
from typing import Final

from trunkline.model.clock import Instant, later
from trunkline.model.errors import OutcomeUnknownError, RateLimitedError, RemoteError, UnavailableError

FAILURES: Final = 3
LASTS_S: Final = 60.0
"""So many calls in a row over so long a time, and it is no hiccup any more."""
_BROKEN_FROM: Final = 500


@dataclass(slots=True)
class Outage:
    """The calls of one connection that failed in a row since `since`; `cause` is what the last of them met."""

    failures: int = 0
    since: Instant = field(default=Instant(0))
    cause: str = ""

    def failed(self, error: RemoteError, now: Instant) -> None:
        """A call ended with `error`; most errors are answers of a vendor that is well."""
        if not _is_no_answer(error):
            self.answered()
            return
        if not self.failures:
            self.since = now
        self.failures += 1
        self.cause = error.message

    def answered(self) -> None:
        """The vendor answered."""
        self.failures = 0

    def lasts(self, now: Instant) -> bool:
        """Whether it is worth a person's attention."""
        return self.failures >= FAILURES and now >= later(self.since, LASTS_S)


def _is_no_answer(error: RemoteError) -> bool:
    match error:
        case RateLimitedError():
            return False
        case UnavailableError():
            return True
        case OutcomeUnknownError():
            return error.status is None or error.status >= _BROKEN_FROM
        case _:
            return False
