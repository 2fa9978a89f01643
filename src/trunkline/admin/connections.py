"""Connections: added, shown, tested, changed, removed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from trunkline.admin import subscriptions
from trunkline.admin.desk import Desk
from trunkline.admin.flows import using
from trunkline.admin.sealing import sealed_in
from trunkline.connect.budget import Budget
from trunkline.connect.declaration import Connector, Secret
from trunkline.connect.inputs import check
from trunkline.connect.memory import Memory
from trunkline.connect.outage import Outage
from trunkline.connect.sign_in import lacking, sign_in_of, way_of
from trunkline.engine.links import Link
from trunkline.model.clock import Instant
from trunkline.model.connection import Account, Connection, Credential, state_after
from trunkline.model.errors import ConfigError, ConflictError, MappingError, NotFoundError, ReconnectError, TrunklineError
from trunkline.model.ids import ConnectionId, endpoint_id, fresh
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.store import budgets as budget_store
from trunkline.store import connections as store
from trunkline.store import grants as grant_store
from trunkline.store import invitations as invitation_store
from trunkline.store import runs as run_store
from trunkline.store import sign_ins as sign_in_store
from trunkline.store import subscriptions as subscription_store
from trunkline.store.statement import Transaction

NOBODY = "Nobody has signed in yet."
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """What a person gives to add a connection; `options` are texts as typed, `secrets` by the connector's names for them."""

    connector: str
    name: str
    base_url: str | None
    options: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


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
    if connector.triggers and all(trigger.schedule is not None for trigger in connector.triggers):
        raise ConfigError(f"{connector.name} needs no connection.", hint="A flow names it alone: `on: schedule.cron`.", place=new.connector)
    if not NAME.fullmatch(new.name):
        raise ConfigError(
            f"{new.name!r} is no good name for a connection.", hint="Use lower-case letters, digits, - and _; begin with a letter or digit."
        )
    options = _typed_options(connector, new.options)
    _check(connector, options, new.secrets)
    now = desk.clock.now()
    connection = Connection(
        id=ConnectionId(fresh("con")),
        workspace=desk.workspace,
        name=new.name,
        connector=connector.id,
        base_url=_address(new.base_url, connector),
        options=options,
        endpoint=endpoint_id(),
        state="ok",
        cause="",
        since=now,
        created_at=now,
    )
    if _needs_person(desk.link_with(connection, new.secrets)):
        connection = replace(connection, state="paused", cause=NOBODY)

    def unit(tx: Transaction) -> None:
        store.add_connection(tx, connection, sealed=sealed_in(tx, desk.vault, dict(new.secrets), row=connection.id))

    await desk.database.journal.commit(unit)
    return connection


def _needs_person(link: Link) -> bool:
    """Whether somebody has to sign in before there are tokens."""
    tokens = link.session.tokens
    return tokens is not None and way_of(tokens.oauth, link.account) == "authorization_code"


def _check(connector: Connector, options: JSONObject, secrets: Mapping[str, str]) -> None:
    """Raise `ConfigError` for what is wrong with, or missing among, what a person gave."""
    account = Account(options=options, credential=Credential(secrets))
    _check_secrets(connector, account)
    oauth = sign_in_of(connector, account)
    _check_options(connector, options, told_later=oauth.options if oauth else {})


def lacks(connector: Connector, new: NewConnection) -> tuple[Secret, ...]:
    """The secrets that `new` needs and does not have, for whoever can ask for them."""
    return lacking(connector, Account(options=_typed_options(connector, new.options), credential=Credential(new.secrets)))


