"""The short way for what most mappings are made of: a path, and filters with constant arguments after it.

It gives what MiniJinja gives for the same expression (a property test compares them) without entering it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from trunkline.flows.filters import FILTERS
from trunkline.flows.filters.declaring import size, work
from trunkline.flows.language.evaluate import as_json, translated
from trunkline.flows.language.operators import get
from trunkline.flows.language.syntax import Apply, Constant, Field, Name, Node
from trunkline.flows.plan import Scope
from trunkline.model.json import JSON, dumps

_Build = Callable[[Scope, Sequence[JSON]], JSON]
_SHORT = 1000
_Use = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def direct(node: Node, field: str) -> _Build | None:
    """A closure for a path or a chain of filters on one; None for any other expression."""
    uses: list[_Use] = []
    while isinstance(node, Apply):
        given = (*node.args, *(value for _, value in node.named))
        if node.name not in FILTERS or not all(isinstance(value, Constant) for value in given):
            return None
        args = tuple(value.value for value in node.args if isinstance(value, Constant))
        named = {name: value.value for name, value in node.named if isinstance(value, Constant)}
        uses.append((FILTERS[node.name].guarded, args, named))
        node = node.base
    keys = _keys(node)
    if keys is None:
        return None
    return _chain(keys, tuple(reversed(uses)), field) if uses else _path(keys, field)


def _keys(node: Node) -> tuple[str | int, ...] | None:
    keys: list[str | int] = []
    while isinstance(node, Field):
        keys.append(node.key)
        node = node.base
    return (node.name, *reversed(keys)) if isinstance(node, Name) else None


def _walk(value: JSON, keys: tuple[str | int, ...]) -> JSON:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) and type(key) is str else get(value, key)
    return value


def _path(keys: tuple[str | int, ...], field: str) -> _Build:
    def reach(scope: Scope, _values: Sequence[JSON]) -> JSON:
        value = _walk(scope, keys)
        if isinstance(value, dict | list) or (
            type(value) is str and len(value) > _SHORT
        ):  # handed on as it is, and counted so that repeating it has an end
            try:
                size.spend(len(dumps(value)))
            except BaseException as exc:
                raise translated(exc, field) from exc
        return value

    return reach


def _chain(keys: tuple[str | int, ...], uses: tuple[_Use, ...], field: str) -> _Build:
    def apply(scope: Scope, _values: Sequence[JSON]) -> JSON:
        value: Any = _walk(scope, keys)
        work.renew()
        try:
            for function, args, named in uses:
                value = function(value, *args, **named)
            return value if type(value) is str else as_json(value)
        except BaseException as exc:
            raise translated(exc, field) from exc

    return apply
