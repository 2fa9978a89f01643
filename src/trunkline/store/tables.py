"""Every table, one schema for SQLite and PostgreSQL. Instants are microseconds UTC; payloads are packed (`store.payload`)."""

from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

metadata = MetaData()


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[Any]:
    return Column(name, Text, primary_key=key, nullable=null)


def _int(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=null)


def _count(name: str) -> Column[Any]:
    """A number that rows of an older version do not have."""
    return Column(name, BigInteger, nullable=False, server_default="0")


def _blob(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, LargeBinary, nullable=null)


def _seq() -> Column[Any]:
    """A number that only grows, in the order of commit: there is one writer."""
    return Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)


settings = Table("settings", metadata, _text("name", key=True), _int("number"))
"""Small counters: `generation` rises with every change of connections or flows, so that running hubs reload them."""

connections = Table(
    "connections",
    metadata,
    _text("id", key=True),
    _text("workspace"),
    _text("name"),
    _text("connector"),
    _text("base_url", null=True),
    _blob("options"),
    _blob("sealed"),
    _text("endpoint"),
    _text("state"),
    _text("cause"),
    _int("since"),
    _int("created_at"),
    UniqueConstraint("workspace", "name"),
    UniqueConstraint("endpoint"),
)

grants = Table(
    "grants",
    metadata,
    _text("connection_id", key=True),
    _int("generation"),
    _blob("sealed"),
    _text("refused"),
    Column("suspended", Integer, nullable=False),
    _text("claimed_by"),
    _int("claimed_until"),
)
"""Live tokens of connections that signed in; `generation` rises with every change of them."""

sign_ins = Table(
    "sign_ins",
    metadata,
    _text("state", key=True),
    _text("connection_id"),
    _blob("sealed"),
    _text("stage"),
    _text("message"),
    _int("expires_at"),
    Index("sign_ins_expired", "expires_at"),
)
"""Sign-ins that a person has begun; `state` is a hash of what the browser brings back."""

invitations = Table(
    "invitations",
    metadata,
    _text("key", key=True),
    _text("connection_id"),
    _int("tries"),
    _int("expires_at"),
    Index("invitations_connection", "connection_id"),
)
"""Links by which the owner of an account reconnects it."""

