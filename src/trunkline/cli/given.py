"""What every command is given besides its own words: which data folder, and whether a person or a program reads the answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from trunkline.settings import Settings, from_environment

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="The one folder that holds everything; ~/.trunkline unless told.  [env var: TRUNKLINE_HOME]",
        allow_from_autoenv=False,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Answer with one JSON document, for programs.  [env var: TRUNKLINE_JSON]", allow_from_autoenv=False),
]


@dataclass(slots=True, kw_only=True)
class Given:
    """`--home` and `--json` may stand before the noun, after it and after the verb; the last one counts."""

    home: Path | None = None
    json: bool = False

    def add(self, home: Path | None, json: bool) -> None:
        """Take what stands at one of these places."""
        self.home = home or self.home
        self.json = json or self.json

    def settings(self, *, host: str | None = None, port: int | None = None) -> Settings:
        """The settings by the environment and the command line; `ConfigError` names the one that is wrong."""
        return from_environment(home=self.home, host=host, port=port)


def given_in(context: typer.Context) -> Given:
    """What has been given so far."""
    return context.ensure_object(Given)


def take(context: typer.Context, home: Home = None, json: AsJson = False) -> None:
    """The callback of a noun: takes the options that stand before the verb, and shows the help when no verb follows."""
    given = given_in(context)
    given.add(home, json)
    if context.invoked_subcommand is None:
        if given.json:
            context.fail("A command is missing.")
        typer.echo(context.get_help())
        raise typer.Exit(2)
