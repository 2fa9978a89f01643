"""How a connection proves itself to the server it calls: fixed secrets, or tokens of an authorization server that the owner describes."""

from base64 import b64encode
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from trunkline.connect.declaration import Secret
from trunkline.connect.sign_in import APP, GrantKind, OAuth2
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError
from trunkline.model.http import Pairs
from trunkline.model.json import JSON
from trunkline.model.schema import Schema, boolean, text

SECRETS: Final = (
    Secret(name="token", title="Bearer token", required=False),
    Secret(name="header", title="A whole header line such as `X-Api-Key: value`", required=False),
    Secret(name="query", title="A whole query parameter such as `api_key=value`", required=False),
    Secret(name="username", title="User name (Basic)", required=False),
    Secret(name="password", title="Password (Basic)", required=False),
    *APP,
)

OPTIONS: Final[dict[str, Schema]] = {
    "token_url": text("Where tokens are got (OAuth 2.0): an address, or a path below the base URL.", min_length=1),
    "authorize_url": text("Where a person allows it. Without one the app gets tokens by its own right (client credentials).", min_length=1),
    "scopes": text("What is asked for, separated by blanks."),
    "client_auth": text("How the app proves itself: `basic` unless told, or `body`.", choices=("basic", "body")),
    "pkce": boolean("Whether a PKCE challenge is sent along; yes unless told."),
    "token_parameters": text("Further parameters of token requests, like `audience=https://api.example`."),
}


def authenticate(credential: Credential) -> Pairs:
    """The header line that was given, and besides it user name and password or the bearer token, unless the line is such a proof."""
    line = _header(credential)
    if any(name == "authorization" for name, _ in line):
        return line
    if username := credential.get("username"):
        pair = f"{username}:{credential.get('password', '')}"
        return (*line, ("authorization", f"Basic {b64encode(pair.encode()).decode()}"))
    if token := credential.get("token"):
        return (*line, ("authorization", f"Bearer {token}"))
    return line


def _header(credential: Credential) -> Pairs:
    line = credential.get("header")
    if not line:
        return ()
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or not value.strip():
        raise ConfigError("the secret `header` is a whole header line", hint="Write it as `X-Api-Key: value`.", place="header")
    return ((name.strip().lower(), value.strip()),)


def in_query(credential: Credential) -> Pairs:
    """The query parameter that was given."""
    pair = credential.get("query")
    if not pair:
        return ()
    name, equals, value = pair.partition("=")
    if not equals or not name.strip() or not value:
        raise ConfigError("the secret `query` is a whole query parameter", hint="Write it as `api_key=value`.", place="query")
    return ((name.strip(), value),)


def sign_in(account: Account) -> OAuth2 | None:
    """What the owner says of the authorization server; None for a connection that has no app there, or a secret of its own."""
    own = any(account.credential.get(name) for name in ("token", "header", "query", "username"))
    if not account.credential.get("client_id") and (own or "token_url" not in account.options):
        return None
    authorize_url = _address(account.options.get("authorize_url", ""), "authorize_url")
    grant: GrantKind = "authorization_code" if authorize_url else "client_credentials"
    return OAuth2(
        token_url=_address(account.options.get("token_url"), "token_url"),
        authorize_url=authorize_url,
        grants=(grant,),
        client_auth="body" if account.options.get("client_auth") == "body" else "basic",
        pkce=account.options.get("pkce") is not False,
        token_extra=tuple(parse_qsl(str(account.options.get("token_parameters", "")))),
    )


def _address(given: JSON, option: str) -> str:
    if given == "":
        return ""
    text = given if isinstance(given, str) else ""
    parts = urlsplit(text)
    good = text.startswith("/") or (parts.scheme in ("http", "https") and parts.hostname and parts.username is None)
    if not good or text.startswith("//") or parts.fragment:
        raise ConfigError(
            f"The option {option} is no address.",
            hint=f"Give it with --option {option}=https://… (where tokens are got is needed to sign in).",
            place=option,
        )
    return text
