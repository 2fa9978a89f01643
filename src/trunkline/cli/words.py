"""Values as a person gives them: plainly, as `@FILE`, as `-` for the standard input, as `name=value`."""

import sys
from collections.abc import Iterable
from pathlib import Path

import typer

from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, loads


def text_of(given: str, *, place: str) -> str:
    """What `given` means: `@FILE` is the file's text, `-` the standard input; line ends around it are dropped."""
    if given == "-":
        return _stdin(place).strip()
    if given.startswith("@"):
        return read_file(given[1:], place=place).strip()
    return given


def read_file(path: str, *, place: str) -> str:
    """The text of a file, or of the standard input for `-`; `ConfigError` when it cannot be read."""
    if path == "-":
        return _stdin(place)
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"The file {path} cannot be read: {error.strerror}.", hint="Check its name and who may read it.", place=place
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The file {path} is no UTF-8 text.", hint="Save it as UTF-8.", place=place) from error


def _stdin(place: str) -> str:
    if sys.stdin.isatty():
        typer.echo("Reading from the terminal; end with Ctrl-D.", err=True)
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise ConfigError("What came in is no UTF-8 text.", hint="Send it as UTF-8.", place=place) from error


def pairs(given: Iterable[str], *, place: str) -> dict[str, str]:
    """`name=value` words as a mapping; the value may be `@FILE` or `-`."""
    found: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            # The word itself may be a secret, so it is not quoted.
            raise ConfigError(
                f"{place} needs a name and a value.", hint=f"Write it as {place} name=value or {place} name=@FILE.", place=place
            )
        found[name] = text_of(value, place=place)
    return found


def typed_in_full(*values: str) -> bool:
    """Whether one of these stands in the command line itself, where others on the machine can read it."""
    return any(value and value in word for value in values for word in sys.argv[1:])


def numbers(given: Iterable[str], *, place: str, least: int = 0, most: int) -> dict[str, int]:
    """`name=number` words as a mapping."""
    found: dict[str, int] = {}
    for name, value in pairs(given, place=place).items():
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ConfigError(f"{place} {name}={value} is no number from {least} to {most:,}.", place=place)
        found[name] = int(value)
    return found


def json_of(given: str, *, place: str) -> JSON:
    """The JSON in `given`, which may be `@FILE` or `-`."""
    text = text_of(given, place=place)
    try:
        return loads(text)
    except ValueError as error:
        raise ConfigError(
            f"{place} is no JSON: {error}.", hint="""Put it into single quotes: '{"maxResults": 5}', or give a file: @FILE.""", place=place
        ) from error


def object_of(given: str | None, *, place: str) -> JSONObject:
    """The JSON object in `given`; an empty one when nothing was given."""
    found = {} if given is None else json_of(given, place=place)
    if not isinstance(found, dict):
        raise ConfigError(f"{place} is no JSON object.", hint="Begin it with { and end it with }.", place=place)
    return found


def hidden(title: str) -> str:
    """Ask for a secret without showing it."""
    return str(typer.prompt(title, hide_input=True, err=True)).strip()


def someone_is_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be taken back; `ConfigError` when nobody is there to ask."""
    if yes:
        return
    if not someone_is_there():
        raise ConfigError("This needs a yes, and nobody is there to ask.", hint="Say it with --yes.", place="--yes")
    typer.confirm(question, abort=True, err=True)
