"""The public routes as an attacker and a clumsy vendor see them: a real hub process on a real port, spoken to in raw bytes."""

import asyncio
import gzip
import hmac
import os
import re
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from tests.integration.raw_http import Answer, exchange, read_answer, request
from tests.torture.hub import Folder, Process, free_port, started, until
from tests.torture.sink import Sink
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import opened_desk
from trunkline.model.json import JSON, as_object, dumps
from trunkline.settings import Settings
from trunkline.testing.vendor import serving
from trunkline.web.protocol import BoundedProtocol

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN: Final = "a-token-nobody-may-see-81c7"
SECRET: Final = "whsec_" + b64encode(b"thirty-two bytes nobody may see.").decode()
JSON_TYPE: Final = ("content-type", "application/json")
LIMIT: Final = 5 * 1024 * 1024
_ids = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A hub process, its data, and the raw way to it."""

    folder: Folder
    process: Process
    desk: Desk
    sink: Sink
    endpoints: Mapping[str, str]

    def path(self, connection: str = "inbox") -> str:
        return f"/hooks/{self.endpoints[connection]}"

    async def raw(self, data: bytes, *, half_close: bool = False, within_s: float = 20) -> Answer:
        """Write these bytes on a connection of their own and read one answer."""
        return await exchange(self.folder.port, data, half_close=half_close, within_s=within_s)

    async def post(self, body: bytes, *headers: tuple[str, str], path: str | None = None, method: str = "POST") -> Answer:
        """A well-formed request with these headers."""
        return await self.raw(request(method, path or self.path(), headers, body))

    async def deliver(self, body: bytes, *headers: tuple[str, str]) -> Answer:
        """A delivery with the right token."""
        return await self.post(body, ("x-webhook-token", TOKEN), JSON_TYPE, *headers)

    async def signed(self, body: bytes, *, id: str, at: int | None = None, secret: str = SECRET, sent: bytes | None = None) -> Answer:
        """A delivery signed as Standard Webhooks; `sent` goes out instead of what was signed."""
        return await self.post(body if sent is None else sent, *signature(body, id=id, at=at, secret=secret), path=self.path("signed"))

    async def counted(self) -> dict[str, float]:
        """The deliveries by result, as `/metrics` tells them."""
        text = (await self.post(b"", path="/metrics", method="GET")).body.decode()
        return {name: float(value) for name, value in re.findall(r'trunkline_deliveries_total\{result="(\w+)"\} (\S+)', text)}

    async def events(self) -> int:
        return len(await run_admin.events(self.desk, most=1_000_000))

    @asynccontextmanager
    async def refusing(self, result: str, *, times: int = 1) -> AsyncGenerator[None]:
        """What happens inside stores nothing, and is counted under `result`."""
        stored, before = await self.events(), await self.counted()
        yield
        after = await self.counted()
        assert {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)} == {result: times}
        assert await self.events() == stored


def signature(body: bytes, *, id: str, at: int | None = None, secret: str = SECRET) -> tuple[tuple[str, str], ...]:
    stamp = str(int(time.time()) if at is None else at)
    mac = hmac.digest(b64decode(secret.removeprefix("whsec_")), f"{id}.{stamp}.".encode() + body, sha256)
    return (("webhook-id", id), ("webhook-timestamp", stamp), ("webhook-signature", f"v1,{b64encode(mac).decode()}"), JSON_TYPE)


def event(contact: str = "x", number: int = 0) -> bytes:
    return dumps({"id": contact, "number": number})


FLOW = """
flow: {name}
trigger: {{on: http.received, connection: {name}, poll: off}}
steps:
  - id: forward
    call: http.request
    connection: sink
    input:
      url: /{name}
      json: {{contact: "{{{{ trigger.body.id }}}}", number: "{{{{ trigger.body.number }}}}"}}
