"""Sign-in: tokens are renewed once, whoever asks, and a sign-in that ended asks for a person."""

from asyncio import gather
from typing import Final

import pytest

from trunkline.model.errors import ReconnectError
from trunkline.testing.conformance.applying import only_where
from trunkline.testing.conformance.stage import Stage

_MANY: Final = 50


@only_where(lambda suite: suite.make is not None and suite.connector.oauth is not None)
class SignedIn(Stage):
    """A connection that signed in, for connectors that offer it."""

    async def test_many_calls_on_an_expired_token_renew_it_once(self) -> None:
        async with self.session(limits=(), signed=True) as (session, vendor):
            vendor.limits = ()
            server = vendor.sign_in
            assert server is not None
            await self.call(session, "read")
            before = len(server.requests)
            server.expire()
            await gather(*(self.call(session, "read") for _ in range(_MANY)))
            assert (len(server.requests) - before, server.reuses) == (1, 0)

    async def test_sign_in_that_was_taken_back_asks_for_a_person(self) -> None:
        async with self.session(signed=True) as (session, vendor):
            server = vendor.sign_in
            assert server is not None
            await self.call(session, "read")
            server.revoke()
            with pytest.raises(ReconnectError) as caught:
                await self.call(session, "read")
            assert caught.value.hint
