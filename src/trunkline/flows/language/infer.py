"""The static type of an expression, and what is wrong with it before any value is seen."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from trunkline.flows import types
from trunkline.flows.filters import FILTERS, Filter
from trunkline.flows.language.operators import FUNCTIONS, TESTS
from trunkline.flows.language.syntax import (
    Apply,
    Binary,
    Choice,
    Constant,
    Field,
    Index,
    Invoke,
    ListOf,
    Loop,
    Name,
    Node,
    ObjectOf,
    Piece,
    Show,
    Slice,
    Test,
    Unary,
    When,
)
from trunkline.flows.problems import nearest
from trunkline.model.schema import Schema

_WORD_KINDS = {"text": {"string"}, "number": {"number", "integer"}, "boolean": {"boolean"}, "list": {"array"}, "object": {"object"}}
_BOOLEAN = types.of_kinds("boolean")
_NUMBER = types.of_kinds("number")
_TEXT = types.of_kinds("string")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at an offset of the text."""

    at: int
    message: str
    hint: str = ""


Missing = Callable[[str, str], tuple[str, str] | None]
"""Told the name of an object (`steps`) and of a field it lacks; gives a message and a hint that fit better than the usual ones."""


@dataclass(slots=True)
class Inference:
    """Walks trees with the schemas of the names in scope and collects faults."""

    names: dict[str, Schema]
    missing: Missing | None = None
    faults: list[Fault] = field(default_factory=list[Fault])
    doubts: list[Fault] = field(default_factory=list[Fault])

    def of(self, node: Node) -> Schema:  # noqa: C901 - one case per kind of node, each a line
        match node:
            case Constant():
                return types.of_constant(node.value)
            case Name():
                return self._name(node)
            case Field():
                return self._field(node)
            case Index():
                self.of(node.key)
                return self._item(self.of(node.base))
            case Slice():
                for bound in (node.start, node.stop):
                    if bound is not None:
                        self.of(bound)
                return self.of(node.base)
            case ListOf():
                return {"type": "array", "items": types.either(*map(self.of, node.items))}
            case ObjectOf():
                return {"type": "object", "properties": {key: self.of(value) for key, value in node.pairs}, "additionalProperties": False}
            case Unary():
                self.of(node.operand)
                return _BOOLEAN if node.operator == "not" else _NUMBER
            case Binary():
                return self._binary(node)
            case Choice():
                self.of(node.test)
                return types.either(self.of(node.then), self.of(node.otherwise) if node.otherwise else types.of_kinds("null"))
            case Test():
                self.of(node.base)
                self._known(node.name, TESTS, node.at, "test")
                return _BOOLEAN
            case Apply():
                return self._apply(node)
            case Invoke():
                return self._invoke(node)

    def text(self, pieces: tuple[Piece, ...]) -> None:
        """Walk a text with expressions."""
        for piece in pieces:
            match piece:
                case str():
                    pass
                case Show():
                    self.of(piece.node)
                case When():
                    for test, inner in piece.ways:
                        if test is not None:
                            self.of(test)
                        self.text(inner)
                case Loop():
                    self._loop(piece)

    def _doubt(self, node: Field, known: Iterable[str]) -> None:
        """A field nobody declared, of an object that may have more than was declared, looks like a slip when one of nearly that name is."""
        names = set(known)
        if isinstance(node.key, str) and names and node.key not in names and get_close_matches(node.key, names, n=1, cutoff=0.8):
            message = f"`{written(node.base)}` is not known to have a field `{node.key}`"
            self.doubts.append(Fault(node.at, message, nearest(node.key, names)))

    def _fault(self, at: int, message: str, hint: str = "") -> Schema:
        self.faults.append(Fault(at, message, hint))
        return types.ANY

    def _known(self, name: str, table: Mapping[str, object], at: int, what: str) -> None:
        if name not in table:
            self._fault(at, f"There is no {what} `{name}`", nearest(name, table))

    def _loop(self, piece: Loop) -> None:
        listed = self.of(piece.items)
        if not types.fits(types.kinds(listed), frozenset({"array"})):
            self._fault(piece.at, f"A loop needs a list, not {types.words(types.kinds(listed))}")
        if piece.name in self.names:
            self._fault(piece.at, f"`{piece.name}` already means something here", "Give the loop's item another name.")
            return
        self.names[piece.name] = types.item_of(listed)
        self.text(piece.body)
        del self.names[piece.name]

    def _name(self, node: Name) -> Schema:
        if node.name in self.names:
            return self.names[node.name]
        if node.name in ("item", "index"):
            return self._fault(node.at, f"`{node.name}` exists only inside a `for_each`")
        hint = nearest(node.name, self.names)
        for name in ("trigger", "vars", "steps"):
            if types.field_of(self.names.get(name, {}), node.name) is not None and node.name in types.field_names(self.names.get(name, {})):
                hint = f"Did you mean `{name}.{node.name}`?"
        return self._fault(node.at, f"There is no `{node.name}`", hint)

    def _field(self, node: Field) -> Schema:
        base = self.of(node.base)
        here = types.kinds(base)
        if here == frozenset({"null"}):
            return types.ANY
        found = types.field_of(base, node.key)
        self._doubt(node, types.field_names(base))
        if found is not None or (isinstance(node.key, int) and here & {"string", "array"}):
            return found if found is not None else types.ANY
        owner = written(node.base)
        if self.missing is not None and isinstance(node.key, str) and (better := self.missing(owner, node.key)):
            return self._fault(node.at, *better)
        if not here & {"object"}:
            hint = "Take an item by its position, such as [0], or use a filter such as `pluck`." if "array" in here else ""
            return self._fault(node.at, f"`{owner}` is {types.words(here)} and has no fields", hint)
        return self._fault(node.at, f"`{owner}` has no field `{node.key}`", nearest(str(node.key), types.field_names(base)))

    @staticmethod
    def _item(base: Schema) -> Schema:
        return types.item_of(base) if types.kinds(base) <= {"array", "null"} else types.ANY

    def _binary(self, node: Binary) -> Schema:
        left, right = self.of(node.left), self.of(node.right)
        match node.operator:
            case "and" | "or":
                return types.either(left, right)
            case "~":
                return _TEXT
            case "+":
                return self._sum(node, left, right)
            case "-" | "*" | "/" | "//" | "%":
                for side, at in ((left, node.left.at), (right, node.right.at)):
                    if not types.fits(types.kinds(side), frozenset({"number"})):
                        hint = "Turn text into a number with the filter `number`." if "string" in types.kinds(side) else ""
                        self._fault(at, f"`{node.operator}` needs numbers, not {types.words(types.kinds(side))}", hint)
                return _NUMBER
            case "<" | "<=" | ">" | ">=":
                return self._ordered(node, left, right)
            case "in" | "not in":
                if not types.fits(types.kinds(right), frozenset({"string", "array", "object"})):
                    self._fault(node.right.at, f"`in` looks into text, lists and objects, not {types.words(types.kinds(right))}")
                return _BOOLEAN
            case _:
                return _BOOLEAN

    def _sum(self, node: Binary, left: Schema, right: Schema) -> Schema:
        sides = types.kinds(left) - {"null"}, types.kinds(right) - {"null"}
        if len(sides[0]) > 3 or len(sides[1]) > 3:
            return types.ANY
        if not types.fits(*sides):
            hint = "Join text with `~`." if "string" in sides[0] | sides[1] else ""
            return self._fault(node.at, f"`+` cannot take {types.words(sides[0])} and {types.words(sides[1])}", hint)
        return types.either(left, right) if "array" in sides[0] else types.of_kinds(*sorted(sides[0] | sides[1]))

    def _ordered(self, node: Binary, left: Schema, right: Schema) -> Schema:
        given, wanted = types.kinds(left), types.kinds(right) - {"null"}
        if wanted and not types.fits(given, wanted):
            hint = "Turn text into a number with the filter `number`."
            self._fault(node.at, f"{types.words(given)} and {types.words(wanted)} cannot be compared", hint)
        return _BOOLEAN

    def _arguments(self, node: Apply | Invoke) -> list[Schema]:
        return [self.of(value) for value in (*node.args, *(value for _, value in node.named))]

    def _apply(self, node: Apply) -> Schema:
        base = self.of(node.base)
        arguments = self._arguments(node)
        known = FILTERS.get(node.name)
        if known is None:
            return self._fault(node.at, f"There is no filter `{node.name}`", nearest(node.name, FILTERS))
        self._bind(node, known)
        wanted = frozenset(kind for word in known.takes for kind in _WORD_KINDS[word])
        if wanted and not types.fits(types.kinds(base), wanted):
            self._fault(node.at, f"`{node.name}` takes {types.words(wanted)}, not {types.words(types.kinds(base))}")
        return self._given(node, known, base, arguments)

    def _bind(self, node: Apply, known: Filter) -> None:
        try:
            known.signature.bind(None, *(None for _ in node.args), **dict.fromkeys(name for name, _ in node.named))
        except TypeError as exc:
            names = list(known.signature.parameters)[1:]
            wanted = f"It is used like this: {known.example}."
            unknown = next((name for name, _ in node.named if name not in names), None)
            self._fault(node.at, f"`{node.name}` does not take these arguments ({exc})", nearest(unknown, names) if unknown else wanted)
        if node.name == "map" and node.args:
            inner = node.args[0]
            if isinstance(inner, Constant) and (inner.value not in FILTERS or inner.value == "map"):
                self._fault(inner.at, f"There is no filter `{inner.value}`", nearest(str(inner.value), FILTERS))

    def _given(self, node: Apply, known: Filter, base: Schema, arguments: list[Schema]) -> Schema:
        match node.name:
            case "default" if arguments:
                return types.either(base, arguments[0])
            case "first" | "last" | "find" if types.kinds(base) <= {"array", "null"}:
                return types.either(types.item_of(base), types.of_kinds("null"))
            case "sort" | "unique" | "compact" | "where" | "take" | "reverse" | "without" if types.kinds(base) <= {"array", "null"}:
                return {"type": "array", "items": types.item_of(base)}
            case "pluck" if node.args and isinstance(node.args[0], Constant) and isinstance(node.args[0].value, str):
                inside = types.field_of(types.item_of(base), node.args[0].value)
                return {"type": "array", "items": inside or types.ANY}
            case "split" | "lines":
                return {"type": "array", "items": _TEXT}
            case _:
                return types.of_kinds(*known.gives)

    def _invoke(self, node: Invoke) -> Schema:
        self._arguments(node)
        if node.name not in FUNCTIONS:
            hint = f"Write `value | {node.name}`." if node.name in FILTERS else nearest(node.name, FUNCTIONS)
            return self._fault(node.at, f"There is no function `{node.name}`", hint)
        try:
            inspect.signature(FUNCTIONS[node.name]).bind(*node.args, **dict(node.named))
        except TypeError:
            return self._fault(node.at, f"`{node.name}` does not take these arguments")
        return {"type": "array", "items": types.of_kinds("integer")}


def written(node: Node) -> str:
    """A path as it was written, for messages."""
    match node:
        case Name():
            return node.name
        case Field(key=int() as key):
            return f"{written(node.base)}[{key}]"
        case Field():
            return f"{written(node.base)}.{node.key}"
        case _:
            return "the value"
