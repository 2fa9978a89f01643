"""The grammar of expressions, by recursive descent; what it does not know cannot be evaluated.

From loose to tight: `a if t else b` · `or` · `and` · `not` · comparison and `in` · `~` · `+ -` · `* / // %` · `-x` · `x.y x[y] x | f`
and `x is t`.
"""

from collections.abc import Callable

from trunkline.flows.language.syntax import (
    MAX_DEPTH,
    MAX_EXPRESSION,
    MAX_OPERATIONS,
    Apply,
    Binary,
    Choice,
    Constant,
    ExpressionError,
    Field,
    Index,
    Invoke,
    ListOf,
    Name,
    Node,
    ObjectOf,
    Slice,
    Test,
    Unary,
)
from trunkline.flows.language.tokens import Token, tokens

_WORDS: dict[str, bool | None] = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None, "null": None}
_RESERVED = frozenset({"and", "or", "not", "in", "is", "if", "else", "for", "endfor", "elif", "endif"})
_MISTAKES = {
    "&&": "Write `and`.",
    "||": "Write `or`.",
    "!": "Write `not`.",
    "?": "Write `a if test else b`.",
    "=": "Compare with `==`.",
    "&": "Write `and`, or `~` to join text.",
    "**": "There are no powers here.",
}
_METHODS = {"lower": "lower", "upper": "upper", "strip": "trim", "split": "split", "replace": "replace", "title": "title", "join": "join"}


def expression(text: str, start: int = 0, end: int | None = None) -> Node:
    """The tree of `text[start:end]`; `ExpressionError` says what is wrong and at which offset of `text`."""
    end = len(text) if end is None else end
    if end - start > MAX_EXPRESSION:
        raise ExpressionError(f"The expression is longer than {MAX_EXPRESSION:,} characters", at=start)
    return Parser(tokens(text, start, end)).whole()


