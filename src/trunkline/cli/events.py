"""`trunkline events`: what arrived."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Group

from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as admin
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, facts, heading, iso_or_null, table, value, when
from trunkline.model.event import Event
from trunkline.model.ids import ConnectionId, is_clock
from trunkline.model.json import JSONObject

app = noun("What arrived.")


@command(app, "list", examples=("trunkline events list", "trunkline events list --limit 200 --json"))
async def list_events(
    given: Given,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="How many at most.")] = 50,
) -> Answer:
    """List the newest events, the newest first."""
    async with desk_of(given) as desk:
        found = await admin.events(desk, most=limit)
        names = {connection.id: connection.name for connection in await connection_admin.everything(desk)}
    return Answer(
        json={"events": [as_json(event, _origin(event, names, event.connection)) for event in found]},
        shown=table(
            ("event", "trigger", "connection", "by", "record", "received"),
            (
                (one.id, one.trigger_name, _origin(one, names, "(removed)"), one.source, one.record_key, when(one.received_at))
                for one in found
            ),
            empty="No events yet.",
        ),
    )


@command(app, "show", examples=("trunkline events show EVENT",))
async def show(given: Given, event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's id.")]) -> Answer:
    """Show an event: what was in it, and the runs it started."""
    async with desk_of(given) as desk:
        found, started = await admin.event(desk, event)
        names = {connection.id: connection.name for connection in await connection_admin.everything(desk)}
        flows = {flow.id: flow.name for flow in await flow_admin.everything(desk)}
    connection = _origin(found, names, found.connection)
    about: JSONObject = {
        **as_json(found, connection),
        "payload": found.payload,
        "runs": [{"id": run.id, "flow": flows.get(run.flow, run.flow), "state": run.state, "reason": run.reason} for run in started],
    }
    return Answer(
        json=about,
        shown=Group(
            facts(
                [
                    ("event", found.id),
                    ("trigger", found.trigger_name),
                    ("connection", connection),
                    ("by", found.source),
                    ("record", found.record_key),
                    ("happened", "" if found.occurred_at is None else when(found.occurred_at)),
                    ("received", when(found.received_at)),
                ]
            ),
            heading("What was in it"),
            value(found.payload),
            heading("Runs it started"),
            table(
                ("run", "flow", "state", "reason"),
                ((run.id, flows.get(run.flow, run.flow), run.state, run.reason) for run in started),
                empty="None.",
            ),
        ),
    )


def _origin(event: Event, names: Mapping[ConnectionId, str], removed: str) -> str:
    """The name of the connection it came by; nothing for a tick, which comes by none."""
    return "" if is_clock(event.connection) else names.get(event.connection, removed)


def as_json(event: Event, connection: str) -> JSONObject:
    """An event without its payload."""
    return {
        "id": event.id,
        "trigger": event.trigger_name,
        "connection": connection,
        "source": event.source,
        "key": event.key,
        "record_key": event.record_key,
        "depth": event.depth,
        "occurred_at": iso_or_null(event.occurred_at),
        "received_at": iso_or_null(event.received_at),
    }
