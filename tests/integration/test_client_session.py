"""A connection at work against a fake vendor: headers, budget, repeats, depth, and where the credential may go."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from trunkline.connect.addresses import Addresses
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import (
    Caller,
    Connector,
    IdempotencyKey,
    LookFirst,
    Operation,
    Quota,
    RateLimit,
    Repeat,
    bearer,
    get,
    send,
)
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connect.turns import Errand
from trunkline.connectors.http import connector as http
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import (
    ConfigError,
    MappingError,
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RemoteError,
    UnavailableError,
)
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import record, text
from trunkline.testing.vendor import FakeVendor, serving

NOTE = record({"id": text(), "text": text(format="e164"), "place": text()}, required=("id", "place"))
MAKE = Operation(
    id="notes.make",
    title="Make",
    category="Notes",
    kind="write",
    call=send("POST", "/notes/{id}", options={"place": "location"}),
    takes=NOTE,
    gives=record({}, open=True),
    repeat=IdempotencyKey("x-idempotency"),
)
READ = Operation(
    id="notes.read",
    title="Read",
    category="Notes",
    kind="read",
    call=get("/notes/{id}"),
    takes=record({"id": text()}, required=("id",)),
    gives=record({}, open=True),
)


async def make_and_read(caller: Caller, input: JSONObject) -> JSON:
    made = as_object(await caller.call(MAKE, input))
    return await caller.call(READ, {"id": made["id"]})


BOTH = replace(READ, id="notes.both", kind="write", call=make_and_read, takes=NOTE)
ACME = Connector(id="acme", name="Acme", base_url="https://a.example", about="x", auth=bearer, operations=(MAKE, READ, BOTH))


class FakeNotes(FakeVendor):
    """Keeps notes."""

    def __init__(self) -> None:
        self.notes: dict[str, JSON] = {}
        super().__init__()

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/notes/{id}", self.make, methods=["POST"]), Route("/notes/{id}", self.read, methods=["GET"])]

    async def make(self, request: Request) -> Response:
        id = request.path_params["id"]
        self.notes[id] = await request.json()
        return JSONResponse({"id": id}, status_code=201)

    async def read(self, request: Request) -> Response:
        return JSONResponse({"id": request.path_params["id"], "note": self.notes.get(request.path_params["id"])})


@dataclass(slots=True, kw_only=True)
class Bench:
    vendor: FakeNotes
    session: Session


@asynccontextmanager
async def bench(connector: Connector = ACME, *, limits: tuple[RateLimit, ...] = (), allow: bool = False) -> AsyncGenerator[Bench]:
    vendor, clock = FakeNotes(), SystemClock()
    account = Account(options={"location": "L1"}, credential=Credential({"token": vendor.token}))
    async with serving(vendor) as base_url:
        addresses = Addresses(allow=(base_url.removeprefix("http://"),) if allow else ())
        async with Client(addresses=addresses) as client:
            budget = Budget(limits, clock)
            session = Session(
                connector=connector, account=account, client=client, budget=budget, memory=Memory(clock), clock=clock, base_url=base_url
            )
            yield Bench(vendor=vendor, session=session)


async def test_call_carries_credential_options_and_key() -> None:
    async with bench() as at:
        answer = await at.session.keyed("eff_1", depth=3).call(MAKE, {"id": "a b"})
        seen = at.vendor.calls[0]
    assert answer == {"id": "a b"}
    assert seen.headers["authorization"] == f"Bearer {at.vendor.token}"
    assert seen.headers["x-idempotency"] == "eff_1"
    assert seen.headers["accept"] == "application/json"
    assert seen.json() == {"place": "L1"}


async def test_vendor_never_sees_the_depth_and_a_read_no_key() -> None:
    async with bench() as at:
        await at.session.keyed("eff_1", depth=3).call(READ, {"id": "a"})
        assert not {"trunkline-depth", "x-idempotency"} & set(at.vendor.calls[0].headers)


async def test_input_that_does_not_fit_is_never_sent() -> None:
    async with bench() as at:
        wrong: list[tuple[JSONObject, str]] = [
            ({"id": "1", "text": "030"}, "text"),
            ({}, "id"),
            ({"id": ".."}, "id"),
            ({"id": "1", "x": 1}, "x"),
        ]
        for input, field in wrong:
            with pytest.raises(MappingError) as caught:
                await at.session.call(MAKE, input)
            assert caught.value.field == field
        assert at.vendor.calls == []


async def test_composed_operation_passes_the_same_checks_call_by_call() -> None:
    async with bench() as at:
        assert await at.session.call(BOTH, {"id": "1", "place": "p"}) == {"id": "1", "note": {"place": "p"}}
        assert [call.route for call in at.vendor.calls] == ["POST /notes/1", "GET /notes/1"]
        at.vendor.token_accepted = False
        with pytest.raises(ReconnectError) as caught:
            await at.session.call(BOTH, {"id": "2", "place": "p"})
        assert caught.value.operation == "notes.make"


async def make_two(caller: Caller, input: JSONObject) -> JSON:
    if input.get("text") is None:
        await caller.call(MAKE, {**input, "id": "first"})
    return await caller.call(MAKE, {"id": "second", "place": "p"})


async def test_writes_of_a_composed_operation_keep_keys_of_their_own_in_every_attempt() -> None:
    two = replace(BOTH, id="notes.two", call=make_two)
    async with bench() as at:
        await at.session.keyed("eff_1").call(two, {"id": "x", "place": "p"})
        await at.session.keyed("eff_1").call(two, {"id": "x", "place": "p", "text": "+15551234567"})
        await at.session.keyed("eff_2").call(two, {"id": "x", "place": "p"})
    first, second, again, _, other = [call.headers["x-idempotency"] for call in at.vendor.calls]
    assert second == again
    assert len({first, second, other}) == 3


async def find_nothing(_caller: Caller, _input: JSONObject) -> JSON:
    return None


@pytest.mark.parametrize("repeat", ["never", LookFirst(find_nothing)])
@pytest.mark.parametrize("status", [503, 429, 401, 404])
async def test_composed_write_that_was_done_in_part_is_looked_up_before_it_is_sent_again(repeat: Repeat, status: int) -> None:
    both = replace(BOTH, repeat=repeat)
    async with bench() as at:
        at.vendor.next("GET /notes/*", status=status)
        with pytest.raises(OutcomeUnknownError, match="was done in part") as caught:
            await at.session.call(both, {"id": "1", "place": "p"})
        assert isinstance(caught.value.__cause__, RemoteError)
        assert caught.value.status == status
        assert at.vendor.notes == {"1": {"place": "p"}}


async def test_composed_write_of_which_nothing_was_done_or_that_may_be_repeated_says_what_happened() -> None:
    async with bench() as at:
        at.vendor.next("POST /notes/*", status=503)
        with pytest.raises(UnavailableError):
            await at.session.call(replace(BOTH, repeat="never"), {"id": "1", "place": "p"})
        at.vendor.next("GET /notes/*", status=503)
        with pytest.raises(UnavailableError):
            await at.session.call(replace(BOTH, repeat="safe"), {"id": "1", "place": "p"})


async def test_write_is_done_once_though_its_answer_was_lost() -> None:
    async with bench() as at:
        at.vendor.next("POST /notes/*", status=500, after=True)
        with pytest.raises(OutcomeUnknownError):
            await at.session.call(MAKE, {"id": "1"})
        assert at.vendor.notes == {"1": {"place": "L1"}}
        assert len(at.vendor.calls) == 1


async def test_refusal_for_speed_pauses_the_whole_connection() -> None:
    async with bench(limits=(RateLimit(calls=100, per_s=30),)) as at:
        at.vendor.next(status=429)
        with pytest.raises(RateLimitedError):
            await at.session.call(READ, {"id": "1"})
        with pytest.raises(RateLimitedError) as caught:
            await at.session.keyed("other").call(READ, {"id": "2"})
        assert caught.value.retry_at is not None
        assert len(at.vendor.calls) == 1


async def test_quota_headers_correct_the_budget() -> None:
    def quota(headers: object) -> Quota:
        assert headers
        return Quota(calls=2, per_s=0.3)

    async with bench(replace(ACME, quota=quota), limits=(RateLimit(calls=50, per_s=0.3),)) as at:
        at.vendor.limits = (RateLimit(calls=2, per_s=0.3),)
        await at.session.call(READ, {"id": "0"})
        await asyncio.gather(*(at.session.call(READ, {"id": str(number)}) for number in range(5)))
        assert at.vendor.over_limit == 0


async def test_concurrent_calls_share_one_budget_between_effects() -> None:
    limit = RateLimit(calls=4, per_s=0.3)
    async with bench(limits=(limit,)) as at:
        at.vendor.limits = (limit,)
        await asyncio.gather(*(at.session.keyed(f"eff_{number}").call(READ, {"id": str(number)}) for number in range(13)))
        assert at.vendor.over_limit == 0
        assert len(at.vendor.calls) == 13


FETCH, REQUEST = http.operations[1], http.operations[0]


async def test_depth_is_told_by_http_requests() -> None:
    async with bench(http) as at:
        await at.session.keyed("k", depth=2).call(FETCH, {"url": "/notes/1"})
        await at.session.keyed("k").call(FETCH, {"url": "/notes/1"})
    assert at.vendor.calls[0].headers["trunkline-depth"] == "2"
    assert "trunkline-depth" not in at.vendor.calls[1].headers


async def test_credential_stays_at_the_connections_own_address() -> None:
    async with bench(http, allow=True) as at:
        base_url = str(at.session.base_url)
        await at.session.call(FETCH, {"url": f"{base_url}/notes/1"})
        at.session.base_url = "http://127.0.0.1:1/api"
        with pytest.raises(ReconnectError):
            await at.session.call(FETCH, {"url": f"{base_url}/notes/1"})
        at.session.base_url = None
        with pytest.raises(ConfigError):
            await at.session.call(FETCH, {"url": f"{base_url}/notes/1"})
    assert [("authorization" in call.headers) for call in at.vendor.calls] == [True, False]


async def test_repr_and_errors_hide_the_credential() -> None:
    async with bench() as at:
        at.vendor.next(status=400, body={"message": f"the header was Bearer {at.vendor.token}"})
        with pytest.raises(Exception, match="•••") as caught:
            await at.session.call(READ, {"id": "1"})
        assert at.vendor.token not in f"{caught.value} {caught.value!r} {at.session!r}"


async def test_a_composed_operation_waits_between_its_calls_and_is_not_begun_anew() -> None:
    hasty = Errand(patience_s=0)
    async with bench(limits=(RateLimit(calls=1, per_s=0.3),)) as at:
        answer = await at.session.keyed("eff_1", errand=hasty).call(BOTH, {"id": "1", "place": "p"})
        assert answer == {"id": "1", "note": {"place": "p"}}
        with pytest.raises(RateLimitedError):
            await at.session.keyed("eff_2", errand=hasty).call(READ, {"id": "1"})
    assert [call.route for call in at.vendor.calls] == ["POST /notes/1", "GET /notes/1"]
