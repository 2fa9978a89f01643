"""What a simulated OpenPhone workspace tells by webhook and shows in its lists starts a flow once: the poll finds what a webhook lost."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.declaration import Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connectors.openphone import connector
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.engine.directory import InUse
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.intake import arrival_of
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.engine.pace import Pace
from trunkline.engine.poll import Due, Reader
from trunkline.model.clock import iso, later
from trunkline.model.connection import Connection
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, endpoint_id, fresh
from trunkline.model.json import JSON, JSONObject, as_object, dumps, loads
from trunkline.model.ports import Verdict
from trunkline.store import events as event_store
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.clock import FakeClock
from trunkline.testing.direct import DirectClient

TASK = "TKfake0001"


class Ears:
    """One trigger on one workspace: `lost` keeps webhooks from arriving."""

    def __init__(self, database: Database, trigger: Trigger) -> None:
        self.clock = FakeClock()
        self.vendor = FakeOpenPhone(clock=self.clock)
        self.vendor.limits = ()
        self.vendor.seed()
        self.vendor.webhooks.urls.append("http://127.0.0.1:9/hook")
        self.lost = False
        self.heard: list[JSONObject] = []
        self._use = InUse(name=f"openphone.{trigger.id}", trigger=trigger, input={})
        self._connection = Connection(
            id=ConnectionId(fresh("con")),
            workspace=DEFAULT_WORKSPACE,
            name="desk",
            connector="openphone",
            base_url=None,
            options={},
            endpoint=endpoint_id(),
            state="ok",
            cause="",
            since=self.clock.now(),
            created_at=self.clock.now(),
        )
        session = Session(
            connector=connector,
            account=self.vendor.account(),
            client=DirectClient(self.vendor),
            budget=Budget((), self.clock),
            memory=Memory(self.clock),
            clock=self.clock,
        )
        link = Link(connection=self._connection, session=session, registry=Registry((connector,)))
        assert trigger.poll is not None
        self._due = Due(link=link, use=self._use, poll=trigger.poll, pace=Pace.own(300), also_webhook=True)
        self._database = database
        self._inbox = EmbeddedInbox(database, limit=10_000)
        self._reader = Reader(database, self._inbox, self.clock, Wake(self.clock))

    def note(self, body: JSON) -> None:
        """What the vendor announces, until it is delivered."""
        self.heard.append(as_object(loads(dumps(body))))

    async def hear(self) -> list[Verdict]:
        """Deliver what the vendor has announced since."""
        bodies, self.heard = self.heard, []
        verdicts: list[Verdict] = []
        for body in bodies:
            trigger = self._use.trigger
            payload = trigger.payload(body) if trigger.payload and body["type"] in trigger.kinds else None
            if payload is not None and not self.lost:
                now, key = self.clock.now(), fresh("WD")
                arrival = arrival_of(self._connection, self._use, payload, source="webhook", key=key, occurred_at=now, received_at=now)
                verdicts += await self._inbox.append([arrival])
        return verdicts

    async def poll(self) -> int:
        """Some time later, one pass over the list."""
        self.clock.set(later(self.clock.now(), 30))
        return await self._reader.read(f"{self._connection.id}:{self._use.name}", self._due)

    async def events(self) -> list[JSONObject]:
        found = await self._database.read(lambda tx: event_store.latest_events(tx, most=1000))
        return [as_object(event.payload) for event in reversed(found) if event.connection == self._connection.id]


@asynccontextmanager
async def listening(folder: Path, id: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Ears]:
    database = Database(SqliteDriver(folder / "trunkline.db"))
    ears = Ears(database, next(one for one in connector.triggers if one.id == id))
    monkeypatch.setattr(ears.vendor.webhooks, "emit", ears.note)
    try:
        await ears.poll()
        yield ears
    finally:
        database.close()


Happening = Callable[[FakeOpenPhone], object]


def _texted(vendor: FakeOpenPhone) -> None:
    vendor.receive_message("+15555550177", "Hello")


def _sent(vendor: FakeOpenPhone, status: str) -> None:
    number = f"ACnew{len(vendor.messages)}"
    vendor.activity.message(sender="+15555550100", to=["+15555550177"], content="Hi", direction="outgoing", status="sent", id=number)
    vendor.activity.set_status(number, status)


CASES: dict[str, Happening] = {
    "messages.received": _texted,
    "messages.created": _texted,
    "messages.delivered": lambda vendor: _sent(vendor, "delivered"),
    "messages.failed": lambda vendor: _sent(vendor, "failed"),
    "messages.undelivered": lambda vendor: _sent(vendor, "undelivered"),
    "calls.created": lambda vendor: vendor.receive_call("+15555550177", duration=20),
    "calls.answered": lambda vendor: vendor.receive_call("+15555550177", duration=20),
    "calls.completed": lambda vendor: vendor.receive_call("+15555550177", duration=20),
    "calls.missed": lambda vendor: vendor.receive_call("+15555550177"),
    "contacts.changed": lambda vendor: vendor.create_contact({"firstName": "Bela"}),
    "contacts.created": lambda vendor: vendor.create_contact({"firstName": "Bela"}),
    "tasks.created": lambda vendor: vendor.tasks.add({"title": "New", "description": ""}),
    "tasks.changed": lambda vendor: vendor.tasks.change(TASK, "task.updated", {"title": "Other"}),
    "tasks.updated": lambda vendor: vendor.tasks.change(TASK, "task.updated", {"title": "Other"}),
    "tasks.completed": lambda vendor: vendor.tasks.change(TASK, "task.completed", {"status": "completed"}),
    "tasks.assigned": lambda vendor: vendor.tasks.change(TASK, "task.assigned", {"assignedTo": "USfake0001"}),
    "tasks.unlinked": lambda vendor: vendor.tasks.change(TASK, "task.unlinked", {"conversationId": None}),
    "tasks.due_date_updated": lambda vendor: vendor.tasks.change(TASK, "task.duedate.updated", {"dueDate": "2026-12-01T09:00:00Z"}),
}


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "lost"])
@pytest.mark.parametrize("id", CASES)
async def test_what_happens_is_told_once(id: str, lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, id, monkeypatch) as ears:
        ears.lost = lost
        CASES[id](ears.vendor)
        heard = await ears.hear()
        assert ("accepted" in heard) is not lost
        assert [await ears.poll() for _ in range(2)] == [int(lost), 0]
        assert len(await ears.events()) == 1


async def test_webhook_that_comes_after_the_poll_is_no_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for id in ("messages.received", "calls.completed", "tasks.assigned"):
        (tmp_path / id).mkdir()
        async with listening(tmp_path / id, id, monkeypatch) as ears:
            CASES[id](ears.vendor)
            assert await ears.poll() == 1
            assert "accepted" not in await ears.hear()


async def test_texts_of_one_conversation_are_each_told_however_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "messages.received", monkeypatch) as ears:
        for lost in (False, True, False):
            ears.lost = lost
            ears.clock.set(later(ears.clock.now(), 1))
            ears.vendor.receive_message("+15555550177", f"lost: {lost}")
            await ears.hear()
        assert [await ears.poll() for _ in range(2)] == [1, 0]
        assert len({str(as_object(one["message"])["id"]) for one in await ears.events()}) == 3


async def test_task_completed_again_is_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "tasks.completed", monkeypatch) as ears:
        for state, event in (("completed", "task.completed"), ("open", "task.reopened"), ("completed", "task.completed")):
            ears.vendor.tasks.change(TASK, event, {"status": state})
            await ears.hear()
            ears.clock.set(later(ears.clock.now(), 1))
        assert len(await ears.events()) == 2
        ears.lost = True
        for state, event in (("open", "task.reopened"), ("completed", "task.completed")):
            ears.vendor.tasks.change(TASK, event, {"status": state})
            await ears.poll()
        assert len(await ears.events()) == 3


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "lost"])
async def test_task_that_becomes_late_is_told_once_and_again_for_another_due_date(
    lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(tmp_path, "tasks.overdue", monkeypatch) as ears:
        ears.lost = lost
        for told in (1, 2):
            due = iso(later(ears.clock.now(), 60))
            ears.vendor.tasks.change(TASK, "task.duedate.updated", {"dueDate": due})
            assert await ears.poll() == 0
            ears.clock.set(later(ears.clock.now(), 60))
            ears.vendor.tasks.change(TASK, "task.overdue", {})
            await ears.hear()
            assert [await ears.poll() for _ in range(2)] == [int(lost), 0]
            assert len(await ears.events()) == told
            assert as_object((await ears.events())[-1]["task"])["due_date"] == due
        ears.vendor.tasks.change(TASK, "task.completed", {"status": "completed"})
        assert await ears.poll() == 0


async def test_call_that_rings_while_the_poll_looks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "calls.ringing", monkeypatch) as ears:
        ears.lost = True
        call = ears.vendor.activity.call(other="+15555550177")
        assert call["status"] == "ringing"
        assert [await ears.poll() for _ in range(2)] == [1, 0]
        ears.vendor.activity.progress(str(call["id"]), "completed", duration=20)
        assert await ears.poll() == 0


async def test_call_that_nobody_took_was_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "calls.answered", monkeypatch) as ears:
        ears.lost = True
        ears.vendor.receive_call("+15555550177")
        assert await ears.poll() == 0


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "lost"])
async def test_contact_that_is_deleted_is_told_once(lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "contacts.deleted", monkeypatch) as ears:
        ears.lost = lost
        made = [str(ears.vendor.create_contact({"firstName": f"Person {number}"})["id"]) for number in range(5)]
        await ears.poll()
        ears.heard.clear()
        ears.vendor.book.delete(made[2])
        await ears.hear()
        assert [await ears.poll() for _ in range(2)] == [int(lost), 0]
        (told,) = await ears.events()
        assert as_object(told["contact"])["id"] == made[2]
        assert as_object(told["contact"])["first_name"] == "Person 2"


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "lost"])
async def test_task_that_is_deleted_is_told_once(lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "tasks.deleted", monkeypatch) as ears:
        ears.lost = lost
        for number in range(5):
            ears.vendor.tasks.add({"title": f"Task {number}", "description": ""})
        await ears.poll()
        ears.heard.clear()
        ears.vendor.tasks.change(TASK, "task.deleted", {"status": "deleted"})
        await ears.hear()
        assert [await ears.poll() for _ in range(2)] == [int(lost), 0]
        (told,) = await ears.events()
        assert (as_object(told["task"])["id"], told["event"]) == (TASK, "task.deleted")


async def test_conversation_is_told_by_its_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, "conversations.changed", monkeypatch) as ears:
        ears.clock.set(later(ears.clock.now(), 1))
        ears.vendor.receive_message("+15555550101", "Any news?")
        assert [await ears.poll() for _ in range(2)] == [1, 0]
        conversation = as_object((await ears.events())[0]["conversation"])
        assert conversation["participants"] == ["+15555550101"]


@pytest.mark.parametrize("id", ["calls.summary_completed", "calls.voicemail_completed"])
async def test_what_is_written_up_later_is_told_when_it_is(id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path, id, monkeypatch) as ears:
        call = str(ears.vendor.receive_call("+15555550177", duration=20)["id"])
        activity, summary = ears.vendor.activity, "summary" in id
        assert await ears.poll() == 0
        for status, news in (("in-progress", 0), ("completed", 1), ("completed", 0)):
            activity.summaries[call] = {"callId": call, "status": status, "summary": ["Hello"], "nextSteps": [], "jobs": []}
            activity.voicemails[call] = {"id": "VM1", "status": status, "duration": 3, "transcript": None, "recordingUrl": None}
            assert await ears.poll() == news
        told = (await ears.events())[0]
        assert as_object(told["call"])["id"] == call
        assert as_object(told["summary" if summary else "voicemail"])["status"] == "completed"
