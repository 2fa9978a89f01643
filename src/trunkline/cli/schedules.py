"""`trunkline schedules`: flows that a clock starts."""

from itertools import islice
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import schedules as admin
from trunkline.admin.schedules import Scheduled
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, iso_or_null, table
from trunkline.connect.schedules.schedule import Schedule
from trunkline.model.clock import SECOND, Instant, SystemClock, from_iso, iso
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject

app = noun("Flows that a clock starts: when they tick next, what was missed.")


@command(app, "list", examples=("trunkline schedules list", "trunkline schedules list --ticks 10 --json"))
async def list_schedules(
    given: Given,
    ticks: Annotated[int, typer.Option("--ticks", metavar="N", min=1, max=100, help="How many of the next ticks.")] = 3,
) -> Answer:
    """List the published flows that a clock starts, with their next ticks where their clocks hang.

    A tick is missed when no hub ran at its time and the flow did not ask for it to be made up for. One that is overdue waits for a hub.
    """
    async with desk_of(given) as desk:
        found = await admin.everything(desk, ticks=ticks)
    return Answer(
        json={"schedules": [as_json(one) for one in found]},
        shown=table(
            ("flow", "schedule", "next", "last", "missed", "overdue"),
            (
                (
                    one.flow,
                    one.schedule.plan,
                    "\n".join(shown(one.schedule, at) for at in one.next) or "never again",
                    "-" if one.reached is None or one.reached.planned_at is None else shown(one.schedule, one.reached.planned_at),
                    0 if one.reached is None else one.reached.missed,
                    one.overdue,
                )
                for one in found
            ),
            empty="No published flow is started by a clock.",
        ),
    )


@command(
    app,
    "next",
    examples=(
        'trunkline schedules next "0 9 * * MON-FRI" --time-zone Europe/Berlin',
        'trunkline schedules next "30 2 * * *" --time-zone America/New_York --after 2026-03-07',
    ),
)
async def next_ticks(
    given: Given,  # noqa: ARG001 - every command has it
    cron: Annotated[str, typer.Argument(metavar="CRON", help="Minute, hour, day of the month, month, day of the week; in quotes.")],
    time_zone: Annotated[str, typer.Option("--time-zone", metavar="ZONE", help="A time zone such as America/New_York.")] = "UTC",
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, max=1_000, help="How many.")] = 10,
    after: Annotated[str | None, typer.Option("--after", metavar="TIME", help="Those after this time, ISO 8601; now unless told.")] = None,
) -> Answer:
    """Show the next ticks of a cron expression, to try one before a flow has it."""
    schedule = admin.tried(cron, time_zone)
    ticks = list(islice(admin.following(schedule, _moment(after)), count))
    words = admin.in_words(schedule)
    listed: list[JSON] = [{"at": iso(at), "local": local(schedule, at)} for at in ticks]
    return Answer(
        json={"schedule": schedule.plan, "time_zone": time_zone, "words": words, "ticks": listed},
        shown=Group(
            Text(f"{words} ({time_zone})", style="bold"),
            table(
                ("there", "UTC"),
                ((shown(schedule, at), iso(at)[:16].replace("T", " ")) for at in ticks),
                empty="Never in the next fifty years.",
            ),
        ),
    )


def _moment(given: str | None) -> Instant:
    if given is None:
        return SystemClock().now()
    try:
        return from_iso(given)
    except ValueError as error:
        raise ConfigError(f"{given!r} is no time.", hint="Write it as 2026-12-24 or 2026-12-24T18:00Z.", place="--after") from error


def as_json(one: Scheduled) -> JSONObject:
    """A schedule with what is known of its past."""
    schedule, reached = one.schedule, one.reached
    return {
        "flow": one.flow,
        "trigger": one.trigger,
        "schedule": schedule.plan,
        "time_zone": schedule.wall.zone.key,
        "missed_rule": schedule.missed,
        "spread_s": schedule.spread_s,
        "next": [local(schedule, at) for at in one.next],
        "last_planned_at": None if reached is None else iso_or_null(reached.planned_at),
        "last_started_at": None if reached is None else iso_or_null(reached.told_at),
        "missed": 0 if reached is None else reached.missed,
        "overdue": one.overdue,
    }


def local(schedule: Schedule, at: Instant) -> str:
    """ISO 8601 with the offset of the schedule's clocks."""
    return schedule.wall.moment(at // SECOND).isoformat(timespec="seconds")


def shown(schedule: Schedule, at: Instant) -> str:
    """As a person reads it, with the offset, which tells summer from winter."""
    moment = schedule.wall.moment(at // SECOND)
    return f"{moment:%a} {moment.isoformat(sep=' ', timespec='minutes')}"
