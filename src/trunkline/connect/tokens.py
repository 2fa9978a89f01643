"""The live credential of a connection: renewed in time, by one caller of one process, and stored before it is used.

The order that keeps a rotating token alive: claim the generation in the store, ask the vendor, store the new pair in place of that
generation, use it. Whoever comes meanwhile waits for the outcome, in this process or in another. A refusal is believed only after the
store was read again; then nobody asks the vendor any more until a person has signed in.
"""

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from trunkline.connect.asking import Asker, Live, MinterRefused
from trunkline.connect.masking import worn
from trunkline.connect.sign_in import OAuth2, remedy, way_of
from trunkline.model.clock import SECOND, Clock, Instant, later
from trunkline.model.connection import Account, Credential
from trunkline.model.crash import reach
from trunkline.model.errors import (
    OutcomeUnknownError,
    ReconnectError,
    RemoteError,
    StoreError,
    SuspendedError,
    TrunklineError,
    UnavailableError,
)
from trunkline.model.grant import Claim, Grant, Grants, Held
from trunkline.model.ids import ConnectionId, fresh

log = structlog.get_logger()

_LOOK_AGAIN_S: Final = 0.05
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_EARLY_SHARE: Final = 0.2
"""A short-lived token is renewed in the last fifth of its life at the earliest."""
_STORE_TRIES: Final = 5
_RECOVER_LEASES: Final = 2
"""To get lost tokens again takes two questions to the vendor, so the claim is held for twice as long."""
_SURELY_NOT_DONE: Final = (None, 408, 425, 429, 503)
"""Without a status nothing was sent."""


