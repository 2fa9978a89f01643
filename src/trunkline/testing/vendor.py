"""The base of every fake vendor: a small ASGI app with state, a call log and switches that spoil an answer on purpose."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar, Literal

import uvicorn
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.connect.declaration import RateLimit
from trunkline.model.clock import Clock, SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Pairs
from trunkline.model.json import JSON, JSONObject, loads
from trunkline.testing.endings import Ending, finish
from trunkline.testing.webhooks import Webhooks

if TYPE_CHECKING:
    from trunkline.testing.oauth import AuthorizationServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as the vendor received it; header names are lower case."""

    method: str
    path: str
    query: QueryParams
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    def json(self) -> JSON:
        return loads(self.body)


@dataclass(slots=True, kw_only=True)
class Switch:
    """What happens to the next requests of a route instead of the normal answer."""

    route: str
    status: int | None
    body: JSON | str
    headers: Mapping[str, str]
    after: bool
    ending: Ending
    delay_s: float
    times: int


class FakeVendor:
    """A vendor as an ASGI app. A subclass gives `routes`, the shape of its refusals, and (for webhooks) `sign`.

    `calls` is the log of what arrived. `next` spoils coming answers. `limits` are enforced like the vendor does: `window` says whether it
    counts in a sliding window or in fixed ones.
    """

    token: ClassVar[str] = "fake-token-6f1c0a"
    limits: tuple[RateLimit, ...] = ()
    window: Literal["sliding", "fixed"] = "sliding"

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.calls: list[Seen] = []
        self.over_limit = 0
        """Requests that were refused because they came too fast."""
        self.token_accepted = True
        """Set to False to make the vendor refuse every credential, as after a revocation."""
        self.scopes_refused: set[str] = set()
        """Scopes or permissions the credential lacks: what needs one is refused, by a vendor that has such."""
        self.sign_in: AuthorizationServer | None = None
        """Where connections sign in, for a vendor that offers it: its tokens are accepted besides `token`."""
        self.webhooks = Webhooks(self)
        self._switches: list[Switch] = []
        self._arrivals: deque[float] = deque()
        self._router = Router(routes=list(self.routes()))

    # ── what a vendor says of itself ──

    def routes(self) -> Sequence[BaseRoute]:
        """The endpoints, with their handlers. They see a request only when it is authorised and under the limit."""
        raise NotImplementedError

    def seed(self) -> None:
        """Fill the state with the records that the samples speak of."""

    def collections(self) -> Mapping[str, dict[str, JSONObject]]:
        """Records by the name of their collection and by their id, which people may look at and put in."""
        return {}

    def lists(self) -> Mapping[str, Sequence[JSONObject]]:
        """What people may only look at."""
        return {}

    def account(self) -> Account:
        """An account this vendor accepts; its credential holds `token`."""
        return Account(options={}, credential=Credential({"token": self.token}))

    def authorised(self, request: Request) -> bool:
        """Whether the credential is good; called only while `token_accepted`."""
        return request.headers.get("authorization") in (self.token, f"Bearer {self.token}")

    def refusal(self, status: int, message: str = "refused on purpose") -> Response:
        """An error answer in the vendor's own shape."""
        return JSONResponse({"message": message, "statusCode": status}, status_code=status)

    def too_fast(self) -> Response:
        """The answer to a request over the limit."""
        return self.refusal(429, "too many requests")

    def quota_headers(self, remaining: int) -> Mapping[str, str]:
        """What every answer tells of the budget."""
        return {}

    def sign(self, body: bytes, *, at: float) -> Pairs:
        """The headers that prove a webhook sent at `at` (Unix seconds)."""
        return ()

    # ── state ──

    def stored(self, collection: str) -> list[JSONObject]:
        """The records of a collection; `LookupError` names those there are."""
        if collection in self.lists():
            return [*self.lists()[collection]]
        return [*self._collection(collection).values()]

    def seed_records(self, records: Mapping[str, Sequence[JSONObject]]) -> None:
        """Put records in by their collection; each has its id."""
        for collection, some in records.items():
            for record in some:
                self._collection(collection)[str(record["id"])] = dict(record)

    def _collection(self, name: str) -> dict[str, JSONObject]:
        if name in self.lists():
            raise LookupError(f"The collection {name} can only be looked at.")
        known = self.collections()
        if name not in known:
            raise LookupError(f"There is no collection {name}; there are: {', '.join((*known, *self.lists())) or 'none'}.")
        return known[name]

    # ── switches ──

    def next(
        self,
        route: str = "*",
        *,
        status: int | None = None,
        body: JSON | str = None,
        headers: Mapping[str, str] | None = None,
        after: bool = False,
        ending: Ending = "answer",
        delay_s: float = 0,
        times: int = 1,
    ) -> None:
        """Spoil the next `times` answers of `route` (`POST /v1/contacts`, `GET /v1/contacts/*`, `*`).

        `after` carries the request out first, so that the write is done and only its answer is lost. Without `body` the vendor's own
        refusal of that status is sent; a text body is sent as an HTML page. With neither status nor body the true answer is sent, spoiled
        by `ending` or `delay_s`; only `hang` and `drop` then leave the request undone, unless `after`.
        """
        self._switches.append(
            Switch(route=route, status=status, body=body, headers=headers or {}, after=after, ending=ending, delay_s=delay_s, times=times)
        )

    def behave(self) -> None:
        """Spoil no further answers."""
        self._switches.clear()

    def calls_to(self, route: str) -> list[Seen]:
        """The calls of a route, in order."""
        return [call for call in self.calls if fnmatchcase(call.route, route)]

    # ── the app ──

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        seen = Seen(
            method=request.method,
            path=request.url.path,
            query=request.query_params,
            headers=dict(request.headers),
            body=body,
        )
        self.calls.append(seen)
        switch = self._take(seen.route)
        answer = await self._answer(request, switch)
        if switch is not None and switch.delay_s:
            await asyncio.sleep(switch.delay_s)
        await finish(answer, switch.ending if switch else "answer", scope, receive, send)

    async def _answer(self, request: Request, switch: Switch | None) -> Response:
        remaining = self._count()
        if remaining < 0:
            self.over_limit += 1
            return self.too_fast()
        spoiled = switch is not None and (switch.status is not None or switch.body is not None or switch.ending in ("hang", "drop"))
        if switch is not None and spoiled and not switch.after:
            return self._spoiled(switch)
        if self.sign_in is not None and self.sign_in.serves(request.url.path):
            answer = await self.sign_in.answer(request)
        elif self._lets_in(request):
            answer = await self._carry_out(request)
        else:
            return self.refusal(401, "the credential is refused")
        answer.headers.update(self.quota_headers(remaining))
        return self._spoiled(switch) if switch is not None and spoiled else answer

    def _lets_in(self, request: Request) -> bool:
        if not self.token_accepted:
            return False
        return self.authorised(request) or (self.sign_in is not None and self.sign_in.accepts(request))

    async def _carry_out(self, request: Request) -> Response:
        """Run the vendor's handler and keep its answer, so that a switch can still spoil it."""
        start: Message = {}
        chunks: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        async def replay() -> Message:
            return {"type": "http.request", "body": await request.body(), "more_body": False}

        await self._router(request.scope, replay, keep)
        answer = Response(b"".join(chunks), status_code=start["status"])
        answer.raw_headers = list(start["headers"])
        return answer

    def _spoiled(self, switch: Switch) -> Response:
        status = switch.status or 200
        if switch.body is None:
            answer = self.refusal(status)
        elif isinstance(switch.body, str):
            answer = Response(switch.body, status_code=status, media_type="text/html")
        else:
            answer = JSONResponse(switch.body, status_code=status)
        answer.headers.update(switch.headers)
        return answer

    def _take(self, route: str) -> Switch | None:
        for switch in self._switches:
            if fnmatchcase(route, switch.route):
                switch.times -= 1
                if switch.times <= 0:
                    self._switches.remove(switch)
                return switch
        return None

    def _count(self) -> int:
        """How many calls remain after this one; negative when it is over a limit, and then it is not counted."""
        if not self.limits:
            return 0
        now = self.clock.monotonic()
        longest = max(limit.per_s for limit in self.limits)
        while self._arrivals and self._arrivals[0] <= now - longest:
            self._arrivals.popleft()
        remaining = min(limit.calls - self._used(limit, now) for limit in self.limits) - 1
        if remaining >= 0:
            self._arrivals.append(now)
        return remaining

    def _used(self, limit: RateLimit, now: float) -> int:
        begin = now - limit.per_s if self.window == "sliding" else (now // limit.per_s) * limit.per_s
        if self.window == "sliding":
            return sum(1 for arrival in self._arrivals if arrival > begin)
        return sum(1 for arrival in self._arrivals if arrival >= begin)


# ── on a real port ───────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
    """Serve `app` on a loopback port of this process and yield its base URL; leaving cuts every connection at once."""
    # NOTE: asyncio sends small packets at once only on sockets that say TCP; without it each answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False, lifespan="off", log_level=60)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        await _stop(server)
        if isinstance(app, FakeVendor):
            await app.webhooks.close()


async def _stop(server: uvicorn.Server) -> None:
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    tasks = list(server.server_state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
