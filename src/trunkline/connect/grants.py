"""The messages of OAuth 2.0 as pure functions: the address a person is sent to, token requests of every grant, and what answers mean.

Parameters and PKCE are Authlib's; how an app proves itself and what a vendor's answer means is told by the declaration.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus

from authlib.oauth2.rfc6749 import parameters
from authlib.oauth2.rfc7636 import challenge

from trunkline.connect.answers import retry_at
from trunkline.connect.declaration import Connector
from trunkline.connect.sign_in import OAuth2, scopes_of
from trunkline.model.clock import Instant, later
from trunkline.model.connection import Account
from trunkline.model.errors import RateLimitedError, ReconnectError, RemoteError, UnavailableError
from trunkline.model.grant import Grant
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.json import JSON, JSONObject, as_object, at_path, loads

_rfc6749: Any = parameters  # the library has no types
_rfc7636: Any = challenge

_FORM: Final = "application/x-www-form-urlencoded"
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523, 2.1
_LATER: Final = (408, 425, 429)
_MEANT: Final[Mapping[str, str]] = {
    # RFC 6749, 5.2
    "invalid_client": "Compare the client id and the client secret with those of your app at the vendor.",
    "unauthorized_client": "The app at the vendor does not have this kind of sign-in switched on.",
    "unsupported_grant_type": "The vendor does not offer this kind of sign-in.",
    "invalid_scope": "The app at the vendor does not have all scopes that are asked for.",
}


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


def authorize_address(
    oauth: OAuth2, account: Account, url: str, *, redirect_uri: str, state: str, verifier: str, scopes: tuple[str, ...] | None = None
) -> str:
    """Where a person allows it; `url` is the vendor's page, `verifier` stays here and only its hash is sent (RFC 7636)."""
    asked = oauth.scope_separator.join(scopes_of(oauth, account) if scopes is None else scopes)
    more = dict(oauth.authorize_extra)
    if asked:
        more[oauth.scope_field] = asked
    if oauth.pkce:
        more |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    client_id = account.credential["client_id"]
    address = str(_rfc6749.prepare_grant_uri(url, client_id, "code", redirect_uri=redirect_uri, state=state, **more))
    return address.replace("+", "%20")  # a blank in a query is safest spelt out: not every vendor reads a form's plus


def challenge_of(verifier: str) -> str:
    """What is shown of a verifier beforehand (S256)."""
    return str(_rfc7636.create_s256_code_challenge(verifier))


def by_code(oauth: OAuth2, account: Account, *, code: str, redirect_uri: str = "", verifier: str = "") -> Request:
    """Trade the code that a person's browser brought back, or one that came without a browser: then there is nothing else to show."""
    shown = {"redirect_uri": redirect_uri, "code_verifier": verifier if oauth.pkce else ""}
    return _request(oauth, account, "authorization_code", {"code": code, **{name: value for name, value in shown.items() if value}})


def by_refresh(oauth: OAuth2, account: Account, grant: Grant) -> Request:
    """Trade the refresh token."""
    return _request(oauth, account, "refresh_token", {"refresh_token": grant.refresh_token})


def by_jwt(oauth: OAuth2, account: Account) -> Request:
    """Trade a JWT credential (RFC 7523)."""
    return _request(oauth, account, _JWT_BEARER, {"assertion": account.credential["jwt"]})


def by_client(oauth: OAuth2, account: Account) -> Request:
    """The app's own right."""
    asked = oauth.scope_separator.join(scopes_of(oauth, account))
    return _request(oauth, account, "client_credentials", {"scope": asked} if asked else {})


def _request(oauth: OAuth2, account: Account, kind: str, parameters: Mapping[str, str]) -> Request:
    headers: Pairs = (("content-type", _FORM), ("accept", "application/json"), *oauth.token_headers)
    id, secret = account.credential["client_id"], account.credential.get("client_secret", "")
    proof: dict[str, str] = {}
    if not secret:
        proof = {"client_id": id}
    elif oauth.client_auth == "body":
        proof = {"client_id": id, "client_secret": secret}
    else:
        # RFC 6749, 2.3.1: each is form-encoded before they are joined.
        pair = f"{quote_plus(id)}:{quote_plus(secret)}"
        headers += (("authorization", f"Basic {b64encode(pair.encode()).decode()}"),)
    body = str(_rfc6749.prepare_token_request(kind, **{**parameters, **proof, **dict(oauth.token_extra)}))
    return Request(method="POST", url=oauth.token_url, headers=headers, body=body.encode())