@dataclass(slots=True, kw_only=True)
class Tokens:
    """The tokens of one connection; one per connection and process.

    A claim holds for `lease_s`, longer than asking the vendor may take, so that nobody else asks before this one has surely ended.
    """

    connection: ConnectionId
    asker: Asker
    grants: Grants
    clock: Clock
    lease_s: float = 20
    learnt: Callable[[Account], None] | None = None
    """Hears what the vendor told of the account besides its tokens, whenever that may be news; it must not wait."""
    _me: str = field(default_factory=lambda: fresh("clm"), init=False)
    _held: Held = field(default_factory=Held, init=False)
    _live: Live | None = field(default=None, init=False)
    _doubted: int = field(default=-1, init=False)
    """The generation that the vendor refused in a call: no longer used, whatever its expiry says."""
    _broken: int = field(default=-1, init=False)
    """The generation that was refused although it was new: no more is asked for until somebody signs in."""
    _unsaved: Grant | None = field(default=None, init=False, repr=False)
    """New tokens that the store could not take yet; they are used when it did."""
    _renewing: "asyncio.Task[Live] | None" = field(default=None, init=False, repr=False)
    _failures: int = field(default=0, init=False)
    _pause: tuple[Instant, TrunklineError] | None = field(default=None, init=False, repr=False)

    @property
    def oauth(self) -> OAuth2:
        return self.asker.oauth

    # ── for a call ──

    def at_hand(self) -> Live | None:
        """What can be used without waiting for anything; None when `live` has to be asked."""
        live = self._live
        if live is None or live.generation == self._doubted:
            return None
        return live if live.renew_at is None or self.clock.now() < live.renew_at else None

    async def live(self) -> Live:
        """Tokens that are good now, renewed if need be.

        Raises `ReconnectError` when a person has to sign in, `SuspendedError` when the vendor says later, `UnavailableError` when it
        cannot be asked now. In each case nothing was sent with these tokens.
        """
        found = self.at_hand()
        if found is not None:
            return found
        problem = self._pausing()
        if problem is None:
            try:
                return await self._renewed_once()
            except ReconnectError:
                raise
            except (RemoteError, StoreError) as error:
                problem = error
        live = self._live
        if live is None or not self._lasts(live):
            raise problem
        return live

    async def renewed(self, used: Live) -> Live:
        """Other tokens than `used`, which the vendor has refused; raises as `live` does."""
        if self._held.generation == used.generation:
            self._doubted = used.generation
        return await self.live()

    def refused(self, used: Live) -> None:
        """The vendor refuses even these, which are new: what is wrong is not their age, so no further ones are asked for."""
        if self._held.generation == used.generation:
            self._doubted = self._broken = used.generation

    async def forgive(self) -> None:
        """Somebody wants it tried again: forget refusals and pauses, and read what is stored."""
        await self.grants.forgive(self.connection)
        self.hope()
        self._take(await self.grants.read(self.connection))

    def hope(self) -> None:
        """Forget what this process knows against these tokens, and how long it was to wait."""
        self._doubted = self._broken = -1
        self._pause, self._failures = None, 0

    async def settled(self) -> None:
        """Wait until no renewal is under way: one that is cut off may cost the refresh token."""
        if self._renewing is not None:
            await asyncio.gather(self._renewing, return_exceptions=True)

    # ── what is known ──

    async def look(self) -> None:
        """Read what is stored, if nothing is known yet; the vendor is not asked."""
        if self._live is None:
            self._take(await self.grants.read(self.connection))

    def _take(self, held: Held) -> None:
        """Make what is stored ready for use."""
        changed = self._held.generation != held.generation or self._live is None
        self._held = held
        if held.grant is None:
            self._live = None
        elif changed:
            self._live = self._ready(held.grant, held.generation)
            self._failures, self._pause = 0, None
            if self.learnt is not None and held.grant.extra:
                account = self.asker.account
                self.learnt(replace(account, credential=Credential({**account.credential, **held.grant.extra})))

    def _ready(self, grant: Grant, generation: int) -> Live:
        connector = self.asker.connector
        credential = Credential({**self.asker.account.credential, **grant.extra, "token": grant.access_token})
        auth = connector.auth(credential)
        query = connector.auth_query(credential) if connector.auth_query else ()
        renew_at = None
        if grant.expires_at is not None:
            lasts_s = (grant.expires_at - grant.granted_at) / SECOND
            renew_at = later(grant.expires_at, -min(self.oauth.early_s, lasts_s * _EARLY_SHARE))
        hidden = {*grant.secrets(), *(value for _, value in (*auth, *query))}
        return Live(
            generation=generation,
            grant=grant,
            account=replace(self.asker.account, credential=credential),
            auth=auth,
            query=query,
            secrets=tuple(sorted(hidden, key=len, reverse=True)),
            worn=worn((*auth, *query)),
            renew_at=renew_at,
        )

    def _lasts(self, live: Live) -> bool:
        """Whether tokens may be used although they are due: they are not refused and not at their end."""
        ends_at = live.grant.expires_at
        return live.generation != self._doubted and (ends_at is None or self.clock.now() < ends_at)

    def _pausing(self) -> TrunklineError | None:
        """What went wrong lately, while it is too early to ask again."""
        if self._pause is None or self.clock.now() >= self._pause[0]:
            return None
        return copy(self._pause[1])

    def _usable(self) -> Live | None:
        """What is known, if it may be used; raises when it is known that no other will come."""
        if self._held.refused:
            raise self._dead()
        if self._held.generation == self._broken:
            raise ReconnectError(
                f"{self.asker.connector.name} refuses tokens that it has just given.",
                hint="Look at the vendor, then test the connection: trunkline connections test NAME",
                connector=self.asker.connector.id,
            )
        return self.at_hand()

    def _dead(self) -> ReconnectError:
        if self._held.suspended:
            return SuspendedError(self._held.refused, hint="It is tried again by itself.", connector=self.asker.connector.id)
        hint = remedy(self.oauth, self.asker.account)
        return ReconnectError(self._held.refused, hint=hint, connector=self.asker.connector.id)

    # ── renewing ──

    async def _renewed_once(self) -> Live:
        """All who ask at a time share one renewal; it goes on when they go away."""
        if self._renewing is None:
            self._renewing = asyncio.get_running_loop().create_task(self._renew())
            self._renewing.add_done_callback(self._ended)
        try:
            return await asyncio.shield(self._renewing)
        except TrunklineError as error:
            raise copy(error) from error

    def _ended(self, task: "asyncio.Task[Live]") -> None:
        """After a failure that may pass, nobody asks again for a while."""
        self._renewing = None
        error = None if task.cancelled() else task.exception()
        if not isinstance(error, UnavailableError | StoreError):
            return
        until = later(self.clock.now(), min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S))
        self._failures += 1
        if isinstance(error, UnavailableError):
            until = error.retry_at = max(until, error.retry_at or until)
        self._pause = (until, error)

    async def _renew(self) -> Live:
        if self._unsaved is not None:
            return await self._store(self._unsaved)
        self._take(await self.grants.read(self.connection))
        found = self._usable()
        if found is not None:
            return found
        self._require_way()
        async with self.asker.place():  # before the claim, which must not wait for it
            claim = await self._claimed()
            if claim.won:
                return await self._carried_out(claim)
        return self._usable() or await self._renew()

    async def _carried_out(self, claim: Claim) -> Live:
        try:
            grant = await self.asker.tokens(self._held.grant)
        except OutcomeUnknownError as error:
            # The claim stays: it tells whoever asks next that an answer was lost.
            raise UnavailableError(error.message, connector=self.asker.connector.id) from error
        except ReconnectError as error:
            return await self._refused(error, claim)
        except MinterRefused as refusal:
            await self.grants.release(self.connection, by=self._me)
            raise refusal.error from refusal
        except TrunklineError as error:
            if not isinstance(error, RemoteError) or error.status in _SURELY_NOT_DONE:
                await self.grants.release(self.connection, by=self._me)
            raise
        reach("token-received")
        return await self._store(grant)

    def _require_way(self) -> None:
        """Raise `ReconnectError` when only a person can bring tokens."""
        grant, connector = self._held.grant, self.asker.connector
        if way_of(self.oauth, self.asker.account) != "authorization_code" or (grant is not None and grant.refresh_token):
            return
        raise ReconnectError(
            f"Nobody has signed in to {connector.name} yet." if grant is None else f"The sign-in at {connector.name} has ended.",
            hint="Sign in: trunkline connections authorize NAME",
            connector=connector.id,
        )

    async def _claimed(self) -> Claim:
        """The claim on the present generation; not won when that has passed or is refused."""
        generation = self._held.generation
        while True:
            claim = await self._claim(lease_s=self.lease_s)
            if not claim.won:
                await self._others_turn(generation)
            if claim.won or self._held.generation != generation or self._held.refused:
                return claim

    async def _claim(self, *, lease_s: float) -> Claim:
        """What becomes of a wish to renew the present generation; one that is held already is held for longer."""
        until = later(self.clock.now(), lease_s)
        claim = await self.grants.claim(self.connection, generation=self._held.generation, by=self._me, until=until)
        self._take(claim.held)
        return claim

    async def _others_turn(self, generation: int) -> None:
        """Wait until the one who is renewing has ended, or its claim has."""
        while True:
            held = self._held
            if held.generation != generation or held.refused or held.claimed_until is None or held.claimed_until <= self.clock.now():
                return
            await self.clock.sleep(_LOOK_AGAIN_S)
            self._take(await self.grants.read(self.connection))

    async def _store(self, grant: Grant) -> Live:
        """Store, then use. The vendor may not give these again, so a store that is busy is asked more than once."""
        self._unsaved = grant
        held = await self._stored(grant)
        reach("token-stored")
        self._unsaved = None
        self._take(held or await self.grants.read(self.connection))
        if held is None or self._live is None:
            return self._usable() or await self._renew()
        return self._live

    async def _stored(self, grant: Grant) -> Held | None:
        for attempt in range(_STORE_TRIES - 1):
            try:
                return await self.grants.store(self.connection, grant, generation=self._held.generation)
            except StoreError as error:
                log.error("new tokens could not be stored yet", action="sign-in", connection=self.connection, reason=error.message)
                await self.clock.sleep(_FIRST_PAUSE_S * 2**attempt)
        return await self.grants.store(self.connection, grant, generation=self._held.generation)

    async def _refused(self, error: ReconnectError, claim: Claim) -> Live:
        """Somebody may have been faster after all; else these tokens are dead, and everybody gets to know."""
        generation = self._held.generation
        self._take(await self.grants.read(self.connection))
        if self._held.generation != generation:
            return self._usable() or await self._renew()
        suspended, lost = isinstance(error, SuspendedError), self._held.grant
        if lost is not None and self.oauth.recover is not None and not suspended:
            longer = await self._claim(lease_s=self.lease_s * _RECOVER_LEASES)
            if not longer.won:
                return self._usable() or await self._renew()
            recovered = await self._recovered(lost)
            if recovered is not None:
                return await self._store(recovered)
        if claim.interrupted and not suspended and self.oauth.refresh == "rotates":
            error.message = f"{error.message} (The answer to an earlier renewal was lost, and with it perhaps the tokens.)"
            error.args = (error.message,)
        error.hint = error.hint or remedy(self.oauth, self.asker.account)
        await self.grants.refuse(self.connection, generation=generation, reason=error.message, suspended=suspended)
        self._held = replace(self._held, refused=error.message, suspended=suspended)
        log.warning("the vendor renews a sign-in no more", action="sign-in", connection=self.connection, reason=error.message)
        raise error

    async def _recovered(self, lost: Grant) -> Grant | None:
        """Other tokens than those that were `lost`, or None; asked for once, since afterwards these are noted as refused."""
        try:
            found = await self.asker.recovered(lost)
        except RemoteError as error:
            log.warning("lost tokens could not be got again", action="sign-in", connection=self.connection, reason=error.message)
            return None
        if found is not None:
            reach("token-received")
            log.warning("lost tokens were got again", action="sign-in", connection=self.connection)
        return found
