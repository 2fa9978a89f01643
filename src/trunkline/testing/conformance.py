"""What every connector has to do, as one suite of tests: `TestAcme = conformance(connector, fake=FakeAcme)`.

A connector's folder brings `samples/` and `quality.toml`:

- an operation's sample is `{"input": {...}}`, with an input that works against the fake after its `seed()`;
- a trigger's sample is `{"payload": {...}}` with what it came from: `"delivery"` (the webhook's body), `"item"` (of the polled list) or
  both, and the `"input"` of a trigger that asks for one; a watched operation's own sample does as well;
- `quality.toml` has a table `[rules]` with a line per rule of `RULES`: `"done"`, or `{exempt = "the reason"}`.
"""

import logging
import sys
import tomllib
from asyncio import gather
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import (
    Call,
    Connector,
    IdempotencyKey,
    LookFirst,
    Operation,
    Poll,
    RateLimit,
    Trigger,
    Webhook,
    repeat_of,
)
from trunkline.connect.inputs import check, compiled
from trunkline.connect.memory import Memory
from trunkline.connect.pages import pages
from trunkline.connect.requests import fill_in
from trunkline.connect.session import Session
from trunkline.connect.watching import first_page
from trunkline.model.clock import SECOND, Clock, Instant, SystemClock, from_iso, iso, later
from trunkline.model.connection import Account
from trunkline.model.errors import (
    ConfigError,
    OutcomeUnknownError,
    RateLimitedError,
    ReconnectError,
    RejectedError,
    RemoteError,
    TrunklineError,
    UnavailableError,
    WebhookError,
)
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path, canonical, dumps, loads
from trunkline.testing.vendor import FakeVendor, serving

RULES: Final = (
    "auth",
    "errors",
    "limits",
    "operations-sampled",
    "paging",
    "redaction",
    "repeat-declared",
    "samples-real",
    "scopes",
    "triggers-sampled",
    "webhook-verified",
)
"""The checklist: each is done or exempt with a reason."""

_EXPECTED: Final[Mapping[int, tuple[type[RemoteError], type[RemoteError]]]] = {
    # status: (of a read, of a write)
    400: (RejectedError, RejectedError),
    401: (ReconnectError, ReconnectError),
    403: (RejectedError, RejectedError),
    404: (RejectedError, RejectedError),
    409: (RejectedError, RejectedError),
    422: (RejectedError, RejectedError),
    429: (RateLimitedError, RateLimitedError),
    500: (UnavailableError, OutcomeUnknownError),
    502: (UnavailableError, OutcomeUnknownError),
    503: (UnavailableError, UnavailableError),
    504: (UnavailableError, OutcomeUnknownError),
}
_SHORT_S: Final = 0.4
_SCALED_S: Final = 0.4

F = TypeVar("F", bound=FakeVendor)


# NOTE: no slots on these two: typing marks an instance of `Scenarios[F]`, which frozen, slotted dataclasses of Python 3.11 break on.


@dataclass(frozen=True, kw_only=True)
class Paging(Generic[F]):
    """A list to be read in pages of several sizes. `fill` puts at least seven records into the fake; `size` names the input."""

    operation: str
    size: str
    fill: Callable[[F], None]
    input: JSONObject = field(default_factory=dict)
    sizes: tuple[int, ...] = (1, 2, 3, 50)


