"""Marketplace apps: a sub-account, an agency, and sub-accounts that live on their agency's sign-in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connect.sign_in import lacking, way_of
from trunkline.connect.tokens import Tokens
from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.ghl.fake_seed import COMPANY
from trunkline.connectors.ghl.sign_in import AGENCY, SUB_ACCOUNT, WHITE_LABEL, sign_in
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, ReconnectError, SuspendedError
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSONObject
from trunkline.testing.oauth import MemoryGrants
from trunkline.testing.vendor import serving

APP = Credential({"client_id": "c", "client_secret": "s"})


@dataclass(slots=True)
class Place:
    """The vendor, and the connections of one hub by name."""

    vendor: FakeGHL
    client: Client
    base_url: str
    grants: MemoryGrants = field(default_factory=lambda: MemoryGrants(SystemClock()))
    tokens: dict[str, Tokens] = field(default_factory=dict[str, Tokens])

    async def others(self, name: str) -> Tokens:
        return self.tokens[name]

    def connect(self, name: str, options: JSONObject, *, app: bool) -> Session:
        """A connection that signed in, or (without an app) lives on another one."""
        clock, server = SystemClock(), self.vendor.signed_in
        account = server.account(options) if app else Account(options=options, credential=Credential())
        oauth = sign_in(account)
        assert oauth is not None
        if app:
            self.grants.put(ConnectionId(name), self.granted(options))
        budget = Budget((), clock)
        asker = Asker(
            connector=connector,
            oauth=oauth,
            account=account,
            client=self.client,
            clock=clock,
            budget=budget,
            base_url=self.base_url,
            others=self.others,
        )
        self.tokens[name] = Tokens(connection=ConnectionId(name), asker=asker, grants=self.grants, clock=clock)
        return Session(
            connector=connector,
            account=account,
            client=self.client,
            budget=budget,
            memory=Memory(clock),
            clock=clock,
            base_url=self.base_url,
            tokens=self.tokens[name],
        )

    def granted(self, options: JSONObject):
        server = self.vendor.signed_in
        agency = options.get("level") == "agency"
        grant = server.grant(form={"user_type": "Company" if agency else "Location"})
        return replace(grant, extra={"company": COMPANY}) if agency else grant


@asynccontextmanager
async def place() -> AsyncGenerator[Place]:
    vendor = FakeGHL()
    vendor.seed()
    async with serving(vendor) as base_url, Client() as client:
        yield Place(vendor, client, base_url)


async def check(session: Session) -> None:
    assert connector.check is not None
    await session.call(connector.check, {})


def test_way_is_told_by_what_the_connection_has() -> None:
    assert sign_in(Account(options={"location": "L"}, credential=Credential({"token": "pit-x"}))) is None
    assert sign_in(Account(options={}, credential=APP)) == SUB_ACCOUNT
    assert sign_in(Account(options={"level": "agency"}, credential=APP)) == AGENCY
    white = sign_in(Account(options={"white_label": True}, credential=APP))
    assert white is not None
    assert white.authorize_url == WHITE_LABEL
    child = Account(options={"agency": "main", "location": "L"}, credential=Credential())
    made = sign_in(child)
    assert made is not None
    assert way_of(made, child) == "minted"
    assert lacking(connector, child) == ()
    with pytest.raises(ConfigError):
        sign_in(Account(options={"agency": "main"}, credential=Credential()))


async def test_sub_account_calls_with_the_token_of_its_app() -> None:
    async with place() as at:
        session = at.connect("sub", {"location": at.vendor.location}, app=True)
        await check(session)
        at.vendor.signed_in.expire()
        await check(session)
        sent = at.vendor.signed_in.requests[0]
        assert (sent["grant_type"], sent["user_type"]) == ("refresh_token", "Location")


async def test_token_of_a_sub_account_is_made_with_that_of_its_agency_and_made_again_when_it_ends() -> None:
    async with place() as at:
        at.connect("agency", {"level": "agency"}, app=True)
        session = at.connect("sub", {"agency": "agency", "location": at.vendor.location}, app=False)
        for _ in range(3):
            await check(session)
        assert at.vendor.signed_in.minted == [at.vendor.location]
        at.vendor.signed_in.expire()
        await check(session)
        assert at.vendor.signed_in.minted == [at.vendor.location] * 2
        assert at.vendor.signed_in.renewals == 1, "the agency's own token had ended as well"


async def test_sub_account_that_did_not_install_the_app_is_told_which_connection_to_look_at() -> None:
    async with place() as at:
        at.connect("agency", {"level": "agency"}, app=True)
        session = at.connect("sub", {"agency": "agency", "location": "sOmEwHeReElSe0000001"}, app=False)
        with pytest.raises(ReconnectError) as caught:
            await check(session)
        assert "Location not found" in caught.value.message
        assert caught.value.hint.endswith("trunkline connections test agency")


async def test_agency_whose_sign_in_ended_is_what_its_sub_accounts_tell_of() -> None:
    async with place() as at:
        agency = at.connect("agency", {"level": "agency"}, app=True)
        session = at.connect("sub", {"agency": "agency", "location": at.vendor.location}, app=False)
        at.vendor.signed_in.revoke()
        for one in (session, session):
            with pytest.raises(ReconnectError):
                await check(one)
        assert (await at.grants.read(ConnectionId("sub"))).refused == ""
        at.grants.put(ConnectionId("agency"), at.granted({"level": "agency"}))
        assert agency.tokens is not None
        await check(session)


async def test_paused_sub_account_keeps_its_refresh_token() -> None:
    async with place() as at:
        session = at.connect("sub", {"location": at.vendor.location}, app=True)
        at.vendor.signed_in.expire()
        at.vendor.signed_in.suspended = at.vendor.refusal(400, "Location is not active")
        with pytest.raises(SuspendedError):
            await check(session)
        at.vendor.signed_in.suspended = None
        assert session.tokens is not None
        await session.tokens.forgive()
        await check(session)


# ── lost tokens ──


async def test_tokens_whose_renewal_was_lost_are_got_again_once_for_all_who_call() -> None:
    async with place() as at:
        session, server = at.connect("sub", {"location": at.vendor.location}, app=True), at.vendor.signed_in
        await check(session)
        server.lose()
        await asyncio.gather(*(check(session) for _ in range(20)))
        assert (server.renewals, server.reconnects) == (1, 1)
        server.expire()
        await check(session)
        assert (server.renewals, server.reconnects) == (2, 1), "the tokens that were got again are renewed like any others"


async def test_lost_tokens_of_an_agency_are_got_again_and_its_sub_accounts_go_on() -> None:
    async with place() as at:
        at.connect("agency", {"level": "agency", "company": COMPANY}, app=True)
        session, server = at.connect("sub", {"agency": "agency", "location": at.vendor.location}, app=False), at.vendor.signed_in
        await check(session)
        server.lose()
        await check(session)
        assert (server.reconnects, server.minted) == (1, [at.vendor.location] * 2)


async def test_app_that_was_removed_asks_once_for_other_tokens_and_then_for_a_person() -> None:
    async with place() as at:
        session, server = at.connect("sub", {"location": at.vendor.location}, app=True), at.vendor.signed_in
        server.revoke()
        for _ in range(3):
            with pytest.raises(ReconnectError) as caught:
                await check(session)
            assert "refresh token is unknown, used or revoked" in caught.value.message
            assert "connections authorize" in caught.value.hint
        assert (server.renewals, server.reconnects) == (1, 1)


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_tokens_that_cannot_be_got_again_leave_the_refusal_as_it_was(status: int) -> None:
    async with place() as at:
        session, server = at.connect("sub", {"location": at.vendor.location}, app=True), at.vendor.signed_in
        server.lose()
        at.vendor.next("POST /oauth/reconnect", status=status)
        for _ in range(2):
            with pytest.raises(ReconnectError, match="used before"):
                await check(session)
        assert server.renewals == 1


async def test_tokens_of_another_sub_account_are_not_taken() -> None:
    async with place() as at:
        other = "oThErLoCaTiOn0000001"
        at.vendor.signed_in.installed[other] = "Other"
        session = at.connect("sub", {"location": other}, app=True)
        at.vendor.signed_in.lose()
        with pytest.raises(ReconnectError, match="used before"):
            await check(session)
        assert at.vendor.signed_in.reconnects == 1
