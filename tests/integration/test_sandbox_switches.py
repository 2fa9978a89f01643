"""Every switch of every simulated vendor, turned over the control API and felt by the real client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import modules
from time import monotonic
from typing import Any, Final

import pytest

from tests.integration.test_sandbox import Receiver, Vendor
from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.sign_in import sign_in_of
from trunkline.connect.tokens import Tokens
from trunkline.connectors.email.fake import FakeMail
from trunkline.model.clock import SECOND, SystemClock
from trunkline.model.errors import OutcomeUnknownError, RateLimitedError, ReconnectError, RejectedError, RemoteError, UnavailableError
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads
from trunkline.sandbox.control import Controlled
from trunkline.sandbox.mail import MailControl
from trunkline.sandbox.simulated import Simulated, fakes, simulated
from trunkline.testing.oauth import MemoryGrants
from trunkline.testing.vendor import FakeVendor, serving

REGISTRY: Final = Registry.discover()
FAKES: Final = {id: fake for id, fake in fakes(REGISTRY).items() if issubclass(fake, FakeVendor)}
HTTP: Final = tuple(FAKES)


@dataclass(frozen=True, kw_only=True)
class Used:
    """What is called of a vendor, and how what a write makes is counted."""

    read: str
    write: str
    made: Callable[[Any], int]
    scope: str | None = None


USED: Final = {
    "ghl": Used(read="contacts.get", write="contacts.create", made=lambda fake: len(fake.contacts), scope="contacts.write"),
    "openphone": Used(read="contacts.list", write="contacts.create", made=lambda fake: len(fake.contacts)),
    "ringcentral": Used(read="contacts.list", write="contacts.create", made=lambda fake: len(fake.people), scope="Contacts"),
    "slack": Used(read="channels.list", write="messages.send", made=lambda fake: len(fake.messages), scope="chat:write"),
    "seventeenhats": Used(read="calendar.list", write="contacts.create", made=lambda fake: len(fake.caught)),
    "http": Used(read="fetch", write="request", made=lambda fake: len(fake.things)),
    "webhook": Used(read="send", write="send", made=lambda fake: len(fake.taken)),
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A vendor in the sandbox, its control API, and a connection to it."""

    vendor: FakeVendor
    control: Vendor
    session: Session
    used: Used

    async def call(self, id: str) -> JSON:
        operation = next(one for one in self.session.connector.operations if one.id == id)
        folder = Path(str(modules[type(self.vendor).__module__].__file__)).parent
        sample = as_object(loads((folder / "samples" / str(operation.sample)).read_bytes()))
        return await self.session.call(operation, as_object(sample["input"]))

    async def read(self) -> JSON:
        return await self.call(self.used.read)

    async def write(self) -> JSON:
        return await self.call(self.used.write)

    @property
    def made(self) -> int:
        return self.used.made(self.vendor)


@asynccontextmanager
async def staged(id: str, *, seed: int = 1) -> AsyncGenerator[Stage]:
    one = simulated(REGISTRY.connector(id), FAKES[id], seed=seed)
    one.vendor.seed()
    one.vendor.limits = ()
    clock = SystemClock()
    async with serving(Controlled(one, seed=seed)) as url, Client() as client:
        account, budget = one.vendor.account(), Budget((), clock)
        session = Session(
            connector=one.connector,
            account=account,
            client=client,
            budget=budget,
            memory=Memory(clock),
            clock=clock,
            base_url=url,
            key="eff_1",
            tokens=_tokens(one, client, url),
        )
        try:
            yield Stage(vendor=one.vendor, control=Vendor(client, {"url": url}), session=session, used=USED[id])
        finally:
            await one.deliveries.close()


def _tokens(one: Simulated, client: Client, url: str) -> Tokens | None:
    """Those of a connection that signed in, for a vendor to which that is the only way."""
    account, clock, connection = one.vendor.account(), one.vendor.clock, ConnectionId("con")
    oauth = sign_in_of(one.connector, account)
    if oauth is None:
        return None
    assert one.vendor.sign_in is not None
    grants = MemoryGrants(clock)
    grants.put(connection, one.vendor.sign_in.grant(scope=" ".join(oauth.scopes)))
    asker = Asker(connector=one.connector, oauth=oauth, account=account, client=client, clock=clock, budget=Budget((), clock), base_url=url)
    return Tokens(connection=connection, asker=asker, grants=grants, clock=clock)


def test_every_vendor_over_http_is_tried() -> None:
    assert set(USED) == set(HTTP)


