"""A connection to a simulated sub-account, for the tests of this folder."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import LookFirst, Operation, Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.vendor import serving


@asynccontextmanager
async def sub_account(*, allow_duplicates: bool = False, **options: JSON) -> AsyncGenerator[tuple[Session, FakeGHL]]:
    """A seeded sub-account and a connection to it; `options` change those of the connection, None takes one away."""
    vendor, clock = FakeGHL(allow_duplicates=allow_duplicates), SystemClock()
    vendor.seed()
    account = vendor.account()
    kept: JSONObject = {name: value for name, value in {**account.options, **options}.items() if value is not None}
    async with serving(vendor) as base_url, Client() as client:
        yield (
            Session(
                connector=connector,
                account=Account(options=kept, credential=account.credential),
                client=client,
                budget=Budget((), clock),
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
                key="eff_test",
            ),
            vendor,
        )
        assert not vendor.mismatches


def operation(id: str) -> Operation:
    return next(one for one in connector.operations if one.id == id)


def trigger(id: str) -> Trigger:
    return next(one for one in connector.triggers if one.id == id)


async def call(session: Session, id: str, input: JSONObject) -> JSONObject:
    return as_object(await session.call(operation(id), input))


async def look(session: Session, id: str, input: JSONObject) -> JSON:
    """What looking for a lost write finds."""
    repeat = operation(id).repeat
    assert isinstance(repeat, LookFirst)
    return await repeat.find(session, input)
