"""What vendors say of operations they will take away is kept once per operation, on both databases."""

from dataclasses import replace

from trunkline.model.clock import Instant
from trunkline.store import notices
from trunkline.store.database import Database
from trunkline.store.notices import StoredNotice

NOTICE = StoredNotice(
    connector="acme",
    operation="things.get",
    deprecated_at=Instant(1),
    sunset_at=None,
    link="https://acme.example/changes",
    first_seen=Instant(10),
    last_seen=Instant(10),
    answers=1,
)


async def test_a_notice_is_stored_once_and_counted_after_that(database: Database) -> None:
    again = replace(
        NOTICE, deprecated_at=Instant(2), sunset_at=Instant(900), link="", first_seen=Instant(20), last_seen=Instant(25), answers=4
    )
    assert await database.journal.commit(lambda tx: notices.save_notice(tx, NOTICE)) is True
    assert await database.journal.commit(lambda tx: notices.save_notice(tx, again)) is False
    assert await database.read(notices.all_notices) == [replace(again, first_seen=Instant(10), answers=5)]


async def test_notices_of_one_connector_are_forgotten_and_others_stay(database: Database) -> None:
    other = replace(NOTICE, connector="other")
    for notice in (NOTICE, replace(NOTICE, operation="things.list"), other):
        await database.journal.commit(lambda tx, notice=notice: notices.save_notice(tx, notice))
    assert await database.journal.commit(lambda tx: notices.forget_notices(tx, "acme")) == 2
    assert await database.read(notices.all_notices) == [other]
