"""The catalogue as a person reads it in the terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.cli.output import clean, facts, heading, table, value
from trunkline.connect.declaration import Operation, Trigger
from trunkline.connect.endpoints import Endpoint
from trunkline.connect.entries import Entries, Found, repeat, ways
from trunkline.connect.outline import outline
from trunkline.model.json import as_list, as_object
from trunkline.model.schema import Schema

MOST_ENDPOINTS = 40
"""Endpoints shown of a search; --json has all of them."""


def connectors_page(every: Sequence[Entries]) -> RenderableType:
    """A row for each connector, with honest counts."""
    rows = [(one.connector.id, one.connector.name, one.counts, one.connector.about) for one in every]
    return Group(
        table(
            ("connector", "name", "operations", "endpoints", "triggers", "about"),
            ((id, name, counts.curated, counts.endpoints or "", counts.triggers, about) for id, name, counts, about in rows),
            empty="No connectors.",
        ),
        Text(
            "\nOperations are curated: each has a sample and is tried against the simulated vendor. Endpoints can be called as they are.",
            style="dim",
        ),
    )


def connector_page(entries: Entries) -> RenderableType:
    """What one connector needs, can be asked to do and can tell."""
    connector, counts = entries.connector, entries.counts
    options, required = as_object(connector.options.get("properties")), as_list(connector.options.get("required"))
    counted = f"{counts.curated} curated operations, {counts.endpoints} endpoints, {counts.triggers} triggers"
    return Group(
        facts(
            [
                ("connector", connector.id),
                ("name", connector.name),
                ("server", connector.base_url),
                ("about", connector.about),
                ("offers", f"{counted} ({counts.by_webhook} by webhook, {counts.by_poll} by poll)"),
                ("not curated", f"{counts.uncurated} operations" if counts.uncurated else ""),
            ]
        ),
        heading("Secrets (--secret NAME=…)"),
        table(
            ("name", "needed", "what it is"),
            ((secret.name, "yes" if secret.required else "no", secret.title) for secret in connector.secrets),
            empty="None.",
        ),
        heading("Options (--option NAME=…)"),
        table(
            ("name", "needed", "what it is"),
            ((name, "yes" if name in required else "no", as_object(schema).get("description", "")) for name, schema in options.items()),
            empty="None.",
        ),
        heading("Operations"),
        _operations(entries, connector.operations),
        heading("Triggers"),
        _triggers(entries, connector.triggers),
        *_endpoints_hint(entries, counts.endpoints),
    )


def _endpoints_hint(entries: Entries, endpoints: int) -> list[RenderableType]:
    if not endpoints:
        return []
    example = next(entries.endpoints()).key
    return [
        heading("Endpoints"),
        Text(
            f"Each of the {endpoints} official endpoints can be called: {entries.connector.id}.call {example}\n"
            f"Find them by words: trunkline catalogue {entries.connector.id} WORD"
        ),
    ]


def found_page(found: Sequence[Found]) -> RenderableType:
    """What a search found, connector by connector."""
    parts: list[RenderableType] = []
    for one in found:
        if one.operations:
            parts += [heading(f"{one.entries.connector.name}: operations"), _operations(one.entries, one.operations)]
        if one.triggers:
            parts += [heading(f"{one.entries.connector.name}: triggers"), _triggers(one.entries, one.triggers)]
        if one.endpoints:
            parts += [heading(f"{one.entries.connector.name}: endpoints"), _endpoints(one.entries, one.endpoints)]
    return Group(*parts)


def _operations(entries: Entries, operations: Sequence[Operation]) -> RenderableType:
    rows = ((entries.name(one), one.kind, one.title, repeat(one) or "") for one in operations)
    return table(("operation", "kind", "what it does", "a repeat"), rows, empty="None.")


def _triggers(entries: Entries, triggers: Sequence[Trigger]) -> RenderableType:
    rows = ((entries.name(one), one.title, " and ".join(ways(one))) for one in triggers)
    return table(("trigger", "what happened", "arrives by"), rows, empty="None.")


def _endpoints(entries: Entries, endpoints: Sequence[Endpoint]) -> RenderableType:
    rows = [(f"{entries.connector.id}.call {one.key}", one.kind, one.area) for one in endpoints[:MOST_ENDPOINTS]]
    shown = table(("endpoint", "kind", "area"), rows, empty="None.")
    more = len(endpoints) - len(rows)
    return Group(shown, Text(f"… {more} more; see them with --json")) if more > 0 else shown


def operation_page(entries: Entries, one: Operation) -> RenderableType:
    """One operation in full."""
    sample = entries.sample(one.sample)
    news = " ".join(part for part in (one.id_field, one.updated_field) if part)
    return Group(
        facts(
            [
                ("operation", entries.name(one)),
                ("title", one.title),
                ("category", one.category),
                ("kind", one.kind),
                ("about", one.about),
                ("endpoint", one.endpoint),
                ("scopes", ", ".join(entries.scopes(one))),
                ("a repeat", repeat(one)),
                ("list at", one.items),
                ("pages", "yes" if one.next_page else ""),
                ("record at", one.record),
                ("id and news", news),
                ("deprecated", "yes" if one.deprecated else ""),
                ("curated", "yes" if "input" in sample else "no"),
            ]
        ),
        *_schema("Input (* is needed)", one.input),
        *_schema("Output", one.output),
        *([heading("Sample input"), value(sample["input"])] if "input" in sample else []),
    )


def trigger_page(entries: Entries, one: Trigger) -> RenderableType:
    """One trigger in full."""
    sample = entries.sample(one.sample)
    return Group(
        facts(
            [
                ("trigger", entries.name(one)),
                ("title", one.title),
                ("category", one.category),
                ("about", one.about),
                ("arrives by", " and ".join(ways(one))),
                ("events", ", ".join(one.kinds)),
                ("reads", entries.reads(one)),
                ("polled every", f"{one.poll.every_s:g} s unless the flow says" if one.poll else ""),
                ("scopes", ", ".join(one.scopes)),
            ]
        ),
        *_schema("Input (* is needed)", one.input or {}),
        *_schema("Seen as trigger", one.output),
        *([heading("Sample"), value(sample["payload"])] if "payload" in sample else []),
    )


def _schema(title: str, schema: Schema) -> list[RenderableType]:
    text = outline(schema)
    return [heading(title), Text(clean(text))] if text else []
