"""A person signs in: the address they open, the page they come back to, and every way in which it does not work out."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette

from tests.integration.signing_in import GUILD, READ, ROTATING, FakeGuild
from trunkline.admin import connections, sign_in
from trunkline.admin.callback import finish
from trunkline.admin.connections import NOBODY, NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import sign_in_page
from trunkline.connect.client import Client
from trunkline.connect.grants import challenge_of
from trunkline.connect.registry import Registry
from trunkline.connect.sign_in import OAuth2
from trunkline.model.clock import SECOND, Instant
from trunkline.model.errors import ConfigError, ReconnectError, SignInError
from trunkline.model.http import Request, Response
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import serving
from trunkline.vault.box import Vault


@dataclass(slots=True, kw_only=True)
class Place:
    """A desk with one connection that waits for a person, the page to come back to, and a browser."""

    desk: Desk
    vendor: FakeGuild
    clock: FakeClock
    hub: str
    home: Path

    @property
    def redirect_uri(self) -> str:
        return f"{self.hub}/oauth/callback"

    async def begin(self, name: str = "main") -> sign_in.Begun:
        return await sign_in.begin(self.desk, name, redirect_uri=self.redirect_uri)

    async def browse(self, address: str) -> Response:
        """What a browser sees at an address; it follows nothing."""
        parts = urlsplit(address)
        request = Request(method="GET", url=address.removeprefix(f"{parts.scheme}://{parts.netloc}"))
        return await self.desk.client.send(request, base_url=f"{parts.scheme}://{parts.netloc}", write=False)

    async def allowed(self, begun: sign_in.Begun) -> str:
        """Where the vendor sends the browser after the person said yes (or no)."""
        answer = await self.browse(begun.address)
        assert answer.status == 302, answer.body
        return answer.headers["location"]

    async def signed_in(self) -> Response:
        return await self.browse(await self.allowed(await self.begin()))

    async def call(self) -> None:
        link = await connections.link_to(self.desk, "main")
        await link.call(READ, {})


@asynccontextmanager
async def place(home: Path, oauth: OAuth2 = ROTATING) -> AsyncGenerator[Place]:
    clock = FakeClock()
    vendor = FakeGuild(oauth, clock=clock)
    desk = Desk(
        database=Database(SqliteDriver(home / "trunkline.db")),
        vault=Vault(bytes(32)),
        registry=Registry([replace(GUILD, oauth=oauth)]),
        client=Client(),
        clock=clock,
    )
    secrets = {"client_id": vendor.server.client_id, "client_secret": vendor.server.client_secret}
    async with serving(vendor) as base_url:
        try:
            await connections.add(desk, NewConnection(connector="guild", name="main", base_url=base_url, options={}, secrets=secrets))
            async with serving(Starlette(routes=[sign_in_page(desk)])) as hub:
                yield Place(desk=desk, vendor=vendor, clock=clock, hub=hub, home=home)
        finally:
            await desk.close()


async def test_connection_waits_for_a_person_and_works_after_they_signed_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        before = await connections.named(at.desk, "main")
        assert (before.state, before.cause) == ("paused", NOBODY)
        with pytest.raises(ReconnectError):
            await at.call()
        page = await at.signed_in()
        assert page.status == 200
        assert b"Signed in" in page.body
        after = await connections.named(at.desk, "main")
        assert (after.state, after.options) == ("ok", {"place": "p1"})
        await at.call()
        standing = await sign_in.standing(at.desk, "main")
        assert standing is not None
        assert (standing.way, standing.signed_in, standing.scopes) == ("authorization_code", True, "read write")


async def test_address_asks_for_what_the_standard_has(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        asked = parse_qs(urlsplit((await at.begin()).address).query)
        assert asked["response_type"] == ["code"]
        assert asked["client_id"] == [at.vendor.server.client_id]
        assert asked["redirect_uri"] == [at.redirect_uri]
        assert asked["scope"] == ["read write"]
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["state"][0]) >= 43


async def test_verifier_stays_here_and_fits_the_challenge(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        asked = parse_qs(urlsplit(begun.address).query)
        await at.browse(await at.allowed(begun))
        sent = at.vendor.server.requests[0]
        assert challenge_of(sent["code_verifier"]) == asked["code_challenge"][0]
        assert sent["code_verifier"] not in begun.address
        assert sent["redirect_uri"] == at.redirect_uri


async def test_code_stolen_on_its_way_is_worth_nothing_without_the_verifier(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        mine, theirs = await at.begin(), await at.begin()
        stolen = parse_qs(urlsplit(await at.allowed(theirs)).query)["code"][0]
        page = await at.browse(f"{at.redirect_uri}?code={stolen}&state={mine.state}")
        assert page.status == 502
        assert b"verifier does not fit" in page.body
        assert (await connections.named(at.desk, "main")).state == "paused"


async def test_answer_is_taken_once(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        where = await at.allowed(await at.begin())
        pages = await asyncio.gather(*(at.browse(where) for _ in range(5)))
        assert sorted(page.status for page in pages) == [200, 400, 400, 400, 400]
        assert len(at.vendor.server.requests) == 1
        again = await at.browse(where)
        assert (again.status, b"finished before" in again.body) == (400, True)


async def test_state_of_somebody_else_is_refused(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        where = await at.allowed(await at.begin())
        forged = where.replace("state=", "state=x")
        page = await at.browse(forged)
        assert page.status == 400
        assert b"Nobody began this sign-in here" in page.body
        assert at.vendor.server.requests == []


async def test_sign_in_that_took_too_long_is_refused(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        where = await at.allowed(begun)
        at.clock.set(Instant(begun.expires_at))
        page = await at.browse(where)
        assert (page.status, b"took too long" in page.body) == (400, True)
        assert at.vendor.server.requests == []


@pytest.mark.parametrize("query", ["", "?code=", "?state=", "?state=" + "x" * 5_000])
async def test_address_without_a_sign_in_explains_itself(tmp_path: Path, query: str) -> None:
    async with place(tmp_path) as at:
        page = await at.browse(at.redirect_uri + query)
        assert (page.status, b"This address belongs to a sign-in" in page.body) == (400, True)


async def test_looking_at_the_head_uses_nothing_up(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        where = await at.allowed(await at.begin())
        path = where.removeprefix(at.hub)
        head = await at.desk.client.send(Request(method="HEAD", url=path), base_url=at.hub, write=False)
        assert head.status == 405
        assert (await at.browse(where)).status == 200


async def test_person_who_says_no_changes_nothing(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.signed_in()
        at.vendor.server.consents = False
        page = await at.signed_in()
        assert (page.status, b"Nothing was connected" in page.body) == (200, True)
        assert b"trunkline connections authorize main" in page.body
        await at.call()


async def test_vendor_that_refuses_the_code_is_quoted(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        where = await at.allowed(await at.begin())
        at.clock.set(Instant(at.clock.now() + 61 * SECOND))
        page = await at.browse(where)
        assert (page.status, b"unknown, used or too old" in page.body) == (502, True)


async def test_vendor_that_is_down_leaves_the_connection_as_it_was(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.signed_in()
        where = await at.allowed(await at.begin())
        at.vendor.next("POST /oauth/token", status=503)
        assert (await at.browse(where)).status == 503
        await at.call()


async def test_wrong_account_is_not_put_in_place_of_the_right_one(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.signed_in()
        at.vendor.server.told = {"place": "p2"}
        page = await at.signed_in()
        assert page.status == 409
        assert b"its place is p1, not p2" in page.body
        await at.call()
        assert (await connections.named(at.desk, "main")).options == {"place": "p1"}


async def test_scopes_that_were_not_granted_are_told(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        at.vendor.server.told = {"place": "p1", "scope": "read"}
        begun = await at.begin()
        where = await at.allowed(begun)
        at.vendor.next("POST /oauth/token", status=200, body={"access_token": "a-token", "scope": "read", "place": "p1"})
        page = await at.browse(where)
        assert (page.status, b"Not granted: write" in page.body) == (200, True)
        done = await sign_in.awaited(at.desk, begun)
        assert done.missing == ("write",)


async def test_vendors_words_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        evil = "%3Cscript%3Ealert(1)%3C/script%3E"
        page = await at.browse(f"{at.redirect_uri}?state={begun.state}&error=server_error&error_description={evil}")
        assert page.status == 502
        assert b"<script>" not in page.body
        assert b"&lt;script&gt;" in page.body


async def test_page_loads_nothing_and_is_kept_nowhere(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        page = await at.signed_in()
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"


async def test_no_secret_is_on_a_page_or_in_the_data(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        where = await at.allowed(begun)
        pages = [await at.browse(where), await at.browse(where)]
        family, server = at.vendor.server.families[0], at.vendor.server
        code = parse_qs(urlsplit(where).query)["code"][0]
        hidden = [family.access_token, family.refresh_token, server.client_secret, server.requests[0]["code_verifier"], begun.state]
        shown = b"".join(page.body for page in pages)
        at.desk.database.journal.close()
        stored = b"".join(path.read_bytes() for path in at.home.iterdir())
        assert not [secret for secret in (*hidden, code) if secret.encode() in shown]
        assert not [secret for secret in hidden if secret.encode() in stored]


async def test_address_that_was_pasted_finishes_the_sign_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        done = await finish(at.desk, sign_in.brought_in(f"  {await at.allowed(begun)}\n"))
        assert done.connection.name == "main"
        assert (await sign_in.awaited(at.desk, begun)).connection.state == "ok"
        with pytest.raises(ConfigError):
            sign_in.brought_in("https://hub.example/somewhere")


async def test_vendor_that_forgets_the_state_is_helped_by_a_person(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        where = (await at.allowed(begun)).replace(f"state={begun.state}", "x=1")
        page = await at.browse(where)
        assert (page.status, b"paste it where" in page.body) == (400, True)
        assert at.vendor.server.requests == []
        done = await finish(at.desk, sign_in.brought_in(where, begun=begun))
        assert done.connection.state == "ok"
        assert (await connections.named(at.desk, "main")).state == "ok"


async def test_whoever_waits_hears_that_it_failed(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        at.vendor.server.consents = False
        begun = await at.begin()
        waiting = asyncio.ensure_future(sign_in.awaited(at.desk, begun))
        await at.browse(await at.allowed(begun))
        with pytest.raises(SignInError) as caught:
            await asyncio.wait_for(waiting, 5)
        assert "not allowed" in caught.value.message


async def test_reconnecting_revives_a_dead_connection(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.signed_in()
        await at.call()
        at.vendor.server.revoke()
        found = await connections.test(at.desk, "main")
        assert (found.ok, (await connections.named(at.desk, "main")).state) == (False, "paused")
        assert found.hint == "Sign in again: trunkline connections authorize main"
        await at.signed_in()
        assert (await connections.named(at.desk, "main")).state == "ok"
        assert (await connections.test(at.desk, "main")).ok


async def test_another_app_needs_another_sign_in_and_a_new_secret_of_the_same_app_does_not(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.signed_in()
        same = await connections.update(at.desk, "main", secrets={"client_secret": "a-new-secret"}, options={}, base_url=None)
        assert same.state == "ok"
        await at.call()
        other = await connections.update(at.desk, "main", secrets={"client_id": "another-app"}, options={}, base_url=None)
        assert (other.state, other.cause) == ("paused", NOBODY)
        with pytest.raises(ReconnectError):
            await at.call()


async def test_jwt_needs_nobody(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        changed = await connections.update(at.desk, "main", secrets={"jwt": at.vendor.server.jwt}, options={}, base_url=None)
        assert changed.state == "ok"
        assert (await connections.test(at.desk, "main")).ok
        with pytest.raises(ConfigError) as caught:
            await at.begin()
        assert "by itself" in caught.value.message


async def test_removed_connection_takes_its_sign_in_along(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        begun = await at.begin()
        where = await at.allowed(begun)
        await connections.remove(at.desk, "main")
        page = await at.browse(where)
        assert page.status == 400
        with pytest.raises(SignInError):
            await sign_in.awaited(at.desk, begun)


async def test_connection_with_its_own_token_has_nothing_to_sign_in_to(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        new = NewConnection(connector="guild", name="own", base_url=None, options={}, secrets={"token": "own-token"})
        await connections.add(at.desk, new)
        with pytest.raises(ConfigError) as caught:
            await at.begin("own")
        assert "a secret of its own" in caught.value.message
        with pytest.raises(ConfigError) as nothing:
            await connections.add(at.desk, replace(new, name="none", secrets={}))
        assert nothing.value.place == "token"
