"""What was last seen of each record under one trigger: a set made for a million records, some 30 bytes each.

Records are kept by a hash of their key, in leaves: a row holds the records between its `low` and the next row's, and is cut in two when
it has grown. A leaf is as long as what it holds, so a set is never emptier than the database's own pages. Within one trigger two of a
million records share a hash with a probability of 1 in 20 million.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from trunkline.model.clock import Instant
from trunkline.model.json import JSON
from trunkline.store.payload import pack, unpack
from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import seen

MOST_BYTES: Final = 900
"""A longer leaf is cut in two, unless it holds a single record. Beyond some 930 bytes SQLite would give a row pages of its own."""

_KEY: Final = 8
_PRINT: Final = 6
_TIME: Final = 6
_LENGTH: Final = 3
_TIMED: Final = 1
_KEEPING: Final = 2
_MS: Final = 1000
_NONE: Final = bytes(_TIME)

_upsert = insert_into(seen)
_FIND = Statement(
    "the leaf in which a record is, if it was seen",
    select(seen.c.low, seen.c.entries)
    .where(seen.c.scope == bindparam("scope"), seen.c.low <= bindparam("key"))
    .order_by(seen.c.low.desc())
    .limit(1),
)
_SAVE = Statement(
    "write a leaf of what was seen",
    _upsert.on_conflict_do_update(index_elements=[seen.c.scope, seen.c.low], set_={"entries": _upsert.excluded.entries}),
)
_DROP = Statement("drop an empty leaf", delete(seen).where(seen.c.scope == bindparam("scope"), seen.c.low == bindparam("low")))
_LEAVES = Statement(
    "leaves of what was seen, from a place on",
    select(seen.c.low, seen.c.entries)
    .where(seen.c.scope == bindparam("scope"), seen.c.low > bindparam("after"))
    .order_by(seen.c.low)
    .limit(bindparam("most")),
)
_NEXT = Statement(
    "the next trigger that has seen something",
    select(seen.c.scope).where(seen.c.scope > bindparam("after")).order_by(seen.c.scope).limit(1),
)
_FORGET = Statement("forget what a trigger has seen", delete(seen).where(seen.c.scope == bindparam("scope")))
_SIZE = Statement(
    "how much room a trigger's set takes",
    select(func.count(), func.coalesce(func.sum(func.length(seen.c.entries)), 0)).where(seen.c.scope == bindparam("scope")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a record: the beginning of its `fingerprint`, times to the millisecond, `stored_at` never too early."""

    fingerprint: str
    occurred_at: Instant | None
    stored_at: Instant
    remembered: JSON

    def says(self, fingerprint: str) -> bool:
        """Whether this is the state with that fingerprint."""
        return fingerprint.startswith(self.fingerprint)

    def is_after(self, instant: Instant) -> bool:
        """Whether what is known happened later, as far as milliseconds tell."""
        return self.occurred_at is not None and self.occurred_at // _MS > instant // _MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a record is, or would be. Good until its leaf is written again."""

    scope: str
    key: bytes
    low: int
    leaf: "Leaf"
    at: int | None

    @property
    def last(self) -> Seen | None:
        """None for a record that was never seen under this trigger."""
        return None if self.at is None else self.leaf.entry(self.at)


