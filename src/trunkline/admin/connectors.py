"""Connectors people make of OpenAPI documents: imported, stored, compared, removed."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from trunkline.admin import connections as connection_admin
from trunkline.admin.desk import Desk
from trunkline.admin.flows import published
from trunkline.admin.notices import everything as noted
from trunkline.connect.declaration import Call, Connector, Operation
from trunkline.connect.endpoints import Endpoint, Endpoints
from trunkline.connect.made import ENDPOINTS, NAME, MadeConnectors, connector_of
from trunkline.connect.manifest import MANIFEST, Auth, Manifest, check, manifest_of
from trunkline.connect.manifest import text_of as manifest_text
from trunkline.connect.openapi.comparing import Difference, compare, shape
from trunkline.connect.openapi.documents import Progress
from trunkline.connect.openapi.endpoints import is_address
from trunkline.connect.openapi.facts import Facts, facts_of, text_of
from trunkline.connect.openapi.importing import Imported, import_files
from trunkline.flows.plan import Plan
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.store import notices as notice_store
from trunkline.store.notices import StoredNotice

_TELLS_WHO: Final = ("me", "whoami", "self", "account", "user", "profile")
"""Last words of paths that answer who is calling, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnector:
    """What a person says of a connector to be made; what is None follows from the document, or stays as it was."""

    name: str
    title: str | None = None
    base_url: str | None = None
    auth: Auth | None = None
    headers: Mapping[str, str] | None = None
    hosts: tuple[str, ...] | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A connector that people made, with what uses it. `elsewhere` counts endpoints at addresses that get no credential."""

    name: str
    manifest: Manifest
    endpoints: int
    connections: tuple[str, ...]
    elsewhere: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What became of a connector's endpoints, and which published flows call the removed and changed ones."""

    connector: str
    difference: Difference
    flows: Mapping[str, tuple[str, ...]]
    unclear: tuple[str, ...]
    """Published flows with operations of this connector that call more than one endpoint, so that nobody can tell."""


def read(files: Iterable[Path], *, root: Path | None = None, progress: Progress | None = None) -> Imported:
    """The facts in OpenAPI documents; raises `ConfigError` with the place of what is wrong."""
    return import_files([file.expanduser() for file in files], root=root, progress=progress)


def write(imported: Imported, out: Path) -> int:
    """Write an `endpoints.json`; how many bytes it has."""
    text = text_of(imported.facts)
    try:
        out.expanduser().write_bytes(text)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}.", hint="Choose another --out.", place=str(out)) from error
    return len(text)


# ── made, listed, removed ────────────────────────────────────────────────────────────────────────────────────────────


async def add(desk: Desk, folder: Path, new: NewConnector, imported: Imported) -> Made:
    """Store a connector below `folder`, or new endpoints for one that is there; raises `ConfigError` that says what to give."""
    path = folder / _checked_name(desk, folder, new)
    before = manifest_of(path) if path.is_dir() else None
    facts = imported.facts
    if not facts.endpoints:
        raise ConfigError("The documents describe no endpoint.", hint="They need `paths` with operations.", place=new.name)
    manifest = _manifest(new, imported, before)
    check(manifest, place=new.name)
    text = text_of(facts)
    manifest = replace(manifest, check=_kept_check(before, facts) or _whoami(Endpoints(text)))
    connector_of(new.name, manifest, Endpoints(text))
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _put(path / ENDPOINTS, text)
        _put(path / MANIFEST, manifest_text(manifest).encode())
    except OSError as error:
        raise ConfigError(
            f"The connector cannot be stored: {error.strerror}.", hint="Check the folder's owner and its disk.", place=str(path)
        ) from error
    return await _made(desk, new.name, manifest, facts_of(Endpoints(text)))


def names(folder: Path) -> list[str]:
    """The names of the connectors that people made."""
    return list(MadeConnectors(folder))


def endpoints_of(connector: Connector, word: str = "") -> list[Endpoint]:
    """The endpoints of a connector, or those whose key, area or id has a word."""
    found = [connector.endpoints[key] for key in connector.endpoints] if connector.endpoints is not None else []
    return [one for one in found if word.lower() in f"{one.key} {one.area} {one.operation_id}".lower()]


async def everything(desk: Desk, folder: Path) -> list[Made]:
    """Every connector that people made, by name."""
    return [await made(desk, folder, name) for name in names(folder)]


