"""Live tokens against an authorization server: renewed once, whoever asks; stored before they are used; dead when they are dead."""

import asyncio
from dataclasses import replace

import pytest

from tests.integration.signing_in import CONNECTION, READ, ROTATING, WRITE, Desk, signed_in
from trunkline.model.clock import SECOND, Instant
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ReconnectError, StoreError, SuspendedError, UnavailableError
from trunkline.model.grant import Grant, Held
from trunkline.testing.clock import FakeClock
from trunkline.testing.oauth import AuthorizationServer, MemoryGrants

CALLS = 200
KEPT = replace(ROTATING, refresh="kept")
NO_REFRESH = replace(ROTATING, refresh="none", grants=("authorization_code",))
BY_CLIENT = replace(ROTATING, grants=("client_credentials",))
IN_BODY = replace(ROTATING, client_auth="body", repeats_answer=True)


async def burst(at: Desk, number: int = CALLS) -> list[BaseException | None]:
    """Many calls at a time; what each raised."""
    return list(await asyncio.gather(*(at.call() for _ in range(number)), return_exceptions=True))


async def held(at: Desk) -> Held:
    return await at.grants.read(CONNECTION)


# ── renewing ──


async def test_two_hundred_calls_on_an_expired_token_renew_it_once() -> None:
    clock = FakeClock()
    async with signed_in(clock=clock) as at:
        clock.set(Instant(clock.now() + 7200 * SECOND))
        assert await burst(at) == [None] * CALLS
        assert (at.server.renewals, at.server.reuses) == (1, 0)
        assert len(at.vendor.calls_to("GET /me")) == CALLS


async def test_two_hundred_calls_refused_for_an_expired_token_renew_it_once() -> None:
    async with signed_in() as at:
        await at.call()
        at.server.expire()
        assert await burst(at) == [None] * CALLS
        assert (at.server.renewals, at.server.reuses) == (1, 0)


async def test_token_is_renewed_shortly_before_its_end() -> None:
    clock = FakeClock()
    async with signed_in(clock=clock) as at:
        await at.call()
        clock.set(Instant(clock.now() + (3600 - 121) * SECOND))
        await at.call()
        assert at.server.renewals == 0
        clock.set(Instant(clock.now() + 2 * SECOND))
        await at.call()
        assert at.server.renewals == 1


async def test_short_token_is_not_renewed_at_every_call() -> None:
    clock = FakeClock()
    async with signed_in(clock=clock) as at:
        at.server.lasts_s = 60
        clock.set(Instant(clock.now() + 7200 * SECOND))
        for _ in range(5):
            await at.call()
        assert at.server.renewals == 1


async def test_write_refused_for_its_token_is_sent_again_once() -> None:
    async with signed_in() as at:
        await at.call()
        at.server.expire()
        assert await at.session.call(WRITE, {"number": 1}) == {"added": 1}
        assert at.vendor.added == 1


@pytest.mark.parametrize("oauth", [ROTATING, KEPT, IN_BODY], ids=["rotating", "kept", "in the body"])
async def test_tokens_are_renewed_again_and_again(oauth: object) -> None:
    assert isinstance(oauth, type(ROTATING))
    async with signed_in(oauth) as at:
        for number in range(1, 5):
            at.server.expire()
            await at.call()
            assert at.server.renewals == number
        assert at.server.reuses == 0


async def test_new_tokens_are_stored_before_they_are_used() -> None:
    async with signed_in() as at:
        before = await held(at)
        at.server.expire()
        await at.call()
        after = await held(at)
        assert after.generation == before.generation + 1
        assert after.grant is not None
        assert at.vendor.calls_to("GET /me")[-1].headers["authorization"] == f"Bearer {after.grant.access_token}"


# ── without a person ──


async def test_app_gets_a_token_by_its_own_right_and_another_when_that_ends() -> None:
    account = AuthorizationServer(BY_CLIENT).account()
    async with signed_in(BY_CLIENT, account=account) as at:
        assert await burst(at, 20) == [None] * 20
        at.server.expire()
        assert await burst(at, 20) == [None] * 20
        assert [request["grant_type"] for request in at.server.requests] == ["client_credentials"] * 2
        assert at.server.requests[0]["scope"] == "read write"


