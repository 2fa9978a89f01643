"""What a person's browser brought back is taken, once: tokens are got and kept, and what waited for the connection goes on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog

from trunkline.admin import connections, invitations
from trunkline.admin.desk import Desk
from trunkline.admin.grants import seal
from trunkline.admin.sealing import sign_in_row
from trunkline.admin.sign_in import AGAIN, Brought, SignedIn, key_of, minted_by, over
from trunkline.connect import grants as messages
from trunkline.connect.tokens import Tokens
from trunkline.model.connection import Connection
from trunkline.model.errors import ReconnectError, RemoteError, SignInError, TrunklineError
from trunkline.model.grant import Grant
from trunkline.model.json import JSONObject
from trunkline.store import connections as connection_store
from trunkline.store import grants as grant_store
from trunkline.store import sign_ins as store
from trunkline.store.invitations import end_invitations
from trunkline.store.sign_ins import StoredSignIn
from trunkline.store.statement import Transaction

log = structlog.get_logger()

BY_LINK: Final = "Open the link you were sent again, or ask whoever sent it."
"""What comes next for somebody who has no command line."""


async def finish(desk: Desk, brought: Brought) -> SignedIn:
    """Take what the browser brought, once; the connection works afterwards and runs that waited for it go on.

    Raises `SignInError`, and then the connection is as it was before.
    """
    key = key_of(brought.state)
    now = desk.clock.now()
    waiting = await desk.database.journal.commit(lambda tx: store.take_answer(tx, key, now=now))
    if waiting is None:
        raise await _not_waiting(desk, key)
    kept: Mapping[str, str] = {}
    try:
        kept = desk.vault.open(waiting.sealed, row=sign_in_row(waiting.state))
        signed_in = await _finish(desk, waiting, kept, brought)
    except TrunklineError as error:
        words = error.message
        if kept.get("invited"):
            error.hint = BY_LINK
        await desk.database.journal.commit(lambda tx: store.end(tx, key, stage="failed", message=words))
        log.warning("a sign-in did not come to its end", action="sign-in", connection=waiting.connection, reason=words)
        raise
    log.info("somebody signed in", action="sign-in", connection=signed_in.connection.name)
    return signed_in


async def _not_waiting(desk: Desk, key: str) -> SignInError:
    found = await desk.database.read(lambda tx: store.get_sign_in(tx, key))
    if found is None:
        return SignInError("Nobody began this sign-in here.", reason="unknown", hint=AGAIN)
    if found.stage == "waiting":
        late = over()
        late.hint = BY_LINK if desk.vault.open(found.sealed, row=sign_in_row(key)).get("invited") else late.hint
        return late
    if found.stage == "done":
        return SignInError("This sign-in was finished before. If you only loaded the page again, all is well.", reason="unknown")
    return SignInError("This sign-in has been answered already; each one is good for one answer.", reason="unknown", hint=AGAIN)


async def _finish(desk: Desk, waiting: StoredSignIn, kept: Mapping[str, str], brought: Brought) -> SignedIn:
    rows = await desk.database.read(connection_store.all_connections)
    row = next((row for row in rows if row[0].id == waiting.connection), None)
    if row is None:
        raise SignInError("The connection was removed meanwhile.", reason="unknown")
    connection, sealed = row
    tokens = desk.link(connection, sealed).session.tokens
    if tokens is None:
        raise SignInError(
            "The connection does not sign in with OAuth 2.0 any more.", reason="unknown", hint=AGAIN, connection=connection.name
        )
    _require_code(brought, connection, tokens)
    link = kept.get("invited", "")
    if link:
        await invitations.require(desk, link)
    body = await _exchanged(tokens, brought.code, kept, connection)
    grant = messages.grant_of(body, tokens.oauth, now=desk.clock.now())
    changed = _with_options(connection, messages.options_of(body, tokens.oauth))
    missing = _missing(grant, tuple(kept["scopes"].split()))
    await _keep(desk, changed, grant, waiting.state, missing, link=link)
    await tokens.forgive()
    return SignedIn(
        connection=replace(changed, state="ok", cause="", since=desk.clock.now()),
        vendor=tokens.asker.connector.name,
        missing=missing,
        invited=bool(link),
    )


def _require_code(brought: Brought, connection: Connection, tokens: Tokens) -> None:
    vendor = tokens.asker.connector.name
    if brought.error == "access_denied":
        raise SignInError(f"It was not allowed at {vendor}.", reason="declined", hint=AGAIN, connection=connection.name)
    if brought.error or not brought.code:
        said = ": ".join(part for part in (brought.error, brought.description) if part) or "no code came back"
        raise SignInError(
            f"{vendor} did not let this app sign in: {said[:300]}",
            reason="refused",
            hint="Compare the app's client id, redirect address and scopes at the vendor.",
            connection=connection.name,
        )


async def _exchanged(tokens: Tokens, code: str, kept: Mapping[str, str], connection: Connection) -> JSONObject:
    try:
        return await tokens.asker.exchange(code=code, redirect_uri=kept["redirect_uri"], verifier=kept["verifier"])
    except ReconnectError as error:
        raise SignInError(error.message, reason="refused", hint=error.hint or AGAIN, connection=connection.name) from error
    except RemoteError as error:
        raise SignInError(error.message, reason="unavailable", hint=AGAIN, connection=connection.name) from error


def _with_options(connection: Connection, told: dict[str, str]) -> Connection:
    """The connection with what the vendor told of the account; a connection never changes its account by a sign-in."""
    for name, value in told.items():
        known = connection.options.get(name)
        if known is not None and known != value:
            raise SignInError(
                f"This is another account than the one to connect: its {name} is {known}, not {value}.",
                reason="other_account",
                hint="Sign in to the right account, or add a connection for this one.",
                connection=connection.name,
            )
    return replace(connection, options={**connection.options, **told})


def _missing(grant: Grant, asked: tuple[str, ...]) -> tuple[str, ...]:
    granted = set(grant.scope.replace(",", " ").split())
    return tuple(scope for scope in asked if granted and scope not in granted)


async def _keep(desk: Desk, connection: Connection, grant: Grant, state: str, missing: tuple[str, ...], *, link: str) -> None:
    """One unit: the tokens, what they told of the account, that the connection (with those that live on it) works, and that the link by
    which somebody did it was good.
    """
    now = desk.clock.now()
    minted = await minted_by(desk, connection)

    def unit(tx: Transaction) -> None:
        if link:
            invitations.take(tx, link, now=now)
        grant_store.put_grant(tx, connection.id, sealed=seal(tx, desk.vault, connection.id, grant))
        connection_store.set_options(tx, connection)
        connections.working(tx, connection, now)
        for child in minted:
            grant_store.forgive_grant(tx, child.id)
            connections.working(tx, child, now)
        end_invitations(tx, connection.id)
        store.end(tx, state, stage="done", message=" ".join(missing))

    await desk.database.journal.commit(unit)