@dataclass(slots=True)
class Leaf:
    """Some records, ordered by key, column by column. `times` and `lengths` are empty where no record has a time, or anything kept."""

    keys: bytes = b""
    prints: bytes = b""
    stored: bytes = b""
    times: bytes = b""
    lengths: bytes = b""
    kept: bytes = b""

    @classmethod
    def of(cls, entries: bytes) -> "Leaf":
        """From what `packed` gave."""
        flags, count = entries[0], int.from_bytes(entries[1:3], "big")
        ends = [3]
        for size in (_KEY, _PRINT, _TIME, _TIME if flags & _TIMED else 0, _LENGTH if flags & _KEEPING else 0):
            ends.append(ends[-1] + size * count)
        keys, prints, stored, times, lengths = (entries[begin:end] for begin, end in pairwise(ends))
        return cls(keys, prints, stored, times, lengths, entries[ends[-1] :])

    def packed(self) -> bytes:
        flags = (_TIMED if self.times else 0) | (_KEEPING if self.lengths else 0)
        head = bytes((flags,)) + len(self).to_bytes(2, "big")
        return b"".join((head, self.keys, self.prints, self.stored, self.times, self.lengths, self.kept))

    def __len__(self) -> int:
        return len(self.keys) // _KEY

    def key(self, at: int) -> bytes:
        return self.keys[at * _KEY : at * _KEY + _KEY]

    def find(self, key: bytes) -> int | None:
        """The position of a key; None when it is not here."""
        found = self.keys.find(key)
        while found > 0 and found % _KEY:
            found = self.keys.find(key, found + 1)
        return None if found < 0 else found // _KEY

    def print_at(self, at: int) -> bytes:
        return self.prints[at * _PRINT : at * _PRINT + _PRINT]

    def entry(self, at: int) -> Seen:
        time = self.times[at * _TIME : at * _TIME + _TIME]
        kept = self._kept(at)
        return Seen(
            fingerprint=self.print_at(at).hex(),
            occurred_at=None if time in (b"", _NONE) else _instant(time),
            stored_at=self.stored_at(at),
            remembered=unpack(kept) if kept else None,
        )

    def stored_at(self, at: int) -> Instant:
        return _instant(self.stored[at * _TIME : at * _TIME + _TIME])

    def _kept(self, at: int) -> bytes:
        if not self.lengths:
            return b""
        begin = sum(self._length(before) for before in range(at))
        return self.kept[begin : begin + self._length(at)]

    def _length(self, at: int) -> int:
        return int.from_bytes(self.lengths[at * _LENGTH : at * _LENGTH + _LENGTH], "big")

    def put(self, key: bytes, at: int | None, *, print: bytes, time: bytes, stored: bytes, kept: bytes) -> None:
        """Write a record at the position where it is, or as a new one."""
        if at is None:
            at = bisect_left(range(len(self)), key, key=self.key)
            self._cut_in(at, at, key, print, time, stored, kept)
        else:
            self._cut_in(at, at + 1, key, print, time, stored, kept)

    def mark(self, at: int, print: bytes) -> None:
        """Give a record another fingerprint; all else of it stays."""
        self.prints = self.prints[: at * _PRINT] + print + self.prints[at * _PRINT + _PRINT :]

    def without(self, gone: Iterable[int]) -> None:
        """Take the records at these positions out."""
        for at in sorted(gone, reverse=True):
            self._cut_in(at, at + 1, b"", b"", b"", b"", b"")

    def _cut_in(self, begin: int, end: int, key: bytes, print: bytes, time: bytes, stored: bytes, kept: bytes) -> None:
        count = len(self)
        timed, keeping = bool(self.times) or time not in (b"", _NONE), bool(self.lengths or kept)
        if keeping:
            self.lengths = self.lengths or bytes(_LENGTH * count)
            first = sum(map(self._length, range(begin)))
            last = first + sum(map(self._length, range(begin, end)))
            self.kept = self.kept[:first] + kept + self.kept[last:]
            length = len(kept).to_bytes(_LENGTH, "big") if key else b""
            self.lengths = self.lengths[: begin * _LENGTH] + length + self.lengths[end * _LENGTH :]
        if timed:
            self.times = self.times or _NONE * count
            self.times = self.times[: begin * _TIME] + time + self.times[end * _TIME :]
        self.keys = self.keys[: begin * _KEY] + key + self.keys[end * _KEY :]
        self.prints = self.prints[: begin * _PRINT] + print + self.prints[end * _PRINT :]
        self.stored = self.stored[: begin * _TIME] + stored + self.stored[end * _TIME :]

    def halves(self) -> tuple["Leaf", "Leaf"]:
        middle = len(self) // 2
        return self._part(0, middle), self._part(middle, len(self))

    def _part(self, begin: int, end: int) -> "Leaf":
        def cut(column: bytes, size: int) -> bytes:
            return column[begin * size : end * size]

        part = Leaf(cut(self.keys, _KEY), cut(self.prints, _PRINT), cut(self.stored, _TIME))
        if cut(self.times, _TIME).strip(b"\0"):
            part.times = cut(self.times, _TIME)
        if cut(self.lengths, _LENGTH).strip(b"\0"):
            part.lengths = cut(self.lengths, _LENGTH)
            first = sum(map(self._length, range(begin)))
            part.kept = self.kept[first : first + sum(map(self._length, range(begin, end)))]
        return part


