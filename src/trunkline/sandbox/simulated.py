"""The simulated vendors there are, found by name as connectors are, and each as the sandbox sees it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from shlex import join
from typing import Final, Literal, Protocol, runtime_checkable

from trunkline.connect.declaration import Connector, RateLimit
from trunkline.connect.registry import Registry
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject, dumps
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
class TakesMail(Protocol):
    """A fake that speaks SMTP."""

    port: int
    token_accepted: bool
    logins: int
    commands: list[str]
    refuse_recipients: dict[str, str]

    @property
    def messages(self) -> list[JSONObject]: ...

    def serving(self, *, port: int = 0) -> AbstractAsyncContextManager[object]: ...

    def account(self) -> Account: ...

    def next(
        self, verb: str = "*", *, reply: str | None, after: bool, ending: Literal["answer", "drop", "hang"], delay_s: float, times: int
    ) -> None: ...


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

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that one of its operations or endpoints needs."""
        told = {scope for one in self.connector.operations for scope in one.scopes}
        if isinstance(self.vendor, SimulatedVendor):
            endpoints = self.vendor.endpoints
            told.update(scope for key in endpoints for scope in endpoints[key].permissions)
        return frozenset(told)

    def person(self, one: JSONObject) -> JSONObject:
        """A made-up person in the vendor's words."""
        return _IN_ITS_WORDS.get(self.connector.id, dict)(one)


def facts_of(account: Account) -> JSONObject:
    """Options and secrets of an account that a fake accepts."""
    return {**account.options, **dict(account.credential.items())}


def commands(connector: Connector, account: Account, *, url: str | None = None, control: str = "") -> list[str]:
    """How a person connects a hub to it: lines to copy. A key of several lines is fetched into a file first."""
    words, before = ["trunkline", "connections", "add", connector.id, "--name", connector.id], list[str]()
    if url is not None:
        words += ["--base-url", url]
    for name, value in account.options.items():
        text = value if isinstance(value, str) else dumps(value).decode()
        if "\n" in text and "webhook" not in name:
            continue  # a certificate, which is asked for over TLS only
        if "\n" in text:
            before = [f"curl -so {connector.id}.pem {control}/webhook-key"]
            text = f"@{connector.id}.pem"
        words += ["--option", f"{name}={text}"]
    for name, value in account.credential.items():
        words += ["--secret", f"{name}={value}"]
    return [*before, join(words)]


def fakes(registry: Registry, *, only: Iterable[str] = ()) -> dict[str, type]:
    """The fake of each connector that has one, or of those in `only`; `ConfigError` for one that has none."""
    chosen = tuple(only)
    found = {connector.id: fake for connector in registry if not chosen or connector.id in chosen for fake in _fake_of(connector.id)}
    for id in chosen:
        if id not in found:
            raise _nothing_of(id, registry)
    return found


def _nothing_of(id: str, registry: Registry) -> ConfigError:
    there = {one.id: one.name for one in registry}
    if id in there:
        return ConfigError(f"{there[id]} calls nobody, so nothing of it is simulated.", hint="It works with a hub alone.", place="--only")
    near = get_close_matches(id, there, n=2, cutoff=0.5)
    return ConfigError(f"There is no simulated {id}.", hint=f"Did you mean {' or '.join(near)}?" if near else "", place="--only")


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
