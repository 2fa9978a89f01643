"""Every curated operation and every endpoint: a valid input becomes a request that the vendor's description accepts, a faulty one an error
that names it.

`OPERATION_EXAMPLES` says how many inputs are tried for each; a few unless told. They are the same every time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Call, Connector, Operation
from trunkline.connect.endpoints import CALL
from trunkline.connect.entries import Entries
from trunkline.connect.inputs import compiled
from trunkline.connect.memory import Memory
from trunkline.connect.openapi.comparing import shape
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.shapes import FILLED
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, MappingError, RemoteError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSONObject, as_list, as_object
from trunkline.model.schema import Schema
from trunkline.sandbox.simulated import fakes
from trunkline.testing.conforming import Chance
from trunkline.testing.direct import DirectClient
from trunkline.testing.simulation import SimulatedVendor
from trunkline.testing.spoiling import spoiled
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

    async def send(
        self, request: Request, *, base_url: str = "", timeout_s: float = 30, write: bool, answering: Callable[[], None] | None = None
    ) -> Response:
        self.tried += 1
        raise AssertionError(f"{request.method} {request.url} was sent")


class Bench:
    """A connector with a fake that holds the records of the samples and is in no hurry."""

    def __init__(self, connector: Connector) -> None:
        self.vendor = FAKES[connector.id]()
        self.vendor.limits = ()
        self.vendor.seed()
        self.vendor.webhooks.hold()
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


def asked(operation: Operation, account: Account) -> Schema:
    """What an input needs on this connection: also what its options could fill and do not."""
    schema = operation.input
    options = (operation.call.options or {}) if isinstance(operation.call, Call) else {}
    unfilled = [name for name in as_list(schema.get(FILLED)) if str(name) in options and options[str(name)] not in account.options]
    return {**schema, "required": [*as_list(schema.get("required")), *unfilled]} if unfilled else schema


def inputs(connector: str, operation: Operation) -> list[JSONObject]:
    schema = asked(operation, bench(connector).vendor.account())
    return [Chance(f"{connector}.{operation.id}:{number}").input(schema) for number in range(EXAMPLES)]


def around_sample(connector: str, operation: Operation) -> Iterator[JSONObject]:
    """The sample's input, and the made ones with its values in their place where that fits: what an operation refuses by itself, such as a
    text that is no phone number, is not in the way then.
    """
    sample = as_object(Entries(REGISTRY.connector(connector)).sample(operation.sample).get("input"))
    yield sample
    for made in inputs(connector, operation):
        both = {**made, **sample}
        if compiled(operation.input).is_valid(both):
            yield both


def filled(operation: Operation, account: Account) -> frozenset[str]:
    """Inputs that the connection or the vendor's usual value fills."""
    call = operation.call
    if not isinstance(call, Call):
        return frozenset()
    given = [name for name, option in (call.options or {}).items() if option in account.options]
    return frozenset((*given, *(call.defaults or {})))


@cases(DESCRIBED)
async def test_valid_input_becomes_a_request_the_vendor_accepts(connector: str, operation: Operation) -> None:
    """What the vendor says to an accepted request is another matter: the record may not exist. An operation may refuse by itself what its
    schema cannot tell, then it names the field; one that refuses everything is none.
    """
    at = bench(connector)
    assert isinstance(at.vendor, SimulatedVendor)
    at.vendor.misfits.clear()
    at.vendor.mismatches.clear()
    at.vendor.asked.clear()
    for input in (*inputs(connector, operation), *around_sample(connector, operation)):
        await heard(at, operation, input)
    assert at.vendor.asked, "something was sent"


async def heard(at: Bench, operation: Operation, input: JSONObject) -> None:
    """Call an operation; its requests and the answers have to fit the description, and what it refuses by itself has a name.

    A value in a path may be the word of another endpoint (`/accounts/{id}` and `/accounts/own`): what that says of it is not held here.
    """
    assert isinstance(at.vendor, SimulatedVendor)
    with suppress(RemoteError):  # what the vendor says of a request that fits
        try:
            await at.heard.call(operation, input)
        except MappingError as error:
            if not error.field:
                raise
    composed = not isinstance(operation.call, Call) or operation.endpoint is None
    assert not [said for key, said in at.vendor.misfits if composed or shape(key) == shape(operation.endpoint or "")], input
    assert not at.vendor.mismatches, input


def areas() -> list[tuple[str, str]]:
    return sorted({(one.id, endpoint.area) for one in REGISTRY if one.id in DESCRIBED for endpoint in Entries(one).endpoints()})


@pytest.mark.parametrize(("connector", "area"), areas(), ids=str)
async def test_every_endpoint_can_be_called_with_any_valid_input(connector: str, area: str) -> None:
    """As it is, by method and path. Those that are not offered say why."""
    at, endpoints = bench(connector), REGISTRY.connector(connector).endpoints
    assert isinstance(at.vendor, SimulatedVendor)
    assert endpoints is not None
    for endpoint in (one for one in Entries(REGISTRY.connector(connector)).endpoints() if one.area == area):
        at.vendor.misfits.clear()
        at.vendor.mismatches.clear()
        at.vendor.asked.clear()
        name = f"{connector}.{CALL}{endpoint.key}"
        if endpoints.refused(endpoint.key):
            with pytest.raises(ConfigError):
                REGISTRY.operation(name)
            continue
        operation = REGISTRY.operation(name)
        for input in (*sampled(connector, endpoint.key), *inputs(connector, operation)):
            if len(at.vendor.asked) < max(2, EXAMPLES // 2):
                await heard(at, operation, input)
        served_by_sign_in = at.vendor.sign_in is not None and at.vendor.sign_in.serves(endpoint.path)
        assert any(fnmatchcase(key, shape(endpoint.key).replace("{}", "*")) for key in at.vendor.asked) or served_by_sign_in, endpoint.key


def sampled(connector: str, key: str) -> Iterator[JSONObject]:
    """What the samples of operations on an endpoint would have it asked."""
    entries = Entries(REGISTRY.connector(connector))
    for one in entries.connector.operations:
        if one.endpoint == key and isinstance(one.call, Call):
            yield as_object(entries.sample(one.sample).get("input"))


@cases(set(FAKES))
async def test_faulty_input_is_refused_by_name_before_anything_is_sent(connector: str, operation: Operation) -> None:
    at = bench(connector)
    for good in inputs(connector, operation):
        for one in spoiled(asked(operation, at.unheard.account), good, filled=filled(operation, at.unheard.account)):
            with pytest.raises(MappingError) as caught:
                await at.unheard.call(operation, one.input)
            assert caught.value.field == one.field, one
    assert at.silent.tried == 0
