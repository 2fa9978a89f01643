"""How a command is made of an async function: it enters the loop once, gets what was given, and its answer is shown."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec

import typer
import uvloop

from trunkline.cli import exits, logs
from trunkline.cli.given import AsJson, Given, Home, given_in, take
from trunkline.cli.output import Answer, answer

P = ParamSpec("P")
Carried = Callable[Concatenate[Given, P], Awaitable[Answer | None]]


def noun(about: str) -> typer.Typer:
    """The commands of one noun; `--home` and `--json` may stand right behind it too."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, help=about)
    app.callback(invoke_without_command=True, help=about)(take)
    return app


def verb_alone() -> typer.Typer:
    """A command that is its own noun (`trunkline up`)."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


def command(app: typer.Typer, name: str, *, examples: tuple[str, ...]) -> Callable[[Carried[P]], Carried[P]]:
    """Register an async function as a command. Its docstring is the help, its parameters behind `given` are the flags.

    `--home` and `--json` come by themselves. The function returns what it has to say, or None when it said it already.
    """

    def register(carry_out: Carried[P]) -> Carried[P]:
        def enter(context: typer.Context, home: Home = None, json: AsJson = False, **values: Any) -> None:
            given = given_in(context)
            given.add(home, json)
            logs.configure(logs.LogLevel.warning)
            said = uvloop.run(_awaited(carry_out(given, **values)))  # pyright: ignore[reportCallIssue] - the flags typer parsed
            if said is not None:
                answer(said, json=given.json)
                raise typer.Exit(said.code)

        own = list(inspect.signature(carry_out).parameters.values())[1:]
        shared = list(inspect.signature(enter).parameters.values())[:3]
        parameters = [shared[0], *(part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in (*own, *shared[1:]))]
        enter.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess] - what typer reads
        enter.__annotations__ = {part.name: part.annotation for part in parameters}
        app.command(name, help=inspect.getdoc(carry_out), epilog=_epilog(examples))(enter)
        return carry_out

    return register


async def _awaited(said: Awaitable[Answer | None]) -> Answer | None:
    return await said


def _epilog(examples: tuple[str, ...]) -> str:
    shown = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
    codes = "\b\nExit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in exits.MEANINGS.items())
    return f"{shown}\n\n{codes}"