async def test_jwt_is_traded_and_presented_again() -> None:
    account = AuthorizationServer(ROTATING).account(jwt=True)
    async with signed_in(account=account) as at:
        await at.call()
        at.server.expire()
        await at.call()
        assert {request["grant_type"] for request in at.server.requests} == {"urn:ietf:params:oauth:grant-type:jwt-bearer"}


# ── what goes wrong ──


async def test_dead_sign_in_is_asked_for_once_and_asks_for_a_person() -> None:
    async with signed_in() as at:
        await at.call()
        at.server.revoke()
        errors = await burst(at)
        assert all(isinstance(error, ReconnectError) for error in errors)
        assert at.server.renewals == 1
        with pytest.raises(ReconnectError) as caught:
            await at.call()
        assert "unknown, used or revoked" in caught.value.message
        assert "connections authorize" in caught.value.hint
        assert at.server.renewals == 1


async def test_new_sign_in_revives_a_dead_one() -> None:
    async with signed_in() as at:
        at.server.revoke()
        with pytest.raises(ReconnectError):
            await at.call()
        assert isinstance(at.grants, MemoryGrants)
        at.grants.put(CONNECTION, at.server.grant())
        await at.call()


async def test_vendor_that_refuses_even_new_tokens_is_not_asked_for_more() -> None:
    async with signed_in() as at:
        at.vendor.next("GET /me", status=401, times=1000)
        assert all(isinstance(error, ReconnectError) for error in await burst(at, 20))
        assert at.server.renewals == 1
        with pytest.raises(ReconnectError):
            await at.call()
        assert at.server.renewals == 1
        at.vendor.calls.clear()
        await at.tokens.forgive()
        with pytest.raises(ReconnectError):
            await at.call()
        assert at.server.renewals == 2


async def test_location_that_is_not_active_suspends_and_keeps_the_tokens() -> None:
    async with signed_in() as at:
        at.server.expire()
        at.server.suspended = at.vendor.refusal(400, "Location is NOT active")
        with pytest.raises(SuspendedError) as caught:
            await at.call()
        assert caught.value.hint == "Pay the vendor."
        assert (await held(at)).suspended
        with pytest.raises(SuspendedError):
            await at.call()
        assert at.server.renewals == 1


async def test_token_that_nothing_renews_asks_for_a_person_when_it_ends() -> None:
    async with signed_in(NO_REFRESH) as at:
        await at.call()
        at.server.expire()
        with pytest.raises(ReconnectError) as caught:
            await at.call()
        assert "connections authorize" in caught.value.hint
        assert at.server.requests == []


async def test_nobody_signed_in_yet_says_so_without_asking_the_vendor() -> None:
    account = AuthorizationServer(ROTATING).account()
    async with signed_in(account=account) as at:
        with pytest.raises(ReconnectError) as caught:
            await at.call()
        assert "Nobody has signed in" in caught.value.message
        assert at.vendor.calls == []


async def test_vendor_that_is_down_is_left_alone_for_a_while_and_tokens_that_are_good_go_on() -> None:
    clock = FakeClock()
    async with signed_in(clock=clock) as at:
        await at.call()
        clock.set(Instant(clock.now() + 3500 * SECOND))
        at.vendor.next("POST /oauth/token", status=503, times=100)
        assert await burst(at, 20) == [None] * 20
        assert len(at.vendor.calls_to("POST /oauth/token")) == 1
        clock.set(Instant(clock.now() + 200 * SECOND))
        assert all(isinstance(error, UnavailableError) for error in await burst(at, 20))
        assert len(at.vendor.calls_to("POST /oauth/token")) == 2


async def test_renewal_told_to_wait_waits_as_long_as_told() -> None:
    clock = FakeClock()
    async with signed_in(clock=clock) as at:
        at.server.expire()
        at.vendor.next("POST /oauth/token", status=429, headers={"retry-after": "40"})
        with pytest.raises(UnavailableError) as caught:
            await at.call()
        assert caught.value.retry_at == clock.now() + 40 * SECOND
        clock.set(Instant(clock.now() + 41 * SECOND))
        await at.call()
        assert at.server.renewals == 1


@pytest.mark.parametrize("ending", ["drop", "truncate"])
async def test_lost_answer_is_asked_for_again_where_the_vendor_repeats_it(ending: str) -> None:
    clock = FakeClock()
    async with signed_in(replace(ROTATING, repeats_answer=True), clock=clock) as at:
        at.server.expire()
        at.vendor.next("POST /oauth/token", after=True, ending=ending)  # pyright: ignore[reportArgumentType] - one of its words
        with pytest.raises(UnavailableError):
            await at.call()
        clock.set(Instant(clock.now() + 5 * SECOND))
        await at.call()
        assert (at.server.renewals, at.server.reuses) == (2, 0)


