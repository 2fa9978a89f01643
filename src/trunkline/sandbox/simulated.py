"""The simulated vendors there are, found by name as connectors are, and each as the sandbox sees it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Final, Protocol, runtime_checkable

from trunkline.connect.declaration import Connector, RateLimit
from trunkline.connect.registry import Registry
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject
from trunkline.sandbox.deliveries import UnsteadyWebhooks
from trunkline.sandbox.people import as_openphone
from trunkline.testing.simulation import SimulatedVendor
from trunkline.testing.vendor import FakeVendor

_IN_ITS_WORDS: Final[Mapping[str, Callable[[JSONObject], JSONObject]]] = {"openphone": as_openphone}
"""How a made-up person is put where a vendor does not speak like GoHighLevel."""


@runtime_checkable
class KeepsContacts(Protocol):
    """A fake whose contacts can be made and changed by hand, as a person does it in the vendor's own app."""

    @property
    def contacts(self) -> list[JSONObject]: ...

    def create_contact(self, fields: JSONObject) -> JSONObject: ...

    def change_contact(self, contact_id: str, fields: JSONObject) -> JSONObject: ...


@runtime_checkable
class ServesItself(Protocol):
    """A fake that speaks something else than HTTP."""

    port: int

    def serving(self, *, port: int = 0) -> AbstractAsyncContextManager[object]: ...

    def account(self) -> Account: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One vendor that is reached over HTTP."""

    connector: Connector
    vendor: FakeVendor
    deliveries: UnsteadyWebhooks

    @property
    def hand(self) -> KeepsContacts | None:
        """What makes and changes its contacts by hand; None where there is nothing of the kind."""
        return self.vendor if isinstance(self.vendor, KeepsContacts) else None

    @property
    def key(self) -> str | None:
        """What its webhooks are checked with."""
        named = [name for name in self.facts if ("webhook" in name or "signing" in name) and name.endswith(("key", "secret"))]
        return str(self.facts[named[0]]) if named else None

    @property
    def facts(self) -> JSONObject:
        """What a connection to it is made of: options and secrets, and those of an app that signs in."""
        app: JSONObject = {}
        if self.vendor.sign_in is not None:
            app = {"client_id": self.vendor.sign_in.client_id, "client_secret": self.vendor.sign_in.client_secret}
        return {**app, **facts_of(self.vendor.account())}

    def person(self, one: JSONObject) -> JSONObject:
        """A made-up person in the vendor's words."""
        return _IN_ITS_WORDS.get(self.connector.id, dict)(one)


def facts_of(account: Account) -> JSONObject:
    """Options and secrets of an account that a fake accepts."""
    return {**account.options, **dict(account.credential.items())}


def fakes(registry: Registry, *, only: Iterable[str] = ()) -> dict[str, type]:
    """The fake of each connector that has one, or of those in `only`; `ConfigError` for one that has none."""
    chosen = tuple(only)
    found = {connector.id: fake for connector in registry if not chosen or connector.id in chosen for fake in _fake_of(connector.id)}
    for id in chosen:
        if id not in found:
            near = get_close_matches(id, [one.id for one in registry], n=2, cutoff=0.5)
            raise ConfigError(f"There is no simulated {id}.", hint=f"Did you mean {' or '.join(near)}?" if near else "")
    return found


def _fake_of(id: str) -> list[type]:
    """The one class in `connectors/ID/fake.py` that is named as a fake."""
    name = f"trunkline.connectors.{id}.fake"
    if find_spec(name) is None:
        return []
    module = import_module(name)
    return [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == name and one.__name__.startswith("Fake")][
        :1
    ]


def simulated(connector: Connector, fake: type[FakeVendor], *, seed: int, rate: int | None = None) -> Simulated:
    """The vendor, with webhooks that can have a bad day; with a `rate` it takes so many calls a second."""
    vendor = fake()
    if isinstance(vendor, SimulatedVendor):
        vendor.held.maker.seed = seed
    if rate is not None:
        vendor.limits = (RateLimit(calls=rate, per_s=1),)
    vendor.webhooks = deliveries = UnsteadyWebhooks(vendor, seed=seed)
    return Simulated(connector=connector, vendor=vendor, deliveries=deliveries)
