"""Asking a vendor for tokens: which request it takes for this connection, where it goes, and what its failure may say."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from trunkline.connect import grants as messages
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Connector
from trunkline.connect.masking import words_of
from trunkline.connect.sign_in import OAuth2, located, way_of
from trunkline.model.clock import Clock, Instant, later
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, RateLimitedError, ReconnectError, RemoteError, SuspendedError
from trunkline.model.grant import Grant
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.json import JSONObject, at_path

_AFTER_429_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Tokens ready for use: what of them goes into a call, and every text of them that must not be shown.

    `account` is the connection's with the live access token as the secret `token`, for calls that look at it.
    """

    generation: int
    grant: Grant = field(repr=False)
    account: Account
    auth: Pairs = field(repr=False)
    query: Pairs = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    worn: tuple[bytes, ...] = field(repr=False)
    """What of it an answer might repeat."""
    renew_at: Instant | None
    """None: they last until they are revoked."""


class Minter(Protocol):
    """Another connection, with whose tokens those of this one are made."""

    @property
    def oauth(self) -> OAuth2: ...

    async def live(self) -> Live:
        """Its tokens, good now."""
        ...

    async def renewed(self, used: Live) -> Live:
        """Other tokens than `used`, which were refused."""
        ...


class MinterRefused(Exception):
    """The other connection cannot be used: `error` is its own and says nothing against this one."""

    def __init__(self, error: ReconnectError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Sends the token requests of one connection. `others` finds the connection that mints, by its name."""

    connector: Connector
    oauth: OAuth2
    account: Account
    client: Client
    clock: Clock
    budget: Budget
    base_url: str | None = None
    others: Callable[[str], Awaitable[Minter]] | None = None
    timeout_s: float = 10

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """A place in the vendor's limit for token requests, where it has one."""
        if not self.oauth.group:
            yield
            return
        async with self.budget.of(self.oauth.group).place():
            yield

    async def tokens(self, before: Grant | None) -> Grant:
        """New tokens. Raises `OutcomeUnknownError` when the vendor may have given some whose answer was lost, else what it said."""
        match way_of(self.oauth, self.account):
            case "minted":
                body = await self._minted()
            case "jwt":
                body = await self._send(messages.by_jwt(self.oauth, self.account))
            case "client_credentials":
                body = await self._send(messages.by_client(self.oauth, self.account))
            case "authorization_code":
                assert before is not None
                body = await self._send(messages.by_refresh(self.oauth, self.account, before), also_secret=tuple(before.secrets()))
        return messages.grant_of(body, self.oauth, now=self.clock.now(), before=before)

    async def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> JSONObject:
        """What the vendor answers to a code that a person's browser brought back."""
        request = messages.by_code(self.oauth, self.account, code=code, redirect_uri=redirect_uri, verifier=verifier)
        return await self._send(request, also_secret=(code, verifier))

    async def recovered(self, before: Grant) -> Grant | None:
        """Tokens in place of ones that were lost, where the vendor gives this app another code for this account; None where it does not.

        Raises what the vendor said; `ReconnectError` also when they would be those of another account.
        """
        recover = self.oauth.recover
        request = None if recover is None else recover.request(self.account)
        if recover is None or request is None:
            return None
        told = await self._send(request, also_secret=tuple(before.secrets()), wanted=recover.code)
        code = str(at_path(told, recover.code))
        body = await self._send(messages.by_code(self.oauth, self.account, code=code), also_secret=(code,))
        known = self.account.options
        if any(known.get(name, value) != value for name, value in messages.options_of(body, self.oauth).items()):
            raise ReconnectError(f"{self.connector.name} gave tokens of another account.", connector=self.connector.id)
        return messages.grant_of(body, self.oauth, now=self.clock.now(), before=before)

    async def _minted(self) -> JSONObject:
        """Made with the other connection's tokens; these are renewed once if the vendor refuses them."""
        other = await self._other()
        theirs = await _of(other.live())
        try:
            return await self._mint(theirs)
        except SuspendedError:
            raise
        except ReconnectError as refusal:
            if refusal.status != 401:
                raise
        return await self._mint(await _of(other.renewed(theirs)))

    async def _mint(self, theirs: Live) -> JSONObject:
        assert self.oauth.minted is not None
        request = self.oauth.minted.request(self.account, theirs.grant)
        return await self._send(replace(request, headers=(*request.headers, *theirs.auth)), also_secret=theirs.secrets)

    async def _other(self) -> Minter:
        minted = self.oauth.minted
        if minted is None or self.others is None:
            raise ConfigError("This connection's token is made with another connection, and none can be reached from here.")
        other = await self.others(minted.by)
        if other.oauth.minted is not None:
            raise ConfigError(
                f"The connection {minted.by!r} gets its own token from another connection, so it can make none.",
                hint="Name the connection that somebody signed in to.",
            )
        return other

    async def _send(self, request: Request, *, also_secret: tuple[str, ...] = (), wanted: str = "") -> JSONObject:
        url = located(request.url, self.connector, self.base_url)
        # The address is the declaration's or the owner's own, so it counts as the connection's own server.
        base_url = url if "://" in url else self.connector.base_url
        try:
            response = await self.client.send(replace(request, url=url), base_url=base_url, timeout_s=self.timeout_s, write=True)
            return self._read(response, wanted)
        except RemoteError as error:
            if isinstance(error, RateLimitedError) and self.oauth.group:
                self.budget.of(self.oauth.group).refused(error.retry_at or later(self.clock.now(), _AFTER_429_S))
            hidden = {*self.account.credential.values(), *also_secret}
            error.message = words_of(error.message, sorted(hidden, key=len, reverse=True))
            error.args = (error.message,)
            raise

    def _read(self, response: Response, wanted: str) -> JSONObject:
        if self.oauth.group and self.connector.quota is not None and (quota := self.connector.quota(response.headers)) is not None:
            self.budget.of(self.oauth.group).correct(quota)
        return messages.answered(response, self.oauth, self.connector, now=self.clock.now(), wanted=wanted)


async def _of(asked: Awaitable[Live]) -> Live:
    try:
        return await asked
    except ReconnectError as error:
        raise MinterRefused(error) from error
