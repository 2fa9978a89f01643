"""The syntax tree of expressions and texts. `at` is the offset of a node in its text, for error places."""

from dataclasses import dataclass
from typing import Literal

MAX_EXPRESSION = 4000
MAX_DEPTH = 40
MAX_OPERATIONS = 80


class ExpressionError(ValueError):
    """A text that is no expression; `at` counts characters from its start."""

    def __init__(self, message: str, *, at: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Constant:
    at: int
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`base.key` or `base['key']`; a whole number reaches into a list."""

    at: int
    base: "Node"
    key: str | int


@dataclass(frozen=True, slots=True)
class Index:
    """`base[key]` with a computed key."""

    at: int
    base: "Node"
    key: "Node"


@dataclass(frozen=True, slots=True)
class Slice:
    """`base[start:stop]` of text or a list."""

    at: int
    base: "Node"
    start: "Node | None"
    stop: "Node | None"


@dataclass(frozen=True, slots=True)
class ListOf:
    at: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    at: int
    pairs: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    at: int
    operator: Literal["not", "-"]
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    at: int
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if test else otherwise`."""

    at: int
    test: "Node"
    then: "Node"
    otherwise: "Node | None"


@dataclass(frozen=True, slots=True)
class Test:
    """`base is name`."""

    at: int
    base: "Node"
    name: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Apply:
    """`base | name(args)`."""

    at: int
    base: "Node"
    name: str
    args: tuple["Node", ...]
    named: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Invoke:
    """`name(args)`: a function."""

    at: int
    name: str
    args: tuple["Node", ...]
    named: tuple[tuple[str, "Node"], ...]


Node = Constant | Name | Field | Index | Slice | ListOf | ObjectOf | Unary | Binary | Choice | Test | Apply | Invoke


# ── text around expressions ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Show:
    """`{{ node }}` inside a text."""

    node: Node


@dataclass(frozen=True, slots=True)
class When:
    """`{% if %}`: the first way whose test holds; the last test may be missing (`else`)."""

    ways: tuple[tuple[Node | None, tuple["Piece", ...]], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`{% for name in items %}`."""

    at: int
    name: str
    items: Node
    body: tuple["Piece", ...]


Piece = str | Show | When | Loop
