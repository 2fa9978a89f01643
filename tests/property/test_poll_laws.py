"""Laws of polling: what changed is told once, however the list is read, however it shifts and whichever part of time it shows."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.declaration import Caller, Connector, Operation, Trigger, Window
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.watching import Reading, epoch_ms, watch
from trunkline.engine.directory import InUse
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.links import Link
from trunkline.engine.loops import Wake
from trunkline.engine.pace import Pace
from trunkline.engine.poll import Due, Reader
from trunkline.model.clock import Instant, from_iso, iso, later
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, endpoint_id
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import anything, list_of, record
from trunkline.store import events as event_store
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
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

    async def change(self, change: Change) -> None:
        what, number, hours = change
        await self.clock.advance(0.25)
        now = self.clock.now()
        self.items.pop(f"i{number}", None)
        if what == "put":
            at: JSONObject = {"updated_at": iso(now)} if self.stamped else {}
            self.items[f"i{number}"] = {"id": f"i{number}", "v": next(self.version), "begins": epoch_ms(later(now, hours * HOUR_S)), **at}

    async def read(self, caller: Caller, input: JSONObject) -> JSON:
        found = [item for item in self.items.values() if _within(item, input)]
        found.sort(key=lambda item: str(item.get("updated_at")), reverse=input.get("order") == "newest")
        offset = input.get("offset")
        begin = offset if isinstance(offset, int) else 0
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

    def __init__(self, database: Database, vendor: Vendor, trigger: Trigger) -> None:
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
        self.reader = Reader(database, EmbeddedInbox(database, limit=10_000), clock, Wake(clock))

    async def poll(self) -> None:
        await self.reader.read(f"{self.connection.id}:{self.due.use.name}", self.due)

    async def told(self) -> list[tuple[str, JSON]]:
        """Record and version of every event, oldest first."""
        found = await self.database.read(lambda tx: event_store.latest_events(tx, most=10_000))
        mine = [event for event in reversed(found) if event.connection == self.connection.id]
        return [(event.record_key, as_object(event.payload["item"])["v"]) for event in mine]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path: Path = tmp_path_factory.mktemp("laws") / "trunkline.db"
    database = Database(SqliteDriver(path))
    yield database
    database.close()


LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NEWEST_FIRST = Reading(newest_first=True, begin={"order": "newest"}, overlap_s=0)
SINCE = Reading(since=lambda since: {"since": since}, overlap_s=0)


async def _lived(hub: Hub, vendor: Vendor, there_before: list[Change], turns: list[Turn], *, calm: bool) -> Instant:
    """The vendor's life; with `calm` no two passes in a row are disturbed. When events began."""
    for change in there_before:
        await vendor.change(change)
    await vendor.clock.advance(5)
    began = vendor.clock.now()
    await hub.poll()
    disturbed = False
    for turn in turns:
        for change in turn.before:
            await vendor.change(change)
        await vendor.clock.advance(turn.pause_s)
        disturbed = bool(turn.during) and not (calm and disturbed)
        vendor.during = iter(turn.during if disturbed else ())
        await hub.poll()
    vendor.during = iter(())
    for _ in range(2):
        await vendor.clock.advance(300)
        await hub.poll()
    return began


def _changed_since(vendor: Vendor, began: Instant) -> set[tuple[str, JSON]]:
    return {(key, item["v"]) for key, item in vendor.items.items() if from_iso(str(item["updated_at"])) >= began}


