"""What the journal promises, on both databases."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from trunkline.model.errors import StoreError
from trunkline.store.database import Database
from trunkline.store.driver import Driver
from trunkline.store.journal import Journal
from trunkline.store.statement import Statement, Transaction, insert_into
from trunkline.store.tables import settings

INSERT = Statement("a counter", insert_into(settings, leave_out=()))
READ = Statement("a counter", select(settings.c.number).where(settings.c.name == bindparam("name")))


def putting(name: str, number: int) -> Callable[[Transaction], int]:
    def unit(tx: Transaction) -> int:
        tx.run(INSERT, {"name": name, "number": number})
        return number

    return unit


async def number_of(database: Database, name: str) -> Any:
    row = await database.read(lambda tx: tx.one(READ, {"name": name}))
    return None if row is None else row[0]


async def test_a_committed_unit_is_read_back_and_its_value_returned(database: Database) -> None:
    assert await database.journal.commit(putting("a", 1)) == 1
    assert await number_of(database, "a") == 1


async def test_a_failing_unit_fails_alone_and_leaves_nothing(database: Database) -> None:
    await database.journal.commit(putting("taken", 0))

    def half(tx: Transaction) -> None:
        tx.run(INSERT, {"name": "half", "number": 1})
        raise ValueError("on purpose")

    def clash(tx: Transaction) -> None:
        tx.run(INSERT, {"name": "before the clash", "number": 1})
        tx.run(INSERT, {"name": "taken", "number": 1})

    units = [putting(f"good {number}", number) for number in range(20)]
    futures = [database.journal.commit(unit) for unit in [*units[:10], half, clash, *units[10:]]]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert isinstance(results[10], ValueError)
    assert isinstance(results[11], Exception)
    assert [result for result in results if isinstance(result, int)] == list(range(20))
    assert [await number_of(database, name) for name in ("half", "before the clash", "good 0", "good 19")] == [None, None, 0, 19]


async def test_units_are_carried_out_in_the_order_they_came(database: Database) -> None:
    order: list[int] = []

    def noting(number: int) -> Callable[[Transaction], None]:
        return lambda tx: order.append(number)

    await asyncio.gather(*(database.journal.commit(noting(number)) for number in range(2_000)))
    assert order == list(range(2_000))


async def test_a_unit_sees_what_earlier_units_of_its_batch_wrote(database: Database) -> None:
    database.journal.commit(putting("first", 7))
    seen = await database.journal.commit(lambda tx: tx.one(READ, {"name": "first"}))
    assert seen is not None
    assert seen[0] == 7


async def test_closing_commits_what_waits_and_refuses_what_comes_after(driver: Driver) -> None:
    database = Database(driver)
    waiting = [database.journal.commit(putting(str(number), number)) for number in range(100)]
    await asyncio.get_running_loop().run_in_executor(None, database.journal.close)
    assert await asyncio.gather(*waiting) == list(range(100))
    with pytest.raises(StoreError, match="stopping"):
        await database.journal.commit(putting("late", 1))


async def test_maintenance_runs_between_transactions(database: Database) -> None:
    futures = [database.journal.commit(putting(f"m{number}", number)) for number in range(5)]
    await database.shrink()
    await asyncio.gather(*futures)
    assert await database.journal.commit(putting("after", 1)) == 1


async def test_the_migrated_schema_is_the_declared_one(driver: Driver) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - slow to import, needed here alone
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    from trunkline.store import migrate  # noqa: PLC0415 - as above
    from trunkline.store.database import HEAD  # noqa: PLC0415 - as above
    from trunkline.store.tables import metadata  # noqa: PLC0415 - as above

    Database(driver).close()
    engine = driver.engine()
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert ScriptDirectory(migrate.__file__.replace("migrate.py", "migrations")).get_current_head() == HEAD


async def test_opening_twice_changes_nothing(driver: Driver) -> None:
    first = Database(driver)
    await first.journal.commit(putting("kept", 3))
    first.close()
    second = Database(driver)
    assert await number_of(second, "kept") == 3
    second.close()


async def test_a_journal_without_work_ends_at_once(driver: Driver) -> None:
    Journal(driver).close()
