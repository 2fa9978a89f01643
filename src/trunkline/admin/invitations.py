"""Invitations: a link by which the owner of an account connects it again, without seeing anything else of the hub."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from trunkline.admin import connections, sign_in
from trunkline.admin.desk import Desk
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import origin, same_origin
from trunkline.connect.declaration import Secret
from trunkline.connect.sign_in import Way, way_of
from trunkline.engine.links import Link
from trunkline.model.clock import Instant, later
from trunkline.model.connection import Connection
from trunkline.model.errors import AddressError, ConfigError, SignInError, TrunklineError, UnavailableError
from trunkline.model.ids import digest
from trunkline.store import connections as connection_store
from trunkline.store import invitations as store
from trunkline.store.invitations import Invitation
from trunkline.store.statement import Transaction

PATH: Final = "/connect/"
LASTS_S: Final = 3 * 86_400.0
MOST_TRIES: Final = 20
_RENEWED: Final[Mapping[Way, tuple[str, ...]]] = {"jwt": ("jwt",), "client_credentials": ("client_secret",)}
"""What is entered anew where tokens come by themselves. Elsewhere somebody signs in, or another connection has to be mended."""
_WEBCAL: Final = re.compile("^webcals?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A link's secret part, and until when it can be taken up."""

    connection: Connection
    token: str = field(repr=False)
    expires_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the owner of an account is asked for: to sign in at the vendor, or the secrets that the vendor shows them."""

    connection: Connection
    vendor: str
    signs_in: bool
    secrets: tuple[Secret, ...]


async def invite(desk: Desk, name: str, *, lasts_s: float = LASTS_S) -> Invited:
    """Make a link to connect this account again; an earlier one to it is worth nothing any more."""
    connection = await connections.named(desk, name)
    token = secrets.token_urlsafe(32)
    expires_at = later(desk.clock.now(), lasts_s)
    one = Invitation(key=_key(token), connection=connection.id, tries=0, expires_at=expires_at)
    await desk.database.journal.commit(lambda tx: store.invite(tx, one))
    return Invited(connection=connection, token=token, expires_at=expires_at)


async def asked(desk: Desk, token: str) -> Asked:
    """What the link asks for; `SignInError` when it was taken up, is over, or never was one."""
    link = await _link(desk, token)
    tokens = link.session.tokens
    way = None if tokens is None else way_of(tokens.oauth, link.account)
    found = _own(link) if way is None else tuple(secret for secret in link.connector.secrets if secret.name in _RENEWED.get(way, ()))
    return Asked(connection=link.connection, vendor=link.connector.name, signs_in=way == "authorization_code", secrets=found)


def _own(link: Link) -> tuple[Secret, ...]:
    """The secrets of a connection that uses its own: those it needs, else those it has for calling its vendor."""
    wanted = tuple(secret for secret in link.connector.secrets if secret.required)
    held = (secret for secret in link.connector.secrets if secret.name in link.account.credential)
    return wanted or tuple(secret for secret in held if not secret.name.startswith("webhook"))


async def begin(desk: Desk, token: str, *, redirect_uri: str) -> str:
    """Begin a sign-in by the link; where the browser goes. The link is good until somebody has signed in."""
    found = await asked(desk, token)
    if not found.signs_in:
        raise _over()
    await _try(desk, token)
    return (await sign_in.begin(desk, found.connection.name, redirect_uri=redirect_uri, invited=_key(token))).address


async def give(desk: Desk, token: str, given: Mapping[str, str]) -> Asked:
    """Take new secrets by the link, if they work; raises what the try of them raises, and then nothing has changed."""
    found = await asked(desk, token)
    secrets = {secret.name: given.get(secret.name, "").strip() for secret in found.secrets}
    if found.signs_in or not secrets or not all(secrets.values()):
        raise ConfigError("Something is missing.", hint="Fill in every field.")
    await _try(desk, token)
    link = await _link(desk, token)
    for name, value in secrets.items():
        await _require_public(value, before=link.account.credential.get(name, ""))
    await connections.prove(link, {**link.account.credential, **secrets})
    now = desk.clock.now()
    await connections.update(
        desk, found.connection.name, secrets=secrets, options={}, base_url=None, provided=lambda tx: take(tx, _key(token), now=now)
    )
    return found


async def require(desk: Desk, key: str) -> None:
    """Raise `SignInError` for a link that was taken up or taken back, or whose time is over."""
    now = desk.clock.now()
    if await desk.database.read(lambda tx: store.get_invitation(tx, key, now=now)) is None:
        raise _over()


def take(tx: Transaction, key: str, *, now: Instant) -> None:
    """Take a link up, in the unit of what somebody did by it: only one comes to its end. Raises as `require` does."""
    if not store.take_invitation(tx, key, now=now):
        raise _over()


async def _require_public(secret: str, *, before: str) -> None:
    """Raise `ConfigError` for an address that leads elsewhere than `before`, and not to the public internet.

    Where a secret is an address, somebody with a link says where the hub calls; what its owner allows to flows is not allowed to them.
    """
    address = _WEBCAL.sub("https://", secret)
    if "://" not in address or same_origin(address, _WEBCAL.sub("https://", before)):
        return
    try:
        await Addresses().check(origin(address))
    except (AddressError, UnavailableError, ValueError):
        raise ConfigError("That is no public address.", hint="Copy it again where the vendor shows it.") from None


async def _try(desk: Desk, token: str) -> None:
    now = desk.clock.now()
    if not await desk.database.journal.commit(lambda tx: store.try_invitation(tx, _key(token), now=now, most=MOST_TRIES)):
        raise _over()


async def _link(desk: Desk, token: str) -> Link:
    now = desk.clock.now()
    found = await desk.database.read(lambda tx: store.get_invitation(tx, _key(token), now=now))
    rows = await desk.database.read(connection_store.all_connections) if found is not None else []
    row = next((row for row in rows if found is not None and row[0].id == found.connection), None)
    if row is None:
        raise _over()
    try:
        return desk.link(*row)
    except TrunklineError as error:
        raise SignInError("The hub cannot use this connection now.", reason="unavailable") from error


def _over() -> SignInError:
    return SignInError("This link was used, or its time is over.", reason="unknown", hint="Ask whoever sent it for a new one.")


def _key(token: str) -> str:
    """Under which it is stored: whoever reads the data has no link."""
    return digest(token, size=32)
