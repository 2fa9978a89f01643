"""The HTTP client against real sockets: what each fault means for a read and for a write."""

import asyncio
import gzip
import os
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from unittest.mock import patch

import pytest

from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.model.errors import (
    AddressError,
    OutcomeUnknownError,
    RejectedError,
    RemoteError,
    UnavailableError,
)
from trunkline.model.http import Pairs, Request, Response

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncGenerator[str]:
    """A raw TCP server; its connections are cut at the end."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handler(reader, writer)

    running = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    finally:
        running.close()
        for writer in writers:
            writer.transport.abort()


def saying(raw: bytes, *, close: bool = True) -> Handler:
    """Answer each request with these bytes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _request(reader):
            writer.write(raw)
            await writer.drain()
            if close:
                writer.close()
                return

    return handler


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await _request(reader)


async def cutting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    writer.transport.abort()


async def not_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    _, found, rest = head.lower().partition(b"content-length:")
    return head + (await reader.readexactly(int(rest.split(b"\r\n", 1)[0])) if found else b"")


async def ask(
    base_url: str, *, write: bool, timeout_s: float = 5, url: str = "/x", headers: Pairs = (), client: Client | None = None
) -> Response:
    request = Request(method="POST" if write else "GET", url=url, headers=headers, body=b"{}" if write else None)
    async with client or Client() as calling:
        return await calling.send(request, base_url=base_url, timeout_s=timeout_s, write=write)


LOST: dict[str, Handler] = {
    "no answer": silent,
    "connection cut": cutting,
    "body cut": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"),
    "chunk cut": saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
    "body stops": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", close=False),
    "head cut": saying(b"HTTP/1.1 200 OK\r\nContent-"),
    "no HTTP": saying(b"220 smtp.example ready\r\n"),
    "broken gzip": saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
    "two lengths": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "negative length": saying(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab"),
}


@pytest.mark.parametrize("fault", LOST)
async def test_answer_that_is_lost_leaves_a_write_unknown_and_a_read_to_be_repeated(fault: str) -> None:
    async with server(LOST[fault]) as base_url:
        with pytest.raises(OutcomeUnknownError):
            await ask(base_url, write=True, timeout_s=0.3)
        with pytest.raises(UnavailableError):
            await ask(base_url, write=False, timeout_s=0.3)


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://nobody.invalid"])
async def test_connection_that_cannot_be_made_leaves_nothing_done(url: str, write: bool) -> None:
    with pytest.raises(UnavailableError) as caught:
        await ask(url, write=write)
    assert "no connection" in str(caught.value)


async def test_server_without_tls_leaves_nothing_done() -> None:
    async with server(not_tls) as base_url:
        with pytest.raises(UnavailableError):
            await ask(base_url.replace("http://", "https://"), write=True)


async def test_port_that_does_not_accept_leaves_nothing_done_once_connecting_is_given_up() -> None:
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())
        async with Client(connect_timeout_s=0.2) as client:
            with pytest.raises(UnavailableError):
                await ask(f"http://127.0.0.1:{full.getsockname()[1]}", write=True, client=client)


@pytest.mark.parametrize(("url", "base_url"), [("x", "http://127.0.0.1:1"), ("/x", ""), ("ftp://x.example/", ""), ("/x", "http://[bad")])
async def test_request_that_has_no_address_is_rejected(url: str, base_url: str) -> None:
    with pytest.raises(RejectedError):
        await ask(base_url, write=True, url=url)


@pytest.mark.parametrize("header", [("bad name", "x"), ("x", "a\r\nb: c"), ("x", "a\0")])
async def test_header_that_would_break_the_request_is_rejected(header: tuple[str, str]) -> None:
    async with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as base_url:
        with pytest.raises(RejectedError):
            await ask(base_url, write=True, headers=(header,))


async def test_redirect_is_an_answer_not_an_order() -> None:
    async with server(saying(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as base_url:
        answer = await ask(base_url, write=True)
    assert answer.status == 307
    assert answer.headers["location"] == "http://127.0.0.1:1/"


async def test_proxy_of_the_environment_is_ignored() -> None:
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:1")
    async with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as base_url:
        with patch.dict(os.environ, proxies):
            assert (await ask(base_url, write=False)).body == b"ok"


async def test_compressed_answer_is_unpacked() -> None:
    packed = gzip.compress(b'{"a":1}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    async with server(saying(head + packed)) as base_url:
        assert (await ask(base_url, write=False)).json() == {"a": 1}


@pytest.mark.parametrize("packed", [False, True])
async def test_answer_over_the_limit_is_cut_off(packed: bool) -> None:
    body = gzip.compress(bytes(3_000_000)) if packed else bytes(3_000_000)
    coding = "Content-Encoding: gzip\r\n" if packed else ""
    raw = f"HTTP/1.1 200 OK\r\n{coding}Content-Length: {len(body)}\r\n\r\n".encode() + body
    async with server(saying(raw)) as base_url:
        for write, error in ((True, OutcomeUnknownError), (False, RejectedError)):
            with pytest.raises(RemoteError, match="larger than 1,000,000 bytes") as caught:
                await ask(base_url, write=write, client=Client(max_answer_bytes=1_000_000))
            assert type(caught.value) is error


async def test_answer_of_ten_megabytes_arrives_whole() -> None:
    body = b"x" * 10_000_000
    async with server(saying(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)) as base_url:
        assert (await ask(base_url, write=False)).body == body


async def test_header_in_another_alphabet_does_not_lose_the_answer() -> None:
    async with server(saying(b"HTTP/1.1 201 OK\r\nX-Name: \xe9\xff\r\nX-Id: 7\r\nContent-Length: 0\r\n\r\n")) as base_url:
        answer = await ask(base_url, write=True)
    assert answer.status == 201
    assert answer.headers["x-id"] == "7"


async def test_dead_connection_of_the_pool_is_replaced() -> None:
    async with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as base_url, Client() as client:
        request = Request(method="POST", url="/x", body=b"{}")
        for _ in range(5):
            assert (await client.send(request, base_url=base_url, write=True)).body == b"ok"
            await asyncio.sleep(0)


async def test_absolute_address_is_checked_and_the_connections_own_is_not() -> None:
    async with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as base_url:
        with pytest.raises(AddressError):
            await ask("", write=True, url=f"{base_url}/x")
        with pytest.raises(AddressError):
            await ask("http://127.0.0.1:1", write=True, url=f"{base_url}/x")
        assert (await ask(base_url, write=True, url=f"{base_url}/x")).body == b"ok"
        allowed = Client(addresses=Addresses(allow=(base_url.removeprefix("http://"),)))
        assert (await ask("", write=True, url=f"{base_url}/x", client=allowed)).body == b"ok"


async def test_checked_name_is_called_at_the_checked_address() -> None:
    class Local(Addresses):
        """Finds the name public, but pins it to this machine, so that the test stays here."""

        async def check(self, target: object) -> str:
            return "127.0.0.1"

    async with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as base_url:
        port = base_url.rsplit(":", 1)[1]
        async with Client(addresses=Local()) as client:
            for _ in range(2):
                answer = await client.send(Request(method="GET", url=f"http://pinned.invalid:{port}/x"), write=False)
                assert answer.body == b"ok"
