"""Calling one operation directly."""

from trunkline.admin.connections import everything, link_to
from trunkline.admin.desk import Desk
from trunkline.model.errors import ConfigError
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject


async def call(desk: Desk, operation: str, *, connection: str | None, input: JSONObject) -> JSON:
    """Carry out `operation` (`openphone.contacts.list`) on a connection; without a name, on the only one of its connector."""
    connector, _ = desk.registry.split(operation)
    if connection is None:
        names = [found.name for found in await everything(desk) if found.connector == connector.id]
        if len(names) != 1:
            raise ConfigError(
                f"There are {len(names)} connections of {connector.name}.",
                hint=f"Name one with --connection ({', '.join(names)})." if names else f"Add one: trunkline connections add {connector.id}",
            )
        connection = names[0]
    link = await link_to(desk, connection)
    return await link.call(link.operation(operation), input, key=fresh("call"))