async def test_lost_answer_is_told_of_where_the_vendor_does_not_repeat_it() -> None:
    clock = FakeClock()
    async with signed_in(clock=clock) as at:
        at.server.expire()
        at.vendor.next("POST /oauth/token", after=True, ending="drop")
        with pytest.raises(UnavailableError):
            await at.call()
        clock.set(Instant(clock.now() + 5 * SECOND))
        with pytest.raises(ReconnectError) as caught:
            await at.call()
        assert "answer to an earlier renewal was lost" in caught.value.message
        assert (await held(at)).refused == caught.value.message


async def test_page_instead_of_tokens_is_not_believed() -> None:
    async with signed_in() as at:
        at.server.expire()
        at.vendor.next("POST /oauth/token", status=200, body="<html>Please log in to the wireless network</html>")
        with pytest.raises(UnavailableError):
            await at.call()


class BusyStore(MemoryGrants):
    """Cannot take new tokens a few times."""

    refusals = 2

    async def store(self, connection: object, grant: Grant, *, generation: int) -> Held | None:
        if self.refusals:
            self.refusals -= 1
            raise StoreError("The data cannot be stored: the disk is full.")
        return await super().store(CONNECTION, grant, generation=generation)


async def slept_through(clock: FakeClock, at: Desk) -> None:
    """A call whose waits pass at once."""
    calling = asyncio.ensure_future(at.call())
    while not calling.done():
        await asyncio.sleep(0)
        if clock.sleepers:
            await clock.advance(5)
    await calling


async def test_new_tokens_outlive_a_store_that_is_busy() -> None:
    clock = FakeClock()
    grants = BusyStore(clock)
    async with signed_in(grants=grants, clock=clock) as at:
        grants.put(CONNECTION, at.server.grant())
        at.server.expire()
        await slept_through(clock, at)
        assert (at.server.renewals, at.server.reuses) == (1, 0)


async def test_new_tokens_wait_in_memory_for_a_store_that_stays_busy() -> None:
    clock = FakeClock()
    grants = BusyStore(clock)
    grants.refusals = 7
    async with signed_in(grants=grants, clock=clock) as at:
        grants.put(CONNECTION, at.server.grant())
        at.server.expire()
        with pytest.raises(StoreError):
            await slept_through(clock, at)
        clock.set(Instant(clock.now() + 120 * SECOND))
        await slept_through(clock, at)
        assert (at.server.renewals, at.server.reuses) == (1, 0)


async def test_caller_that_goes_away_does_not_cut_off_the_renewal() -> None:
    async with signed_in() as at:
        await at.call()
        at.server.expire()
        at.vendor.next("POST /oauth/token", delay_s=0.2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(at.call(), 0.1)
        await at.tokens.settled()
        await at.call()
        assert (at.server.renewals, at.server.reuses) == (1, 0)


async def test_no_token_is_in_an_error_whatever_the_vendor_repeats() -> None:
    async with signed_in() as at:
        grant = (await held(at)).grant
        assert grant is not None
        hidden = [grant.access_token, grant.refresh_token, at.server.client_secret]
        at.vendor.next("GET /me", status=400, body={"message": " ".join(hidden)})
        at.vendor.next("POST /oauth/token", status=400, body={"error": "invalid_grant", "error_description": " ".join(hidden)})
        shown: list[str] = []
        for _ in range(2):
            with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever
                await at.session.call(READ, {})
            shown += [str(caught.value), repr(caught.value), str(caught.value.__dict__)]
            at.server.expire()
        shown += [repr(at.tokens), repr(grant), repr(at.session), repr(await at.grants.read(CONNECTION)), (await held(at)).refused]
        text = "\n".join(shown)
        assert "•••" in text
        assert not [secret for secret in hidden if secret in text]


async def test_connection_with_a_token_of_its_own_is_never_renewed() -> None:
    async with signed_in() as at:
        own = Account(options={}, credential=Credential({"token": at.vendor.token}))
        session = replace(at.session, account=own, tokens=None)
        await session.call(READ, {})
        assert at.vendor.calls_to("GET /me")[-1].headers["authorization"] == f"Bearer {at.vendor.token}"
