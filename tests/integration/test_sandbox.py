"""The sandbox over real HTTP: state, switches, webhooks on a bad day, and the same people for the same seed."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from shlex import split

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request as Arriving
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.integration.shell import Shell
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.model.errors import ConfigError
from trunkline.model.http import Request
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps, loads
from trunkline.sandbox.people import people, published
from trunkline.sandbox.servers import Options, running
from trunkline.sandbox.simulated import fakes
from trunkline.testing.vendor import serving

MAIN = ("ghl", "openphone")


class Vendor:
    """One simulated vendor, asked over HTTP."""

    def __init__(self, client: Client, told: JSON) -> None:
        self.told = as_object(told)
        self._client = client

    async def ask(self, method: str, path: str, body: JSON = None, *, headers: tuple[tuple[str, str], ...] = ()) -> tuple[int, JSON]:
        request = Request(method=method, url=path, headers=headers, body=None if body is None else dumps(body))
        answer = await self._client.send(request, base_url=str(self.told["url"]), timeout_s=5, write=True)
        return answer.status, answer.json()

    async def control(self, method: str, path: str, body: JSON = None) -> JSON:
        status, answer = await self.ask(method, f"/_sandbox{path}", body)
        assert status == 200, answer
        return answer

    async def list_openphone(self) -> int:
        """The status of a plain read with the right key."""
        status, _ = await self.ask("GET", "/v1/contacts?maxResults=5", headers=(("authorization", str(self.told["token"])),))
        return status


class Receiver:
    """Somebody's webhook address; `arrived` wakes when the expected number is there."""

    def __init__(self) -> None:
        self.bodies: list[JSONObject] = []
        self._more = asyncio.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Arriving(scope, receive).body()
        async with self._more:
            self.bodies.append(as_object(loads(body)))
            self._more.notify_all()
        await Response(status_code=200)(scope, receive, send)

    async def arrived(self, count: int) -> list[JSONObject]:
        async with asyncio.timeout(5), self._more:
            await self._more.wait_for(lambda: len(self.bodies) >= count)
        return self.bodies


@pytest.fixture
async def sandbox() -> AsyncIterator[tuple[Vendor, Vendor]]:
    async with running(Options(only=MAIN)) as told, Client() as client:
        yield Vendor(client, told["ghl"]), Vendor(client, told["openphone"])


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    app = Receiver()
    async with serving(app) as url:
        yield app, url


async def test_seeded_contacts_are_the_same_for_the_same_seed_and_go_on_where_they_ended() -> None:
    async def made(first: int, second: int) -> list[JSON]:
        async with running(Options(seed=7, contacts=first, only=MAIN)) as told, Client() as client:
            ghl = Vendor(client, told["ghl"])
            await ghl.control("POST", "/contacts", {"count": second})
            return [as_object(one).get("email") for one in as_list(await ghl.control("GET", "/contacts"))]

    assert await made(3, 9) == await made(6, 6)


async def test_both_vendors_hold_contacts_and_tell_how_many(sandbox: tuple[Vendor, Vendor]) -> None:
    for vendor in sandbox:
        await vendor.control("POST", "/contacts", {"count": 4})
        assert as_object(await vendor.control("GET", "/state"))["contacts"] == 4


async def test_contact_is_changed_by_hand(sandbox: tuple[Vendor, Vendor]) -> None:
    ghl, openphone = sandbox
    for vendor, fields in ((ghl, {"firstName": "Ada", "phone": "+14155550101"}), (openphone, {"firstName": "Ada"})):
        made = as_object(as_list(await vendor.control("POST", "/contacts", {"fields": {**fields}}))[0])
        changed = as_object(await vendor.control("PATCH", f"/contacts/{made['id']}", {"firstName": "Eve"}))
        assert "Eve" in (changed.get("firstName"), as_object(changed.get("defaultFields")).get("firstName"))


async def test_next_answer_is_spoiled_once_and_counted(sandbox: tuple[Vendor, Vendor]) -> None:
    _, openphone = sandbox
    await openphone.control("POST", "/next", {"route": "GET /v1/contacts", "status": 503})
    assert [await openphone.list_openphone() for _ in range(2)] == [503, 200]
    assert as_object(await openphone.control("GET", "/calls"))["routes"] == {"GET /v1/contacts": 2}


async def test_token_is_refused_until_it_is_switched_on_again(sandbox: tuple[Vendor, Vendor]) -> None:
    _, openphone = sandbox
    await openphone.control("PUT", "/token", {"accepted": False})
    assert await openphone.list_openphone() == 401
    await openphone.control("PUT", "/token", {"accepted": True})
    assert await openphone.list_openphone() == 200


async def test_openphone_takes_as_many_calls_as_it_was_told() -> None:
    async with running(Options(only=MAIN, rates={"openphone": 3})) as told, Client() as client:
        openphone = Vendor(client, told["openphone"])
        assert [await openphone.list_openphone() for _ in range(4)] == [200, 200, 200, 429]


