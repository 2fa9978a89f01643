"""`trunkline vault`: the keys that stored secrets are sealed with."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin import vault as admin
from trunkline.admin.vault import Looked, Rotating
from trunkline.cli import exits
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, facts, table
from trunkline.cli.progress import bar
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject
from trunkline.vault.box import id_of
from trunkline.vault.key_file import KeyFile

app = noun("The keys that stored secrets are sealed with: check, rotate, make.")


@command(app, "check", examples=("trunkline vault check", "trunkline vault check --json"))
async def check(given: Given) -> Answer:
    """Open every stored secret and say which do not open, and what to do. Ends with 1 when one does not."""
    async with desk_of(given) as desk:
        found = await admin.look(desk)
    return Answer(json=_looked_json(found), shown=_looked(found), code=exits.FAILED if found.unopened else exits.DONE)


@command(
    app,
    "rotate",
    examples=("trunkline vault rotate", "TRUNKLINE_OLD_MASTER_KEYS=… TRUNKLINE_MASTER_KEY=… trunkline vault rotate"),
)
async def rotate(given: Given) -> Answer:
    """Put every stored secret under a new master key. The hub may run meanwhile; stopped at any point, the next time goes on.

    Where the key lies in the data folder, a new one is made and the old one goes when nothing needs it any more. A key of your own you
    replace yourself: give the new one in its place and the old one in TRUNKLINE_OLD_MASTER_KEYS, start the hub with both, then rotate.
    """
    at: Rotating | None = None
    async with desk_of(given) as desk:
        place = desk.keys.place if desk.keys else ""
        own = desk.keys is not None and desk.keys.own is not None
        with bar(given, "Rotating the master key") as shown:
            async for at in admin.rotate(desk):
                shown.show("Rotating the master key", at.looked_at / max(at.rows, 1))
    assert at is not None
    return Answer(
        json={
            "key": at.key.hex(),
            "place": place,
            "made": at.made,
            "resumed": at.resumed,
            "rows": at.rows,
            "wrapped": at.wrapped,
            "left": at.left,
        },
        shown=_rotated(at, place, own=own),
        code=exits.FAILED if at.left else exits.DONE,
    )


@command(app, "new-key", examples=("trunkline vault new-key ~/trunkline.key",))
async def new_key(given: Given, file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]) -> Answer:  # noqa: ARG001 - every command is given it
    """Make a master key in a file of its own, closed to others, to be given as TRUNKLINE_MASTER_KEY_FILE."""
    made = KeyFile(file.expanduser())
    if not made.make():
        raise ConfigError(f"{file} is there already.", hint="A key is never written over: name another file.", place=str(file))
    key = id_of(made.read()[0]).hex()
    return Answer(
        json={"file": str(file), "key": key},
        shown=Group(
            Text(f"Made the key {key} in {file}.", style="bold"),
            Text(f"Keep a copy where the data is not, and start with TRUNKLINE_MASTER_KEY_FILE={file}"),
        ),
    )


def _rotated(at: Rotating, place: str, *, own: bool) -> Group:
    lines: list[Text] = []
    if at.made or at.wrapped or at.resumed:
        before = " that was begun before" if at.resumed else ""
        lines.append(Text(f"Rotation{before} done: the key is {at.key.hex()}, from {place}.", style="bold"))
        lines.append(Text(f"  {at.wrapped:,} of {at.rows:,} stored secrets were put under it."))
    else:
        lines.append(Text(f"Every stored secret is under the key {at.key.hex()}, from {place}.", style="bold"))
        lines.append(Text("To change it, give a new key there and this one in TRUNKLINE_OLD_MASTER_KEYS, and rotate again."))
    if at.left:
        lines.append(Text(f"  {at.left:,} do not open and were left as they are: trunkline vault check", style="red"))
    elif own:
        lines.append(Text("  Back the key up: copies of the data made from now on need it. Older copies need the key they were made with."))
    elif at.wrapped:
        lines.append(Text("  TRUNKLINE_OLD_MASTER_KEYS is not needed any more, except for older copies of the data."))
    return Group(*lines)


def _looked(found: Looked) -> Group:
    head = f"{found.rows - len(found.unopened):,} of {found.rows:,} stored secrets open."
    shown: list[RenderableType] = [Text(head, style="red" if found.unopened else "green")]
    shown.append(facts([("key", found.key.hex()), ("from", found.place)]))
    if found.older:
        shown.append(Text(f"{found.older:,} are under another key: trunkline vault rotate", style="yellow"))
    if found.unopened:
        rows = ((one.connection, one.what, one.problem, one.cure) for one in found.unopened)
        shown.append(table(("connection", "what", "problem", "what to do"), rows, empty=""))
        shown.append(Text("Those of another key open again when that key is given in TRUNKLINE_OLD_MASTER_KEYS."))
    return Group(*shown)


def _looked_json(found: Looked) -> JSONObject:
    return {
        "key": found.key.hex(),
        "place": found.place,
        "rows": found.rows,
        "by_key": {key.hex(): number for key, number in found.by_key.items()},
        "older": found.older,
        "unopened": [{"connection": one.connection, "what": one.what, "problem": one.problem, "cure": one.cure} for one in found.unopened],
    }
