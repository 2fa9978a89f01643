"""The messages of OAuth 2.0 as the standards spell them, and what answers mean."""

from base64 import b64decode
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.signing_in import GUILD, ROTATING
from trunkline.connect.grants import (
    answered,
    authorize_address,
    by_client,
    by_code,
    by_jwt,
    by_refresh,
    challenge_of,
    grant_of,
    options_of,
)
from trunkline.connect.sign_in import OAuth2
from trunkline.model.clock import SECOND, Instant
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import RateLimitedError, ReconnectError, RemoteError, SuspendedError, UnavailableError
from trunkline.model.grant import Grant
from trunkline.model.http import Request, Response
from trunkline.model.json import JSONObject, dumps

NOW = Instant(1_000 * SECOND)
APP = Account(options={}, credential=Credential({"client_id": "the app", "client_secret": "a+b:c/ü", "jwt": "e.y.j"}))
PUBLIC = Account(options={}, credential=Credential({"client_id": "the app"}))
BODY = replace(ROTATING, client_auth="body")
GRANT = Grant(access_token="at", refresh_token="rt", granted_at=NOW, scope="read", extra={"company": "c"})


def form(request: Request) -> dict[str, str]:
    assert request.body is not None
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def header(request: Request, name: str) -> str:
    return dict(request.headers).get(name, "")


def response(status: int, body: JSONObject | bytes, content_type: str = "application/json") -> Response:
    return Response(status=status, headers={"content-type": content_type}, body=body if isinstance(body, bytes) else dumps(body))


# ── what is asked ──


def test_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_app_proves_itself_with_basic_spelt_as_the_standard_has_it() -> None:
    request = by_refresh(ROTATING, APP, GRANT)
    scheme, _, pair = header(request, "authorization").partition(" ")
    assert (scheme, b64decode(pair)) == ("Basic", b"the+app:a%2Bb%3Ac%2F%C3%BC")  # RFC 6749, 2.3.1
    assert "client_secret" not in form(request)
    assert header(request, "content-type") == "application/x-www-form-urlencoded"
    assert header(request, "accept") == "application/json"


def test_app_proves_itself_in_the_body_where_the_vendor_wants_it() -> None:
    request = by_refresh(BODY, APP, GRANT)
    assert form(request) == {
        "grant_type": "refresh_token",
        "refresh_token": "rt",
        "client_id": "the app",
        "client_secret": "a+b:c/ü",
    }
    assert header(request, "authorization") == ""


@pytest.mark.parametrize("oauth", [ROTATING, BODY], ids=["basic", "body"])
def test_app_without_a_secret_only_names_itself(oauth: OAuth2) -> None:
    request = by_refresh(oauth, PUBLIC, GRANT)
    assert form(request)["client_id"] == "the app"
    assert header(request, "authorization") == ""


def test_code_is_traded_with_verifier_and_the_same_redirect_address() -> None:
    sent = form(by_code(ROTATING, PUBLIC, code="c&d", redirect_uri="https://h.example/cb", verifier="v"))
    assert sent == {
        "grant_type": "authorization_code",
        "code": "c&d",
        "redirect_uri": "https://h.example/cb",
        "code_verifier": "v",
        "client_id": "the app",
    }
    without = form(by_code(replace(ROTATING, pkce=False), PUBLIC, code="c", redirect_uri="https://h.example/cb", verifier="v"))
    assert "code_verifier" not in without
    no_browser = form(by_code(ROTATING, PUBLIC, code="c"))
    assert no_browser == {"grant_type": "authorization_code", "code": "c", "client_id": "the app"}


