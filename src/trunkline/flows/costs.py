"""What one run of a flow calls, counted from its plan without carrying anything out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from trunkline.flows.plan import CallStep, ForEachStep, IfStep, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """`calls` by connection and operation: of two branches the dearer one, of a loop one round.

    `loops` are the steps that may go round more often.
    """

    calls: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    loops: tuple[str, ...] = ()


def costs(steps: Sequence[Step]) -> Costs:
    """Of a run that passes every filter."""
    calls: Counter[tuple[str, str]] = Counter()
    loops: list[str] = []
    for step in steps:
        match step:
            case CallStep():
                calls[step.connection, step.operation] += 1
            case IfStep():
                then, otherwise = costs(step.then), costs(step.otherwise)
                calls += then.calls | otherwise.calls
                loops += [*then.loops, *otherwise.loops]
            case ForEachStep():
                inner = costs(step.steps)
                calls += inner.calls
                loops += [step.id, *inner.loops]
            case _:
                pass
    return Costs(calls=calls, loops=tuple(loops))
