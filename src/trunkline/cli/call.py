"""`trunkline call`: one operation, now."""

from typing import Annotated

import typer
from rich.text import Text

from trunkline.admin import calls
from trunkline.cli import words
from trunkline.cli.commands import command, verb_alone
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean, pretty

app = verb_alone()


@command(
    app,
    "call",
    examples=(
        """trunkline call openphone.contacts.list --connection desk --input '{"maxResults": 5}'""",
        "trunkline call ghl.contacts.upsert --connection main --input @contact.json",
    ),
)
async def call(
    given: Given,
    operation: Annotated[
        str, typer.Argument(metavar="OPERATION", help="Its full name, such as ghl.contacts.get; see: trunkline catalogue.")
    ],
    connection: Annotated[
        str | None, typer.Option(metavar="NAME", help="The connection to use; may be left out when its connector has only one.")
    ] = None,
    input: Annotated[
        str | None, typer.Option(metavar="JSON", help="The input as a JSON object; @FILE reads a file, - the standard input.")
    ] = None,
) -> Answer:
    """Carry out one operation at a vendor now and print its answer.

    A write operation writes at once: nothing is asked, nothing is previewed, and the vendor's data changes. The vendor's limits and the
    checks of the input hold as in a flow.
    """
    async with desk_of(given) as desk:
        found = await calls.call(desk, operation, connection=connection, input=words.object_of(input, place="--input"))
    return Answer(json=found, shown=Text(clean(pretty(found))))
