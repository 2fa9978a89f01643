"""OpenAPI documents into the facts of their endpoints."""

import gc
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trunkline.connect.openapi.alternatives import kept_apart
from trunkline.connect.openapi.documents import Document, Documents, Progress, Spot
from trunkline.connect.openapi.endpoints import Described, Found, Note, Reader
from trunkline.connect.openapi.facts import SHARED, Facts, references, schemas_in, with_references
from trunkline.connect.openapi.naming import Named, names
from trunkline.connect.openapi.schemas import Schemas
from trunkline.connect.openapi.security import schemes
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema

_READING: Final = 0.7
"""How much of the work reading the files usually is."""
_TOLD_EVERY: Final = 50
_LONGEST_TITLE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was read, and what had to be worked around on the way. `repeated` counts descriptions of an endpoint that had one already.

    `title` is what the first document calls the API.
    """

    title: str
    facts: Facts
    notes: tuple[Note, ...]
    repeated: int


def import_files(files: Iterable[Path], *, root: Path | None = None, progress: Progress | None = None) -> Imported:
    """The endpoints of all `files`; where two describe the same method and path the first counts.

    `$ref` may lead to other files inside `root`, which unless told is the folder that holds all of `files`. Raises `ConfigError` with the
    place when one of them is no OpenAPI 3 document or a `$ref` leads nowhere.
    """
    paths = list(files)
    if not paths:
        raise ConfigError("No document was given.", hint="Name one or more OpenAPI files.")
    with _uncollected():
        return _imported(paths, root, progress)


@contextmanager
def _uncollected() -> Generator[None]:
    """Everything made on the way lives to the end and holds no cycle: looking for some again and again would take half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _imported(paths: list[Path], root: Path | None, progress: Progress | None) -> Imported:
    documents = Documents.around(paths, root=root, progress=progress)
    notes: list[Note] = []

    def tell(at: Spot, said: str) -> None:
        notes.append(Note(place=str(at), said=said))

    opened = [_opened(documents, path, at / len(paths), (at + 1) / len(paths)) for at, path in enumerate(paths)]
    schemas = Schemas(documents)
    readers = [Reader(documents=documents, schemas=schemas, document=one, tell=tell) for one in opened]
    described = [one for reader in readers for one in reader.described()]
    found = _endpoints(described, progress)
    schemas.finish()
    security: dict[str, JSONObject] = {}
    for document in sorted(opened, key=lambda one: one.name):
        for name, scheme in schemes(documents, document).items():
            security.setdefault(name, scheme)
    notes += [Note(place=one.name, said=said) for one in documents.opened for said in one.twice]
    facts = _facts(found, schemas, sources=sorted({one.name for one in opened}), security=security)
    told = tuple(sorted(set(notes), key=lambda note: (note.place, note.said)))
    return Imported(title=_title(opened[0]), facts=facts, notes=told, repeated=len(described) - len(found))


def _opened(documents: Documents, path: Path, begin: float, end: float) -> Document:
    document = documents.open(path, share=(begin * _READING, end * _READING))
    _check_kind(document)
    return document


def _title(document: Document) -> str:
    said = as_object(as_object(document.data).get("info")).get("title")
    return " ".join(said.split())[:_LONGEST_TITLE] if isinstance(said, str) else ""


def _endpoints(described: list[Described], progress: Progress | None) -> dict[str, Found]:
    """The first of each key, in the order of the keys, whatever the order of the files."""
    first: dict[str, Described] = {}
    for one in described:
        first.setdefault(one.key, one)
    found: dict[str, Found] = {}
    for at, key in enumerate(sorted(first)):
        found[key] = first[key].reader.read(first[key])
        if progress is not None and at % _TOLD_EVERY == 0:
            progress("Reading endpoints", _READING + (1 - _READING) * at / len(first))
    return found


def _facts(found: Mapping[str, Found], schemas: Schemas, *, sources: list[str], security: Mapping[str, JSONObject]) -> Facts:
    nodes = {id: node.schema for id, node in schemas.nodes.items()}

    def content(id: str) -> Schema:
        return nodes[id]

    settled = {id: kept_apart(schema, content) for id, schema in nodes.items()}
    server = _most_used(found.values())
    endpoints: dict[str, JSONObject] = {}
    for key, one in found.items():
        host: JSONObject = {"host": one.server} if one.server and one.server != server else {}
        endpoints[key] = _with_schemas({**one.facts, **host}, lambda schema: kept_apart(schema, content))
    used = _reached(endpoints, settled)
    called = names({id: Named(schemas.nodes[id].base, schemas.nodes[id].at.document.name, settled[id]) for id in used})

    def named(id: str) -> str:
        return SHARED + called[id]

    return Facts(
        sources=tuple(sources),
        server=server,
        security=security,
        endpoints={key: _with_schemas(facts, lambda schema: with_references(schema, named)) for key, facts in endpoints.items()},
        schemas={called[id]: with_references(settled[id], named) for id in sorted(used)},
    )


def _most_used(found: Iterable[Found]) -> str:
    counts = Counter(one.server for one in found if one.server)
    return min(counts, key=lambda server: (-counts[server], server), default="")


def _reached(endpoints: Mapping[str, JSONObject], nodes: Mapping[str, Schema]) -> set[str]:
    """Every schema an endpoint needs, directly or through others."""
    waiting: list[str] = []
    for facts in endpoints.values():
        for schema in schemas_in(facts):
            waiting += references(schema)
    reached: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id not in reached:
            reached.add(id)
            waiting += references(nodes[id])
    return reached


def _with_schemas(facts: JSONObject, change: Callable[[Schema], Schema]) -> JSONObject:
    """The same facts with every schema changed."""
    changed = dict(facts)
    if "parameters" in changed:
        changed["parameters"] = [_changed(as_object(one), change) for one in as_list(changed["parameters"])]
    for part in ("body", "answer"):
        if part in changed:
            changed[part] = _changed(as_object(changed[part]), change)
    return changed


def _changed(place: JSONObject, change: Callable[[Schema], Schema]) -> JSON:
    return {**place, "schema": change(as_object(place["schema"]))} if "schema" in place else place


def _check_kind(document: Document) -> None:
    """Raise `ConfigError` that says what the document is instead of OpenAPI 3, where that can be told."""
    data = document.data
    version = data.get("openapi") if isinstance(data, dict) else None
    if isinstance(version, str | int | float) and str(version).startswith("3."):
        return
    said, hint = _other_kind(data)
    raise ConfigError(f"{document.name} {said}.", hint=hint, place=document.name)


def _other_kind(data: JSON) -> tuple[str, str]:
    if not isinstance(data, dict):
        return "is no OpenAPI document", "It has to be an object with `openapi` and `paths`."
    if "swagger" in data:
        return (
            f"is a Swagger {data['swagger']} document, the format before OpenAPI 3",
            "Convert it first, for example with the editor at editor.swagger.io (Edit, Convert to OpenAPI 3).",
        )
    if "openapi" in data:
        return f"is written for OpenAPI {data['openapi']}, which is not known here", "Documents for OpenAPI 3 are read."
    if "asyncapi" in data:
        return "is an AsyncAPI document: it describes messages, not calls", "Ask the vendor for an OpenAPI 3 document."
    if "item" in data and "info" in data:
        return "is a Postman collection", "Ask the vendor for an OpenAPI 3 document, or convert it to one."
    return "is no OpenAPI document", "It has to be an object with `openapi: 3…` and `paths`."