def _check_secrets(connector: Connector, account: Account) -> None:
    known = {secret.name for secret in connector.secrets}
    secrets = account.credential
    for name in secrets:
        if name not in known:
            raise ConfigError(
                f"{connector.name} knows no secret {name!r}.", hint=f"It has: {', '.join(sorted(known)) or 'none'}.", place=name
            )
    for secret in lacking(connector, account):
        raise ConfigError(
            f"{connector.name} needs a {secret.name}: {secret.title}.",
            hint=f"Give it with --secret {secret.name}=…, @FILE, or at the prompt.",
            place=secret.name,
        )
    for name, value in secrets.items():
        if "\n" in value:
            raise ConfigError(f"The {name} has more than one line.", hint="Copy it again without the line break.", place=name)


def _check_options(connector: Connector, options: JSONObject, *, told_later: Mapping[str, str]) -> None:
    """What the vendor tells when somebody signs in need not be given before."""
    try:
        check(connector.options, {**dict.fromkeys(told_later, "told later"), **options})
    except MappingError as error:
        known = ", ".join(sorted(as_object(connector.options.get("properties")))) or "none"
        raise ConfigError(f"{connector.name}: {error.message}", hint=f"Its options are: {known}.", place=error.field) from error


def _typed_options(connector: Connector, given: Mapping[str, str]) -> JSONObject:
    """Options are typed as text; the connector's schema says what they become."""
    properties = as_object(connector.options.get("properties"))
    return {name: _typed(value, as_object(properties.get(name)).get("type")) for name, value in given.items()}


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
    return await listen(desk, name, lambda _: None)


async def listen(desk: Desk, name: str, heard: Callable[[Mapping[str, str]], None]) -> Checked:
    """A test; `heard` sees the headers of the answers."""
    connection, sealed = await _found(desk, name)
    began = desk.clock.monotonic()
    error: TrunklineError | None = None
    try:
        link = desk.link(connection, sealed)
        await _try(replace(link, session=replace(link.session, heard=heard)))
    except TrunklineError as caught:
        error = caught
    ms = round((desk.clock.monotonic() - began) * 1000, 1)
    now = desk.clock.now()
    if error is None:
        await desk.database.journal.commit(lambda tx: working(tx, connection, now))
        return Checked(connection=connection, ok=True, message="It works.", hint="", ms=ms)
    if isinstance(error, ReconnectError):
        cause, state = error.message, state_after(error)
        await desk.database.journal.commit(lambda tx: store.set_state(tx, connection.id, state=state, cause=cause, since=now))
    return Checked(connection=connection, ok=False, message=error.message, hint=error.hint.replace("NAME", name), ms=ms)


async def prove(link: Link, secrets: Mapping[str, str]) -> None:
    """Make the harmless read with these secrets, for a connection that nobody signs in to; raises what it raises, and changes nothing.

    Tokens are got anew and thrown away: those that are stored would prove the secrets from before, and are no matter of a wrong one. Nor
    does a try take a place from what the connection is for.
    """
    clock = link.session.clock
    budget = Budget(link.connector.limits, clock)
    account = replace(link.account, credential=Credential(secrets))
    oauth = sign_in_of(link.connector, account)
    if oauth is not None and link.session.tokens is not None:
        asker = replace(link.session.tokens.asker, oauth=oauth, account=account, budget=budget)
        async with asker.place():
            got = await asker.tokens(None)
        account = replace(account, credential=Credential({**secrets, **got.extra, "token": got.access_token}))
    session = replace(link.session, account=account, tokens=None, budget=budget, memory=Memory(clock), outage=Outage(), notice=None)
    if link.connector.check is not None:
        await replace(link, session=session).call(link.connector.check, {})


async def _try(link: Link) -> None:
    """The harmless read; where there is none a sign-in is proven by new tokens."""
    tokens = link.session.tokens
    if tokens is not None:
        await tokens.forgive()
        live = await tokens.live()
        if link.connector.check is None:
            await tokens.renewed(live)
    if link.connector.check is not None:
        await link.call(link.connector.check, {})


def working(tx: Transaction, connection: Connection, now: Instant) -> None:
    """Note that a connection works; runs that waited for it go on."""
    if connection.state != "ok":
        store.set_state(tx, connection.id, state="ok", cause="", since=now)
    if run_store.wake_runs_of(tx, connection.id, now=now):
        store.bump_generation(tx)


