"""A pytest plugin: no test passes in which a simulated vendor broke its description, and the run ends with an account of what was held."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest

from trunkline.connect.registry import Registry
from trunkline.testing.deviations import deviations_in
from trunkline.testing.tally import TALLIES, Tally, tally_of

HELD_BY: Final = "test_official_documents.py"
"""The tests that read the official documents; a run without them gives no account."""

_FOLDER: Final = Path(__file__).parents[1] / "connectors"
_COLUMNS: Final = ("connector", "endpoints", "operations", "composed", "requests", "answers", "mismatches", "deviations")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:  # noqa: ARG001 - pytest gives it
    """Fail a test in which an answer of a connector's fake did not fit, whatever else it shows."""
    before = {name: len(tally.mismatches) for name, tally in TALLIES.items()}
    result = yield
    found = [said for name, tally in TALLIES.items() for said in tally.mismatches[before.get(name, 0) :]]
    assert not found, "answers of a simulated vendor do not fit its description:\n" + "\n".join(found)
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a run in several processes hands its counts over."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tallies"] = {name: asdict(tally) for name, tally in TALLIES.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for name, counted in getattr(node, "workeroutput", {}).get("tallies", {}).items():
        tally_of(name).add(Tally(**counted))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for some in terminalreporter.stats.values() for report in some if HELD_BY in getattr(report, "nodeid", "")]
    if reports:
        terminalreporter.section("conformance: held against the official documents")
        for line in account(TALLIES):
            terminalreporter.line(line)


def account(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """A line for each connector with an official description, and plainly what was not held against one."""
    described = {one.id: one for one in Registry.discover() if one.endpoints is not None}
    rows: list[Sequence[object]] = [_COLUMNS]
    for id, connector in described.items():
        tally, held = tallies.get(id, Tally()), len(connector.endpoints or ())
        counts = (f"{tally.endpoints} of {held}", f"{tally.operations}", f"{tally.composed}", f"{tally.requests:,}", f"{tally.answers:,}")
        rows.append((id, *counts, len(tally.mismatches), len(deviations_in(_FOLDER / id))))
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(_COLUMNS))]
    for name, *counts in rows:
        yield f"{name!s:<{widths[0]}}" + "".join(f"  {count!s:>{width}}" for count, width in zip(counts, widths[1:], strict=True))
    for id in described:
        if own := tallies.get(id, Tally()).own:
            yield f"{own} endpoints of {id} are held against a description written here: the vendor's own is not at hand."
    yield "Composed operations are held call by call, by the simulated vendors. Deviations are listed with reasons in deviations.toml."
    if not all(tallies.get(id, Tally()).endpoints for id in described):
        yield "Where no endpoint is held, the official documents are not beside this repository (../shared/specs), or a test failed."
    without = sorted(one.id for one in Registry.discover() if one.endpoints is None)
    yield f"Without an official description that is kept up: {', '.join(without)}."
