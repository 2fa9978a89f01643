"""Schemas of endpoints made whole: shared ones put in their place, files as people can give them."""

from collections.abc import Callable
from typing import Final

from trunkline.model.json import JSON, as_object
from trunkline.model.schema import Schema, integer, record, text

SHARED: Final = "#/schemas/"
MOST_DEPTH: Final = 12
"""Deepest nesting of shared schemas that is put in; below it anything goes."""

FILE: Final = record(
    {
        "filename": text("The name the vendor sees", min_length=1),
        "content_type": text("The media type, image/png; made from the name when left out"),
        "base64": text("The content in base64"),
        "text": text("The content, when it is text"),
        "size_bytes": integer(),
    },
    about="A file: what an operation that gives one answers fits here",
)


def inlined(schema: Schema, shared: Callable[[str], Schema | None], *, within: tuple[str, ...] = ()) -> Schema:
    """`schema` with every shared one put in; where one holds itself, the inner one may be anything."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(SHARED)
        found = None if name in within or len(within) >= MOST_DEPTH else shared(name)
        return {} if found is None else inlined(found, shared, within=(*within, name))
    return {name: _inside(name, value, shared, within) for name, value in schema.items()}


def _inside(name: str, value: JSON, shared: Callable[[str], Schema | None], within: tuple[str, ...]) -> JSON:
    if name in ("enum", "const", "default", "required", "type"):
        return value
    if name == "properties":
        return {field: inlined(as_object(schema), shared, within=within) for field, schema in as_object(value).items()}
    if isinstance(value, dict):
        return inlined(value, shared, within=within)
    if isinstance(value, list):
        return [inlined(item, shared, within=within) if isinstance(item, dict) else item for item in value]
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