@pytest.mark.parametrize("id", HTTP)
async def test_credential_that_is_refused_asks_for_a_new_one_until_it_is_accepted_again(id: str) -> None:
    async with staged(id) as at:
        await at.control.control("PUT", "/token", {"accepted": False})
        with pytest.raises(ReconnectError):
            await at.read()
        await at.control.control("PUT", "/token", {"accepted": True})
        await at.read()


@pytest.mark.parametrize("id", HTTP)
async def test_tokens_that_expire_are_renewed_and_others_do_not_expire(id: str) -> None:
    async with staged(id) as at:
        status, answer = await at.control.ask("POST", "/_sandbox/token/expire")
        assert (status == 200) == (at.vendor.sign_in is not None), answer
        await at.read()


@pytest.mark.parametrize("id", HTTP)
async def test_scope_that_is_refused_is_named(id: str) -> None:
    async with staged(id) as at:
        scope = at.used.scope
        if scope is None:
            status, answer = await at.control.ask("PUT", "/_sandbox/scopes", {"refused": ["contacts.write"]})
            assert status == 404
            assert "no scope" in str(as_object(answer)["error"])
            return
        await at.control.control("PUT", "/scopes", {"refused": [scope]})
        with pytest.raises((RejectedError, ReconnectError)) as caught:
            await at.write()
        assert scope in caught.value.message + caught.value.hint
        _, answer = await at.control.ask("PUT", "/_sandbox/scopes", {"refused": [f"{scope}x"]})
        assert scope in str(as_object(answer)["error"]), "a slip of the pen is told with the nearest"


@pytest.mark.parametrize("id", HTTP)
async def test_too_many_calls_say_how_long_to_wait(id: str) -> None:
    async with staged(id) as at:
        await at.control.control("POST", "/next", {"status": 429, "headers": {"retry-after": "7"}})
        with pytest.raises(RateLimitedError) as caught:
            await at.read()
        assert caught.value.retry_at is not None
        assert 4 * SECOND < caught.value.retry_at - at.session.clock.now() <= 7 * SECOND


@pytest.mark.parametrize("id", HTTP)
@pytest.mark.parametrize("after", [False, True])
async def test_failure_comes_before_the_write_or_after_it(id: str, after: bool) -> None:
    async with staged(id) as at:
        before = at.made
        await at.control.control("POST", "/next", {"route": "POST *", "status": 500, "after": after})
        with pytest.raises(OutcomeUnknownError):
            await at.write()
        assert at.made - before == int(after)


@pytest.mark.parametrize("id", HTTP)
async def test_answer_is_delayed(id: str) -> None:
    async with staged(id) as at:
        await at.control.control("POST", "/next", {"delay_s": 0.2})
        began = monotonic()
        await at.read()
        assert monotonic() - began >= 0.2


@pytest.mark.parametrize("id", HTTP)
async def test_webhooks_are_dropped_doubled_and_turned_round(id: str) -> None:
    app = Receiver()
    async with staged(id) as at, serving(app) as address:
        await at.control.control("PUT", "/webhooks", {"urls": [address], "drop": 1})
        await _send(at, 1, 2)
        assert await app.arrived(1) == [{"n": 2}], "the first was dropped"
        await at.control.control("PUT", "/webhooks", {"copies": 2})
        await _send(at, 3)
        assert (await app.arrived(3))[1:] == [{"n": 3}, {"n": 3}]
        await at.control.control("PUT", "/webhooks", {"copies": 1})
        await at.control.control("POST", "/webhooks/hold")
        await _send(at, 4, 5)
        await at.control.control("POST", "/webhooks/release", {"reverse": True})
        assert (await app.arrived(5))[3:] == [{"n": 5}, {"n": 4}]


async def _send(at: Stage, *numbers: int) -> None:
    for number in numbers:
        await at.control.control("POST", "/webhooks", {"body": {"n": number}})


@pytest.mark.parametrize("id", HTTP)
async def test_same_seed_spoils_the_same_deliveries(id: str) -> None:
    async def suffered(seed: int) -> list[JSON]:
        found: list[JSON] = []
        async with staged(id, seed=seed) as at:
            await at.control.control("PUT", "/webhooks", {"lost": 0.3, "twice": 0.3})
            for number in range(30):
                await _send(at, number)
                hooks = as_object(as_object(await at.control.control("GET", "/state"))["webhooks"])
                found.append([hooks["were_lost"], hooks["were_twice"]])
        return found

    assert await suffered(7) == await suffered(7) != await suffered(8)


