"""The base of the fakes is tested itself: a wrong fake would prove anything."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.client import Client
from trunkline.connect.declaration import RateLimit
from trunkline.model.errors import OutcomeUnknownError
from trunkline.model.http import Pairs
from trunkline.model.http import Request as Outgoing
from trunkline.model.http import Response as Answer
from trunkline.model.json import JSON, loads
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import FakeVendor, serving


class Counter(FakeVendor):
    """Counts what it was told; `/hook` takes webhooks as a hub would."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.count = 0
        self.heard: list[JSON] = []
        self.hook_statuses: list[int] = []
        super().__init__(clock=clock)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/count", self.up, methods=["POST"]), Route("/hook", self.hook, methods=["POST"])]

    def authorised(self, request: Request) -> bool:
        return request.url.path == "/hook" or super().authorised(request)

    def sign(self, body: bytes, *, at: float) -> Pairs:
        return (("x-signature", f"{len(body)}@{int(at)}"),)

    async def up(self, _: Request) -> Response:
        self.count += 1
        return JSONResponse({"count": self.count})

    async def hook(self, request: Request) -> Response:
        status = self.hook_statuses.pop(0) if self.hook_statuses else 200
        if status == 200:
            self.heard.append(await request.json())
        return Response(status_code=status)


@dataclass(slots=True)
class Bench:
    vendor: Counter
    client: Client
    base_url: str

    async def post(self, token: str | None = None) -> Answer:
        headers = (("authorization", f"Bearer {token or self.vendor.token}"),)
        request = Outgoing(method="POST", url="/count", query=(("q", "1"),), headers=headers, body=b'{"a":1}')
        return await self.client.send(request, base_url=self.base_url, timeout_s=0.3, write=True)


@asynccontextmanager
async def bench(vendor: Counter | None = None) -> AsyncGenerator[Bench]:
    vendor = vendor or Counter()
    async with serving(vendor) as base_url, Client() as client:
        vendor.webhooks.urls = [f"{base_url}/hook"]
        vendor.webhooks.retry_s = 0.001
        yield Bench(vendor, client, base_url)


async def test_call_log_holds_what_arrived() -> None:
    async with bench() as at:
        await at.post()
        (seen,) = at.vendor.calls
    assert (seen.route, seen.query["q"], seen.json()) == ("POST /count", "1", {"a": 1})
    assert at.vendor.calls_to("POST /c*") == [seen]
    assert at.vendor.calls_to("GET *") == []
    assert "authorization" not in repr(seen.body)


@pytest.mark.parametrize(("after", "count"), [(False, 0), (True, 1)])
async def test_switch_spoils_the_answer_before_or_after_the_write(after: bool, count: int) -> None:
    async with bench() as at:
        at.vendor.next("POST /count", status=500, after=after)
        assert (await at.post()).status == 500
        assert at.vendor.count == count
        assert (await at.post()).status == 200


@pytest.mark.parametrize("ending", ["hang", "drop", "truncate"])
@pytest.mark.parametrize("after", [False, True])
async def test_answer_can_be_lost_on_its_way(ending: str, after: bool) -> None:
    async with bench() as at:
        at.vendor.next(ending=ending, after=after)  # pyright: ignore[reportArgumentType] - one of the endings
        with pytest.raises(OutcomeUnknownError):
            await at.post()
        assert at.vendor.count == (1 if after or ending == "truncate" else 0)


async def test_switch_holds_for_its_route_and_as_often_as_told() -> None:
    async with bench() as at:
        at.vendor.next("GET /count", status=500)
        at.vendor.next("POST /*", status=429, headers={"retry-after": "3"}, times=2)
        answers = [await at.post() for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "3"


async def test_spoiled_body_is_json_or_a_page() -> None:
    async with bench() as at:
        at.vendor.next(status=502, body="<html>")
        at.vendor.next(body={"a": 1})
        page, value = await at.post(), await at.post()
    assert (page.status, page.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert (value.status, loads(value.body)) == (200, {"a": 1})


async def test_wrong_or_revoked_credential_is_refused() -> None:
    async with bench() as at:
        assert (await at.post("wrong")).status == 401
        at.vendor.token_accepted = False
        assert (await at.post()).status == 401
        assert at.vendor.count == 0


@pytest.mark.parametrize(("window", "pause_s", "statuses"), [("sliding", 0.5, [200, 429]), ("fixed", 0.5, [200, 200, 429])])
async def test_limit_is_counted_as_the_vendor_counts(window: str, pause_s: float, statuses: list[int]) -> None:
    clock = FakeClock()
    vendor = Counter(clock)
    vendor.limits, vendor.window = (RateLimit(calls=2, per_s=1),), window  # pyright: ignore[reportAttributeAccessIssue] - both are windows
    async with bench(vendor) as at:
        await clock.advance(0.6)
        await at.post()
        await clock.advance(pause_s)
        assert [(await at.post()).status for _ in statuses] == statuses
        await clock.advance(2)
        assert (await at.post()).status == 200
    assert vendor.over_limit == 1


async def test_webhook_is_signed_and_tried_until_it_is_taken() -> None:
    async with bench() as at:
        at.vendor.hook_statuses = [503, 429]
        at.vendor.webhooks.emit({"n": 1})
        await at.vendor.webhooks.settled()
        assert [sent.status for sent in at.vendor.webhooks.log] == [503, 429, 200]
        assert at.vendor.heard == [{"n": 1}]
        signatures = {call.headers["x-signature"] for call in at.vendor.calls}
    assert len(signatures) == 1
    assert signatures.pop().startswith("7@")


async def test_webhooks_get_lost_doubled_and_mixed_up_on_demand() -> None:
    async with bench() as at:
        hooks = at.vendor.webhooks
        hooks.drop = 1
        hooks.emit({"n": "lost"})
        hooks.copies = 2
        hooks.emit({"n": "twice"})
        await hooks.settled()
        assert at.vendor.heard == [{"n": "twice"}] * 2
        hooks.copies = 1
        hooks.hold()
        for number in range(3):
            hooks.emit({"n": number})
        assert len(at.vendor.heard) == 2
        hooks.release(reverse=True)
        await hooks.settled()
    assert at.vendor.heard[2:] == [{"n": 2}, {"n": 1}, {"n": 0}]


async def test_receiver_that_never_answers_is_given_up() -> None:
    async with bench() as at:
        at.vendor.webhooks.urls = ["http://127.0.0.1:1/hook"]
        at.vendor.webhooks.tries = 3
        at.vendor.webhooks.emit({})
        await at.vendor.webhooks.settled()
        assert [sent.status for sent in at.vendor.webhooks.log] == [None] * 3
