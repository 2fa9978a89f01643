"""Events, and the inbox they wait in."""

from typing import cast

from sqlalchemy import bindparam, delete, func, select

from trunkline.model.clock import Instant
from trunkline.model.event import Event, InboxItem, Source
from trunkline.model.ids import ConnectionId, EventId, FlowId, WorkspaceId
from trunkline.model.json import JSONObject
from trunkline.store.payload import pack, unpack
from trunkline.store.statement import Row, Statement, Transaction, insert_into
from trunkline.store.tables import events, inbox

_INSERT = Statement("store an event unless it is there", insert_into(events).on_conflict_do_nothing(index_elements=[events.c.identity]))
_EVENT = [column for column in events.columns if column.name != "seq"]
_GET = Statement("one event", select(*_EVENT).where(events.c.id == bindparam("id")))
_SAME = Statement("the event of an identity", select(*_EVENT).where(events.c.identity == bindparam("identity")))
_LATEST = Statement("newest events", select(*_EVENT).order_by(events.c.seq.desc()).limit(bindparam("most")))
_ENQUEUE = Statement("put an event into the inbox", insert_into(inbox).returning(inbox.c.seq))
_PENDING = Statement(
    "what waits in the inbox behind a place, oldest first",
    select(inbox.c.seq, inbox.c.flow_id, inbox.c.generation, *_EVENT)
    .select_from(inbox.join(events, events.c.id == inbox.c.event_id))
    .where(inbox.c.seq > bindparam("after"))
    .order_by(inbox.c.seq)
    .limit(bindparam("most")),
)
_DONE = Statement("take an item out of the inbox", delete(inbox).where(inbox.c.seq == bindparam("seq")))
_DEPTH = Statement("how many wait in the inbox", select(func.count()).select_from(inbox))
_LAST = Statement("the newest place in the inbox", select(func.max(inbox.c.seq)))


def insert_event(tx: Transaction, event: Event) -> bool:
    """Store `event`; False when the same one (by identity) is there already."""
    return insert_packed(tx, event, pack(event.payload))


def insert_packed(tx: Transaction, event: Event, payload: bytes) -> bool:
    """As `insert_event` with the payload packed before, off the writer's thread."""
    row = {
        "id": event.id,
        "identity": event.identity,
        "workspace": event.workspace,
        "connection_id": event.connection,
        "trigger": event.trigger,
        "key": event.key,
        "record_key": event.record_key,
        "source": event.source,
        "depth": event.depth,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "payload": payload,
    }
    return tx.run(_INSERT, row) == 1


def enqueue(tx: Transaction, event: EventId, *, partition: int, flow: FlowId | None = None, generation: int = 0) -> int:
    """Put an event into the inbox and return its place; places only grow."""
    row = tx.one(_ENQUEUE, {"partition": partition, "event_id": event, "flow_id": flow, "generation": generation})
    return int(cast(Row, row)[0])


def _event(row: Row) -> Event:
    return Event(
        id=EventId(row[0]),
        identity=row[1],
        workspace=WorkspaceId(row[2]),
        connection=ConnectionId(row[3]),
        trigger=row[4],
        key=row[5],
        record_key=row[6],
        source=cast(Source, row[7]),
        depth=row[8],
        occurred_at=None if row[9] is None else Instant(row[9]),
        received_at=Instant(row[10]),
        payload=cast(JSONObject, unpack(row[11])),
    )


def get_event(tx: Transaction, event: EventId) -> Event | None:
    """The event with this id."""
    row = tx.one(_GET, {"id": event})
    return _event(row) if row else None


def event_of(tx: Transaction, identity: str) -> Event | None:
    """The event with this identity, however it came."""
    row = tx.one(_SAME, {"identity": identity})
    return _event(row) if row else None


def latest_events(tx: Transaction, *, most: int) -> list[Event]:
    """The newest events, newest first."""
    return [_event(row) for row in tx.all(_LATEST, {"most": most})]


def pending(tx: Transaction, *, after: int, most: int) -> list[InboxItem]:
    """Inbox items with a place above `after`, oldest first."""
    rows = tx.all(_PENDING, {"after": after, "most": most})
    return [
        InboxItem(seq=row[0], flow=None if row[1] is None else FlowId(row[1]), generation=row[2], event=_event(row[3:])) for row in rows
    ]


def done(tx: Transaction, places: list[int]) -> None:
    """Take items out of the inbox; unknown places are no error."""
    tx.many(_DONE, [{"seq": place} for place in places])


def inbox_depth(tx: Transaction) -> int:
    """How many items wait."""
    return int((tx.one(_DEPTH, {}) or (0,))[0])


def newest_place(tx: Transaction) -> int:
    """The highest place in the inbox now, 0 when it is empty."""
    return int((tx.one(_LAST, {}) or (0,))[0] or 0)
