"""A person signs in: begun with a single-use state, ended by what the browser brings back."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog

from trunkline.admin import connections
from trunkline.admin.desk import Desk
from trunkline.admin.grants import seal
from trunkline.connect import grants as messages
from trunkline.connect.sign_in import Way, located, scopes_of, sign_in_of, way_of
from trunkline.connect.tokens import Tokens
from trunkline.model.clock import Instant, later
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.errors import ConfigError, ReconnectError, RemoteError, SignInError
from trunkline.model.grant import Grant
from trunkline.model.ids import digest
from trunkline.model.json import JSONObject
from trunkline.store import connections as connection_store
from trunkline.store import grants as grant_store
from trunkline.store import sign_ins as store
from trunkline.store.sign_ins import StoredSignIn
from trunkline.store.statement import Transaction

log = structlog.get_logger()

LASTS_S: Final = 900.0
"""How long a person has."""
CALLBACK: Final = "/oauth/callback"
"""The path on the hub to which vendors send the browser back."""

_KEPT_S: Final = 3600.0
_LOOK_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that waits for a person, who opens `address`; `state` is secret until the browser brings it back."""

    connection: Connection
    address: str
    redirect_uri: str
    scopes: tuple[str, ...]
    expires_at: Instant
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a browser brings back: a code, or the vendor's word for why there is none."""

    state: str
    code: str = ""
    error: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A finished sign-in; `missing` are scopes that were asked for and not granted."""

    connection: Connection
    missing: tuple[str, ...] = ()


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


async def begin(desk: Desk, name: str, *, redirect_uri: str, scopes: tuple[str, ...] = ()) -> Begun:
    """Begin a sign-in; `ConfigError` when this connection needs nobody for it. `scopes` in place of the usual ones."""
    connection, tokens = await _signing_in(desk, name)
    asker = tokens.asker
    if way_of(asker.oauth, asker.account) != "authorization_code" or not asker.oauth.authorize_url:
        raise ConfigError(
            f"The connection {name!r} gets its tokens by itself.", hint=f"Nobody has to sign in; try it: trunkline connections test {name}"
        )
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    asked = scopes or scopes_of(asker.oauth, asker.account)
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
    hashed = _hashed(state)
    kept = {"verifier": verifier, "redirect_uri": redirect_uri, "scopes": " ".join(asked)}
    new = StoredSignIn(
        state=hashed,
        connection=connection.id,
        sealed=desk.vault.seal(kept, row=_row(hashed)),
        stage="waiting",
        message="",
        expires_at=later(now, LASTS_S),
    )
    await desk.database.journal.commit(lambda tx: store.begin(tx, new, purge_before=later(now, -_KEPT_S)))
    return Begun(connection=connection, address=address, redirect_uri=redirect_uri, scopes=asked, expires_at=new.expires_at, state=state)


async def finish(desk: Desk, brought: Brought) -> SignedIn:
    """Take what the browser brought, once; the connection works afterwards and runs that waited for it go on.

    Raises `SignInError`, and then the connection is as it was before.
    """
    hashed = _hashed(brought.state)
    now = desk.clock.now()
    waiting = await desk.database.journal.commit(lambda tx: store.take_answer(tx, hashed, now=now))
    if waiting is None:
        raise await _not_waiting(desk, hashed)
    try:
        signed_in = await _finish(desk, waiting, brought)
    except SignInError as error:
        words = error.message
        await desk.database.journal.commit(lambda tx: store.end(tx, hashed, stage="failed", message=words))
        log.warning("a sign-in did not come to its end", action="sign-in", connection=error.connection, reason=error.message)
        raise
    log.info("somebody signed in", action="sign-in", connection=signed_in.connection.name)
    return signed_in


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
    hashed = _hashed(begun.state)
    while True:
        found = await desk.database.read(lambda tx: store.get_sign_in(tx, hashed))
        if found is None or (found.stage == "waiting" and found.expires_at <= desk.clock.now()):
            raise _over(begun.connection.name)
        if found.stage == "failed":
            raise SignInError(found.message, reason="refused", hint=_AGAIN, connection=begun.connection.name)
        if found.stage == "done":
            return SignedIn(connection=await connections.named(desk, begun.connection.name), missing=tuple(found.message.split()))
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


_AGAIN: Final = "Begin again: trunkline connections authorize NAME"


def _over(name: str = "") -> SignInError:
    return SignInError("This sign-in took too long and is over.", reason="unknown", hint=_AGAIN, connection=name)


async def _not_waiting(desk: Desk, hashed: str) -> SignInError:
    found = await desk.database.read(lambda tx: store.get_sign_in(tx, hashed))
    if found is None:
        return SignInError("Nobody began this sign-in here.", reason="unknown", hint=_AGAIN)
    if found.stage == "waiting":
        return _over()
    if found.stage == "done":
        return SignInError("This sign-in was finished before. If you only loaded the page again, all is well.", reason="unknown")
    return SignInError("This sign-in has been answered already; each one is good for one answer.", reason="unknown", hint=_AGAIN)


async def _finish(desk: Desk, waiting: StoredSignIn, brought: Brought) -> SignedIn:
    rows = await desk.database.read(connection_store.all_connections)
    row = next((row for row in rows if row[0].id == waiting.connection), None)
    if row is None:
        raise SignInError("The connection was removed meanwhile.", reason="unknown")
    connection, sealed = row
    tokens = desk.link(connection, sealed).session.tokens
    if tokens is None:
        raise SignInError(
            "The connection does not sign in with OAuth 2.0 any more.", reason="unknown", hint=_AGAIN, connection=connection.name
        )
    _require_code(brought, connection, tokens)
    kept = desk.vault.open(waiting.sealed, row=_row(waiting.state))
    body = await _exchanged(tokens, brought.code, kept, connection)
    grant = messages.grant_of(body, tokens.oauth, now=desk.clock.now())
    changed = _with_options(connection, messages.options_of(body, tokens.oauth))
    missing = _missing(grant, tuple(kept["scopes"].split()))
    await _keep(desk, changed, sealed, grant, waiting.state, missing)
    await tokens.forgive()
    return SignedIn(connection=replace(changed, state="ok", cause="", since=desk.clock.now()), missing=missing)


def _require_code(brought: Brought, connection: Connection, tokens: Tokens) -> None:
    vendor = tokens.asker.connector.name
    if brought.error == "access_denied":
        raise SignInError(f"It was not allowed at {vendor}.", reason="declined", hint=_AGAIN, connection=connection.name)
    if brought.error or not brought.code:
        said = ": ".join(part for part in (brought.error, brought.description) if part) or "no code came back"
        raise SignInError(
            f"{vendor} did not let this app sign in: {said[:300]}",
            reason="refused",
            hint="Compare the app's client id, redirect address and scopes at the vendor.",
            connection=connection.name,
        )


async def _exchanged(tokens: Tokens, code: str, kept: Credential, connection: Connection) -> JSONObject:
    try:
        return await tokens.asker.exchange(code=code, redirect_uri=kept["redirect_uri"], verifier=kept["verifier"])
    except ReconnectError as error:
        raise SignInError(error.message, reason="refused", hint=error.hint or _AGAIN, connection=connection.name) from error
    except RemoteError as error:
        raise SignInError(error.message, reason="unavailable", hint=_AGAIN, connection=connection.name) from error


def _with_options(connection: Connection, told: dict[str, str]) -> Connection:
    """The connection with what the vendor told of the account; a connection never changes its account by a sign-in."""
    for name, value in told.items():
        known = connection.options.get(name)
        if known is not None and known != value:
            raise SignInError(
                f"This is another account than the connection {connection.name!r} is for: its {name} is {known}, not {value}.",
                reason="other_account",
                hint="Sign in to the right account, or add a connection for this one.",
                connection=connection.name,
            )
    return replace(connection, options={**connection.options, **told})


def _missing(grant: Grant, asked: tuple[str, ...]) -> tuple[str, ...]:
    granted = set(grant.scope.replace(",", " ").split())
    return tuple(scope for scope in asked if granted and scope not in granted)


async def _keep(desk: Desk, connection: Connection, sealed: bytes, grant: Grant, state: str, missing: tuple[str, ...]) -> None:
    """One unit: the tokens, what they told of the account, and that the connection (with those that live on it) works."""
    now = desk.clock.now()
    minted = await _minted_by(desk, connection.name)
    sealed_grant = seal(desk.vault, connection.id, grant)

    def unit(tx: Transaction) -> None:
        grant_store.put_grant(tx, connection.id, sealed=sealed_grant)
        connection_store.update_connection(tx, connection, sealed=sealed)
        connections.working(tx, connection, now)
        for child in minted:
            grant_store.forgive_grant(tx, child.id)
            connections.working(tx, child, now)
        store.end(tx, state, stage="done", message=" ".join(missing))

    await desk.database.journal.commit(unit)


async def _minted_by(desk: Desk, name: str) -> list[Connection]:
    """The connections whose tokens are made with those of `name`."""
    found: list[Connection] = []
    for connection, sealed in await desk.database.read(connection_store.all_connections):
        if connection.name == name or connection.workspace != desk.workspace:
            continue
        account = Account(options=connection.options, credential=desk.vault.open(sealed, row=connection.id))
        oauth = sign_in_of(desk.registry.connector(connection.connector), account)
        if oauth is not None and oauth.minted is not None and oauth.minted.by == name:
            found.append(connection)
    return found


def _hashed(state: str) -> str:
    return digest(state, size=32)


def _row(hashed: str) -> str:
    return f"sign-in/{hashed}"
