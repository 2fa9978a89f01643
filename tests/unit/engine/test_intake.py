"""What an event is known by: the vendor's delivery, the record's state, or a key of the trigger's own."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.openphone import connector as openphone
from trunkline.engine.directory import InUse
from trunkline.engine.intake import arrival_of
from trunkline.model.clock import Instant
from trunkline.model.connection import Connection
from trunkline.model.event import Source
from trunkline.model.ids import ConnectionId, EndpointId, WorkspaceId
from trunkline.model.json import JSONObject
from trunkline.model.ports import Arrival
from trunkline.model.schema import record

DESK: Final = Connection(
    id=ConnectionId("con_1"),
    workspace=WorkspaceId("ws_1"),
    name="desk",
    connector="acme",
    base_url=None,
    options={},
    endpoint=EndpointId("end_1"),
    state="ok",
    cause="",
    since=Instant(0),
    created_at=Instant(0),
)
TEXTS: Final = Trigger(
    id="texts.received",
    title="Text received",
    category="Texts",
    gives=record({}, open=True),
    record_key=lambda payload: str(payload["conversation"]),
    key=lambda payload: str(payload["id"]),
)


def _arrival(trigger: Trigger, payload: JSONObject, *, source: Source, key: str | None = None, at: int = 5) -> Arrival:
    use = InUse(name=f"acme.{trigger.id}", trigger=trigger, input={})
    return arrival_of(DESK, use, payload, source=source, key=key, occurred_at=Instant(at), received_at=Instant(9))


def test_event_with_a_key_of_its_own_is_the_same_by_webhook_and_by_poll() -> None:
    text: JSONObject = {"id": "AC1", "conversation": "CN1", "status": "received"}
    told = _arrival(TEXTS, text, source="webhook", key="WD1:0").event
    again = _arrival(TEXTS, text, source="webhook", key="WD2:0").event
    polled = _arrival(TEXTS, {**text, "media": []}, source="poll", at=4).event
    assert told.identity == again.identity == polled.identity
    assert told.record_key == polled.record_key == "CN1"
    other = _arrival(TEXTS, {**text, "id": "AC2"}, source="webhook", key="WD1:0").event
    assert other.identity != told.identity
    assert other.record_key == told.record_key


def test_long_key_is_kept_as_its_hash() -> None:
    event = _arrival(TEXTS, {"id": "x" * 500, "conversation": "CN1"}, source="poll").event
    assert len(event.key) < 100


def test_key_goes_with_no_fingerprint() -> None:
    for one in openphone.triggers:
        assert one.key is None or one.fingerprint is None, one.id
