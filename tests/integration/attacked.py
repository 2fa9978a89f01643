"""A hub as strangers meet it: everything it answers, on a real port, with a connection of every kind that takes deliveries."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.integration.raw_http import Answer, Headers, exchange, request
from tests.integration.signing_in import GUILD, FakeGuild
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import invitations, sign_in
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import answering, opened_desk, running_engine, whole
from trunkline.connect.declaration import Connector
from trunkline.connect.registry import Registry
from trunkline.connect.webhooks import Incoming, Verified, Webhook
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.connectors.slack.fake import FakeSlack
from trunkline.engine.engine import Engine
from trunkline.model.clock import SECOND, Instant, iso
from trunkline.model.connection import Account, Credential
from trunkline.model.http import Delivery, Pairs
from trunkline.model.json import JSONObject, as_object, dumps
from trunkline.settings import Settings
from trunkline.testing import signing
from trunkline.testing.vendor import serving
from trunkline.web.factory import Front

PUBLIC: Final = "https://hub.example"
TOKEN: Final = "a-token-nobody-may-see-5e0d"
WHSEC: Final = FakeHTTP.webhook_secret
SECRET: Final = "a-secret-nobody-may-see-77b2"


def _stumbles(_: Delivery, __: Account) -> Verified:
    raise KeyError("a bug")


BUGGY: Final = Connector(
    id="buggy",
    name="Buggy",
    base_url="",
    about="For tests of what nobody foresaw.",
    auth=lambda _: (),
    operations=(),
    webhook=Webhook(verify=_stumbles, split=lambda body, _: (Incoming(kind="x", body=as_object(body)),)),
)


async def until(reached: Callable[[], bool], *, within_s: float = 20) -> None:
    """Wait for what comes by itself."""
    async with asyncio.timeout(within_s):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)


Sign = Callable[[bytes, Instant], Pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How a vendor proves its deliveries. `body` makes one with this id; `proof` is the header that must be right."""

    connector: str
    trigger: str
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Callable[[str, Instant], JSONObject]
    sign: Sign
    proof: str
    unproven: tuple[Pairs, str] = ((), "")
    """Headers and a query that the proof does not cover: with others it is still the same delivery."""

    @property
    def account(self) -> Account:
        """A connection of this kind, for pure functions."""
        return Account(options={**self.options}, credential=Credential(self.secrets))

    def delivery(self, id: str, now: Instant) -> tuple[Headers, bytes]:
        """A good one."""
        body = dumps(self.body(id, now))
        return (("content-type", "application/json"), *self.sign(body, now)), body


def _slack(id: str, _: Instant) -> JSONObject:
    event: JSONObject = {"type": "message", "channel": "C1", "user": "U1", "text": id, "ts": "1.0"}
    return {"type": "event_callback", "team_id": "T1", "event_id": id, "event": event}


def _ghl(id: str, now: Instant) -> JSONObject:
    return {"type": "ContactCreate", "locationId": "LOC", "id": id, "webhookId": id, "timestamp": iso(now)}


def _phone(id: str, now: Instant) -> JSONObject:
    data: JSONObject = {"resource": {"id": id}, "object": {"id": id}, "context": {}, "links": {}}
    return {"id": id, "type": "message.received", "createdAt": iso(now), "data": data}


def _ring(id: str, now: Instant) -> JSONObject:
    body: JSONObject = {"extensionId": id, "telephonyStatus": "Ringing", "sequence": 1}
    return {"uuid": id, "event": "/restapi/v1.0/account/1/extension/~/presence", "timestamp": iso(now), "body": body}


def _plain(id: str, _: Instant) -> JSONObject:
    return {"id": id}


def _stamped(vendor: FakeGHL | FakeSlack | FakeOpenPhone) -> Sign:
    return lambda body, now: vendor.sign(body, at=now / SECOND)


def _legacy() -> FakeOpenPhone:
    vendor = FakeOpenPhone()
    vendor.generation = "legacy"
    return vendor


