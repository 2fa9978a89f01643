"""`trunkline catalogue`: what can be called and listened to."""

from typing import Annotated

import typer

from trunkline.cli import catalogue_pages as pages
from trunkline.cli.commands import command, verb_alone
from trunkline.cli.given import Given
from trunkline.cli.output import Answer
from trunkline.connect.entries import Entries
from trunkline.connect.registry import Registry
from trunkline.model.errors import NotFoundError

app = verb_alone()

EXAMPLES = (
    "trunkline catalogue",
    "trunkline catalogue openphone",
    "trunkline catalogue ghl invoice",
    "trunkline catalogue ghl.contacts.upsert",
    "trunkline catalogue send message --json",
    "trunkline catalogue --connector ghl --json",
)


@command(app, "catalogue", examples=EXAMPLES)
async def catalogue(
    given: Given,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD", help="A connector, a full name, or words to look for; with a connector first, only there."),
    ] = None,
    connector: Annotated[str | None, typer.Option("--connector", metavar="NAME", help="Look at this connector only.")] = None,
) -> Answer:
    """List the connectors there are, what one of them offers, or what has these words in its name, title or description.

    Counted are the curated operations, each with a sample that is tried against the simulated vendor, and apart from them the official
    endpoints: each of those can be called as it is. With --json it gives the schemas of every input and output.
    """
    registry = Registry.discover(made=given.settings().connectors)
    wanted = tuple(words or ())
    if connector is None and wanted and wanted[0] in registry.ids():
        connector, wanted = wanted[0], wanted[1:]
    every = [Entries(registry.connector(id)) for id in _asked(registry, connector, wanted)]
    if wanted:
        return _found(registry, every, wanted)
    if connector is not None:
        return Answer(json=every[0].whole() if given.json else {}, shown=pages.connector_page(every[0]))
    return Answer(json={"connectors": [one.whole() for one in every] if given.json else []}, shown=pages.connectors_page(every))


def _asked(registry: Registry, connector: str | None, words: tuple[str, ...]) -> list[str]:
    """The connectors to look at: the one that is named, by itself or within a full name, else every one. The others are not even loaded."""
    if connector is not None:
        return [connector]
    named = [word.partition(".")[0] for word in words if "." in word]
    return [id for id in sorted(registry.ids()) if not named or id in named] or sorted(registry.ids())


def _found(registry: Registry, every: list[Entries], words: tuple[str, ...]) -> Answer:
    """Everything that has the words; one alone, or the one with exactly this name, in full."""
    found = [one for one in (entries.matching(words) for entries in every) if len(one)]
    if not found:
        if len(words) == 1:
            registry.split(words[0]) if "." in words[0] else registry.connector(words[0])
        raise NotFoundError(f"nothing in the catalogue has the words {' '.join(words)}", hint="Try fewer words, or: trunkline catalogue")
    several = [(one.entries, operation) for one in found for operation in one.operations]
    listened = [(one.entries, trigger) for one in found for trigger in one.triggers]
    alone = sum(map(len, found)) == 1
    for entries, operation in several:
        if alone or words == (entries.name(operation),):
            return Answer(json=entries.operation(operation), shown=pages.operation_page(entries, operation))
    for entries, trigger in listened:
        if alone or words == (entries.name(trigger),):
            return Answer(json=entries.trigger(trigger), shown=pages.trigger_page(entries, trigger))
    return Answer(json={"connectors": [one.as_json() for one in found]}, shown=pages.found_page(found))
