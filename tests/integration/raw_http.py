"""HTTP spoken in raw bytes: what no well-behaved client would send, and what comes back on the wire."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from trunkline.model.json import JSONObject, as_object, loads

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back on the wire; status 0 when the connection was cut without a word."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> JSONObject:
        return as_object(loads(self.body))

    @property
    def seen(self) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """All of it, to be compared."""
        return self.status, tuple(self.headers.items()), self.body


def request(method: str, target: str, headers: Headers = (), body: bytes = b"", *, host: str = "127.0.0.1") -> bytes:
    """A request as it goes out; nothing is checked or escaped."""
    lines = [
        f"{method} {target} HTTP/1.1",
        f"host: {host}",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


async def exchange(port: int, data: bytes, *, half_close: bool = False, within_s: float = 20) -> Answer:
    """Write these bytes on a connection of their own and read one answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(within_s):
            answer = asyncio.ensure_future(read_answer(reader, with_body=not data.startswith(b"HEAD ")))
            try:
                writer.write(data)
                if half_close:
                    writer.write_eof()
                await writer.drain()
            except ConnectionError:
                pass  # it was refused before everything was sent; the answer says so
            return await answer
    finally:
        writer.transport.abort()


async def read_answer(reader: asyncio.StreamReader, *, with_body: bool = True) -> Answer:
    """The next answer; to a HEAD there is no body, whatever its headers say."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0"))) if with_body else b""
    except (asyncio.IncompleteReadError, ConnectionError):
        return Answer(status=0, headers={}, body=b"")
    return Answer(status=int(head[0].split(" ")[1]), headers=headers, body=body)