async def update(
    desk: Desk,
    name: str,
    *,
    secrets: Mapping[str, str],
    options: Mapping[str, str],
    base_url: str | None,
    provided: Callable[[Transaction], None] = lambda _: None,
) -> Connection:
    """Change what was given and keep the rest; the connection counts as working again and its waiting runs go on.

    Tokens that belong to what was changed are dropped, and one that somebody has to sign in to then waits for that. What somebody else, or
    the hub itself, changes at the same moment is kept: then this is done on top of it. `provided` belongs to the same unit, and nothing
    changes when it raises.
    """
    while True:
        try:
            return await _update(desk, name, secrets=secrets, options=options, base_url=base_url, provided=provided)
        except ConflictError:
            continue


async def _update(
    desk: Desk,
    name: str,
    *,
    secrets: Mapping[str, str],
    options: Mapping[str, str],
    base_url: str | None,
    provided: Callable[[Transaction], None],
) -> Connection:
    connection, sealed = await _found(desk, name)
    connector = desk.registry.connector(connection.connector)
    kept = _opened(desk, connection, sealed, given=secrets)
    together = {**kept, **secrets}
    typed = {**connection.options, **_typed_options(connector, {**_as_typed(connection.options), **options})}
    _check(connector, typed, together)
    changed = replace(connection, options=typed, base_url=_address(base_url, connector) if base_url is not None else connection.base_url)
    link = desk.link_with(changed, together)
    now = desk.clock.now()
    dropped = _outdated(link, kept, together)

    def unit(tx: Transaction) -> bool:
        if store.sealed_of(tx, connection.id) != sealed:
            raise ConflictError("Somebody else changed this connection at the same moment.")
        provided(tx)
        store.update_connection(tx, changed, sealed=sealed_in(tx, desk.vault, together, row=connection.id))
        if dropped:
            grant_store.put_grant(tx, connection.id, sealed=b"")
        else:
            grant_store.forgive_grant(tx, connection.id)
        if _needs_person(link) and not grant_store.get_grant(tx, connection.id).sealed:
            store.set_state(tx, connection.id, state="paused", cause=NOBODY, since=now)
            return False
        working(tx, changed, now)
        return True

    works = await desk.database.journal.commit(unit)
    return replace(changed, state="ok" if works else "paused", cause="" if works else NOBODY, since=now)


def _opened(desk: Desk, connection: Connection, sealed: bytes, *, given: Mapping[str, str]) -> Mapping[str, str]:
    """The secrets there are; none when they do not open any more and somebody gives new ones."""
    try:
        return desk.vault.open(sealed, row=connection.id)
    except ConfigError:
        if not given:
            raise
        return {}


async def move(desk: Desk, name: str) -> Connection:
    """Give a connection another webhook address, when the one before may be known to strangers; that one is dead at once."""
    moved = replace(await named(desk, name), endpoint=endpoint_id())
    await desk.database.journal.commit(lambda tx: store.set_endpoint(tx, moved.id, moved.endpoint))
    return moved


def _outdated(link: Link, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether the tokens there are belong to another app, or can be had anew with what was given."""
    changed = {name for name in ("client_id", "client_secret", "jwt") if before.get(name) != now.get(name)}
    return bool(changed) and (link.session.tokens is None or "client_id" in changed or not _needs_person(link))


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

    await subscriptions.end(desk, connection)

    def unit(tx: Transaction) -> None:
        subscription_store.remove_subscription(tx, connection.id)
        grant_store.remove_grant(tx, connection.id)
        sign_in_store.remove_sign_ins(tx, connection.id)
        invitation_store.end_invitations(tx, connection.id)
        budget_store.forget_scope(tx, connection.id)
        store.remove_connection(tx, connection.id)

    await desk.database.journal.commit(unit)
    return connection
