"""Sign-in with OAuth 2.0 as a declaration: what a vendor's authorization server is like, and which way a connection takes.

`Connector(oauth=OAuth2(...))` offers it besides the connector's own secrets. The secrets of the app (`APP`, and `JWT` where the vendor
makes such credentials) belong among the connector's `secrets`; a connection that is given a `client_id` signs in, any other one uses
the connector's own secrets. Where more has to be told apart `oauth` is a function of the account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from trunkline.connect.declaration import Answer, Connector, Operation, Secret
from trunkline.model.connection import Account
from trunkline.model.grant import Grant
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.json import JSONObject

GrantKind = Literal["authorization_code", "client_credentials", "jwt"]
Way = Literal["authorization_code", "client_credentials", "jwt", "minted"]
"""How a connection comes by its first token: a person allows it in a browser, the app's own right, a credential that is a JWT, or with
the token of another connection."""

CLIENT_ID: Final = Secret(name="client_id", title="Client id of your app at the vendor", required=False)
CLIENT_SECRET: Final = Secret(name="client_secret", title="Client secret of that app", required=False)
JWT: Final = Secret(name="jwt", title="JWT credential made for that app", required=False)
APP: Final = (CLIENT_ID, CLIENT_SECRET)
"""What a connector that offers OAuth 2.0 adds to its `secrets`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Where the fields of a token answer stand, as dotted paths."""

    access_token: str = "access_token"  # noqa: S105 - the name of a field
    refresh_token: str = "refresh_token"  # noqa: S105 - the name of a field
    expires_in: str = "expires_in"
    scope: str = "scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A token made with the token of another connection, as an agency makes those of its locations.

    `by` is that connection's name. `request` is pure; it gets this connection's account and what the other one was granted, whose access
    token is added as a bearer token. The answer is read like any token answer; when it expires another one is made.
    """

    by: str
    request: Callable[[Account, Grant], Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFound:
    """An account that a connection makes tokens for. A connection to it has the options `marks`, and a new one gets `options` as well."""

    id: str
    name: str
    marks: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The accounts that a connection makes tokens for (`Minted`), as `Connector.accounts` offers them: `read` lists them.

    `ask` makes the input of the first page; it raises `ConfigError`, which says why, for a connection that makes none. `account` reads an
    item, for the connection of this name; None for one that does not count. A new connection takes over the options `shared`, too.
    """

    read: Operation
    ask: Callable[[Account], JSONObject]
    account: Callable[[JSONObject, str], AccountFound | None]
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """How an app that lost its tokens gets others without a person: it asks the vendor for another code.

    `request` is pure and holds its own proof of the app; None for an account that cannot be named to the vendor. The code stands in the
    answer at `code`, a dotted path, and is traded like one that a browser brings.
    """

    request: Callable[[Account], Request | None]
    code: str = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """A vendor's authorization server (RFC 6749), as plain data.

    Addresses are absolute; a connection with an address of its own reaches both below that one. `refresh`: whether a refresh token dies
    on use (`rotates`), stays (`kept`), or is not given (`none`). `lasts_s` counts where the answer names no time; None: until revoked.
    A token is renewed `early_s` before its end.
    """

    token_url: str
    authorize_url: str = ""
    grants: tuple[GrantKind, ...] = ("authorization_code",)
    client_auth: Literal["basic", "body"] = "basic"
    """How the app proves itself: HTTP Basic, or client_id and client_secret among the parameters. Without a secret: client_id alone."""
    pkce: bool = True
    """Send an S256 challenge (RFC 7636). One that does not know it ignores it, so say False only where a vendor refuses."""
    refresh: Literal["rotates", "kept", "none"] = "rotates"
    repeats_answer: bool = False
    """The vendor gives the same new tokens again when a renewal is repeated for want of its answer."""
    scopes: tuple[str, ...] = ()
    """What is asked for, unless the connection's option `scopes` (text, separated by blanks) says otherwise."""
    scope_separator: str = " "
    scope_field: str = "scope"
    """What the parameter is called in the authorize address."""
    authorize_extra: Pairs = ()
    token_extra: Pairs = ()
    """Further parameters of the authorize address and of every token request."""
    token_headers: Pairs = ()
    names: Names = Names()
    lasts_s: float | None = 3600
    early_s: float = 120
    answers: tuple[Answer, ...] = ()
    """What refusals of this vendor mean, tried before the general rule (4xx: sign in again, 429 and 5xx: later).

    `SuspendedError`: the tokens stay good and are tried again later.
    """
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Options of the connection that the first token answer fills, and their dotted paths in it (`{"location": "locationId"}`). One that is
    set already and differs means that a person signed in to another account, and is refused."""
    keeps: Mapping[str, str] = field(default_factory=dict[str, str])
    """What else of an answer a call needs, by dotted path: sealed with the tokens, and handed to `auth` as part of the credential."""
    group: str = ""
    """Which of the vendor's limits counts token requests."""
    minted: Minted | None = None
    recover: Recover | None = None
    """What is tried, once, when a refresh token is refused: it may have been traded for one whose answer was lost."""


SignIn = OAuth2 | Callable[[Account], OAuth2 | None]
"""What `Connector.oauth` holds; a function tells by the account, None being a connection that uses the connector's own secrets."""


def sign_in_of(connector: Connector, account: Account) -> OAuth2 | None:
    """How this connection signs in; None when its own secrets are all it needs."""
    if callable(connector.oauth):
        return connector.oauth(account)
    return connector.oauth if account.credential.get("client_id") else None


def way_of(oauth: OAuth2, account: Account) -> Way:
    """How the first token comes: made by another connection, for a JWT if there is one, else by the first other grant."""
    if oauth.minted is not None:
        return "minted"
    if "jwt" in oauth.grants and account.credential.get("jwt"):
        return "jwt"
    others: tuple[Way, ...] = tuple(grant for grant in oauth.grants if grant != "jwt")
    return others[0] if others else "jwt"


def lacking(connector: Connector, account: Account) -> tuple[Secret, ...]:
    """The secrets this connection needs and does not have. `required` holds for one that does not sign in."""
    oauth = sign_in_of(connector, account)
    if oauth is None:
        return tuple(secret for secret in connector.secrets if secret.required and not account.credential.get(secret.name))
    needed = {
        "minted": (),
        "jwt": ("client_id", "jwt"),
        "client_credentials": ("client_id", "client_secret"),
        "authorization_code": ("client_id",),
    }[way_of(oauth, account)]
    known = {secret.name: secret for secret in (*APP, JWT, *connector.secrets)}
    return tuple(known[name] for name in needed if not account.credential.get(name))


def remedy(oauth: OAuth2, account: Account) -> str:
    """What a person can do when the vendor gives no more tokens; NAME stands for the connection's name."""
    if oauth.minted is not None:
        return f"Its tokens are made with those of another connection: trunkline connections test {oauth.minted.by}"
    return {
        "authorization_code": "Sign in again: trunkline connections authorize NAME",
        "jwt": "Make a new JWT credential and give it: trunkline connections update NAME --secret jwt=@FILE",
        "client_credentials": "Compare the app's client id and secret: trunkline connections update NAME --secret client_secret=@FILE",
    }[way_of(oauth, account)]


def scopes_of(oauth: OAuth2, account: Account) -> tuple[str, ...]:
    """The scopes to ask for."""
    chosen = account.options.get("scopes")
    return tuple(chosen.split()) if isinstance(chosen, str) else oauth.scopes


def located(url: str, connector: Connector, base_url: str | None) -> str:
    """An address of the authorization server, for a connection at `base_url`: that one stands for all of the vendor's servers.

    A connector without an address of its own has its addresses from the owner, who says where each leads.
    """
    if base_url is None or (not url.startswith("/") and not connector.base_url):
        return url
    stem = base_url.removesuffix(urlsplit(connector.base_url).path)
    parts = urlsplit(url)
    return f"{stem}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def says(*words: str) -> Callable[[Response], bool]:
    """For a row of `answers`: the body holds one of `words`, whatever their case."""
    lowered = tuple(word.lower() for word in words)

    def holds(response: Response) -> bool:
        text = response.body.decode("utf-8", "replace").lower()
        return any(word in text for word in lowered)

    return holds
