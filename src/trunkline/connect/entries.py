"""The catalogue as data: what a connector offers, described and honestly counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, cast

from trunkline.connect.declaration import Connector, IdempotencyKey, LookFirst, Operation, Trigger
from trunkline.connect.endpoints import CALL, Endpoint
from trunkline.model.json import JSON, JSONObject, as_object, loads

_FOLDER: Final = "connectors"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """`curated` operations have a sample with which they are tried against the simulated vendor; the others have not and do not count."""

    curated: int
    uncurated: int
    endpoints: int
    triggers: int
    by_webhook: int
    by_poll: int

    def as_json(self) -> JSONObject:
        return {
            "curated": self.curated,
            "uncurated": self.uncurated,
            "endpoints": self.endpoints,
            "triggers": self.triggers,
            "by_webhook": self.by_webhook,
            "by_poll": self.by_poll,
        }


class Entries:
    """One connector's part of the catalogue."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self._samples: Traversable = files("trunkline") / _FOLDER / connector.id / "samples"

    # ── counts ──

    @property
    def counts(self) -> Counts:
        curated = sum(self.is_curated(one) for one in self.connector.operations)
        triggers = self.connector.triggers
        return Counts(
            curated=curated,
            uncurated=len(self.connector.operations) - curated,
            endpoints=0 if self.connector.endpoints is None else len(self.connector.endpoints),
            triggers=len(triggers),
            by_webhook=sum("webhook" in ways(one) for one in triggers),
            by_poll=sum("poll" in ways(one) for one in triggers),
        )

    def is_curated(self, operation: Operation) -> bool:
        """Whether its sample is there: the conformance suite then tries it, and fails without one."""
        return "input" in self.sample(operation.sample)

    def sample(self, name: str | None) -> JSONObject:
        """A sample by the name of its file; empty when there is none."""
        if name is None:
            return {}
        try:
            return as_object(loads((self._samples / name).read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return {}

    # ── entries ──

    @cached_property
    def curated_by_endpoint(self) -> dict[str, tuple[str, ...]]:
        """The operations that stand on each official endpoint, by full name."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.connector.operations:
            if one.endpoint is not None:
                found[one.endpoint] = (*found.get(one.endpoint, ()), self.name(one))
        return found

    def endpoints(self) -> Iterator[Endpoint]:
        """Every official endpoint."""
        if self.connector.endpoints is not None:
            for key in self.connector.endpoints:
                yield self.connector.endpoints[key]

    def name(self, one: Operation | Trigger) -> str:
        """The full name, by which flows know it."""
        return f"{self.connector.id}.{one.id}"

    def scopes(self, one: Operation) -> tuple[str, ...]:
        """What a connection has to be granted for an operation: scopes, or where a vendor has none the permissions of the app."""
        endpoints, key = self.connector.endpoints, one.endpoint
        if one.scopes or endpoints is None or key is None or key not in endpoints:
            return one.scopes
        return endpoints[key].permissions

    def operation(self, one: Operation) -> JSONObject:
        sample = self.sample(one.sample)
        return {
            "name": self.name(one),
            "id": one.id,
            "title": one.title,
            "category": one.category,
            "kind": one.kind,
            "about": one.about,
            "curated": "input" in sample,
            "endpoint": one.endpoint,
            "repeat": repeat(one),
            "scopes": list(self.scopes(one)),
            "deprecated": one.deprecated,
            "pages": one.next_page is not None,
            "items": one.items,
            "record": one.record,
            "id_field": one.id_field,
            "news_field": one.updated_field,
            "input": cast(JSON, one.input),
            "output": cast(JSON, one.output),
            "sample": sample or None,
        }

    def trigger(self, one: Trigger) -> JSONObject:
        sample = self.sample(one.sample)
        return {
            "name": self.name(one),
            "id": one.id,
            "title": one.title,
            "category": one.category,
            "about": one.about,
            "arrives_by": list(ways(one)),
            "events": list(one.kinds),
            "reads": None if one.poll is None else self.reads(one),
            "every_s": None if one.poll is None else one.poll.every_s,
            "scopes": list(one.scopes),
            "input": cast(JSON, one.input),
            "output": cast(JSON, one.output),
            "sample": sample.get("payload"),
        }

    def reads(self, one: Trigger) -> str | None:
        """The operation that a polled trigger reads, where it is one that is offered."""
        read = None if one.poll is None else one.poll.read.id
        return next((self.name(operation) for operation in self.connector.operations if operation.id == read), None)

    def endpoint(self, one: Endpoint) -> JSONObject:
        return {
            "name": f"{self.connector.id}.{CALL}{one.key}",
            "area": one.area,
            "kind": one.kind,
            "scopes": list(one.permissions),
            "deprecated": one.deprecated,
            "operations": list(self.curated_by_endpoint.get(one.key, ())),
        }

    def whole(self) -> JSONObject:
        """Everything, with the schemas of operations and triggers; endpoints are listed without theirs."""
        connector = self.connector
        return {
            "id": connector.id,
            "name": connector.name,
            "about": connector.about,
            "base_url": connector.base_url,
            "counts": self.counts.as_json(),
            "secrets": [{"name": one.name, "title": one.title, "required": one.required} for one in connector.secrets],
            "options": cast(JSON, connector.options),
            "operations": [self.operation(one) for one in connector.operations],
            "triggers": [self.trigger(one) for one in connector.triggers],
            "endpoints": [self.endpoint(one) for one in self.endpoints()],
        }

    # ── search ──

    def matching(self, words: tuple[str, ...]) -> "Found":
        """What has every one of `words` in its name, title, category or description, whatever the case."""
        wanted = tuple(word.lower() for word in words)

        def has(*texts: str) -> bool:
            said = " ".join(texts).lower()
            return all(word in said for word in wanted)

        return Found(
            entries=self,
            operations=tuple(one for one in self.connector.operations if has(self.name(one), one.title, one.category, one.about)),
            triggers=tuple(one for one in self.connector.triggers if has(self.name(one), one.title, one.category, one.about)),
            endpoints=tuple(one for one in self.endpoints() if has(self.connector.id, one.key, one.area, one.operation_id)),
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found in one connector."""

    entries: Entries
    operations: tuple[Operation, ...]
    triggers: tuple[Trigger, ...]
    endpoints: tuple[Endpoint, ...]

    def __len__(self) -> int:
        return len(self.operations) + len(self.triggers) + len(self.endpoints)

    def as_json(self) -> JSONObject:
        return {
            "id": self.entries.connector.id,
            "operations": [self.entries.operation(one) for one in self.operations],
            "triggers": [self.entries.trigger(one) for one in self.triggers],
            "endpoints": [self.entries.endpoint(one) for one in self.endpoints],
        }


def ways(trigger: Trigger) -> tuple[str, ...]:
    """How a trigger's events arrive."""
    has = {"webhook": bool(trigger.kinds), "poll": trigger.poll is not None, "schedule": trigger.schedule is not None}
    return tuple(way for way in has if has[way])


def repeat(operation: Operation) -> str | None:
    """What a repeat of a write does, in a word; None for a read."""
    if operation.kind == "read":
        return None
    match operation.repeat:
        case str():
            return operation.repeat
        case IdempotencyKey():
            return "key"
        case LookFirst():
            return "look first"
        case _:
            return "by connection"