async def test_lost_webhooks_do_not_arrive_and_doubled_ones_arrive_twice(
    sandbox: tuple[Vendor, Vendor], receiver: tuple[Receiver, str]
) -> None:
    ghl, _ = sandbox
    app, url = receiver
    await ghl.control("PUT", "/webhooks", {"urls": [f"{url}/hook"], "lost": 1})
    await ghl.control("POST", "/contacts", {"count": 3})
    await ghl.control("PUT", "/webhooks", {"lost": 0, "twice": 1})
    await ghl.control("POST", "/contacts", {"fields": {"firstName": "Twice"}})
    assert [body["firstName"] for body in await app.arrived(2)] == ["Twice", "Twice"]
    hooks = as_object(as_object(await ghl.control("GET", "/state"))["webhooks"])
    assert (hooks["were_emitted"], hooks["were_lost"], hooks["were_twice"]) == (4, 3, 1)


async def test_late_webhook_is_overtaken(sandbox: tuple[Vendor, Vendor], receiver: tuple[Receiver, str]) -> None:
    ghl, _ = sandbox
    app, url = receiver
    await ghl.control("PUT", "/webhooks", {"urls": [url], "late": 1, "late_s": 2})
    await ghl.control("POST", "/contacts", {"fields": {"firstName": "Late"}})
    await ghl.control("PUT", "/webhooks", {"late": 0})
    await ghl.control("POST", "/contacts", {"fields": {"firstName": "Prompt"}})
    assert [body["firstName"] for body in await app.arrived(2)] == ["Prompt", "Late"]


async def test_held_webhooks_come_on_release_and_not_before(sandbox: tuple[Vendor, Vendor], receiver: tuple[Receiver, str]) -> None:
    ghl, _ = sandbox
    app, url = receiver
    await ghl.control("PUT", "/webhooks", {"urls": [url]})
    await ghl.control("POST", "/webhooks/hold")
    for name in ("one", "two"):
        await ghl.control("POST", "/contacts", {"fields": {"firstName": name}})
    assert not app.bodies
    await ghl.control("POST", "/webhooks/release", {"reverse": True})
    assert {str(body["firstName"]) for body in await app.arrived(2)} == {"one", "two"}


async def test_event_of_any_kind_is_signed_and_delivered(sandbox: tuple[Vendor, Vendor], receiver: tuple[Receiver, str]) -> None:
    ghl, _ = sandbox
    app, url = receiver
    await ghl.control("PUT", "/webhooks", {"urls": [url]})
    await ghl.control("POST", "/webhooks", {"body": {"type": "OpportunityCreate", "id": "o1"}})
    assert await app.arrived(1) == [{"type": "OpportunityCreate", "id": "o1"}]


async def test_records_of_any_collection_are_put_in_and_read_back(sandbox: tuple[Vendor, Vendor]) -> None:
    ghl, _ = sandbox
    records: JSON = [{"id": "k1", "name": "Estimates"}]
    assert await ghl.control("POST", "/records/calendars", records) == records
    assert await ghl.control("GET", "/records/calendars") == records
    headers = (("authorization", f"Bearer {ghl.told['token']}"), ("version", "2021-04-15"))
    status, answer = await ghl.ask("GET", f"/calendars/?locationId={ghl.told['location']}", headers=headers)
    assert status == 200
    assert [as_object(one)["name"] for one in as_list(as_object(answer)["calendars"])] == ["Estimates"]


async def test_refused_scope_closes_what_needs_it(sandbox: tuple[Vendor, Vendor]) -> None:
    ghl, _ = sandbox
    headers = (("authorization", f"Bearer {ghl.told['token']}"), ("version", "2021-07-28"))
    state = as_object(await ghl.control("PUT", "/scopes", {"refused": ["contacts.readonly"]}))
    assert state["scopes_refused"] == ["contacts.readonly"]
    assert (await ghl.ask("GET", "/contacts/nobody", headers=headers))[0] in (401, 403)
    await ghl.control("PUT", "/scopes", {"refused": []})
    assert (await ghl.ask("GET", "/contacts/nobody", headers=headers))[0] == 400


async def test_every_connector_with_a_fake_is_simulated() -> None:
    registry = Registry.discover()
    async with running(Options(samples=True), registry) as told, Client() as client:
        assert told.keys() == {"seed", *fakes(registry)}
        assert {"ghl", "openphone", "http", "slack"} <= told.keys()
        for one in (as_object(one) for id, one in told.items() if id != "seed"):
            at = Vendor(client, {**one, "url": str(one["control"]).removesuffix("/_sandbox")})
            assert as_object(await at.control("GET", "/state"))["vendor"] == one["name"]


@pytest.mark.parametrize("id", tuple(fakes(Registry.discover())))
async def test_what_is_printed_connects(shell: Shell, id: str) -> None:
    async with running(Options(only=(id,), samples=True)) as told:
        await _connects(shell, id, as_object(told[id]))


async def _connects(shell: Shell, id: str, told: JSONObject) -> None:
    """The last line adds the connection; those before it fetch a key into a file."""
    *fetching, adding = map(str, as_list(told["connect"]))
    words = split(adding)[1:]
    for line in fetching:
        curl, options, name, address = line.split()
        assert (curl, options) == ("curl", "-so")
        path = shell.home.parent / name
        path.write_bytes(await _fetched(address))
        words = [word.replace(f"@{name}", f"@{path}") for word in words]
    await shell.done(*words)
    tested = await shell("connections", "test", id)
    assert (id, tested.code) == (id, 0), tested


