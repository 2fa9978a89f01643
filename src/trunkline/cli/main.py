"""The program `trunkline`: which commands there are, what holds for all of them, and how each one ends.

A command is a row of `COMMANDS`, and a module of this package by the same name whose `app` holds it. The module is imported when the
command is used: with all of them `trunkline --help` would take three times as long (0.7 s).
"""

import gc
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from trunkline import __version__
from trunkline.cli import exits
from trunkline.cli.given import AsJson, Given, Home, take
from trunkline.cli.masking import masked
from trunkline.cli.output import Told, complain, told
from trunkline.model.errors import TrunklineError

COMMANDS = {
    "up": "Start the hub: webhooks, polling and flows in one process.",
    "status": "How the hub is doing, and whether anything needs you.",
    "connections": "Which accounts at vendors the hub may use: add, test, change, remove.",
    "subscriptions": "What vendors were asked to deliver by webhook.",
    "budgets": "What is used of vendors' limits, and what many calls would take.",
    "vault": "The keys that stored secrets are sealed with: check, rotate, make.",
    "deliveries": "Webhooks that were refused, and why.",
    "doctor": "What is wrong with connections, why, and what to do.",
    "alerts": "What needs somebody, and who is told of it.",
    "connectors": "Connectors of your own: made of OpenAPI documents.",
    "flows": "What happens with events: check, store, publish, stop.",
    "triggers": "How flows hear of things: what is polled and how often, what only polls found.",
    "runs": "What flows did: list, look into, repeat, settle.",
    "events": "What arrived.",
    "schedules": "Flows that a clock starts: when they tick next, what was missed.",
    "csv": "Tables: rows become events, lists become files.",
    "call": "Call one operation of a vendor now.",
    "catalogue": "What can be called and listened to.",
    "sandbox": "Simulated vendors on this machine, to try things against.",
    "demo": "Show the main job working against simulated vendors.",
}

EPILOG = "\n\n".join(
    (
        "Start: trunkline up, then in a second terminal trunkline connections add --help.",
        "Every flag is also an environment variable; each command's help names it.",
        "\b\nExit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in exits.MEANINGS.items()),
    )
)


class Nouns(TyperGroup):
    """Knows every command's name and summary, and imports the one that is used."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else loaded(name), rest


app = typer.Typer(cls=Nouns, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


def loaded(name: str) -> Any:
    """The command of that name with everything below it."""
    with _collecting_nothing():
        command = get_command(cast(typer.Typer, import_module(f"trunkline.cli.{name}").app))
    command.name = name
    return command


@contextmanager
def _collecting_nothing() -> Generator[None]:
    """What is imported stays: looking for cycles in it meanwhile takes a sixth of a command's start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"trunkline {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help="Say the version and end.", callback=_print_version, is_eager=True, allow_from_autoenv=False),
]


@app.callback(epilog=EPILOG, invoke_without_command=True)
def program(context: typer.Context, home: Home = None, json: AsJson = False, version: Version = False) -> None:  # noqa: ARG001 - taken by its callback
    """Connect GoHighLevel, phone systems and any HTTP API: an event here becomes exactly one effect there."""
    take(context, home, json)


def _placeholder() -> None:
    """Never called: `Nouns` puts the real command in its place."""


for _name, _about in COMMANDS.items():
    app.command(_name, help=_about)(_placeholder)


def main(arguments: list[str] | None = None) -> None:
    """Carry out a command line and leave with its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    given = Given(json="--json" in words or os.environ.get("TRUNKLINE_JSON", "").lower() in ("1", "true", "yes", "on"))
    sys.exit(_carry_out(words, given))


def _carry_out(words: list[str], given: Given) -> int:
    try:
        ended: object = get_command(app).main(
            words, prog_name="trunkline", standalone_mode=False, obj=given, auto_envvar_prefix="TRUNKLINE", max_content_width=110
        )
    except TrunklineError as error:
        _reraise_for_debugging()
        complain(told(error), json=given.json)
        return exits.exit_code(error)
    except typer.TyperException as error:
        complain(_usage(error), json=given.json)
        return exits.WRONG
    except typer.Abort:
        complain(Told(code="aborted", message="Nothing was done."), json=given.json)
        return exits.FAILED
    except OSError as error:
        _reraise_for_debugging()
        complain(_system(error), json=given.json)
        return exits.UNUSABLE
    except Exception as error:  # noqa: BLE001 - the last place before a person: a bug is told in words too
        _reraise_for_debugging()
        complain(_bug(error), json=given.json)
        return exits.FAILED
    return ended if isinstance(ended, int) else exits.DONE


def _usage(error: typer.TyperException) -> Told:
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "trunkline"
    return Told(code="usage", message=error.format_message(), hint=f"See: {path} --help")


def _system(error: OSError) -> Told:
    return Told(
        code="system",
        message=f"The system refuses: {error.strerror or type(error).__name__}.",
        hint="Check the folder's owner, its mode and the room on its disk.",
        place=str(error.filename or ""),
    )


def _bug(error: Exception) -> Told:
    return Told(
        code="bug",
        message=f"Something nobody foresaw: {type(error).__name__}: {masked(str(error))}",
        hint="Run it again with TRUNKLINE_DEBUG=1 to see where, and report it.",
    )


def _reraise_for_debugging() -> None:
    if os.environ.get("TRUNKLINE_DEBUG") == "1":
        raise  # noqa: PLE0704 - called from an except block only
