"""The store of live tokens behind the port that connections use: sealed by the vault, bound to the connection."""

from collections.abc import Callable
from typing import TypeVar, cast

from trunkline.admin.sealing import grant_row, sealed_in
from trunkline.model.clock import Clock, Instant
from trunkline.model.errors import ConfigError
from trunkline.model.grant import Claim, Grant, Held
from trunkline.model.ids import ConnectionId
from trunkline.model.json import dumps, loads
from trunkline.store import grants as store
from trunkline.store.database import Database
from trunkline.store.grants import StoredGrant
from trunkline.store.statement import Transaction
from trunkline.vault.box import Vault

T = TypeVar("T")


class SealedGrants:
    """The `Grants` of `model.grant`, for any number of processes on one database."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def read(self, connection: ConnectionId) -> Held:
        """What is stored; `ConfigError` when it was sealed with another master key."""
        return self._held(connection, await self._database.read(lambda tx: store.get_grant(tx, connection)))

    async def claim(self, connection: ConnectionId, *, generation: int, by: str, until: Instant) -> Claim:
        """Won when the tokens are still those of `generation`, nobody refused them and nobody else is at it."""
        now = self._clock.now()

        def unit(tx: Transaction) -> tuple[bool, StoredGrant, StoredGrant]:
            won, before = store.claim_grant(tx, connection, generation=generation, by=by, now=now, until=until)
            return won, before, store.get_grant(tx, connection)

        won, before, after = await self._commit(unit)
        return Claim(won=won, held=self._held(connection, after), interrupted=bool(before.claimed_by))

    async def store(self, connection: ConnectionId, grant: Grant, *, generation: int) -> Held | None:
        """Durable when it returns."""

        def unit(tx: Transaction) -> bool:
            return store.replace_grant(tx, connection, generation=generation, sealed=seal(tx, self._vault, connection, grant))

        return Held(generation=generation + 1, grant=grant) if await self._commit(unit) else None

    async def release(self, connection: ConnectionId, *, by: str) -> None:
        """End the claim of `by`."""
        await self._commit(lambda tx: store.release_grant(tx, connection, by=by))

    async def refuse(self, connection: ConnectionId, *, generation: int, reason: str, suspended: bool) -> None:
        """Note a refusal, for every process."""
        await self._commit(lambda tx: store.refuse_grant(tx, connection, generation=generation, reason=reason, suspended=suspended))

    async def forgive(self, connection: ConnectionId) -> None:
        """Forget a refusal, for every process."""
        await self._commit(lambda tx: store.forgive_grant(tx, connection))

    async def _commit(self, unit: Callable[[Transaction], T]) -> T:
        return await self._database.journal.commit(unit)

    def _held(self, connection: ConnectionId, row: StoredGrant) -> Held:
        return Held(
            generation=row.generation,
            grant=opened(self._vault, connection, row.sealed) if row.sealed else None,
            refused=row.refused,
            suspended=row.suspended,
            claimed_until=row.claimed_until if row.claimed_by else None,
        )


def seal(tx: Transaction, vault: Vault, connection: ConnectionId, grant: Grant) -> bytes:
    """Tokens as the unit `tx` stores them; they do not open as a connection's secrets, nor for another connection."""
    told = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "granted_at": grant.granted_at,
        "expires_at": grant.expires_at,
        "scope": grant.scope,
        "extra": dict(grant.extra),
    }
    return sealed_in(tx, vault, {"grant": dumps(told).decode()}, row=grant_row(connection), at_once=True)


def opened(vault: Vault, connection: ConnectionId, sealed: bytes) -> Grant:
    """The tokens again."""
    told = loads(vault.open(sealed, row=grant_row(connection))["grant"])
    if not isinstance(told, dict):
        raise ConfigError("The sealed tokens cannot be read.", hint="Sign in again: trunkline connections authorize NAME", place=connection)
    expires_at = told["expires_at"]
    return Grant(
        access_token=str(told["access_token"]),
        refresh_token=str(told["refresh_token"]),
        granted_at=Instant(cast(int, told["granted_at"])),
        expires_at=None if expires_at is None else Instant(cast(int, expires_at)),
        scope=str(told["scope"]),
        extra=cast(dict[str, str], told["extra"]),
    )
