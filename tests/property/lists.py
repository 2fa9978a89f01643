"""A list that changes while it is read, and a hub that polls it: what laws of polling are tried on."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Caller, Connector, Operation, Trigger
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.watching import epoch_ms
from trunkline.engine.directory import InUse
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.engine.pace import Pace
from trunkline.engine.poll import Due, Reader
from trunkline.model.clock import Instant, iso, later
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.errors import UnavailableError
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, endpoint_id
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import anything, list_of, record
from trunkline.store import events as event_store
from trunkline.store.cursors import Cursor
from trunkline.store.database import Database
from trunkline.testing.clock import FakeClock

PAGE = 2
HOUR_S = 3600.0
Change = tuple[Literal["put", "delete"], int, int]
"""Which item, and in how many hours it takes place."""

CHANGES = st.tuples(st.sampled_from(["put", "put", "put", "delete"]), st.integers(0, 5), st.integers(-30, 80))


@dataclass(frozen=True, slots=True)
class Turn:
    """Changes before a pass, changes between its pages, and how long until it begins."""

    before: list[Change]
    during: list[Change]
    pause_s: int


TURNS = st.lists(
    st.builds(Turn, st.lists(CHANGES, max_size=4), st.lists(CHANGES, max_size=2), st.integers(1, 4000)), min_size=1, max_size=6
)


@dataclass(slots=True)
class Vendor:
    """Keeps a list, cuts it into pages by position, and changes while it is read."""

    clock: FakeClock
    items: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    stamped: bool = True
    during: Iterator[Change] = field(default_factory=lambda: iter(()))
    version: Iterator[int] = field(default_factory=count)
    back_s: float = 0
    """How far its clock may lie behind what it told before: as far as that a change is stamped too early, by the number it comes with."""
    broken: set[int] = field(default_factory=set[int])
    """Pages (by their first position) that cannot be read."""
    changed: dict[str, Instant] = field(default_factory=dict[str, Instant])
    """When each item was really changed last."""
    deleted: list[str] = field(default_factory=list[str])

    async def change(self, change: Change) -> None:
        what, number, hours = change
        await self.clock.advance(0.25)
        now = self.clock.now()
        if self.items.pop(f"i{number}", None) is not None and what == "delete":
            self.deleted.append(f"i{number}")
        self.changed[f"i{number}"] = now
        if what == "put":
            at: JSONObject = {"updated_at": iso(later(now, -self.back_s * (hours + 30) / 110))} if self.stamped else {}
            self.items[f"i{number}"] = {"id": f"i{number}", "v": next(self.version), "begins": epoch_ms(later(now, hours * HOUR_S)), **at}

    async def read(self, caller: Caller, input: JSONObject) -> JSON:
        found = [item for item in self.items.values() if _within(item, input)]
        found.sort(key=lambda item: str(item.get("updated_at")), reverse=input.get("order") == "newest")
        offset = input.get("offset")
        begin = offset if isinstance(offset, int) else 0
        if begin in self.broken:
            raise UnavailableError("The page cannot be read now.", connector="law")
        page: list[JSON] = [dict(item) for item in found[begin : begin + PAGE]]
        for change in self.during:
            await self.change(change)
            break
        return {"items": page}


def _within(item: JSONObject, input: JSONObject) -> bool:
    since, begin, end, begins = (input.get("since"), input.get("begin"), input.get("end"), item["begins"])
    if isinstance(begin, int) and isinstance(end, int) and isinstance(begins, int) and not begin <= begins <= end:
        return False
    return since is None or str(item["updated_at"]) >= str(since)


def _following(input: JSONObject, answer: JSON) -> JSONObject | None:
    items, offset = as_object(answer)["items"], input.get("offset")
    return (
        {**input, "offset": (offset if isinstance(offset, int) else 0) + PAGE} if isinstance(items, list) and len(items) == PAGE else None
    )


def listing(vendor: Vendor, **facts: str) -> Operation:
    return Operation(
        id="things.list",
        title="List",
        category="Things",
        kind="read",
        call=vendor.read,
        takes=record({name: anything() for name in ("since", "offset", "order", "begin", "end")}),
        gives=record({"items": list_of(record({}, open=True))}),
        items="items",
        id_field="id",
        updated_field=facts.get("updated_field"),
        next_page=_following,
    )


class Hub:
    """A poller on a real file, and what it told."""

    numbers = count()

    def __init__(self, database: Database, vendor: Vendor, trigger: Trigger, *, most_gone: float = 0.5) -> None:
        clock = vendor.clock
        connector = Connector(
            id="law", name="Law", base_url="http://127.0.0.1", about="", auth=lambda _: (), operations=(), triggers=(trigger,)
        )
        self.connection = Connection(
            id=ConnectionId(f"con{next(self.numbers)}"),
            workspace=DEFAULT_WORKSPACE,
            name="main",
            connector="law",
            base_url=None,
            options={},
            endpoint=endpoint_id(),
            state="ok",
            cause="",
            since=clock.now(),
            created_at=clock.now(),
        )
        session = Session(
            connector=connector,
            account=Account(options={}, credential=Credential()),
            client=Client(),
            budget=Budget((), clock),
            memory=Memory(clock),
            clock=clock,
        )
        link = Link(connection=self.connection, session=session, registry=Registry((connector,)))
        assert trigger.poll is not None
        use = InUse(name=f"law.{trigger.id}", trigger=trigger, input={})
        self.due = Due(link=link, use=use, poll=trigger.poll, pace=Pace.own(300), also_webhook=False)
        self.database = database
        self.reader = Reader(database, EmbeddedInbox(database, limit=10_000), clock, Wake(clock), most_gone=most_gone)

    @property
    def scope(self) -> str:
        return f"{self.connection.id}:{self.due.use.name}"

    async def poll(self) -> None:
        await self.reader.read(self.scope, self.due)

    async def keys(self) -> list[str]:
        """The record of every event, oldest first."""
        found = await self.database.read(lambda tx: event_store.latest_events(tx, most=10_000))
        return [event.record_key for event in reversed(found) if event.connection == self.connection.id]

    async def cursor(self) -> Cursor:
        return self.reader.cursors[self.scope]

    async def release(self) -> None:
        """A person confirms what is held back."""
        self.reader.cursors[self.scope] = replace(self.reader.cursors[self.scope], wish="release")

    async def told(self) -> list[tuple[str, JSON]]:
        """Record and version of every event, oldest first."""
        found = await self.database.read(lambda tx: event_store.latest_events(tx, most=10_000))
        mine = [event for event in reversed(found) if event.connection == self.connection.id]
        return [(event.record_key, as_object(event.payload["item"])["v"]) for event in mine]
