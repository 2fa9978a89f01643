"""Connections: added, shown, tested, changed, removed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from trunkline.admin.desk import Desk
from trunkline.admin.flows import using
from trunkline.connect.declaration import Connector
from trunkline.connect.inputs import check
from trunkline.engine.links import Link
from trunkline.model.clock import Instant
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError, MappingError, NotFoundError, ReconnectError, TrunklineError
from trunkline.model.ids import ConnectionId, endpoint_id, fresh
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.store import connections as store
from trunkline.store import runs as run_store
from trunkline.store.statement import Transaction

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """What a person gives to add a connection; `options` are texts as typed, `secrets` by the connector's names for them."""

    connector: str
    name: str
    base_url: str | None
    options: Mapping[str, str]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a test of a connection found."""

    connection: Connection
    ok: bool
    message: str
    hint: str
    ms: float


async def add(desk: Desk, new: NewConnection) -> Connection:
    """Check and store a connection; raises `ConfigError` or `NotFoundError` that say what to give."""
    connector = desk.registry.connector(new.connector)
    if not NAME.fullmatch(new.name):
        raise ConfigError(
            f"{new.name!r} is no good name for a connection.", hint="Use lower-case letters, digits, - and _; begin with a letter or digit."
        )
    _check_secrets(connector, new.secrets)
    now = desk.clock.now()
    connection = Connection(
        id=ConnectionId(fresh("con")),
        workspace=desk.workspace,
        name=new.name,
        connector=connector.id,
        base_url=_address(new.base_url, connector),
        options=_typed_options(connector, new.options),
        endpoint=endpoint_id(),
        state="ok",
        cause="",
        since=now,
        created_at=now,
    )
    desk.link_with(connection, new.secrets)
    sealed = desk.vault.seal(dict(new.secrets), row=connection.id)
    await desk.database.journal.commit(lambda tx: store.add_connection(tx, connection, sealed=sealed))
    return connection


def _check_secrets(connector: Connector, secrets: Mapping[str, str]) -> None:
    known = {secret.name for secret in connector.secrets}
    for name in secrets:
        if name not in known:
            raise ConfigError(
                f"{connector.name} knows no secret {name!r}.", hint=f"It has: {', '.join(sorted(known)) or 'none'}.", place=name
            )
    for secret in connector.secrets:
        if secret.required and not secrets.get(secret.name):
            raise ConfigError(
                f"{connector.name} needs a {secret.name}: {secret.title}.",
                hint=f"Give it with --secret {secret.name}=…, @FILE, or at the prompt.",
                place=secret.name,
            )
        if "\n" in secrets.get(secret.name, ""):
            raise ConfigError(f"The {secret.name} has more than one line.", hint="Copy it again without the line break.", place=secret.name)


def _typed_options(connector: Connector, given: Mapping[str, str]) -> JSONObject:
    """Options are typed as text; the connector's schema says what they become."""
    properties = as_object(connector.options.get("properties"))
    typed: JSONObject = {}
    for name, value in given.items():
        schema = as_object(properties.get(name))
        typed[name] = _typed(value, schema.get("type"))
    try:
        check(connector.options, typed)
    except MappingError as error:
        known = ", ".join(sorted(properties)) or "none"
        raise ConfigError(f"{connector.name}: {error.message}", hint=f"Its options are: {known}.", place=error.field) from error
    return typed


def _typed(value: str, kind: JSON) -> JSON:
    if kind == "boolean" and value.lower() in ("true", "yes", "on", "1"):
        return True
    if kind == "boolean" and value.lower() in ("false", "no", "off", "0"):
        return False
    if kind == "integer" and value.lstrip("-").isdigit():
        return int(value)
    return value


def _address(base_url: str | None, connector: Connector) -> str | None:
    if base_url is None:
        return None
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ConfigError(
            f"{base_url!r} is no address {connector.name} could be reached at.", hint="Give one like https://proxy.example/ghl."
        )
    return base_url.rstrip("/")