@LAW
@given(there_before=st.lists(CHANGES, max_size=6), turns=TURNS, reading=st.sampled_from([Reading(), NEWEST_FIRST, SINCE]))
@example(  # the list shifts by one while it is read: the item at the border of two pages slips through once
    there_before=[],
    turns=[Turn([("put", number, 0) for number in range(4)], [("put", 0, 0)], 10), Turn([("put", 5, 0)], [], 4000)],
    reading=SINCE,
)
@example(
    there_before=[],
    turns=[Turn([("put", number, 0) for number in range(4)], [("delete", 3, 0)], 10), Turn([("put", 5, 0)], [], 4000)],
    reading=NEWEST_FIRST,
)
def test_every_change_is_told_once_though_pages_shift(
    database: Database, there_before: list[Change], turns: list[Turn], reading: Reading
) -> None:
    async def law() -> None:
        vendor = Vendor(FakeClock())
        trigger = watch(listing(vendor, updated_field="updated_at"), id="things", title="Things", reading=reading)
        hub = Hub(database, vendor, trigger)
        began = await _lived(hub, vendor, there_before, turns, calm=reading.since is not None or reading.newest_first)
        told = await hub.told()
        assert set(told) >= _changed_since(vendor, began)
        assert len(told) == len(set(told))

    asyncio.run(law())


@LAW
@given(there_before=st.lists(CHANGES, max_size=6), turns=TURNS)
def test_without_times_a_change_is_told_by_what_the_record_holds(database: Database, there_before: list[Change], turns: list[Turn]) -> None:
    async def law() -> None:
        vendor = Vendor(FakeClock(), stamped=False)
        hub = Hub(database, vendor, watch(listing(vendor), id="things", title="Things"))
        await _lived(hub, vendor, there_before, [], calm=True)
        before = {(key, item["v"]) for key, item in vendor.items.items()}
        assert await hub.told() == []
        await _lived(hub, vendor, [], turns, calm=False)
        told = await hub.told()
        assert set(told) >= {(key, item["v"]) for key, item in vendor.items.items()} - before
        assert not set(told) & before
        assert len(told) == len(set(told))

    asyncio.run(law())


@LAW
@given(there_before=st.lists(CHANGES, max_size=6), turns=TURNS, days=st.tuples(st.integers(0, 1), st.integers(0, 3)))
def test_a_window_that_moves_tells_of_everything_that_changed_once_it_shows_it(
    database: Database, there_before: list[Change], turns: list[Turn], days: tuple[int, int]
) -> None:
    async def law() -> None:
        vendor = Vendor(FakeClock())
        window = Window(begin="begin", end="end", days_back=days[0], days_ahead=days[1], spell=epoch_ms)
        trigger = watch(listing(vendor, updated_field="updated_at"), id="things", title="Things", reading=Reading(window=window))
        hub = Hub(database, vendor, trigger)
        began = await _lived(hub, vendor, there_before, [replace(turn, pause_s=turn.pause_s * 20) for turn in turns], calm=False)
        now = epoch_ms(vendor.clock.now())
        day_ms = 86_400_000
        shown = {
            (key, item["v"])
            for key, item in vendor.items.items()
            if isinstance(begins := item["begins"], int) and now - days[0] * day_ms <= begins <= now + days[1] * day_ms
        }
        told = await hub.told()
        assert set(told) >= shown & _changed_since(vendor, began)
        assert len(told) == len(set(told))
        unchanged = {(key, item["v"]) for key, item in vendor.items.items()} - _changed_since(vendor, began)
        assert not unchanged & set(told), "entering the window is no change"

    asyncio.run(law())


@LAW
@given(there_before=st.lists(CHANGES, max_size=6), turns=TURNS)
def test_each_new_item_is_told_once(database: Database, there_before: list[Change], turns: list[Turn]) -> None:
    async def law() -> None:
        vendor = Vendor(FakeClock(), stamped=False)
        hub = Hub(database, vendor, watch(listing(vendor), id="things", title="Things", news="new"))
        await _lived(hub, vendor, there_before, [], calm=True)
        known = set(vendor.items)
        await _lived(hub, vendor, [], turns, calm=False)
        told = [key for key, _ in await hub.told()]
        assert set(told) >= set(vendor.items) - known
        assert not set(told) & known
        assert len(told) == len(set(told))

    asyncio.run(law())
