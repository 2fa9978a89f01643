"""The bare prototype: receive, commit, map, commit the intent, POST, commit the outcome. `prototype.py PORT SINK_URL FILE`.

It has the same durability as Trunkline (one SQLite file, every commit flushed, one flush for many) and nothing else: no proof of the
sender, no duplicates, no order, no retries, no recovery, no record anybody could read. So it marks how fast this can be in Python.
"""
# pyright: basic, reportMissingImports=false
# Peers run in an environment of their own, which the type checker does not see.

import asyncio
import sqlite3
import sys
import threading

import aiohttp  # noqa: TID251 - the prototype is no part of the program
import orjson
import uvloop
from aiohttp import web  # noqa: TID251

CONCURRENCY = 64


class Journal:
    """One thread that commits whatever waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop, file: str) -> None:
        self._loop = loop
        self._file = file
        self._waiting: list[tuple[tuple[str, bytes], asyncio.Future[None]]] = []
        self._wake = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._work, daemon=True).start()

    def commit(self, kind: str, body: bytes) -> asyncio.Future[None]:
        future = self._loop.create_future()
        with self._lock:
            self._waiting.append(((kind, body), future))
        self._wake.set()
        return future

    def _work(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")
        connection.execute("create table journal (seq integer primary key, kind text, body blob)")
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                batch, self._waiting = self._waiting, []
            if batch:
                connection.execute("begin immediate")
                connection.executemany("insert into journal (kind, body) values (?, ?)", [row for row, _ in batch])
                connection.execute("commit")
                self._loop.call_soon_threadsafe(_settle, [future for _, future in batch])


def _settle(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


async def main(port: int, sink_url: str, file: str) -> None:
    journal = Journal(asyncio.get_running_loop(), file)
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY))
    accepted: asyncio.Queue[bytes] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        await journal.commit("event", body)
        accepted.put_nowait(body)
        return web.Response(text='{"ok":true}', content_type="application/json")

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def work() -> None:
        while True:
            contact = orjson.loads(await accepted.get())["contact"]
            mapped = {"firstName": contact["name"].split(" ")[0], "phone": contact["phone"], "email": contact["email"].lower()}
            body = orjson.dumps(mapped)
            await journal.commit("intent", body)
            async with session.post(f"{sink_url}/contacts", data=body, headers={"content-type": "application/json"}) as response:
                answer = await response.read()
            await journal.commit("done", answer)

    workers = [asyncio.create_task(work()) for _ in range(CONCURRENCY)]
    app = web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_get("/healthz", health)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.gather(*workers)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
