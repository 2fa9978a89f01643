"""Large payloads, large answers and expressions without end: each is refused or carried out, and nobody else waits for it."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import opened_desk, running_engine
from trunkline.engine.engine import Engine
from trunkline.model.event import FINAL, Run
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, as_list, as_object, dumps, loads
from trunkline.settings import Settings
from trunkline.testing.vendor import serving
from trunkline.web.factory import application
from trunkline.web.hooks import Hooks

TEN_MB = 10_000_000
LONGEST_BLOCK_S = 1.0


@dataclass(slots=True)
class Server:
    """`GET /large` answers with ten megabytes; what is posted is kept by its path."""

    bodies: dict[str, list[bytes]] = field(default_factory=dict[str, list[bytes]])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.setdefault(scope["path"], []).append(body)
        answer = dumps({"items": ["y" * 1_000] * (TEN_MB // 1_000)}) if scope["path"] == "/large" else b"{}"
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    desk: Desk
    engine: Engine
    url: str
    endpoint: str
    server: Server

    async def flow(self, name: str, steps: str) -> None:
        text = f"flow: {name}\ntrigger: {{on: http.received, connection: inbox, poll: off}}\nsteps:\n{steps}"
        await flow_admin.apply(self.desk, text, source="test")
        await flow_admin.publish(self.desk, name)
        await self.engine.directory.refresh()

    async def post(self, body: bytes) -> Response:
        request = Request(method="POST", url=f"/hooks/{self.endpoint}", headers=(("content-type", "application/json"),), body=body)
        return await self.desk.client.send(request, base_url=self.url, write=True)

    async def ended(self, most: int) -> list[Run]:
        """Wait until so many runs are at their end."""
        async with asyncio.timeout(30):
            while True:
                runs = [run for run in await run_admin.listed(self.desk, most=1_000) if run.state in FINAL]
                if len(runs) >= most:
                    return runs
                await asyncio.sleep(0.02)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    server = Server()
    settings = Settings(home=tmp_path, environment=os.environ)
    async with serving(server) as server_url, opened_desk(settings) as desk:
        endpoints = {
            name: (
                await connection_admin.add(
                    desk, NewConnection(connector="http", name=name, base_url=base_url, options={"webhook_auth": "open"}, secrets={})
                )
            ).endpoint
            for name, base_url in (("inbox", None), ("server", server_url))
        }
        async with running_engine(desk, settings) as engine:
            app = application(Hooks(engine.directory, engine.receiver, engine.refusals, desk.clock), lambda: (True, {}))
            async with serving(app) as url:
                yield Hub(desk=desk, engine=engine, url=url, endpoint=endpoints["inbox"], server=server)


@asynccontextmanager
async def never_blocked(most_s: float = LONGEST_BLOCK_S) -> AsyncGenerator[None]:
    """The event loop goes round at least every `most_s` of its own CPU time while this is open, however busy the machine is."""
    gaps: list[float] = []

    async def tick() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.01)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    ticking = asyncio.create_task(tick())
    try:
        yield
        await asyncio.sleep(0.02)
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
    assert max(gaps) < most_s, f"the event loop stood still for {max(gaps):.2f} s"


SAVE = """
  - id: save
    call: http.request
    connection: server
    input: {url: /saved, json: "{{ trigger.body }}"}
"""


async def test_ten_megabytes_are_refused_and_the_next_delivery_is_taken(hub: Hub) -> None:
    await hub.flow("save", SAVE)
    async with never_blocked():
        for _ in range(5):
            assert (await hub.post(dumps({"id": "large", "text": "x" * TEN_MB}))).status == 413
    assert (await hub.post(dumps({"id": "small"}))).status == 200
    (run,) = await hub.ended(1)
    assert (run.record_key, run.state) == ("small", "done")
    assert [loads(body) for body in hub.server.bodies["/saved"]] == [{"id": "small"}]
    assert len(await run_admin.events(hub.desk, most=10)) == 1


async def test_payload_just_under_the_limit_is_taken_stored_and_sent_on_whole(hub: Hub) -> None:
    await hub.flow("save", SAVE)
    parts: list[JSON] = ["é" * 700, "x" * 100]
    body: JSON = {"id": "large", "parts": parts * 3_266}
    sent = dumps(body)
    assert 4_900_000 < len(sent) < 5 * 1024 * 1024
    async with never_blocked():
        assert (await hub.post(sent)).status == 200
        (run,) = await hub.ended(1)
    assert run.state == "done"
    assert [loads(received) for received in hub.server.bodies["/saved"]] == [body]
    page = await run_admin.shown(hub.desk, run.id)
    assert page.event is not None
    assert page.event.payload["body"] == body


async def test_answer_of_ten_megabytes_is_a_step_result_like_any_other(hub: Hub) -> None:
    await hub.flow(
        "fetch",
        """
  - id: large
    call: http.fetch
    connection: server
    input: {url: /large}
  - id: save
    call: http.request
    connection: server
    input: {url: /saved, json: {count: "{{ steps.large.body['items'] | length }}", last: "{{ steps.large.body['items'] | last }}"}}
""",
    )
    async with never_blocked():
        assert (await hub.post(b'{"id": "x"}')).status == 200
        (run,) = await hub.ended(1)
    assert (run.state, run.reason) == ("done", "")
    assert [loads(body) for body in hub.server.bodies["/saved"]] == [{"count": TEN_MB // 1_000, "last": "y" * 1_000}]
    steps = (await run_admin.shown(hub.desk, run.id)).steps
    assert len(as_list(as_object(as_object(steps["large"])["body"])["items"])) == TEN_MB // 1_000


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}", id="nested ranges"),
        pytest.param("{% for i in trigger.body.many %}{% for j in trigger.body.many %}x{% endfor %}{% endfor %}", id="nested lists"),
        pytest.param("{% for i in trigger.body.many %}{{ trigger.body.many | sort | join }}{% endfor %}", id="a dear filter in a loop"),
        pytest.param("{% for i in trigger.body.many %}{{ trigger.body.text }}{% endfor %}", id="a text that grows"),
    ],
)
async def test_expression_that_would_run_for_ever_is_a_dead_letter_and_others_go_on(hub: Hub, expression: str) -> None:
    steps = f"  - id: endless\n    set: {{value: {dumps(expression).decode()}}}\n"
    await hub.flow("endless", '  - id: large\n    filter: "{{ trigger.body.many }}"\n' + steps)
    await hub.flow("save", '  - id: small\n    filter: "{{ not trigger.body.many }}"\n' + SAVE)
    large = dumps({"id": "large", "many": list(range(50_000)), "text": "x" * 100_000})
    began = time.monotonic()
    async with never_blocked():
        answers = await asyncio.gather(*(hub.post(body) for body in [large, *(dumps({"id": f"s{number}"}) for number in range(20))]))
        runs = await hub.ended(42)
    assert {answer.status for answer in answers} == {200}
    assert time.monotonic() - began < 20
    (endless,) = [run for run in runs if run.state == "failed"]
    assert (endless.record_key, endless.code) == ("large", "mapping")
    assert "endless" in endless.reason
    assert "value" in endless.reason
    assert len(hub.server.bodies["/saved"]) == 20
