"""`trunkline catalogue`: what can be called and listened to."""

from typing import Annotated, cast

import typer
from rich.console import Group, RenderableType

from trunkline.cli.context import command, verb_alone
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, facts, heading, table
from trunkline.connect.declaration import Connector, IdempotencyKey, LookFirst, Operation, Trigger
from trunkline.connect.registry import Registry
from trunkline.model.json import JSON, JSONObject, as_list, as_object

app = verb_alone()


@command(app, "catalogue", examples=("trunkline catalogue", "trunkline catalogue openphone", "trunkline catalogue ghl --json"))
async def catalogue(
    given: Given,
    connector: Annotated[
        str | None, typer.Argument(metavar="CONNECTOR", help="One connector in full; all of them, briefly, unless told.")
    ] = None,
) -> Answer:
    """List the connectors there are, or what one of them needs, can be asked to do and can tell.

    With --json it gives the schemas of every input and output.
    """
    registry = Registry.discover(made=given.settings().connectors)
    if connector is not None:
        found = registry.connector(connector)
        return Answer(json=_whole(found), shown=_page(found))
    every = sorted(registry, key=lambda one: one.id)
    return Answer(
        json={"connectors": [_whole(one) for one in every]},
        shown=table(
            ("connector", "name", "operations", "triggers", "about"),
            ((one.id, one.name, len(one.operations), len(one.triggers), one.about) for one in every),
            empty="No connectors.",
        ),
    )


def _page(connector: Connector) -> RenderableType:
    options = as_object(connector.options.get("properties"))
    required = as_list(connector.options.get("required"))
    return Group(
        facts([("connector", connector.id), ("name", connector.name), ("server", connector.base_url), ("about", connector.about)]),
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
        table(
            ("operation", "kind", "what it does", "a repeat"),
            ((f"{connector.id}.{one.id}", one.kind, one.title, _repeat(one) or "") for one in connector.operations),
            empty="None.",
        ),
        heading("Triggers"),
        table(
            ("trigger", "what happened", "arrives by"),
            ((f"{connector.id}.{one.id}", one.title, " and ".join(_ways(one))) for one in connector.triggers),
            empty="None.",
        ),
    )


def _whole(connector: Connector) -> JSONObject:
    return {
        "id": connector.id,
        "name": connector.name,
        "about": connector.about,
        "base_url": connector.base_url,
        "secrets": [{"name": one.name, "title": one.title, "required": one.required} for one in connector.secrets],
        "options": cast(JSON, connector.options),
        "operations": [_operation(connector, one) for one in connector.operations],
        "triggers": [_trigger(connector, one) for one in connector.triggers],
    }


def _operation(connector: Connector, one: Operation) -> JSON:
    return {
        "name": f"{connector.id}.{one.id}",
        "title": one.title,
        "category": one.category,
        "kind": one.kind,
        "about": one.about,
        "repeat": _repeat(one),
        "scopes": list(one.scopes),
        "deprecated": one.deprecated,
        "input": cast(JSON, one.input),
        "output": cast(JSON, one.output),
    }


def _trigger(connector: Connector, one: Trigger) -> JSON:
    return {
        "name": f"{connector.id}.{one.id}",
        "title": one.title,
        "category": one.category,
        "about": one.about,
        "arrives_by": list(_ways(one)),
        "scopes": list(one.scopes),
        "output": cast(JSON, one.output),
    }


def _ways(trigger: Trigger) -> list[str]:
    return [way for way, has in (("webhook", bool(trigger.kinds)), ("poll", trigger.poll is not None)) if has]


def _repeat(operation: Operation) -> str | None:
    """What a repeat of a write does, in a word; None for a read."""
    if operation.kind == "read":
        return None
    match operation.repeat:
        case str():
            return operation.repeat
        case IdempotencyKey():
            return "key"
        case LookFirst():
            return "look first"
        case _:
            return "by connection"
