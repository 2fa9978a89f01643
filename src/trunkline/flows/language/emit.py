"""Syntax trees into MiniJinja source: only names, literals, `and`/`or`/`not`, choices and calls of our own functions and filters.

Fields that Python's lists and objects have as methods (`items`, `values`, `copy`) go through a function of ours, because MiniJinja would
hand out the method where a payload lacks the field.

MiniJinja copies a text each time it is reached. Outside loops that is bounded by what the author wrote; in a loop everything goes
through functions of ours that charge what they hand out.
"""

import json
from collections.abc import Callable
from functools import partial

from trunkline.flows.language.operators import OPERATORS
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

_Write = Callable[[Node], str]
_METHODS = frozenset(name for kind in (dict, list, str, tuple) for name in dir(kind))


def source(node: Node, *, repeated: bool = False) -> str:  # noqa: C901 - one case per kind of node, each a line or two
    """The expression in MiniJinja's words; `repeated` when it stands in a loop."""
    write = partial(source, repeated=repeated)
    match node:
        case Constant():
            return _constant(node.value)
        case Name():
            return f"_seen({node.name})" if repeated else node.name
        case Field():
            return _field(node, repeated)
        case Index():
            return f"{'_read' if repeated else '_get'}({_plain(node.base, repeated)}, {write(node.key)})"
        case Slice():
            bounds = ", ".join(write(bound) if bound is not None else "none" for bound in (node.start, node.stop))
            return f"_part({write(node.base)}, {bounds})"
        case ListOf():
            return f"[{', '.join(map(write, node.items))}]"
        case ObjectOf():
            return f"{{{', '.join(f'{_constant(key)}: {write(value)}' for key, value in node.pairs)}}}"
        case Unary():
            return f"(not {write(node.operand)})" if node.operator == "not" else f"_negative({write(node.operand)})"
        case Binary():
            return _binary(node, write)
        case Choice():
            otherwise = write(node.otherwise) if node.otherwise is not None else "none"
            return f"({write(node.then)} if {write(node.test)} else {otherwise})"
        case Test():
            call = f"_is_{node.name}({write(node.base)})"
            return f"(not {call})" if node.negated else call
        case Apply():
            return f"_f_{node.name}({', '.join((_plain(node.base, repeated), *_arguments(node.args, node.named, write)))})"
        case Invoke():
            return f"_call_{node.name}({', '.join(_arguments(node.args, node.named, write))})"


def _constant(value: str | float | bool | None) -> str:
    return "none" if value is None else json.dumps(value)


def _field(node: Field, repeated: bool) -> str:
    if repeated:
        return _reached(node)
    base = source(node.base)
    if isinstance(node.base, Constant) or not isinstance(node.key, str) or node.key in _METHODS or not node.key.isidentifier():
        return f"_get({base}, {_constant(node.key)})"
    return f"{base}[{_constant(node.key)}]"


def _reached(node: Node) -> str:
    """A path in a loop, in one call."""
    keys: list[str] = []
    while isinstance(node, Field):
        keys.append(_constant(node.key))
        node = node.base
    return f"_read({', '.join((_plain(node, repeated=True), *reversed(keys)))})"


def _plain(node: Node, repeated: bool) -> str:
    """What a function of ours takes first: it charges a text itself, so a name goes as it is."""
    return node.name if isinstance(node, Name) else source(node, repeated=repeated)


def _binary(node: Binary, write: _Write) -> str:
    if node.operator in ("and", "or"):
        return f"({write(node.left)} {node.operator} {write(node.right)})"
    return f"{OPERATORS[node.operator][0]}({write(node.left)}, {write(node.right)})"


def _arguments(args: tuple[Node, ...], named: tuple[tuple[str, Node], ...], write: _Write) -> list[str]:
    return [*map(write, args), *(f"{name}={write(value)}" for name, value in named)]


def body(pieces: tuple[Piece, ...], *, repeated: bool = False) -> str:
    """A text in MiniJinja's words. Plain parts are shown through `_text` too, so that what a loop writes is counted."""
    return "".join(_piece(piece, repeated) for piece in pieces)


def _piece(piece: Piece, repeated: bool) -> str:
    match piece:
        case str():
            return f"{{{{ _text({_constant(piece)}) }}}}"
        case Show():
            return f"{{{{ _text({_plain(piece.node, repeated)}) }}}}"
        case Loop():
            items = source(piece.items, repeated=repeated)
            return f"{{% for {piece.name} in _items({items}) %}}{body(piece.body, repeated=True)}{{% endfor %}}"
        case When():
            return _when(piece, repeated)


def _when(piece: When, repeated: bool) -> str:
    written = ""
    for index, (test, inner) in enumerate(piece.ways):
        word = "else" if test is None else f"{'elif' if index else 'if'} {source(test, repeated=repeated)}"
        written += f"{{% {word} %}}{body(inner, repeated=repeated)}"
    return written + "{% endif %}"
