"""A hub that is killed and started again: its data folder, its flows, its process, and what its records say afterwards."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import opened_desk
from trunkline.connect.client import Client
from trunkline.model.errors import TrunklineError
from trunkline.model.event import FINAL, Run
from trunkline.model.http import Request
from trunkline.model.ids import RunId, run_id
from trunkline.model.json import JSON, as_object, dumps
from trunkline.settings import Settings
from trunkline.store import effects as effect_store
from trunkline.store import events as event_store
from trunkline.store.effects import RecordedEffect
from trunkline.store.statement import Transaction

TOKEN: Final = "inbox-token-4d1f"
WAIT_S: Final = 60.0
PLAIN: Final = ("/plain", "/first", "/second")
"""Writes that are never repeated by themselves, by the path they go to."""
KEYED: Final = "/keyed"

_FLOW = """
flow: {name}
trigger: {{on: http.received, connection: inbox, poll: off}}
steps:
"""
_STEP = """
  - id: {id}
    call: http.request
    connection: {connection}
    input:
      url: {path}
      json: {{contact: "{{{{ trigger.body.id }}}}", number: "{{{{ trigger.body.number }}}}"}}
"""
FLOWS: Final[Mapping[str, str]] = {
    "plain": _FLOW.format(name="plain") + _STEP.format(id="write", connection="sink", path="/plain"),
    "keyed": _FLOW.format(name="keyed") + _STEP.format(id="write", connection="keyed-sink", path=KEYED),
    "two": _FLOW.format(name="two")
    + _STEP.format(id="first", connection="sink", path="/first")
    + _STEP.format(id="second", connection="sink", path="/second"),
}
PATHS: Final[Mapping[str, tuple[str, ...]]] = {"plain": ("/plain",), "keyed": (KEYED,), "two": ("/first", "/second")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A run with what it was about and its writes by the path they went to."""

    run: Run
    flow: str
    contact: str
    number: int
    effects: Mapping[str, RecordedEffect]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A data folder made ready, and the address its hub listens on whenever it runs."""

    home: Path
    port: int
    endpoint: str

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, port=self.port, environment=os.environ)

    @property
    def command(self) -> list[str]:
        """What starts the hub."""
        return [sys.executable, str(Path(__file__).with_name("serve.py")), str(self.home), str(self.port)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def records(self) -> list[Record]:
        """Every run the data tells of, oldest first."""
        async with opened_desk(self.settings) as desk:
            names = {flow.id: flow.name for flow in await flow_admin.everything(desk)}
            runs = await run_admin.listed(desk, most=1_000_000)

            def read(tx: Transaction) -> list[Record]:
                return [_record(tx, run, names[run.flow]) for run in reversed(runs)]

            return await desk.database.read(read)

    async def events(self) -> list[tuple[str, int]]:
        """Contact and number of every event stored, newest first."""
        async with opened_desk(self.settings) as desk:
            return [_about(as_object(event.payload["body"])) for event in await run_admin.events(desk, most=1_000_000)]

    async def intended(self) -> set[tuple[tuple[str, int], str]]:
        """The writes that have an intent and no outcome, by event and path; their runs may have no row of their own yet."""
        async with opened_desk(self.settings) as desk:
            flows = await flow_admin.everything(desk)
            events = await run_admin.events(desk, most=1_000_000)

            def read(tx: Transaction) -> set[tuple[tuple[str, int], str]]:
                return {
                    (_about(as_object(event.payload["body"])), str(as_object(found.request)["url"]))
                    for event in events
                    for flow in flows
                    for found in effect_store.effects_of(tx, run_id(event.id, flow.id, 0))
                    if found.effect.state == "intended"
                }

            return await desk.database.read(read)

    async def resolve(self, run: RunId, *, landed: bool) -> None:
        """What `trunkline runs resolve` does, on a running hub or a stopped one."""
        async with opened_desk(self.settings) as desk:
            await run_admin.resolve(desk, run, landed=landed, answer={})

    async def settled(self, runs: int, *, within_s: float = WAIT_S) -> None:
        """Wait until so many runs exist, all of them at their end, and nothing waits in the inbox."""
        async with opened_desk(self.settings) as desk:
            await until(lambda: _settled(desk, runs), within_s=within_s)

    async def all_done(self) -> None:
        """Wait until every run is done."""
        async with opened_desk(self.settings) as desk:
            await until(lambda: _all_done(desk))


async def _settled(desk: Desk, runs: int) -> bool:
    counts = await run_admin.counts(desk)
    over = all(state in FINAL for state in counts)
    return over and sum(counts.values()) >= runs and await desk.database.read(event_store.inbox_depth) == 0


async def _all_done(desk: Desk) -> bool:
    return (await run_admin.counts(desk)).keys() <= {"done"}


async def until(reached: Callable[[], Awaitable[bool]], *, within_s: float = WAIT_S) -> None:
    """Wait until it is so; `TimeoutError` when it never is."""
    async with asyncio.timeout(within_s):
        while True:
            if await reached():
                return
            await asyncio.sleep(0.05)


def _about(body: Mapping[str, JSON]) -> tuple[str, int]:
    return str(body["id"]), int(str(body["number"]))


def _record(tx: Transaction, run: Run, flow: str) -> Record:
    event = event_store.get_event(tx, run.event)
    assert event is not None, f"{run.id} has lost its event"
    contact, number = _about(as_object(event.payload["body"]))
    effects = {str(as_object(found.request)["url"]): found for found in effect_store.effects_of(tx, run.id)}
    return Record(run=run, flow=flow, contact=contact, number=number, effects=effects)


async def made(home: Path, sink_url: str) -> Folder:
    """A data folder with the three flows published; no hub runs yet."""
    settings = Settings(home=home, environment=os.environ)
    keyed = {"idempotency_header": "idempotency-key"}
    async with opened_desk(settings) as desk:
        inbox = NewConnection(connector="http", name="inbox", base_url=None, options={}, secrets={"webhook_token": TOKEN})
        endpoint = (await connection_admin.add(desk, inbox)).endpoint
        for name, options in (("sink", {}), ("keyed-sink", keyed)):
            new = NewConnection(connector="http", name=name, base_url=sink_url, options=options, secrets={})
            await connection_admin.add(desk, new)
        for name, text in FLOWS.items():
            await flow_admin.apply(desk, text, source="test")
            await flow_admin.publish(desk, name)
    return Folder(home=home, port=free_port(), endpoint=endpoint)


def free_port() -> int:
    """A port that no client socket of the system picks by itself: those would answer in place of a dead hub."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@dataclass(slots=True, kw_only=True)
