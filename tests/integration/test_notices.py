"""A vendor's notice in its answers: heard on any call, stored once per operation, counted, logged once; and credentials in a query."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from tests.integration.acme import FakeAcme
from tests.integration.hubs import opened
from trunkline.admin import connections, connectors, flows, notices
from trunkline.admin.calls import call
from trunkline.admin.connections import NewConnection
from trunkline.connect.addresses import Addresses
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import get
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.model.clock import SECOND, from_iso
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError, RemoteError
from trunkline.model.http import Pairs
from trunkline.testing.clock import FakeClock
from trunkline.testing.vendor import serving

NOTICE = {"deprecation": "@1688169599", "sunset": "Sun, 30 Jun 2024 23:59:59 GMT", "link": '<https://a.example/d>; rel="deprecation"'}
HARD = {"deprecation": "true"}


def nothing(_: Credential) -> Pairs:
    return ()


def in_query(credential: Credential) -> Pairs:
    return (("key", credential["key"]),)


async def test_what_a_vendor_says_of_an_operation_is_stored_once_counted_and_logged_once(tmp_path: Path) -> None:
    vendor, clock = FakeAcme(), FakeClock()
    vendor.next("GET /things", status=200, body={"items": []}, headers=NOTICE, times=3)
    vendor.next("POST /add", status=422, headers=HARD)
    async with serving(vendor) as base_url, opened(tmp_path, clock=clock) as desk:
        new = NewConnection(connector="acme", name="main", base_url=base_url, options={}, secrets={"token": vendor.token})
        await connections.add(desk, new)
        with structlog.testing.capture_logs() as logged:
            for _ in range(3):
                await call(desk, "acme.things.list", connection=None, input={})
                await clock.advance(1)
            with pytest.raises(RemoteError):
                await call(desk, "acme.things.add", connection=None, input={"name": "x"})
            await call(desk, "acme.things.list", connection=None, input={})
            await desk.notices.close()
    async with opened(tmp_path) as desk:
        listed, added = await notices.everything(desk.database)
    assert (listed.operation, listed.answers, listed.link) == ("things.list", 3, "https://a.example/d")
    assert (listed.deprecated_at, listed.sunset_at) == (from_iso("2023-06-30T23:59:59Z"), from_iso("2024-06-30T23:59:59Z"))
    assert listed.last_seen - listed.first_seen == 2 * SECOND
    assert (added.operation, added.answers, added.deprecated_at, added.sunset_at) == ("things.add", 1, None, None)
    assert sorted(entry["operation"] for entry in logged if entry.get("action") == "notice") == ["things.add", "things.list"]


async def test_a_notice_that_goes_on_is_stored_again_within_a_minute(tmp_path: Path) -> None:
    vendor, clock = FakeAcme(), FakeClock()
    vendor.next("GET /things", status=200, body={"items": []}, headers=HARD, times=4)
    async with serving(vendor) as base_url, opened(tmp_path, clock=clock) as desk:
        new = NewConnection(connector="acme", name="main", base_url=base_url, options={}, secrets={"token": vendor.token})
        await connections.add(desk, new)
        for seconds in (0, 30, 20, 15):
            await clock.advance(seconds)
            await call(desk, "acme.things.list", connection=None, input={})
        async with asyncio.timeout(5):
            while True:
                (found,) = await notices.everything(desk.database)
                if found.answers == 4:
                    break
                await asyncio.sleep(0.01)


async def test_a_credential_for_the_query_goes_to_the_vendor_only_and_stays_out_of_errors(tmp_path: Path) -> None:
    vendor, clock = FakeAcme(), FakeClock()
    async with serving(vendor) as base_url, opened(tmp_path, clock=clock) as desk:
        acme = desk.registry.connector("acme")
        keyed = replace(acme, auth=nothing, auth_query=in_query)
        async with Client(addresses=Addresses(allow=(base_url.removeprefix("http://"),))) as client:
            session = Session(
                connector=keyed,
                account=Account(options={}, credential=Credential({"key": "s3cr3t value"})),
                client=client,
                budget=Budget((), clock),
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
            )
            with pytest.raises(RemoteError) as caught:
                await session.call(desk.registry.operation("acme.things.list"), {"page": "1"})
            assert "s3cr3t" not in repr(caught.value) + caught.value.message + repr(session)
            nowhere = replace(session, connector=replace(keyed, base_url=""), base_url=None)
            elsewhere = replace(acme.operations[-1], call=get("https://b.example/x"), takes={})
            with pytest.raises(ConfigError, match="may go"):
                await nowhere.call(elsewhere, {})
    assert [list(seen.query.multi_items()) for seen in vendor.calls] == [[("page", "1"), ("key", "s3cr3t value")]]


FLOW = """
flow: {name}
trigger: {{on: {on}, connection: main, poll: {poll}}}
steps:
  - call: {call}
    connection: main
    input: {input}
"""


async def test_a_notice_names_the_flows_that_call_the_operation_and_those_that_poll_it(tmp_path: Path) -> None:
    vendor = FakeAcme()
    vendor.next("GET /things", status=200, body={"items": []}, headers=NOTICE)
    async with serving(vendor) as base_url, opened(tmp_path) as desk:
        new = NewConnection(connector="acme", name="main", base_url=base_url, options={}, secrets={"token": vendor.token})
        await connections.add(desk, new)
        add, listing = ("acme.things.add", "{name: x}"), ("acme.things.list", "{}")
        for name, on, poll, (called, input) in (
            ("polls", "acme.things.changed", "1m", add),
            ("calls", "acme.things.said", "off", listing),
            ("neither", "acme.things.said", "off", add),
        ):
            await flows.apply(desk, FLOW.format(name=name, on=on, poll=poll, call=called, input=input), source="test")
            await flows.publish(desk, name)
        await call(desk, "acme.things.list", connection=None, input={})
        await desk.notices.close()
        (found,) = await connectors.notices(desk)
    assert (found.notice.operation, set(found.flows)) == ("things.list", {"polls", "calls"})
