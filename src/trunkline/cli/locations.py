"""`trunkline connections locations`: the accounts that an agency's sign-in opens."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import accounts
from trunkline.admin.accounts import Listed
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, table
from trunkline.model.json import JSONObject

EXAMPLES = (
    "trunkline connections locations agency",
    "trunkline connections locations agency --add",
    "trunkline connections locations agency --add LOC",
)


async def locations(
    given: Given,
    name: Annotated[str, typer.Argument(metavar="AGENCY", help="The connection that signed in to the agency.")],
    ids: Annotated[list[str] | None, typer.Argument(metavar="LOCATION_ID", help="Only these; all unless given.")] = None,
    add: Annotated[bool, typer.Option("--add", help="Add a connection for each that has none.")] = False,
) -> Answer:
    """List the locations of an agency in which its app is installed, and which connection of yours is for each.

    A connection that is added gets its name from the location, and its tokens are made with the agency's. Take one back with:
    trunkline connections remove NAME.
    """
    async with desk_of(given) as desk:
        found = await accounts.listed(desk, name)
        made = await accounts.add(desk, name, found, ids or ()) if add else []
    now = {one.account.id: one for one in made}
    return _answer([now.get(one.account.id, one) for one in accounts.only(found, ids or ())], made)


def _answer(found: list[Listed], made: list[Listed]) -> Answer:
    rows = table(
        ("location", "name", "connection"),
        ((one.account.id, one.account.name, ", ".join(one.connections) or None) for one in found),
        empty="The app is installed in none.",
    )
    names = [name for one in made for name in one.connections]
    added = Text(f"Added {len(names)}. Try one: trunkline connections test {names[0]}" if names else "", style="green")
    return Answer(json={"locations": [_as_json(one) for one in found], "added": [*names]}, shown=Group(rows, added) if names else rows)


def _as_json(one: Listed) -> JSONObject:
    return {"id": one.account.id, "name": one.account.name, "connections": [*one.connections]}
