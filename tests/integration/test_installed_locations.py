"""An agency's sign-in lists where its app is installed, and each of these gets a connection of its own when somebody wants one."""

from pathlib import Path

import pytest

from tests.integration.agency import Place, allow, place
from tests.integration.shell import Shell
from trunkline.admin import accounts, connections, sign_in
from trunkline.admin.accounts import Listed, name_of
from trunkline.admin.connections import NewConnection
from trunkline.app import opened_desk
from trunkline.connect.sign_in import AccountFound
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.model.errors import ConfigError, NotFoundError, ReconnectError
from trunkline.settings import Settings
from trunkline.testing.vendor import serving

MANY = {f"LoC{number:04}": f"Branch {number}" for number in range(45)}


def found(listed: list[Listed]) -> dict[str, tuple[str, ...]]:
    return {one.account.name: one.connections for one in listed}


async def test_locations_are_listed_with_the_connections_there_are_to_them(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        at.vendor.signed_in.installed |= {"LoCnOrTh": "North", "LoCsOuTh": "South"}
        await at.add("own-token", {"location": "LoCnOrTh"}, {"token": "pit-north"})
        assert found(await accounts.listed(at.desk, "agency")) == {"Palmer & Sons": ("sub",), "North": ("own-token",), "South": ()}
        (asked,) = at.vendor.calls_to("GET /oauth/installedLocations")
        assert (asked.query["appId"], asked.query["isInstalled"]) == (at.vendor.signed_in.app_id, "true")
        assert not at.vendor.mismatches


async def test_every_page_is_read(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        at.vendor.signed_in.installed = MANY
        assert [one.account.id for one in await accounts.listed(at.desk, "agency")] == [*MANY]
        assert [call.query.get("skip") for call in at.vendor.calls_to("GET /oauth/installedLocations")] == [None, "20", "40"]


async def test_location_without_a_connection_gets_one_that_works(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        north = "LoCnOrTh"
        at.vendor.signed_in.installed |= {north: "Tom's Café & Grill"}
        made = await accounts.add(at.desk, "agency", await accounts.listed(at.desk, "agency"))
        assert found(made) == {"Tom's Café & Grill": ("toms-cafe-and-grill",)}
        link = await connections.link_to(at.desk, "toms-cafe-and-grill")
        assert link.connection.options == {"location": north, "agency": "agency"}
        assert link.session.tokens is not None
        await link.session.tokens.live()
        assert at.vendor.signed_in.minted == [north]
        assert await accounts.add(at.desk, "agency", await accounts.listed(at.desk, "agency")) == [], "all have one now"


async def test_new_connection_takes_over_what_holds_for_the_app_and_the_agency(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        given = {"webhook_public_key": "a key", "webhook_allow_legacy": "no", "webhook_max_age_s": "600", "country": "CA"}
        await connections.update(at.desk, "agency", secrets={}, options={**given, "white_label": "yes"}, base_url=None)
        await at.sign_in()
        at.vendor.signed_in.installed = {"LoCnOrTh": "North"}
        await accounts.add(at.desk, "agency", await accounts.listed(at.desk, "agency"))
        made = (await connections.named(at.desk, "north")).options
        shared = {"webhook_public_key": "a key", "webhook_allow_legacy": False, "webhook_max_age_s": 600, "country": "CA"}
        assert made == {"location": "LoCnOrTh", "agency": "agency", **shared}


async def test_only_those_that_are_named_get_one_and_none_when_one_of_them_cannot(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        at.vendor.signed_in.installed |= {"LoCnOrTh": "Branch", "LoCsOuTh": "Branch", "LoCeAsT": "East"}
        listed = await accounts.listed(at.desk, "agency")
        with pytest.raises(NotFoundError, match="LoCwEsT"):
            await accounts.add(at.desk, "agency", listed, ["LoCnOrTh", "LoCwEsT"])
        with pytest.raises(ConfigError, match="has a connection already: sub"):
            await accounts.add(at.desk, "agency", listed, ["LoCnOrTh", at.vendor.location])
        assert set(await at.states()) == {"agency", "sub"}
        await accounts.add(at.desk, "agency", listed, ["LoCnOrTh", "LoCsOuTh"])
        assert set(await at.states()) == {"agency", "sub", "branch", "branch-2"}


async def why_not(at: Place, name: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        await accounts.listed(at.desk, name)
    return caught.value


async def test_connection_that_makes_no_tokens_for_others_says_why(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        app = {"client_id": at.vendor.signed_in.client_id, "client_secret": at.vendor.signed_in.client_secret}
        await at.add("private", {"company": "C"}, {"token": "pit-agency"})
        await at.add("alone", {}, app)
        assert "only an agency's OAuth sign-in can list" in (await why_not(at, "private")).message
        assert "is no agency" in (await why_not(at, "alone")).message
        problem = await why_not(at, "sub")
        assert ("no agency" in problem.message, problem.hint) == (True, "Name that of its agency: agency")


async def test_agency_that_nobody_signed_in_to_says_so(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        with pytest.raises(ReconnectError) as caught:
            await accounts.listed(at.desk, "agency")
        assert caught.value.hint == "Sign in: trunkline connections authorize agency"


def test_name_is_made_of_what_the_account_is_called() -> None:
    def of(name: str, *taken: str, id: str = "Ab-12") -> str:
        return name_of(AccountFound(id=id, name=name, marks={}), taken)

    assert of("Palmer & Sons, Inc.") == "palmer-and-sons-inc"
    assert of("Müller GmbH") == "muller-gmbh"
    assert of("東京") == of("") == "account-ab-12"
    assert of("Roofers", "roofers") == "roofers-2"
    assert of("Roofers", "roofers", "roofers-2") == "roofers-3"
    assert of("x" * 300) == "x" * 50
    assert of("y" * 49 + " z") == "y" * 49


async def test_command_lists_adds_and_tells_a_program(shell: Shell) -> None:
    vendor = FakeGHL()
    vendor.seed()
    vendor.signed_in.installed |= {"LoCnOrTh": "North"}
    async with serving(vendor) as base_url:
        async with opened_desk(Settings(home=shell.home)) as desk:
            app = {"client_id": vendor.signed_in.client_id, "client_secret": vendor.signed_in.client_secret}
            new = NewConnection(connector="ghl", name="agency", base_url=base_url, options={"level": "agency"}, secrets=app)
            await connections.add(desk, new)
            await allow(desk, await sign_in.begin(desk, "agency", redirect_uri="https://hub.example/oauth/callback"), base_url)
        told = await shell.done("connections", "locations", "agency", "LoCnOrTh", "--add")
    assert told == {"locations": [{"id": "LoCnOrTh", "name": "North", "connections": ["north"]}], "added": ["north"]}
