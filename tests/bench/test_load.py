"""The sink counts what arrives, and our own load generator sends what it says."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import loads, measures
from bench.loads import Target
from bench.measures import Sink
from bench.processes import NotMeasuredError, free_port, running, status_of


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with measures.sink(tmp_path, sys.executable) as found:
        yield found


def test_the_sink_counts_every_effect_and_tells_which_came_twice(sink: Sink) -> None:
    port = int(sink.url.rpartition(":")[2])
    for body in ("one", "two", "two"):
        assert status_of(port, "/contacts", method="POST", body=body) == 200
    counted = sink.count()
    assert (counted.effects, counted.different) == (3, 2)
    sink.reset()
    assert sink.count().effects == 0


def test_our_own_load_sends_different_contacts_and_counts_the_answers(sink: Sink) -> None:
    sent = loads.flood(Target(url=f"{sink.url}/contacts", headers={}), seconds=0.3, by="python")
    counted = sink.count()
    assert sent.accepted == counted.effects == counted.different > 0
    assert (sent.refused, sent.lost) == (0, 0)


def test_a_steady_load_keeps_its_rate(sink: Sink) -> None:
    sent = loads.steady(Target(url=f"{sink.url}/contacts", headers={}), seconds=0.5, rate=200)
    assert 95 <= sent.requests <= 100
    assert 0 < sent.p50_ms <= sent.p99_ms


def test_a_program_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no disk'); raise SystemExit(1)"]
    with pytest.raises(NotMeasuredError, match="no disk"), running(command, port=free_port(), ready="/", log=tmp_path / "log"):
        pass


def test_a_stopped_program_leaves_no_process(tmp_path: Path) -> None:
    port = free_port()
    with running([sys.executable, "-m", "bench.sink", str(port)], port=port, ready="/count", log=tmp_path / "log") as found:
        assert found.memory_mb > 1
        process: subprocess.Popen[bytes] = found.process
    assert process.poll() is not None
    assert status_of(port, "/count") == 0
