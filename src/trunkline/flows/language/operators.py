"""What operators and tests mean for JSON values: null is nothing, types do not mix silently, and results stay small."""

import math
from collections.abc import Callable
from typing import Any

from trunkline.flows.filters.declaring import MisfitError, limited, text_of, word_of, work
from trunkline.model.json import JSON, dumps

MAX_RANGE = 10_000
_GLANCES = 8  # looking at a text costs an eighth of working on it, so that a large body can be compared and tested a few times
_Arithmetic = Callable[[Any, Any], Any]
"""Works on values whose type was looked at before."""


def text(*parts: JSON) -> str:
    """The parts as one text: null is empty, true and false are words, lists and objects are JSON."""
    joined = "".join([part if type(part) is str else _shown(part) for part in parts])
    work.spend(len(joined))
    return limited(joined)


def _shown(value: JSON) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return text_of(value)
        case str():
            return value
        case _:
            return dumps(value).decode()


def get(base: JSON, key: JSON) -> JSON:
    """A field of an object or an item of a list; null where there is none."""
    if isinstance(base, dict):
        return base.get(key) if isinstance(key, str) else base.get(str(key)) if isinstance(key, int) else None
    if isinstance(base, list | str) and isinstance(key, int) and not isinstance(key, bool):
        return base[key] if -len(base) <= key < len(base) else None
    return None


def seen(value: JSON) -> JSON:
    """The value, charged when it is text: MiniJinja copies it to and fro."""
    if type(value) is str:
        work.spend(len(value) // _GLANCES)
    return value


def read(base: JSON, *keys: JSON) -> JSON:
    """`get` along a path where it is done again and again: what goes in and what comes out is charged."""
    value = seen(base)
    for key in keys:
        value = seen(get(value, key))
    return value


def part(base: JSON, start: Any, stop: Any) -> JSON:
    """`base[start:stop]`."""
    for bound in (start, stop):
        if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
            raise MisfitError(f"a position must be a whole number, not {word_of(bound)}")
    if base is None:
        return None
    if not isinstance(base, str | list):
        raise MisfitError(f"only text and lists have parts, not {word_of(base)}")
    work.spend(len(base))
    return base[start:stop]


def equal(left: JSON, right: JSON) -> bool:
    """Whether two values are the same; true is not 1."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list | dict):
        work.spend(len(dumps(left)))  # what comparing may look at
    return bool(seen(left) == seen(right))


def unequal(left: JSON, right: JSON) -> bool:
    return not equal(left, right)


def _ordered(left: JSON, right: JSON) -> bool:
    """Whether two values can be compared; nothing is neither more nor less than anything."""
    seen(left)
    seen(right)
    if left is None or right is None:
        return False
    words = word_of(left), word_of(right)
    if words[0] != words[1] or words[0] not in ("text", "number"):
        raise MisfitError(f"{words[0]} and {words[1]} cannot be compared; use the filter `number` on text")
    return True


def less(left: Any, right: Any) -> bool:
    return _ordered(left, right) and bool(left < right)


def less_or_equal(left: Any, right: Any) -> bool:
    return _ordered(left, right) and bool(left <= right)


def more(left: Any, right: Any) -> bool:
    return _ordered(left, right) and bool(left > right)


def more_or_equal(left: Any, right: Any) -> bool:
    return _ordered(left, right) and bool(left >= right)


def contains(item: JSON, container: JSON) -> bool:
    """Whether a list has an item, a text a part, or an object a field; nothing has nothing."""
    seen(item)
    match container:
        case None:
            return False
        case str():
            work.spend(len(container))
            return isinstance(item, str) and item in container
        case dict():
            return isinstance(item, str) and item in container
        case list():
            work.spend(len(dumps(container)) if isinstance(item, list | dict) else len(container))
            return item in container
        case _:
            raise MisfitError(f"`in` looks into text, lists and objects, not {word_of(container)}")


def lacks(item: JSON, container: JSON) -> bool:
    return not contains(item, container)


def plus(left: JSON, right: JSON) -> JSON:
    """The sum of numbers, or two texts or two lists one after the other."""
    if isinstance(left, str) and isinstance(right, str):
        work.spend(len(left) + len(right))
        return limited(left + right)
    if isinstance(left, list) and isinstance(right, list):
        work.spend(len(left) + len(right))
        return [*left, *right]
    return _calculated("+", left, right, lambda a, b: a + b)


def minus(left: JSON, right: JSON) -> JSON:
    return _calculated("-", left, right, lambda a, b: a - b)


def times(left: JSON, right: JSON) -> JSON:
    return _calculated("*", left, right, lambda a, b: a * b)


def divided(left: JSON, right: JSON) -> JSON:
    return _calculated("/", left, right, lambda a, b: a / b)


def whole_divided(left: JSON, right: JSON) -> JSON:
    return _calculated("//", left, right, lambda a, b: a // b)


def rest(left: JSON, right: JSON) -> JSON:
    return _calculated("%", left, right, lambda a, b: a % b)


def negative(value: JSON) -> JSON:
    return minus(0, value)


def _calculated(symbol: str, left: JSON, right: JSON, calculate: _Arithmetic) -> JSON:
    if word_of(left) != "number" or word_of(right) != "number":
        raise MisfitError(f"`{symbol}` cannot take {word_of(left)} and {word_of(right)}")
    try:
        result = calculate(left, right)
    except ZeroDivisionError as exc:
        raise MisfitError("a number is divided by zero") from exc
    except OverflowError as exc:
        raise MisfitError("the number is too large") from exc
    if isinstance(result, float) and not math.isfinite(result):
        raise MisfitError("the number is too large")
    if abs(result) >= 1 << 63:
        raise MisfitError("the number is too large")
    return result


def counted(*bounds: Any) -> list[int]:
    """`range(stop)` or `range(start, stop)` as a list."""
    if not 1 <= len(bounds) <= 2 or not all(type(bound) is int for bound in bounds):
        raise MisfitError("`range` takes one or two whole numbers")
    numbers = range(*bounds)
    if max(bounds) - min((0, *bounds)) > MAX_RANGE:
        raise MisfitError(f"`range` makes at most {MAX_RANGE:,} numbers")
    return list(numbers)


OPERATORS: dict[str, tuple[str, Callable[..., JSON]]] = {
    "==": ("_equal", equal),
    "!=": ("_unequal", unequal),
    "<": ("_less", less),
    "<=": ("_less_or_equal", less_or_equal),
    ">": ("_more", more),
    ">=": ("_more_or_equal", more_or_equal),
    "in": ("_contains", contains),
    "not in": ("_lacks", lacks),
    "~": ("_text", text),
    "+": ("_plus", plus),
    "-": ("_minus", minus),
    "*": ("_times", times),
    "/": ("_divided", divided),
    "//": ("_whole_divided", whole_divided),
    "%": ("_rest", rest),
}


def _seeing(test: Callable[[JSON], bool]) -> Callable[[JSON], bool]:
    return lambda value: test(seen(value))


_TESTS: dict[str, Callable[[JSON], bool]] = {
    "defined": lambda value: value is not None,
    "undefined": lambda value: value is None,
    "none": lambda value: value is None,
    "null": lambda value: value is None,
    "empty": lambda value: value is None or value in ("", [], {}),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: word_of(value) == "number",
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
}
TESTS = {name: _seeing(test) for name, test in _TESTS.items()}

FUNCTIONS: dict[str, Callable[..., Any]] = {"range": counted}
