"""`trunkline doctor`: what is wrong with connections, why, and what to do."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin import doctor as admin
from trunkline.admin.doctor import Examined, Finding
from trunkline.cli import exits
from trunkline.cli.commands import command, verb_alone
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean
from trunkline.model.json import JSONObject

app = verb_alone()

_MARKS = {"ok": ("ok", "green"), "mended": ("mended", "green"), "warning": ("look", "yellow"), "problem": ("wrong", "red")}


@command(app, "doctor", examples=("trunkline doctor", "trunkline doctor main", "trunkline doctor --json"))
async def doctor(
    given: Given, name: Annotated[str | None, typer.Argument(metavar="NAME", help="One connection; all of them unless told.")] = None
) -> Answer:
    """Examine connections: credential, permissions, clock, budget, deliveries and whether they come in, when something last came.

    Ends with 1 when one is not well. What can be mended is mended: a connection that works again goes on with what waited, a lost
    subscription is made anew by the hub.
    """
    settings = given.settings()
    async with desk_of(given) as desk:
        found = await admin.examine(desk, name, hook=settings.hook if settings.public_url else None)
    well = all(one.well for one in found)
    shown: list[RenderableType] = [part for one in found for part in _page(one)]
    return Answer(
        json={"well": well, "connections": [_as_json(one) for one in found]},
        shown=Group(*shown) if shown else Text("No connections yet. Add one: trunkline connections add CONNECTOR --name NAME"),
        code=exits.DONE if well else exits.FAILED,
    )


def _page(one: Examined) -> list[RenderableType]:
    return [
        Text(f"{one.connection.name}  ({one.connection.connector})", style="bold"),
        *(_line(finding) for finding in one.findings),
        Text(""),
    ]


def _line(one: Finding) -> RenderableType:
    mark, style = _MARKS[one.verdict]
    line = Text.assemble("  ", (f"{mark:7}", style), f"{one.check:12}", clean(one.text))
    return Group(line, Text(f"  {'':19}→ {clean(one.hint)}")) if one.hint and one.verdict != "ok" else line


def _as_json(one: Examined) -> JSONObject:
    findings: list[JSONObject] = [
        {"check": each.check, "verdict": each.verdict, "text": each.text, "hint": each.hint} for each in one.findings
    ]
    return {"name": one.connection.name, "connector": one.connection.connector, "well": one.well, "findings": [*findings]}
