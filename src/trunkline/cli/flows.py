"""`trunkline flows`: what happens with events."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import flows as admin
from trunkline.admin import triggers as trigger_admin
from trunkline.cli import exits, problems, triggers, words
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean, facts, heading, iso_or_null, table, told, when
from trunkline.flows.problems import FlowDocumentError
from trunkline.model.errors import NotFoundError
from trunkline.model.json import JSON, JSONObject
from trunkline.store.flows import Flow, FlowVersion

app = noun("What happens with events: check, store, publish, stop.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The flow's name.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A flow document, YAML or JSON; - reads the standard input.")]
Version = Annotated[int | None, typer.Option("--version", metavar="N", min=1, help="A version's number; the newest unless told.")]


@command(app, "check", examples=("trunkline flows check examples/ghl-contact-to-openphone.yaml",))
async def check(given: Given, file: File) -> Answer:
    """Look for mistakes in a flow document without storing it: all of them at once, each with file, line and field."""
    text = words.read_file(file, place=file)
    async with desk_of(given) as desk:
        try:
            document, found = await admin.check_text(desk, text, source=file)
        except FlowDocumentError as error:
            return _wrong(error, text, file)
    if any(problem.level == "error" for problem in found):
        return _wrong(FlowDocumentError(found, source=file), text, file)
    return Answer(
        json={"ok": True, "flow": document.flow.flow, "problems": problems.as_json(found, source=file)},
        shown=Group(problems.shown(found, text=text, source=file), Text(f"{document.flow.flow} is in order.", style="green")),
    )


@command(app, "apply", examples=("trunkline flows apply examples/ghl-contact-to-openphone.yaml",))
async def apply(given: Given, file: File) -> Answer:
    """Check a flow document and store it as the flow's newest version. It does not run before you publish it.

    The same text again changes nothing. A version never changes once it is stored.
    """
    text = words.read_file(file, place=file)
    async with desk_of(given) as desk:
        try:
            done = await admin.apply(desk, text, source=file)
        except FlowDocumentError as error:
            return _wrong(error, text, file)
    said = (
        f"Stored {done.flow.name} as version {done.version}."
        if done.new
        else f"{done.flow.name} version {done.version} says the same already."
    )
    next_step = "" if done.flow.published == done.version else f"Let it run: trunkline flows publish {done.flow.name}"
    return Answer(
        json={
            "flow": as_json(done.flow),
            "version": done.version,
            "new": done.new,
            "problems": problems.as_json(done.problems, source=file),
        },
        shown=Group(problems.shown(done.problems, text=text, source=file), Text(said, style="bold"), Text(next_step)),
    )


@command(
    app,
    "publish",
    examples=("trunkline flows publish ghl-contact-to-openphone", "trunkline flows publish ghl-contact-to-openphone --version 2"),
)
async def publish(given: Given, name: Name, version: Version = None) -> Answer:
    """Let a version of a flow run. A running hub takes it up within a second; publishing an older version goes back to it."""
    async with desk_of(given) as desk:
        try:
            flow = await admin.publish(desk, name, version=version)
        except FlowDocumentError as error:
            flow = await admin.named(desk, name)
            stored = _version(flow, await admin.versions(desk, name), version)
            return _wrong(error, stored.document, f"{name} version {stored.version}")
    return Answer(json={"flow": as_json(flow)}, shown=Text(f"Published {flow.name} version {flow.published}.", style="green"))


@command(app, "unpublish", examples=("trunkline flows unpublish ghl-contact-to-openphone",))
async def unpublish(given: Given, name: Name) -> Answer:
    """Stop a flow: events start no new runs of it. Runs under way end, and nothing is deleted."""
    async with desk_of(given) as desk:
        flow = await admin.unpublish(desk, name)
    return Answer(json={"flow": as_json(flow)}, shown=Text(f"Stopped {flow.name}. Let it run again: trunkline flows publish {flow.name}"))


@command(app, "list", examples=("trunkline flows list",))
async def list_flows(given: Given) -> Answer:
    """List the flows, and which version of each runs."""
    async with desk_of(given) as desk:
        found = await admin.everything(desk)
    return Answer(
        json={"flows": [as_json(flow) for flow in found]},
        shown=table(
            ("name", "title", "runs", "newest", "changed"),
            (
                (one.name, one.title, "no" if one.published is None else f"version {one.published}", one.latest, when(one.changed_at))
                for one in found
            ),
            empty="No flows yet. Store one: trunkline flows apply FILE",
        ),
    )


@command(
    app, "show", examples=("trunkline flows show ghl-contact-to-openphone", "trunkline flows show ghl-contact-to-openphone --version 1")
)
async def show(given: Given, name: Name, version: Version = None) -> Answer:
    """Show a flow: its versions and the document of one of them, as it was written."""
    async with desk_of(given) as desk:
        flow, versions = await admin.named(desk, name), await admin.versions(desk, name)
        heard = next((one for one in await trigger_admin.everything(desk) if name in one.flows), None)
    chosen = _version(flow, versions, version)
    rows = (
        (one.version, when(one.created_at), when(one.published_at), "runs now" if one.version == flow.published else "") for one in versions
    )
    about: JSONObject = {**as_json(flow), "versions": [_version_as_json(one) for one in versions]}
    return Answer(
        json={
            "flow": about,
            "version": chosen.version,
            "document": chosen.document,
            "trigger": None if heard is None else triggers.as_json(heard),
        },
        shown=Group(
            facts([("name", flow.name), ("title", flow.title), ("runs", "no" if flow.published is None else f"version {flow.published}")]),
            table(("version", "stored", "published", ""), rows, empty=""),
            *([] if heard is None else [heading("Trigger"), triggers.page(heard)]),
            heading(f"Version {chosen.version}"),
            Text(clean(chosen.document)),
        ),
    )


@command(app, "remove", examples=("trunkline flows remove old-flow", "trunkline flows remove old-flow --yes"))
async def remove(given: Given, name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> Answer:
    """Remove a flow that is not published, with all its versions. Its runs stay until they are too old to keep."""
    async with desk_of(given) as desk:
        await admin.named(desk, name)
        words.confirm(f"Remove {name} with all its versions?", yes=yes)
        await admin.remove(desk, name)
    return Answer(json={"removed": name}, shown=Text(f"Removed {name}."))


def as_json(flow: Flow) -> JSONObject:
    """A flow without its documents."""
    return {
        "name": flow.name,
        "title": flow.title,
        "published": flow.published,
        "latest": flow.latest,
        "id": flow.id,
        "created_at": iso_or_null(flow.created_at),
        "changed_at": iso_or_null(flow.changed_at),
    }


def _version_as_json(version: FlowVersion) -> JSON:
    return {
        "version": version.version,
        "created_at": iso_or_null(version.created_at),
        "published_at": iso_or_null(version.published_at),
    }


def _version(flow: Flow, versions: list[FlowVersion], number: int | None) -> FlowVersion:
    wanted = flow.latest if number is None else number
    for version in versions:
        if version.version == wanted:
            return version
    raise NotFoundError(f"The flow {flow.name!r} has no version {wanted}.", hint=f"It has 1 to {flow.latest}.")


def _wrong(error: FlowDocumentError, text: str, source: str) -> Answer:
    errors = sum(problem.level == "error" for problem in error.problems)
    about: JSONObject = {**told(error).as_json(), "problems": problems.as_json(error.problems, source=source)}
    return Answer(
        json={"error": about},
        shown=Group(
            problems.shown(error.problems, text=text, source=source),
            Text(f"{errors} {'mistake' if errors == 1 else 'mistakes'} to mend; nothing was changed.", style="bold red"),
        ),
        code=exits.WRONG,
    )
