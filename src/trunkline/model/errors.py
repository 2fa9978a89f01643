"""Every error the program raises on purpose, and what happens next when it is met.

TrunklineError                     code (stable), message (safe to show), hint (what to do)      decision
├─ ConfigError               settings, flow or connector definition; carries its place     STOP
├─ NotFoundError             no such flow, run, connection, operation                      STOP
├─ MappingError              field, type of the value (never the value), reason            DEAD_LETTER
├─ LoopError                 a flow keeps triggering itself                                DEAD_LETTER
├─ RemoteError               connector, operation, status, request id
│  ├─ UnavailableError       surely not done: no connection, 503; any 5xx on a read        RETRY
│  │  └─ RateLimitedError    retry_at                                                      RETRY
│  ├─ RejectedError          the vendor will never take this input                         DEAD_LETTER
│  ├─ ReconnectError         the credential is refused or gone                             PAUSE_CONNECTION
│  │  └─ SuspendedError      the vendor serves the account again later; nothing to enter   PAUSE_CONNECTION
│  └─ OutcomeUnknownError    a write was sent; its answer was lost, late, or 500/502/504   UNKNOWN
├─ SignInError               reason: unknown, declined, refused, other_account, unavailable  STOP
├─ AddressError              a private, loopback or link-local address                     DEAD_LETTER
├─ WebhookError              reason: unsigned, stale, mismatch, unknown, malformed, size   REFUSE
└─ StoreError                the database cannot take it now (disk full, locked)           GIVE_BACK
   └─ ConflictError          somebody else changed it first                                GIVE_BACK
RunSignal (own root)         RunSuspended, RunStopped: control flow, not errors
"""

from enum import Enum
from typing import ClassVar, Literal

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId


class Decision(Enum):
    """What the executor does about an error."""

    STOP = "stop"
    RETRY = "retry"
    DEAD_LETTER = "dead_letter"
    PAUSE_CONNECTION = "pause_connection"
    UNKNOWN = "unknown"
    REFUSE = "refuse"
    GIVE_BACK = "give_back"


class TrunklineError(Exception):
    """Root of the tree; `message` and `hint` may be shown to any person, so neither ever holds a secret or a payload."""

    code: ClassVar[str] = "error"
    decision: ClassVar[Decision] = Decision.STOP

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(TrunklineError):
    """A setting, flow document or connector definition is wrong; `place` says where (file:line:column or a dotted path)."""

    code = "config"

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        super().__init__(message, hint=hint)
        self.place = place


class NotFoundError(TrunklineError):
    """Nothing has that name or id."""

    code = "not_found"


class MappingError(TrunklineError):
    """A value met at run time does not fit; `field` is the dotted path of the input field or the step."""

    code = "mapping"
    decision = Decision.DEAD_LETTER

    def __init__(self, message: str, *, field: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class LoopError(TrunklineError):
    """A flow was started by its own writes more often than the limit allows."""

    code = "loop"
    decision = Decision.DEAD_LETTER


class RemoteError(TrunklineError):
    """A vendor did not do what was asked."""

    code = "remote"
    decision = Decision.DEAD_LETTER

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        connector: str = "",
        operation: str = "",
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.connector = connector
        self.operation = operation
        self.status = status
        self.request_id = request_id


class UnavailableError(RemoteError):
    """Surely not done and worth another try: no connection, 503, or any 5xx on a read."""

    code = "unavailable"
    decision = Decision.RETRY

    retry_at: Instant | None = None


class RateLimitedError(UnavailableError):
    """The vendor says later (429); `retry_at` is its own word where it gave one."""

    code = "rate_limited"


class RejectedError(RemoteError):
    """The vendor will never take this input."""

    code = "rejected"


class ReconnectError(RemoteError):
    """The credential is refused or gone; a person has to reconnect."""

    code = "reconnect"
    decision = Decision.PAUSE_CONNECTION


class SuspendedError(ReconnectError):
    """The vendor does not serve this account for now; its credential stays good and is tried again later."""

    code = "suspended"


class OutcomeUnknownError(RemoteError):
    """A write was sent and nobody knows whether it was done."""

    code = "outcome_unknown"
    decision = Decision.UNKNOWN


SignInReason = Literal["unknown", "declined", "refused", "other_account", "unavailable"]
"""unknown: begun here by nobody, over or used · declined: the person said no · refused: the vendor did · other_account: somebody
signed in to another account than before · unavailable: the vendor could not be asked."""


class SignInError(TrunklineError):
    """A sign-in did not come to its end, and nothing was changed."""

    code = "sign_in"

    def __init__(self, message: str, *, reason: SignInReason, hint: str = "", connection: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason: SignInReason = reason
        self.connection = connection


class AddressError(TrunklineError):
    """A request would leave for an address that is not public and that the owner has not allowed."""

    code = "address"
    decision = Decision.DEAD_LETTER


WebhookReason = Literal["unsigned", "stale", "mismatch", "unknown", "malformed", "size"]


class WebhookError(TrunklineError):
    """An inbound delivery is refused."""

    code = "webhook"
    decision = Decision.REFUSE

    def __init__(self, message: str, *, reason: WebhookReason, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason: WebhookReason = reason


class StoreError(TrunklineError):
    """The database cannot take the write now: disk full, locked, gone."""

    code = "store"
    decision = Decision.GIVE_BACK


class ConflictError(StoreError):
    """Somebody else changed the row first."""

    code = "conflict"


class RunSignal(Exception):
    """Root of control flow inside a run; never an error."""


class RunSuspended(RunSignal):
    """The run waits: until `due_at`, or (None) until `connection` works again."""

    def __init__(self, reason: str, *, due_at: Instant | None, holds: bool, code: str = "", connection: ConnectionId | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.due_at = due_at
        self.connection = connection
        self.holds = holds
        """Whether later events of the same record wait behind this run."""


class RunStopped(RunSignal):
    """A filter or a stop step ended the run: as intended, or (`failed`) as a dead letter."""

    def __init__(self, reason: str, *, failed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.failed = failed
