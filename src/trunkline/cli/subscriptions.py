"""`trunkline subscriptions`: what vendors were asked to deliver."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import connections as connection_admin
from trunkline.admin import subscriptions as admin
from trunkline.admin.subscriptions import Standing
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, iso_or_null, table, when
from trunkline.model.json import JSONObject
from trunkline.settings import Settings

app = noun("What vendors were asked to deliver: the hub keeps it as the flows need it.")

_SAID = {
    "kept": "the vendor delivers",
    "waiting": "the hub asks for it when it runs",
    "no address": "set TRUNKLINE_PUBLIC_URL to where vendors reach the hub",
    "by hand": "enter the address at the vendor",
    "not needed": "",
}


@command(app, "list", examples=("trunkline subscriptions list", "trunkline subscriptions list --json"))
async def list_subscriptions(given: Given) -> Answer:
    """List for each connection what its vendor delivers by webhook, how long that lasts, and what is wrong with it."""
    settings = given.settings()
    async with desk_of(given) as desk:
        found = await admin.listed(desk, public=bool(settings.public_url))
    rows = [(one.connection.name, one.state, ", ".join(one.kinds), _ends(one), _problem(one)) for one in found]
    shown = table(("connection", "state", "tells", "ends", "next step"), rows, empty="No connection's vendor sends webhooks.")
    return Answer(json={"subscriptions": [_as_json(one, settings) for one in found]}, shown=shown)


@command(app, "check", examples=("trunkline subscriptions check phones",))
async def check(
    given: Given, name: Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.", show_default=False)]
) -> Answer:
    """Have the running hub look at a connection's subscription now: made when it is lost, switched on, renewed when it ends soon."""
    settings = given.settings()
    async with desk_of(given) as desk:
        connection = await connection_admin.named(desk, name)
        known = await admin.look_again(desk, connection)
        (standing,) = [one for one in await admin.listed(desk, public=bool(settings.public_url)) if one.connection.id == connection.id] or [
            None
        ]
    said = "The hub looks at it now." if known else "The hub keeps no subscription for it."
    then = "" if standing is None else f"  {standing.state}: {_problem(standing)}".rstrip(": ")
    return Answer(
        json={"asked": known, "subscription": None if standing is None else _as_json(standing, settings)},
        shown=Group(Text(said, style="bold"), *([Text(then)] if then else [])),
    )


def _ends(one: Standing) -> str:
    return when(one.stored.until) if one.stored is not None and one.stored.until is not None else ""


def _problem(one: Standing) -> str:
    return one.stored.problem if one.stored is not None and one.stored.problem else _SAID.get(one.state, "")


def _as_json(one: Standing, settings: Settings) -> JSONObject:
    stored = one.stored
    return {
        "connection": one.connection.name,
        "state": one.state,
        "kinds": [*one.kinds],
        "address": settings.hook(one.connection.endpoint),
        "until": None if stored is None else iso_or_null(stored.until),
        "made_at": None if stored is None else iso_or_null(stored.made_at),
        "looked_at": None if stored is None or not stored.looked_at else iso_or_null(stored.looked_at),
        "repaired": 0 if stored is None else stored.repaired,
        "failures": 0 if stored is None else stored.failures,
        "problem": "" if stored is None else stored.problem,
    }
