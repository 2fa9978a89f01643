"""Intake: makes events of what a vendor said, and decides inside the writing unit whether each is news."""

from dataclasses import replace

from trunkline.connect.declaration import Trigger
from trunkline.engine.directory import InUse
from trunkline.model.clock import Instant, later
from trunkline.model.connection import Connection
from trunkline.model.event import Event, Source
from trunkline.model.ids import digest, event_id, run_id
from trunkline.model.json import JSON, JSONObject, canonical
from trunkline.model.ports import Arrival, Past, Verdict
from trunkline.store import events as store
from trunkline.store import runs as run_store
from trunkline.store import seen
from trunkline.store.payload import pack
from trunkline.store.seen import Seen
from trunkline.store.statement import Transaction

MOST_KEY = 200
"""Longest key of an event or a record that is kept as it came; senders choose them."""
GONE = digest("gone", size=10)
"""The state of a record that is not there any more."""
LAG_S = 600
"""How long a list may show what was told to be gone."""


def scope_of(connection: str, trigger: str) -> str:
    """The identity of a trigger with its input: it survives edits and publishing of the flows that use it."""
    return f"{connection}:{trigger}"


def arrival_of(
    connection: Connection,
    use: InUse,
    payload: JSONObject,
    *,
    source: Source,
    key: str | None,
    occurred_at: Instant | None,
    received_at: Instant,
    depth: int = 0,
    read_at: Instant | None = None,
    baseline: bool = False,
    notes_unseen: bool = False,
    past: Past | None = None,
) -> Arrival:
    """An event before it is admitted. Without a vendor's delivery `key` the content and its time identify it.

    A polled state without a time has that of the poll: a record may come back to a state it was in before. A `baseline` of a trigger that
    tells what is gone is a record that is there; all else it hears of is one that is not.
    """
    trigger = use.trigger
    record_key, fingerprint = state_of(trigger, payload)
    if trigger.gone and not baseline:
        fingerprint = GONE
    known = key if trigger.key is None else trigger.key(payload)
    at = read_at if occurred_at is None and fingerprint is not None else occurred_at
    found = _bounded(known) if known else digest(record_key, fingerprint or canonical(payload), str(at))
    identity = digest(connection.id, use.name, found)
    event = Event(
        id=event_id(received_at, identity),
        identity=identity,
        workspace=connection.workspace,
        connection=connection.id,
        trigger=use.name,
        key=found,
        record_key=record_key,
        source=source,
        depth=depth,
        occurred_at=occurred_at,
        received_at=received_at,
        payload=payload,
    )
    return Arrival(
        event=event,
        packed=pack(payload),
        fingerprint=fingerprint,
        remembered=_remembered(trigger, payload, fingerprint),
        compare=trigger.compare,
        fold=trigger.fold,
        read_at=read_at,
        baseline=baseline,
        notes_unseen=notes_unseen,
        wants=None if trigger.compare is None else use.wants,
        past=past,
    )


def state_of(trigger: Trigger, payload: JSONObject) -> tuple[str, str | None]:
    """Which record a payload is about, and the fingerprint of its state; None where only the event's own id counts."""
    return _bounded(trigger.record_key(payload)), _fingerprint(trigger, payload)


def _remembered(trigger: Trigger, payload: JSONObject, fingerprint: str | None) -> JSON:
    if trigger.gone:
        return None if fingerprint == GONE else payload
    return None if trigger.remember is None else trigger.remember(payload)


def _fingerprint(trigger: Trigger, payload: JSONObject) -> str | None:
    if trigger.gone:
        return digest(canonical(payload), size=10)
    if trigger.fingerprint is not None:
        return digest(canonical(trigger.fingerprint(payload)), size=10)
    return None if trigger.fold is None else digest(canonical(payload), size=10)


def _bounded(key: str) -> str:
    """`key`, or its hash when it is too long for an index or holds what not every database can store."""
    return key if len(key) <= MOST_KEY and "\0" not in key else digest(key)


def admit(tx: Transaction, arrival: Arrival) -> tuple[Verdict, Event | None]:
    """Store the event if it is news. Runs inside a unit, so two arrivals of one record never decide on the same past."""
    if arrival.past is not None:
        return _admit_past(tx, arrival, arrival.past)
    if arrival.fingerprint is None:
        if arrival.baseline:
            return "baseline", None
        stored = store.insert_packed(tx, arrival.event, arrival.packed)
        return ("accepted", arrival.event) if stored else ("duplicate", None)
    return _admit_state(tx, arrival, arrival.fingerprint)


def _admit_state(tx: Transaction, arrival: Arrival, fingerprint: str) -> tuple[Verdict, Event | None]:
    event = arrival.event
    scope = scope_of(event.connection, event.trigger)
    spot = seen.look(tx, scope=scope, record_key=event.record_key)
    last = spot.last
    verdict: Verdict = "accepted"
    if last is not None:
        if last.says(fingerprint):
            return "no_news", None
        if arrival.read_at is not None and last.stored_at >= _settled(arrival.read_at, last):
            return "stale", None
        if arrival.read_at is None and event.occurred_at is not None and last.is_after(event.occurred_at):
            return "stale", None
    baseline = arrival.baseline or (arrival.notes_unseen and last is None)
    remembered, payload = _compared(arrival, None if last is None else last.remembered)
    if baseline:
        verdict = "baseline"
    elif payload is None:
        verdict = "no_news"
    elif payload is not event.payload:
        event = replace(event, payload=payload)
    if verdict == "accepted" and not _store(tx, event, arrival):
        return "duplicate", None
    seen.see(
        tx,
        spot,
        fingerprint=fingerprint,
        occurred_at=event.occurred_at,
        stored_at=event.received_at,
        remembered=remembered,
    )
    return verdict, event if verdict == "accepted" else None


def _settled(read_at: Instant, last: Seen) -> Instant:
    """Since when what is known outweighs what a poll reads: a list may show for a while what is gone."""
    return later(read_at, -LAG_S) if last.says(GONE) else read_at


def _admit_past(tx: Transaction, arrival: Arrival, past: Past) -> tuple[Verdict, Event | None]:
    """For the one flow that asks for the past. What others were told is news to it; what it hears of anyway, or was told, is not."""
    event = arrival.event
    last = seen.look(tx, scope=scope_of(event.connection, event.trigger), record_key=event.record_key).last
    told_now = arrival.fingerprint is not None and event.occurred_at is None if last is None else last.stored_at >= past.since
    if told_now:
        return "no_news", None
    _, payload = _compared(arrival, None)
    if payload is None:
        return "no_news", None
    event = event if payload is event.payload else replace(event, payload=payload)
    if _store(tx, event, arrival):
        return "accepted", event
    known = store.event_of(tx, event.identity)
    if known is None or run_store.get_run(tx, run_id(known.id, past.flow, 0)) is not None:
        return "duplicate", None
    return "duplicate" if past.again and known.source == "backfill" else "accepted", known


def _compared(arrival: Arrival, before: JSON) -> tuple[JSON, JSONObject | None]:
    """What is remembered from now on, and the payload as it is told; None for no news."""
    payload = arrival.event.payload
    if arrival.fold is not None:
        return arrival.fold(before, payload)
    told = payload if arrival.compare is None or arrival.baseline else arrival.compare(before, payload)
    return arrival.remembered, told if told is None or arrival.wants is None or arrival.wants(told) else None


def _store(tx: Transaction, event: Event, arrival: Arrival) -> bool:
    packed = arrival.packed if event is arrival.event else pack(event.payload)
    return store.insert_packed(tx, event, packed)
