"""`trunkline deliveries`: webhooks that were refused."""

from collections.abc import Mapping
from typing import Annotated

import typer

from trunkline.admin import connections as connection_admin
from trunkline.admin import subscriptions as admin
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, iso_or_null, table, when
from trunkline.model.ids import ConnectionId
from trunkline.model.json import JSONObject
from trunkline.store.refusals import Refusal

app = noun("Webhooks that were refused, and why.")


@command(app, "refused", examples=("trunkline deliveries refused", "trunkline deliveries refused --connection main --json"))
async def refused(
    given: Given,
    connection: Annotated[str | None, typer.Option("--connection", metavar="NAME", help="Only those to this connection's address.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=2_000, help="How many at most.")] = 50,
) -> Answer:
    """List deliveries that were not taken, the newest first. Bodies are not kept, and of headers that prove a sender only the length.

    The newest 2,000 are there; in a flood not every one is noted.
    """
    async with desk_of(given) as desk:
        only = None if connection is None else (await connection_admin.named(desk, connection)).id
        found = await admin.refused(desk, only=only, most=limit)
        names = {one.id: one.name for one in await connection_admin.everything(desk)}
    rows = [(when(one.at), _name(one, names), one.status, one.reason, f"{one.message} {one.hint}".strip(), one.size) for one in found]
    return Answer(
        json={"refused": [_as_json(one, names) for one in found]},
        shown=table(("when", "connection", "status", "reason", "what is wrong", "bytes"), rows, empty="None was refused."),
    )


def _name(one: Refusal, names: Mapping[ConnectionId, str]) -> str:
    return names.get(one.connection, "(removed)") if one.connection else "(no such address)"


def _as_json(one: Refusal, names: Mapping[ConnectionId, str]) -> JSONObject:
    return {
        "at": iso_or_null(one.at),
        "connection": names.get(one.connection),
        "status": one.status,
        "reason": one.reason,
        "message": one.message,
        "hint": one.hint,
        "headers": dict(one.headers),
        "size": one.size,
        "digest": one.digest,
    }
