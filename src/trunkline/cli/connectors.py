"""`trunkline connectors`: connectors made of OpenAPI documents."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from trunkline.admin import connectors as admin
from trunkline.cli import connector_pages as pages
from trunkline.cli import words
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean, console, table, when
from trunkline.connect.manifest import AUTH_KINDS, Auth
from trunkline.connect.openapi.documents import Progress
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject

app = noun("Connectors made of OpenAPI documents: import, add, compare, remove.")


Documents = Annotated[list[Path], typer.Argument(metavar="FILE…", help="OpenAPI 3 documents, JSON or YAML.", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The connector's name.", show_default=False)]
Root = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The folder in which `$ref` may lead to other files; the one that holds all FILEs unless told."),
]


@command(
    app,
    "import-openapi",
    examples=(
        "trunkline connectors import-openapi openapi.yaml --out endpoints.json",
        "trunkline connectors import-openapi contacts.yaml invoices.yaml --out endpoints.json --json",
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
        json={"out": str(out), "size_bytes": size, **pages.imported_json(imported)},
        shown=Group(Text(f"Wrote {out}  ({size:,} bytes)", style="bold"), *pages.imported_page(imported)),
    )


@command(
    app,
    "add-openapi",
    examples=(
        "trunkline connectors add-openapi mycrm openapi.yaml",
        "trunkline connectors add-openapi mycrm openapi.yaml --auth header:X-Api-Key --base-url https://api.mycrm.example/v2",
        "trunkline connectors add-openapi mycrm newer.yaml --replace",
    ),
)
async def add_openapi(
    given: Given,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What connections and flows will call it.", show_default=False)],
    files: Documents,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What people call it; the document's title unless told.")] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where it is reached; the document's first server unless told.")
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="How it is proven who calls: bearer, basic, header:NAME, query:NAME or none; as the document says unless told.",
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", metavar="NAME=VALUE", help="A header of every request. It is no secret. May be repeated."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="URL", help="Another address of the vendor to which the credential may go. May be repeated."),
    ] = None,
    root: Root = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give a connector that is there these endpoints; the rest of it stays.")
    ] = False,
) -> Answer:
    """Make a connector of your own from OpenAPI documents: every endpoint can be called and used in flows.

    It is a folder below the data folder, with connector.toml to change by hand. Then: trunkline connections add NAME.
    A running hub takes new endpoints over at once, and another address or proof of who calls when it is started again.
    """
    new = admin.NewConnector(
        name=name,
        title=title,
        base_url=base_url,
        auth=None if auth is None else _auth(auth),
        headers=None if header is None else words.pairs(header, place="--header"),
        hosts=None if host is None else tuple(one.rstrip("/") for one in host),
        replace=replace,
    )
    with _progress(given) as progress:
        imported = admin.read(files, root=root, progress=progress)
    async with desk_of(given) as desk:
        made = await admin.add(desk, given.settings().connectors, new, imported)
    then = (
        f"Its connections: {', '.join(made.connections)}"
        if made.connections
        else f"Connect one: trunkline connections add {name} --name NAME"
    )
    first = Text(f"{'Renewed' if replace else 'Made'} {name}. {then}", style="bold")
    return Answer(
        json={**pages.made_json(made), **pages.imported_json(imported)},
        shown=Group(first, pages.made_page(made), *pages.worked_around(imported)),
    )


@command(app, "list", examples=("trunkline connectors list", "trunkline connectors list --json"))
async def list_connectors(given: Given) -> Answer:
    """List the connectors of your own. Those of the program are told by: trunkline catalogue."""
    async with desk_of(given) as desk:
        found = await admin.everything(desk, given.settings().connectors)
    return Answer(
        json={"connectors": [pages.made_json(one) for one in found]},
        shown=table(
            ("name", "title", "server", "endpoints", "connections"),
            ((one.name, one.manifest.title, one.manifest.base_url, one.endpoints, ", ".join(one.connections)) for one in found),
            empty="None yet. Make one: trunkline connectors add-openapi NAME FILE",
        ),
    )


@command(
    app,
    "show",
    examples=("trunkline connectors show mycrm", "trunkline connectors show ghl --find invoice", "trunkline connectors show ghl --json"),
)
async def show(
    given: Given,
    name: Name,
    find: Annotated[str, typer.Option(metavar="WORD", help="Only endpoints whose method, path, area or id has this word.")] = "",
) -> Answer:
    """List every endpoint of a connector, of your own or of the program, as flows and `trunkline call` call it."""
    folder = given.settings().connectors
    async with desk_of(given) as desk:
        connector = desk.registry.connector(name)
        made = await admin.made(desk, folder, name) if name in admin.names(folder) else None
    rows = [pages.endpoint_json(connector, endpoint) for endpoint in admin.endpoints_of(connector, find)]
    about: JSONObject = pages.made_json(made) if made else {"name": connector.id, "title": connector.name, "base_url": connector.base_url}
    return Answer(json={**about, "endpoints": list[JSON](rows)}, shown=pages.endpoints_page(connector, made, rows))


@command(
    app,
    "diff",
    examples=(
        "trunkline connectors diff mycrm newer.yaml",
        "trunkline connectors diff ghl contacts.json --part",
        "trunkline connectors diff ghl contacts.json invoices.json --part --json",
    ),
)
async def diff(
    given: Given,
    name: Name,
    files: Documents,
    root: Root = None,
    part: Annotated[
        bool, typer.Option("--part", help="The documents describe only some of it: what they lack is not counted as removed.")
    ] = False,
) -> Answer:
    """Compare a connector with newer documents: which endpoints are added, removed or changed, and which published flows that touches.

    A change that can break a caller is marked with an exclamation mark.
    """
    with _progress(given) as progress:
        imported = admin.read(files, root=root, progress=progress)
    async with desk_of(given) as desk:
        found = await admin.differ(desk, name, imported.facts, part=part)
    return Answer(json=pages.difference_json(found), shown=pages.difference_page(found))


@command(app, "remove", examples=("trunkline connectors remove mycrm", "trunkline connectors remove mycrm --yes"))
async def remove(given: Given, name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> Answer:
    """Remove a connector of your own. Refused while a connection uses it."""
    folder = given.settings().connectors
    async with desk_of(given) as desk:
        admin.folder_of(folder, name)
        words.confirm(f"Remove the connector {name}?", yes=yes)
        await admin.remove(desk, folder, name)
    return Answer(json={"removed": name}, shown=Text(f"Removed {name}."))


@command(app, "notices", examples=("trunkline connectors notices", "trunkline connectors notices --json"))
async def notices(given: Given) -> Answer:
    """List what vendors said in their answers of operations they will take away, and which published flows call those.

    Vendors say it with the headers Deprecation and Sunset.
    """
    async with desk_of(given) as desk:
        found = await admin.notices(desk)
    return Answer(
        json={"notices": [pages.notice_json(one) for one in found]},
        shown=table(
            ("operation", "deprecated", "ends", "flows", "answers", "first", "last", "more"),
            (
                (
                    f"{one.notice.connector}.{one.notice.operation}",
                    pages.day(one.notice.deprecated_at),
                    pages.day(one.notice.sunset_at),
                    ", ".join(one.flows),
                    one.notice.answers,
                    when(one.notice.first_seen),
                    when(one.notice.last_seen),
                    one.notice.link,
                )
                for one in found
            ),
            empty="No vendor has said so.",
        ),
    )


def _auth(given: str) -> Auth:
    """`header:X-Api-Key` as a way to prove who calls."""
    kind, _, name = given.partition(":")
    for known in AUTH_KINDS:
        if kind == known and bool(name) == (known in ("header", "query")):
            return Auth(kind=known, name=name)
    raise ConfigError(
        f"{given!r} is no way to prove who calls.", hint="Say bearer, basic, header:NAME, query:NAME or none.", place="--auth"
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
