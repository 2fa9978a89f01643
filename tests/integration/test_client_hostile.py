"""A connector whose vendor does everything wrong: nothing hangs, nothing is believed, nothing is lost in silence."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Connector, Operation, bearer, by_token, get, send
from trunkline.connect.memory import Memory
from trunkline.connect.pages import pages
from trunkline.connect.session import Session
from trunkline.model.clock import SystemClock
from trunkline.model.errors import OutcomeUnknownError, RejectedError, RemoteError, UnavailableError
from trunkline.model.json import as_object
from trunkline.model.schema import record
from trunkline.testing.vendor import FakeVendor, serving

ANY = record({}, open=True)


def read(path: str) -> Operation:
    return Operation(
        id=f"things{path.replace('/', '.')}",
        title="Read",
        category="Things",
        kind="read",
        call=get(path, query=("token",)),
        takes=ANY,
        gives=ANY,
        items="data",
        next_page=by_token(param="token", answer="next"),
    )


def write(path: str) -> Operation:
    return Operation(id="things.make", title="Make", category="Things", kind="write", call=send("POST", path), takes=ANY, gives=ANY)


class Hostile(FakeVendor):
    """Answers as vendors do on their worst day."""

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/page", self.page, methods=["GET", "POST"]),
            Route("/endless", self.endless),
            Route("/growing", self.growing),
            Route("/large", self.large),
            Route("/huge", self.huge),
            Route("/deep", self.deep),
            Route("/not-a-list", self.not_a_list),
            Route("/words", self.words),
            Route("/shout", self.shout),
        ]

    async def page(self, _: Request) -> Response:
        return HTMLResponse("<html><h1>Be right back</h1></html>")

    async def endless(self, _: Request) -> Response:
        return JSONResponse({"data": [1], "next": "same"})

    async def growing(self, request: Request) -> Response:
        return JSONResponse({"data": [1], "next": request.query_params.get("token", "") + "x"})

    async def large(self, _: Request) -> Response:
        return JSONResponse({"data": ["x" * 1000] * 10_000})

    async def huge(self, _: Request) -> Response:
        return JSONResponse({"data": "x" * 30_000_000})

    async def deep(self, _: Request) -> Response:
        return Response(b'{"data":' * 5000 + b"1" + b"}" * 5000, media_type="application/json")

    async def not_a_list(self, _: Request) -> Response:
        return JSONResponse({"data": {"surprise": True}, "next": 0})

    async def words(self, request: Request) -> Response:
        return JSONResponse({"message": request.headers["authorization"] * 1000, "errors": {"a": [{}]}}, status_code=400)

    async def shout(self, _: Request) -> Response:
        return Response(b"\x00\xff" * 500, status_code=500, headers={"retry-after": "\x7e" * 50})


@asynccontextmanager
async def hostile(timeout_s: float = 5) -> AsyncGenerator[tuple[Session, Hostile]]:
    vendor, clock = Hostile(), SystemClock()
    connector = Connector(id="hostile", name="Hostile", base_url="", about="x", auth=bearer, operations=())
    async with serving(vendor) as base_url, Client() as client:
        yield (
            Session(
                connector=connector,
                account=vendor.account(),
                client=client,
                budget=Budget((), clock),
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
                timeout_s=timeout_s,
            ),
            vendor,
        )


async def test_page_for_people_is_no_answer() -> None:
    async with hostile() as (session, _):
        with pytest.raises(UnavailableError):
            await session.call(read("/page"), {})
        with pytest.raises(OutcomeUnknownError):
            await session.call(write("/page"), {})


async def test_token_that_never_changes_ends_the_list() -> None:
    async with hostile() as (session, vendor):
        with pytest.raises(RejectedError, match="does not end"):
            [page async for page in pages(session, read("/endless"), {})]
        assert len(vendor.calls) == 2


async def test_token_that_always_changes_ends_at_the_bound() -> None:
    async with hostile() as (session, vendor):
        with pytest.raises(RejectedError, match="does not end"):
            [page async for page in pages(session, read("/growing"), {}, most=20)]
        assert len(vendor.calls) == 20


async def test_ten_megabytes_are_read_and_thirty_are_not() -> None:
    async with hostile() as (session, _):
        assert len(str(as_object(await session.call(read("/large"), {}))["data"])) > 10_000_000
        with pytest.raises(RejectedError, match="larger than"):
            await session.call(read("/huge"), {})


async def test_answer_nested_to_hurt_is_no_answer() -> None:
    async with hostile() as (session, _):
        with pytest.raises(UnavailableError):
            await session.call(read("/deep"), {})


async def test_object_where_a_list_was_promised_is_an_empty_page() -> None:
    async with hostile() as (session, _):
        assert [page async for page in pages(session, read("/not-a-list"), {})] == [[]]


async def test_answer_that_drips_ends_at_the_time_limit() -> None:
    async with hostile(timeout_s=0.4) as (session, vendor):
        vendor.next(ending="drip", times=2)
        async with asyncio.timeout(3):
            with pytest.raises(UnavailableError):
                await session.call(read("/large"), {})
            with pytest.raises(OutcomeUnknownError):
                await session.call(write("/page"), {})


@pytest.mark.parametrize("path", ["/words", "/shout"])
async def test_error_text_is_short_plain_and_without_the_token(path: str) -> None:
    async with hostile() as (session, vendor):
        with pytest.raises(RemoteError) as caught:
            await session.call(read(path), {})
        assert len(str(caught.value)) < 400
        assert str(caught.value).isprintable()
        assert vendor.token not in str(caught.value)
