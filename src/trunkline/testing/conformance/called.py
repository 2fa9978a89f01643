"""Calls: each operation against the fake, what failures mean, limits, and that secrets stay hidden."""

import logging
from asyncio import gather
from typing import Any, Final

import pytest

from trunkline.connect.declaration import Call, Connector, Operation, RateLimit
from trunkline.connect.entries import Entries
from trunkline.connect.inputs import check
from trunkline.model.clock import SECOND
from trunkline.model.errors import OutcomeUnknownError, RateLimitedError, ReconnectError, RejectedError, TrunklineError, UnavailableError
from trunkline.testing.conformance.applying import only_where
from trunkline.testing.conformance.scenarios import EXPECTED
from trunkline.testing.conformance.stage import Stage
from trunkline.testing.simulation import SimulatedVendor

_SHORT_S: Final = 0.4
_SCALED_S: Final = 0.4


@only_where(lambda suite: suite.make is not None)
class Called(Stage):
    """Every operation once, and the plain read and write in all the ways a call can end."""

    async def test_operation_works_against_the_fake(self, operation: Operation) -> None:
        async with self.session() as (session, vendor):
            answer = await session.call(operation, self.input(operation))
            check(operation.output, answer)
            assert vendor.calls, "it calls the vendor"
            if isinstance(vendor, SimulatedVendor) and operation.endpoint is not None:
                assert operation.endpoint in vendor.asked, "it calls the endpoint it names"
            for name, value in () if session.tokens else self.connector.auth(vendor.account().credential):
                assert all(call.headers.get(name) == value for call in vendor.calls)

    async def test_refused_credential_asks_for_a_new_one(self) -> None:
        async with self.session() as (session, vendor):
            vendor.token_accepted = False
            with pytest.raises(ReconnectError) as caught:
                await self.call(session, "any")
            assert caught.value.hint

    @only_where(lambda suite: _scoped(suite.connector))
    async def test_missing_scope_is_named_and_no_reason_to_pause_the_connection(self) -> None:
        operation, scope = _scoped(self.connector)[0]
        async with self.session() as (session, vendor):
            vendor.scopes_refused = {scope}
            with pytest.raises(RejectedError) as caught:
                await session.call(operation, self.input(operation))
            assert scope in caught.value.hint + caught.value.message

    @only_where(lambda suite: suite.plain("read"))
    async def test_status_of_a_read_means(self, status: int) -> None:
        async with self.session() as (session, vendor):
            vendor.next(status=status)
            with pytest.raises(self.scenarios.meanings.get(status, EXPECTED[status][0])) as caught:
                await self.call(session, "read")
            assert caught.value.status == status
            assert caught.value.connector == self.connector.id

    @only_where(lambda suite: suite.plain("write"))
    async def test_status_of_a_write_means(self, status: int) -> None:
        async with self.session() as (session, vendor):
            vendor.next(status=status)
            with pytest.raises(self.scenarios.meanings.get(status, EXPECTED[status][1])):
                await self.call(session, "write")

    async def test_pause_the_vendor_asks_for_is_kept(self) -> None:
        async with self.session() as (session, vendor):
            vendor.next(status=429, headers={"retry-after": "7"})
            with pytest.raises(RateLimitedError) as caught:
                await self.call(session, "any")
            assert caught.value.retry_at is not None
            assert 5 * SECOND < caught.value.retry_at - session.clock.now() <= 7 * SECOND
            before = len(vendor.calls)
            with pytest.raises(RateLimitedError):
                await self.call(session, "any")
            assert len(vendor.calls) == before, "no call leaves during the pause"

    @only_where(lambda suite: suite.plain("write"))
    async def test_answer_lost_after_a_write_is_an_unknown_outcome(self) -> None:
        done: dict[str, Any] = {"status": 500}
        for switch in (done, *self.losses()):
            async with self.session(timeout_s=_SHORT_S) as (session, vendor):
                vendor.next(after=True, **switch)
                with pytest.raises(OutcomeUnknownError):
                    await self.call(session, "write")

    @only_where(lambda suite: suite.plain("read"))
    async def test_answer_lost_of_a_read_is_only_unavailable(self) -> None:
        for switch in self.losses():
            async with self.session(timeout_s=_SHORT_S) as (session, vendor):
                vendor.next(**switch)
                with pytest.raises(UnavailableError):
                    await self.call(session, "read")

    @only_where(lambda suite: suite.plain("write"))
    async def test_write_that_found_no_server_is_surely_not_done(self) -> None:
        async with self.session() as (session, _):
            session.base_url = "http://127.0.0.1:1"
            with pytest.raises(UnavailableError):
                await self.call(session, "write")

    @only_where(lambda suite: suite.connector.limits)
    async def test_burst_stays_under_the_limit(self) -> None:
        operation = self.plain("any")
        assert operation is not None
        scaled = (RateLimit(calls=min(5, self.connector.limits[0].calls), per_s=_SCALED_S, group=operation.group),)
        async with self.session(limits=scaled) as (session, vendor):
            vendor.limits = scaled
            await gather(*(self.call(session, "any") for _ in range(2 * scaled[0].calls + 1)))
            assert vendor.over_limit == 0

    @only_where(lambda suite: suite.plain("write"))
    async def test_secrets_never_show(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        shown: list[str] = []
        hidden: list[str] = []
        for status in EXPECTED:
            async with self.session() as (session, vendor):
                hidden = [value for value in vendor.account().credential.values() if len(value) >= 6]
                vendor.next(status=status, body={"message": " ".join(hidden), "error": {"message": " ".join(hidden)}})
                with pytest.raises(TrunklineError) as caught:
                    await self.call(session, "write")
                shown += [str(caught.value), repr(caught.value), caught.value.hint, repr(session), repr(vendor.account())]
        text = "\n".join([*shown, caplog.text])
        assert not [secret for secret in hidden if secret in text]


def _scoped(connector: Connector) -> list[tuple[Operation, str]]:
    """Operations of one call that need a scope or a permission, and which."""
    entries = Entries(connector)
    return [(one, scope) for one in connector.operations if isinstance(one.call, Call) for scope in entries.scopes(one)[:1]]
