"""What simulated vendors held against the official descriptions, counted by connector, so that a test run can give account of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final


@dataclass(slots=True, kw_only=True)
class Tally:
    """`requests` and `answers` were held against the description; `mismatches` are answers that did not fit.

    `endpoints` and `operations` are those that tests held against the vendor's document; `composed` operations are held call by call, and
    `own` endpoints are those of which only a description written here is at hand.
    """

    requests: int = 0
    answers: int = 0
    mismatches: list[str] = field(default_factory=list[str])
    endpoints: int = 0
    own: int = 0
    operations: int = 0
    composed: int = 0

    def add(self, other: "Tally") -> None:
        """Count what another process counted, which may have held the same document."""
        self.requests += other.requests
        self.answers += other.answers
        self.mismatches += other.mismatches
        self.endpoints = max(self.endpoints, other.endpoints)
        self.own = max(self.own, other.own)
        self.operations = max(self.operations, other.operations)
        self.composed = max(self.composed, other.composed)


TALLIES: Final[dict[str, Tally]] = {}
"""By connector, of this process since its start."""


def tally_of(connector: str) -> Tally:
    return TALLIES.setdefault(connector, Tally())


def tally_in(folder: Path) -> Tally:
    """That of the connector whose fake lies in a folder; one that nobody reads for a fake of something else."""
    return tally_of(folder.name) if folder.parent.name == "connectors" else Tally()