# ── what is answered ─────────────────────────────────────────────────────────────────────────────────────────────────


def answered(response: Response, oauth: OAuth2, connector: Connector, *, now: Instant, wanted: str = "") -> JSONObject:
    """The fields of an answer that holds what is `wanted` (a dotted path; the access token unless told); else the `RemoteError` that says
    what happens next.
    """
    body = _fields(response)
    for row in oauth.answers:
        if row.status == response.status and row.means is not None and (row.when is None or row.when(response)):
            raise _refusal(row.means, response, connector, body, hint=row.hint, now=now)
    if response.ok and isinstance(at_path(body, wanted or oauth.names.access_token), str):
        return body
    error = body.get("error")
    if response.status >= 500 or response.status in _LATER or error == "temporarily_unavailable" or _is_page(response):
        means = RateLimitedError if response.status == 429 else UnavailableError
        raise _refusal(means, response, connector, body, now=now)
    hint = _MEANT.get(error, "") if isinstance(error, str) else ""
    raise _refusal(ReconnectError, response, connector, body, hint=hint, now=now)


def grant_of(body: JSONObject, oauth: OAuth2, *, now: Instant, before: Grant | None = None) -> Grant:
    """The tokens of an answer; what it leaves out stays as it was `before`."""
    names = oauth.names
    lasts_s = _seconds(at_path(body, names.expires_in))
    if lasts_s is None:
        lasts_s = oauth.lasts_s
    refresh = _text(at_path(body, names.refresh_token)) if oauth.refresh != "none" else ""
    kept = {name: text for name, path in oauth.keeps.items() if (text := _text(at_path(body, path)))}
    return Grant(
        access_token=_text(at_path(body, names.access_token)),
        granted_at=now,
        expires_at=None if lasts_s is None else later(now, lasts_s),
        refresh_token=refresh or (before.refresh_token if before else ""),
        scope=_text(at_path(body, names.scope)) or (before.scope if before else ""),
        extra={**(before.extra if before else {}), **kept},
    )


def options_of(body: JSONObject, oauth: OAuth2) -> dict[str, str]:
    """The options of the connection that an answer tells."""
    return {name: text for name, path in oauth.options.items() if (text := _text(at_path(body, path)))}


def _refusal(
    means: type[RemoteError], response: Response, connector: Connector, body: JSONObject, *, now: Instant, hint: str = ""
) -> RemoteError:
    said = _words(body)
    error = means(
        f"{connector.name} gave no token ({response.status})" + (f": {said}" if said else ""),
        hint=hint,
        connector=connector.id,
        operation="sign-in",
        status=response.status,
    )
    if isinstance(error, UnavailableError):
        error.retry_at = retry_at(response, connector, now=now)
    return error


def _fields(response: Response) -> JSONObject:
    """JSON as the standard has it; some vendors answer with a form."""
    try:
        return as_object(loads(response.body)) if response.body else {}
    except ValueError:
        if _FORM in response.headers.get("content-type", ""):
            return dict(parse_qsl(response.body.decode("utf-8", "replace")))
        return {}


def _is_page(response: Response) -> bool:
    """Somebody on the way answered instead of the vendor."""
    return response.ok and response.body.lstrip()[:1] != b"{"


def _words(body: JSONObject) -> str:
    parts = [_text(body.get(name)) for name in ("error", "error_description", "message", "errorCode")]
    return ": ".join(dict.fromkeys(part for part in parts if part))


def _text(value: JSON) -> str:
    match value:
        case bool() | None | dict():
            return ""
        case list():
            return " ".join(filter(None, map(_text, value)))
        case _:
            return str(value)


def _seconds(value: JSON) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return max(float(value), 0)
    except ValueError:
        return None