def _instant(ms: bytes) -> Instant:
    return Instant(int.from_bytes(ms, "big") * _MS)


def _ms(instant: int, *, up: bool = False) -> bytes:
    return max(0, -(-instant // _MS) if up else instant // _MS).to_bytes(_TIME, "big")


def key_of(scope: str, record_key: str) -> bytes:
    """What a record is known by. The scope is part of it, so that nobody can prepare two records that meet."""
    raw = blake2b(f"{scope}\0{record_key}".encode("utf-8", "surrogatepass"), digest_size=_KEY).digest()
    return bytes((raw[0] & 0x7F,)) + raw[1:]


def look(tx: Transaction, *, scope: str, record_key: str) -> Spot:
    """Where a record is, with what is known of it."""
    return _look(tx, scope, key_of(scope, record_key))


def _look(tx: Transaction, scope: str, key: bytes) -> Spot:
    row = tx.one(_FIND, {"scope": scope, "key": int.from_bytes(key, "big")})
    if row is None:
        return Spot(scope=scope, key=key, low=0, leaf=Leaf(), at=None)
    leaf = Leaf.of(row[1])
    return Spot(scope=scope, key=key, low=row[0], leaf=leaf, at=leaf.find(key))


def see(tx: Transaction, spot: Spot, *, fingerprint: str, occurred_at: int | None, stored_at: int, remembered: JSON | None) -> None:
    """Remember the newest state of the record at `spot`."""
    spot.leaf.put(
        spot.key,
        spot.at,
        print=print_of(fingerprint),
        time=_NONE if occurred_at is None else _ms(occurred_at),
        stored=_ms(stored_at, up=True),
        kept=b"" if remembered is None else pack(remembered),
    )
    save(tx, spot.scope, spot.low, spot.leaf)


def print_of(fingerprint: str) -> bytes:
    """As it is stored: the first 12 hexadecimal digits."""
    return bytes.fromhex(fingerprint[: 2 * _PRINT])


def known(tx: Transaction, scope: str, found: Sequence[tuple[str, str]]) -> list[bool]:
    """Of each (record key, fingerprint) whether it is just what was seen last."""
    return [_is_known(tx, scope, key_of(scope, record_key), print_of(fingerprint)) for record_key, fingerprint in found]


def _is_known(tx: Transaction, scope: str, key: bytes, print: bytes) -> bool:
    """Looks at two columns of the leaf only: a poll asks this of every item of a long list."""
    row = tx.one(_FIND, {"scope": scope, "key": int.from_bytes(key, "big")})
    if row is None:
        return False
    entries: bytes = row[1]
    count = int.from_bytes(entries[1:3], "big")
    at = Leaf(entries[3 : 3 + _KEY * count]).find(key)
    begin = 3 + _KEY * count + _PRINT * (at or 0)
    return at is not None and entries[begin : begin + _PRINT] == print


def leaves(tx: Transaction, scope: str, *, after: int, most: int) -> list[tuple[int, Leaf]]:
    """The next leaves behind `after` (-1: from the beginning), in order."""
    return [(row[0], Leaf.of(row[1])) for row in tx.all(_LEAVES, {"scope": scope, "after": after, "most": most})]


def save(tx: Transaction, scope: str, low: int, leaf: Leaf) -> None:
    """Write a leaf back, cut in two as often as it takes; one that is empty goes."""
    entries = leaf.packed()
    if len(entries) > MOST_BYTES and len(leaf) > 1:
        left, right = leaf.halves()
        save(tx, scope, low, left)
        save(tx, scope, int.from_bytes(right.key(0), "big"), right)
    elif len(leaf):
        tx.run(_SAVE, {"scope": scope, "low": low, "entries": entries})
    else:
        tx.run(_DROP, {"scope": scope, "low": low})


def forget(tx: Transaction, scope: str) -> None:
    """Forget everything a trigger has seen."""
    tx.run(_FORGET, {"scope": scope})


def next_scope(tx: Transaction, after: str) -> str | None:
    """The next trigger in the order of scopes that has seen something."""
    row = tx.one(_NEXT, {"after": after})
    return None if row is None else str(row[0])


def size_bytes(tx: Transaction, scope: str) -> tuple[int, int]:
    """How many leaves a trigger's set has, and how long they are together."""
    leaves, length = tx.one(_SIZE, {"scope": scope}) or (0, 0)
    return int(leaves), int(length)
