"""The master key changed while everything goes on, and every sealed value looked at."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import structlog

from trunkline.admin.desk import Desk
from trunkline.admin.sealing import PLACES, SealedPlace
from trunkline.model.crash import reach
from trunkline.model.errors import ConfigError, ConflictError
from trunkline.store import sealed as store
from trunkline.store.connections import all_connections
from trunkline.store.sealed import SealedRow
from trunkline.store.statement import Transaction
from trunkline.vault.box import KeyId, Vault, id_of, key_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotating:
    """How far a rotation is. `wrapped` values got the new key; `left` are those that do not open, so they stay as they are.

    `made`: a new key was made for it. `resumed`: one that was begun before is brought to its end.
    """

    key: KeyId
    rows: int
    made: bool
    resumed: bool
    looked_at: int = 0
    wrapped: int = 0
    left: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A sealed value that does not open: whose, what of it, why, and what to do."""

    connection: str
    what: str
    problem: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at every sealed value found: how many each key wraps, and which do not open.

    `key` is the newest, `place` where it is from.
    """

    key: KeyId
    place: str
    by_key: Mapping[KeyId, int]
    unopened: tuple[Unopened, ...]

    @property
    def rows(self) -> int:
        return sum(self.by_key.values())

    @property
    def older(self) -> int:
        """How many another key wraps than the newest."""
        return self.rows - self.by_key.get(self.key, 0)


async def rotate(desk: Desk) -> AsyncGenerator[Rotating]:
    """Put every sealed value under the newest key and say after each piece how far it is; hubs go on meanwhile.

    Where the key lies in the data folder a new one is made first, and an old one goes when no value names it any more. Killed at any
    point nothing is lost, and the next time goes on. Raises `ConfigError` when somebody is at it already, `ConflictError` when another
    key was chosen meanwhile.
    """
    with _held(desk):
        before = await _tallied(desk)
        made = await _renewed(desk, before)
        key = desk.vault.key_id
        rows = sum(before.by_key.values())
        at = Rotating(key=key, rows=rows, made=made, resumed=not made and bool(before.movable(key)))
        yield at
        await desk.database.journal.commit(lambda tx: store.note_sealing_key(tx, key))
        reach("rotate-noted")
        for place in PLACES:
            async for looked_at, wrapped in _rewrapped(desk, place, key):
                at = replace(at, looked_at=at.looked_at + looked_at, wrapped=at.wrapped + wrapped)
                yield at
        after = await _tallied(desk)
        reach("rotate-wrapped")
        if desk.keys is not None and desk.keys.own is not None:
            desk.keys.own.keep(set(after.by_key))
        reach("rotate-dropped")
        log.info("the master key was rotated", action="vault", key=key.hex(), wrapped=at.wrapped)
        yield replace(at, left=len(after.unopened), done=True)


async def look(desk: Desk) -> Looked:
    """Open every sealed value."""
    tally = await _tallied(desk)
    names: dict[str, str] = {connection.id: connection.name for connection, _ in await desk.database.read(all_connections)}
    found = [(names.get(row.connection, row.connection), place, problem) for place, row, problem in tally.unopened]
    return Looked(
        key=desk.vault.key_id,
        place=desk.keys.place if desk.keys else "",
        by_key=dict(tally.by_key),
        unopened=tuple(
            Unopened(connection=name, what=place.what, problem=problem, cure=place.cure.replace("NAME", name))
            for name, place, problem in sorted(found, key=lambda one: (one[0], one[1].what))
        ),
    )


@dataclass(slots=True, kw_only=True)
class _Tally:
    by_key: Counter[KeyId] = field(default_factory=Counter[KeyId])
    unopened: list[tuple[SealedPlace, SealedRow, str]] = field(default_factory=list[tuple[SealedPlace, SealedRow, str]])

    def movable(self, key: KeyId) -> int:
        """How many open and are not under `key`."""
        stuck = sum(key_of(row.sealed) != key for _, row, _ in self.unopened)
        return sum(self.by_key.values()) - self.by_key[key] - stuck


async def _tallied(desk: Desk) -> _Tally:
    tally = _Tally()
    for place in PLACES:
        after = ""
        while rows := await _piece(desk, place, after):
            for row in rows:
                tally.by_key[key_of(row.sealed)] += 1
                problem = _problem(desk.vault, place, row)
                if problem:
                    tally.unopened.append((place, row, problem))
            after = rows[-1].id
    return tally


async def _piece(desk: Desk, place: SealedPlace, after: str) -> list[SealedRow]:
    return await desk.database.read(lambda tx: store.piece_of(tx, place.column, after=after))


def _problem(vault: Vault, place: SealedPlace, row: SealedRow) -> str:
    try:
        vault.open(row.sealed, row=place.bound_to(row.id))
    except ConfigError as error:
        return error.message
    return ""


def _held(desk: Desk) -> AbstractContextManager[None]:
    return desk.keys.own.held() if desk.keys is not None and desk.keys.own is not None else nullcontext()


async def _renewed(desk: Desk, tally: _Tally) -> bool:
    """A new key in the file of the data folder, unless the newest one there is still to be put to use; whether one was made."""
    own = desk.keys.own if desk.keys is not None else None
    if own is None:
        return False
    newest, *older = (id_of(key) for key in own.read())
    noted = await desk.database.read(store.sealing_key)
    unused = [key for key in older if key not in tally.by_key]
    if noted not in (None, newest) or unused or tally.movable(newest):
        desk.vault.learn()
        return False
    own.renew()
    reach("rotate-key-made")
    desk.vault.learn()
    return True


async def _rewrapped(desk: Desk, place: SealedPlace, key: KeyId) -> AsyncGenerator[tuple[int, int]]:
    """Piece by piece, each one unit: how many values were looked at, and how many of them were wrapped anew."""
    after = ""

    def unit(tx: Transaction) -> tuple[list[SealedRow], int]:
        if store.sealing_key(tx) != key:
            raise ConflictError("Another rotation has begun with another key.", hint="Give the newest key, and rotate again.")
        rows = store.piece_of(tx, place.column, after=after)
        return rows, sum(_moved(tx, desk.vault, place, row, key) for row in rows)

    while True:
        rows, wrapped = await desk.database.journal.commit(unit)
        if not rows:
            return
        after = rows[-1].id
        reach("rotate-piece")
        yield len(rows), wrapped


def _moved(tx: Transaction, vault: Vault, place: SealedPlace, row: SealedRow, key: KeyId) -> bool:
    """Whether a value was put under `key`; not one that is, nor one that cannot be opened."""
    if key_of(row.sealed) == key:
        return False
    try:
        sealed = vault.rewrapped(row.sealed, row=place.bound_to(row.id), key=key)
    except ConfigError:
        return False
    return store.replace_sealed(tx, place.column, row, sealed=sealed)
