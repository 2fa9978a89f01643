"""`trunkline runs`: what flows did."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Group
from rich.progress import track
from rich.text import Text

from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as admin
from trunkline.admin.desk import Desk
from trunkline.cli import exits, story, words
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, console, iso_or_null, table, when
from trunkline.model.errors import ConfigError, NotFoundError, StoreError, TrunklineError
from trunkline.model.event import Run, RunState
from trunkline.model.json import JSON, JSONObject

app = noun("What flows did: list, look into, repeat, settle.")

SHORT = 14
"""Letters of an id in a table; `runs show` takes as few."""


class State(StrEnum):
    """The states of a run, as words of the command line; a test keeps them equal to `RunState`."""

    running = "running"
    parked = "parked"
    waiting = "waiting"
    done = "done"
    filtered = "filtered"
    failed = "failed"
    unknown = "unknown"
    cancelled = "cancelled"


RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or the first letters of it (8 or more).")]
OfFlow = Annotated[str | None, typer.Option("--flow", metavar="NAME", help="Only runs of this flow.")]


@command(
    app,
    "list",
    examples=(
        "trunkline runs list",
        "trunkline runs list --failed",
        "trunkline runs list --state parked --flow ghl-contact-to-openphone --limit 200",
    ),
)
async def list_runs(
    given: Given,
    failed: Annotated[bool, typer.Option("--failed", help="Only what needs you: failed runs and unknown outcomes.")] = False,
    state: Annotated[State | None, typer.Option(help="Only runs in this state.")] = None,
    flow: OfFlow = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="How many at most.")] = 50,
) -> Answer:
    """List the newest runs, the newest first."""
    if failed and state is not None:
        raise ConfigError("--failed and --state cannot stand together.", hint="Use one of them.", place="--state")
    async with desk_of(given) as desk:
        chosen: RunState | None = None if state is None else state.value
        found = await admin.listed(desk, most=limit, failed=failed, state=chosen, flow=flow)
        names = await _flow_names(desk)
    return Answer(
        json={"runs": [as_json(run, names) for run in found]},
        shown=table(
            ("run", "flow", "state", "record", "received", "reason"),
            (
                (run.id[:SHORT], names.get(run.flow, "(removed)"), run.state, run.record_key, when(run.received_at), _one_line(run.reason))
                for run in found
            ),
            empty="No such runs." if failed or state or flow else "No runs yet.",
        ),
    )


@command(app, "show", examples=("trunkline runs show RUN", "trunkline runs show RUN --json"))
async def show(given: Given, run: RunArgument) -> Answer:
    """Tell the whole story of a run.

    What came in, what was decided, what was sent and what came back; one sentence says it first.
    """
    async with desk_of(given) as desk:
        page = await admin.shown(desk, await admin.identified(desk, run))
        title = _title(desk, page)
    return Answer(json=_page_as_json(page, title), shown=story.told(page, title=title))


@command(
    app,
    "replay",
    examples=(
        "trunkline runs replay RUN",
        "trunkline runs replay RUN --from-start",
        "trunkline runs replay --failed --flow ghl-contact-to-openphone",
    ),
)
async def replay(
    given: Given,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="The run's id, or the first letters of it (8 or more).")] = None,
    from_start: Annotated[bool, typer.Option("--from-start", help="Carry it out anew: writes it has made are made again.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Every failed run, instead of one.")] = False,
    flow: OfFlow = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> Answer:
    """Repeat a run, usually after a fix.

    It uses the published version of its flow. A failed run goes on where it failed, and what it wrote stays written; a finished one is
    carried out anew. A running hub takes it up within a second, a stopped one when it starts. Runs whose outcome is unknown are settled
    first: trunkline runs resolve.
    """
    if (run is None) != failed:
        raise ConfigError("Name a run, or say --failed for all failed ones.", hint="See: trunkline runs list --failed", place="RUN")
    async with desk_of(given) as desk:
        if run is None:
            return await _replay_failed(desk, flow=flow, from_start=from_start, yes=yes, quiet=given.json)
        repeated = await admin.replay(desk, await admin.identified(desk, run), from_start=from_start)
    return Answer(json={"run": repeated}, shown=Text(f"It is repeated as {repeated}. Look: trunkline runs show {repeated}"))


async def _replay_failed(desk: Desk, *, flow: str | None, from_start: bool, yes: bool, quiet: bool) -> Answer:
    found = await admin.listed(desk, most=admin.MOST_SEARCHED, state="failed", flow=flow)
    if not found:
        return Answer(json={"replayed": [], "left": []}, shown=Text("There are no failed runs."))
    words.confirm(f"Repeat {len(found)} failed {'run' if len(found) == 1 else 'runs'}?", yes=yes)
    replayed: list[JSON] = []
    left: list[tuple[Run, TrunklineError]] = []
    # The oldest first, so that changes of one record come in the order they were made.
    for run in track(found[::-1], description="Repeating", console=console(stderr=True), disable=quiet, transient=True):
        try:
            replayed.append(await admin.replay(desk, run.id, from_start=from_start))
        except StoreError:
            raise
        except TrunklineError as error:
            left.append((run, error))
    return Answer(
        json={"replayed": replayed, "left": [{"run": run.id, "code": error.code, "reason": error.message} for run, error in left]},
        shown=Group(
            Text(f"{len(replayed)} of {len(found)} are repeated."), *(Text(f"left: {run.id}: {error.message}") for run, error in left)
        ),
        code=exits.FAILED if left else exits.DONE,
    )


@command(
    app,
    "resolve",
    examples=(
        "trunkline runs resolve RUN --landed",
        """trunkline runs resolve RUN --landed --answer '{"id": "42"}'""",
        "trunkline runs resolve RUN --repeat",
    ),
)
async def resolve(
    given: Given,
    run: RunArgument,
    landed: Annotated[bool, typer.Option("--landed", help="The write was done: go on without sending it.")] = False,
    repeat: Annotated[bool, typer.Option("--repeat", help="It was not done: send it again.")] = False,
    answer: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="With --landed: what the vendor would have answered, for later steps; @FILE or - too."),
    ] = None,
) -> Answer:
    """Settle a write whose outcome is unknown.

    Look at the vendor first: was it done? The run then goes on.
    """
    if landed == repeat:
        raise ConfigError("Say either --landed or --repeat.", hint="Look at the vendor whether the write was done.", place="--landed")
    if repeat and answer is not None:
        raise ConfigError("--answer goes with --landed only.", hint="A write that is sent again brings its own answer.", place="--answer")
    async with desk_of(given) as desk:
        settled = await admin.resolve(
            desk, await admin.identified(desk, run), landed=landed, answer=words.object_of(answer, place="--answer")
        )
    said = "It counts as done and goes on." if landed else "It is sent again."
    return Answer(json={"run": settled.id, "landed": landed}, shown=Text(f"{said} Look: trunkline runs show {settled.id}"))


@command(app, "cancel", examples=("trunkline runs cancel RUN",))
async def cancel(given: Given, run: RunArgument) -> Answer:
    """End a run that is parked or waits behind another. It can be replayed later."""
    async with desk_of(given) as desk:
        ended = await admin.cancel(desk, await admin.identified(desk, run))
    return Answer(json={"run": ended.id, "state": ended.state}, shown=Text(f"Cancelled {ended.id}."))


async def _flow_names(desk: Desk) -> dict[str, str]:
    return {flow.id: flow.name for flow in await flow_admin.everything(desk)}


def _title(desk: Desk, page: admin.RunPage) -> str:
    """The trigger's title; its bare name when its connector is gone."""
    if page.event is None:
        return "An event"
    try:
        return desk.registry.trigger(page.event.trigger_name).title
    except NotFoundError:
        return page.event.trigger_name