async def everything(desk: Desk) -> list[Connection]:
    """Every connection, by name."""
    return [connection for connection, _ in await desk.database.read(store.all_connections)]


async def _found(desk: Desk, name: str) -> tuple[Connection, bytes]:
    rows = await desk.database.read(store.all_connections)
    for connection, sealed in rows:
        if connection.name == name and connection.workspace == desk.workspace:
            return connection, sealed
    known = ", ".join(connection.name for connection, _ in rows)
    raise NotFoundError(
        f"There is no connection named {name!r}.",
        hint=f"There are: {known}." if known else "Add one: trunkline connections add CONNECTOR --name NAME",
    )


async def named(desk: Desk, name: str) -> Connection:
    """The connection with this name; `NotFoundError` names the ones there are."""
    return (await _found(desk, name))[0]


async def link_to(desk: Desk, name: str) -> Link:
    """A callable connection by name."""
    return desk.link(*await _found(desk, name))


async def test(desk: Desk, name: str) -> Checked:
    """Make the connector's harmless read and record what it told: a working connection wakes the runs that waited for it."""
    connection, sealed = await _found(desk, name)
    began = desk.clock.monotonic()
    error: TrunklineError | None = None
    try:
        link = desk.link(connection, sealed)
        if link.connector.check is not None:
            await link.call(link.connector.check, {})
    except TrunklineError as caught:
        error = caught
    ms = round((desk.clock.monotonic() - began) * 1000, 1)
    now = desk.clock.now()
    if error is None:
        await desk.database.journal.commit(lambda tx: _working(tx, connection, now))
        return Checked(connection=connection, ok=True, message="It works.", hint="", ms=ms)
    if isinstance(error, ReconnectError):
        cause = error.message
        await desk.database.journal.commit(lambda tx: store.set_state(tx, connection.id, state="paused", cause=cause, since=now))
    return Checked(connection=connection, ok=False, message=error.message, hint=error.hint, ms=ms)


def _working(tx: Transaction, connection: Connection, now: Instant) -> None:
    if connection.state != "ok":
        store.set_state(tx, connection.id, state="ok", cause="", since=now)
    if run_store.wake_runs_of(tx, connection.id, now=now):
        store.bump_generation(tx)


async def update(desk: Desk, name: str, *, secrets: Mapping[str, str], options: Mapping[str, str], base_url: str | None) -> Connection:
    """Change what was given and keep the rest; the connection counts as working again and its waiting runs go on."""
    connection, sealed = await _found(desk, name)
    connector = desk.registry.connector(connection.connector)
    every = {secret.name for secret in connector.secrets}
    kept: Mapping[str, str] = {} if every <= secrets.keys() else desk.vault.open(sealed, row=connection.id)
    together = {**kept, **secrets}
    _check_secrets(connector, together)
    typed = {**connection.options, **_typed_options(connector, {**_as_typed(connection.options), **options})}
    changed = replace(connection, options=typed, base_url=_address(base_url, connector) if base_url is not None else connection.base_url)
    desk.link_with(changed, together)
    resealed = desk.vault.seal(together, row=connection.id)
    now = desk.clock.now()

    def unit(tx: Transaction) -> None:
        store.update_connection(tx, changed, sealed=resealed)
        _working(tx, changed, now)

    await desk.database.journal.commit(unit)
    return replace(changed, state="ok", cause="", since=now)


def _as_typed(options: JSONObject) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in options.items() if value is not None}


async def remove(desk: Desk, name: str) -> Connection:
    """Forget a connection; `ConfigError` while a published flow uses it."""
    connection = await named(desk, name)
    users = await using(desk, name)
    if users:
        raise ConfigError(
            f"The connection {name!r} is used by {', '.join(users)}.", hint="Stop these flows first: trunkline flows unpublish NAME"
        )
    await desk.database.journal.commit(lambda tx: store.remove_connection(tx, connection.id))
    return connection
