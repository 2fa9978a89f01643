"""Every curated operation: a valid input becomes a request that the vendor's description accepts, a faulty one an error that names it.

`OPERATION_EXAMPLES` says how many inputs are tried for each; a few unless told. They are the same every time.
"""

import os
from contextlib import suppress
from functools import lru_cache
from typing import Final

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Call, Connector, Operation
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account
from trunkline.model.errors import MappingError, RemoteError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSONObject
from trunkline.sandbox.simulated import fakes
from trunkline.testing.conforming import Chance, spoiled
from trunkline.testing.direct import DirectClient
from trunkline.testing.simulation import SimulatedVendor
from trunkline.testing.vendor import FakeVendor

REGISTRY: Final = Registry.discover()
FAKES: Final = {id: fake for id, fake in fakes(REGISTRY).items() if issubclass(fake, FakeVendor)}
DESCRIBED: Final = {id for id, fake in FAKES.items() if issubclass(fake, SimulatedVendor)}
EXAMPLES: Final = int(os.environ.get("OPERATION_EXAMPLES", "4"))


def cases(connectors: set[str]) -> pytest.MarkDecorator:
    found = [(one.id, operation) for one in REGISTRY if one.id in connectors for operation in one.operations]
    return pytest.mark.parametrize(("connector", "operation"), found, ids=[f"{id}.{operation.id}" for id, operation in found])


class Silent(Client):
    """Sends nothing, and counts who tried."""

    tried = 0

    async def send(self, request: Request, *, base_url: str = "", timeout_s: float = 30, write: bool) -> Response:
        self.tried += 1
        raise AssertionError(f"{request.method} {request.url} was sent")


class Bench:
    """A connector with a fake that holds the records of the samples and is in no hurry."""

    def __init__(self, connector: Connector) -> None:
        self.vendor = FAKES[connector.id]()
        self.vendor.limits = ()
        self.vendor.seed()
        self.silent = Silent()
        self.heard = session_on(connector, self.vendor.account(), DirectClient(self.vendor))
        self.unheard = session_on(connector, self.vendor.account(), self.silent)


def session_on(connector: Connector, account: Account, client: Client) -> Session:
    clock = SystemClock()
    return Session(
        connector=connector,
        account=account,
        client=client,
        budget=Budget((), clock),
        memory=Memory(clock),
        clock=clock,
        base_url="http://vendor.example",
        key="eff_law",
    )


@lru_cache
def bench(id: str) -> Bench:
    return Bench(REGISTRY.connector(id))


def inputs(connector: str, operation: Operation) -> list[JSONObject]:
    return [Chance(f"{connector}.{operation.id}:{number}").input(operation.input) for number in range(EXAMPLES)]


def filled(operation: Operation, account: Account) -> frozenset[str]:
    """Inputs that the connection or the vendor's usual value fills."""
    call = operation.call
    if not isinstance(call, Call):
        return frozenset()
    given = [name for name, option in (call.options or {}).items() if option in account.options]
    return frozenset((*given, *(call.defaults or {})))


@cases(DESCRIBED)
async def test_valid_input_becomes_a_request_the_vendor_accepts(connector: str, operation: Operation) -> None:
    """What the vendor says to an accepted request is another matter: the record may not exist."""
    at = bench(connector)
    assert isinstance(at.vendor, SimulatedVendor)
    at.vendor.misfits.clear()
    at.vendor.mismatches.clear()
    for input in inputs(connector, operation):
        with suppress(RemoteError):
            try:
                await at.heard.call(operation, input)
            except MappingError as error:
                if not error.field:
                    raise
        assert not at.vendor.misfits, input
        assert not at.vendor.mismatches, input


@cases(set(FAKES))
async def test_faulty_input_is_refused_by_name_before_anything_is_sent(connector: str, operation: Operation) -> None:
    at = bench(connector)
    for good in inputs(connector, operation):
        for one in spoiled(operation.input, good, filled=filled(operation, at.unheard.account)):
            with pytest.raises(MappingError) as caught:
                await at.unheard.call(operation, one.input)
            assert (caught.value.field or "").split(".")[0] == one.field, one
    assert at.silent.tried == 0
