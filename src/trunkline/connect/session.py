"""One connection at work: every call passes the same checks, budget, translation and masking."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from trunkline.connect.answers import judge, parse
from trunkline.connect.asking import Live
from trunkline.connect.bodies import file_of
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client, same_origin
from trunkline.connect.declaration import Call, Connector, Crafted, IdempotencyKey, Operation, Perform, repeat_of
from trunkline.connect.inputs import check
from trunkline.connect.masking import mask, parts_of, unworn, worn
from trunkline.connect.memory import Memory
from trunkline.connect.notices import Notice, notice_in
from trunkline.connect.outage import Outage
from trunkline.connect.requests import build, fill_in
from trunkline.connect.tokens import Tokens
from trunkline.connect.turns import SOMEBODY, Errand
from trunkline.model.clock import Clock, Instant
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, OutcomeUnknownError, RateLimitedError, ReconnectError, RemoteError, SuspendedError
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.ids import digest, fresh
from trunkline.model.json import JSON, JSONObject

DEPTH_HEADER: Final = "trunkline-depth"
"""Tells a hub how deep in a chain of flows a call stands."""

_ACCEPT: Final[Pairs] = (("accept", "application/json"),)


@dataclass(slots=True, kw_only=True)
class Session:
    """A connection that can be called; it implements the `Caller` that composed operations get.

    Made once per connection, since `budget` and `memory` must be shared; `keyed` gives the copy for one effect. `base_url` is the owner's
    own address for this connection, else the connector's is used. The credential is sent there and to the connector's `hosts` only.
    """

    connector: Connector
    account: Account
    client: Client
    budget: Budget
    memory: Memory
    clock: Clock
    base_url: str | None = None
    key: str | None = None
    depth: int = 0
    timeout_s: float = 30
    tokens: Tokens | None = None
    """The live credential of a connection that signed in; without it the account's own secrets are all there is."""
    notice: Callable[[Notice], None] | None = None
    """Hears what answers say of operations that will be taken away; it must not wait."""
    heard: Callable[[Mapping[str, str]], None] | None = None
    """Sees the headers of every answer; it must not wait."""
    outage: Outage = field(default_factory=Outage)
    """Whether the vendor answers."""
    composing: bool = False
    """Inside a composed operation: its writes go out under keys of their own, made from the effect's key and what each one sends."""
    errand: Errand = SOMEBODY
    """What its calls are made for: decides whose turn it is when places in the budget are short."""
    location: str = ""
    """The connection's id, where several connections share the budget."""
    written: list[str] = field(default_factory=list[str])
    """The writes a composed operation has done so far."""
    _auth: Pairs = field(init=False, repr=False)
    _query: Pairs = field(init=False, repr=False)
    _worn: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own = self.tokens is None
        self._auth = self.connector.auth(self.account.credential) if own else ()
        self._query = self.connector.auth_query(self.account.credential) if own and self.connector.auth_query else ()
        # Who wears nothing is known by the address that is called.
        self._worn = worn(self._auth + self._query or (_addresses(self.account.credential) if own else ()))

    def keyed(self, key: str | None, *, depth: int = 0, errand: Errand | None = None) -> "Session":
        """This connection for one effect: `key` makes its writes repeatable where the vendor can, `depth` is told on."""
        return replace(self, key=key, depth=depth, errand=errand or self.errand)

    def later_than(self, operation: Operation, errand: Errand) -> Instant | None:
        """When to come again with a call of `operation`, if waiting for its place in the budget would outlast the errand's patience."""
        budget = self.budget.of(operation.group)
        return None if budget.unlimited else budget.later_than(errand)

    async def call(self, operation: Operation, input: JSONObject) -> JSON:
        """Carry out `operation` and return its whole answer, parsed.

        Raises `MappingError` (the input does not fit), a `RemoteError` (what the vendor made of it), or `AddressError`.
        """
        try:
            answer = await self._carry_out(operation, input)
        except RemoteError as error:
            self.outage.failed(error, self.clock.now())
            raise
        if self.outage.failures:
            self.outage.answered()
        if self.composing and operation.kind == "write":
            self.written.append(operation.id)
        return answer

    async def _carry_out(self, operation: Operation, input: JSONObject) -> JSON:
        match operation.call:
            case Call() as call:
                input = fill_in(call, input, self.account)
                check(operation.input, input, filled=True)
                account = self.account if self.tokens is None else await self._signed_in(self.tokens)
                answer = await self._send(operation, build(call, input, account))
                return file_of(answer) if call.file else parse(answer, operation, self.connector)
            case Crafted() as crafted:
                check(operation.input, input)
                account = self.account if self.tokens is None else await self._signed_in(self.tokens)
                return crafted.answer(await self._send(operation, crafted.request(input, account)))
            case perform:
                check(operation.input, input)
                account = self.account if self.tokens is None else await self._signed_in(self.tokens)
                inside = replace(self, account=account, composing=True, written=[], errand=self.errand.begun)
                return await self._compose(operation, perform, inside, input)

    async def _compose(self, operation: Operation, perform: Perform, caller: "Session", input: JSONObject) -> JSON:
        """Once a part is written, no later error says that nothing was done: what a repeat would double is then looked up first."""
        try:
            return await perform(caller, input)
        except OutcomeUnknownError:
            raise
        except RemoteError as error:
            repeat = repeat_of(operation, self.account)
            if not caller.written or repeat == "safe" or isinstance(repeat, IdempotencyKey):
                raise
            raise OutcomeUnknownError(
                f"{self.connector.id}.{operation.id} was done in part ({', '.join(caller.written)}), and then: {error.message}",
                hint=error.hint,
                connector=self.connector.id,
                operation=operation.id,
                status=error.status,
                request_id=error.request_id,
            ) from error

    async def _signed_in(self, tokens: Tokens) -> Account:
        """The account as calls see it: with the live token among its secrets."""
        return (tokens.at_hand() or await tokens.live()).account

    async def _send(self, operation: Operation, request: Request) -> Response:
        if self.tokens is None:
            return await self._placed(operation, request, None)
        live = self.tokens.at_hand() or await self.tokens.live()
        try:
            return await self._placed(operation, request, live)
        except SuspendedError:
            raise
        except ReconnectError:
            # What is refused for its credential was not carried out, so it is sent again, once, with a newer one.
            live = await self.tokens.renewed(live)
        try:
            return await self._placed(operation, request, live)
        except ReconnectError:
            self.tokens.refused(live)
            raise

    async def _placed(self, operation: Operation, request: Request, live: Live | None) -> Response:
        headers = self._headers(operation, request, live)
        query = request.query + self._query_credential_for(request, live)
        dressed = Request(method=request.method, url=self._url(request.url), query=query, headers=headers, body=request.body)
        budget = self.budget.of(operation.group)
        try:
            if budget.unlimited:
                return await self._answer(operation, dressed, live)
            async with budget.place(self.errand, location=self.location) as place:
                return await self._answer(operation, dressed, live, place.counted)
        except RemoteError as error:
            error.connector, error.operation = self.connector.id, operation.id
            error.message = mask(error.message, self._hidden(live))
            error.args = (error.message,)
            raise

    def _hidden(self, live: Live | None) -> tuple[str, ...]:
        """What must not stand in an error."""
        return (*(live.secrets if live else ()), *secrets(self.account.credential, (*self._auth, *self._query)))

    def _url(self, url: str) -> str:
        """`url`, or its path where the connection has an address of its own: that one stands for all of the vendor's."""
        if self.base_url is None or url.startswith("/"):
            return url
        host = next((host for host in self.connector.hosts if same_origin(url, host)), None)
        return url if host is None else url.removeprefix(host)

    async def _answer(
        self, operation: Operation, request: Request, live: Live | None, counted: Callable[[], None] | None = None
    ) -> Response:
        write = operation.kind == "write"
        base_url = self.base_url or self.connector.base_url
        response = await self.client.send(request, base_url=base_url, timeout_s=self.timeout_s, write=write, answering=counted)
        if self.heard is not None:
            self.heard(response.headers)
        budget = self.budget.of(operation.group)
        if self.connector.quota is not None and (quota := self.connector.quota(response.headers)) is not None:
            budget = self.budget.of(quota.group) if quota.group else budget
            budget.correct(quota)
        if self.notice is not None and (said := notice_in(response.headers, connector=self.connector.id, operation=operation.id)):
            self.notice(said)
        if not response.ok or self.connector.answers:
            try:
                judge(response, operation, self.connector, now=self.clock.now(), secrets=lambda: self._hidden(live))
            except RateLimitedError as error:
                budget.refused(error.retry_at)
                raise
        budget.accepted()
        return unworn(response, live.worn if live else self._worn, headers=isinstance(operation.call, Crafted))

    def _headers(self, operation: Operation, request: Request, live: Live | None) -> Pairs:
        headers = request.headers + self._credential_for(request, live)
        if self.key is not None and operation.kind == "write":
            repeat = repeat_of(operation, self.account)
            if isinstance(repeat, IdempotencyKey):
                headers += ((repeat.header, self._key_for(request, self.key)),)
        if isinstance(operation.call, Crafted):
            headers += self._crafted_headers(operation.call, request)
        if any(name.lower() == "accept" for name, _ in request.headers):
            return headers
        return headers + _ACCEPT

    def _crafted_headers(self, crafted: Crafted, request: Request) -> Pairs:
        headers: Pairs = ((DEPTH_HEADER, str(self.depth)),) if self.depth and crafted.traced else ()
        if crafted.sign is not None:
            id = self._key_for(request, self.key) if self.key is not None else fresh("msg")
            headers += crafted.sign(request, self.account, id, self.clock.now())
        return headers

    def _key_for(self, request: Request, key: str) -> str:
        return digest(key, request.method, request.url, request.body or b"") if self.composing else key

    def _credential_for(self, request: Request, live: Live | None) -> Pairs:
        """The auth headers, if the request goes to the connection's own address."""
        auth = live.auth if live else self._auth
        return auth if auth and self._is_ours(request) else ()

    def _query_credential_for(self, request: Request, live: Live | None) -> Pairs:
        """The credential of a vendor that wants it in the query, if the request goes to the connection's own address."""
        query = live.query if live else self._query
        return query if query and self._is_ours(request) else ()

    def _is_ours(self, request: Request) -> bool:
        """Whether the credential may go where the request goes."""
        if request.url.startswith("/"):
            return True
        base_url = self.base_url or self.connector.base_url
        if not base_url:
            raise ConfigError(
                "this connection has a credential but no base URL, so it is not known where the credential may go",
                hint="Give the connection a base URL, or use one without a credential.",
            )
        return any(same_origin(request.url, host) for host in (base_url, *self.connector.hosts))


def _addresses(credential: Credential) -> Pairs:
    """What an answer may repeat of secrets that are addresses: there the credential is what was called."""
    return tuple(("", part) for secret in credential.values() if "/" in secret for part in parts_of(secret))


def secrets(credential: Credential, auth: Pairs) -> Iterator[str]:
    """Every text that must not be shown: the credential's values, what stands in addresses among them, and what the auth headers make of
    them; longest first.
    """
    found = {*credential.values(), *(part for _, part in _addresses(credential))}
    for _, value in auth:
        found.add(value)
        found.update(value.split(" ")[1:])
    yield from sorted(found, key=len, reverse=True)
