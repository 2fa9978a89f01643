"""From figures to words: goals met or missed, the tables, the file of results, and the page of the documentation."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.measures import Measured
from bench.polls import GOAL_MS, Polled

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "bench" / "results"
BEGIN = "<!-- written by make bench -->"
END = "<!-- end of what make bench writes -->"

TITLES = {
    "prototype": "bare prototype",
    "trunkline": "**Trunkline**",
    "ingest": "**Trunkline**, ingest alone",
    "node_red": "Node-RED (stores nothing)",
    "n8n": "n8n on SQLite",
    "dbos": "DBOS on SQLite",
}

Rounds = Mapping[str, list[Measured]]
Cell = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure we hold ourselves to. `value` is None when it could not be measured here."""

    what: str
    value: float | None
    bound: float
    at_least: bool
    unit: str = ""

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def goals(rounds: Rounds, single: Mapping[str, Measured], polled: Polled | None = None) -> list[Goal]:
    """The goals with what was measured. Ratios are taken within each round, where both ran under the same conditions."""

    def ratio(name: str, subject: str, other: str, field: str, bound: float) -> Goal:
        return Goal(what=name, value=_ratio(rounds, single, subject, other, field), bound=bound, at_least=True)

    def worst(subject: str, field: str) -> float | None:
        values = [value for measured in rounds.get(subject, []) if (value := getattr(measured, field)) is not None]
        return max(values) if values else None

    return [
        ratio("effects, of the bare prototype's", "trunkline", "prototype", "effects_per_s", 0.5),
        ratio("effects, of Node-RED's", "trunkline", "node_red", "effects_per_s", 0.7),
        ratio("effects, times DBOS's", "trunkline", "dbos", "effects_per_s", 15),
        ratio("effects, times n8n's", "trunkline", "n8n", "effects_per_s", 20),
        ratio("deliveries stored, of the bare prototype's", "ingest", "prototype", "accepted_per_s", 0.65),
        Goal(
            what="the middle delivery answered at half load within",
            value=_middle(rounds, "ingest", "p50_ms"),
            bound=10,
            at_least=False,
            unit="ms",
        ),
        Goal(
            what="99 of 100 deliveries answered at half load within",
            value=_middle(rounds, "ingest", "p99_ms"),
            bound=50,
            at_least=False,
            unit="ms",
        ),
        Goal(what="memory, idle", value=worst("trunkline", "idle_mb"), bound=120, at_least=False, unit="MB"),
        Goal(what="start to first request", value=_middle(rounds, "trunkline", "start_s"), bound=1.5, at_least=False, unit="s"),
        Goal(what="effects missing", value=_total(rounds, "missing"), bound=0, at_least=False),
        Goal(what="effects doubled", value=_total(rounds, "doubled"), bound=0, at_least=False),
        Goal(what="CPU per empty poll", value=polled and polled.cpu_ms, bound=GOAL_MS, at_least=False, unit="ms"),
    ]


def _ratio(rounds: Rounds, single: Mapping[str, Measured], subject: str, other: str, field: str) -> float | None:
    ours = [getattr(measured, field) for measured in rounds.get(subject, [])]
    if other in single:
        theirs = getattr(single[other], field)
        return median(ours) / theirs if ours and theirs else None
    pairs = zip(ours, [getattr(measured, field) for measured in rounds.get(other, [])], strict=False)
    ratios = [mine / other for mine, other in pairs if mine is not None and other]
    return median(ratios) if ratios else None


def _middle(rounds: Rounds, subject: str, field: str) -> float | None:
    values = [value for measured in rounds.get(subject, []) if (value := getattr(measured, field)) is not None]
    return median(values) if values else None


def _total(rounds: Rounds, field: str) -> float | None:
    values = [value for measured in rounds.get("trunkline", []) if (value := getattr(measured, field)) is not None]
    return sum(values) if values else None


def figures_table(measured: Mapping[str, Measured], reasons: Mapping[str, str]) -> str:
    """A row per program; one that was not measured says why."""
    lines = [
        "| program | accepted/s | effects/s | CPU per event | p50, p99 at half load | idle | after load | start |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, title in TITLES.items():
        if found := measured.get(name):
            cells = [
                _number(found.accepted_per_s),
                _number(found.effects_per_s),
                _number(found.cpu_us, "µs"),
                f"{_number(found.p50_ms, places=1)}, {_number(found.p99_ms, 'ms', places=1)}" if found.p99_ms is not None else "–",
                _number(found.idle_mb, "MB"),
                _number(found.loaded_mb, "MB"),
                _number(found.start_s, "s", places=2),
            ]
            lines.append(f"| {title} | {' | '.join(cells)} |")
        elif name in reasons:
            lines.append(f"| {title} | not measured: {reasons[name].replace('|', '/')} | | | | | | |")
    return "\n".join(lines)


def goals_table(found: list[Goal]) -> str:
    """A row per goal."""
    lines = ["| goal | bound | measured | |", "|---|---:|---:|---|"]
    words = {True: "met", False: "**missed**", None: "not measured"}
    for goal in found:
        sign = "≥" if goal.at_least else "≤"
        bound = f"{sign} {goal.bound:g} {goal.unit}".rstrip()
        lines.append(f"| {goal.what} | {bound} | {_number(goal.value, goal.unit, places=2)} | {words[goal.met]} |")
    return "\n".join(lines)


def _number(value: Cell, unit: str = "", *, places: int = 0) -> str:
    return "–" if value is None else f"{value:,.{places}f} {unit}".rstrip()


def machine() -> dict[str, Any]:
    """What the figures depend on, without saying whose machine it is."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def save(
    day: str,
    settings: Mapping[str, Any],
    rounds: Rounds,
    single: Mapping[str, Measured],
    reasons: Mapping[str, str],
    found: list[Goal],
    polled: Polled | None = None,
) -> Path:
    """Write the day's results; a later run of the same day replaces them."""
    document = {
        "date": day,
        "machine": machine(),
        "settings": dict(settings),
        "rounds": {name: [_plain(measured) for measured in measures] for name, measures in rounds.items()},
        "once": {name: _plain(measured) for name, measured in single.items()},
        "polls": None if polled is None else asdict(polled),
        "not_measured": dict(reasons),
        "goals": [{**asdict(goal), "met": goal.met} for goal in found],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{day}.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def _plain(measured: Measured) -> dict[str, float]:
    return {name: round(value, 3) for name, value in asdict(measured).items() if value is not None}


def write_page(text: str, page: Path = PAGE) -> None:
    """Put `text` between the marks of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
