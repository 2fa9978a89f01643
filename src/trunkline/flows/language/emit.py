"""Syntax trees into MiniJinja source: only names, literals, `and`/`or`/`not`, choices and calls of our own functions and filters.

Fields that Python's lists and objects have as methods (`items`, `values`, `copy`) go through a function of ours, because MiniJinja would
hand out the method where a payload lacks the field.
"""

import json

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

_METHODS = frozenset(name for kind in (dict, list, str, tuple) for name in dir(kind))


def source(node: Node) -> str:  # noqa: C901 - one case per kind of node, each a line or two
    """The expression in MiniJinja's words."""
    match node:
        case Constant():
            return _constant(node.value)
        case Name():
            return node.name
        case Field():
            return _field(node)
        case Index():
            return f"_get({source(node.base)}, {source(node.key)})"
        case Slice():
            bounds = ", ".join(source(bound) if bound is not None else "none" for bound in (node.start, node.stop))
            return f"_part({source(node.base)}, {bounds})"
        case ListOf():
            return f"[{', '.join(map(source, node.items))}]"
        case ObjectOf():
            return f"{{{', '.join(f'{_constant(key)}: {source(value)}' for key, value in node.pairs)}}}"
        case Unary():
            return f"(not {source(node.operand)})" if node.operator == "not" else f"_negative({source(node.operand)})"
        case Binary():
            return _binary(node)
        case Choice():
            otherwise = source(node.otherwise) if node.otherwise is not None else "none"
            return f"({source(node.then)} if {source(node.test)} else {otherwise})"
        case Test():
            call = f"_is_{node.name}({source(node.base)})"
            return f"(not {call})" if node.negated else call
        case Apply():
            return f"_f_{node.name}({_arguments((node.base, *node.args), node.named)})"
        case Invoke():
            return f"_call_{node.name}({_arguments(node.args, node.named)})"


def _constant(value: str | float | bool | None) -> str:
    return "none" if value is None else json.dumps(value)


def _field(node: Field) -> str:
    base = source(node.base)
    if isinstance(node.base, Constant) or not isinstance(node.key, str) or node.key in _METHODS or not node.key.isidentifier():
        return f"_get({base}, {_constant(node.key)})"
    return f"{base}[{_constant(node.key)}]"


def _binary(node: Binary) -> str:
    if node.operator in ("and", "or"):
        return f"({source(node.left)} {node.operator} {source(node.right)})"
    return f"{OPERATORS[node.operator][0]}({source(node.left)}, {source(node.right)})"


def _arguments(args: tuple[Node, ...], named: tuple[tuple[str, Node], ...]) -> str:
    return ", ".join([*map(source, args), *(f"{name}={source(value)}" for name, value in named)])


def body(pieces: tuple[Piece, ...]) -> str:
    """A text in MiniJinja's words. Plain parts are shown through `_text` too, so that what a loop writes is counted."""
    return "".join(map(_piece, pieces))


def _piece(piece: Piece) -> str:
    match piece:
        case str():
            return f"{{{{ _text({_constant(piece)}) }}}}"
        case Show():
            return f"{{{{ _text({source(piece.node)}) }}}}"
        case Loop():
            return f"{{% for {piece.name} in _items({source(piece.items)}) %}}{body(piece.body)}{{% endfor %}}"
        case When():
            return _when(piece)


def _when(piece: When) -> str:
    written = ""
    for index, (test, inner) in enumerate(piece.ways):
        word = "else" if test is None else f"{'elif' if index else 'if'} {source(test)}"
        written += f"{{% {word} %}}{body(inner)}"
    return written + "{% endif %}"
