"""`make bench`: everything in one run, one program after the other, so that what is compared was measured under the same conditions."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import loads, measures, neighbours, polls, report
from bench.hub import hub
from bench.measures import Measured, Sink
from bench.polls import Polled
from bench.processes import NotMeasuredError

DBOS_WORKFLOWS = 600
PAIRED = ("prototype", "trunkline", "ingest", "node_red")
"""Measured in every round, back to back."""
ONCE = ("n8n", "dbos")
"""Far slower: once is enough to say so."""
POLLS = "polls"
"""Ten thousand triggers that find nothing, for two minutes and a half."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """One run."""

    folder: Path
    sink: Sink
    seconds: float
    by: str
    rounds: dict[str, list[Measured]] = field(default_factory=dict[str, list[Measured]])
    single: dict[str, Measured] = field(default_factory=dict[str, Measured])
    reasons: dict[str, str] = field(default_factory=dict[str, str])
    polled: Polled | None = None

    def poll(self, *, triggers: int) -> None:
        """The triggers that find nothing."""
        try:
            self.polled = polls.measure(self.folder, triggers=triggers, every_s=60, seconds=60)
        except NotMeasuredError as error:
            self.reasons[POLLS] = str(error)
            print(f"  {POLLS:<10} once: not measured: {error}", flush=True)
        else:
            print(f"  {POLLS:<10} once: {self.polled.cpu_ms:.2f} ms CPU per empty poll", flush=True)

    def paired(self, name: str, number: int) -> None:
        """One round of one program; one that failed is not tried again."""
        if name not in self.reasons and (measured := self._measured(name, f"round {number}")) is not None:
            self.rounds.setdefault(name, []).append(measured)

    def once(self, name: str) -> None:
        if (measured := self._measured(name, "once")) is not None:
            self.single[name] = measured

    def _measured(self, name: str, which: str) -> Measured | None:
        self.sink.reset()
        place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        ways: dict[str, Callable[[Path], Measured]] = {
            "prototype": self._prototype,
            "trunkline": self._trunkline,
            "ingest": self._ingest,
            "node_red": self._node_red,
            "n8n": self._n8n,
            "dbos": self._dbos,
        }
        try:
            measured = ways[name](place)
        except NotMeasuredError as error:
            self.reasons[name] = str(error)
            print(f"  {name:<10} {which}: not measured: {error}", flush=True)
            return None
        effects = "" if measured.effects_per_s is None else f"{measured.effects_per_s:>8,.0f} effects/s"
        accepted = "" if measured.accepted_per_s is None else f"{measured.accepted_per_s:>8,.0f} accepted/s"
        print(f"  {name:<10} {which}: {accepted} {effects}", flush=True)
        return measured

    def _prototype(self, place: Path) -> Measured:
        with neighbours.prototype(place, sink_url=self.sink.url) as (process, target):
            return measures.pipeline(process, target, self.sink, seconds=self.seconds, by=self.by)

    def _trunkline(self, place: Path) -> Measured:
        with hub(place / "home", flow="forward", sink_url=self.sink.url) as (process, target):
            return measures.pipeline(process, target, self.sink, seconds=self.seconds, by=self.by)

    def _ingest(self, place: Path) -> Measured:
        with hub(place / "home", flow="ingest", sink_url=self.sink.url) as (process, target):
            return measures.ingest(process, target, seconds=self.seconds, by=self.by)

    def _node_red(self, place: Path) -> Measured:
        with neighbours.node_red(place, sink_url=self.sink.url) as (process, target):
            return measures.pipeline(process, target, self.sink, seconds=self.seconds, by=self.by)

    def _n8n(self, place: Path) -> Measured:
        with neighbours.n8n(place, sink_url=self.sink.url) as (process, target):
            return measures.pipeline(process, target, self.sink, seconds=self.seconds, by=self.by)

    def _dbos(self, place: Path) -> Measured:
        neighbours.dbos(place, sink_url=self.sink.url, workflows=DBOS_WORKFLOWS)
        arrived = self.sink.settled(expected=DBOS_WORKFLOWS)
        return Measured(
            effects_per_s=arrived.per_s, missing=DBOS_WORKFLOWS - arrived.different, doubled=arrived.effects - arrived.different
        )


def main(arguments: list[str]) -> int:
    given = _given(arguments)
    by = loads.generator()
    print(f"{given.rounds} rounds of {given.seconds:g} s, {loads.CONNECTIONS} connections, load by {by}; best on an idle machine.")
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name, measures.sink(Path(name), sys.executable) as arriving:
        bench = Bench(folder=Path(name), sink=arriving, seconds=given.seconds, by=by)
        began = time.monotonic()
        for number in range(1, given.rounds + 1):
            for program in PAIRED:
                if program not in given.without:
                    bench.paired(program, number)
        for program in ONCE:
            if program not in given.without:
                bench.once(program)
        if POLLS not in given.without:
            bench.poll(triggers=given.triggers)
        took_s = time.monotonic() - began
    return _tell(bench, given, took_s)


def _given(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="how long each program is put under load (8)")
    parser.add_argument("--rounds", type=int, default=3, help="how often; medians are told (3)")
    parser.add_argument(
        "--without", action="append", default=[], choices=(*PAIRED, *ONCE, POLLS), help="leave a program out; may be repeated"
    )
    parser.add_argument("--triggers", type=int, default=10_000, help="how many are polled once a minute (10,000)")
    parser.add_argument("--dry", action="store_true", help="only print; write neither the results nor the page")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a goal is missed")
    return parser.parse_args(arguments)


def _tell(bench: Bench, given: argparse.Namespace, took_s: float) -> int:
    """Print and write; 1 when a goal was missed and that was to be told."""
    found = report.goals(bench.rounds, bench.single, bench.polled)
    middles = {name: measures.middle(rounds) for name, rounds in bench.rounds.items()} | bench.single
    text = f"{report.figures_table(middles, bench.reasons)}\n\n{report.goals_table(found)}"
    if bench.polled is not None:
        text += f"\n\n{polls.table(bench.polled)}"
    print(f"\n{text}\n\n{took_s:.0f} s")
    if not given.dry:
        day = datetime.now(UTC).date().isoformat()
        settings = {"seconds": given.seconds, "rounds": given.rounds, "connections": loads.CONNECTIONS, "load": bench.by}
        path = report.save(day, settings, bench.rounds, bench.single, bench.reasons, found, bench.polled)
        about = report.machine()
        head = (
            f"Measured on {day}: {about['cores']} cores, {about['system']}, Python {about['python']}, "
            f"{given.rounds} rounds of {given.seconds:g} s, load by {bench.by}."
        )
        report.write_page(f"{head}\n\n{text}")
        print(f"written: {path.relative_to(report.ROOT)} and {report.PAGE.relative_to(report.ROOT)}")
    return int(given.strict and any(goal.met is False for goal in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