async def _fetched(address: str) -> bytes:
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    async with Client() as client:
        request = Request(method="GET", url=f"/{path}")
        return (await client.send(request, base_url=f"{scheme}://{host}", timeout_s=5, write=False)).body


async def test_connector_that_calls_nobody_is_told_apart_from_one_that_is_none() -> None:
    with pytest.raises(ConfigError, match="CSV calls nobody"):
        async with running(Options(only=("csv",))):
            pass


async def test_what_the_control_api_does_not_know_is_answered_with_what_there_is(sandbox: tuple[Vendor, Vendor]) -> None:
    for method, path, status in (("GET", "/_sandbox/nowhere", 404), ("POST", "/_sandbox/token", 405)):
        answered, answer = await sandbox[0].ask(method, path)
        assert answered == status
        assert path in str(as_list(as_object(answer)["error"])[0])
        assert "PUT /_sandbox/token" in as_list(as_object(answer)["there_is"])


async def test_unknown_vendor_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no simulated openfone") as caught:
        async with running(Options(only=("openfone",))):
            pass
    assert "openphone" in caught.value.hint
    with pytest.raises(ConfigError, match="No simulated slack runs"):
        async with running(Options(only=MAIN, ports={"slack": 8101})):
            pass


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/_sandbox/records/calendars", [{"name": "Nameless"}], 404, "no id"),
        ("POST", "/_sandbox/contacts", {"count": 0}, 400, "count"),
        ("POST", "/_sandbox/next", {"status": 503, "tims": 2}, 400, "tims"),
        ("PUT", "/_sandbox/webhooks", {"lost": 2}, 400, "lost"),
        ("PUT", "/_sandbox/token", [], 400, "body"),
        ("PATCH", "/_sandbox/contacts/nobody", {"firstName": "Eve"}, 404, "no contact nobody"),
    ],
)
async def test_wrong_order_is_told_where(
    sandbox: tuple[Vendor, Vendor], method: str, path: str, body: JSON, status: int, said: str
) -> None:
    answered, answer = await sandbox[0].ask(method, path, body)
    assert answered == status
    assert said in str(as_list(as_object(answer)["error"])[0])


async def test_a_key_does_not_expire(sandbox: tuple[Vendor, Vendor]) -> None:
    answered, answer = await sandbox[1].ask("POST", "/_sandbox/token/expire", None)
    assert answered == 404
    assert "OpenPhone; its token does not expire" in str(as_list(as_object(answer)["error"])[0])


async def test_taken_port_is_told() -> None:
    async with running(Options(only=MAIN)) as told:
        port = int(str(as_object(told["ghl"])["url"]).rpartition(":")[2])
        with pytest.raises(ConfigError, match=str(port)):
            async with running(Options(only=MAIN, ports={"openphone": port})):
                pass


async def test_command_tells_one_line_then_serves_until_it_is_told_to_end() -> None:
    words = ("-c", "from trunkline.cli.main import main; main()", "sandbox", "--json", "--contacts", "2", "--only", "ghl, slack")
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        told = as_object(loads(await asyncio.wait_for(process.stdout.readline(), 20)))
        assert told.keys() == {"seed", "ghl", "slack"}
        async with Client() as client:
            assert as_object(await Vendor(client, told["ghl"]).control("GET", "/state"))["contacts"] == 2
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(seed=st.integers(0, 1000), start=st.integers(0, 100_000))
def test_numbers_that_look_whole_are_valid(seed: int, start: int) -> None:
    for one in people(20, seed=seed, start=start):
        phone = str(one.get("phone", ""))
        if re.fullmatch(r"\+\d{8,}", phone):
            number = phonenumbers.parse(phone)
            assert phonenumbers.is_valid_number(number), phone
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone


def test_five_hundred_people_show_what_address_books_are_full_of() -> None:
    found = people(500, seed=1)
    assert any("phone" not in one and "email" in one for one in found)
    assert any("phone" not in one and "email" not in one for one in found)
    assert any("firstName" not in one for one in found)
    assert any(str(one.get("phone")).startswith("+44") for one in found)
    assert any(not str(one.get("firstName", "")).isascii() for one in found)
    assert any(one.get("companyName") == "{{ not a template }}" for one in found)
    names = [(one.get("firstName"), one.get("lastName")) for one in found]
    assert len(set(names)) < len(names)


def test_published_payloads_become_contacts_and_a_deletion_does_not(tmp_path: Path) -> None:
    for kind in ("ContactCreate", "ContactUpdate", "ContactDelete"):
        (tmp_path / f"{kind}.json").write_bytes(dumps({"type": kind, "locationId": "L", "id": "one", "firstName": "John"}))
    assert published(tmp_path) == [{"id": "one", "firstName": "John"}, {"firstName": "John"}]
    assert published(tmp_path / "missing") == []
