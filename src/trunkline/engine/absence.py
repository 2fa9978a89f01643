"""What a list that was read to its end shows no more: told when it is sure, held back when it is too much, forgotten in the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trunkline.engine.intake import GONE
from trunkline.engine.passes import DAY_S, Met
from trunkline.model.clock import Instant, later
from trunkline.model.ids import digest
from trunkline.model.json import JSONObject, as_object
from trunkline.store import seen
from trunkline.store.database import Database
from trunkline.store.seen import Leaf
from trunkline.store.statement import Transaction

ABSENT: Final = digest("absent", size=10)
"""The state of a record that one pass did not show: pages shift while they are read, so one pass proves nothing."""
KEPT_S: Final = 30 * DAY_S
"""How long a record that its list does not show is remembered."""
MOST_GONE: Final = 0.5
"""A larger share of a list that vanishes at once is held back."""

_PIECE: Final = 100
"""Leaves in one read or write."""
_ABSENT: Final = seen.print_of(ABSENT)
_GONE: Final = seen.print_of(GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a pass over a whole list showed. `sure`: one pass is proof enough, as there was one page only, or a person says so."""

    scope: str
    met: Met
    started: Instant
    sure: bool = False


@dataclass(slots=True, kw_only=True)
class Missing:
    """`known` records were there before, `absent` of them are not now."""

    known: int = 0
    absent: int = 0

    def is_suspicious(self, most: float) -> bool:
        """More is missing at once than is likely; a single record is not much of any list."""
        return self.absent > 1 and self.absent > most * self.known


async def count(database: Database, shown: Shown) -> Missing:
    """How much is missing; nothing is changed."""
    found, after = Missing(), -1
    while leaves := await database.read(lambda tx, after=after: seen.leaves(tx, shown.scope, after=after, most=_PIECE)):
        for _, leaf in leaves:
            found.known += sum(leaf.print_at(at) != _GONE for at in range(len(leaf)))
            found.absent += sum(1 for _ in _absent(leaf, shown))
        after = leaves[-1][0]
    return found


async def missing(database: Database, shown: Shown, *, after: int) -> tuple[list[JSONObject], int | None]:
    """The next records that are gone for sure, as they were kept, and where to go on; the others that are missing are marked."""
    return await database.journal.commit(lambda tx: _mark(tx, shown, after), long=True)


def _mark(tx: Transaction, shown: Shown, after: int) -> tuple[list[JSONObject], int | None]:
    gone: list[JSONObject] = []
    leaves = seen.leaves(tx, shown.scope, after=after, most=_PIECE)
    for low, leaf in leaves:
        sure = [at for at in _absent(leaf, shown) if shown.sure or leaf.print_at(at) == _ABSENT]
        gone += [as_object(leaf.entry(at).remembered) for at in sure]
        doubted = [at for at in _absent(leaf, shown) if at not in sure]
        for at in doubted:
            leaf.mark(at, _ABSENT)
        if doubted:
            seen.save(tx, shown.scope, low, leaf)
    return gone, leaves[-1][0] if leaves else None


async def forget(database: Database, shown: Shown) -> int:
    """Take out what has not been shown for long, and what was told to be gone long ago; how many records that were."""
    before, total, after = later(shown.started, -KEPT_S), 0, -1

    def unit(tx: Transaction, after: int) -> tuple[int, int | None]:
        leaves, gone = seen.leaves(tx, shown.scope, after=after, most=_PIECE), 0
        for low, leaf in leaves:
            old = [at for at in range(len(leaf)) if leaf.stored_at(at) < before]
            out = [at for at in old if leaf.print_at(at) == _GONE or not _is_met(leaf, at, shown)]
            if out:
                leaf.without(out)
                seen.save(tx, shown.scope, low, leaf)
            gone += len(out)
        return gone, leaves[-1][0] if leaves else None

    while True:
        gone, following = await database.journal.commit(lambda tx, after=after: unit(tx, after), long=True)
        total += gone
        if following is None:
            return total
        after = following


def _absent(leaf: Leaf, shown: Shown) -> Iterator[int]:
    """Positions of what is missing; what was stored since the pass began may have come too late for it."""
    for at in range(len(leaf)):
        if leaf.print_at(at) != _GONE and not _is_met(leaf, at, shown) and leaf.stored_at(at) < shown.started:
            yield at


def _is_met(leaf: Leaf, at: int, shown: Shown) -> bool:
    return leaf.key(at) in shown.met
