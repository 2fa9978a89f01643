"""Schemas of endpoints made whole: shared ones put in their place, files as people can give them."""

from collections.abc import Callable
from typing import Final

from trunkline.model.json import JSON, as_object
from trunkline.model.schema import Schema, integer, record, text

SHARED: Final = "#/schemas/"
FILLED: Final = "x-filled"
"""In the schema of an input: what has to be there, and the connection's options fill where they know it."""
MOST_DEPTH: Final = 12
"""Deepest nesting of shared schemas that is put in."""
MOST_PARTS: Final = 20_000
"""Most schemas in one; without cycles, too, twelve levels of six references each would be two thousand million."""

FILE: Final = record(
    {
        "filename": text("The name the vendor sees", min_length=1),
        "content_type": text("The media type, image/png; made from the name when left out"),
        "base64": {**text("The content in base64"), "contentEncoding": "base64"},
        "text": text("The content, when it is text"),
        "size_bytes": integer(),
    },
    about="A file: what an operation that gives one answers fits here",
)


def inlined(schema: Schema, shared: Callable[[str], Schema | None]) -> Schema:
    """`schema` with every shared one put in. Where one holds itself, and below what fits into `MOST_PARTS`, anything goes."""
    for depth in range(MOST_DEPTH, 0, -1):
        try:
            return _Inlining(shared, depth).schema(schema, ())
        except _TooLargeError:
            continue
    return {}


class _TooLargeError(Exception):
    """The whole would have more than `MOST_PARTS` parts."""


class _Inlining:
    def __init__(self, shared: Callable[[str], Schema | None], depth: int) -> None:
        self._shared = shared
        self._depth = depth
        self._parts = 0

    def schema(self, given: Schema, within: tuple[str, ...]) -> Schema:
        """`given`, which stands inside the shared schemas `within`."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _TooLargeError
        reference = given.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(SHARED)
            found = None if name in within or len(within) >= self._depth else self._shared(name)
            return {} if found is None else self.schema(found, (*within, name))
        return {name: self._keyword(name, value, within) for name, value in given.items()}

    def _keyword(self, name: str, value: JSON, within: tuple[str, ...]) -> JSON:
        if name in ("enum", "const", "default", "required", "type"):
            return value
        if name == "properties":
            return {field: self.schema(as_object(schema), within) for field, schema in as_object(value).items()}
        if isinstance(value, dict):
            return self.schema(value, within)
        if isinstance(value, list):
            return [self.schema(item, within) if isinstance(item, dict) else item for item in value]
        return value


def is_file(schema: Schema) -> bool:
    """Whether the value is the content of a file."""
    return schema.get("format") == "binary" or "contentEncoding" in schema


def with_files(schema: Schema) -> Schema:
    """The same schema with files as `FILE`: an input is JSON, so it cannot hold bytes."""
    if is_file(schema):
        return FILE
    changed: Schema = dict(schema)
    if isinstance(properties := schema.get("properties"), dict):
        changed["properties"] = {name: with_files(as_object(field)) for name, field in properties.items()}
    if isinstance(items := schema.get("items"), dict):
        changed["items"] = with_files(items)
    return changed
