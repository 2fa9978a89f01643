"""`trunkline demo`: the main job, shown against simulated vendors."""

import asyncio
import shutil
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from trunkline.cli.commands import command, verb_alone
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, answer, clean, console, facts, heading, table
from trunkline.cli.sandbox import print_to_copy, told_to_stop
from trunkline.model.errors import ConfigError, TrunklineError
from trunkline.model.json import JSONObject, as_object
from trunkline.sandbox.demo import POLL_S, Options, Outcome, Progress, Stage, calm, perform, staged

app = verb_alone()
_MOST_REASONS = 20
_PLAIN_EVERY = 50


@command(app, "demo", examples=("trunkline demo", "trunkline demo --keep", "trunkline demo --contacts 2000 --json"))
async def demo(
    given: Given,
    contacts: Annotated[int, typer.Option(min=1, max=5_000, help="How many contacts are created.")] = 500,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end, until Ctrl-C, and say what to try.")] = False,
) -> Answer | None:
    """Show the main job: contacts of a simulated GoHighLevel become contacts of a simulated OpenPhone, each exactly once.

    Needs no account and calls nothing outside this machine. Webhooks are lost, doubled and late on purpose; the end compares both sides
    contact by contact. Exit code 0 when each is there once and equal, 1 with the reason when not.
    """
    if given.home is not None:
        raise ConfigError("The demonstration makes a folder of its own.", hint="Leave --home out.", place="--home")
    with _cancelled_by_signals():
        try:
            return await _shown(given, Options(contacts=contacts, changes=contacts // 5, deadline_s=_deadline_s(contacts)), keep=keep)
        except asyncio.CancelledError as error:
            raise TrunklineError("The demonstration was stopped.") from error


async def _shown(given: Given, options: Options, *, keep: bool) -> Answer | None:
    screen = _Screen(quiet=given.json)
    async with staged(screen, keep=keep, seed=options.seed) as stage:
        with screen:
            outcome = await perform(stage, options, screen)
        said = Answer(json=outcome.as_json(), shown=_report(outcome), code=0 if outcome.good else 1)
        if not keep:
            return said
        stopped = told_to_stop()
        await calm(stage)
        answer(replace(said, json={**outcome.as_json(), **_whereabouts(stage)}), json=given.json)
        if not given.json:
            _show_tries(stage)
        await stopped.wait()
    raise typer.Exit(said.code)


def _deadline_s(contacts: int) -> float:
    """Fifty seconds, or more when more is asked for than fits into them."""
    return max(50.0, contacts / 20)


@contextmanager
def _cancelled_by_signals() -> Generator[None]:
    """Ctrl-C and a request to end cancel the work, so that everything started is ended in order."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    try:
        yield
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)


class _Screen:
    """Lines, and below them a bar while there is something to follow; plain lines when nobody watches a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = console()
        self._quiet = quiet
        self._shown = -1
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"),
            console=self._console,
        )
        self._live = self._console.is_terminal and not quiet
        self._task = self._bar.add_task("Arrived in OpenPhone", total=None, status="", visible=False)

    def __enter__(self) -> None:
        if self._live:
            self._bar.start()

    def __exit__(self, *exc: object) -> None:
        if self._live:
            self._bar.stop()

    def say(self, text: str) -> None:
        if not self._quiet:
            self._console.print(Text.assemble(("· ", "dim"), clean(text)))

    def progress(self, progress: Progress) -> None:
        if self._live:
            waits = progress.made and progress.equal < progress.expected
            status = f"{progress.equal} up to date{f'; a poll every {POLL_S} s finds the rest' if waits else ''}"
            self._bar.update(self._task, total=progress.expected, completed=progress.arrived, status=status, visible=True)
            return
        step = progress.equal // _PLAIN_EVERY
        if progress.expected and not self._quiet and (step != self._shown or progress.equal == progress.expected):
            self._shown = step
            self._console.print(f"  {progress.arrived} of {progress.expected} arrived in OpenPhone, {progress.equal} up to date")


def _report(outcome: Outcome) -> RenderableType:
    found, proof = outcome.figures, outcome.findings
    arrivals = [
        (way, one.received, one.news, one.known, one.out_of_date) for way, one in (("webhook", found.webhook), ("poll", found.poll))
    ]
    runs = ", ".join(f"{count} {state}" for state, count in sorted(found.runs.items()))
    return Group(
        "",
        table(("Events", "received", "new", "dropped: known already", "dropped: out of date"), arrivals, empty=""),
        "",
        facts(
            (
                ("webhooks on the way", f"{found.lost} lost, {found.twice} sent twice, {found.late} late"),
                ("runs", runs),
                ("effects sent", f"{found.effects} (OpenPhone counted {found.created} creates and {found.changed} updates)"),
                ("tried again", found.retries),
                ("arrival to end", f"p50 {found.p50_ms:,.0f} ms, p99 {found.p99_ms:,.0f} ms"),
            )
        ),
        "",
        *_verdict(outcome),
        Text(f"{proof.left_alone} contacts without a usable phone or e-mail were left alone, as the flow says.", style="dim"),
        Text(f"It took {outcome.seconds:.0f} s.", style="dim"),
    )


def _verdict(outcome: Outcome) -> list[RenderableType]:
    proof = outcome.findings
    if outcome.good:
        return [
            Text(
                f"Proof: OpenPhone holds each of the {proof.expected} reachable contacts exactly once, every field equal.",
                style="bold green",
            )
        ]
    reasons = outcome.reasons()
    more = [f"… and {len(reasons) - _MOST_REASONS} more"] if len(reasons) > _MOST_REASONS else []
    lines = [f"  {clean(line)}" for line in (*reasons[:_MOST_REASONS], *more)]
    return [
        Text(f"Not as promised: {proof.equal} of {proof.expected} contacts are in OpenPhone exactly once and equal.", style="bold red"),
        *lines,
    ]


def _whereabouts(stage: Stage) -> JSONObject:
    return {"home": str(stage.home), "hub": stage.hub.url, **stage.sandbox}


def _show_tries(stage: Stage) -> None:
    ghl, home, program = as_object(stage.sandbox["ghl"]), f"--home {stage.home}", _program()
    lines = (
        f'curl {ghl["control"]}/contacts -d \'{{"fields": {{"firstName": "You", "phone": "+14155550199"}}}}\'',
        f"{program} runs list {home}",
        f"{program} runs show RUN {home}",
        f"{program} status {home}",
        f"{program} call openphone.contacts.list --connection desk --input '{{\"maxResults\": 5}}' {home}",
        f"curl -X PUT {ghl['control']}/webhooks -d '{{\"lost\": 1}}'        # from now on only the poll finds news",
        f"curl -X PUT {ghl['control']}/token -d '{{\"accepted\": false}}'        # GoHighLevel refuses the token",
        f"curl {stage.hub.url}/metrics",
    )
    console().print(heading("Everything keeps running, without faults now. Try, in a second terminal:"))
    print_to_copy(lines)
    console().print(f"\nCtrl-C ends it. The folder {stage.home} stays.", soft_wrap=True)


def _program() -> str:
    """The command as it can be typed here."""
    if shutil.which("trunkline"):
        return "trunkline"
    beside = Path(sys.executable).with_name("trunkline")
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
