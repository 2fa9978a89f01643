"""A vendor one signs in to, made for tests, and a session on it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Answer, Connector, Operation, Secret, bearer, get, send
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connect.sign_in import APP, JWT, OAuth2, says, sign_in_of
from trunkline.connect.tokens import Tokens
from trunkline.model.clock import Clock, SystemClock
from trunkline.model.connection import Account
from trunkline.model.errors import SuspendedError
from trunkline.model.grant import Grants
from trunkline.model.ids import ConnectionId
from trunkline.model.schema import integer, record, text
from trunkline.testing.oauth import AuthorizationServer, MemoryGrants
from trunkline.testing.vendor import FakeVendor, serving

CONNECTION = ConnectionId("con_signed")
ROTATING = OAuth2(
    authorize_url="https://sign-in.guild.example/authorize",
    token_url="https://api.guild.example/oauth/token",
    grants=("authorization_code", "jwt"),
    scopes=("read", "write"),
    answers=(Answer(status=400, means=SuspendedError, when=says("not active"), hint="Pay the vendor."),),
    options={"place": "place"},
)
READ = Operation(
    id="whoami",
    title="Who am I",
    category="Guild",
    kind="read",
    call=get("/me"),
    takes=record({}),
    gives=record({}, open=True),
)
WRITE = Operation(
    id="add",
    title="Add one",
    category="Guild",
    kind="write",
    call=send("POST", "/add"),
    takes=record({"number": integer()}),
    gives=record({}, open=True),
)
GUARDED = replace(WRITE, id="guarded.add", title="Add one, with a permission", scopes=("guild.add",))
GUILD = Connector(
    id="guild",
    name="Guild",
    base_url="https://api.guild.example",
    about="For tests of sign-in.",
    auth=bearer,
    secrets=(Secret(name="token", title="Token"), *APP, JWT),
    options=record({"place": text()}),
    operations=(READ, WRITE, GUARDED),
    check=READ,
    oauth=ROTATING,
)


class FakeGuild(FakeVendor):
    """Says who calls, and counts what is added."""

    def __init__(self, oauth: OAuth2 = ROTATING, *, clock: Clock | None = None) -> None:
        self.added = 0
        super().__init__(clock=clock)
        self.server = self.sign_in = AuthorizationServer(oauth, clock=self.clock, told={"place": "p1"})

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/me", self._me), Route("/add", self._add, methods=["POST"])]

    async def _me(self, _: Request) -> Response:
        return JSONResponse({"me": "guild"})

    async def _add(self, _: Request) -> Response:
        self.added += 1
        return JSONResponse({"added": self.added}, status_code=201)


@dataclass(slots=True, kw_only=True)
class Desk:
    """A session that signed in, and what it stands on."""

    vendor: FakeGuild
    server: AuthorizationServer
    session: Session
    tokens: Tokens
    grants: Grants

    async def call(self) -> None:
        """One read."""
        await self.session.call(READ, {})


def tokens_of(
    connector: Connector, account: Account, client: Client, grants: Grants, *, base_url: str, clock: Clock | None = None
) -> Tokens:
    """Tokens as the program makes them."""
    oauth = sign_in_of(connector, account)
    assert oauth is not None
    clock = clock or SystemClock()
    budget = Budget(connector.limits, clock)
    asker = Asker(connector=connector, oauth=oauth, account=account, client=client, clock=clock, budget=budget, base_url=base_url)
    return Tokens(connection=CONNECTION, asker=asker, grants=grants, clock=clock)


@asynccontextmanager
async def signed_in(
    oauth: OAuth2 = ROTATING, *, account: Account | None = None, grants: Grants | None = None, clock: Clock | None = None
) -> AsyncGenerator[Desk]:
    """A session with tokens got by a person (or by none, when the account needs nobody)."""
    vendor = FakeGuild(oauth, clock=clock)
    connector = replace(GUILD, oauth=oauth)
    clock = clock or SystemClock()
    if grants is None:
        memory = grants = MemoryGrants(clock)
        if account is None:
            memory.put(CONNECTION, vendor.server.grant())
    account = account or vendor.server.account()
    async with serving(vendor) as base_url, Client() as client:
        tokens = tokens_of(connector, account, client, grants, base_url=base_url, clock=clock)
        session = Session(
            connector=connector,
            account=account,
            client=client,
            budget=tokens.asker.budget,
            memory=Memory(clock),
            clock=clock,
            base_url=base_url,
            tokens=tokens,
        )
        yield Desk(vendor=vendor, server=vendor.server, session=session, tokens=tokens, grants=grants)
