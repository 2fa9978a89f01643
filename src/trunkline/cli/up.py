"""`trunkline up`: the hub in one process."""

from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline import __version__
from trunkline.admin import connections as connection_admin
from trunkline.admin import flows as flow_admin
from trunkline.admin.desk import Desk
from trunkline.app import require_key, serve
from trunkline.cli import logs
from trunkline.cli.commands import command, verb_alone
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, console, facts, line
from trunkline.engine.ownership import holder
from trunkline.model.connection import Connection
from trunkline.model.errors import NotFoundError, StoreError
from trunkline.settings import Settings
from trunkline.store.flows import Flow

app = verb_alone()


@command(
    app,
    "up",
    examples=("trunkline up", "trunkline up --port 9000 --home ~/trunkline-data", "TRUNKLINE_PUBLIC_URL=https://hub.example trunkline up"),
)
async def up(
    given: Given,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", envvar="TRUNKLINE_HOST", help="Address to listen on; 127.0.0.1 unless told.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", envvar="TRUNKLINE_PORT", min=0, max=65_535, help="Port to listen on; 8400 unless told, 0 for any free one."
        ),
    ] = None,
    log_level: Annotated[
        logs.LogLevel, typer.Option(envvar="TRUNKLINE_LOG_LEVEL", help="How much the log on the standard error tells.")
    ] = logs.LogLevel.info,
) -> None:
    """Start the hub: it takes webhooks, polls vendors and carries out published flows until you press Ctrl-C.

    Everything lies in the folder given by --home. Stopping and starting loses nothing: what was under way is taken up again.
    To be reached by vendors, put a reverse proxy with TLS in front and set TRUNKLINE_PUBLIC_URL to its address.
    """
    logs.configure(log_level)
    settings = given.settings(host=host, port=port)
    require_key(settings)
    other = holder(settings.home)
    if other is not None:
        raise StoreError(
            f"Another hub runs on this data folder (process {other}).", hint="Stop it first, or start this one with another --home."
        )
    async with desk_of(given) as desk:
        connections, flows = await connection_admin.everything(desk), await flow_admin.everything(desk)
        webhooks = [connection for connection in connections if _takes_webhooks(desk, connection)]

    def started(port: int) -> None:
        greeting = _greeting(replace(settings, port=port), connections, webhooks, flows)
        line(greeting.json) if given.json else console().print(greeting.shown)

    await serve(settings, started=started)
    if not given.json:
        console().print("Stopped. What was accepted is stored and goes on with the next start.")


def _takes_webhooks(desk: Desk, connection: Connection) -> bool:
    try:
        return desk.registry.connector(connection.connector).webhook is not None
    except NotFoundError:  # of a connector that was removed
        return False


def _greeting(settings: Settings, connections: list[Connection], webhooks: list[Connection], flows: list[Flow]) -> Answer:
    published = [flow.name for flow in flows if flow.published is not None]
    addresses = {connection.name: settings.hook(connection.endpoint) for connection in webhooks}
    troubled = sum(connection.state != "ok" for connection in connections)
    return Answer(
        json={
            "address": f"http://{settings.host}:{settings.port}",
            "home": str(settings.home),
            "connections": len(connections),
            "published_flows": list(published),
            "webhooks": dict(addresses),
        },
        shown=Group(
            Text.assemble(("Trunkline ", "bold"), f"{__version__} listens on ", (f"http://{settings.host}:{settings.port}", "bold")),
            facts(
                [
                    ("data", settings.home),
                    ("connections", f"{len(connections)}{f', {troubled} of them not ok' if troubled else ''}"),
                    ("flows", f"{len(published)} published"),
                    *((f"webhooks of {name}", address) for name, address in addresses.items()),
                ]
            ),
            Text("Press Ctrl-C to stop.", style="dim"),
        ),
    )
