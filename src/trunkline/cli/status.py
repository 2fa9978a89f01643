"""`trunkline status`: how the hub is doing."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin.health import Health
from trunkline.admin.overview import Overview, overview
from trunkline.cli import exits
from trunkline.cli.commands import command, verb_alone
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean, facts, heading, iso_or_null, table, when
from trunkline.engine.ownership import holder
from trunkline.model.json import JSON, JSONObject
from trunkline.settings import Settings

app = verb_alone()


@command(app, "status", examples=("trunkline status", "trunkline status --check || echo 'the hub needs somebody'"))
async def status(
    given: Given,
    check: Annotated[bool, typer.Option("--check", help="End with 1 when something needs a person, for monitors.")] = False,
) -> Answer:
    """Tell whether a hub runs on this data, what its runs are doing, and whether anything needs you."""
    settings = given.settings()
    running = holder(settings.home)
    if not settings.database_url and not (settings.home / "trunkline.db").exists():
        return _nothing_yet(settings, check=check)
    async with desk_of(given) as desk:
        found = await overview(desk)
    needs = ([] if running else ["the hub is not running: trunkline up"]) + found.needs
    return Answer(
        json=_as_json(settings, running, found, needs), shown=_page(settings, running, found, needs), code=_code(needs, check=check)
    )


def _code(needs: list[str], *, check: bool) -> int:
    return exits.FAILED if check and needs else exits.DONE


def _nothing_yet(settings: Settings, *, check: bool) -> Answer:
    needs = [f"there is no data in {settings.home} yet: trunkline up"]
    return Answer(
        json={"home": str(settings.home), "data": False, "running": False, "needs": list(needs)},
        shown=Text(f"There is no data in {settings.home} yet. Start with: trunkline up"),
        code=_code(needs, check=check),
    )


def _as_json(settings: Settings, running: str | None, found: Overview, needs: list[str]) -> JSON:
    return {
        "home": str(settings.home),
        "data": True,
        "running": running is not None,
        "process": running,
        "connections": found.connections,
        "troubled": [_troubled(one) for one in found.troubled],
        "flows": found.flows,
        "published_flows": found.published,
        "runs": dict(found.runs),
        "events_waiting": found.waiting,
        "triggers": len(found.triggers),
        "missed": sum(one.missed for one in found.triggers),
        "recovered": sum(one.recovered for one in found.triggers),
        "notices": found.noticed,
        "needs": list(needs),
    }


def _troubled(one: Health) -> JSONObject:
    return {
        "name": one.connection.name,
        "state": one.state,
        "cause": one.cause,
        "since": iso_or_null(one.since),
        "waiting": one.waiting,
        "next_step": one.next_step,
    }


def _triggers(found: Overview) -> str:
    """How many there are and, where webhooks are reconciled, what they missed; the troubled ones by their state."""
    troubled = [f"{one.use.name} {one.state}" for one in found.triggers if one.state not in ("ok", "new")]
    reconciled = [one for one in found.triggers if len(one.ways) > 1]
    missed = f"; missed: {sum(one.missed for one in reconciled)}, recovered: {sum(one.recovered for one in reconciled)}"
    return f"{len(found.triggers)}{missed if reconciled else ''}{'; ' if troubled else ''}{', '.join(troubled[:5])}"


def _page(settings: Settings, running: str | None, found: Overview, needs: list[str]) -> RenderableType:
    parts: list[RenderableType] = [
        facts(
            [
                ("hub", f"running (process {running})" if running else "not running"),
                ("data", settings.home),
                ("connections", found.connections),
                ("flows", f"{found.flows}, {found.published} published"),
                ("triggers", _triggers(found)),
                ("events waiting", found.waiting),
                ("vendors' notices", f"{found.noticed}: trunkline connectors notices" if found.noticed else None),
                ("runs", ", ".join(f"{number} {state}" for state, number in sorted(found.runs.items())) or "none yet"),
            ]
        )
    ]
    if found.troubled:
        rows = ((one.connection.name, one.state, when(one.since), one.waiting or "", one.cause, one.next_step) for one in found.troubled)
        columns = ("name", "state", "since", "waiting", "cause", "next step")
        parts += [heading("Connections that are not ok"), table(columns, rows, empty="")]
    parts.append(heading("Needs you") if needs else Text("\nNothing needs you.", style="green"))
    parts += [Text(f"- {clean(one)}") for one in needs]
    return Group(*parts)
