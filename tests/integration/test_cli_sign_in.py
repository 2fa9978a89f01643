"""Signing in from the command line: real processes, a real browser's way round, and the data shared with a hub."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.integration.shell import Shell
from trunkline.connect.client import Client
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.connectors.http.proof import sign_in
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Request, Response
from trunkline.model.json import JSONObject, as_object, loads
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.vendor import serving


class Browser:
    """Follows nothing by itself."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, address: str) -> Response:
        scheme, _, rest = address.partition("://")
        host, _, path = rest.partition("/")
        return await self._client.send(Request(method="GET", url=f"/{path}"), base_url=f"{scheme}://{host}", write=False)

    async def allow(self, told: JSONObject) -> str:
        """Where the vendor sends the browser."""
        return (await self.get(str(told["address"]))).headers["location"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Client() as client:
        yield Browser(client)


@pytest.fixture
def vendor() -> FakeHTTP:
    made = FakeHTTP()
    made.seed()
    return made


@pytest.fixture
async def shop(vendor: FakeHTTP, shell: Shell) -> AsyncIterator[AuthorizationServer]:
    """A connection `shop` that waits for somebody, at a vendor that is there."""
    assert vendor.sign_in is not None
    secrets = ("--secret", f"client_id={vendor.sign_in.client_id}", "--secret", f"client_secret={vendor.sign_in.client_secret}")
    where = ("--option", "token_url=/oauth/token", "--option", "authorize_url=/oauth/authorize", "--option", "scopes=things.read")
    async with serving(vendor) as base_url:
        added = await shell.done("connections", "add", "http", "--name", "shop", "--base-url", base_url, *where, *secrets)
        assert (added["state"], added["cause"]) == ("paused", "Nobody has signed in yet.")
        yield vendor.sign_in


async def works(shell: Shell) -> None:
    answer = await shell.done("call", "http.fetch", "--connection", "shop", "--input", '{"url": "/things/1"}')
    assert as_object(answer["body"])["name"] == "First"


@pytest.mark.usefixtures("shop")
async def test_command_waits_for_the_browser_when_no_hub_runs(shell: Shell, browser: Browser) -> None:
    process = await shell.start("connections", "authorize", "shop", "--port", "18417", "--json")
    assert process.stdout is not None
    told = as_object(loads(await asyncio.wait_for(process.stdout.readline(), 30)))
    assert told["redirect_uri"] == "http://127.0.0.1:18417/oauth/callback"
    page = await browser.get(await browser.allow(told))
    assert (page.status, b"Signed in" in page.body) == (200, True)
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert as_object(loads(out))["ok"] is True
    await works(shell)


@pytest.mark.usefixtures("shop")
async def test_running_hub_takes_the_browser_back_while_the_command_waits(shell: Shell, browser: Browser) -> None:
    async with shell.hub() as (_, hub):
        process = await shell.start("connections", "authorize", "shop", "--redirect", f"{hub['address']}/oauth/callback", "--json")
        assert process.stdout is not None
        told = as_object(loads(await asyncio.wait_for(process.stdout.readline(), 30)))
        assert (await browser.get(await browser.allow(told))).status == 200
        out, _ = await process.communicate()
        assert as_object(loads(out))["signed_in"] is True
        await works(shell)


async def test_address_that_was_copied_finishes_the_sign_in(shell: Shell, browser: Browser, shop: AuthorizationServer) -> None:
    told = await shell.done("connections", "authorize", "shop", "--no-wait")
    assert told["scopes"] == ["things.read"]
    where = await browser.allow(told)
    done = await shell.done("connections", "authorize", "shop", "--answer", "-", stdin=where)
    assert done["signed_in"] is True
    again = await shell("connections", "authorize", "shop", "--answer", where)
    assert (again.code, "finished before" in again.err) == (1, True)
    shown = as_object((await shell.done("connections", "show", "shop"))["sign_in"])
    assert (shown["way"], shown["signed_in"], shown["scopes"]) == ("authorization_code", True, "things.read")
    await works(shell)
    before = shop.renewals
    shop.expire()
    await works(shell)
    assert (shop.renewals - before, shop.reuses) == (1, 0)


async def test_refusal_is_told_with_what_to_do_and_without_a_secret(shell: Shell, browser: Browser, shop: AuthorizationServer) -> None:
    shop.consents = False
    told = await shell.done("connections", "authorize", "shop", "--no-wait")
    said = await shell("connections", "authorize", "shop", "--answer", await browser.allow(told))
    assert said.code == 1
    assert "It was not allowed at HTTP." in said.err
    shop.consents = True
    told = await shell.done("connections", "authorize", "shop", "--no-wait")
    await shell.done("connections", "authorize", "shop", "--answer", await browser.allow(told))
    shop.revoke()
    tested = await shell("connections", "test", "shop")
    assert tested.code == 1
    assert "trunkline connections authorize shop" in tested.out
    everything = tested.out + tested.err + said.out + said.err
    hidden = [shop.client_secret, *(family.refresh_token for family in shop.families), *(family.access_token for family in shop.families)]
    assert not [secret for secret in hidden if secret in everything]


async def test_app_by_its_own_right_needs_no_browser(shell: Shell, vendor: FakeHTTP) -> None:
    assert vendor.sign_in is not None
    by_itself = sign_in(Account(options={"token_url": "/oauth/token"}, credential=Credential()))
    assert by_itself is not None
    vendor.sign_in.oauth = by_itself
    (shell.home.parent / "secret").write_text(vendor.sign_in.client_secret)
    async with serving(vendor) as base_url:
        await shell.done(
            *("connections", "add", "http", "--name", "shop", "--base-url", base_url, "--option", "token_url=/oauth/token"),
            *("--secret", f"client_id={vendor.sign_in.client_id}", "--secret", f"client_secret=@{shell.home.parent / 'secret'}"),
        )
        assert (await shell.done("connections", "test", "shop"))["ok"] is True
        await works(shell)
        nobody = await shell("connections", "authorize", "shop")
        assert (nobody.code, "gets its tokens by itself" in nobody.err) == (2, True)
