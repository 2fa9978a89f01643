"""Every connector there is, by name."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Self, TypeVar

from trunkline.connect.declaration import Connector, Operation, Trigger
from trunkline.connect.endpoints import CALL, Endpoints
from trunkline.connect.made import MadeConnectors
from trunkline.model.errors import ConfigError, NotFoundError

_Entry = TypeVar("_Entry")


class Registry:
    """The catalogue of what can be called and listened to; full names are `connector.operation` (`ghl.contacts.upsert`).

    Every official endpoint is an operation as well: `ghl.call GET /contacts/{contactId}`. Those are made when asked for. Besides the given
    `connectors` it knows those in `modules`, by id, each loaded when it is first asked for, and those that people `made`; one of them with
    the name of another is not seen.
    """

    def __init__(
        self, connectors: Iterable[Connector] = (), *, modules: Mapping[str, str] | None = None, made: MadeConnectors | None = None
    ) -> None:
        self._made = made
        self._modules = dict(modules or {})
        self._connectors: dict[str, Connector] = {}
        self._operations: dict[str, tuple[Connector, Operation]] = {}
        self._called: dict[str, tuple[Connector, Operation]] = {}
        self._triggers: dict[str, tuple[Connector, Trigger]] = {}
        for connector in connectors:
            self._add(connector)

    @classmethod
    def discover(cls, package: str = "trunkline.connectors", *, made: Path | None = None) -> Self:
        """All connectors of `package`: each of its folders, named as its id, exposes one as `connector`.

        `made` is the folder of those that people made.
        """
        folders = import_module(package).__path__
        modules = {found.name: f"{package}.{found.name}" for found in iter_modules(folders) if found.ispkg}
        return cls(modules=modules, made=None if made is None else MadeConnectors(made))

    def __iter__(self) -> Iterator[Connector]:
        for id in self.ids():
            yield self.connector(id)

    def connector(self, id: str) -> Connector:
        """Raise `NotFoundError`, whose hint names the nearest ones."""
        found = self._found(id)
        if found is None:
            raise _unknown("connector", id, self.ids())
        return found

    def operation(self, name: str) -> Operation:
        """Raise `NotFoundError`, whose hint names the nearest ones."""
        return self.split(name)[1]

    def split(self, name: str) -> tuple[Connector, Operation]:
        """The connector and the operation behind a full name; raise `NotFoundError`, whose hint names the nearest ones."""
        id = name.partition(".")[0]
        connector = self._found(id)
        if name in self._operations:
            return self._operations[name]
        endpoint = name.removeprefix(f"{id}.{CALL}")
        if connector is None or connector.endpoints is None or endpoint == name:
            raise _unknown("operation", name, self.operations())
        called = self._called.get(name)
        if called is None or called[0] is not connector:
            called = self._called[name] = (connector, connector.endpoints.operation(_spelt(endpoint, connector.endpoints)))
        return called

    def trigger(self, name: str) -> Trigger:
        """Raise `NotFoundError`, whose hint names the nearest ones."""
        return self.split_trigger(name)[1]

    def split_trigger(self, name: str) -> tuple[Connector, Trigger]:
        """The connector and the trigger behind a full name; raise `NotFoundError`, whose hint names the nearest ones."""
        self._found(name.partition(".")[0])
        if name not in self._triggers:
            raise _unknown("trigger", name, self.triggers())
        return self._triggers[name]

    def operations(self) -> Iterable[str]:
        """The full names of all operations."""
        self._load_all()
        return self._operations.keys()

    def triggers(self) -> Iterable[str]:
        """The full names of all triggers."""
        self._load_all()
        return self._triggers.keys()

    def ids(self) -> list[str]:
        """The names of all connectors; none is loaded for it."""
        return list(dict.fromkeys((*self._connectors, *self._modules, *(self._made or ()))))

    def _found(self, id: str) -> Connector | None:
        if id in self._modules:
            self._load(id)
        return self._connectors.get(id) or (None if self._made is None else self._made.get(id))

    def _load_all(self) -> None:
        for id in [*self._modules]:
            self._load(id)

    def _load(self, id: str) -> None:
        self._add(_connector_in(self._modules[id], id))
        del self._modules[id]

    def _add(self, connector: Connector) -> None:
        if connector.id in self._connectors:
            raise ConfigError(f"two connectors are called {connector.id}", place=connector.id)
        self._connectors[connector.id] = connector
        for operation in connector.operations:
            _put(self._operations, f"{connector.id}.{operation.id}", (connector, operation))
        for trigger in connector.triggers:
            _put(self._triggers, f"{connector.id}.{trigger.id}", (connector, trigger))


def _spelt(endpoint: str, known: Endpoints) -> str:
    """`get  /x` as the facts spell it, `GET /x`; with or without a slash at its end, as the vendor has it."""
    method, _, path = endpoint.strip().partition(" ")
    key = f"{method.upper()} {path.strip()}"
    other = key.removesuffix("/") if key.endswith("/") else f"{key}/"
    return other if key not in known and other in known else key


def _put(place: dict[str, _Entry], name: str, value: _Entry) -> None:
    if name in place:
        raise ConfigError(f"{name} is declared twice", place=name)
    place[name] = value


def _connector_in(module: str, id: str) -> Connector:
    found: object = getattr(import_module(module), "connector", None)
    if not isinstance(found, Connector) or found.id != id:
        raise ConfigError(f"{module} exposes no `connector` of the name {id}", place=module)
    return found


def _unknown(what: str, name: str, known: Iterable[str]) -> NotFoundError:
    near = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return NotFoundError(f"there is no {what} {name}", hint=f"Did you mean {', '.join(near)}?" if near else "")