def _one_line(text: str) -> str:
    first = text.split("\n", 1)[0]
    return first if len(first) <= 90 else f"{first[:89]}…"


def as_json(run: Run, flows: dict[str, str]) -> JSONObject:
    """A run without what it did."""
    return {
        "id": run.id,
        "flow": flows.get(run.flow, run.flow),
        "version": run.version,
        "event": run.event,
        "record_key": run.record_key,
        "state": run.state,
        "code": run.code,
        "reason": run.reason,
        "attempts": run.attempts,
        "generation": run.generation,
        "depth": run.depth,
        "received_at": iso_or_null(run.received_at),
        "started_at": iso_or_null(run.started_at),
        "finished_at": iso_or_null(run.finished_at),
    }


def _page_as_json(page: admin.RunPage, title: str) -> JSONObject:
    event: JSONObject | None = None
    if page.event is not None:
        event = {
            "id": page.event.id,
            "trigger": page.event.trigger_name,
            "source": page.event.source,
            "record_key": page.event.record_key,
            "payload": page.event.payload,
        }
    return {
        "sentence": story.sentence(page, title=title),
        **as_json(page.run, {page.run.flow: page.flow}),
        "event": event,
        "trace": page.trace,
        "steps": dict(page.steps),
        "effects": [
            {
                "key": one.effect.key,
                "step": one.effect.path,
                "operation": one.effect.operation,
                "state": one.effect.state,
                "attempts": one.effect.attempts,
                "code": one.effect.code,
                "reason": one.effect.reason,
                "intended_at": iso_or_null(one.effect.intended_at),
                "finished_at": iso_or_null(one.effect.finished_at),
                "request": one.request,
                "answer": one.answer,
            }
            for one in page.effects
        ],
    }
