"""A person signs in: begun with a single-use state, ended by what the browser brings back."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog

from trunkline.admin import connections
from trunkline.admin.desk import Desk
from trunkline.admin.scopes import wanted
from trunkline.admin.sealing import sealed_in, sign_in_row
from trunkline.connect import grants as messages
from trunkline.connect.sign_in import Way, located, scopes_of, sign_in_of, way_of
from trunkline.connect.tokens import Tokens
from trunkline.model.clock import Instant, later
from trunkline.model.connection import Account, Connection
from trunkline.model.errors import ConfigError, SignInError
from trunkline.model.ids import digest
from trunkline.store import connections as connection_store
from trunkline.store import sign_ins as store
from trunkline.store.sign_ins import StoredSignIn
from trunkline.store.statement import Transaction

log = structlog.get_logger()

LASTS_S: Final = 900.0
"""How long a person has."""
CALLBACK: Final = "/oauth/callback"
"""The path on the hub to which vendors send the browser back."""

AGAIN: Final = "Begin again: trunkline connections authorize NAME"

_KEPT_S: Final = 3600.0
_LOOK_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that waits for a person, who opens `address`; `state` is secret until the browser brings it back.

    `scopes` are asked for; `reasons` tells what needs those that the flows need.
    """

    connection: Connection
    address: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    reasons: Mapping[str, tuple[str, ...]]
    expires_at: Instant
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a browser brings back: a code, or the vendor's word for why there is none."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A finished sign-in; `missing` are scopes that were asked for and not granted. `invited`: by a link that somebody was sent."""

    connection: Connection
    vendor: str
    missing: tuple[str, ...] = ()
    invited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a connection's sign-in stands. `until`: the end of the present token, renewed before unless `refused` says why not."""

    way: Way
    signed_in: bool
    until: Instant | None = None
    scopes: str = ""
    refused: str = ""


async def standing(desk: Desk, name: str) -> Standing | None:
    """How a connection's sign-in stands; None for one that uses a secret of its own."""
    link = await connections.link_to(desk, name)
    tokens = link.session.tokens
    if tokens is None:
        return None
    held = await desk.tokens.grants.read(link.connection.id)
    way = way_of(tokens.oauth, link.account)
    if held.grant is None:
        return Standing(way=way, signed_in=False, refused=held.refused)
    return Standing(way=way, signed_in=True, until=held.grant.expires_at, scopes=held.grant.scope, refused=held.refused)


async def begin(desk: Desk, name: str, *, redirect_uri: str, scopes: tuple[str, ...] = (), invited: str = "") -> Begun:
    """Begin a sign-in; `ConfigError` when this connection needs nobody for it.

    Asks for `scopes`, else what the connection's own option says, else the connector's least and what the flows need. `invited` is the key
    of the link by which somebody does it who has no command line; it has to be good still when they come back.
    """
    connection, tokens = await _signing_in(desk, name)
    asker = tokens.asker
    if way_of(asker.oauth, asker.account) != "authorization_code" or not asker.oauth.authorize_url:
        raise ConfigError(
            f"The connection {name!r} gets its tokens by itself.", hint=f"Nobody has to sign in; try it: trunkline connections test {name}"
        )
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    reasons = await _reasons(desk, connection, tokens)
    asked = scopes or tuple(dict.fromkeys((*scopes_of(asker.oauth, asker.account), *reasons)))
    address = messages.authorize_address(
        asker.oauth,
        asker.account,
        located(asker.oauth.authorize_url, asker.connector, connection.base_url),
        redirect_uri=redirect_uri,
        state=state,
        verifier=verifier,
        scopes=asked,
    )
    now = desk.clock.now()
    kept = {"verifier": verifier, "redirect_uri": redirect_uri, "scopes": " ".join(asked), "invited": invited}
    key, expires_at = key_of(state), later(now, LASTS_S)

    def unit(tx: Transaction) -> None:
        sealed = sealed_in(tx, desk.vault, kept, row=sign_in_row(key))
        new = StoredSignIn(state=key, connection=connection.id, sealed=sealed, stage="waiting", message="", expires_at=expires_at)
        store.begin(tx, new, purge_before=later(now, -_KEPT_S))

    await desk.database.journal.commit(unit)
    return Begun(
        connection=connection,
        address=address,
        redirect_uri=redirect_uri,
        scopes=asked,
        reasons=reasons,
        expires_at=expires_at,
        state=state,
    )


