"""The flow checker: everything that can be known to be wrong before the first event, each with its place in the file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from trunkline.flows import types
from trunkline.flows.document import (
    AnyStep,
    CallPart,
    DelayPart,
    FilterPart,
    FlowPart,
    ForEachPart,
    IfPart,
    LookupPart,
    SetPart,
    StopPart,
    branches,
    step_id,
)
from trunkline.flows.durations import BEGINNING, MAX_DELAY_S, NOW, WORDING, seconds
from trunkline.flows.input_check import InputCheck
from trunkline.flows.language.text import is_constant
from trunkline.flows.parsing import Document
from trunkline.flows.problems import Problem, nearest
from trunkline.flows.reading import Path, Places
from trunkline.flows.values import Findings, ValueCheck
from trunkline.model.catalogue import Catalogue, KnownConnections, OperationFacts, Remark, TriggerFacts
from trunkline.model.clock import Instant
from trunkline.model.errors import NotFoundError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, integer, record, text

RUN: Schema = record(
    {"id": text("The run's id."), "started_at": text("ISO 8601, UTC."), "flow": text("The flow's name.")},
    required=("id", "started_at", "flow"),
)


@runtime_checkable
class Arrivals(Protocol):
    """What a trigger may say of how its events arrive; one that says nothing is not checked for it."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The webhook deliveries that start it; none: it has no webhook."""
        ...

    @property
    def poll(self) -> object | None: ...

    @property
    def past(self) -> str:
        """How far back it can be read: `any` time, only from the `beginning`, or not at all (`none`)."""
        ...


@runtime_checkable
class Judged(Protocol):
    """What a trigger may say of an input that fits its schema, and whether it is a clock; one that says nothing is no clock."""

    @property
    def judge(self) -> Callable[[JSONObject, Instant | None], Sequence[Remark]] | None: ...

    @property
    def schedule(self) -> object | None:
        """A clock needs no connection, and neither webhooks nor polls."""
        ...


def check(document: Document, catalogue: Catalogue, connections: KnownConnections | None, *, now: Instant | None = None) -> list[Problem]:
    """All problems of a document, in the order of the file. Without `connections` their names are not checked, without `now` nothing is
    past.
    """
    findings = Findings(document.places)
    _Checker(document.flow, document.places, catalogue, connections, findings, now).run()
    return sorted(findings.problems, key=lambda problem: (problem.place.line, problem.place.column))


@dataclass(slots=True)
class _Seen:
    """What expressions may refer to at a point of the flow."""

    names: dict[str, Schema]
    steps: dict[str, Schema] = field(default_factory=dict[str, Schema])
    vars: dict[str, Schema] = field(default_factory=dict[str, Schema])

    def scope(self) -> dict[str, Schema]:
        return {**self.names, "steps": record(self.steps), "vars": record(self.vars)}

    def copy(self, **more: Schema) -> "_Seen":
        return _Seen({**self.names, **more}, dict(self.steps), dict(self.vars))