async def made(desk: Desk, folder: Path, name: str) -> Made:
    """The one of that name; `NotFoundError` names the ones there are."""
    path = folder_of(folder, name)
    return await _made(desk, name, manifest_of(path), facts_of(Endpoints.read(path / ENDPOINTS)))


async def remove(desk: Desk, folder: Path, name: str) -> None:
    """Remove a connector that people made; `ConfigError` while a connection uses it."""
    path = folder_of(folder, name)
    users = await _users(desk, name)
    if users:
        raise ConfigError(
            f"The connector {name!r} is used by {', '.join(users)}.", hint="Remove these first: trunkline connections remove NAME"
        )
    for file in (MANIFEST, ENDPOINTS):
        (path / file).unlink(missing_ok=True)
    if not any(path.iterdir()):
        path.rmdir()
    await desk.database.journal.commit(lambda tx: notice_store.forget_notices(tx, name))


def _checked_name(desk: Desk, folder: Path, new: NewConnector) -> str:
    if not NAME.fullmatch(new.name):
        raise ConfigError(
            f"{new.name!r} is no good name for a connector.", hint="Use lower-case letters, digits, - and _; begin with a letter."
        )
    there = new.name in names(folder)
    if not there and _is_known(desk, new.name):
        raise ConfigError(f"{new.name!r} is a connector of the program itself.", hint="Choose another name.")
    if there and not new.replace:
        raise ConfigError(
            f"There is a connector {new.name!r} already.",
            hint=f"Say --replace to give it these endpoints. What would change: trunkline connectors diff {new.name} FILE…",
        )
    return new.name


def _manifest(new: NewConnector, imported: Imported, before: Manifest | None) -> Manifest:
    """What is given, else what was before, else what the document says."""
    server = imported.facts.server if is_address(imported.facts.server) else ""
    base_url = new.base_url or (before.base_url if before else server)
    if not base_url:
        raise ConfigError(
            "The document names no address that could be called.",
            hint="Give one: --base-url https://api.example.com",
            place=imported.facts.server or new.name,
        )
    return Manifest(
        title=new.title or (before.title if before else imported.title) or new.name,
        base_url=base_url.rstrip("/"),
        auth=new.auth or (before.auth if before else auth_in(imported.facts)),
        headers=new.headers if new.headers is not None else before.headers if before else {},
        hosts=new.hosts if new.hosts is not None else before.hosts if before else (),
    )


def auth_in(facts: Facts) -> Auth:
    """How a connection proves itself by the description: the way most endpoints take. OAuth 2.0 is taken as a token to be given."""
    counts = Counter(str(name) for one in facts.endpoints.values() for name in _access(one))
    ways = [(counts[name], _auth_of(as_object(scheme))) for name, scheme in facts.security.items() if counts[name]]
    usable = [(count, auth) for count, auth in ways if auth is not None]
    if not usable:
        return Auth(kind="bearer" if ways else "none")
    return max(usable, key=lambda one: (one[0], one[1].kind, one[1].name))[1]


def _access(facts: JSONObject) -> list[JSON]:
    return as_list(facts.get("access"))


def _auth_of(scheme: JSONObject) -> Auth | None:
    name = str(scheme.get("name", ""))
    match scheme.get("kind"):
        case "basic":
            return Auth(kind="basic")
        case "header":
            return Auth(kind="header", name=name)
        case "query":
            return Auth(kind="query", name=name)
        case "bearer" | "oauth2" | "openIdConnect":
            return Auth(kind="bearer")
        case _:
            return None


def _is_known(desk: Desk, name: str) -> bool:
    try:
        desk.registry.connector(name)
    except NotFoundError:
        return False
    return True


def _kept_check(before: Manifest | None, facts: Facts) -> str:
    return before.check if before is not None and before.check in facts.endpoints else ""


def _whoami(endpoints: Endpoints) -> str:
    """An endpoint that reads without needing anything, best one that tells who is calling; empty when there is none."""
    found = [endpoint for endpoint in map(endpoints.__getitem__, endpoints) if _is_harmless(endpoint)]
    return min(found, key=_check_rank).key if found else ""


def _is_harmless(endpoint: Endpoint) -> bool:
    needs = any(parameter.required for parameter in endpoint.parameters)
    return endpoint.method == "GET" and not needs and not endpoint.deprecated and "json" in endpoint.answer_type