class Process:
    """A hub at work."""

    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """Kill it as by kill -9."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), WAIT_S)


@asynccontextmanager
async def started(folder: Folder) -> AsyncGenerator[Process]:
    """A hub process, which may not listen yet; it is gone at the end."""
    with (folder.home / "hub.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*folder.command, stdout=log, stderr=log)
    try:
        yield Process(process=process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Sender:
    """A vendor that sends webhooks: one delivery id per event, whatever becomes of the first try."""

    def __init__(self, folder: Folder, client: Client) -> None:
        self._folder = folder
        self._client = client
        self.accepted: set[tuple[str, int]] = set()
        self.tries = 0

    async def once(self, contact: str, number: int) -> bool:
        """Send an event; whether the hub took it."""
        headers = (("content-type", "application/json"), ("x-webhook-token", TOKEN), ("x-delivery-id", f"{contact}-{number}"))
        request = Request(
            method="POST", url=f"/hooks/{self._folder.endpoint}", headers=headers, body=dumps({"id": contact, "number": number})
        )
        self.tries += 1
        try:
            answer = await self._client.send(request, base_url=self._folder.url, timeout_s=30, write=True)
        except TrunklineError:
            return False
        if answer.ok:
            self.accepted.add((contact, number))
        return answer.ok

    async def until_taken(self, contact: str, number: int) -> None:
        """Send an event again and again, as vendors do, until the hub takes it."""
        await until(lambda: self.once(contact, number))

    async def until_up(self) -> None:
        """Wait until the hub listens."""
        await until(self._healthy)

    async def _healthy(self) -> bool:
        try:
            return (await self._client.send(Request(method="GET", url="/healthz"), base_url=self._folder.url, write=False)).ok
        except TrunklineError:
            return False