@dataclass(frozen=True, kw_only=True)
class Scenarios(Generic[F]):
    """What the suite cannot know by itself; everything has a default.

    `read` and `write` are operations of one call each, on which the error classes are tried; by default the connector's `check` and its
    first write. `meanings` are the statuses that this vendor uses in its own way, as its fake's plain refusal means them.
    """

    read: str | None = None
    write: str | None = None
    inputs: Mapping[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    pages: tuple[Paging[F], ...] = ()
    meanings: Mapping[int, type[RemoteError]] = field(default_factory=dict[int, type[RemoteError]])
    any_body: bool = False
    """True when a good answer may hold anything, so that a page instead of JSON is no fault."""
    signs_time: bool = True
    """False when the vendor's webhook signature covers no time, so that staleness cannot be told."""
    without_secret: Account | None = None
    """An account on which no webhook secret is set; None when the vendor's key is published and so always known."""


def conformance(
    connector: Connector, *, fake: Callable[[], F], scenarios: Scenarios[F] | None = None, folder: Path | None = None
) -> type["Conformance"]:
    """The suite for `connector` as a test class; `folder` (samples and checklist) defaults to the one that `fake` lies in."""
    place = folder or Path(str(sys.modules[fake.__module__].__file__)).parent
    facts = {"connector": connector, "make": staticmethod(fake), "scenarios": scenarios or Scenarios[F](), "folder": place}
    return type("Conformance", (Conformance,), facts)


class Conformance:
    """The tests; `conformance` makes a subclass that knows its connector."""

    connector: Connector
    make: Callable[[], FakeVendor]
    scenarios: Scenarios[Any]
    folder: Path

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        cases: dict[str, tuple[list[Any], Callable[[Any], str]]] = {
            "operation": (list(self.connector.operations), lambda one: one.id),
            "trigger": (list(self.connector.triggers), lambda one: one.id),
            "paging": (list(self.scenarios.pages), lambda one: one.operation),
            "status": (sorted(_EXPECTED), str),
        }
        for name, (values, label) in cases.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=label)

    # ── the declaration ──

    def test_names_are_unique(self) -> None:
        for ids in ([one.id for one in self.connector.operations], [one.id for one in self.connector.triggers]):
            assert len(ids) == len(set(ids))

    def test_connector_says_what_it_is(self) -> None:
        assert self.connector.id.isidentifier()
        assert self.connector.name
        assert self.connector.about
        compiled(self.connector.options)
        assert not self.connector.base_url.endswith("/")

    def test_operation_is_declared_completely(self, operation: Operation) -> None:
        assert operation.title
        assert operation.category
        compiled(operation.input)
        compiled(operation.output)
        repeat = repeat_of(operation, self.make().account())
        if operation.kind == "read":
            assert repeat == "never", "a read is repeated as it is and declares nothing"
        elif isinstance(repeat, IdempotencyKey):
            assert repeat.header
        elif isinstance(repeat, LookFirst):
            assert callable(repeat.find)
        if operation.next_page is not None:
            assert operation.items is not None, "a list that is paged says where its items are"

    def test_sample_fits_the_input_schema(self, operation: Operation) -> None:
        check(operation.input, self._filled(operation))

    def test_checklist_is_answered(self) -> None:
        rules = as_object(tomllib.loads((self.folder / "quality.toml").read_text())["rules"])
        assert set(rules) == set(RULES)
        for rule, answer in rules.items():
            assert answer == "done" or len(str(as_object(answer).get("exempt", ""))) > 10, rule

    def test_trigger_is_declared_completely(self, trigger: Trigger) -> None:
        assert trigger.title
        assert trigger.category
        compiled(trigger.output)
        compiled(trigger.input or {})
        assert trigger.kinds or trigger.poll is not None, "it arrives by webhook, by poll or both"
        assert not trigger.kinds or trigger.payload is not None, "a webhook trigger normalises its body"
        assert not trigger.kinds or self.connector.webhook is not None
        needed = (trigger.input or {}).get("required")
        assert not (trigger.kinds and needed) or trigger.matches is not None, "what it asks for holds for deliveries too"

    # ── triggers ──

    def test_trigger_sample_gives_its_payload(self, trigger: Trigger) -> None:
        sample = self._sample(trigger.sample)
        if "payload" not in sample:
            pytest.skip("it watches an operation, whose sample it shares; what it reads is tested below")
        made = [*self._payloads_of_delivery(trigger, sample), *_payloads_of_item(trigger, sample)]
        assert made, "the sample holds a delivery or an item"
        for payload in made:
            assert payload == sample["payload"]
            check(trigger.output, payload)
            assert trigger.record_key(payload)
            assert trigger.record_key(payload) == trigger.record_key(deepcopy(payload))

    def test_poll_starts_with_a_valid_input(self, trigger: Trigger) -> None:
        if trigger.poll is None:
            pytest.skip("this trigger is not polled")
        account, now, input = self.make().account(), SystemClock().now(), self._trigger_input(trigger)
        if trigger.input is not None:
            check(trigger.input, input)
        assert trigger.poll.read.kind == "read"
        for since in (None, iso(now)):
            start = first_page(trigger.poll, since=since, account=account, input=input, now=now)
            assert start == first_page(trigger.poll, since=since, account=account, input=input, now=now)
            check(trigger.poll.read.input, _fill(trigger.poll.read, start, account))

    async def test_poll_reads_payloads(self, trigger: Trigger) -> None:
        """From the fake, and from the sample answer where there is one: a seeded fake may have nothing to tell now."""
        poll = trigger.poll
        if poll is None:
            pytest.skip("this trigger is not polled")
        async with self._session() as (session, vendor):
            input = self._trigger_input(trigger)
            start = first_page(poll, since=None, account=vendor.account(), input=input, now=SystemClock().now())
            found = [item async for page in pages(session, poll.read, start, items=poll.items) for item in page]
        found += self._sampled_items(trigger, poll)
        assert found, "the fake or the sample has something to tell"
        for item in found:
            payload = poll.payload(as_object(item))
            check(trigger.output, payload)
            assert trigger.record_key(payload)
            stamp = None if poll.cursor is None else poll.cursor(as_object(item))
            assert stamp is None or iso(from_iso(stamp)) <= iso(later(SystemClock().now(), 366 * 86_400)), "its time is one"

    # ── calls ──

    async def test_operation_works_against_the_fake(self, operation: Operation) -> None:
        async with self._session() as (session, vendor):
            answer = await session.call(operation, self._input(operation))
            check(operation.output, answer)
            assert vendor.calls, "it calls the vendor"
            for name, value in self.connector.auth(vendor.account().credential):
                assert all(call.headers.get(name) == value for call in vendor.calls)

    async def test_refused_credential_asks_for_a_new_one(self) -> None:
        async with self._session() as (session, vendor):
            vendor.token_accepted = False
            with pytest.raises(ReconnectError) as caught:
                await self._call(session, "read")
            assert caught.value.hint

    async def test_status_of_a_read_means(self, status: int) -> None:
        async with self._session() as (session, vendor):
            vendor.next(status=status)
            with pytest.raises(self.scenarios.meanings.get(status, _EXPECTED[status][0])) as caught:
                await self._call(session, "read")
            assert caught.value.status == status
            assert caught.value.connector == self.connector.id

    async def test_status_of_a_write_means(self, status: int) -> None:
        async with self._session() as (session, vendor):
            vendor.next(status=status)
            with pytest.raises(self.scenarios.meanings.get(status, _EXPECTED[status][1])):
                await self._call(session, "write")

    async def test_pause_the_vendor_asks_for_is_kept(self) -> None:
        async with self._session() as (session, vendor):
            vendor.next(status=429, headers={"retry-after": "7"})
            with pytest.raises(RateLimitedError) as caught:
                await self._call(session, "read")
            assert caught.value.retry_at is not None
            assert 5 * SECOND < caught.value.retry_at - session.clock.now() <= 7 * SECOND
            before = len(vendor.calls)
            with pytest.raises(RateLimitedError):
                await self._call(session, "read")
            assert len(vendor.calls) == before, "no call leaves during the pause"

    async def test_answer_lost_after_a_write_is_an_unknown_outcome(self) -> None:
        done: dict[str, Any] = {"status": 500}
        for switch in (done, *self._losses()):
            async with self._session(timeout_s=_SHORT_S) as (session, vendor):
                vendor.next(after=True, **switch)
                with pytest.raises(OutcomeUnknownError):
                    await self._call(session, "write")

    async def test_answer_lost_of_a_read_is_only_unavailable(self) -> None:
        for switch in self._losses():
            async with self._session(timeout_s=_SHORT_S) as (session, vendor):
                vendor.next(**switch)
                with pytest.raises(UnavailableError):
                    await self._call(session, "read")

    async def test_write_that_found_no_server_is_surely_not_done(self) -> None:
        async with self._session() as (session, _):
            session.base_url = "http://127.0.0.1:1"
            with pytest.raises(UnavailableError):
                await self._call(session, "write")

    async def test_burst_stays_under_the_limit(self) -> None:
        if not self.connector.limits:
            pytest.skip("this vendor declares no limits")
        scaled = (RateLimit(calls=min(5, self.connector.limits[0].calls), per_s=_SCALED_S, group=self._plain("read").group),)
        async with self._session(limits=scaled) as (session, vendor):
            vendor.limits = scaled
            await gather(*(self._call(session, "read") for _ in range(2 * scaled[0].calls + 1)))
            assert vendor.over_limit == 0

    async def test_any_page_size_gives_the_whole_list(self, paging: Paging[Any]) -> None:
        operation = self._operation(paging.operation)
        lists: list[list[JSON]] = []
        for size in paging.sizes:
            async with self._session(limits=()) as (session, vendor):
                paging.fill(vendor)
                read = [page async for page in pages(session, operation, {**paging.input, paging.size: size})]
                assert all(len(page) <= size for page in read)
                lists.append([item for page in read for item in page])
        assert len(lists[0]) >= 7
        assert all(canonical(one) == canonical(lists[0]) for one in lists)

    async def test_secrets_never_show(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        shown: list[str] = []
        hidden: list[str] = []
        for status in _EXPECTED:
            async with self._session() as (session, vendor):
                hidden = [value for value in vendor.account().credential.values() if len(value) >= 6]
                vendor.next(status=status, body={"message": " ".join(hidden), "error": {"message": " ".join(hidden)}})
                with pytest.raises(TrunklineError) as caught:
                    await self._call(session, "write")
                shown += [str(caught.value), repr(caught.value), caught.value.hint, repr(session), repr(vendor.account())]
        text = "\n".join([*shown, caplog.text])
        assert not [secret for secret in hidden if secret in text]

    # ── webhooks ──

    def test_signed_delivery_is_taken(self) -> None:
        verify, delivery, account = self._delivery()
        assert verify(delivery, account) is not None

    def test_unsigned_delivery_is_refused(self) -> None:
        verify, delivery, account = self._delivery()
        _refused(lambda: verify(replace(delivery, headers={}), account), "unsigned")

    def test_tampered_delivery_is_refused(self) -> None:
        verify, delivery, account = self._delivery()
        _refused(lambda: verify(replace(delivery, body=delivery.body + b" "), account), "mismatch")

    def test_wrong_signature_is_refused(self) -> None:
        verify, delivery, account = self._delivery()
        other = self.make().sign(b"{}", at=delivery.received_at / SECOND)
        _refused(lambda: verify(replace(delivery, headers=dict(other)), account), "mismatch")

    def test_stale_delivery_is_refused(self) -> None:
        if not self.scenarios.signs_time:
            pytest.skip("the signature of this vendor covers no time")
        verify, delivery, account = self._delivery()
        for seconds in (-86_400, 86_400):
            _refused(lambda: verify(replace(delivery, received_at=later(delivery.received_at, seconds)), account), "stale")  # noqa: B023

    def test_delivery_is_refused_when_no_secret_is_set(self) -> None:
        if self.scenarios.without_secret is None:
            pytest.skip("this vendor publishes its key")
        verify, delivery, _ = self._delivery()
        with pytest.raises((WebhookError, ConfigError)):
            verify(delivery, self.scenarios.without_secret)

    # ── how the tests get there ──

    @asynccontextmanager
    async def _session(
        self, *, limits: tuple[RateLimit, ...] | None = None, timeout_s: float = 10
    ) -> AsyncGenerator[tuple[Session, FakeVendor]]:
        vendor = self.make()
        vendor.seed()
        clock: Clock = SystemClock()
        async with serving(vendor) as base_url, Client() as client:
            budget = Budget(self.connector.limits if limits is None else limits, clock)
            session = Session(
                connector=self.connector,
                account=vendor.account(),
                client=client,
                budget=budget,
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
                key="eff_conformance",
                timeout_s=timeout_s,
            )
            yield session, vendor

    def _losses(self) -> list[dict[str, Any]]:
        """Ways to lose an answer on its way back."""
        cut: list[dict[str, Any]] = [{"ending": "hang"}, {"ending": "drop"}, {"ending": "truncate"}]
        return cut if self.scenarios.any_body else [*cut, {"body": "<html>"}]

    def _operation(self, id: str) -> Operation:
        return next(one for one in self.connector.operations if one.id == id)

    async def _call(self, session: Session, kind: str) -> JSON:
        operation = self._plain(kind)
        return await session.call(operation, self._input(operation))

    def _plain(self, kind: str) -> Operation:
        """The operation on which errors are tried."""
        chosen = self.scenarios.read if kind == "read" else self.scenarios.write
        if chosen is not None:
            return self._operation(chosen)
        if kind == "read" and self.connector.check is not None:
            return self.connector.check
        found = next((one for one in self.connector.operations if one.kind == kind and isinstance(one.call, Call)), None)
        if found is None:
            pytest.skip(f"this connector has no {kind}")
        return found

    def _input(self, operation: Operation) -> JSONObject:
        return deepcopy(self.scenarios.inputs.get(operation.id) or as_object(self._sample(operation.sample).get("input")))

    def _filled(self, operation: Operation) -> JSONObject:
        return _fill(operation, self._input(operation), self.make().account())

    def _sample(self, name: str | None) -> JSONObject:
        assert name, "it names a sample"
        path = self.folder / "samples" / name
        assert path.is_file(), f"samples/{name} is there"
        return as_object(loads(path.read_bytes()))

    def _trigger_input(self, trigger: Trigger) -> JSONObject:
        """What the trigger is asked for in its sample, or in that of the operation it watches."""
        if trigger.input is None:
            return {}
        given = as_object(self._sample(trigger.sample).get("input"))
        return {name: value for name, value in given.items() if name in as_object((trigger.input or {}).get("properties"))}

    def _sampled_items(self, trigger: Trigger, poll: Poll) -> list[JSON]:
        sample = self._sample(trigger.sample)
        if "item" in sample:
            return [sample["item"]]
        if "answer" not in sample:
            return []
        return poll.items(sample["answer"]) if poll.items else as_list(at_path(sample["answer"], poll.read.items or ""))

    def _payloads_of_delivery(self, trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
        if "delivery" not in sample:
            return []
        webhook, body = self._webhook(), dumps(sample["delivery"])
        delivery = Delivery(headers={}, body=body, query={}, received_at=SystemClock().now())
        heard = [one for one in webhook.split(loads(body), delivery) if one.kind in trigger.kinds]
        assert heard, "its kinds name what the delivery says"
        payload = trigger.payload
        assert payload is not None
        assert [payload(one.body) for one in heard] == [payload(deepcopy(one.body)) for one in heard]
        return [made for one in heard if (made := payload(one.body)) is not None]

    def _webhook(self) -> Webhook:
        if self.connector.webhook is None:
            pytest.skip("this vendor sends no webhooks")
        return self.connector.webhook

    def _delivery(self) -> tuple[Callable[[Delivery, Account], object], Delivery, Account]:
        webhook, vendor = self._webhook(), self.make()
        said = next(self._sample(one.sample) for one in self.connector.triggers if one.kinds)
        body, now = dumps(said["delivery"]), vendor.clock.now()
        headers = {name.lower(): value for name, value in vendor.sign(body, at=now / SECOND)}
        return webhook.verify, Delivery(headers=headers, body=body, query={}, received_at=Instant(now)), vendor.account()


def _payloads_of_item(trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
    if trigger.poll is None or "item" not in sample:
        return []
    item = as_object(sample["item"])
    assert trigger.poll.payload(item) == trigger.poll.payload(deepcopy(item))
    return [trigger.poll.payload(item)]


def _fill(operation: Operation, input: JSONObject, account: Account) -> JSONObject:
    return fill_in(operation.call, input, account) if isinstance(operation.call, Call) else input


def _refused(verify: Callable[[], object], reason: str) -> None:
    with pytest.raises(WebhookError) as caught:
        verify()
    assert caught.value.reason == reason