def test_jwt_is_an_assertion() -> None:
    assert form(by_jwt(ROTATING, APP)) == {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e.y.j"}


def test_app_by_its_own_right_asks_for_the_scopes_of_the_connection() -> None:
    asked = replace(APP, options={"scopes": " one  two "})
    assert form(by_client(ROTATING, APP))["scope"] == "read write"
    assert form(by_client(ROTATING, asked))["scope"] == "one two"
    assert "scope" not in form(by_client(replace(ROTATING, scopes=()), APP))


def test_further_parameters_and_headers_go_along() -> None:
    more = replace(
        ROTATING, token_extra=(("user_type", "Company"),), token_headers=(("version", "v3"),), authorize_extra=(("prompt", "x"),)
    )
    request = by_refresh(more, APP, GRANT)
    assert form(request)["user_type"] == "Company"
    assert header(request, "version") == "v3"
    assert "prompt=x" in authorize_address(more, APP, "https://v.example/a", redirect_uri="https://h.example/", state="s", verifier="v")


def test_address_keeps_the_query_it_has_and_spells_blanks_out() -> None:
    address = authorize_address(ROTATING, APP, "https://v.example/a?b=c", redirect_uri="http://127.0.0.1:1/x", state="s", verifier="v")
    assert parse_qs(urlsplit(address).query)["b"] == ["c"]
    assert "scope=read%20write" in address
    assert "client_id=the%20app" in address


@given(state=st.text(min_size=1), redirect=st.text(min_size=1), scopes=st.lists(st.text(min_size=1)))
def test_address_says_what_it_was_given(state: str, redirect: str, scopes: list[str]) -> None:
    asked = tuple(scopes)
    address = authorize_address(ROTATING, APP, "https://v.example/a", redirect_uri=redirect, state=state, verifier="v", scopes=asked)
    query = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    assert query["state"] == state
    assert query["redirect_uri"] == redirect
    assert query.get("scope", "") == " ".join(asked)


# ── what is answered ──


def meaning(answer: Response, oauth: OAuth2 = ROTATING) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        answered(answer, oauth, GUILD, now=NOW)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (400, {"error": "invalid_grant"}, ReconnectError),
        (401, {"error": "invalid_client", "error_description": "who are you?"}, ReconnectError),
        (400, {"message": "Invalid grant: refresh token is invalid", "statusCode": 400}, ReconnectError),
        (200, {"ok": False, "error": "invalid_code"}, ReconnectError),
        (200, {}, ReconnectError),
        (404, b"<html>nothing here</html>", ReconnectError),
        (302, b"", ReconnectError),
        (400, {"error": "temporarily_unavailable"}, UnavailableError),
        (408, b"", UnavailableError),
        (429, {}, RateLimitedError),
        (500, {"error": "server_error"}, UnavailableError),
        (503, b"", UnavailableError),
        (200, b"<html>Log in to the network</html>", UnavailableError),
        (200, b"", UnavailableError),
        (400, {"message": "Location is NOT active"}, SuspendedError),
    ],
)
def test_answer_without_tokens_means(status: int, body: JSONObject | bytes, means: type[RemoteError]) -> None:
    assert type(meaning(response(status, body))) is means


def test_refusal_says_what_the_vendor_said_and_what_to_do() -> None:
    error = meaning(response(401, {"error": "invalid_client", "error_description": "who are you?"}))
    assert error.message == "Guild gave no token (401): invalid_client: who are you?"
    assert "client secret" in error.hint


def test_pause_the_vendor_asks_for_is_told() -> None:
    asked = Response(status=429, headers={"retry-after": "30"}, body=b"")
    error = meaning(asked)
    assert isinstance(error, UnavailableError)
    assert error.retry_at == NOW + 30 * SECOND


def test_tokens_are_read_with_what_comes_along() -> None:
    told = replace(ROTATING, keeps={"company": "company.id"}, options={"place": "place.id"})
    body: JSONObject = {
        "access_token": "a2",
        "refresh_token": "r2",
        "expires_in": "60",
        "scope": ["read", "write"],
        "company": {"id": 7},
        "place": {"id": "p"},
    }
    assert answered(response(200, body), told, GUILD, now=NOW) == body
    grant = grant_of(body, told, now=NOW)
    assert (grant.access_token, grant.refresh_token, grant.scope, grant.extra) == ("a2", "r2", "read write", {"company": "7"})
    assert grant.expires_at == NOW + 60 * SECOND
    assert options_of(body, told) == {"place": "p"}


def test_answer_as_a_form_is_read() -> None:
    body = answered(response(200, b"access_token=a&expires_in=5", "application/x-www-form-urlencoded"), ROTATING, GUILD, now=NOW)
    assert grant_of(body, ROTATING, now=NOW).expires_at == NOW + 5 * SECOND


def test_what_a_renewal_leaves_out_stays() -> None:
    grant = grant_of({"access_token": "a2"}, ROTATING, now=NOW, before=GRANT)
    assert (grant.refresh_token, grant.scope, grant.extra) == ("rt", "read", {"company": "c"})


def test_end_that_is_not_told_is_the_usual_one() -> None:
    assert grant_of({"access_token": "a"}, ROTATING, now=NOW).expires_at == NOW + 3600 * SECOND
    assert grant_of({"access_token": "a", "expires_in": "soon"}, replace(ROTATING, lasts_s=None), now=NOW).expires_at is None
    assert grant_of({"access_token": "a", "expires_in": -5}, ROTATING, now=NOW).expires_at == NOW


def test_refresh_token_of_a_vendor_that_has_none_is_not_kept() -> None:
    assert grant_of({"access_token": "a", "refresh_token": "r"}, replace(ROTATING, refresh="none"), now=NOW).refresh_token == ""


def test_no_token_is_in_a_repr() -> None:
    assert "at" not in repr(GRANT).replace("Grant", "").replace("granted_at", "").replace("expires_at", "")
    assert "rt" not in repr(GRANT)