async def _reasons(desk: Desk, connection: Connection, tokens: Tokens) -> dict[str, tuple[str, ...]]:
    """The scopes that flows need of this connection, or of one that lives on it; nothing where no scopes are chosen."""
    if not tokens.oauth.scopes or "scopes" in connection.options:
        return {}
    names = frozenset((connection.name, *(child.name for child in await minted_by(desk, connection))))
    return {one.scope: one.why for one in await wanted(desk, names)}


def brought_in(address: str, *, begun: Begun | None = None) -> Brought:
    """What stands in the address at which a browser ended; `ConfigError` when it is no such address.

    Not every vendor hands the state back; who pastes the address where `begun` waits says with it which sign-in is meant.
    """
    asked = dict(parse_qsl(urlsplit(address.strip()).query))
    state = asked.get("state") or (begun.state if begun else "")
    if not state or not ("code" in asked or "error" in asked):
        raise ConfigError(
            "That is not the address of a finished sign-in.",
            hint="Copy the whole address line of the browser after you allowed it; it holds `code=` and `state=`.",
        )
    return Brought(state=state, code=asked.get("code", ""), error=asked.get("error", ""), description=asked.get("error_description", ""))


async def awaited(desk: Desk, begun: Begun) -> SignedIn:
    """Wait until a sign-in is finished, here or by another process; raises `SignInError` as `finish` does."""
    key = key_of(begun.state)
    while True:
        found = await desk.database.read(lambda tx: store.get_sign_in(tx, key))
        if found is not None and found.stage == "done":
            connection = await connections.named(desk, begun.connection.name)
            vendor = desk.registry.connector(connection.connector).name
            return SignedIn(connection=connection, vendor=vendor, missing=tuple(found.message.split()))
        if found is not None and found.stage == "failed":
            raise SignInError(found.message, reason="refused", hint=AGAIN, connection=begun.connection.name)
        if found is None or found.expires_at <= desk.clock.now():
            raise over(begun.connection.name)
        await asyncio.sleep(_LOOK_S)


async def _signing_in(desk: Desk, name: str) -> tuple[Connection, Tokens]:
    link = await connections.link_to(desk, name)
    if link.session.tokens is None:
        raise ConfigError(
            f"The connection {name!r} uses a secret of its own, so there is nothing to sign in to.",
            hint=f"To sign in with OAuth 2.0 give it your app: trunkline connections update {name} --secret client_id=… "
            "--secret client_secret=@FILE",
        )
    return link.connection, link.session.tokens


def over(name: str = "") -> SignInError:
    """The time a person has is up."""
    return SignInError("This sign-in took too long and is over.", reason="unknown", hint=AGAIN, connection=name)


async def minted_by(desk: Desk, minter: Connection) -> list[Connection]:
    """The connections of the same vendor whose tokens are made with those of `minter`."""
    connector = desk.registry.connector(minter.connector)
    found: list[Connection] = []
    for connection, sealed in await desk.database.read(connection_store.all_connections):
        if connection.connector != connector.id or connection.workspace != minter.workspace:
            continue
        account = Account(options=connection.options, credential=desk.vault.open(sealed, row=connection.id))
        oauth = sign_in_of(connector, account)
        if oauth is not None and oauth.minted is not None and oauth.minted.by == minter.name:
            found.append(connection)
    return found


def key_of(state: str) -> str:
    """Under which a sign-in is stored: whoever reads the data cannot answer it."""
    return digest(state, size=32)
