"""From a method and path to the endpoint that answers it: named segments win over placeholders, a slash at the end counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass(slots=True)
class _Node:
    named: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    any: "_Node | None" = None
    keys: dict[str, str] = field(default_factory=dict[str, str])


class Routes:
    """Keys such as `GET /contacts/{contactId}` by the requests they answer."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._root = _Node()
        for key in keys:
            method, _, path = key.partition(" ")
            node = self._root
            for part in _parts(path):
                node = _below(node, part)
            node.keys.setdefault(method, key)

    def find(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """The key and what stands in its placeholders, decoded; `path` is as it was sent."""
        values: list[str] = []
        key = _walk(self._root, _parts(path), method, values)
        if key is None:
            return None
        names = [part[1:-1] for part in _parts(key.partition(" ")[2]) if part.startswith("{")]
        return key, dict(zip(names, map(unquote, values), strict=True))


def _below(node: _Node, part: str) -> _Node:
    if not part.startswith("{"):
        return node.named.setdefault(part, _Node())
    node.any = node.any or _Node()
    return node.any


def _walk(node: _Node, parts: list[str], method: str, values: list[str]) -> str | None:
    if not parts:
        return node.keys.get(method)
    part, *rest = parts
    named = node.named.get(part)
    found = None if named is None else _walk(named, rest, method, values)
    if found is None and node.any is not None and part:
        values.append(part)
        found = _walk(node.any, rest, method, values)
        if found is None:
            values.pop()
    return found


def _parts(path: str) -> list[str]:
    """Without the empty one before the first slash; one after the last is kept."""
    return path.split("/")[1:]
