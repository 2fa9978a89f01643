"""`trunkline alerts`: what needs somebody, and who is told."""

from typing import Annotated

import typer
from rich.text import Text

from trunkline.admin import alerts as admin
from trunkline.admin.alerts import Way
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, iso_or_null, table, when
from trunkline.model.json import JSONObject
from trunkline.store.alerts import Alert

app = noun("What needs somebody, and who is told of it.")


@command(app, "list", examples=("trunkline alerts list", "trunkline alerts list --all --json"))
async def list_alerts(
    given: Given,
    every: Annotated[bool, typer.Option("--all", help="Those that are over too, the newest first.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=2_000, help="How many at most.")] = 100,
) -> Answer:
    """List what needs somebody: one line for a cause, from when it began until it is over. The running hub looks every 15 seconds."""
    async with desk_of(given) as desk:
        found = await admin.listed(desk, every=every, most=limit)
    rows = [
        (when(one.opened_at), "lasts" if one.closed_at is None else when(one.closed_at), one.count, one.text, one.hint) for one in found
    ]
    return Answer(
        json={"alerts": [_as_json(one) for one in found]},
        shown=table(("since", "until", "count", "what", "next step"), rows, empty="Nothing needs you."),
    )


@command(app, "routes", examples=("trunkline alerts routes",))
async def routes(given: Given) -> Answer:
    """List where alerts are sent."""
    async with desk_of(given) as desk:
        found = await admin.ways(desk)
    return Answer(
        json={"routes": [_way(one) for one in found]},
        shown=table(
            ("route", "connection", "to"),
            ((one.route.id, one.connection, one.route.target) for one in found),
            empty="Nowhere yet. Add one: trunkline alerts send CONNECTION --to WHOM",
        ),
    )


@command(
    app,
    "send",
    examples=(
        "trunkline alerts send team --to C0123456789",
        "trunkline alerts send mail --to ops@example.com",
        "trunkline alerts send pager",
    ),
)
async def send(
    given: Given,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connection of Slack, e-mail or webhook.", show_default=False)],
    to: Annotated[
        str, typer.Option("--to", metavar="WHOM", help="The channel, address or URL, where the connection does not say it.")
    ] = "",
) -> Answer:
    """Have alerts sent by a connection from now on: when one begins, and when it is over. A first message proves that it works."""
    async with desk_of(given) as desk:
        made = await admin.add(desk, name, to)
    return Answer(json=_way(made), shown=Text(f"Alerts are sent by {name}{f' to {to}' if to else ''} from now on.", style="bold"))


@command(app, "unsend", examples=("trunkline alerts unsend ROUTE",))
async def unsend(
    given: Given, route: Annotated[str, typer.Argument(metavar="ROUTE", help="The route's id.", show_default=False)]
) -> Answer:
    """Send no more alerts that way."""
    async with desk_of(given) as desk:
        gone = await admin.remove(desk, route)
    return Answer(json={"removed": gone.route.id}, shown=Text(f"No more alerts are sent by {gone.connection}."))


def _as_json(one: Alert) -> JSONObject:
    return {
        "key": one.key,
        "kind": one.kind,
        "text": one.text,
        "hint": one.hint,
        "count": one.count,
        "opened_at": iso_or_null(one.opened_at),
        "last_at": iso_or_null(one.last_at),
        "closed_at": iso_or_null(one.closed_at),
    }


def _way(one: Way) -> JSONObject:
    return {"route": one.route.id, "connection": one.connection, "to": one.route.target}
