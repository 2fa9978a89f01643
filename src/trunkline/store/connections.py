"""Connections and the counter that tells running hubs to reload."""

from typing import cast

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.connection import Connection, ConnectionState
from trunkline.model.errors import ConfigError
from trunkline.model.ids import ConnectionId, EndpointId, WorkspaceId
from trunkline.model.json import JSONObject, dumps, loads
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import connections, settings

_INSERT = Statement(
    "add a connection", insert_into(connections).on_conflict_do_nothing(index_elements=[connections.c.workspace, connections.c.name])
)
_ALL = Statement("every connection", select(connections).order_by(connections.c.name))
_SEALED = Statement("the sealed secrets of a connection", select(connections.c.sealed).where(connections.c.id == bindparam("connection")))
_DELETE = Statement("remove a connection", delete(connections).where(connections.c.id == bindparam("connection")))
_ENDPOINT = Statement(
    "give a connection another address",
    update(connections).where(connections.c.id == bindparam("connection")).values(endpoint=bindparam("endpoint")),
)
_STATE = Statement(
    "change a connection's state",
    update(connections)
    .where(connections.c.id == bindparam("connection"))
    .values(state=bindparam("state"), cause=bindparam("cause"), since=bindparam("since")),
)
_STATE_NOW = Statement(
    "the state of a connection", select(connections.c.state, connections.c.since).where(connections.c.id == bindparam("connection"))
)
_SECRET = Statement(
    "replace what a connection knows",
    update(connections)
    .where(connections.c.id == bindparam("connection"))
    .values(sealed=bindparam("sealed"), options=bindparam("options"), base_url=bindparam("base_url")),
)
_OPTIONS = Statement(
    "replace the options of a connection",
    update(connections).where(connections.c.id == bindparam("connection")).values(options=bindparam("options")),
)
_bump = insert_into(settings, leave_out=())
_BUMP = Statement(
    "say that connections or flows changed",
    _bump.on_conflict_do_update(index_elements=[settings.c.name], set_={"number": settings.c.number + 1}),
)
_GENERATION = Statement("how often connections or flows changed", select(settings.c.number).where(settings.c.name == "generation"))


def bump_generation(tx: Transaction) -> None:
    """Tell every running hub to reload connections and flows."""
    tx.run(_BUMP, {"name": "generation", "number": 1})


def generation(tx: Transaction) -> int:
    """Rises with every change of connections or flows."""
    row = tx.one(_GENERATION, {})
    return int(row[0]) if row else 0


def add_connection(tx: Transaction, connection: Connection, *, sealed: bytes) -> None:
    """Store a new connection; `ConfigError` when its name is taken."""
    added = tx.run(
        _INSERT,
        {
            "id": connection.id,
            "workspace": connection.workspace,
            "name": connection.name,
            "connector": connection.connector,
            "base_url": connection.base_url,
            "options": dumps(connection.options),
            "sealed": sealed,
            "endpoint": connection.endpoint,
            "state": connection.state,
            "cause": connection.cause,
            "since": connection.since,
            "created_at": connection.created_at,
        },
    )
    if added != 1:
        raise ConfigError(
            f"A connection named {connection.name!r} is there already.",
            hint="Choose another --name, or change it with `trunkline connections update`.",
        )
    bump_generation(tx)


def _connection(row: Row) -> tuple[Connection, bytes]:
    connection = Connection(
        id=ConnectionId(row[0]),
        workspace=WorkspaceId(row[1]),
        name=row[2],
        connector=row[3],
        base_url=row[4],
        options=cast(JSONObject, loads(row[5])),
        endpoint=EndpointId(row[7]),
        state=cast(ConnectionState, row[8]),
        cause=row[9],
        since=Instant(row[10]),
        created_at=Instant(row[11]),
    )
    return connection, row[6]


def all_connections(tx: Transaction) -> list[tuple[Connection, bytes]]:
    """Every connection with its sealed secrets, by name."""
    return [_connection(row) for row in tx.all(_ALL, {})]


def sealed_of(tx: Transaction, connection: ConnectionId) -> bytes | None:
    """Its sealed secrets as they are now; None when it is gone."""
    row = tx.one(_SEALED, {"connection": connection})
    return None if row is None else bytes(row[0])


def remove_connection(tx: Transaction, connection: ConnectionId) -> bool:
    """Forget a connection and its secrets; False when it was not there."""
    removed = tx.run(_DELETE, {"connection": connection}) == 1
    bump_generation(tx)
    return removed


def set_endpoint(tx: Transaction, connection: ConnectionId, endpoint: EndpointId) -> None:
    """Give a connection another webhook address; nothing lives at the one before any more."""
    tx.run(_ENDPOINT, {"connection": connection, "endpoint": endpoint})
    bump_generation(tx)


def set_state(tx: Transaction, connection: ConnectionId, *, state: ConnectionState, cause: str, since: Instant) -> None:
    """Change a connection's state and say why."""
    tx.run(_STATE, {"connection": connection, "state": state, "cause": cause, "since": since})
    bump_generation(tx)


def is_still(tx: Transaction, connection: Connection) -> bool:
    """Whether its state is the one known here, whoever may have looked at it meanwhile."""
    row = tx.one(_STATE_NOW, {"connection": connection.id})
    return row is not None and (row[0], row[1]) == (connection.state, connection.since)


def set_options(tx: Transaction, connection: Connection) -> None:
    """Replace a connection's options and leave its secrets as they are by now."""
    tx.run(_OPTIONS, {"connection": connection.id, "options": dumps(connection.options)})
    bump_generation(tx)


def update_connection(tx: Transaction, connection: Connection, *, sealed: bytes) -> None:
    """Replace a connection's secrets, options and address."""
    tx.run(
        _SECRET,
        {"connection": connection.id, "sealed": sealed, "options": dumps(connection.options), "base_url": connection.base_url},
    )
    bump_generation(tx)