flows = Table(
    "flows",
    metadata,
    _text("id", key=True),
    _text("workspace"),
    _text("name"),
    _text("title"),
    _int("latest"),
    _int("published", null=True),
    _int("created_at"),
    _int("changed_at"),
    UniqueConstraint("workspace", "name"),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    _text("flow_id", key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    _text("document"),
    _text("digest"),
    _blob("trigger"),
    _int("created_at"),
    _int("published_at", null=True),
)

events = Table(
    "events",
    metadata,
    _seq(),
    _text("id"),
    _text("identity"),
    _text("workspace"),
    _text("connection_id"),
    _text("trigger"),
    _text("key"),
    _text("record_key"),
    _text("source"),
    _int("depth"),
    _int("occurred_at", null=True),
    _int("received_at"),
    _blob("payload"),
    UniqueConstraint("id"),
    UniqueConstraint("identity"),
    Index("events_received", "received_at"),
    sqlite_autoincrement=True,
)

inbox = Table(
    "inbox",
    metadata,
    _seq(),
    Column("partition", Integer, nullable=False),
    _text("event_id"),
    _text("flow_id", null=True),
    _int("generation"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    _seq(),
    _text("id"),
    _text("workspace"),
    _text("flow_id"),
    _int("version"),
    _text("event_id"),
    _text("record_key"),
    _int("generation"),
    _int("depth"),
    _text("state"),
    _text("code"),
    _text("reason"),
    _int("attempts"),
    _int("received_at"),
    _int("started_at"),
    _int("finished_at", null=True),
    _blob("trace"),
    UniqueConstraint("id"),
    Index("runs_event", "event_id"),
    Index(
        "runs_finished",
        "finished_at",
        sqlite_where=text("finished_at IS NOT NULL"),
        postgresql_where=text("finished_at IS NOT NULL"),
    ),
    Index(
        "runs_open",
        "flow_id",
        "record_key",
        "seq",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
    Index(
        "runs_attention",
        "state",
        "seq",
        sqlite_where=text("finished_at IS NOT NULL AND state <> 'done'"),
        postgresql_where=text("finished_at IS NOT NULL AND state <> 'done'"),
    ),
    sqlite_autoincrement=True,
)

effects = Table(
    "effects",
    metadata,
    _text("run_id", key=True),
    _text("path", key=True),
    _text("operation"),
    _text("connection_id"),
    _text("state"),
    _int("attempts"),
    _int("intended_at"),
    _int("finished_at", null=True),
    _text("code"),
    _text("reason"),
    _blob("request"),
    _blob("answer"),
    Index("effects_unknown", "state", sqlite_where=text("state = 'unknown'"), postgresql_where=text("state = 'unknown'")),
    sqlite_with_rowid=False,
)

steps = Table("steps", metadata, _text("run_id", key=True), _text("path", key=True), _int("at"), _blob("result"), sqlite_with_rowid=False)

timers = Table(
    "timers",
    metadata,
    _text("run_id", key=True),
    _int("due_at", null=True),
    _text("connection_id", null=True),
    _text("flow_id"),
    _text("record_key"),
    Column("holds", Integer, nullable=False),
    Index("timers_due", "due_at"),
    Index("timers_connection", "connection_id"),
)

seen = Table(
    "seen_leaves",
    metadata,
    _text("scope", key=True),
    Column("low", BigInteger, primary_key=True, autoincrement=False),
    _blob("entries"),
    sqlite_with_rowid=False,
)
"""What was last seen of records, many in a row: see `store.seen`."""

cursors = Table(
    "cursors",
    metadata,
    _text("scope", key=True),
    _text("cursor", null=True),
    _int("baseline"),
    _int("polled_at"),
    _int("missed"),
    _text("problem"),
    *(_count(name) for name in ("unread", "told", "interval_ms", "due_at", "size", "held", "calls")),
    Column("wish", Text, nullable=False, server_default=""),
)

backfills = Table(
    "backfills",
    metadata,
    _text("scope", key=True),
    _text("flow_id", key=True),
    _text("asked"),
    _int("begins_at", null=True),
    _int("until_at"),
    _blob("position", null=True),
    _int("round"),
    _int("fresh"),
    _int("pages"),
    _int("records"),
    _int("told"),
    _int("started_at"),
    _int("finished_at", null=True),
    _text("problem"),
    sqlite_with_rowid=False,
)
"""Reads of the past, one for each flow that asks for it; `position` is the input of the page that comes next."""

subscriptions = Table(
    "subscriptions",
    metadata,
    _text("connection_id", key=True),
    _text("address"),
    _blob("kinds"),
    _blob("known"),
    _int("until", null=True),
    _int("made_at", null=True),
    _int("looked_at"),
    _int("repaired"),
    _int("failures"),
    _text("problem"),
)
"""What a vendor was asked to deliver for a connection, and how that went the last time it was looked at."""

schedules = Table(
    "schedules",
    metadata,
    _text("flow_id", key=True),
    _text("plan"),
    _int("reached"),
    _int("planned_at", null=True),
    _int("told_at", null=True),
    _int("untold"),
    _int("missed"),
)
"""How far the clock of each scheduled flow has come; `plan` says when it starts the flow, so that a row of another plan does not count."""

refusals = Table(
    "refusals",
    metadata,
    _seq(),
    _text("connection_id"),
    _int("at"),
    _int("status"),
    _text("reason"),
    _text("message"),
    _text("hint"),
    _blob("headers"),
    _int("size"),
    _text("digest"),
    sqlite_autoincrement=True,
)
"""The newest deliveries that were refused."""

alerts = Table(
    "alerts",
    metadata,
    _seq(),
    _text("key"),
    _text("kind"),
    _text("text"),
    _text("hint"),
    _int("count"),
    _int("opened_at"),
    _int("last_at"),
    _int("closed_at", null=True),
    Column("connections", Text, nullable=False, server_default=""),
    Index(
        "alerts_open",
        "key",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)
"""What needs somebody, and what did; a cause has one open alert at most. `connections`: the ids it hampers, with spaces between."""

alert_routes = Table(
    "alert_routes",
    metadata,
    _text("id", key=True),
    _text("connection_id"),
    _text("target"),
    _int("created_at"),
    UniqueConstraint("connection_id", "target"),
)
"""Where alerts are sent."""

alert_letters = Table(
    "alert_letters",
    metadata,
    _seq(),
    _text("route_id"),
    _blob("news"),
    _int("tries"),
    _int("due_at"),
    _text("problem"),
    Index("alert_letters_due", "due_at"),
    sqlite_autoincrement=True,
)
"""What is still to be sent: an alert that began or is over, to one route."""

notices = Table(
    "notices",
    metadata,
    _text("connector", key=True),
    _text("operation", key=True),
    _int("deprecated_at", null=True),
    _int("sunset_at", null=True),
    _text("link"),
    _int("first_seen"),
    _int("last_seen"),
    _int("answers"),
    sqlite_with_rowid=False,
)

budgets = Table(
    "budgets",
    metadata,
    _text("scope", key=True),
    _text("rate_group", key=True),
    _text("owner", key=True),
    _int("saved_at"),
    _int("ends_at"),
    _blob("kept"),
    Index("budgets_ended", "ends_at"),
)
"""What each process (`owner`) has used of a vendor's limits, and pauses; of no more interest after `ends_at`."""