def _hmac(body: bytes, _: Instant) -> Pairs:
    return (("x-signature", hmac.digest(SECRET.encode(), body, "sha256").hex()),)


_GHL: Final = FakeGHL()
_PHONE: Final = FakeOpenPhone()
_LEGACY: Final = _legacy()
SCHEMES: Final[Mapping[str, Scheme]] = {
    "token": Scheme(
        connector="http",
        trigger="http.received",
        secrets={"webhook_token": TOKEN},
        body=_plain,
        sign=lambda _, __: (("x-webhook-token", TOKEN),),
        proof="x-webhook-token",
    ),
    "hmac": Scheme(
        connector="http",
        trigger="http.received",
        options={"webhook_auth": "hmac"},
        secrets={"webhook_secret": SECRET},
        body=_plain,
        sign=_hmac,
        proof="x-signature",
        unproven=((("x-delivery-id", "another"), ("webhook-id", "another")), "?record=x&a=b"),
    ),
    "standard": Scheme(
        connector="webhook",
        trigger="webhook.received",
        secrets={"webhook_secret": WHSEC},
        body=_plain,
        sign=lambda body, now: signing.standard_webhooks(WHSEC, body, at=now / SECOND),
        proof="webhook-signature",
        unproven=((("x-delivery-id", "another"), ("idempotency-key", "another")), "?a=b"),
    ),
    "ghl": Scheme(
        connector="ghl",
        trigger="ghl.contacts.created",
        options={"location": "LOC", "webhook_public_key": _GHL.public_key},
        secrets={"token": "pit-x"},
        body=_ghl,
        sign=_stamped(_GHL),
        proof="x-ghl-signature",
        unproven=((("webhook-id", "another"),), "?a=b"),
    ),
    "openphone": Scheme(
        connector="openphone",
        trigger="openphone.messages.received",
        options={"subscription": "by_hand"},
        secrets={"token": "t", "webhook_key": _PHONE.webhook_key},
        body=_phone,
        sign=_stamped(_PHONE),
        proof="webhook-signature",
        unproven=((("x-delivery-id", "another"),), "?a=b"),
    ),
    "openphone-legacy": Scheme(
        connector="openphone",
        trigger="openphone.messages.received",
        options={"subscription": "by_hand"},
        secrets={"token": "t2", "webhook_legacy_secret": _LEGACY.webhook_legacy_secret},
        body=_phone,
        sign=_stamped(_LEGACY),
        proof="openphone-signature",
        unproven=((("webhook-id", "another"),), "?a=b"),
    ),
    "slack": Scheme(
        connector="slack",
        trigger="slack.messages.received",
        secrets={"signing_secret": FakeSlack.signing_secret},
        body=_slack,
        sign=_stamped(FakeSlack()),
        proof="x-slack-signature",
        unproven=((("webhook-id", "another"),), "?a=b"),
    ),
    "ringcentral": Scheme(
        connector="ringcentral",
        trigger="ringcentral.presence.changed",
        options={"subscription": "by_hand"},
        secrets={"token": "t3", "webhook_token": TOKEN},
        body=_ring,
        sign=lambda _, __: (("verification-token", TOKEN),),
        proof="verification-token",
        unproven=((("webhook-id", "another"),), "?a=b"),
    ),
}
"""Every way in which deliveries are proven."""


