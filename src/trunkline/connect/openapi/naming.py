"""Names for shared schemas: those called the same and saying the same are one, those saying something else get a number."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from trunkline.connect.openapi.facts import with_references
from trunkline.model.ids import digest
from trunkline.model.json import canonical
from trunkline.model.schema import Schema


@dataclass(frozen=True, slots=True)
class Named:
    """A schema and what its author calls it; references in it are ids. `source` is where it comes from."""

    base: str
    source: str
    schema: Schema


def labels(nodes: Mapping[str, Named]) -> dict[str, str]:
    """A label for each id: the same for two nodes exactly when they are called the same and mean the same all the way down.

    Each round looks one reference deeper, and it ends when a round tells no more apart. A name that only one node has is its label.
    """
    counts = Counter(node.base for node in nodes.values())
    found = {id: node.base for id, node in nodes.items()}
    contested = [id for id, node in nodes.items() if counts[node.base] > 1]
    known = 0
    while True:
        deeper = {id: _label(nodes[id], found) for id in contested}
        found.update(deeper)
        told_apart = len(set(deeper.values()))
        if told_apart == known:
            return found
        known = told_apart


def _label(node: Named, known: Mapping[str, str]) -> str:
    said = with_references(node.schema, lambda id: known.get(id, id))
    return f"{node.base} {digest(canonical(said))}"


def names(nodes: Mapping[str, Named]) -> dict[str, str]:
    """A name for each id: the author's own, with a number where it stands for several things, counted in the order of the sources."""
    found = labels(nodes)
    kinds: dict[str, dict[str, str]] = defaultdict(dict)
    for id, node in nodes.items():
        label = found[id]
        kinds[node.base][label] = min(node.source, kinds[node.base].get(label, node.source))
    taken = set(kinds)
    given: dict[str, str] = {}
    for base in sorted(kinds):
        for at, (label, _) in enumerate(sorted(kinds[base].items(), key=lambda pair: (pair[1], pair[0]))):
            given[label] = base if at == 0 else _numbered(base, taken)
    return {id: given[label] for id, label in found.items()}


def _numbered(base: str, taken: set[str]) -> str:
    number = 2
    while f"{base}{number}" in taken:
        number += 1
    taken.add(f"{base}{number}")
    return f"{base}{number}"
