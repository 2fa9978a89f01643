"""Many triggers that are polled and find nothing: what a hub spends on each, and how late they are.

`python -m bench.polls [--triggers 10000] [--every 60] [--seconds 60]` measures this alone; `make bench` has it at its end.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.hub import started
from bench.processes import NotMeasuredError, Running, free_port, running
from trunkline.admin import connections
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.admin.flows import compile_text
from trunkline.app import opened_desk
from trunkline.model.ids import FlowId, digest, fresh
from trunkline.settings import Settings
from trunkline.store import flows as store
from trunkline.store.flows import Flow, FlowVersion
from trunkline.store.statement import Transaction

EACH: Final = 10
"""Triggers of one connection."""
GOAL_MS: Final = 0.4
_PIECE: Final = 500

_FLOW: Final = """\
flow: poll-{number}
trigger: {{on: ghl.contacts.search.changed, connection: crm-{connection}, poll: {every_s}s, input: {{query: "q{query}"}}}}
steps:
  - stop: found
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What was measured. `late_s` is the time within which 99 of 100 polls began after they were due; `share` that of one core."""

    triggers: int
    every_s: float
    polls_per_s: float
    share: float
    cpu_ms: float
    late_s: float
    memory_mb: float


def measure(folder: Path, *, triggers: int, every_s: float, seconds: float) -> Polled:
    """Set a hub up, let every trigger come to its turn, then count for a while."""
    home = folder / "polls"
    with vendor(folder) as quiet:
        asyncio.run(_set_up(home, quiet.address, triggers=triggers, every_s=every_s))
        with started(home) as hub:
            _settled(quiet, triggers=triggers, every_s=every_s)
            return _counted(hub, quiet, triggers=triggers, every_s=every_s, seconds=seconds)


@contextmanager
def vendor(folder: Path) -> Generator[Running]:
    """The quiet vendor as a process."""
    port = free_port()
    command = [sys.executable, "-m", "bench.quiet", str(port)]
    with running(command, port=port, ready="/count", log=folder / "quiet.log") as process:
        yield process


async def _set_up(home: Path, base_url: str, *, triggers: int, every_s: float) -> None:
    """One flow for each trigger, ten triggers for each connection. The commands would check each flow against all connections."""
    async with opened_desk(Settings(home=home)) as desk:
        for number in range(-(-triggers // EACH)):
            new = NewConnection(
                connector="ghl", name=f"crm-{number}", base_url=base_url, options={"location": f"loc{number}"}, secrets={"token": "quiet"}
            )
            await connections.add(desk, new)
        for begin in range(0, triggers, _PIECE):
            some = range(begin, min(begin + _PIECE, triggers))
            await desk.database.journal.commit(lambda tx, some=some: _publish(tx, desk, some, every_s=every_s), long=True)


def _publish(tx: Transaction, desk: Desk, numbers: range, *, every_s: float) -> None:
    now = desk.clock.now()
    for number in numbers:
        text = _FLOW.format(number=number, connection=number // EACH, every_s=round(every_s), query=number % EACH)
        plan, id = compile_text(text), FlowId(fresh("flw"))
        flow = Flow(id=id, workspace=desk.workspace, name=plan.name, title="", latest=1, published=None, created_at=now, changed_at=now)
        version = FlowVersion(
            flow=id, version=1, document=text, digest=digest(text), trigger=plan.trigger.facts(), created_at=now, published_at=None
        )
        store.save_flow(tx, flow, version)
        store.publish(tx, id, 1, now=now)


def _settled(quiet: Running, *, triggers: int, every_s: float) -> None:
    """Every trigger has begun, and its first interval is over: those are shorter, so that turns spread."""
    until = time.monotonic() + 4 * every_s + 120
    while _polls(quiet)[0] < triggers:
        if time.monotonic() > until:
            raise NotMeasuredError(f"only {_polls(quiet)[0]} of {triggers} triggers were polled")
        time.sleep(0.5)
    time.sleep(every_s * 1.1)


def _counted(hub: Running, quiet: Running, *, triggers: int, every_s: float, seconds: float) -> Polled:
    late_before, (polls_before, began_s), cpu_before = _late(hub), _polls(quiet), hub.cpu_s
    time.sleep(seconds)
    late_after, (polls_after, ended_s), cpu_after = _late(hub), _polls(quiet), hub.cpu_s
    polls, spent_s, took_s = polls_after - polls_before, cpu_after - cpu_before, ended_s - began_s
    if not polls:
        raise NotMeasuredError("nothing was polled")
    late = {bound: count - late_before.get(bound, 0) for bound, count in late_after.items()}
    return Polled(
        triggers=triggers,
        every_s=every_s,
        polls_per_s=polls / took_s,
        share=spent_s / took_s,
        cpu_ms=spent_s / polls * 1000,
        late_s=next((bound for bound, count in sorted(late.items()) if count >= 0.99 * max(late.values())), float("inf")),
        memory_mb=hub.memory_mb,
    )


def _polls(quiet: Running) -> tuple[int, float]:
    with urllib.request.urlopen(f"{quiet.address}/count", timeout=10) as answer:
        polls, at_s = re.findall(rb"[0-9.]+", answer.read())
    return int(polls), float(at_s)


_LATE: Final = re.compile(r'^trunkline_poll_late_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def _late(hub: Running) -> dict[float, float]:
    """How many polls began within how many seconds after they were due."""
    with urllib.request.urlopen(f"{hub.address}/metrics", timeout=10) as answer:
        told = answer.read().decode()
    return {float(bound): float(count) for bound, count in _LATE.findall(told)}


def table(found: Polled) -> str:
    """What was measured, as a table of the page."""
    late = "more than a minute" if found.late_s == float("inf") else f"{found.late_s:g} s"
    return "\n".join(
        (
            "| polled triggers | every | polls/s | CPU per empty poll | CPU share of one core | 99 of 100 late by at most | memory |",
            "|---:|---:|---:|---:|---:|---:|---:|",
            f"| {found.triggers:,} | {found.every_s:g} s | {found.polls_per_s:,.0f} | {found.cpu_ms:.2f} ms | {found.share:.1%} | {late} | "
            f"{found.memory_mb:,.0f} MB |",
        )
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.polls", description=__doc__)
    parser.add_argument("--triggers", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=60, help="seconds between two polls of a trigger, from 10")
    parser.add_argument("--seconds", type=float, default=60, help="how long is counted")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="trunkline-polls-") as folder:
        print(table(measure(Path(folder), triggers=given.triggers, every_s=given.every, seconds=given.seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
