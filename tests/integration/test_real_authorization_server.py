"""Signing in at an authorization server that is not ours: Authlib's, as a process of its own."""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from tests.integration.hubs import opened
from trunkline.admin import connections, sign_in
from trunkline.admin.callback import finish
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.admin.sign_in import Begun, SignedIn
from trunkline.model.errors import SignInError, TrunklineError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, as_object, dumps
from trunkline.store import grants as grant_store

BACK = "http://127.0.0.1:8400/oauth/callback"
LASTS_S = 2
"""How long an access token is good at the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A desk with a connection `shop` to the server, and a browser that follows nothing by itself."""

    desk: Desk
    server: str

    async def send(self, method: str, path: str, *, form: dict[str, str] | None = None, json: JSON = None, token: str = "") -> Response:
        body = urlencode(form).encode() if form is not None else None if json is None else dumps(json)
        kind = "application/x-www-form-urlencoded" if form is not None else "application/json"
        headers = (("content-type", kind), *((("authorization", f"Bearer {token}"),) if token else ()))
        request = Request(method=method, url=path, headers=headers, body=body)
        return await self.desk.client.send(request, base_url=self.server, write=False)

    async def add(self, *, secret: str | None = None) -> None:
        """Register an app at the server, and a connection with it."""
        made = await self.send("POST", "/oauth2/clients", json={"redirect_uris": [BACK], "scope": "openid email"})
        app = as_object(made.json())
        options = {"token_url": "/oauth2/token", "authorize_url": "/oauth2/authorize", "scopes": "openid email"}
        secrets = {"client_id": str(app["client_id"]), "client_secret": secret or str(app["client_secret"])}
        new = NewConnection(connector="http", name="shop", base_url=self.server, options=options, secrets=secrets)
        await connections.add(self.desk, new)

    async def allow(self, begun: Begun, **form: str) -> str:
        """Answer the server's page; where it sends the browser."""
        path = begun.address.removeprefix(self.server)
        assert (await self.send("GET", path)).status == 200
        return (await self.send("POST", path, form=form)).headers["location"]

    async def sign_in(self) -> SignedIn:
        begun = await sign_in.begin(self.desk, "shop", redirect_uri=BACK)
        return await finish(self.desk, sign_in.brought_in(await self.allow(begun, sub="ada@example.com")))

    async def who(self) -> JSON:
        link = await connections.link_to(self.desk, "shop")
        answer = await link.call(self.desk.registry.operation("http.fetch"), {"url": "/userinfo"})
        return as_object(as_object(answer)["body"]).get("sub")

    async def generation(self) -> int:
        connection = await connections.named(self.desk, "shop")
        return (await self.desk.database.read(lambda tx: grant_store.get_grant(tx, connection.id))).generation


@pytest_asyncio.fixture
async def at(tmp_path: Path) -> AsyncGenerator[Place]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--port", str(port), "--require-registration", "true", "--token-max-age", str(LASTS_S))
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", *options, stdout=quiet, stderr=quiet
    )
    try:
        async with opened(tmp_path) as desk:
            place = Place(desk=desk, server=f"http://127.0.0.1:{port}")
            await _answers(place)
            yield place
    finally:
        process.terminate()
        await process.wait()


async def _answers(place: Place) -> None:
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        try:
            await place.send("GET", "/.well-known/openid-configuration")
        except TrunklineError:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
        else:
            return


async def test_a_person_signs_in_and_calls_go_out_with_their_token(at: Place) -> None:
    await at.add()
    signed_in = await at.sign_in()
    assert (signed_in.connection.state, signed_in.missing) == ("ok", ())
    assert await at.who() == "ada@example.com"


async def test_a_token_that_ended_is_renewed_and_the_call_goes_on(at: Place) -> None:
    await at.add()
    await at.sign_in()
    connection = await connections.named(at.desk, "shop")
    held = await at.desk.tokens.grants.read(connection.id)
    assert held.grant is not None
    before = await at.generation()
    deadline = asyncio.get_running_loop().time() + 20
    while (await at.send("GET", "/userinfo", token=held.grant.access_token)).status == 200:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.1)
    assert [await at.who() for _ in range(2)] == ["ada@example.com"] * 2
    assert await at.generation() > before


async def test_who_says_no_a_wrong_secret_and_a_code_used_twice_are_told_as_what_they_are(at: Place) -> None:
    await at.add(secret="another")
    begun = await sign_in.begin(at.desk, "shop", redirect_uri=BACK)
    with pytest.raises(SignInError) as caught:
        await finish(at.desk, sign_in.brought_in(await at.allow(begun, action="deny"), begun=begun))
    assert caught.value.reason == "declined"
    with pytest.raises(SignInError) as caught:
        await at.sign_in()
    assert caught.value.reason == "refused"
    assert "another" not in caught.value.message
    await connections.remove(at.desk, "shop")
    await at.add()
    begun = await sign_in.begin(at.desk, "shop", redirect_uri=BACK)
    back = sign_in.brought_in(await at.allow(begun, sub="ada@example.com"))
    await finish(at.desk, back)
    with pytest.raises(SignInError) as caught:
        await finish(at.desk, back)
    assert caught.value.reason == "unknown"
    assert await at.who() == "ada@example.com"
