"""Execution: walks a plan step by step, resuming where records exist."""

from collections.abc import Awaitable, Callable

from trunkline.engine.directory import Directory
from trunkline.engine.effects import Effects, Write
from trunkline.engine.journey import Journey
from trunkline.flows.plan import CallStep, DelayStep, FilterStep, ForEachStep, IfStep, LookupStep, SetStep, Step, StopStep
from trunkline.model.clock import Clock, Instant, later
from trunkline.model.errors import Decision, MappingError, RunStopped, RunSuspended, TrunklineError
from trunkline.model.ids import effect_key
from trunkline.model.json import JSON, as_object
from trunkline.store import runs as store
from trunkline.store.statement import Transaction

MOST_STEPS = 100_000
"""Steps one run may take, loops counted out; a plan that wants more is a mistake."""


class Executor:
    """Walks plans. A step's path is its id behind the ids and indexes of the steps around it: `each[3].save`."""

    def __init__(self, directory: Directory, effects: Effects, clock: Clock) -> None:
        self._directory = directory
        self._effects = effects
        self._clock = clock

    async def walk(self, journey: Journey) -> None:
        """Carry the plan out; returns when it is done, raises `RunSignal` or `TrunklineError` when it ends or waits."""
        plan = await self._directory.plan(journey.entry)
        await self._steps(plan.steps, journey, "", last=True)

    async def _steps(self, steps: tuple[Step, ...], journey: Journey, prefix: str, *, last: bool) -> JSON:
        result: JSON = None
        final = len(steps) - 1
        for number, step in enumerate(steps):
            if len(journey.trace) > MOST_STEPS:
                raise MappingError(f"The run took more than {MOST_STEPS} steps.", field=step.id, hint="Bound the loop with `most`.")
            result = await self._step(step, journey, prefix + step.id, last=last and number == final)
            as_object(journey.scope["steps"])[step.id] = result
        return result

    async def _step(self, step: Step, journey: Journey, path: str, *, last: bool) -> JSON:
        match step:
            case CallStep():
                return await self._call(step, journey, path, last=last)
            case FilterStep():
                passed = step.test(journey.scope)
                journey.tell(path, "filter", passed=passed)
                if not passed:
                    raise RunStopped(f"The filter {step.id!r} did not hold: {step.source}")
                return True
            case SetStep():
                values = step.values(journey.scope)
                as_object(journey.scope["vars"]).update(values)
                journey.tell(path, "set", values=values)
                return dict(values)
            case IfStep():
                held = step.test(journey.scope)
                journey.tell(path, "if", held=held)
                return await self._steps(step.then if held else step.otherwise, journey, f"{path}.", last=last)
            case ForEachStep():
                return await self._each(step, journey, path)
            case LookupStep():
                return self._look_up(step, journey, path)
            case DelayStep():
                return self._delay(step, journey, path)
            case StopStep():
                reason = step.reason(journey.scope)
                journey.tell(path, "stop", reason=reason)
                raise RunStopped(reason, failed=step.failed)

    async def _call(self, step: CallStep, journey: Journey, path: str, *, last: bool) -> JSON:
        link = self._directory.named(journey.run.workspace, step.connection)
        operation = link.operation(step.operation)
        began = self._clock.monotonic()
        try:
            if operation.kind == "read":
                answer = await self._recorded(
                    journey, path, lambda: self._effects.read(journey, link, operation, step.input(journey.scope))
                )
            else:
                write = Write(
                    path=path,
                    key=effect_key(journey.run.id, path),
                    operation=operation,
                    name=step.operation,
                    link=link,
                    input=lambda: step.input(journey.scope),
                    last=last,
                )
                answer = await self._effects.write(journey, write)
        except TrunklineError as error:
            spent_ms = round((self._clock.monotonic() - began) * 1000, 2)
            journey.tell(path, "call", operation=step.operation, code=error.code, reason=error.message, ms=spent_ms)
            if step.continue_on_error and error.decision is Decision.DEAD_LETTER:
                return {"error": {"code": error.code, "message": error.message}}
            raise
        journey.tell(path, "call", operation=step.operation, ms=round((self._clock.monotonic() - began) * 1000, 2))
        return answer

    async def _recorded(self, journey: Journey, path: str, read: Callable[[], Awaitable[JSON]]) -> JSON:
        if path in journey.steps:
            return journey.steps[path]
        result = await read()
        self._record(journey, path, result)
        return result

    def _record(self, journey: Journey, path: str, result: JSON) -> None:
        run, now = journey.run.id, self._clock.now()

        def record(tx: Transaction) -> None:
            store.record_step(tx, run, path, result, at=now)

        journey.pending.append(record)

    async def _each(self, step: ForEachStep, journey: Journey, path: str) -> JSON:
        items = step.items(journey.scope)
        if len(items) > step.most:
            raise MappingError(f"The list has {len(items)} items, more than the {step.most} allowed.", field=step.id, hint="Raise `most`.")
        outer = {name: journey.scope[name] for name in ("item", "index") if name in journey.scope}
        results: list[JSON] = []
        journey.tell(path, "for_each", items=len(items))
        for index, item in enumerate(items):
            journey.scope["item"], journey.scope["index"] = item, index
            results.append(await self._steps(step.steps, journey, f"{path}[{index}].", last=False))
        for name in ("item", "index"):
            journey.scope.pop(name, None)
        journey.scope.update(outer)
        return results

    def _look_up(self, step: LookupStep, journey: Journey, path: str) -> JSON:
        key = step.key(journey.scope)
        if key in step.table:
            journey.tell(path, "lookup", key=key, found=True)
            return step.table[key]
        journey.tell(path, "lookup", key=key, found=False)
        if step.default is None:
            raise MappingError("The table has no such key.", field=step.id, hint="Add the key to the table, or give the step a default.")
        return step.default(journey.scope)

    def _delay(self, step: DelayStep, journey: Journey, path: str) -> JSON:
        now = self._clock.now()
        due = journey.steps.get(path)
        if not isinstance(due, int):
            due = int(later(now, step.seconds(journey.scope)))
            self._record(journey, path, due)
        if due > now:
            journey.tell(path, "delay", until=due)
            raise RunSuspended("The run waits as its delay step says.", due_at=Instant(due), holds=False)
        return None
