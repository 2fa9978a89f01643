"""Reference pages written from the code they describe."""

from collections.abc import Iterator

from trunkline.model.errors import Decision, TrunklineError

WHAT_HAPPENS = {
    Decision.STOP: "The command or the start ends and says what is wrong.",
    Decision.RETRY: "Tried again with growing pauses, or when the vendor said.",
    Decision.DEAD_LETTER: "The run becomes a dead letter; repeat it after a fix.",
    Decision.PAUSE_CONNECTION: "The connection pauses, its runs wait and go on when it is reconnected.",
    Decision.UNKNOWN: "The write is looked up or repeated where the operation allows it; otherwise it waits for a person.",
    Decision.REFUSE: "The delivery is refused and counted.",
    Decision.GIVE_BACK: "Nothing was written; the work goes back and is taken up again.",
}

ERRORS_HEAD = """# Errors

<!-- Written by scripts/generated.py from src/trunkline/model/errors.py. -->

Every error has a code that does not change between versions, a message that is safe to show, and a hint with the next step. Neither
message nor hint holds a secret or a payload. The codes appear in `trunkline runs show`, in `--json` output and in the log.

| code | meaning | what happens next |
|---|---|---|
"""


def errors_page() -> str:
    """A row per error class, parents before children."""
    rows = (f"| `{error.code}` | {_meaning(error)} | {WHAT_HAPPENS[error.decision]} |\n" for error in _tree(TrunklineError))
    return ERRORS_HEAD + "".join(rows)


def _tree(error: type[TrunklineError]) -> Iterator[type[TrunklineError]]:
    """The classes of the model that have a code of their own; what a test or a connector adds does not belong on the page."""
    for child in error.__subclasses__():
        if child.__module__ == TrunklineError.__module__:
            yield child
            yield from _tree(child)


def _meaning(error: type[TrunklineError]) -> str:
    """The docstring's first sentence line, with class names left as they are and nothing that would end a table cell."""
    return (error.__doc__ or "").strip().splitlines()[0].replace("|", r"\|")
