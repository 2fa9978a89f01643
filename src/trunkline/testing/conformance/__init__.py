"""What every connector has to do, as one suite of tests: `TestAcme = conformance(connector, fake=FakeAcme)`.

A connector's folder brings `samples/` and `quality.toml`:

- an operation's sample is `{"input": {...}}`, with an input that works against the fake after its `seed()`;
- a trigger's sample is `{"payload": {...}}` with what it came from: `"delivery"` (the webhook's body), `"item"` (of the polled list) or
  both, the `"query"` of the address where that names the event, and the `"input"` of a trigger that asks for one; a watched operation's
  own sample does as well;
- `deviations.toml`, where there is one, tells where the vendor differs from its own description;
- `quality.toml` has a table `[rules]` with a line per rule of `RULES`: `"done"`, or `{exempt = "the reason"}`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trunkline.connect.declaration import Connector, Operation
from trunkline.testing.conformance.called import Called
from trunkline.testing.conformance.declared import Declared
from trunkline.testing.conformance.delivered import Delivered
from trunkline.testing.conformance.listed import Listed
from trunkline.testing.conformance.scenarios import EXPECTED, RULES, F, Paging, Scenarios
from trunkline.testing.conformance.signed_in import SignedIn
from trunkline.testing.conformance.triggered import Triggered

__all__ = ["RULES", "Conformance", "Paging", "Scenarios", "conformance"]


def conformance(
    connector: Connector, *, fake: Callable[[], F], scenarios: Scenarios[F] | None = None, folder: Path | None = None
) -> type["Conformance"]:
    """The suite for `connector` as a test class; `folder` (samples and checklist) defaults to the one that `fake` lies in."""
    place = folder or Path(str(sys.modules[fake.__module__].__file__)).parent
    facts = {"connector": connector, "make": staticmethod(fake), "scenarios": scenarios or Scenarios[F](), "folder": place}
    return type("Conformance", (Conformance,), facts)


class Conformance(Declared, Triggered, Called, Listed, SignedIn, Delivered):
    """The tests; `conformance` makes a subclass that knows its connector."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        cases: dict[str, tuple[list[Any], Callable[[Any], str]]] = {
            "operation": (list(self.connector.operations), lambda one: one.id),
            "trigger": (list(self.connector.triggers), lambda one: one.id),
            "paging": (list(self.scenarios.pages), lambda one: one.operation),
            "listing": (self._listings(), lambda one: one.id),
            "status": (sorted(EXPECTED), str),
        }
        for name, (values, label) in cases.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=label)

    def _listings(self) -> list[Operation]:
        """Operations with pages that no scenario tells about."""
        told = {one.operation for one in self.scenarios.pages}
        return [one for one in self.connector.operations if one.next_page is not None and one.id not in told]
