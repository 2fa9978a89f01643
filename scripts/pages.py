"""Reference pages written from the code they describe."""

import inspect
from collections.abc import Iterator
from typing import Any

from trunkline.cli import exits
from trunkline.cli.main import COMMANDS, loaded
from trunkline.model.errors import Decision, TrunklineError
from trunkline.settings import VARIABLES, Variable

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


SETTINGS_HEAD = """# Settings

<!-- Written by scripts/generated.py from src/trunkline/settings.py. -->

None is needed. A flag wins over its variable; a number outside its range is refused at start. A running hub reads them once, so restart it
after a change. Settings with a flag of one command only, such as `TRUNKLINE_RUNS_LIST_LIMIT`, stand with [the command](cli.md).

| variable | flag | unless given | from … to | meaning |
|---|---|---|---|---|
"""


def settings_page() -> str:
    """A row per variable."""
    return SETTINGS_HEAD + "".join(map(_setting, VARIABLES))


def _setting(variable: Variable) -> str:
    flag, _, rest = variable.flag.partition(" ")
    shown = f"`{flag}` {rest}".strip() if flag else ""
    bounds = f"{variable.least:,g} … {variable.most:,.0f}" if variable.most else ""
    return f"| `{variable.name}` | {shown} | {variable.unset or f'{variable.default:,.0f}'} | {bounds} | {variable.about} |\n"


CLI_HEAD = """# Commands

<!-- Written by scripts/generated.py from src/trunkline/cli. -->

`trunkline NOUN VERB`. The commands work whether the hub is running or not; a running one notices a change within a second.

`--home DIR` (`TRUNKLINE_HOME`) chooses the one folder that holds everything, `--json` (`TRUNKLINE_JSON`) gives one JSON document for
programs. Both may stand before the noun, behind it, or behind the verb. Every other flag has a variable of its own as well; what is
typed wins.

With `--json` an error is a document too, on the standard output: `{"error": {"code", "message", "hint", "place"}}`, with the codes of the
[errors page](errors.md) and `usage` for a wrong command line. `TRUNKLINE_DEBUG=1` shows where an error came from.

## Exit codes

| code | meaning |
|---|---|
"""


def cli_page() -> str:
    """A section per noun and per command: what it is for, examples, arguments and flags."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in exits.MEANINGS.items())
    return CLI_HEAD + codes + "".join(_noun(name, about) for name, about in COMMANDS.items())


def _noun(name: str, about: str) -> str:
    command = loaded(name)
    verbs: dict[str, Any] = getattr(command, "commands", {})
    if not verbs:
        return f"\n## {name}\n" + _command(command, f"trunkline {name}")
    return f"\n## {name}\n\n{about}\n" + "".join(
        f"\n### {name} {verb}\n" + _command(found, f"trunkline {name} {verb}") for verb, found in verbs.items()
    )


def _command(command: Any, path: str) -> str:
    """Typer gives its commands no public type, so they are read as they are."""
    usage = [path, *(f"{part.metavar}" if part.required else f"[{part.metavar}]" for part in _own(command, "argument"))]
    examples = inspect.cleandoc(command.epilog).split("Examples:\n")[1].split("\n\n")[0]
    shown = "\n".join(line.strip() for line in examples.splitlines())
    words = [(part.metavar, "", part.help) for part in _own(command, "argument")]
    words += [(", ".join(part.opts), _variable(part, path), part.help) for part in _own(command, "option")]
    rows = "".join(f"| `{name}` | {variable} | {_cell(about)} |\n" for name, variable, about in words)
    table = f"\n| word | variable | meaning |\n|---|---|---|\n{rows}" if rows else ""
    return f"\n`{' '.join(usage)}`\n\n{command.help}\n\n```sh\n{shown}\n```\n{table}"


def _own(command: Any, kind: str) -> list[Any]:
    """The command's own words: without those that every command has."""
    return [part for part in command.params if part.param_type_name == kind and part.name not in ("home", "json")]


def _variable(option: Any, path: str) -> str:
    given = option.envvar or f"{path}_{option.name}".replace(" ", "_").upper()
    return f"`{given}`"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", r"\|")
