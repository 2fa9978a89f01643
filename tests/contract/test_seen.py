"""What was last seen of records: the set says what was put into it, stays small, and forgets what it is told to."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from trunkline.model.clock import Instant
from trunkline.model.ids import digest
from trunkline.model.json import JSON
from trunkline.store import migrate, seen
from trunkline.store.database import Database
from trunkline.store.driver import Driver
from trunkline.store.payload import pack
from trunkline.store.statement import Transaction

SCOPE = "con_0123456789:acme.things.changed"
State = tuple[str, int | None, int, JSON]


def put(tx: Transaction, record_key: str, state: State, *, scope: str = SCOPE) -> None:
    fingerprint, occurred_at, stored_at, remembered = state
    spot = seen.look(tx, scope=scope, record_key=record_key)
    seen.see(tx, spot, fingerprint=fingerprint, occurred_at=occurred_at, stored_at=stored_at, remembered=remembered)


def found(tx: Transaction, record_key: str, *, scope: str = SCOPE) -> State | None:
    last = seen.look(tx, scope=scope, record_key=record_key).last
    return None if last is None else (last.fingerprint, last.occurred_at, last.stored_at, last.remembered)


def states(seed: int) -> Iterator[tuple[str, State]]:
    """Records that come again and again, with and without a time, with nothing, little or much remembered of them."""
    chance = random.Random(seed)
    while True:
        record_key = f"r{chance.randrange(400)}"
        remembered: JSON = chance.choice([None, None, ["vip"], {"name": "x" * chance.randrange(2_000)}])
        occurred_at = chance.choice([None, 1_795_000_000_123_000 + chance.randrange(10**9) * 1000])
        yield (
            record_key,
            (digest(str(chance.random()), size=6), occurred_at, 1_795_000_000_000_000 + chance.randrange(10**6) * 1000, remembered),
        )


@pytest.mark.parametrize("seed", range(3))
async def test_the_set_says_what_was_put_into_it_last(database: Database, seed: int) -> None:
    source, expected = states(seed), dict[str, State]()
    for _ in range(20):
        some = [next(source) for _ in range(60)]

        def unit(tx: Transaction, some: list[tuple[str, State]] = some) -> None:
            for record_key, state in some:
                put(tx, record_key, state)

        await database.journal.commit(unit)
        expected.update(some)
    assert await database.read(lambda tx: {key: found(tx, key) for key in expected}) == expected
    assert await database.read(lambda tx: found(tx, "never seen")) is None
    assert await database.read(lambda tx: found(tx, "r1", scope="another")) is None
    same = [(key, state[0]) for key, state in expected.items()]
    others = [(key, digest("other", size=6)) for key in expected]
    assert await database.read(lambda tx: seen.known(tx, SCOPE, [*same, *others, ("never", "00" * 6)])) == [True] * len(same) + [False] * (
        len(others) + 1
    )
    leaves = await database.read(lambda tx: seen.leaves(tx, SCOPE, after=-1, most=10_000))
    keys = [leaf.key(at) for _, leaf in leaves for at in range(len(leaf))]
    assert keys == sorted(keys)
    assert len(keys) == len(expected)


async def test_the_first_record_of_a_leaf_has_all_that_is_known_of_it(database: Database) -> None:
    state: State = ("aa" * 6, 1_795_000_000_000_000, 1_795_000_001_000_000, ["vip"])
    await database.journal.commit(lambda tx: put(tx, "r", state))
    assert await database.read(lambda tx: found(tx, "r")) == state


async def test_records_can_be_taken_out_and_put_in_again(database: Database) -> None:
    keys = [f"r{number}" for number in range(300)]
    state: State = ("aa" * 6, None, 1_000, None)

    def fill(tx: Transaction) -> None:
        for key in keys:
            put(tx, key, state)

    def empty(tx: Transaction) -> None:
        for low, leaf in seen.leaves(tx, SCOPE, after=-1, most=1_000):
            leaf.without(range(len(leaf)))
            seen.save(tx, SCOPE, low, leaf)

    await database.journal.commit(fill)
    await database.journal.commit(empty)
    assert await database.read(lambda tx: seen.size_bytes(tx, SCOPE)) == (0, 0)
    await database.journal.commit(fill)
    assert await database.read(lambda tx: [found(tx, key) for key in keys]) == [state] * 300


async def test_a_long_list_takes_less_than_forty_bytes_a_record(database: Database) -> None:
    before = await database.read(database.driver.size_bytes)
    keys = [digest(str(number), size=10) for number in range(30_000)]

    def fill(part: list[str]) -> Callable[[Transaction], None]:
        def unit(tx: Transaction) -> None:
            for key in part:
                put(tx, key, (digest(key, size=6), None, 1_795_000_000_000_000, None))

        return unit

    for begin in range(0, len(keys), 1_000):
        await database.journal.commit(fill(keys[begin : begin + 1_000]), long=True)
    leaves, length = await database.read(lambda tx: seen.size_bytes(tx, SCOPE))
    assert length / len(keys) < 21
    assert leaves < len(keys) / 20
    if database.driver.dialect == "sqlite":
        assert (await database.read(database.driver.size_bytes) - before) / len(keys) < 40


async def test_scopes_are_walked_in_order_and_forgotten_one_by_one(database: Database) -> None:
    def fill(tx: Transaction) -> None:
        for scope in ("a", "b", "c"):
            put(tx, "r", ("aa" * 6, None, 1_000, None), scope=scope)

    await database.journal.commit(fill)
    await database.journal.commit(lambda tx: seen.forget(tx, "b"))
    assert await database.read(lambda tx: [seen.next_scope(tx, after) for after in ("", "a", "c")]) == ["a", "c", None]


async def test_what_was_seen_before_the_set_was_made_compact_is_taken_over(driver: Driver) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    engine = driver.engine()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
    rows: list[dict[str, Any]] = [
        {
            "scope": scope,
            "key": f"r{number}",
            "print": digest(str(number), size=10),
            "at": None if number % 3 else 1_795_000_000_000_000 + number * 1000,
            "kept": None if number % 2 else pack({"number": number}),
        }
        for scope in (SCOPE, "other")
        for number in range(100)
    ]
    with engine.begin() as connection:
        columns = "scope, record_key, fingerprint, stored_at, occurred_at, remembered"
        insert = f"INSERT INTO seen ({columns}) VALUES (:scope, :key, :print, 5000, :at, :kept)"
        connection.execute(text(insert), rows)
    engine.dispose()
    database = Database(driver)
    for row in rows:
        number = int(row["key"][1:])
        told = await database.read(lambda tx, row=row: found(tx, row["key"], scope=row["scope"]))
        assert told == (row["print"][:12], row["at"], Instant(5000), None if number % 2 else {"number": number})
    database.close()
