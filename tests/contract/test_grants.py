"""What the store of tokens and of sign-ins promises, on both databases."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from trunkline.admin.grants import SealedGrants, opened, seal
from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.errors import ConfigError
from trunkline.model.grant import Grant
from trunkline.model.ids import ConnectionId
from trunkline.store import grants, sign_ins
from trunkline.store.database import Database
from trunkline.store.sign_ins import StoredSignIn
from trunkline.store.statement import Transaction
from trunkline.testing.clock import FakeClock
from trunkline.vault.box import Vault

T = TypeVar("T")
CONNECTION = ConnectionId("con_1")
VAULT = Vault(bytes(32))


def a_grant(token: str) -> Grant:
    return Grant(
        access_token=token,
        refresh_token=f"refresh of {token}",
        granted_at=Instant(5),
        expires_at=Instant(3600 * SECOND),
        scope="a b",
        extra={"company": "c1"},
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def held(database: Database, clock: FakeClock) -> SealedGrants:
    return SealedGrants(database, VAULT, clock)


def soon(clock: FakeClock) -> Instant:
    return later(clock.now(), 20)


async def written(database: Database, unit: Callable[[Transaction], T]) -> T:
    return await database.journal.commit(unit)


async def test_nothing_stored_is_generation_zero(held: SealedGrants) -> None:
    found = await held.read(CONNECTION)
    assert (found.generation, found.grant, found.refused) == (0, None, "")


async def test_tokens_come_back_as_they_were_stored(held: SealedGrants) -> None:
    assert await held.store(CONNECTION, a_grant("one"), generation=0) is not None
    found = await held.read(CONNECTION)
    assert (found.generation, found.grant) == (1, a_grant("one"))


async def test_only_the_present_generation_is_replaced(held: SealedGrants) -> None:
    await held.store(CONNECTION, a_grant("one"), generation=0)
    assert await held.store(CONNECTION, a_grant("late"), generation=0) is None
    found = await held.read(CONNECTION)
    assert found.grant == a_grant("one")


async def test_one_of_two_gets_the_claim(held: SealedGrants, clock: FakeClock) -> None:
    first = await held.claim(CONNECTION, generation=0, by="a", until=soon(clock))
    second = await held.claim(CONNECTION, generation=0, by="b", until=soon(clock))
    assert (first.won, first.interrupted) == (True, False)
    assert (second.won, second.held.claimed_until) == (False, soon(clock))


async def test_claim_of_a_generation_that_has_passed_is_lost_and_tells_the_present_one(held: SealedGrants, clock: FakeClock) -> None:
    await held.store(CONNECTION, a_grant("one"), generation=0)
    claim = await held.claim(CONNECTION, generation=0, by="a", until=soon(clock))
    assert not claim.won
    assert claim.held.grant == a_grant("one")


async def test_claim_that_ran_out_goes_to_the_next_and_says_that_it_was_interrupted(held: SealedGrants, clock: FakeClock) -> None:
    await held.claim(CONNECTION, generation=0, by="a", until=soon(clock))
    await clock.advance(21)
    claim = await held.claim(CONNECTION, generation=0, by="b", until=soon(clock))
    assert (claim.won, claim.interrupted) == (True, True)


async def test_released_claim_is_free_and_was_not_interrupted(held: SealedGrants, clock: FakeClock) -> None:
    await held.claim(CONNECTION, generation=0, by="a", until=soon(clock))
    await held.release(CONNECTION, by="somebody else")
    assert not (await held.claim(CONNECTION, generation=0, by="b", until=soon(clock))).won
    await held.release(CONNECTION, by="a")
    claim = await held.claim(CONNECTION, generation=0, by="b", until=soon(clock))
    assert (claim.won, claim.interrupted) == (True, False)


async def test_refused_tokens_cannot_be_claimed_until_they_are_forgiven_or_replaced(
    held: SealedGrants, database: Database, clock: FakeClock
) -> None:
    await held.store(CONNECTION, a_grant("one"), generation=0)
    await held.refuse(CONNECTION, generation=0, reason="of another generation", suspended=False)
    assert (await held.read(CONNECTION)).refused == ""
    await held.refuse(CONNECTION, generation=1, reason="gone", suspended=True)
    claim = await held.claim(CONNECTION, generation=1, by="a", until=soon(clock))
    assert (claim.won, claim.held.refused, claim.held.suspended) == (False, "gone", True)
    await written(database, lambda tx: grants.forgive_grant(tx, CONNECTION))
    assert (await held.claim(CONNECTION, generation=1, by="a", until=soon(clock))).won
    await held.refuse(CONNECTION, generation=1, reason="gone", suspended=False)
    await written(database, lambda tx: grants.put_grant(tx, CONNECTION, sealed=seal(tx, VAULT, CONNECTION, a_grant("two"))))
    found = await held.read(CONNECTION)
    assert (found.generation, found.grant, found.refused) == (2, a_grant("two"), "")


async def test_removed_connection_leaves_no_tokens(held: SealedGrants, database: Database) -> None:
    await held.store(CONNECTION, a_grant("one"), generation=0)
    await written(database, lambda tx: grants.remove_grant(tx, CONNECTION))
    assert (await held.read(CONNECTION)).grant is None


async def test_sealed_tokens_open_for_their_connection_only(database: Database) -> None:
    sealed = await written(database, lambda tx: seal(tx, VAULT, CONNECTION, a_grant("one")))
    assert b"one" not in sealed
    assert opened(VAULT, CONNECTION, sealed) == a_grant("one")
    with pytest.raises(ConfigError):
        opened(VAULT, ConnectionId("con_2"), sealed)
    with pytest.raises(ConfigError):
        VAULT.open(sealed, row=CONNECTION)


def a_sign_in(state: str, *, expires_at: int = 600) -> StoredSignIn:
    return StoredSignIn(
        state=state, connection=CONNECTION, sealed=b"sealed", stage="waiting", message="", expires_at=Instant(expires_at * SECOND)
    )


async def begun(database: Database, *states: str) -> None:
    for state in states:
        await written(database, lambda tx, state=state: sign_ins.begin(tx, a_sign_in(state), purge_before=Instant(0)))


async def answer(database: Database, state: str, *, at_s: int = 1) -> StoredSignIn | None:
    return await written(database, lambda tx: sign_ins.take_answer(tx, state, now=Instant(at_s * SECOND)))


async def test_sign_in_is_answered_once(database: Database) -> None:
    await begun(database, "one", "two")
    taken = await answer(database, "one")
    assert taken is not None
    assert taken.sealed == b"sealed"
    assert await answer(database, "one") is None
    after = await database.read(lambda tx: sign_ins.get_sign_in(tx, "one"))
    assert after is not None
    assert (after.stage, after.sealed) == ("answered", b"")


async def test_expired_and_unknown_sign_ins_take_no_answer(database: Database) -> None:
    await begun(database, "one")
    assert await answer(database, "one", at_s=600) is None
    assert await answer(database, "none") is None


async def test_end_of_a_sign_in_is_told_and_later_forgotten(database: Database) -> None:
    await begun(database, "one")
    await written(database, lambda tx: sign_ins.end(tx, "one", stage="failed", message="said no"))
    ended = await database.read(lambda tx: sign_ins.get_sign_in(tx, "one"))
    assert ended is not None
    assert (ended.stage, ended.message) == ("failed", "said no")
    await written(database, lambda tx: sign_ins.begin(tx, a_sign_in("two", expires_at=9000), purge_before=Instant(700 * SECOND)))
    assert await database.read(lambda tx: sign_ins.get_sign_in(tx, "one")) is None
    await written(database, lambda tx: sign_ins.remove_sign_ins(tx, CONNECTION))
    assert await database.read(lambda tx: sign_ins.get_sign_in(tx, "two")) is None
