"""Exit codes: what a script may rely on."""

from trunkline.model.errors import ConfigError, MappingError, NotFoundError, StoreError, TrunklineError

DONE = 0
FAILED = 1
WRONG = 2
NOT_FOUND = 3
UNUSABLE = 4

MEANINGS = {
    DONE: "done",
    FAILED: "it did not work: the vendor refused, a test failed, something needs a person",
    WRONG: "wrong usage, or a document or setting is wrong",
    NOT_FOUND: "nothing has that name or id",
    UNUSABLE: "the data cannot be used now: locked, full, or held by another hub",
}


def exit_code(error: TrunklineError) -> int:
    """The code a command ends with when `error` ends it."""
    match error:
        case StoreError():
            return UNUSABLE
        case NotFoundError():
            return NOT_FOUND
        case ConfigError() | MappingError():
            return WRONG
        case _:
            return FAILED