class _Checker:
    def __init__(
        self,
        flow: FlowPart,
        places: Places,
        catalogue: Catalogue,
        connections: KnownConnections | None,
        findings: Findings,
        now: Instant | None,
    ) -> None:
        self._flow = flow
        self._places = places
        self._catalogue = catalogue
        self._connections = connections
        self._findings = findings
        self._now = now
        self._ids = {step_id(step, position): path for step, position, path in placed(flow.steps)}
        self._vars = {name for step, _, _ in placed(flow.steps) if isinstance(step, SetPart) for name in step.set}

    def run(self) -> None:
        self._duplicates()
        seen = _Seen({"trigger": self._trigger(), "run": RUN})
        self._steps(self._flow.steps, (), ("steps",), seen)

    # ── ids, trigger, connections ──

    def _duplicates(self) -> None:
        first: dict[str, Path] = {}
        for step, position, path in placed(self._flow.steps):
            id = step_id(step, position)
            if id in first:
                line = self._places.of(first[id]).line
                self._findings.error((*path, "id"), f"The step id `{id}` is used twice; first in line {line}", "Ids are unique in a flow.")
            first.setdefault(id, path)

    def _trigger(self) -> Schema:
        part = self._flow.trigger
        try:
            facts = self._catalogue.trigger(part.on)
        except NotFoundError as exc:
            if part.connection:
                self._connection(part.connection, part.on, ("trigger",))
            self._findings.error(("trigger", "on"), exc.message, exc.hint)
            return types.ANY
        if isinstance(facts, Judged) and facts.schedule is not None:
            self._clock()
        else:
            self._connection(part.connection, part.on, ("trigger",))
            self._arrival(facts)
        self._trigger_input(facts)
        return facts.output

    def _clock(self) -> None:
        """A clock is not listened to."""
        part = self._flow.trigger
        for name in ("webhook", "poll"):
            if name in part.model_fields_set:
                self._findings.error(
                    ("trigger", name), f"`{part.on}` is started by a clock and takes no `{name}`", f"Leave `{name}` out.", key=True
                )

    def _trigger_input(self, facts: TriggerFacts) -> None:
        """What the flow says of the trigger: constants that fit its schema, decided before anything happens."""
        part, path = self._flow.trigger, ("trigger", "input")
        if facts.input is None:
            if part.input:
                self._findings.error(path, f"`{part.on}` takes no input", "Leave `input` out.", key=True)
            return
        expressions = list(_expressions(part.input, path))
        for place in expressions:
            self._findings.error(place, "A trigger's input is constant: nothing has happened yet", "Write the value itself.")
        if not expressions:
            found = len(self._findings.problems)
            InputCheck(self._findings, ValueCheck(self._findings, {}, self._missing), facts.input).check(part.input, path)
            if len(self._findings.problems) == found:
                self._judged(facts)

    def _judged(self, facts: TriggerFacts) -> None:
        """What the trigger itself says of an input that fits its schema."""
        part = self._flow.trigger
        for remark in facts.judge(part.input, self._now) if isinstance(facts, Judged) and facts.judge is not None else ():
            told = self._findings.error if remark.level == "error" else self._findings.warning
            told(("trigger", "input", remark.field), remark.message, remark.hint, at=remark.offset)

    def _arrival(self, facts: TriggerFacts) -> None:
        part = self._flow.trigger
        webhook, poll = part.webhook, part.every_s is not None
        if isinstance(facts, Arrivals):
            if webhook and not facts.kinds and "webhook" in part.model_fields_set:
                self._findings.error(("trigger", "webhook"), f"`{part.on}` does not arrive by webhook", "Leave `webhook` out.")
            if poll and facts.poll is None and "poll" in part.model_fields_set:
                self._findings.error(("trigger", "poll"), f"`{part.on}` cannot be polled", "Write `poll: off`, or leave it out.")
            webhook, poll = webhook and bool(facts.kinds), poll and facts.poll is not None
            self._past(facts.past)
        if not webhook and not poll:
            self._findings.error(("trigger",), "The flow never starts: it takes neither webhooks nor polls", "Turn one of them on.")

    def _past(self, past: str) -> None:
        """Whether what the flow says under `from` can be read."""
        part, path = self._flow.trigger, ("trigger", "from")
        if part.since == NOW or past == "any":
            return
        if past == "none":
            self._findings.error(path, f"`{part.on}` tells what happens; there is no past to read", "Leave `from` out.")
        elif part.since != BEGINNING:
            hint = "Write `from: beginning` for everything there is."
            self._findings.error(path, f"What `{part.on}` reads has no times, so it cannot begin at one", hint)

    def _connection(self, name: str, used: str, path: Path) -> None:
        if self._connections is None:
            return
        connector = self._connections.connector_of(name)
        wanted = used.partition(".")[0]
        if connector is None:
            hint = nearest(name, self._connections.names()) or "Add it with `trunkline connections add`."
            self._findings.error((*path, "connection"), f"There is no connection `{name}`", hint)
        elif connector != wanted:
            fitting = [one for one in self._connections.names() if self._connections.connector_of(one) == wanted]
            hint = f"Connections of {wanted}: {', '.join(f'`{one}`' for one in fitting)}." if fitting else f"There is none of {wanted} yet."
            self._findings.error(
                (*path, "connection"), f"`{name}` is a connection of {connector}, but `{used}` needs one of {wanted}", hint
            )

    # ── steps ──

    def _steps(self, steps: Sequence[AnyStep], position: Path, path: Path, seen: _Seen) -> Schema:
        """Check steps in order, adding what each makes known; the schema of the last one's result."""
        result: Schema = types.ANY
        for index, step in enumerate(steps):
            result = self._step(step, (*position, index), (*path, index), seen)
            seen.steps[step_id(step, (*position, index))] = result
            if isinstance(step, StopPart) and index + 1 < len(steps):
                self._findings.warning((*path, index + 1), "This step is never reached: the one before it ends the run")
        return result

    def _step(self, step: AnyStep, position: Path, path: Path, seen: _Seen) -> Schema:
        values = ValueCheck(self._findings, seen.scope(), self._missing)
        match step:
            case CallPart():
                return self._call(step, path, values)
            case FilterPart():
                values.test(step.filter, (*path, "filter"))
            case SetPart():
                found = {name: values.value(value, (*path, "set", name)) for name, value in step.set.items()}
                seen.vars.update(found)
                return record(found)
            case LookupPart():
                return self._lookup(step, path, values)
            case IfPart():
                self._if(step, position, path, seen, values)
            case ForEachPart():
                return self._for_each(step, position, path, seen, values)
            case DelayPart():
                self._delay(step, path, values)
            case StopPart():
                values.text(step.words.reason, (*path, "stop") if isinstance(step.stop, str) else (*path, "stop", "reason"))
        return types.ANY

    def _call(self, step: CallPart, path: Path, values: ValueCheck) -> Schema:
        self._connection(step.connection, step.call, path)
        facts: OperationFacts | None = None
        try:
            facts = self._catalogue.operation(step.call)
        except NotFoundError as exc:
            self._findings.error((*path, "call"), exc.message, exc.hint)
        InputCheck(self._findings, values, facts.input if facts else types.ANY).check(dict(step.input), (*path, "input"))
        return types.ANY if facts is None or step.on_error == "continue" else facts.output

    def _lookup(self, step: LookupPart, path: Path, values: ValueCheck) -> Schema:
        words = step.lookup
        values.text(words.key, (*path, "lookup", "key"))
        default = values.value(words.default, (*path, "lookup", "default"))
        table = self._flow.tables.get(words.table)
        if table is None:
            hint = nearest(words.table, self._flow.tables) or "Write it under `tables`."
            self._findings.error((*path, "lookup", "table"), f"There is no table `{words.table}`", hint)
            return types.ANY
        key = words.key
        if isinstance(key, str) and is_constant(key) and key not in table and "default" not in words.model_fields_set:
            self._findings.error((*path, "lookup", "key"), f"The table `{words.table}` has no key `{key}`", nearest(key, table))
        found = [types.of_kinds(types.kind_of(value)) for value in table.values()]
        return types.either(*found, default) if found else types.ANY

    def _if(self, step: IfPart, position: Path, path: Path, seen: _Seen, values: ValueCheck) -> None:
        values.test(step.test, (*path, "if"))
        if not step.then and not step.otherwise:
            self._findings.warning(path, "This `if` has no steps", "Give it `then` or `else`.")
        ends: list[_Seen] = []
        for name, steps in branches(step):
            branch = seen.copy()
            self._steps(steps, (*position, name), (*path, name), branch)
            ends.append(branch)
        for end in ends:
            for name, schema in end.vars.items():
                seen.vars[name] = types.either(seen.vars.get(name, schema), schema)
            seen.steps.update({name: schema for name, schema in end.steps.items() if name not in seen.steps})

    def _for_each(self, step: ForEachPart, position: Path, path: Path, seen: _Seen, values: ValueCheck) -> Schema:
        listed = values.value(step.for_each, (*path, "for_each"))
        if not types.fits(types.kinds(listed), frozenset({"array"})):
            self._findings.error((*path, "for_each"), f"`for_each` needs a list, not {types.words(types.kinds(listed))}")
        inside = seen.copy(item=types.item_of(listed), index=integer("From 0."))
        last = self._steps(step.do, (*position, "do"), (*path, "do"), inside)
        for name, schema in inside.vars.items():
            seen.vars.setdefault(name, schema)
        return {"type": "array", "items": last}

    def _delay(self, step: DelayPart, path: Path, values: ValueCheck) -> None:
        place = (*path, "delay")
        if isinstance(step.delay, str) and not is_constant(step.delay):
            values.value(step.delay, place)
            return
        try:
            if seconds(step.delay) > MAX_DELAY_S:
                self._findings.error(place, "A delay lasts at most a year")
        except ValueError:
            self._findings.error(place, f"`{step.delay}` is no duration", WORDING)

    def _missing(self, owner: str, name: str) -> tuple[str, str] | None:
        """Better words for a step or variable that exists in the flow but has not run at this point."""
        if owner == "steps" and name in self._ids:
            line = self._places.of(self._ids[name]).line
            return (
                f"The step `{name}` (line {line}) has not run at this point",
                "A step sees the results of steps before it on its own way.",
            )
        if owner == "steps":
            return f"There is no step `{name}`", nearest(name, self._ids)
        if owner == "vars" and name in self._vars:
            return f"`vars.{name}` is not set at this point", "A `set` step further up has to set it."
        if owner == "vars":
            return f"No step sets `vars.{name}`", nearest(name, self._vars)
        return None


def _expressions(value: JSON, path: Path) -> Iterator[Path]:
    """Where expressions stand in a value."""
    match value:
        case str() if not is_constant(value):
            yield path
        case dict():
            for key, item in value.items():
                yield from _expressions(item, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from _expressions(item, (*path, index))
        case _:
            return


def placed(steps: Sequence[AnyStep], position: Path = (), path: Path = ("steps",)) -> Iterator[tuple[AnyStep, Path, Path]]:
    """Every step with its position (for its id) and its path in the document."""
    for index, step in enumerate(steps):
        yield step, (*position, index), (*path, index)
        for name, inner in branches(step):
            yield from placed(inner, (*position, index, name), (*path, index, name))
