"""Which cases of the suite a connector is put to: those about something it has. The others are not collected: a skip means something."""

from collections.abc import Callable, Iterator
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from trunkline.testing.conformance.stage import Stage

Condition = Callable[["type[Stage]"], object]
T = TypeVar("T")

_CONDITIONS: Final = "_only_where"


def only_where(condition: Condition) -> Callable[[T], T]:
    """Put a case, or all cases of a class, only to connectors of which this is true."""

    def mark(case: T) -> T:
        for one in (case,) if not isinstance(case, type) else _cases(case).values():
            setattr(one, _CONDITIONS, (*getattr(one, _CONDITIONS, ()), condition))
        return case

    return mark


def without_subject(suite: "type[Stage]", nothing_of: frozenset[str]) -> Iterator[str]:
    """The cases of a suite that are about nothing here: what they are told of by name there is none of, or a condition is not met."""
    for name, case in _cases(suite).items():
        if not nothing_of.isdisjoint(signature(case).parameters) or not all(met(suite) for met in getattr(case, _CONDITIONS, ())):
            yield name


def _cases(suite: type) -> dict[str, Callable[..., Any]]:
    return {name: getattr(suite, name) for name in dir(suite) if name.startswith("test_")}
