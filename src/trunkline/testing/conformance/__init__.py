"""What every connector has to do, as one suite of tests: `TestAcme = conformance(connector, fake=FakeAcme)`.

A case is put to a connector that has what it is about (pages, scopes, a webhook, a sign-in); one without a fake that speaks HTTP shows its
declaration and its samples.

A connector's folder brings `samples/` and `quality.toml`:

- an operation's sample is `{"input": {...}}`, with an input that works against the fake after its `seed()`;
- a trigger's sample is `{"payload": {...}}` with what it came from: `"delivery"` (the webhook's body), `"item"` (of the polled list) or
  both, or the `"row"` of a file; the `"query"` of the address where that names the event, and the `"input"` of a trigger that asks for
  one; a watched operation's own sample does as well;
- `deviations.toml`, where there is one, tells where the vendor differs from its own description;
- `quality.toml` has a table `[rules]` with a line per rule of `RULES`: `"done"`, or `{exempt = "the reason"}`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trunkline.connect.declaration import Connector, Operation
from trunkline.testing.conformance.applying import without_subject
from trunkline.testing.conformance.called import Called
from trunkline.testing.conformance.declared import Declared
from trunkline.testing.conformance.delivered import Delivered
from trunkline.testing.conformance.listed import Listed
from trunkline.testing.conformance.scenarios import EXPECTED, RULES, F, Paging, Scenarios
from trunkline.testing.conformance.signed_in import SignedIn
from trunkline.testing.conformance.triggered import Triggered

__all__ = ["RULES", "Conformance", "Paging", "Scenarios", "conformance"]


def conformance(
    connector: Connector,
    *,
    fake: Callable[[], F] | None = None,
    scenarios: Scenarios[F] | None = None,
    folder: Path | None = None,
) -> type["Conformance"]:
    """The suite for `connector` as a test class; `folder` (samples and checklist) defaults to the one that `fake` lies in."""
    place = folder or Path(str(sys.modules[fake.__module__].__file__ if fake is not None else None)).parent
    make = None if fake is None else staticmethod(fake)
    suite = type(
        "Conformance",
        (Conformance,),
        {"connector": connector, "make": make, "scenarios": scenarios or Scenarios[F](), "folder": place},
    )
    nothing_of = frozenset(name for name, (values, _) in suite.told().items() if not values)
    for name in [*without_subject(suite, nothing_of)]:
        setattr(suite, name, None)
    return suite


class Conformance(Declared, Triggered, Called, Listed, SignedIn, Delivered):
    """The tests; `conformance` makes a subclass that knows its connector."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for name, (values, label) in self.told().items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=label)

    @classmethod
    def told(cls) -> dict[str, tuple[list[Any], Callable[[Any], str]]]:
        """What a case may ask for by name, each with how it is called."""
        triggers = cls.connector.triggers
        return {
            "operation": (list(cls.connector.operations), lambda one: one.id),
            "trigger": (list(triggers), lambda one: one.id),
            "sampled": ([one for one in triggers if "payload" in cls.sample(one.sample)], lambda one: one.id),
            "polled": ([one for one in triggers if one.poll is not None], lambda one: one.id),
            "paging": (list(cls.scenarios.pages), lambda one: one.operation),
            "listing": (cls._listings(), lambda one: one.id),
            "status": (sorted(EXPECTED), str),
        }

    @classmethod
    def _listings(cls) -> list[Operation]:
        """Operations with pages that no scenario tells about."""
        told = {one.operation for one in cls.scenarios.pages}
        return [one for one in cls.connector.operations if one.next_page is not None and one.id not in told]
