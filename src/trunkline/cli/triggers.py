"""`trunkline triggers`: how flows hear of things."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin import triggers as admin
from trunkline.admin.triggers import Watched
from trunkline.cli import words
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, facts, heading, iso_or_null, table, value, when
from trunkline.model.clock import Instant
from trunkline.model.json import JSON, JSONObject
from trunkline.store.backfills import Backfill

app = noun("How flows hear of things: what is polled and how often, what only polls found.")

Flow = Annotated[str, typer.Argument(metavar="FLOW", help="A published flow that the trigger starts.")]


@command(app, "list", examples=("trunkline triggers list", "trunkline triggers list --json"))
async def list_triggers(given: Given) -> Answer:
    """List the triggers that published flows use. Flows that give one the same input share it."""
    async with desk_of(given) as desk:
        found = await admin.everything(desk)
    return Answer(
        json={"triggers": [as_json(one) for one in found]},
        shown=table(
            ("trigger", "connection", "flows", "by", "state", "polled", "next", "every", "missed", "recovered"),
            (
                (
                    one.use.name,
                    one.connection.name,
                    ", ".join(one.flows),
                    ", ".join(one.ways),
                    one.state,
                    when(None if one.cursor is None else one.cursor.polled_at),
                    when(_due_at(one)),
                    _length(_interval_s(one)),
                    *((one.missed, one.recovered) if len(one.ways) > 1 else ("", "")),
                )
                for one in found
            ),
            empty="No published flow listens to a connection.",
        ),
    )


@command(app, "show", examples=("trunkline triggers show ghl-contact-to-openphone",))
async def show(given: Given, flow: Flow) -> Answer:
    """Show the trigger of a flow: where its poll stands, what only the poll found, what it holds back, how far reads of the past are."""
    async with desk_of(given) as desk:
        found = await admin.of_flow(desk, flow)
    return Answer(json={"trigger": as_json(found)}, shown=page(found))


@command(app, "poll", examples=("trunkline triggers poll ghl-contact-to-openphone",))
async def poll(given: Given, flow: Flow) -> Answer:
    """Let a running hub poll the trigger of a flow now instead of when its turn comes."""
    async with desk_of(given) as desk:
        found = await admin.poll(desk, flow)
    return Answer(json={"polled": found.use.name}, shown=Text(f"A running hub polls {found.use.name} within a second."))


@command(app, "release", examples=("trunkline triggers release watch-tags", "trunkline triggers release watch-tags --yes"))
async def release(given: Given, flow: Flow, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> Answer:
    """Confirm that records which vanished from a list all at once are gone: the next poll tells every one of them."""
    async with desk_of(given) as desk:
        found = await admin.of_flow(desk, flow)
        held = 0 if found.cursor is None else found.cursor.held
        if held:
            words.confirm(f"Tell {flow} that {held} records are gone?", yes=yes)
        await admin.release(desk, flow)
    return Answer(json={"released": held, "trigger": found.use.name}, shown=Text(f"The next poll of {found.use.name} tells what is gone."))


def as_json(one: Watched) -> JSONObject:
    """All that is known of a trigger."""
    cursor, pace = one.cursor, one.pace
    polled: JSON = None
    if pace is not None:
        polled = {
            "least_s": pace.least_s,
            "most_s": pace.most_s,
            "interval_s": _interval_s(one),
            "last_at": iso_or_null(None if cursor is None else cursor.polled_at),
            "next_at": iso_or_null(_due_at(one)),
            "cursor": None if cursor is None else cursor.cursor,
            "told": 0 if cursor is None else cursor.told,
            "unread": 0 if cursor is None else cursor.unread,
            "records": 0 if cursor is None else cursor.size,
            "pages": 0 if cursor is None else cursor.calls,
            "held": 0 if cursor is None else cursor.held,
        }
    return {
        "trigger": one.use.name,
        "connection": one.connection.name,
        "input": one.use.input,
        "flows": [*one.flows],
        "by": [*one.ways],
        "state": one.state,
        "problem": one.problem,
        "poll": polled,
        "missed": one.missed,
        "recovered": one.recovered,
        "backfills": [_backfill_as_json(one, past) for past in one.backfills],
    }


def page(one: Watched) -> RenderableType:
    """A trigger for people."""
    cursor, pace = one.cursor, one.pace
    between = None if pace is None else f"{_length(_interval_s(one))} (from {_length(pace.least_s)} to {_length(pace.most_s)})"
    parts: list[RenderableType] = [
        facts(
            [
                ("trigger", one.use.name),
                ("connection", one.connection.name),
                ("flows", ", ".join(one.flows)),
                ("by", ", ".join(one.ways)),
                ("state", one.state),
                ("problem", one.problem or None),
                ("polled every", between),
                ("last poll", None if cursor is None else when(cursor.polled_at)),
                ("next poll", None if pace is None else when(_due_at(one))),
                ("cursor", None if cursor is None else cursor.cursor),
                ("records in its list", cursor.size if cursor is not None and cursor.size else None),
                ("events by poll", None if cursor is None else cursor.told),
                ("webhooks missed", f"{one.missed}, recovered: {one.recovered}" if len(one.ways) > 1 else None),
                ("held back", f"{cursor.held}: trunkline triggers release {one.flows[0]}" if cursor is not None and cursor.held else None),
            ]
        )
    ]
    if one.use.input:
        parts += [heading("Input"), value(one.use.input)]
    if one.backfills:
        rows = (
            (
                one.flow_names.get(past.flow_id, "(not published)"),
                past.asked,
                "read" if past.finished_at is not None else f"round {past.round}",
                past.pages,
                past.records,
                past.told,
                past.problem,
            )
            for past in one.backfills
        )
        parts += [heading("Reads of the past"), table(("flow", "from", "state", "pages", "records", "told", "problem"), rows, empty="")]
    return Group(*parts)


def _backfill_as_json(one: Watched, past: Backfill) -> JSON:
    return {
        "flow": one.flow_names.get(past.flow_id),
        "from": past.asked,
        "begins_at": iso_or_null(past.begins_at),
        "until": iso_or_null(past.until_at),
        "round": past.round,
        "pages": past.pages,
        "records": past.records,
        "told": past.told,
        "started_at": iso_or_null(past.started_at),
        "finished_at": iso_or_null(past.finished_at),
        "problem": past.problem,
    }


def _interval_s(one: Watched) -> float | None:
    if one.pace is None:
        return None
    return one.pace.first_s if one.cursor is None or not one.cursor.interval_ms else one.cursor.interval_ms / 1000


def _due_at(one: Watched) -> Instant | None:
    return Instant(one.cursor.due_at) if one.pace is not None and one.cursor is not None and one.cursor.due_at else None


def _length(seconds: float | None) -> str:
    """`90 s`, `5 min`, `2 h`."""
    if seconds is None:
        return ""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
