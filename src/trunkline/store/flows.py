"""Flows and their versions; a version never changes once it is stored."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import bindparam, delete, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import FlowId, WorkspaceId
from trunkline.model.json import JSONObject
from trunkline.store.connections import bump_generation
from trunkline.store.payload import pack, unpack
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import flow_versions, flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow: its newest version, and the published one (None: it does not run)."""

    id: FlowId
    workspace: WorkspaceId
    name: str
    title: str
    latest: int
    published: int | None
    created_at: Instant
    changed_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowVersion:
    """One stored version: the document as the person wrote it, and what starts it, so that a hub need not compile what nothing starts."""

    flow: FlowId
    version: int
    document: str
    digest: str
    trigger: JSONObject
    created_at: Instant
    published_at: Instant | None


_flow = insert_into(flows)
_SAVE = Statement(
    "add a flow or its newer version",
    _flow.on_conflict_do_update(
        index_elements=[flows.c.workspace, flows.c.name],
        set_={name: _flow.excluded[name] for name in ("title", "latest", "changed_at")},
    ),
)
_ADD_VERSION = Statement("store a version", insert_into(flow_versions))
_ALL = Statement("every flow", select(flows).order_by(flows.c.name))
_BY_NAME = Statement("a flow by name", select(flows).where(flows.c.workspace == bindparam("workspace"), flows.c.name == bindparam("name")))
_RUNS = Statement("does a flow run", select(flows.c.name).where(flows.c.id == bindparam("flow"), flows.c.published.is_not(None)))
_VERSION = Statement(
    "one version",
    select(flow_versions).where(flow_versions.c.flow_id == bindparam("flow"), flow_versions.c.version == bindparam("version")),
)
_PUBLISHED = Statement(
    "what starts each published flow",
    select(flows.c.id, flows.c.workspace, flows.c.name, flow_versions.c.version, flow_versions.c.trigger)
    .select_from(flows.join(flow_versions, (flow_versions.c.flow_id == flows.c.id) & (flow_versions.c.version == flows.c.published)))
    .order_by(flows.c.name),
)
_VERSIONS = Statement(
    "the versions of a flow",
    select(flow_versions).where(flow_versions.c.flow_id == bindparam("flow")).order_by(flow_versions.c.version.desc()),
)
_PUBLISH = Statement(
    "choose the version that runs",
    update(flows).where(flows.c.id == bindparam("flow")).values(published=bindparam("version"), changed_at=bindparam("now")),
)
_MARK = Statement(
    "note when a version was published",
    update(flow_versions)
    .where(flow_versions.c.flow_id == bindparam("flow"), flow_versions.c.version == bindparam("number"))
    .values(published_at=bindparam("now")),
)
_REMOVE = Statement("remove a flow", delete(flows).where(flows.c.id == bindparam("flow")))
_REMOVE_VERSIONS = Statement("remove a flow's versions", delete(flow_versions).where(flow_versions.c.flow_id == bindparam("flow")))


def _as_flow(row: Row) -> Flow:
    return Flow(
        id=FlowId(row[0]),
        workspace=WorkspaceId(row[1]),
        name=row[2],
        title=row[3],
        latest=row[4],
        published=row[5],
        created_at=Instant(row[6]),
        changed_at=Instant(row[7]),
    )


def _as_version(row: Row) -> FlowVersion:
    return FlowVersion(
        flow=FlowId(row[0]),
        version=row[1],
        document=row[2],
        digest=row[3],
        trigger=cast(JSONObject, unpack(row[4])),
        created_at=Instant(row[5]),
        published_at=None if row[6] is None else Instant(row[6]),
    )


def save_flow(tx: Transaction, flow: Flow, version: FlowVersion) -> None:
    """Store a flow's newer version as its draft; what is published stays."""
    tx.run(
        _SAVE,
        {
            "id": flow.id,
            "workspace": flow.workspace,
            "name": flow.name,
            "title": flow.title,
            "latest": version.version,
            "published": flow.published,
            "created_at": flow.created_at,
            "changed_at": flow.changed_at,
        },
    )
    tx.run(
        _ADD_VERSION,
        {
            "flow_id": flow.id,
            "version": version.version,
            "document": version.document,
            "digest": version.digest,
            "trigger": pack(version.trigger),
            "created_at": version.created_at,
            "published_at": version.published_at,
        },
    )
    bump_generation(tx)


def all_flows(tx: Transaction) -> list[Flow]:
    """Every flow, by name."""
    return [_as_flow(row) for row in tx.all(_ALL, {})]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFlow:
    """A flow that runs, and what starts it."""

    id: FlowId
    workspace: WorkspaceId
    name: str
    version: int
    trigger: JSONObject


def published_flows(tx: Transaction) -> list[PublishedFlow]:
    """Every flow that runs, by name."""
    return [
        PublishedFlow(
            id=FlowId(row[0]), workspace=WorkspaceId(row[1]), name=row[2], version=row[3], trigger=cast(JSONObject, unpack(row[4]))
        )
        for row in tx.all(_PUBLISHED, {})
    ]


def flow_named(tx: Transaction, workspace: WorkspaceId, name: str) -> Flow | None:
    """The flow with this name."""
    row = tx.one(_BY_NAME, {"workspace": workspace, "name": name})
    return _as_flow(row) if row else None


def is_published(tx: Transaction, flow: FlowId) -> bool:
    """Whether a version of the flow runs."""
    return tx.one(_RUNS, {"flow": flow}) is not None


def get_version(tx: Transaction, flow: FlowId, version: int) -> FlowVersion | None:
    """One stored version."""
    row = tx.one(_VERSION, {"flow": flow, "version": version})
    return _as_version(row) if row else None


def versions_of(tx: Transaction, flow: FlowId) -> list[FlowVersion]:
    """Every version, newest first."""
    return [_as_version(row) for row in tx.all(_VERSIONS, {"flow": flow})]


def publish(tx: Transaction, flow: FlowId, version: int | None, *, now: Instant) -> None:
    """Choose the version that runs; None stops the flow."""
    tx.run(_PUBLISH, {"flow": flow, "version": version, "now": now})
    if version is not None:
        tx.run(_MARK, {"flow": flow, "number": version, "now": now})
    bump_generation(tx)


def remove_flow(tx: Transaction, flow: FlowId) -> None:
    """Remove a flow and its versions; its runs stay until retention takes them."""
    tx.run(_REMOVE_VERSIONS, {"flow": flow})
    tx.run(_REMOVE, {"flow": flow})
    bump_generation(tx)
