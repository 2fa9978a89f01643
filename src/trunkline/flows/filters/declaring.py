"""How a filter is declared: what it takes and gives, an example, and a function of plain values.

A null goes through every filter unchanged unless the filter asks for it, so an absent phone stays absent. A value of another type than
the filter takes raises `MisfitError`. Each use is charged to a work budget, because MiniJinja's fuel does not see what Python does.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from trunkline.model.json import JSON

Word = Literal["text", "number", "boolean", "list", "object"]

MAX_TEXT = 1_000_000
"""Longest text an expression may make."""

MAX_WORK = 4_000_000
"""Characters and items that one evaluation may handle in filters and text."""

MAX_SIZE = 32_000_000
"""Characters of JSON, about, that one value may be made of: an input, the variables of a step."""

_LARGEST_WHOLE = 1 << 63
_WORDS: dict[type, Word] = {str: "text", int: "number", float: "number", bool: "boolean", list: "list", dict: "object"}


class MisfitError(ValueError):
    """A value that does not fit; the message names types, never values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter as the checker and the reference page see it. `gives` lists JSON types; empty: it depends."""

    name: str
    function: Callable[..., Any]
    guarded: Callable[..., Any]
    signature: inspect.Signature
    takes: tuple[Word, ...]
    gives: tuple[str, ...]
    null: bool
    """Whether it is asked about null (`default`), instead of letting it pass."""
    about: str
    example: str
    result: JSON


FILTERS: dict[str, Filter] = {}


class Budget:
    """What one evaluation has left to spend. Evaluations follow one another, so one is enough; `renew` starts each."""

    __slots__ = ("_limit", "_message", "left")

    def __init__(self, limit: int, message: str) -> None:
        self._limit = limit
        self._message = message
        self.left = limit

    def renew(self) -> None:
        self.left = self._limit

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise MisfitError(self._message)


work = Budget(MAX_WORK, "the expression handles too much data")
size = Budget(MAX_SIZE, "the result is too large")


def word_of(value: object) -> str:
    """A value's type as people call it."""
    return "nothing" if value is None else _WORDS.get(type(value), "something else")


def text_of(value: Any) -> str:
    """Text from text or a number, as text filters take them: a phone number may come as a number. 12.0 is written 12."""
    return value if isinstance(value, str) else str(plain_number(value))


def plain_number(value: float) -> float | int:
    """A number without a fraction as a whole one, which is also what MiniJinja makes of it."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE else value


def limited(text: str) -> str:
    """`text`, unless it is longer than an expression may make."""
    if len(text) > MAX_TEXT:
        raise MisfitError(f"the text would be longer than {MAX_TEXT:,} characters")
    return text


def filtering(
    takes: tuple[Word, ...] = (), gives: tuple[str, ...] = (), *, example: tuple[str, JSON], name: str = "", null: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the function below as a filter. Its first parameter is the value, its docstring what the reference says of it."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        called = name or function.__name__.rstrip("_")
        FILTERS[called] = Filter(
            name=called,
            function=function,
            guarded=_guarded(called, function, takes, null),
            signature=inspect.signature(function),
            takes=takes,
            gives=gives,
            null=null,
            about=inspect.getdoc(function) or "",
            example=example[0],
            result=example[1],
        )
        return function

    return declare


def _guarded(name: str, function: Callable[..., Any], takes: tuple[Word, ...], null: bool) -> Callable[..., Any]:
    allowed = frozenset(kind for kind, word in _WORDS.items() if word in takes) if takes else frozenset(_WORDS)

    def guarded(value: Any = None, *args: Any, **named: Any) -> Any:
        if value is None:
            if not null:
                return None
        elif type(value) not in allowed:
            if not isinstance(value, str) or str not in allowed:
                raise MisfitError(f"`{name}` takes {' or '.join(takes) or 'JSON'}, not {word_of(value)}")
        elif type(value) in _SIZED:
            work.spend(len(value) + 8)
        result = function(value, *args, **named)
        if type(result) in _SIZED:
            work.spend(len(result))
        return result

    return guarded


_SIZED = frozenset({str, list, dict})
