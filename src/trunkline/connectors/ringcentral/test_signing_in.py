"""Sign-in with a JWT credential and by authorization code, against the fake's token endpoint."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.grants import authorize_address, grant_of
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connect.sign_in import lacking, located, way_of
from trunkline.connect.tokens import Tokens
from trunkline.connectors.ringcentral import connector
from trunkline.connectors.ringcentral.connector import OAUTH
from trunkline.connectors.ringcentral.fake import FakeRingCentral
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ReconnectError
from trunkline.model.http import Request
from trunkline.model.ids import ConnectionId
from trunkline.model.json import as_object
from trunkline.testing.oauth import AuthorizationServer, MemoryGrants
from trunkline.testing.vendor import serving

BY_ID = {operation.id: operation for operation in connector.operations}
PHONES = ConnectionId("con_phones")


@asynccontextmanager
async def signing_in(vendor: FakeRingCentral, account: Account, grants: MemoryGrants) -> AsyncGenerator[tuple[Session, Asker]]:
    clock = SystemClock()
    async with serving(vendor) as base_url, Client() as client:
        budget = Budget(connector.limits, clock)
        asker = Asker(connector=connector, oauth=OAUTH, account=account, client=client, clock=clock, budget=budget, base_url=base_url)
        session = Session(
            connector=connector,
            account=account,
            client=client,
            budget=budget,
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
            tokens=Tokens(connection=PHONES, asker=asker, grants=grants, clock=clock),
        )
        yield session, asker


def server_of(vendor: FakeRingCentral) -> AuthorizationServer:
    assert vendor.sign_in is not None
    return vendor.sign_in


async def test_jwt_is_traded_for_a_token_and_again_when_that_ends(vendor: FakeRingCentral) -> None:
    server = server_of(vendor)
    async with signing_in(vendor, server.account(jwt=True), MemoryGrants(SystemClock())) as (session, _):
        assert as_object(await session.call(BY_ID["account.get"], {}))["mainNumber"] == "+15555550199"
        server.expire()
        await session.call(BY_ID["account.get"], {})
    assert [request["grant_type"] for request in server.requests] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"] * 2
    assert {request["assertion"] for request in server.requests} == {server.jwt}
    asked = vendor.calls_to("POST /restapi/oauth/token")
    assert all(call.headers["authorization"].startswith("Basic ") for call in asked)
    assert all("client_secret" not in request for request in server.requests)


async def test_wrong_jwt_asks_for_a_person(vendor: FakeRingCentral) -> None:
    server = server_of(vendor)
    credential = Credential({**server.account().credential, "jwt": "of somebody else"})
    async with signing_in(vendor, Account(options={}, credential=credential), MemoryGrants(SystemClock())) as (session, _):
        with pytest.raises(ReconnectError) as caught:
            await session.call(BY_ID["account.get"], {})
    assert "of somebody else" not in str(caught.value)


async def test_code_is_traded_with_its_verifier_and_the_token_renews_itself(vendor: FakeRingCentral) -> None:
    server, grants = server_of(vendor), MemoryGrants(SystemClock())
    account = server.account()
    async with signing_in(vendor, account, grants) as (session, asker):
        assert asker.base_url is not None
        page = located(OAUTH.authorize_url, connector, asker.base_url)
        back, verifier = "https://hub.example/oauth/callback", "v" * 64
        address = authorize_address(OAUTH, account, page, redirect_uri=back, state="s1", verifier=verifier)
        asked = parse_qs(urlsplit(address).query)
        assert (asked["code_challenge_method"], asked["redirect_uri"]) == (["S256"], [back])
        assert "scope" not in asked, "the app's permissions decide"
        request = Request(method="GET", url=address.removeprefix(asker.base_url))
        answer = await asker.client.send(request, base_url=asker.base_url, write=False)
        (code,) = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
        body = await asker.exchange(code=code, redirect_uri=back, verifier=verifier)
        grants.put(PHONES, grant_of(body, OAUTH, now=SystemClock().now()))
        await session.call(BY_ID["account.get"], {})
        server.expire()
        await session.call(BY_ID["account.get"], {})
    assert (server.renewals, server.reuses) == (1, 0)


def test_connection_says_what_it_lacks_for_each_way() -> None:
    def names(**secrets: str) -> list[str]:
        return [secret.name for secret in lacking(connector, Account(options={}, credential=Credential(secrets)))]

    assert names() == ["token"]
    assert names(token="t") == []
    assert names(client_id="id", jwt="j") == []
    assert way_of(OAUTH, Account(options={}, credential=Credential({"client_id": "id", "jwt": "j"}))) == "jwt"
    assert way_of(OAUTH, Account(options={}, credential=Credential({"client_id": "id"}))) == "authorization_code"
