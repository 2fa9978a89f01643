"""MiniJinja as the evaluator: programs of one or more expressions, run together in one call, and its errors translated.

A program hands its values to a Python list, so each keeps its type. Templates are loaded when first used and the oldest are dropped, so
ten thousand published flows cost memory only while they run.
"""

from collections import deque
from collections.abc import Sequence
from itertools import count
from math import isfinite
from typing import Any, Final, cast

from minijinja import Environment, TemplateError

from trunkline.flows.filters import FILTERS, MisfitError
from trunkline.flows.filters.declaring import size, word_of, work
from trunkline.flows.language import operators
from trunkline.flows.language.emit import body, source
from trunkline.flows.language.syntax import Node, Piece
from trunkline.flows.plan import Scope
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, MAX_DEPTH

FUEL: Final = 100_000
"""Steps of MiniJinja's machine for one evaluation; a mapping of ten fields takes about 200."""

MAX_LOADED = 4096
_ITEM: Final = 20  # what an item or field counts as, in characters

_LIMITED_TO_64_BITS = 1 << 63
_REASONS = {
    "OutOfFuel": "the expression runs too long",
    "SyntaxError": "the expression cannot be read",
    "BadSerialization": "a value is not JSON",
}


def _environment() -> Environment:
    env = Environment(fuel=FUEL, undefined_behavior="chainable", pycompat=False, debug=False, auto_escape_callback=lambda _: False)
    for name in ("debug", "dict", "namespace", "range", "cycler", "joiner"):
        env.remove_global(name)
    for name, known in FILTERS.items():
        env.add_global(f"_f_{name}", known.guarded)
    for name, function in operators.OPERATORS.values():
        env.add_global(name, function)
    for name, test in operators.TESTS.items():
        env.add_global(f"_is_{name}", test)
    for name, function in operators.FUNCTIONS.items():
        env.add_global(f"_call_{name}", function)
    env.add_global("_get", operators.get)
    env.add_global("_read", operators.read)
    env.add_global("_seen", operators.seen)
    env.add_global("_part", operators.part)
    env.add_global("_negative", operators.negative)
    env.add_global("_items", items_of)
    return env


def items_of(value: JSON) -> list[JSON]:
    """What a loop goes through: nothing for null."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise MisfitError(f"a loop needs a list, not {word_of(value)}")
    for item in value:
        operators.seen(item)
    return value


_env: Final = _environment()
_names = count()
_loaded: deque["_Template"] = deque()


class _Template:
    """A MiniJinja template that is loaded while it is in use."""

    __slots__ = ("_ready", "name", "source")

    def __init__(self, text: str) -> None:
        self.name = f"t{next(_names)}"
        self.source = text
        self._ready = False

    def render(self, scope: Scope, **more: Any) -> str:
        if not self._ready:
            self._load()
        work.renew()
        return _env.render_template(self.name, **{**scope, **more})

    def _load(self) -> None:
        if len(_loaded) >= MAX_LOADED:
            _loaded.popleft().unload()
        _env.add_template(self.name, self.source)
        self._ready = True
        _loaded.append(self)

    def unload(self) -> None:
        _env.remove_template(self.name)
        self._ready = False


class Program:
    """Expressions that are evaluated together. `fields` names each for errors."""

    __slots__ = ("_fields", "_nodes", "_template")

    def __init__(self, nodes: Sequence[Node], fields: Sequence[str]) -> None:
        self._nodes = tuple(nodes)
        self._fields = tuple(fields)
        self._template = _Template(f"{{{{ _out([{', '.join(map(source, nodes))}]) }}}}")

    def values(self, scope: Scope) -> list[JSON]:
        """The value of each expression; `MappingError` names the one that failed."""
        caught: list[list[JSON]] = []
        try:
            self._template.render(scope, _out=caught.append)
            return [value if type(value) is str else as_json(value) for value in caught[0]]
        except BaseException as exc:
            if len(self._nodes) == 1:
                raise translated(exc, self._fields[0]) from exc
            translated(exc, "")
            size.renew()
        return [Program((node,), (field,)).values(scope)[0] for node, field in zip(self._nodes, self._fields, strict=True)]


class TextProgram:
    """A text with blocks in it."""

    __slots__ = ("_field", "_template")

    def __init__(self, pieces: tuple[Piece, ...], field: str) -> None:
        self._template = _Template(body(pieces))
        self._field = field

    def text(self, scope: Scope) -> str:
        try:
            return self._template.render(scope)
        except BaseException as exc:
            raise translated(exc, self._field) from exc


def check_compiles(node_source: str) -> None:
    """`TemplateError` when MiniJinja does not take what we wrote for it."""
    _env.add_template("_check", node_source)
    _env.remove_template("_check")


def translated(exc: BaseException, field: str) -> MappingError:
    """The `MappingError` for whatever an evaluation raised. Only what ends a program (`KeyboardInterrupt`) goes through.

    Values never reach the message: MiniJinja's own words may quote them, so its errors are named by kind.
    """
    match exc:
        case MappingError():
            return exc
        case MisfitError():
            reason, hint = str(exc), ""
        case TemplateError():
            reason, hint = _REASONS.get(exc.kind, f"the expression fails ({exc.kind})"), ""
        case RecursionError():
            reason, hint = "a value nests too deep", ""
        case TypeError() | ValueError() | LookupError() | ArithmeticError() | AttributeError() | MemoryError() | RuntimeError():
            reason, hint = f"a value does not fit ({type(exc).__name__})", ""
        case _ if type(exc).__module__ == "pyo3_runtime":  # a panic in Rust arrives as a BaseException
            reason, hint = "the expression cannot be evaluated", ""
        case _:
            raise exc
    return MappingError(f"{field}: {reason}", field=field, hint=hint)


def as_json(value: Any, depth: int = 0) -> JSON:
    """A value as JSON has it; `MisfitError` for what JSON cannot say."""
    match value:
        case None | bool():
            return value
        case str():
            size.spend(len(value))
            return value
        case int():
            if not -_LIMITED_TO_64_BITS <= value < 2 * _LIMITED_TO_64_BITS:
                raise MisfitError("the number is too large")
            return value
        case float():
            if not isfinite(value):
                raise MisfitError("the number is too large")
            return value
        case list() | dict() if depth > MAX_DEPTH:
            raise MisfitError("the value nests too deep")
        case list():
            size.spend(_ITEM * len(cast(list[Any], value)))
            return [as_json(item, depth + 1) for item in cast(list[Any], value)]
        case dict():
            size.spend(_ITEM * len(cast(dict[Any, Any], value)))
            return {_key(key): as_json(item, depth + 1) for key, item in cast(dict[Any, Any], value).items()}
        case _:
            raise MisfitError(f"the result is {word_of(value)}, which JSON cannot say")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise MisfitError(f"an object's key must be text, not {word_of(key)}")
    return key