def _check_rank(endpoint: Endpoint) -> tuple[int, bool, int, str]:
    last = endpoint.path.rstrip("/").rpartition("/")[2].lower()
    rank = _TELLS_WHO.index(last) if last in _TELLS_WHO else len(_TELLS_WHO)
    return rank, not _access(endpoint.facts), endpoint.path.count("/"), endpoint.path


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_suffix(".new")
    draft.write_bytes(data)
    os.replace(draft, path)


def folder_of(folder: Path, name: str) -> Path:
    """Where a connector that people made lies; `NotFoundError` names the ones there are."""
    known = names(folder)
    if name not in known:
        raise NotFoundError(
            f"There is no connector of your own named {name!r}.",
            hint=f"There are: {', '.join(known)}." if known else "Make one: trunkline connectors add-openapi NAME FILE…",
        )
    return folder / name


async def _users(desk: Desk, name: str) -> tuple[str, ...]:
    return tuple(one.name for one in await connection_admin.everything(desk) if one.connector == name)


async def _made(desk: Desk, name: str, manifest: Manifest, facts: Facts) -> Made:
    hosts = Counter(str(one["host"]) for one in facts.endpoints.values() if "host" in one)
    elsewhere = {host: count for host, count in sorted(hosts.items()) if host not in manifest.hosts}
    return Made(name=name, manifest=manifest, endpoints=len(facts.endpoints), connections=await _users(desk, name), elsewhere=elsewhere)


# ── compared ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def differ(desk: Desk, name: str, new: Facts, *, part: bool = False) -> Compared:
    """What newer documents change for a connector; with `part` they describe only some of it, so what they lack is not gone."""
    connector = desk.registry.connector(name)
    if connector.endpoints is None:
        raise ConfigError(f"{connector.name} was not made of an API description.", hint="There is nothing to compare.", place=name)
    difference = compare(facts_of(connector.endpoints), new)
    if part:
        difference = replace(difference, removed=())
    touched = {shape(key): key for key in (*difference.removed, *(one.key for one in difference.changed))}
    flows: dict[str, tuple[str, ...]] = {}
    unclear: list[str] = []
    for flow, plan in await published(desk):
        keys = [key_of(operation) for operation in _operations(desk, plan, connector)]
        calls = {touched[shape(key)] for key in keys if key is not None and shape(key) in touched}
        if calls:
            flows[flow.name] = tuple(sorted(calls))
        if touched and None in keys:
            unclear.append(flow.name)
    return Compared(connector=name, difference=difference, flows=flows, unclear=tuple(unclear))


def key_of(operation: Operation) -> str | None:
    """The endpoint an operation stands on; None when it is made of several calls."""
    if operation.endpoint is not None:
        return operation.endpoint
    return f"{operation.call.method} {operation.call.path}" if isinstance(operation.call, Call) else None


def _operations(desk: Desk, plan: Plan, connector: Connector) -> list[Operation]:
    """What a flow calls of a connector, in its steps and by polling."""
    found: list[Operation] = []
    for _, name in plan.operations:
        try:
            owner, operation = desk.registry.split(name)
        except NotFoundError:
            continue
        if owner.id == connector.id:
            found.append(operation)
    try:
        owner, trigger = desk.registry.split_trigger(plan.trigger.name)
    except NotFoundError:
        return found
    return [*found, trigger.poll.read] if owner.id == connector.id and trigger.poll is not None else found


# ── told by vendors ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """What a vendor says of an operation, and the published flows that call it."""

    notice: StoredNotice
    flows: tuple[str, ...]


async def notices(desk: Desk) -> list[Noticed]:
    """What vendors said in their answers of operations they will take away, those that end soonest first, with who calls or polls them."""
    plans, found = await published(desk), list[Noticed]()
    for one in await noted(desk.database):
        try:
            connector = desk.registry.connector(one.connector)
        except NotFoundError:
            connector = None
        calling = [flow.name for flow, plan in plans if connector is not None and one.operation in _ids(desk, plan, connector)]
        found.append(Noticed(notice=one, flows=tuple(calling)))
    return found


def _ids(desk: Desk, plan: Plan, connector: Connector) -> set[str]:
    return {operation.id for operation in _operations(desk, plan, connector)}
