"""`trunkline budgets`: what is used of vendors' limits, and what many calls would take."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin import budgets as admin
from trunkline.admin.budgets import Plan, Shown
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, heading, iso_or_null, table, when
from trunkline.connect.forecast import Forecast
from trunkline.connect.ledger import Spent
from trunkline.connect.turns import LANES, Lane
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject

app = noun("What is used of vendors' limits, and what many calls would take.")

_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@command(app, "list", examples=("trunkline budgets list", "trunkline budgets list crm --json"))
async def list_budgets(
    given: Given,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this connection.", show_default=False)] = None,
) -> Answer:
    """List for each connection what is used and left of its vendor's limits, until when the vendor wants no calls, and who waits."""
    async with desk_of(given) as desk:
        found = await admin.listed(desk, name=name)
    rows = [row for one in found for row in _rows(one)]
    columns = ("connection", "kind", "limit", "used", "left", "frozen until", "waiting", "refused", "shared with")
    return Answer(
        json={"budgets": [_as_json(one) for one in found]},
        shown=table(columns, rows, empty="No connection's vendor has limits that are known."),
    )


@command(
    app,
    "forecast",
    examples=(
        "trunkline budgets forecast crm --calls 301000",
        "trunkline budgets forecast phones --calls 500 --operation ringcentral.contacts.list --lane sync",
        "trunkline budgets forecast --flow leads --records 20000",
    ),
)
async def forecast(
    given: Given,
    connection: Annotated[str | None, typer.Argument(metavar="CONNECTION", help="The connection.", show_default=False)] = None,
    calls: Annotated[int | None, typer.Option(metavar="N", min=1, help="How many calls.", show_default=False)] = None,
    operation: Annotated[str | None, typer.Option(metavar="NAME", help="Which operation is called.", show_default=False)] = None,
    flow: Annotated[str | None, typer.Option(metavar="NAME", help="The flow that handles the records.", show_default=False)] = None,
    records: Annotated[int | None, typer.Option(metavar="N", min=1, help="How many records.", show_default=False)] = None,
    lane: Annotated[str, typer.Option(metavar="LANE", help="live, sync or backfill.")] = "backfill",
) -> Answer:
    """Tell what many calls take before they are made: the time at the vendor's limits, and the share of a day's calls.

    What is used up now counts. Nothing is called.
    """
    chosen = _lane(lane)
    async with desk_of(given) as desk:
        if flow is not None and records is not None and connection is None and calls is None:
            found = await admin.forecast_flow(desk, flow, records=records, lane=chosen)
        elif connection is not None and calls is not None and flow is None and records is None:
            found = [await admin.forecast(desk, connection, calls={operation: calls}, lane=chosen)]
        else:
            raise ConfigError(
                "It is not clear what to forecast.",
                hint="Give a CONNECTION and --calls N, or --flow NAME and --records N.",
                place="trunkline budgets forecast",
            )
    return Answer(json={"lane": chosen, "forecasts": [one for plan in found for one in _plan_as_json(plan)]}, shown=_page(found))


def _lane(given: str) -> Lane:
    for lane in LANES:
        if lane == given:
            return lane
    raise ConfigError(f"There is no lane {given!r}.", hint=f"There are: {', '.join(LANES)}.", place="--lane")


def _rows(one: Shown) -> list[tuple[object, ...]]:
    standing = one.standing
    waiting = ", ".join(f"{number} {lane}" for lane, number in zip(LANES, standing.waiting, strict=True) if number)
    frozen = None if standing.paused_until is None else when(standing.paused_until)
    ends = (frozen, waiting, standing.refused or "", ", ".join(one.shared_with))
    if not standing.windows:
        return [(one.connection.name, standing.group, "none known", "", "", *ends)]
    return [
        (one.connection.name, standing.group, _limit(window), f"{window.used:,}", f"{window.left:,}", *ends) for window in standing.windows
    ]


def _limit(window: Spent) -> str:
    for length, name in _SPANS:
        if window.per_s >= length:
            number = window.per_s / length
            return f"{window.calls:,} a {name}" if number == 1 else f"{window.calls:,} in {number:g} {name}s"
    return f"{window.calls:,} in {window.per_s:g} s"


def _as_json(one: Shown) -> JSONObject:
    standing = one.standing
    return {
        "connection": one.connection.name,
        "group": standing.group,
        "windows": [
            {"calls": window.calls, "per_s": window.per_s, "used": window.used, "left": window.left} for window in standing.windows
        ],
        "frozen_until": iso_or_null(standing.paused_until),
        "waiting": dict(zip(LANES, standing.waiting, strict=True)),
        "refused": standing.refused,
        "shared_with": list(one.shared_with),
        "seen_at": iso_or_null(standing.seen_at),
    }


def _plan_as_json(plan: Plan) -> list[JSON]:
    return [
        {
            "connection": plan.connection.name,
            "group": one.group,
            "calls": one.calls,
            "at_least": plan.at_least,
            "starts_s": round(one.starts_s, 1),
            "seconds": round(one.seconds, 1),
            "share_of_day": None if one.share_of_day is None else round(one.share_of_day, 4),
            "left": one.left,
        }
        for one in plan.forecasts
    ]


def _page(plans: list[Plan]) -> RenderableType:
    parts: list[RenderableType] = []
    for plan in plans:
        parts.append(heading(plan.connection.name))
        parts += [Text(f"  {_words(one, at_least=plan.at_least)}") for one in plan.forecasts]
    return Group(*parts) if parts else Text("It calls nothing.")


def _words(one: Forecast, *, at_least: bool) -> str:
    least = "at least " if at_least else ""
    kind = f" of kind {one.group}" if one.group else ""
    if one.share_of_day is None:
        return f"{least}{one.calls:,} calls{kind}; the vendor names no limit"
    said = f"{least}{one.calls:,} calls{kind}, {span(one.seconds)} at your limits, {one.share_of_day:.1%} of a day's calls"
    return said if one.starts_s < 1 else f"{said}; the first in {span(one.starts_s)}"


def span(seconds: float) -> str:
    """A length of time as a person says it."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 72 * 3600 else f"{seconds / 86_400:.1f} days"
