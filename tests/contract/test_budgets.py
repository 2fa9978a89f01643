"""What is used of vendors' limits lies in both databases alike."""

from trunkline.model.clock import Instant
from trunkline.model.json import JSON
from trunkline.store import budgets
from trunkline.store.budgets import StoredBudget
from trunkline.store.database import Database


def row(scope: str, owner: str, *, group: str = "", ends_at: int = 100, kept: JSON = None) -> StoredBudget:
    return StoredBudget(scope=scope, group=group, owner=owner, saved_at=Instant(5), ends_at=Instant(ends_at), kept=kept)


async def test_each_process_has_a_row_of_its_own_per_group_and_its_newest_counts(database: Database) -> None:
    first = [row("con_a", "p1", kept={"n": 1}), row("con_a", "p2", kept={"n": 2}), row("con_a", "p1", group="heavy")]
    await database.journal.commit(lambda tx: budgets.save_budgets(tx, first))
    await database.journal.commit(lambda tx: budgets.save_budgets(tx, [row("con_a", "p1", kept={"n": 3}, ends_at=200)]))
    await database.journal.commit(lambda tx: budgets.save_budgets(tx, []))
    found = await database.read(budgets.all_budgets)
    assert [(one.owner, one.group, one.kept, one.ends_at) for one in found] == [
        ("p1", "", {"n": 3}, 200),
        ("p2", "", {"n": 2}, 100),
        ("p1", "heavy", None, 100),
    ]


async def test_rows_are_put_together_forgotten_when_they_end_and_with_their_connection(database: Database) -> None:
    await database.journal.commit(lambda tx: budgets.save_budgets(tx, [row("con_a", "p1"), row("con_b", "p1", ends_at=50)]))
    assert await database.journal.commit(lambda tx: budgets.forget_ended(tx, Instant(99))) == 1
    await database.journal.commit(lambda tx: budgets.replace_budgets(tx, [row("con_a", ""), row("con_c", "")]))
    await database.journal.commit(lambda tx: budgets.forget_scope(tx, "con_a"))
    assert [(one.scope, one.owner) for one in await database.read(budgets.all_budgets)] == [("con_c", "")]
