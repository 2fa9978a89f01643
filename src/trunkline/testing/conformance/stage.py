"""What every part of the suite stands on: the connector, its fake behind a real port, its samples."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, Literal

from trunkline.connect.asking import Asker
from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Call, Connector, Operation, RateLimit
from trunkline.connect.memory import Memory
from trunkline.connect.requests import fill_in
from trunkline.connect.session import Session
from trunkline.connect.sign_in import sign_in_of
from trunkline.connect.tokens import Tokens
from trunkline.connect.webhooks import Webhook
from trunkline.model.clock import Clock, SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSON, JSONObject, as_object, loads
from trunkline.testing.conformance.scenarios import Scenarios
from trunkline.testing.oauth import MemoryGrants
from trunkline.testing.simulation import SimulatedVendor
from trunkline.testing.vendor import FakeVendor, serving

Kind = Literal["read", "write", "any"]

CONNECTION: Final = ConnectionId("con_conformance")


class Stage:
    """A connector under test. `make` makes its fake, where it has one that speaks HTTP."""

    connector: Connector
    make: "staticmethod[[], FakeVendor] | None"
    scenarios: Scenarios[Any]
    folder: Path

    @classmethod
    def vendor(cls) -> FakeVendor:
        """A fake of its own, with nothing in it."""
        assert cls.make is not None, "there is a fake"
        return cls.make()

    @classmethod
    def account(cls) -> Account:
        """One that its fake takes; nobody's where it has none."""
        return Account(options={}, credential=Credential()) if cls.make is None else cls.make().account()

    @asynccontextmanager
    async def session(
        self, *, limits: tuple[RateLimit, ...] | None = None, timeout_s: float = 10, signed: bool = False
    ) -> AsyncGenerator[tuple[Session, FakeVendor]]:
        """A session on a seeded fake of its own; `signed` in as a person would be. The fake's answers have to fit the vendor's facts."""
        vendor = self.vendor()
        vendor.seed()
        clock: Clock = SystemClock()
        async with serving(vendor) as base_url, Client() as client:
            account = self._account(vendor, signed=signed)
            budget = Budget(self.connector.limits if limits is None else limits, clock)
            session = Session(
                connector=self.connector,
                account=account,
                client=client,
                budget=budget,
                memory=Memory(clock),
                clock=clock,
                base_url=base_url,
                key="eff_conformance",
                timeout_s=timeout_s,
                tokens=self._tokens(vendor, account, client, budget, base_url=base_url, clock=clock),
            )
            yield session, vendor
        if isinstance(vendor, SimulatedVendor):
            assert not vendor.mismatches, vendor.mismatches

    def _account(self, vendor: FakeVendor, *, signed: bool) -> Account:
        if not signed:
            return vendor.account()
        assert vendor.sign_in is not None, "the fake of a connector that signs in has an authorization server"
        return vendor.sign_in.account(vendor.account().options)

    def _tokens(
        self, vendor: FakeVendor, account: Account, client: Client, budget: Budget, *, base_url: str, clock: Clock
    ) -> Tokens | None:
        oauth = sign_in_of(self.connector, account)
        if oauth is None:
            return None
        assert vendor.sign_in is not None, "the fake of a connector that signs in has an authorization server"
        grants = MemoryGrants(clock)
        grants.put(CONNECTION, vendor.sign_in.grant(scope=" ".join(oauth.scopes)))
        asker = Asker(connector=self.connector, oauth=oauth, account=account, client=client, clock=clock, budget=budget, base_url=base_url)
        return Tokens(connection=CONNECTION, asker=asker, grants=grants, clock=clock)

    def losses(self) -> list[dict[str, Any]]:
        """Ways to lose an answer on its way back."""
        cut: list[dict[str, Any]] = [{"ending": "hang"}, {"ending": "drop"}, {"ending": "truncate"}]
        return cut if self.scenarios.any_body else [*cut, {"body": "<html>"}]

    @classmethod
    def operation(cls, id: str) -> Operation:
        return next(one for one in cls.connector.operations if one.id == id)

    async def call(self, session: Session, kind: Kind) -> JSON:
        operation = self.plain(kind)
        assert operation is not None, f"there is a {kind}"
        return await session.call(operation, self.input(operation))

    @classmethod
    def plain(cls, kind: Kind) -> Operation | None:
        """The operation on which errors are tried: a read, a write, or `any`, a read where there is one."""
        if kind == "any":
            return cls.plain("read") or cls.plain("write")
        chosen = cls.scenarios.read if kind == "read" else cls.scenarios.write
        if chosen is not None:
            return cls.operation(chosen)
        if kind == "read" and cls.connector.check is not None:
            return cls.connector.check
        return next((one for one in cls.connector.operations if one.kind == kind and isinstance(one.call, Call)), None)

    def input(self, operation: Operation) -> JSONObject:
        return deepcopy(self.scenarios.inputs.get(operation.id) or as_object(self.sample(operation.sample).get("input")))

    def filled(self, operation: Operation) -> JSONObject:
        return fill(operation, self.input(operation), self.account())

    @classmethod
    def sample(cls, name: str | None) -> JSONObject:
        assert name, "it names a sample"
        path = cls.folder / "samples" / name
        assert path.is_file(), f"samples/{name} is there"
        return as_object(loads(path.read_bytes()))

    def webhook(self) -> Webhook:
        assert self.connector.webhook is not None, "this vendor sends webhooks"
        return self.connector.webhook


def fill(operation: Operation, input: JSONObject, account: Account) -> JSONObject:
    return fill_in(operation.call, input, account) if isinstance(operation.call, Call) else input
