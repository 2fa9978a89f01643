"""Values of a document compiled into functions of the scope.

Paths and chains of filters, which most mappings are made of, are closures; all other expressions of one mapping are evaluated by
MiniJinja in one call. In a call's input what an expression leaves null is left out, so that an absent phone is not sent as null.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trunkline.flows.filters.declaring import size
from trunkline.flows.language.direct import direct
from trunkline.flows.language.evaluate import Program, TextProgram
from trunkline.flows.language.syntax import Binary, Constant, Loop, Node, Piece, Show, When
from trunkline.flows.language.text import has_expression, is_constant, lone_expression, pieces
from trunkline.flows.plan import Render, Scope
from trunkline.flows.reading import Path, dotted
from trunkline.model.json import JSON

_Values = Sequence[JSON]
_Build = Callable[[Scope, _Values], JSON]


def compile_value(value: JSON, field: str, *, omit_null: bool = False) -> Render:
    """A function of the scope for `value`; `field` names it in errors.

    With `omit_null`, object fields and list items whose expression gives null are left out, and so is an object in a list when none of
    its expressions gives anything. A null that was written stays.
    """
    compiler = _Compiler(omit_null=omit_null)
    build = compiler.build(value, (field,)).make
    program = Program(compiler.nodes, compiler.fields) if compiler.nodes else None

    def render(scope: Scope) -> JSON:
        size.renew()
        return build(scope, program.values(scope) if program is not None else ())

    return render


@dataclass(frozen=True, slots=True)
class _Built:
    """How to make a part."""

    make: _Build
    constant: bool = False
    """Whether no expression is in it."""
    leaves: bool = False
    """Whether it is an expression itself, so that null means left out."""


@dataclass(slots=True)
class _Compiler:
    omit_null: bool
    nodes: list[Node] = field(default_factory=list[Node])
    fields: list[str] = field(default_factory=list[str])

    def build(self, value: JSON, path: Path) -> _Built:
        match value:
            case str():
                return self._text(value, path)
            case dict():
                return self._object({key: self.build(item, (*path, key)) for key, item in value.items()})
            case list():
                return self._list([self.build(item, (*path, index)) for index, item in enumerate(value)], value)
            case _:
                return _Built(lambda _scope, _values: value, constant=True)

    def _text(self, value: str, path: Path) -> _Built:
        if is_constant(value):
            return _Built(lambda _scope, _values: value, constant=True)
        node = lone_expression(value)
        if node is not None:
            return _Built(direct(node, dotted(path)) or self._evaluated(node, path), leaves=True)
        found = pieces(value)
        if any(isinstance(piece, Loop | When) for piece in found):
            program = TextProgram(found, dotted(path))
            return _Built(lambda scope, _values: program.text(scope))
        return _Built(self._evaluated(joined(found), path))

    def _evaluated(self, node: Node, path: Path) -> _Build:
        index = len(self.nodes)
        self.nodes.append(node)
        self.fields.append(dotted(path))
        return lambda _scope, values: values[index]

    def _object(self, parts: dict[str, _Built]) -> _Built:
        constant = all(part.constant for part in parts.values())
        always = [(key, part.make) for key, part in parts.items()]
        if not self.omit_null or not any(part.leaves for part in parts.values()):
            return _Built(lambda scope, values: {key: make(scope, values) for key, make in always}, constant=constant)
        fields = [(key, part.make, part.leaves) for key, part in parts.items()]

        def make_object(scope: Scope, values: _Values) -> JSON:
            made: dict[str, JSON] = {}
            for key, make, leaves in fields:
                value = make(scope, values)
                if value is not None or not leaves:
                    made[key] = value
            return made

        return _Built(make_object)

    def _list(self, parts: list[_Built], values: list[JSON]) -> _Built:
        constant = all(part.constant for part in parts)
        makes = [part.make for part in parts]
        if not self.omit_null or constant:
            return _Built(lambda scope, found: [make(scope, found) for make in makes], constant=constant)
        items = [(part.make, _is_there(part, value)) for part, value in zip(parts, values, strict=True)]

        def make_list(scope: Scope, found: _Values) -> JSON:
            made = [(make(scope, found), there) for make, there in items]
            return [value for value, there in made if there(value)]

        return _Built(make_list)


def _is_there(part: _Built, written: JSON) -> Callable[[JSON], bool]:
    """Tells whether a made list item stays: an expression unless null, an object unless all its expressions were."""
    if part.leaves:
        return lambda value: value is not None
    if isinstance(written, dict) and not part.constant:
        constants = frozenset(key for key, value in written.items() if not has_expression(value))
        return lambda value: isinstance(value, dict) and any(key not in constants for key in value)
    return lambda _value: True


def joined(found: tuple[Piece, ...]) -> Node:
    """Pieces without blocks as one expression that joins them into text."""
    node: Node = Constant(0, "")
    for piece in found:
        right = piece.node if isinstance(piece, Show) else Constant(0, piece) if isinstance(piece, str) else Constant(0, "")
        node = Binary(0, "~", node, right)
    return node
