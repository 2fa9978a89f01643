"""What needs somebody: one alert for a cause from when it begins until it is over."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, delete, func, literal_column, select, update

from trunkline.model.clock import Instant
from trunkline.model.ids import ConnectionId, FlowId
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import alerts, effects, events, runs, timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`key` names the cause. `count` is how many things it concerns, the most there were. `closed_at` is None while it lasts."""

    key: str
    kind: str
    text: str
    hint: str
    count: int
    opened_at: Instant
    last_at: Instant
    closed_at: Instant | None
    connections: tuple[ConnectionId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A cause that holds now; `connections` work less well for it."""

    key: str
    kind: str
    text: str
    hint: str
    count: int = 1
    connections: tuple[ConnectionId, ...] = ()


KEPT = 2_000

_OPEN_ALERT = Statement("open an alert", insert_into(alerts))
_GO_ON = Statement(
    "go on with an alert",
    update(alerts)
    .where(alerts.c.key == bindparam("cause"), alerts.c.closed_at.is_(None))
    .values(text=bindparam("text"), hint=bindparam("hint"), count=bindparam("count"), last_at=bindparam("last_at")),
)
_CLOSE = Statement(
    "close an alert",
    update(alerts).where(alerts.c.key == bindparam("cause"), alerts.c.closed_at.is_(None)).values(closed_at=bindparam("at")),
)
_STANDING = Statement("alerts that last", select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.key))
_NEWEST = Statement("the newest alerts", select(alerts).order_by(alerts.c.seq.desc()).limit(bindparam("most")))
_PRUNE = Statement(
    "forget old alerts",
    delete(alerts).where(
        alerts.c.closed_at.is_not(None), alerts.c.seq <= select(func.max(alerts.c.seq)).scalar_subquery() - bindparam("kept")
    ),
)

_FAILED = Statement(
    "runs of each flow that failed since",
    select(runs.c.flow_id, func.count())
    .where(runs.c.finished_at >= bindparam("since"), runs.c.state == literal_column("'failed'"))
    .group_by(runs.c.flow_id),
)
_UNSURE = Statement(
    "how many writes nobody knows the outcome of", select(func.count()).where(effects.c.state == literal_column("'unknown'"))
)
_WAITING = Statement("how many runs wait for a connection", select(func.count()).where(timers.c.connection_id == bindparam("connection")))
_ARRIVALS = Statement(
    "when events arrived, the newest first",
    select(events.c.connection_id, events.c.trigger, events.c.received_at).order_by(events.c.seq.desc()).limit(bindparam("most")),
)


def take_over(tx: Transaction, concerns: Iterable[Concern], *, now: Instant) -> tuple[list[Alert], list[Alert]]:
    """Open alerts for new causes, go on with those there are, close those that are over; which were opened, and which closed."""
    standing = {alert.key: alert for alert in standing_alerts(tx)}
    opened: list[Alert] = []
    for one in concerns:
        known = standing.pop(one.key, None)
        if known is None:
            opened.append(_opened(tx, one, now))
        elif (known.text, known.hint, known.count) != (one.text, one.hint, one.count):
            more = max(known.count, one.count)
            tx.run(_GO_ON, {"cause": one.key, "text": one.text, "hint": one.hint, "count": more, "last_at": now})
    for key in standing:
        tx.run(_CLOSE, {"cause": key, "at": now})
    if opened:
        tx.run(_PRUNE, {"kept": KEPT})
    return opened, list(standing.values())


def _opened(tx: Transaction, one: Concern, now: Instant) -> Alert:
    alert = Alert(
        key=one.key,
        kind=one.kind,
        text=one.text,
        hint=one.hint,
        count=one.count,
        opened_at=now,
        last_at=now,
        closed_at=None,
        connections=one.connections,
    )
    tx.run(_OPEN_ALERT, {**asdict(alert), "connections": " ".join(one.connections)})
    return alert


def standing_alerts(tx: Transaction) -> list[Alert]:
    """Those that last, the oldest first."""
    return sorted((_alert(row) for row in tx.all(_STANDING, {})), key=lambda alert: (alert.opened_at, alert.key))


def newest_alerts(tx: Transaction, *, most: int) -> list[Alert]:
    """The newest first, whether they last or not."""
    return [_alert(row) for row in tx.all(_NEWEST, {"most": most})]


def failed_since(tx: Transaction, since: Instant) -> dict[FlowId, int]:
    """How many runs of each flow ended as failed since then."""
    return {FlowId(row[0]): int(row[1]) for row in tx.all(_FAILED, {"since": since})}


def unsure_count(tx: Transaction) -> int:
    """How many writes wait for a person to say what became of them."""
    row = tx.one(_UNSURE, {})
    return int(row[0]) if row else 0


def waiting_count(tx: Transaction, connection: ConnectionId) -> int:
    """How many runs wait for a connection."""
    row = tx.one(_WAITING, {"connection": connection})
    return int(row[0]) if row else 0


def arrivals(tx: Transaction, *, most: int) -> dict[tuple[ConnectionId, str], list[Instant]]:
    """Of the newest events: when those of each trigger arrived, the newest first."""
    found: dict[tuple[ConnectionId, str], list[Instant]] = {}
    for connection, trigger, received_at in tx.all(_ARRIVALS, {"most": most}):
        found.setdefault((ConnectionId(connection), trigger), []).append(Instant(received_at))
    return found


def _alert(row: Row) -> Alert:
    return Alert(
        key=row[1],
        kind=row[2],
        text=row[3],
        hint=row[4],
        count=row[5],
        opened_at=Instant(row[6]),
        last_at=Instant(row[7]),
        closed_at=None if row[8] is None else Instant(row[8]),
        connections=tuple(ConnectionId(id) for id in row[9].split()),
    )
