"""A simulated workspace and a session on it, for the tests of this folder."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Operation, Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.model.clock import SystemClock
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.vendor import serving

ADA: Final = "66f0c0ffee0000000000a001"
"""The contact there is from the start."""


@asynccontextmanager
async def workspace(*, conflicts: bool = False, options: JSONObject | None = None) -> AsyncGenerator[tuple[Session, FakeOpenPhone]]:
    """A seeded workspace without a limit; leaving it fails when an answer did not fit the description."""
    vendor, clock = FakeOpenPhone(conflicts=conflicts), SystemClock()
    vendor.limits = ()
    vendor.seed()
    async with serving(vendor) as base_url, Client() as client:
        yield (
            Session(
                connector=connector,
                account=replace(vendor.account(), options=options or {}),
                client=client,
                budget=Budget((), clock),
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
                key="eff_test",
            ),
            vendor,
        )
    assert vendor.mismatches == []


def operation(id: str) -> Operation:
    return next(one for one in connector.operations if one.id == id)


def trigger(id: str) -> Trigger:
    return next(one for one in connector.triggers if one.id == id)


async def call(session: Session, id: str, input: JSONObject) -> JSONObject:
    return as_object(await session.call(operation(id), input))


def ids(answer: JSONObject, name: str = "id") -> list[JSON]:
    """The ids in the answer of a list."""
    return [as_object(one)[name] for one in as_list(answer["data"])]


def values(contact: JSONObject, name: str) -> list[JSON]:
    """The values of a contact's e-mails or numbers."""
    return [as_object(entry)["value"] for entry in as_list(as_object(contact["defaultFields"])[name])]
