"""`trunkline connectors`: connectors made of OpenAPI documents."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from trunkline.admin import connectors as admin
from trunkline.cli.context import command, noun
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean, console, facts, heading, table
from trunkline.connect.openapi.documents import Progress
from trunkline.connect.openapi.importing import Imported
from trunkline.model.json import JSON, JSONObject

app = noun("Connectors made of OpenAPI documents: import, add, compare, remove.")

_MOST_NOTES = 20

Documents = Annotated[list[Path], typer.Argument(metavar="FILE…", help="OpenAPI 3 documents, JSON or YAML.", show_default=False)]
Root = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The folder in which `$ref` may lead to other files; the one that holds all FILEs unless told."),
]


@command(
    app,
    "import-openapi",
    examples=(
        "trunkline connectors import-openapi openapi.yaml --out endpoints.json",
        "trunkline connectors import-openapi v2/contacts.json v3/contacts.json --out endpoints.json --json",
    ),
)
async def import_openapi(
    given: Given,
    files: Documents,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the facts are written.")],
    root: Root = None,
) -> Answer:
    """Turn OpenAPI documents into the facts a connector is built on: every endpoint with its parameters, body, answer, scopes; no prose.

    Where two documents describe the same method and path, the first one given counts. The same documents give the same file.
    """
    with _progress(given) as progress:
        imported = admin.read(files, root=root, progress=progress)
    size = admin.write(imported, out)
    return Answer(
        json={"out": str(out), "size_bytes": size, **_told(imported)},
        shown=Group(Text(f"Wrote {out}  ({size:,} bytes)", style="bold"), *_shown(imported)),
    )


@contextmanager
def _progress(given: Given) -> Generator[Progress | None]:
    """A bar on the standard error while a person waits; nothing for a program."""
    screen = console(stderr=True)
    if given.json or not screen.is_terminal:
        yield None
        return
    with Bar(TextColumn("{task.description}"), BarColumn(bar_width=40), TaskProgressColumn(), console=screen, transient=True) as bar:
        task = bar.add_task("Reading", total=1.0)
        yield lambda doing, done: bar.update(task, description=clean(doing), completed=done)


def _told(imported: Imported) -> JSONObject:
    notes: list[JSON] = [{"place": note.place, "said": note.said} for note in imported.notes]
    return {
        "endpoints": len(imported.facts.endpoints),
        "schemas": len(imported.facts.schemas),
        "server": imported.facts.server,
        "repeated": imported.repeated,
        "notes": notes,
    }


def _shown(imported: Imported) -> list[RenderableType]:
    found = facts(
        [
            ("endpoints", len(imported.facts.endpoints)),
            ("shared schemas", len(imported.facts.schemas)),
            ("server", imported.facts.server or "none that could be called is named"),
            ("described again", imported.repeated or None),
        ]
    )
    if not imported.notes:
        return [found]
    rows = [(note.said, note.place) for note in imported.notes[:_MOST_NOTES]]
    more = len(imported.notes) - len(rows)
    last = [Text(f"… {more} more; see them with --json", style="dim")] if more > 0 else []
    return [found, heading("Worked around"), table(("what", "where"), rows, empty=""), *last]
