"""A document into a plan; the document was checked before."""

from collections.abc import Callable, Iterator, Sequence

from trunkline.flows.document import (
    AnyStep,
    CallPart,
    DelayPart,
    FilterPart,
    ForEachPart,
    IfPart,
    LookupPart,
    SetPart,
    StopPart,
    branches,
    step_id,
)
from trunkline.flows.durations import MAX_DELAY_S, seconds
from trunkline.flows.language.operators import text
from trunkline.flows.language.syntax import ExpressionError
from trunkline.flows.mapping import compile_value
from trunkline.flows.parsing import Document, parse
from trunkline.flows.plan import (
    CallStep,
    DelayStep,
    FilterStep,
    ForEachStep,
    IfStep,
    LookupStep,
    Plan,
    Scope,
    SetStep,
    Step,
    StopStep,
    TriggerUse,
)
from trunkline.model.errors import ConfigError, MappingError
from trunkline.model.json import JSON, JSONObject, as_object

_Position = tuple[str | int, ...]


def compile_text(text: str) -> Plan:
    """The plan of a stored document."""
    return compile_plan(parse(text, source="stored version"))


def compile_plan(document: Document) -> Plan:
    """The plan of a flow. `ConfigError` when an expression cannot be read: the checker would have said so with its place."""
    flow = document.flow
    trigger = TriggerUse(
        name=flow.trigger.on,
        connection=flow.trigger.connection,
        webhook=flow.trigger.webhook,
        every_s=flow.trigger.every_s,
        most_s=flow.trigger.most_s,
        since=flow.trigger.since,
        input=flow.trigger.input,
    )
    try:
        steps = _Steps(flow.tables).compile(flow.steps, ())
    except ExpressionError as exc:
        raise ConfigError(exc.message, hint=exc.hint, place=document.source) from exc
    operations = frozenset((step.connection, step.call) for step in walk(flow.steps) if isinstance(step, CallPart))
    return Plan(name=flow.flow, title=flow.title or flow.flow, trigger=trigger, steps=steps, operations=operations)


def walk(steps: Sequence[AnyStep]) -> Iterator[AnyStep]:
    """Every step, those inside others too."""
    for step in steps:
        yield step
        for _, inner in branches(step):
            yield from walk(inner)


class _Steps:
    """Compiles steps; knows the flow's tables."""

    def __init__(self, tables: dict[str, dict[str, JSON]]) -> None:
        self._tables = tables

    def compile(self, steps: Sequence[AnyStep], position: _Position) -> tuple[Step, ...]:
        return tuple(self._step(step, (*position, index)) for index, step in enumerate(steps))

    def _step(self, step: AnyStep, position: _Position) -> Step:
        id = step_id(step, position)
        match step:
            case CallPart():
                return _call(id, step)
            case FilterPart():
                return FilterStep(id=id, test=_test(step.filter, f"{id}.filter"), source=str(step.filter))
            case SetPart():
                return SetStep(id=id, values=_object(step.set, f"{id}.set", omit_null=False))
            case LookupPart():
                return self._lookup(id, step)
            case IfPart():
                then, otherwise = self.compile(step.then, (*position, "then")), self.compile(step.otherwise, (*position, "else"))
                return IfStep(id=id, test=_test(step.test, f"{id}.if"), source=str(step.test), then=then, otherwise=otherwise)
            case ForEachPart():
                steps = self.compile(step.do, (*position, "do"))
                return ForEachStep(id=id, items=_items(step.for_each, f"{id}.for_each", step.most), steps=steps, most=step.most)
            case DelayPart():
                return DelayStep(id=id, seconds=_delay(step.delay, f"{id}.delay"))
            case StopPart():
                return StopStep(id=id, reason=_text(step.words.reason, f"{id}.stop"), failed=step.words.failed)

    def _lookup(self, id: str, step: LookupPart) -> LookupStep:
        words = step.lookup
        if words.table not in self._tables:
            raise ConfigError(f"There is no table `{words.table}`", place=id)
        default = compile_value(words.default, f"{id}.lookup.default") if "default" in words.model_fields_set else None
        return LookupStep(id=id, table=self._tables[words.table], key=_text(words.key, f"{id}.lookup.key"), default=default)


def _call(id: str, step: CallPart) -> CallStep:
    return CallStep(
        id=id,
        operation=step.call,
        connection=step.connection,
        input=_object(step.input, f"{id}.input", omit_null=True),
        continue_on_error=step.on_error == "continue",
    )


def _object(value: JSONObject, field: str, *, omit_null: bool) -> Callable[[Scope], JSONObject]:
    render = compile_value(value, field, omit_null=omit_null)
    return lambda scope: as_object(render(scope))


def _test(value: str | bool, field: str) -> Callable[[Scope], bool]:
    render = compile_value(value, field)
    return lambda scope: bool(render(scope))


def _text(value: JSON, field: str) -> Callable[[Scope], str]:
    render = compile_value(value, field)

    def read(scope: Scope) -> str:
        found = render(scope)
        if isinstance(found, dict | list):
            raise MappingError(f"{field}: text is needed, not {'an object' if isinstance(found, dict) else 'a list'}", field=field)
        return text(found)

    return read


def _items(value: JSON, field: str, most: int) -> Callable[[Scope], list[JSON]]:
    render = compile_value(value, field)

    def read(scope: Scope) -> list[JSON]:
        found = render(scope)
        if found is None:
            return []
        if not isinstance(found, list):
            raise MappingError(f"{field}: a list is needed", field=field)
        if len(found) > most:
            raise MappingError(f"{field}: the list has {len(found):,} items, more than {most:,}", field=field, hint="Raise `most`.")
        return found

    return read


def _delay(value: JSON, field: str) -> Callable[[Scope], float]:
    render = compile_value(value, field)

    def read(scope: Scope) -> float:
        try:
            found = seconds(render(scope))
        except ValueError as exc:
            raise MappingError(f"{field}: the value is no duration", field=field, hint=str(exc)) from exc
        if found > MAX_DELAY_S:
            raise MappingError(f"{field}: a delay lasts at most a year", field=field)
        return found

    return read