@pytest.mark.parametrize(
    ("id", "collection", "record"),
    [
        ("ghl", "calendars", {"id": "k1", "name": "Estimates"}),
        ("openphone", "v1/users", {"id": "USxx1", "email": "a@example.com"}),
        ("slack", "channels", {"id": "C0000000077", "name": "new", "is_archived": False}),
        ("http", "things", {"id": "77", "name": "Thing"}),
        ("seventeenhats", "appointments", {"id": "a77", "starts": "20261201T150000Z", "ends": "20261201T160000Z", "title": "Meeting"}),
    ],
)
async def test_records_are_put_in_and_looked_at(id: str, collection: str, record: JSONObject) -> None:
    async with staged(id) as at:
        answer = await at.control.control("POST", f"/records/{collection}", [record])
        assert answer == await at.control.control("GET", f"/records/{collection}")
        assert record["id"] in [as_object(one)["id"] for one in as_list(answer)]


@pytest.mark.parametrize(
    ("id", "collection"), [("slack", "messages"), ("seventeenhats", "caught"), ("webhook", "taken"), ("http", "things")]
)
async def test_what_a_write_made_is_looked_at(id: str, collection: str) -> None:
    async with staged(id) as at:
        before = len(as_list(await at.control.control("GET", f"/records/{collection}")))
        await at.write()
        assert len(as_list(await at.control.control("GET", f"/records/{collection}"))) == before + 1
        for path, method in ((f"/_sandbox/records/{collection}s", "GET"), ("/_sandbox/records/nowhere", "POST")):
            status, answer = await at.control.ask(method, path, None if method == "GET" else [{"id": "1"}])
            assert status == 404
            assert collection in str(as_object(answer)["error"])


# ── mail ──


@dataclass(frozen=True, kw_only=True)
class Mail:
    server: FakeMail
    control: Vendor
    session: Session

    async def send(self) -> JSONObject:
        (send,) = self.session.connector.operations
        return as_object(await self.session.call(send, {"to": "ada@example.com", "subject": "Hello", "text": "There"}))


@asynccontextmanager
async def mail() -> AsyncGenerator[Mail]:
    clock = SystemClock()
    async with FakeMail().serving() as server, serving(MailControl(server).app()) as url, Client() as client:
        session = Session(
            connector=REGISTRY.connector("email"),
            account=server.account(),
            client=client,
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
            key="eff_1",
        )
        yield Mail(server=server, control=Vendor(client, {"url": url}), session=session)


async def test_message_that_arrived_is_shown() -> None:
    async with mail() as at:
        await at.send()
        (one,) = map(as_object, await at.control.control("GET", "/messages"))  # pyright: ignore[reportArgumentType] - a list
        assert (one["to"], one["subject"], str(one["text"]).strip()) == (["ada@example.com"], "Hello", "There")
        assert as_object(await at.control.control("GET", "/state"))["messages"] == 1


async def test_login_is_refused_until_it_is_accepted_again() -> None:
    async with mail() as at:
        await at.control.control("PUT", "/token", {"accepted": False})
        with pytest.raises(ReconnectError):
            await at.send()
        await at.control.control("PUT", "/token", {"accepted": True})
        await at.send()


@pytest.mark.parametrize(
    ("order", "means", "taken"),
    [
        ({"verb": "MAIL", "reply": "421 4.7.0 too many messages, come again"}, UnavailableError, 0),
        ({"verb": "DATA", "reply": "451 4.3.0 in trouble"}, UnavailableError, 0),
        ({"verb": "DATA", "after": True, "ending": "drop"}, OutcomeUnknownError, 1),
        ({"verb": "RCPT", "ending": "drop"}, UnavailableError, 0),
    ],
)
async def test_reply_of_the_mail_server_is_spoiled_once(order: JSONObject, means: type[RemoteError], taken: int) -> None:
    async with mail() as at:
        await at.control.control("POST", "/next", order)
        with pytest.raises(means) as caught:
            await at.send()
        assert type(caught.value) is means
        assert len(at.server.taken) == taken
        await at.send()


async def test_reply_of_the_mail_server_is_delayed() -> None:
    async with mail() as at:
        await at.control.control("POST", "/next", {"verb": "RCPT", "delay_s": 0.2})
        began = monotonic()
        await at.send()
        assert monotonic() - began >= 0.2


async def test_recipient_is_refused_and_a_wrong_reply_is_told() -> None:
    async with mail() as at:
        await at.control.control("PUT", "/recipients", {"refused": {"ada@example.com": "550 5.1.1 nobody"}})
        with pytest.raises(RejectedError):
            await at.send()
        status, answer = await at.control.ask("PUT", "/_sandbox/recipients", {"refused": {"ada@example.com": "no"}})
        assert status == 400
        assert "refused.ada@example.com" in str(as_object(answer)["error"])