"""


async def _connect(desk: Desk, name: str, options: dict[str, str], secrets: dict[str, str], base_url: str | None = None) -> str:
    new = NewConnection(connector="http", name=name, base_url=base_url, options=options, secrets=secrets)
    return (await connection_admin.add(desk, new)).endpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    home: Path = tmp_path_factory.mktemp("hub")
    sink = Sink()
    async with serving(sink) as sink_url, opened_desk(Settings(home=home, environment=os.environ)) as desk:
        endpoints = {
            "inbox": await _connect(desk, "inbox", {}, {"webhook_token": TOKEN}),
            "signed": await _connect(desk, "signed", {"webhook_auth": "standard"}, {"webhook_secret": SECRET}),
            "broken": await _connect(desk, "broken", {"webhook_auth": "standard"}, {"webhook_secret": "whsec_not*base64"}),
            "bare": await _connect(desk, "bare", {}, {}),
            "sink": await _connect(desk, "sink", {}, {}, sink_url),
        }
        for name in ("inbox", "signed", "broken", "bare"):
            await flow_admin.apply(desk, FLOW.format(name=name), source="test")
            await flow_admin.publish(desk, name)
        folder = Folder(home=home, port=free_port(), endpoint=endpoints["inbox"])
        async with started(folder) as process:
            found = Hub(folder=folder, process=process, desk=desk, sink=sink, endpoints=endpoints)
            await until(lambda: _up(found))
            yield found
            assert await process.stop() == 0
    log = (home / "hub.log").read_text()
    assert "Traceback" not in log
    assert TOKEN not in log
    assert SECRET not in log


async def _up(hub: Hub) -> bool:
    try:
        return (await hub.post(b"", path="/healthz", method="GET")).status == 200
    except OSError:
        return False


# ── who gets in ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_addresses_that_do_not_exist_all_get_the_same_answer(hub: Hub) -> None:
    near = hub.path()[:-1] + ("a" if hub.path()[-1] != "a" else "b")
    paths = [near, "/hooks/x", "/hooks/" + "a" * 32, "/hooks/" + "b" * 5_000, "/hooks/%00", "/hooks/%2e%2e", "/hooks/inbox"]
    async with hub.refusing("unknown", times=2 * len(paths)):
        answers = [await hub.post(event(), ("x-webhook-token", token), path=path) for path in paths for token in (TOKEN, "wrong")]
    assert {(answer.status, answer.body) for answer in answers} == {
        (404, b'{"error":"unknown","message":"There is no such address."}'),
    }
    assert len({tuple(answer.headers) for answer in answers}) == 1


async def test_body_for_an_address_that_does_not_exist_is_not_waited_for(hub: Hub) -> None:
    async with hub.refusing("unknown"):
        answer = await hub.raw(b"POST /hooks/nobody HTTP/1.1\r\nhost: hub\r\ncontent-length: 999999999\r\n\r\n{")
    assert answer.status == 404


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((), "unsigned"),
        ((("x-webhook-token", ""),), "unsigned"),
        ((("authorization", "Bearer "),), "unsigned"),
        ((("x-webhook-token", "wrong"),), "mismatch"),
        ((("x-webhook-token", TOKEN[:-1]),), "mismatch"),
        ((("x-webhook-token", TOKEN + "x"),), "mismatch"),
        ((("x-webhook-token", "\xe9\xff"),), "mismatch"),
        ((("authorization", f"Basic {TOKEN}"),), "mismatch"),
    ],
)
async def test_delivery_without_the_right_token_is_refused(hub: Hub, headers: tuple[tuple[str, str], ...], reason: str) -> None:
    async with hub.refusing(reason):
        answer = await hub.post(event(), JSON_TYPE, *headers)
    assert (answer.status, answer.json()["error"]) == (401, reason)
    assert TOKEN.encode() not in answer.body


async def test_connection_without_a_secret_lets_nobody_in(hub: Hub) -> None:
    async with hub.refusing("unsigned", times=2):
        for token in ("", "None"):
            assert (await hub.post(event(), ("x-webhook-token", token), path=hub.path("bare"))).status == 401


async def test_bearer_token_is_as_good(hub: Hub) -> None:
    answer = await hub.post(event("bearer"), ("authorization", f"Bearer {TOKEN}"))
    assert (answer.status, answer.json()) == (200, {"ok": True, "events": 1, "dropped": 0})


async def test_signed_delivery_is_taken_once_and_its_replay_dropped(hub: Hub) -> None:
    answers = [await hub.signed(event("signed"), id="msg_1") for _ in range(3)]
    assert [(answer.status, answer.json()["events"], answer.json()["dropped"]) for answer in answers] == [
        (200, 1, 0),
        (200, 0, 1),
        (200, 0, 1),
    ]


async def test_wrong_signature_is_refused(hub: Hub) -> None:
    other = "whsec_" + b64encode(b"another secret, of another one..").decode()
    async with hub.refusing("mismatch", times=2):
        for answer in (
            await hub.signed(event("a"), id="msg_2", sent=event("b")),
            await hub.signed(event("a"), id="msg_2", secret=other),
        ):
            assert (answer.status, answer.json()["error"]) == (401, "mismatch")
            assert SECRET.encode() not in answer.body


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_delivery_that_lacks_or_changes_a_part_of_its_signature_is_refused(hub: Hub, changed: str) -> None:
    headers = signature(event("a"), id="msg_3")
    without = [header for header in headers if header[0] != changed]
    async with hub.refusing("unsigned"):
        assert (await hub.post(event("a"), *without, path=hub.path("signed"))).status == 401
    async with hub.refusing("mismatch"):
        value = {"webhook-id": "msg_4", "webhook-timestamp": str(int(time.time()) + 1), "webhook-signature": "v1,AAAA v2,x , ,,"}[changed]
        assert (await hub.post(event("a"), *without, (changed, value), path=hub.path("signed"))).status == 401


@pytest.mark.parametrize("off_s", [-3600, -301, 302, 86_400])
async def test_delivery_signed_long_ago_or_in_the_future_is_stale(hub: Hub, off_s: int) -> None:
    async with hub.refusing("stale"):
        answer = await hub.signed(event(), id="msg_5", at=int(time.time()) + off_s)
    assert (answer.status, answer.json()["error"]) == (401, "stale")


@pytest.mark.parametrize("stamp", ["soon", "-1", "1e9", "\xb2", "9" * 40])
async def test_time_that_is_none_is_refused(hub: Hub, stamp: str) -> None:
    headers = [(name, stamp if name == "webhook-timestamp" else value) for name, value in signature(event(), id="msg_6")]
    async with hub.refusing("malformed"):
        assert (await hub.post(event(), *headers, path=hub.path("signed"))).status == 400


async def test_connection_whose_secret_is_unusable_asks_the_sender_to_come_again(hub: Hub) -> None:
    async with hub.refusing("broken"):
        answer = await hub.post(event(), *signature(event(), id="msg_7"), path=hub.path("broken"))
    assert (answer.status, answer.json()["error"]) == (503, "busy")
    assert b"whsec_" not in answer.body


# ── what they send ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="not JSON"),
        pytest.param(b"<html></html>", id="HTML"),
        pytest.param(b"id=1&name=x", id="a form"),
        pytest.param('{"id": "é"}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"id": "é"}'.encode("latin-1"), id="latin-1"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param(b'{"id": 1', id="cut off"),
        pytest.param(b'{"id": 1}{"id": 2}', id="two documents"),
        pytest.param(b'{"id": NaN}', id="NaN"),
        pytest.param(b'{"id": Infinity}', id="Infinity"),
        pytest.param(b'{"id": 1e999}', id="a number beyond all numbers"),
        pytest.param(b'{"id": "\\ud800"}', id="lone surrogate, escaped"),
        pytest.param(b'{"id": "\xed\xa0\x80"}', id="lone surrogate, raw"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, id="lists 10,000 deep"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, id="objects 10,000 deep"),
        pytest.param(b"[" * 66 + b"]" * 66, id="a little too deep"),
        pytest.param(b"[" * LIMIT, id="5 MB of brackets"),
    ],
)
async def test_body_that_is_no_good_json_is_refused(hub: Hub, body: bytes) -> None:
    async with hub.refusing("malformed"):
        answer = await hub.deliver(body)
    assert (answer.status, answer.json()["error"]) == (400, "malformed")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b'{"id": 1, "id": 2}', id="a name twice"),
        pytest.param(b'{"id": 123456789012345678901234567890}', id="a large number"),
        pytest.param(b'{"id": "\\u0000"}', id="NUL"),
        pytest.param(b'{"id": {"id": []}}', id="an id that is an object"),
        pytest.param(b'{"id": "' + b"i" * 100_000 + b'"}', id="a long id"),
        pytest.param(b"[" * 60 + b"]" * 60, id="deep, but not too deep"),
    ],
)
async def test_odd_json_is_an_event_like_any_other(hub: Hub, body: bytes) -> None:
    answer = await hub.deliver(body, ("x-delivery-id", f"odd-{next(_ids)}"))
    assert (answer.status, answer.json()["events"]) == (200, 1)


async def test_record_and_delivery_id_of_any_length_are_kept_short(hub: Hub) -> None:
    await hub.deliver(dumps({"id": "r" * 50_000, "number": 7}), ("x-delivery-id", "d" * 50_000))
    stored = (await run_admin.events(hub.desk, most=1))[0]
    assert as_object(stored.payload["body"])["number"] == 7
    assert len(stored.record_key) < 300
    assert len(stored.key) < 300
    again = await hub.deliver(dumps({"id": "r" * 50_000, "number": 7}), ("x-delivery-id", "d" * 50_000))
    assert again.json()["dropped"] == 1


@pytest.mark.parametrize("depth", ["\xb2", "-1", "x", "9999", ""])
async def test_depth_that_is_no_number_counts_as_none(hub: Hub, depth: str) -> None:
    assert (await hub.deliver(event(f"depth {next(_ids)}"), ("trunkline-depth", depth))).status == 200


async def test_body_one_byte_over_the_limit_is_refused_by_its_length_before_it_isread_answer(hub: Hub) -> None:
    async with hub.refusing("size", times=2):
        head = request("POST", hub.path(), (("x-webhook-token", TOKEN),), b"").replace(b"length: 0", f"length: {LIMIT + 1}".encode())
        assert (await hub.raw(head)).status == 413
        assert (await hub.deliver(b" " * (LIMIT + 1))).status == 413


async def test_body_over_the_limit_in_chunks_is_refused_without_its_end(hub: Hub) -> None:
    head = f"POST {hub.path()} HTTP/1.1\r\nhost: hub\r\nx-webhook-token: {TOKEN}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    async with hub.refusing("size"):
        assert (await hub.raw(head + chunk * (LIMIT // 0x10000 + 1))).status == 413


async def test_body_in_small_chunks_is_put_together(hub: Hub) -> None:
    head = f"POST {hub.path()} HTTP/1.1\r\nhost: hub\r\nx-webhook-token: {TOKEN}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    body = event("chunked")
    answer = await hub.raw(head + b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n")
    assert (answer.status, answer.json()["events"]) == (200, 1)


async def test_compressed_body_is_refused_and_told_why(hub: Hub) -> None:
    async with hub.refusing("malformed", times=2):
        for coding in ("gzip", "br, identity"):
            answer = await hub.deliver(gzip.compress(event()), ("content-encoding", coding))
            assert answer.status == 400
            assert "compressed" in str(answer.json()["message"])
    assert (await hub.deliver(event("identity"), ("content-encoding", "identity"))).status == 200


async def test_body_that_ends_too_soon_is_refused(hub: Hub) -> None:
    async with hub.refusing("malformed"):
        whole = request("POST", hub.path(), (("x-webhook-token", TOKEN),), event())
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.folder.port)
        before = (await hub.counted()).get("malformed", 0)
        writer.write(whole[:-5])
        await writer.drain()
        writer.close()
        await reader.read()
        await until(lambda: _counted_more(hub, "malformed", before))


async def _counted_more(hub: Hub, result: str, than: float) -> bool:
    return (await hub.counted()).get(result, 0) > than


async def test_body_that_comes_slowly_keeps_nobody_else_waiting(hub: Hub) -> None:
    whole = request("POST", hub.path(), (("x-webhook-token", TOKEN),), event("slow"))
    connections = [await asyncio.open_connection("127.0.0.1", hub.folder.port) for _ in range(50)]
    for number, (_, writer) in enumerate(connections):
        writer.write(whole[: -1 - number % 10])
    began = time.monotonic()
    assert (await hub.deliver(event("quick"))).json()["events"] == 1
    assert time.monotonic() - began < 5
    for number, (_, writer) in enumerate(connections):
        writer.write(whole[-1 - number % 10 :])
    answers = await asyncio.gather(*(read_answer(reader) for reader, _ in connections))
    assert sum(answer.json()["events"] == 1 for answer in answers) == 1
    assert {answer.status for answer in answers} == {200}
    for _, writer in connections:
        writer.close()


# ── how they send it ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_other_methods_are_not_allowed(hub: Hub, method: str) -> None:
    stored = await hub.events()
    answer = await hub.post(event(), ("x-webhook-token", TOKEN), method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert await hub.events() == stored


@pytest.mark.parametrize(
    "path",
    [
        "/hooks", "/hooks/", "/hooks//{id}", "/hooks/{id}/", "/hooks/{id}/x", "//hooks/{id}", "/hooks/%2e%2e/{id}", "/hooks/../hooks/{id}",
        "/HOOKS/{id}", "/hooks/{id}%2f", "/hooks/{id};x", "/hooks/%2F{id}", "/", "/metrics/../hooks/{id}", "/hooks\\{id}",
    ],
)  # fmt: skip
async def test_only_the_exact_path_leads_to_a_connection(hub: Hub, path: str) -> None:
    stored = await hub.events()
    answer = await hub.post(event(), ("x-webhook-token", TOKEN), path=path.format(id=hub.endpoints["inbox"]))
    assert answer.status == 404
    assert "location" not in answer.headers
    assert await hub.events() == stored


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"POST /hooks/\x00 HTTP/1.1\r\nhost: hub\r\n\r\n", id="NUL in the path"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="TLS"),
        pytest.param(b"hello\r\n\r\n", id="not HTTP"),
        pytest.param(b"BREW / HTTP/1.1\r\n\r\n", id="a method nobody knows"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", id="two lengths"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", id="a length twice"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: hub\r\nx-a: b\x00c\r\n\r\n", id="NUL in a header"),
        pytest.param(b"GET / HTTP/1.1\r\nhost : hub\r\n\r\n", id="a blank before the colon"),
    ],
)
async def test_what_is_not_http_is_refused_and_the_hub_goes_on(hub: Hub, data: bytes) -> None:
    answer = await hub.raw(data, half_close=True)
    assert answer.status in (0, 400, 404), answer
    assert (await hub.post(b"", path="/healthz", method="GET")).status == 200


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"x-long: " + b"a" * 2_000_000, id="one long header"),
        pytest.param(b"\r\n".join(b"x-%d: y" % number for number in range(200_000)), id="many headers"),
    ],
)
async def test_head_without_end_is_cut_off(hub: Hub, head: bytes) -> None:
    stored = await hub.events()
    answer = await hub.raw(f"POST {hub.path()} HTTP/1.1\r\nx-webhook-token: {TOKEN}\r\n".encode() + head)
    assert answer.status in (0, 431), answer
    assert await hub.events() == stored


async def test_address_without_end_is_cut_off(hub: Hub) -> None:
    assert (await hub.raw(b"GET /hooks/" + b"a" * 2_000_000)).status in (0, 431)


async def test_several_deliveries_on_one_connection_are_all_answered(hub: Hub) -> None:
    stored = await hub.events()
    whole = [request("POST", hub.path(), (("x-webhook-token", TOKEN),), event(f"piped {number}")) for number in range(20)]
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.folder.port)
    writer.write(b"".join(whole))
    async with asyncio.timeout(20):
        answers = [await read_answer(reader) for _ in whole]
    writer.close()
    assert [answer.status for answer in answers] == [200] * 20
    assert await hub.events() == stored + 20


# ── many at once ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hundred_parallel_copies_make_one_event_and_one_effect(hub: Hub) -> None:
    stored = await hub.events()
    answers = await asyncio.gather(*(hub.signed(event("copies", 1), id="msg_copies") for _ in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert sum(answer.json()["events"] == 1 for answer in answers) == 1
    assert sum(answer.json()["dropped"] == 1 for answer in answers) == 99
    assert await hub.events() == stored + 1
    await until(lambda: _quiet(hub))
    assert hub.sink.times("/signed")["copies", 1] == 1


async def test_a_thousand_parallel_deliveries_are_all_taken_and_carried_out_once(hub: Hub) -> None:
    waiting = asyncio.Semaphore(200)

    async def one(number: int) -> JSON:
        async with waiting:
            return (await hub.deliver(event(f"many {number}", number))).json()["events"]

    assert await asyncio.gather(*(one(number) for number in range(1_000))) == [1] * 1_000
    await until(lambda: _quiet(hub))
    times = hub.sink.times("/inbox")
    assert [times[f"many {number}", number] for number in range(1_000)] == [1] * 1_000


async def _quiet(hub: Hub) -> bool:
    states = await run_admin.counts(hub.desk)
    ready = (await hub.post(b"", path="/readyz", method="GET")).json()
    return not states.keys() & {"running", "parked", "waiting"} and ready["events_waiting"] == 0 and ready["runs_in_hand"] == 0


# ── how long they take ───────────────────────────────────────────────────────────────────────────────────────────────


class Hurried(BoundedProtocol):
    patience_s = 0.2


@asynccontextmanager
async def hurried(app: ASGIApp) -> AsyncGenerator[int]:
    """`app` behind a protocol that soon loses patience; the port."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Hurried(config, state, {}), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*state.tasks)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="not a word"),
        pytest.param(b"POST /hooks/x HTTP/1.1\r\nhost:", id="half a head"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 10\r\n\r\n{", id="half a body"),
    ],
)
async def test_request_that_never_comes_to_its_end_is_cut_off(data: bytes) -> None:
    async def waiting(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            assert message["type"] == "http.request"

    async with hurried(waiting) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()


async def test_connection_that_waits_between_two_requests_is_not_cut_off() -> None:
    async def answering(_scope: Scope, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.5)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async with hurried(answering) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(request("POST", "/", (), b""))
            async with asyncio.timeout(20):
                assert (await read_answer(reader)).status == 200
        writer.close()