class Canary:
    """A server that nobody has a reason to call; it counts who does."""

    def __init__(self) -> None:
        self.calls = 0
        self.at = ""

    async def heard(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        writer.close()


@asynccontextmanager
async def listening() -> AsyncGenerator[Canary]:
    canary = Canary()
    server = await asyncio.start_server(canary.heard, "127.0.0.1", 0)
    canary.at = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield canary
    finally:
        server.close()
        await server.wait_closed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A hub with a connection for each scheme, one that somebody signs in to (`guild`), and one to write to (`sink`)."""

    desk: Desk
    engine: Engine
    page: Front
    port: int
    home: Path
    guild: FakeGuild
    sink: FakeHTTP
    canary: Canary

    async def send(self, method: str, target: str, headers: Headers = (), body: bytes = b"", *, host: str = "hub.example") -> Answer:
        return await exchange(self.port, request(method, target, headers, body, host=host))

    @property
    def guild_url(self) -> str:
        (link,) = (link for link in self.engine.directory.links() if link.connection.name == "guild")
        return str(link.connection.base_url)

    async def hook(self, name: str) -> str:
        return f"/hooks/{(await connection_admin.named(self.desk, name)).endpoint}"

    async def deliver(self, name: str, id: str) -> Answer:
        """A good delivery to the connection of this scheme."""
        headers, body = SCHEMES[name].delivery(id, self.desk.clock.now())
        return await self.send("POST", await self.hook(name), headers, body)

    async def link(self, name: str = "guild", *, lasts_s: float = 3600) -> str:
        """The secret part of a reconnect link."""
        return (await invitations.invite(self.desk, name, lasts_s=lasts_s)).token

    async def state(self) -> str:
        """That of a sign-in that waits for its answer."""
        return (await sign_in.begin(self.desk, "guild", redirect_uri=f"{PUBLIC}/oauth/callback")).state

    async def targets(self) -> dict[str, str]:
        """Every public route, and an address at which somebody is really asked."""
        known = {"{endpoint}": (await self.hook("token")).removeprefix("/hooks/"), "{token}": await self.link()}
        return {route: _filled(route.split(" ")[1], known) for route in self.page.routes()}

    async def add(self, connector: str, name: str, *, base_url: str | None = None, **secrets: str) -> None:
        new = NewConnection(connector=connector, name=name, base_url=base_url, options={}, secrets=secrets)
        await connection_admin.add(self.desk, new)
        await self.engine.directory.refresh()


def _filled(path: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(name, value)
    return path


@asynccontextmanager
async def attacked(home: Path, *, metrics_token: str = "") -> AsyncGenerator[Place]:
    """The whole program, but for the process; a second one on the same folder finds what the first left."""
    guild, sink = FakeGuild(), FakeHTTP()
    settings = Settings(home=home, public_url=PUBLIC, allow_hosts=("127.0.0.1",), poll_every_s=60, metrics_token=metrics_token)
    async with (
        serving(guild) as guild_url,
        serving(sink) as sink_url,
        listening() as canary,
        opened_desk(settings) as desk,
    ):
        desk.registry = Registry([*desk.registry, GUILD, BUGGY])
        if not await connection_admin.everything(desk):
            await _furnish(desk, guild, guild_url, sink_url)
        async with (
            running_engine(desk, settings) as engine,
            answering(page := whole(desk, engine, settings), host="127.0.0.1", port=0) as port,
        ):
            yield Place(desk=desk, engine=engine, page=page, port=port, home=home, guild=guild, sink=sink, canary=canary)


async def _furnish(desk: Desk, guild: FakeGuild, guild_url: str, sink_url: str) -> None:
    app = {"client_id": guild.server.client_id, "client_secret": guild.server.client_secret}
    others = (
        NewConnection(connector="guild", name="guild", base_url=guild_url, options={}, secrets=app),
        NewConnection(connector="http", name="sink", base_url=sink_url, options={}, secrets={"token": FakeHTTP.token}),
        NewConnection(connector="buggy", name="buggy", base_url=None, options={}, secrets={}),
    )
    schemes = (
        NewConnection(connector=one.connector, name=name, base_url="http://127.0.0.1:9", options=one.options, secrets=one.secrets)
        for name, one in SCHEMES.items()
    )
    for new in (*others, *schemes):
        await connection_admin.add(desk, new)
    for name, one in SCHEMES.items():
        text = (
            f"flow: {name}\ntrigger: {{on: {one.trigger}, connection: {name}, poll: off}}\n"
            f'steps: [{{call: http.request, connection: sink, input: {{url: /things, json: {{said: "{{{{ trigger }}}}"}}}}}}]\n'
        )
        await flow_admin.apply(desk, text, source="test")
        await flow_admin.publish(desk, name)