class Parser:
    """One expression being read."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0
        self._operations = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._now.kind != "end":
            raise self._unexpected()
        return node

    # ── moving ──

    @property
    def _now(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._now
        self._next += token.kind != "end"
        return token

    def _at(self, *values: str) -> bool:
        return self._now.kind in ("symbol", "name") and self._now.value in values

    def _skip(self, value: str) -> bool:
        found = self._at(value)
        self._next += found
        return found

    def _expect(self, value: str) -> None:
        if not self._skip(value):
            raise self._unexpected(f"`{value}`")

    def _name(self) -> Token:
        if self._now.kind != "name":
            raise self._unexpected("a name")
        return self._take()

    def _unexpected(self, wanted: str = "") -> ExpressionError:
        token = self._now
        what = "The expression ends too early" if token.kind == "end" else f"`{token.value}` does not fit here"
        hint = _MISTAKES.get(token.value, "") if token.kind == "symbol" else ""
        return ExpressionError(f"{what}; expected {wanted}" if wanted else what, at=token.at, hint=hint)

    def _operation(self, at: int) -> int:
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            raise ExpressionError(f"The expression has more than {MAX_OPERATIONS} parts", at=at, hint="Split it with a `set` step.")
        return at

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"The expression nests deeper than {MAX_DEPTH} levels", at=self._now.at)
        node = read()
        self._depth -= 1
        return node

    # ── operators ──

    def _choice(self) -> Node:
        return self._deeper(self._choice_here)

    def _choice_here(self) -> Node:
        node = self._or()
        while self._at("if"):
            at = self._operation(self._take().at)
            test = self._or()
            node = Choice(at, test, node, self._choice() if self._skip("else") else None)
        return node

    def _binary(self, symbols: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        while self._at(*symbols):
            token = self._take()
            node = Binary(self._operation(token.at), token.value, node, operand())
        return node

    def _or(self) -> Node:
        return self._binary(("or",), self._and)

    def _and(self) -> Node:
        return self._binary(("and",), self._not)

    def _not(self) -> Node:
        if self._at("not"):
            at = self._operation(self._take().at)
            return Unary(at, "not", self._deeper(self._not))
        return self._comparison()

    def _comparison(self) -> Node:
        node = self._joined()
        while self._at("==", "!=", "<", "<=", ">", ">=", "in", "not"):
            token = self._take()
            operator = token.value
            if operator == "not":
                self._expect("in")
                operator = "not in"
            node = Binary(self._operation(token.at), operator, node, self._joined())
        return node

    def _joined(self) -> Node:
        return self._binary(("~",), self._sum)

    def _sum(self) -> Node:
        return self._binary(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._binary(("*", "/", "//", "%"), self._signed)

    def _signed(self) -> Node:
        if self._at("-"):
            at = self._operation(self._take().at)
            return Unary(at, "-", self._deeper(self._signed))
        return self._postfix()

    # ── what follows a value ──

    def _postfix(self) -> Node:
        node = self._value()
        while self._at(".", "[", "|", "is", "("):
            token = self._take()
            at = self._operation(token.at)
            match token.value:
                case ".":
                    node = self._field(node)
                case "[":
                    node = self._subscript(node, at)
                case "|":
                    name = self._name()
                    args, named = self._arguments() if self._skip("(") else ((), ())
                    node = Apply(name.at, node, name.value, args, named)
                case "is":
                    negated = self._skip("not")
                    name = self._name()
                    node = Test(name.at, node, name.value, negated)
                case _:
                    node = self._call(node, at)
        return node

    def _field(self, base: Node) -> Node:
        token = self._take()
        if token.kind == "number" and token.value.isdigit():
            return Field(token.at, base, int(token.value))
        if token.kind != "name":
            self._next -= token.kind != "end"
            raise self._unexpected("a field name")
        return Field(token.at, base, token.value)

    def _subscript(self, base: Node, at: int) -> Node:
        start = None if self._at(":") else self._choice()
        if self._skip(":"):
            stop = None if self._at("]") else self._choice()
            self._expect("]")
            return Slice(at, base, start, stop)
        self._expect("]")
        if isinstance(start, Constant) and isinstance(start.value, str | int) and not isinstance(start.value, bool):
            return Field(start.at, base, start.value)
        if start is None:
            raise self._unexpected("a key")
        return Index(at, base, start)

    def _call(self, base: Node, at: int) -> Node:
        match base:
            case Name():
                args, named = self._arguments()
                return Invoke(base.at, base.name, args, named)
            case Field(key=str() as key):
                hint = f"Write `| {_METHODS[key]}`." if key in _METHODS else "Use a filter: `value | filter`."
                raise ExpressionError(f"Values have no methods such as `{key}()`", at=base.at, hint=hint)
            case _:
                raise ExpressionError("Only functions can be called", at=at)

    def _arguments(self) -> tuple[tuple[Node, ...], tuple[tuple[str, Node], ...]]:
        args: list[Node] = []
        named: list[tuple[str, Node]] = []
        while not self._skip(")"):
            following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
            if self._now.kind == "name" and following.kind == "symbol" and following.value == "=":
                name = self._take().value
                self._take()
                named.append((name, self._choice()))
            elif named:
                raise self._unexpected("a named argument")
            else:
                args.append(self._choice())
            if not self._at(")"):
                self._expect(",")
        return tuple(args), tuple(named)

    # ── values ──

    def _value(self) -> Node:
        token = self._now
        match token.kind:
            case "text":
                return Constant(self._take().at, token.value)
            case "number":
                return self._number(self._take())
            case "name" if token.value in _WORDS:
                return Constant(self._take().at, _WORDS[token.value])
            case "name" if token.value not in _RESERVED:
                return Name(self._take().at, token.value)
            case "symbol" if token.value == "(":
                return self._parenthesis()
            case "symbol" if token.value == "[":
                return self._list()
            case "symbol" if token.value == "{":
                return self._object()
            case _:
                raise self._unexpected("a value")

    def _number(self, token: Token) -> Node:
        if len(token.value) > 17:
            raise ExpressionError("The number is too long", at=token.at)
        value = int(token.value) if token.value.isdigit() else float(token.value)
        if value in (float("inf"), float("-inf")):
            raise ExpressionError("The number is too large", at=token.at)
        return Constant(token.at, value)

    def _parenthesis(self) -> Node:
        self._take()
        node = self._choice()
        self._expect(")")
        return node

    def _list(self) -> Node:
        at = self._take().at
        items: list[Node] = []
        while not self._skip("]"):
            items.append(self._choice())
            if not self._at("]"):
                self._expect(",")
        return ListOf(at, tuple(items))

    def _object(self) -> Node:
        at = self._take().at
        pairs: list[tuple[str, Node]] = []
        while not self._skip("}"):
            if self._now.kind != "text":
                raise self._unexpected("a key in quotes")
            key = self._take().value
            self._expect(":")
            pairs.append((key, self._choice()))
            if not self._at("}"):
                self._expect(",")
        return ObjectOf(at, tuple(pairs))
