"""`trunkline csv`: tables in and out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import export as exporting
from trunkline.admin import rows as admin
from trunkline.admin.export import Wish
from trunkline.admin.rows import WAITING, Step, Taking, Wanted
from trunkline.cli import words
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, clean, console, facts
from trunkline.cli.progress import bar
from trunkline.engine.ownership import holder
from trunkline.model.json import JSONObject

app = noun("CSV files: rows become events, lists become files.")


@command(
    app,
    "import",
    examples=(
        "trunkline csv import contacts.csv --connection sheets",
        'trunkline csv import export.csv --connection hats --kind contacts --map email="Primary E-mail"',
    ),
)
async def import_(
    given: Given,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file whose first line names the columns.")],
    connection: Annotated[str, typer.Option(metavar="NAME", help="A connection of csv, or of a connector that takes files.")],
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="Which kind of file, where the connector takes several.")] = None,
    map: Annotated[list[str] | None, typer.Option(metavar="FIELD=HEADING", help="Which column holds a field; repeat it.")] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="UTF-8 or UTF-16 is recognised; else windows-1252 and the like.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(metavar="MARK", help="What stands between fields; recognised unless told.")] = None,
) -> Answer:
    """Make an event of every row, for the published flows that listen.

    The file is streamed, so its size does not matter. Stopped, it goes on where it was when the command is given again; a file that was
    taken whole is not taken twice. Rows that cannot be read stay beside the file: FILE.rejected.csv holds them as they stood, to be
    mended and imported, FILE.problems.csv their lines and reasons.
    """
    wanted = Wanted(
        path=file, connection=connection, kind=kind, map=words.pairs(map or (), place="--map"), encoding=encoding, delimiter=delimiter
    )
    async with desk_of(given) as desk, admin.taken(desk, wanted) as taking:
        last: Step | None = None
        with bar(given, f"Importing {clean(file.name)}") as shown:
            async for step in taking.steps:
                if step.waits and not (last and last.waits):
                    _say_why(given)
                last = step
                shown.show(f"{'Waiting for the hub:' if step.waits else 'Importing'} {clean(file.name)}", step.share)
    assert last is not None
    return Answer(json=_json(taking, last), shown=_shown(taking, last, running=_hub_runs(given)))


def _hub_runs(given: Given) -> bool:
    return holder(given.settings().home) is not None


def _say_why(given: Given) -> None:
    """On the standard error, for programs as well: without a hub the file would wait for ever."""
    if not _hub_runs(given):
        console(stderr=True).print(
            f"{WAITING:,} events wait and no hub runs, so the file waits too. Start it: trunkline up", style="yellow"
        )


@command(
    app,
    "export",
    examples=(
        "trunkline csv export main ghl.contacts.search --out contacts.csv",
        """trunkline csv export main ghl.contacts.search --out people.csv --column 'Name={{ item.firstName }} {{ item.lastName }}'""",
        "trunkline csv export main ghl.contacts.search --out hats.csv --for seventeenhats.contacts",
    ),
)
async def export(
    given: Given,
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="Where the list is read.")],
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="A list, such as ghl.contacts.search.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")],
    column: Annotated[
        list[str] | None, typer.Option(metavar="HEADING=EXPRESSION", help="A column: an expression over `item`; repeat it.")
    ] = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="KIND", help="The columns a vendor reads: seventeenhats.contacts.")] = None,
    input: Annotated[str | None, typer.Option(metavar="JSON", help="The list's input; @FILE reads a file.")] = None,
    formulas: Annotated[bool, typer.Option(help="Leave values that a spreadsheet would carry out as a formula as they are.")] = False,
) -> Answer:
    """Write a vendor's list as a CSV file.

    It is read page by page under the vendor's limits. Stopped, it goes on where it was when the command is given again. The file appears
    under its name when it is whole.
    """
    async with desk_of(given) as desk:
        columns = dict(exporting.preset(desk.registry, for_)) if for_ else {}
        columns.update(words.pairs(column or (), place="--column"))
        found = words.object_of(input, place="--input")
        wish = Wish(connection=connection, operation=operation, path=out, columns=columns, input=found, formulas=formulas)
        rows = continued = 0
        with bar(given, f"Writing {clean(out.name)}", known=False) as shown:
            async for written in exporting.exported(desk, wish):
                rows, continued = written.rows, written.continued
                shown.show(f"Writing {clean(out.name)}: {rows:,} rows")
    told: JSONObject = {"out": str(out), "rows": rows, "continued": continued}
    return Answer(json=told, shown=Text(f"Wrote {rows:,} rows to {out}" + (f" ({continued:,} of them before)" if continued else "")))


def _json(taking: Taking, last: Step) -> JSONObject:
    return {
        "file": taking.source.name,
        "kind": taking.source.file.id,
        "rows": last.place.rows,
        "before": taking.begun.rows,
        "events": last.accepted,
        "known": last.known,
        "rejected": last.place.rejected,
        "rejects": str(taking.rejects) if last.place.rejected else None,
        "problems": str(taking.problems) if last.place.rejected else None,
        "columns": {**taking.source.columns},
        "encoding": taking.sheet.encoding,
        "delimiter": taking.sheet.delimiter,
    }


def _shown(taking: Taking, last: Step, *, running: bool) -> Group:
    place = last.place
    if taking.begun.rows == place.rows and not last.accepted:
        head = Text("This file was taken already; nothing was left to do.", style="bold")
    else:
        head = Text(f"Took {place.rows:,} rows of {clean(taking.source.name)}.", style="bold")
    told = facts(
        [
            ("from a time before", f"{taking.begun.rows:,}" if taking.begun.rows else None),
            ("events", f"{last.accepted:,}"),
            ("known already", f"{last.known:,}" if last.known else None),
            ("rejected", f"{place.rejected:,}" if place.rejected else None),
            ("rejected rows", str(taking.rejects) if place.rejected else None),
            ("their reasons", str(taking.problems) if place.rejected else None),
            ("columns", ", ".join(f"{name} ← {heading}" for name, heading in taking.source.columns.items()) or None),
        ]
    )
    waiting = [] if running or not last.accepted else [Text("No hub runs: the events wait until trunkline up.", style="yellow")]
    return Group(head, told, *waiting)
