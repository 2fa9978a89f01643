"""One pass over a vendor's list: from where it reads, what of it may be news, and where the next one begins."""

from array import array
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from trunkline.connect.declaration import Poll
from trunkline.model.clock import SECOND, Instant, from_iso, iso, later
from trunkline.model.json import JSON, as_list, as_object, at_path
from trunkline.store.cursors import Cursor

DAY_S: Final = 86_400
DEEP_S: Final = 2 * DAY_S
"""How far the first pass of a day reads back: what was stamped as much as a day too early is found within a day."""

_BUCKETS: Final = 128


class Met:
    """The keys of the records that a pass met: eight bytes each, in buckets by their beginning, one of which is looked at at a time."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]
        self._open: tuple[int, set[int]] = (-1, set())

    def add(self, key: bytes) -> None:
        self._buckets[key[0]].append(int.from_bytes(key, "big"))

    def __contains__(self, key: bytes) -> bool:
        """Quick for keys that are asked for in order."""
        first, found = self._open
        if first != key[0]:
            found = set(self._buckets[key[0]])
            self._open = key[0], found
        return int.from_bytes(key, "big") in found


def is_deep(scope: str, before: Instant, now: Instant) -> bool:
    """Whether this is a trigger's first pass of its day; days begin at other times for each trigger."""
    phase = crc32(scope.encode()) % DAY_S
    return (before // SECOND + phase) // DAY_S != (now // SECOND + phase) // DAY_S


@dataclass(slots=True, kw_only=True)
class Pass:
    """`first`: the trigger begins, what is there is only noted. `notes`: what is seen of records is kept. `deep`: it reads further back."""

    poll: Poll
    cursor: Cursor
    started: Instant
    first: bool
    notes: bool
    deep: bool = False
    newest: Instant | None = None
    pages: int = 0
    size: int = 0
    unread: int = 0
    over: bool = False
    """Nothing further down can be news."""
    mark: str | None = None
    """The vendor's own mark, as the last answer told it."""
    met: Met | None = None
    since: Instant | None = field(init=False)
    """From where to read: the cursor moved back by the overlap, or by days, never before the baseline."""

    def __post_init__(self) -> None:
        if not self.timed or self.cursor.cursor is None:
            self.since = None
            return
        back_s = max(self.poll.overlap_s, DEEP_S) if self.deep and not self.first else self.poll.overlap_s
        self.since = max(later(from_iso(self.cursor.cursor), -back_s), self._floor)

    @property
    def timed(self) -> bool:
        return self.poll.cursor is not None and self.poll.token is None

    @property
    def whole(self) -> bool:
        """Whether everything there is is read and noted, so that times decide nothing."""
        return self.poll.walk == "whole" and self.poll.window is None and self.notes

    @property
    def _floor(self) -> Instant:
        """The baseline in whole seconds, as some vendors tell no parts of one; where records are noted, moved back by the overlap.

        What lies between was there before and is noted in the first pass, so that a change which the vendor stamps a little too early
        is found and nothing else told. A window that moves shows later what was there before as well.
        """
        second = Instant(self.cursor.baseline - self.cursor.baseline % SECOND)
        return later(second, -self.poll.overlap_s) if self.notes and self.poll.window is None else second

    @property
    def asked(self) -> str | None:
        """What the vendor is asked for."""
        if self.poll.token is not None:
            return self.cursor.cursor
        return None if self.since is None or self.poll.walk != "since" else iso(self.since)

    def items(self, answer: JSON) -> list[JSON]:
        """The items of an answer, whose mark is noted."""
        if self.poll.token is not None:
            self.mark = self.poll.token(answer) or self.mark
        return self.poll.items(answer) if self.poll.items else as_list(at_path(answer, self.poll.read.items or ""))

    def take(self, items: list[JSON]) -> list[tuple[JSON, Instant | None]]:
        """The items of the next page that may be news, each with its time."""
        self.pages += 1
        self.size += len(items)
        if not items:
            return []
        if not self.timed:
            return [(item, None) for item in items]
        found = [(item, time_of(self.poll, item)) for item in items]
        times = [at for _, at in found if at is not None]
        self.newest = max([*times, *([] if self.newest is None else [self.newest])], default=None)
        if self.poll.walk == "newest_first" and self.since is not None and times:
            self.over = max(times) < self.since
        if self.whole:
            return found
        floor = self._floor
        return [(item, at) for item, at in found if at is None or at >= floor]

    def is_baseline(self, at: Instant | None) -> bool:
        """Whether an item is only noted: it was there when the trigger began."""
        if self.first:
            return at is None or at < self.started
        noted_since = self.cursor.calls > 0
        return self.whole and not noted_since and at is not None and at < self.cursor.baseline

    def moved(self, *, news: int, missed: int) -> Cursor:
        """Where the next pass begins.

        Never beyond the start of this pass, whatever an item's clock says. A list of several pages may have shifted while it was read, so
        that an item slipped through between two of them: then the next pass reads again what came since the start of the pass before.
        While an item cannot be read, it stays where it is.
        """
        before = self.cursor
        reached = before.cursor if self.unread else self._reached()
        return Cursor(  # every field, as `dataclasses.replace` takes four times as long
            cursor=reached,
            baseline=before.baseline,
            polled_at=self.started,
            problem=_unread(self.unread),
            missed=before.missed + missed,
            told=before.told + news,
            unread=self.unread,
            interval_ms=before.interval_ms,
            due_at=before.due_at,
            size=self.size if self.poll.walk == "whole" else 0,
            held=before.held,
            calls=max(self.pages, 1),
            wish=before.wish,
        )

    def _reached(self) -> str | None:
        if self.poll.token is not None:
            return self.mark or self.cursor.cursor
        if self.newest is None and self.pages < 2:
            return self.cursor.cursor
        known = None if self.cursor.cursor is None else from_iso(self.cursor.cursor)
        farthest = self.started if self.pages < 2 or self.first else min(self.started, self.cursor.polled_at)
        reached = max((min(at, farthest) for at in (known, self.newest) if at is not None), default=None)
        return None if reached is None else iso(reached)


def time_of(poll: Poll, item: JSON) -> Instant | None:
    """None for an item without a time, or with one that is none."""
    told = None if poll.cursor is None else poll.cursor(as_object(item))
    try:
        return None if told is None else from_iso(told)
    except (ValueError, OverflowError):
        return None


def _unread(count: int) -> str:
    if not count:
        return ""
    return f"{count} {'item' if count == 1 else 'items'} of the list could not be read and will be asked for again; the log says why."
