"""Which way a connection takes to sign in, and where the vendor's addresses lie for it."""

from dataclasses import replace

import pytest

from tests.integration.signing_in import GUILD, ROTATING
from trunkline.connect.sign_in import Minted, OAuth2, lacking, located, remedy, says, scopes_of, sign_in_of, way_of
from trunkline.model.connection import Account, Credential
from trunkline.model.grant import Grant
from trunkline.model.http import Request, Response


def with_secrets(**secrets: str) -> Account:
    return Account(options={}, credential=Credential(secrets))


def mint(account: Account, grant: Grant) -> Request:
    return Request(method="POST", url=f"/{len(account.options)}{grant.scope}")


MINTED = replace(ROTATING, minted=Minted(by="agency", request=mint))
BY_CLIENT = replace(ROTATING, grants=("client_credentials",))
ONLY_JWT = replace(ROTATING, grants=("jwt",))


def test_connection_that_is_given_a_client_id_signs_in() -> None:
    assert sign_in_of(GUILD, with_secrets(token="t")) is None
    assert sign_in_of(GUILD, with_secrets(client_id="c")) == ROTATING
    assert sign_in_of(replace(GUILD, oauth=None), with_secrets(client_id="c")) is None


def by_options(account: Account) -> OAuth2 | None:
    return BY_CLIENT if account.options else None


def test_function_tells_by_the_account() -> None:
    by_option = replace(GUILD, oauth=by_options)
    assert sign_in_of(by_option, Account(options={}, credential=Credential())) is None
    assert sign_in_of(by_option, Account(options={"x": 1}, credential=Credential())) == BY_CLIENT


@pytest.mark.parametrize(
    ("oauth", "secrets", "way"),
    [
        (ROTATING, {"client_id": "c"}, "authorization_code"),
        (ROTATING, {"client_id": "c", "jwt": "j"}, "jwt"),
        (BY_CLIENT, {"client_id": "c", "jwt": "j"}, "client_credentials"),
        (ONLY_JWT, {"client_id": "c"}, "jwt"),
        (MINTED, {}, "minted"),
    ],
)
def test_way_is_told_by_grants_and_secrets(oauth: OAuth2, secrets: dict[str, str], way: str) -> None:
    assert way_of(oauth, with_secrets(**secrets)) == way


@pytest.mark.parametrize(
    ("oauth", "secrets", "names"),
    [
        (ROTATING, {}, ["token"]),
        (ROTATING, {"token": "t"}, []),
        (ROTATING, {"client_id": "c"}, []),
        (BY_CLIENT, {"client_id": "c"}, ["client_secret"]),
        (ONLY_JWT, {"client_id": "c"}, ["jwt"]),
    ],
)
def test_what_is_lacking_depends_on_the_way(oauth: OAuth2, secrets: dict[str, str], names: list[str]) -> None:
    assert [secret.name for secret in lacking(replace(GUILD, oauth=oauth), with_secrets(**secrets))] == names


def test_remedy_fits_the_way() -> None:
    app = with_secrets(client_id="c", jwt="j")
    assert "connections authorize NAME" in remedy(ROTATING, with_secrets(client_id="c"))
    assert "jwt=@FILE" in remedy(ROTATING, app)
    assert "client_secret" in remedy(BY_CLIENT, app)
    assert "connections test agency" in remedy(MINTED, app)


def test_scopes_are_the_usual_ones_unless_the_connection_says_otherwise() -> None:
    assert scopes_of(ROTATING, with_secrets()) == ("read", "write")
    assert scopes_of(ROTATING, Account(options={"scopes": "one"}, credential=Credential())) == ("one",)


@pytest.mark.parametrize(
    ("url", "own", "base_url", "found"),
    [
        ("https://login.v.example/oauth/token", "https://api.v.example", None, "https://login.v.example/oauth/token"),
        ("https://login.v.example/oauth/token", "https://api.v.example", "http://127.0.0.1:1", "http://127.0.0.1:1/oauth/token"),
        ("https://v.example/api/token?x=1", "https://v.example/api", "http://127.0.0.1:1", "http://127.0.0.1:1/api/token?x=1"),
        ("https://v.example/api/token", "https://v.example/api", "https://proxy.example/v/api", "https://proxy.example/v/api/token"),
        ("https://login.v.example/token", "", "https://api.v.example", "https://login.v.example/token"),
        ("/oauth/token", "", "https://api.v.example/v2", "https://api.v.example/v2/oauth/token"),
        ("/oauth/token", "", None, "/oauth/token"),
    ],
)
def test_address_of_the_authorization_server(url: str, own: str, base_url: str | None, found: str) -> None:
    assert located(url, replace(GUILD, base_url=own), base_url) == found


def test_words_are_found_whatever_their_case() -> None:
    response = Response(status=400, headers={}, body=b'{"message": "Location is NOT Active"}')
    assert says("location is not active")(response)
    assert not says("something else")(response)
