"""What is measured of a program: its start, its memory, what it accepts and what it brings about at the sink."""

import json
import statistics
import time
import urllib.request
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import loads
from bench.loads import Sent, Target
from bench.processes import NotMeasuredError, Running, free_port, running, status_of, wait_until

QUIET_S = 2.0
"""How long an idle program is left alone before its memory is read."""
WARM_UP_S = 1.0
DRAIN_S = 120.0
"""The longest a program may take to finish what it accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What the sink counted."""

    effects: int
    different: int
    first_s: float
    last_s: float

    @property
    def per_s(self) -> float:
        """Between the first and the last; 0 for fewer than two."""
        return (self.effects - 1) / (self.last_s - self.first_s) if self.last_s > self.first_s else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One program in one round; None for what was not measured of it. `missing` and `doubled` are counted at the sink."""

    accepted_per_s: float | None = None
    effects_per_s: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    refused: int | None = None
    missing: int | None = None
    doubled: int | None = None
    cpu_us: float | None = None
    """Processor time per effect (of ingest: per delivery), all threads and children."""
    idle_mb: float | None = None
    loaded_mb: float | None = None
    start_s: float | None = None


class Sink:
    """The counting server, seen from here."""

    def __init__(self, process: Running) -> None:
        self.url = process.address

    def count(self) -> Arrived:
        return Arrived(**self._get("/count"))

    def reset(self) -> None:
        self._get("/reset")

    def _get(self, path: str) -> dict[str, int]:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.loads(answer.read())

    def settled(self, *, expected: int) -> Arrived:
        """The count when nothing more arrives: all that was accepted is here, or a while has passed without any news."""
        until = time.monotonic() + DRAIN_S
        found, since = self.count(), time.monotonic()
        while time.monotonic() < until:
            time.sleep(0.1)
            now = self.count()
            if now.effects != found.effects:
                found, since = now, time.monotonic()
            elif time.monotonic() - since > (0.5 if found.effects >= expected else 3.0):
                break
        return found


@contextmanager
def sink(folder: Path, python: str) -> Generator[Sink]:
    """A sink of our own on a free port."""
    port = free_port()
    with running([python, "-m", "bench.sink", str(port)], port=port, ready="/count", log=folder / "sink.log") as process:
        yield Sink(process)


def pipeline(process: Running, target: Target, arriving: Sink, *, seconds: float, by: str) -> Measured:
    """Flood the webhook, let the program finish, and count at the sink."""
    idle_mb = _idle(process)
    _first(target, process)
    warmed = loads.flood(target, seconds=WARM_UP_S, by=by)
    arriving.settled(expected=warmed.accepted + 1)
    arriving.reset()
    cpu_s = process.cpu_s
    sent = loads.flood(target, seconds=seconds, by=by)
    arrived = arriving.settled(expected=sent.accepted)
    if arrived.effects == 0:
        raise NotMeasuredError("nothing arrived at the sink")
    return Measured(
        accepted_per_s=sent.accepted_per_s,
        effects_per_s=arrived.per_s,
        refused=sent.refused,
        missing=max(sent.accepted - arrived.different, 0),
        doubled=arrived.effects - arrived.different,
        cpu_us=_each_us(process.cpu_s - cpu_s, arrived.effects),
        idle_mb=idle_mb,
        loaded_mb=process.memory_mb,
        start_s=process.start_s,
    )


def ingest(process: Running, target: Target, *, seconds: float, by: str) -> Measured:
    """How many deliveries are stored per second, and how long the middle one and the slowest hundredth wait at half that rate."""
    _first(target, process)
    loads.flood(target, seconds=WARM_UP_S, by=by)
    cpu_s = process.cpu_s
    full = loads.flood(target, seconds=seconds, by=by)
    time.sleep(QUIET_S)
    cpu_us = _each_us(process.cpu_s - cpu_s, full.accepted)
    half = _steady(target, full, seconds=seconds)
    return Measured(
        accepted_per_s=full.accepted_per_s,
        p50_ms=half.p50_ms,
        p99_ms=half.p99_ms,
        cpu_us=cpu_us,
        refused=full.refused + half.refused,
        loaded_mb=process.memory_mb,
    )


def _steady(target: Target, full: Sent, *, seconds: float) -> Sent:
    half = loads.steady(target, seconds=seconds, rate=full.accepted_per_s / 2)
    if half.accepted_per_s < full.accepted_per_s / 2 * 0.95:
        raise NotMeasuredError("half the load could not be kept up")
    return half


def _each_us(spent_s: float, count: int) -> float | None:
    """None where the system does not tell processor time."""
    return spent_s / count * 1e6 if spent_s and count else None


def _idle(process: Running) -> float:
    time.sleep(QUIET_S)
    return process.memory_mb


def _first(target: Target, process: Running) -> None:
    """Send one delivery until it is taken: some programs listen before they are ready."""
    path = target.url.removeprefix(process.address)

    def taken() -> bool:
        id = uuid.uuid4().hex
        contact = {"id": id, "name": "Jane Roe", "phone": "+15555550100", "email": f"First.{id}@Example.com"}
        headers = {**target.headers, "content-type": "application/json", "x-delivery-id": id}
        return status_of(process.port, path, method="POST", body=json.dumps({"contact": contact}), headers=headers) == 200

    if not wait_until(taken, within_s=30, every_s=0.2):
        raise NotMeasuredError("it takes no deliveries")


def middle(rounds: list[Measured]) -> Measured:
    """The median of each figure over the rounds; of what must not happen (refused, missing, doubled) the sum."""

    def over(name: str) -> float | None:
        values = [value for measured in rounds if (value := getattr(measured, name)) is not None]
        return statistics.median(values) if values else None

    def total(name: str) -> int | None:
        values = [value for measured in rounds if (value := getattr(measured, name)) is not None]
        return sum(values) if values else None

    return Measured(
        accepted_per_s=over("accepted_per_s"),
        effects_per_s=over("effects_per_s"),
        p50_ms=over("p50_ms"),
        p99_ms=over("p99_ms"),
        refused=total("refused"),
        missing=total("missing"),
        doubled=total("doubled"),
        cpu_us=over("cpu_us"),
        idle_mb=over("idle_mb"),
        loaded_mb=over("loaded_mb"),
        start_s=over("start_s"),
    )
