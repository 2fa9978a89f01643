"""`python -m bench.rows`: a large CSV file taken in by a running hub, from the first row to the last effect at the sink."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.hub import FLOWS, program, started, trunkline
from bench.measures import Arrived, Sink, sink
from bench.processes import NotMeasuredError, Running, peak_mb
from trunkline.connectors.csv.fake import lines

ROWS = 1_000_000
BAD_EVERY = 10_000
"""A row without all its fields now and then, so that the reports are written too."""
LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was measured of one file."""

    rows: int
    rejected: int
    size_mb: float
    command_s: float
    whole_s: float
    command_peak_mb: float
    hub_peak_mb: float
    hub_cpu_s: float
    arrived: Arrived

    def told(self) -> str:
        effects = self.rows - self.rejected
        lines = (
            f"{self.rows:,} rows ({self.size_mb:.0f} MB), {self.rejected:,} of them rejected on purpose",
            f"from the first row to the last effect: {self.whole_s:.0f} s, {self.rows / self.whole_s:,.0f} rows/s",
            f"the command: {self.command_s:.0f} s, at most {self.command_peak_mb:.0f} MB",
            f"the hub: at most {self.hub_peak_mb:.0f} MB, {self.hub_cpu_s / effects * 1e6:,.0f} µs CPU per row",
            f"missing {effects - self.arrived.different:,}, doubled {self.arrived.effects - self.arrived.different:,}",
        )
        return "\n".join(lines)


def main(arguments: list[str]) -> int:
    given = _given(arguments)
    with tempfile.TemporaryDirectory(prefix="trunkline-rows-") as name, sink(Path(name), sys.executable) as arriving:
        taken = measured(Path(name), arriving, rows=given.rows)
    print(taken.told())
    return 0 if taken.arrived.effects == taken.arrived.different == taken.rows - taken.rejected else 1


def measured(folder: Path, arriving: Sink, *, rows: int) -> Taken:
    """A hub of its own, a made-up file of `rows` rows, and the command that takes it; raises `NotMeasuredError` when the command fails."""
    table, home = folder / "people.csv", folder / "home"
    with table.open("w", encoding="utf-8") as file:
        file.writelines(lines(rows, bad_every=BAD_EVERY))
    _set_up(home, sink_url=arriving.url)
    with started(home) as hub:
        began, cpu_s = time.monotonic(), hub.cpu_s
        said, command_s, command_peak = _taken(home, table)
        effects = int(said["rows"]) - int(said["rejected"])
        arrived = _all_arrived(arriving, effects, hub)
        whole_s = time.monotonic() - began
        return Taken(
            rows=rows,
            rejected=int(said["rejected"]),
            size_mb=table.stat().st_size / 1e6,
            command_s=command_s,
            whole_s=whole_s,
            command_peak_mb=command_peak,
            hub_peak_mb=peak_mb(hub.process.pid),
            hub_cpu_s=hub.cpu_s - cpu_s,
            arrived=arrived,
        )


def _set_up(home: Path, *, sink_url: str) -> None:
    trunkline(home, "connections", "add", "csv", "--name", "sheet")
    trunkline(home, "connections", "add", "http", "--name", "sink", "--base-url", sink_url)
    trunkline(home, "flows", "apply", str(FLOWS / "rows.yaml"))
    trunkline(home, "flows", "publish", "rows")


def _taken(home: Path, table: Path) -> tuple[dict[str, int], float, float]:
    """What `csv import` said, how long it took, and the most memory it had."""
    command = [str(program()), "csv", "import", str(table), "--connection", "sheet", "--json", "--home", str(home)]
    began, peak = time.monotonic(), 0.0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, peak_mb(process.pid))
            time.sleep(LOOK_S)
        out, err = process.communicate()
    if process.returncode:
        raise NotMeasuredError(f"csv import ended with {process.returncode}: {err.strip()[-300:]}")
    return json.loads(out), time.monotonic() - began, peak


def _all_arrived(arriving: Sink, expected: int, hub: Running) -> Arrived:
    while (found := arriving.count()).different < expected and hub.process.poll() is None:
        time.sleep(LOOK_S)
    return found


def _given(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.rows", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help=f"how many rows the file has ({ROWS:,})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
