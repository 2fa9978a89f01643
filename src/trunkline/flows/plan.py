"""The plan: a compiled flow. A run walks it and parses nothing.

An expression compiled into a plan is a function of the `Scope`; it raises `MappingError` naming its field when a value does not fit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_object, canonical

Scope = dict[str, JSON]
"""What expressions see: `trigger`, `steps` (results by step id), `vars` (set by `set` steps), `run` (`id`, `started_at`, `flow`), and
in a loop `item` and `index`."""

Render = Callable[[Scope], JSON]
"""A compiled value: a constant, an expression that keeps its type, text with expressions, or a list or object of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerUse:
    """Which trigger starts the flow, and with what input. `name` is full (`ghl.contacts.changed`).

    `every_s` is the shortest polling interval; None: not polled, 0: as often as the trigger itself says. `most_s` is the longest; 0: the
    same. `since` is from when on it is told (`now`, or a time in the past as the document says it).
    """

    name: str
    connection: str
    webhook: bool
    every_s: float | None
    input: JSONObject = field(default_factory=dict[str, JSON])
    most_s: float = 0
    since: str = "now"

    @property
    def key(self) -> str:
        """The name, and for a trigger with input a hash of it: uses with equal keys are one."""
        return f"{self.name}#{digest(canonical(self.input), size=6)}" if self.input else self.name

    def facts(self) -> JSONObject:
        """As plain data, to be stored beside the document."""
        return {
            "name": self.name,
            "connection": self.connection,
            "webhook": self.webhook,
            "every_s": self.every_s,
            "most_s": self.most_s,
            "since": self.since,
            "input": self.input,
        }

    @classmethod
    def of(cls, facts: JSONObject) -> "TriggerUse":
        """From what `facts` gave, now or before triggers had input, bounds and a past."""
        every_s, most_s = facts["every_s"], facts.get("most_s")
        return cls(
            name=str(facts["name"]),
            connection=str(facts["connection"]),
            webhook=facts["webhook"] is True,
            every_s=every_s if isinstance(every_s, int | float) else None,
            input=as_object(facts.get("input")),
            most_s=most_s if isinstance(most_s, int | float) else 0,
            since=str(facts.get("since", "now")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep:
    """Call an operation. `on_error` says whether a refused call ends the run (`stop`) or becomes the step's result (`continue`)."""

    id: str
    operation: str
    connection: str
    input: Callable[[Scope], JSONObject]
    continue_on_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterStep:
    """End the run unless the test holds."""

    id: str
    test: Callable[[Scope], bool]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStep:
    """Put values into `vars`."""

    id: str
    values: Callable[[Scope], JSONObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class IfStep:
    """Walk `then` or `otherwise`."""

    id: str
    test: Callable[[Scope], bool]
    source: str
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEachStep:
    """Walk `steps` once per item, in order, with `item` and `index` in scope; its result is the list of the last steps' results."""

    id: str
    items: Callable[[Scope], list[JSON]]
    steps: tuple["Step", ...]
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayStep:
    """Wait: so many seconds after the step is reached."""

    id: str
    seconds: Callable[[Scope], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStep:
    """End the run: as intended, or (`failed`) as a dead letter."""

    id: str
    reason: Callable[[Scope], str]
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupStep:
    """Look a key up in a table of the flow."""

    id: str
    table: Mapping[str, JSON]
    key: Callable[[Scope], str]
    default: Callable[[Scope], JSON] | None
    """None: a missing key is a `MappingError`."""


Step = CallStep | FilterStep | SetStep | IfStep | ForEachStep | DelayStep | StopStep | LookupStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A compiled flow version."""

    name: str
    title: str
    trigger: TriggerUse
    steps: tuple[Step, ...]
    operations: frozenset[tuple[str, str]]
    """(connection, operation) pairs it calls."""
