"""Laws of polling: what changed is told once, however the list is read, however it shifts and whichever part of time it shows."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.property.lists import CHANGES, TURNS, Change, Hub, Turn, Vendor, listing
from trunkline.connect.declaration import Window
from trunkline.connect.watching import Reading, epoch_ms, watch
from trunkline.model.clock import Instant, from_iso
from trunkline.model.json import JSON
from trunkline.store.database import Database
from trunkline.store.sqlite import SqliteDriver
from trunkline.testing.clock import FakeClock


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


@LAW
@given(there_before=st.lists(CHANGES, max_size=6), turns=TURNS, reading=st.sampled_from([Reading(), NEWEST_FIRST, SINCE]))
def test_a_change_is_told_once_though_the_vendors_clock_goes_backwards(
    database: Database, there_before: list[Change], turns: list[Turn], reading: Reading
) -> None:
    async def law() -> None:
        vendor = Vendor(FakeClock(), back_s=590)
        trigger = watch(listing(vendor, updated_field="updated_at"), id="things", title="Things", reading=replace(reading, overlap_s=600))
        hub = Hub(database, vendor, trigger)
        began = await _lived(hub, vendor, there_before, turns, calm=reading.since is not None or reading.newest_first)
        told = await hub.told()
        assert set(told) >= {(key, item["v"]) for key, item in vendor.items.items() if vendor.changed[key] >= began}
        assert not {(key, item["v"]) for key, item in vendor.items.items() if vendor.changed[key] < began} & set(told)
        assert len(told) == len(set(told))

    asyncio.run(law())


@settings(LAW, max_examples=20)
@given(turns=TURNS, reading=st.sampled_from([NEWEST_FIRST, SINCE]))
def test_what_is_stamped_hours_too_early_is_found_by_the_first_pass_of_the_day(
    database: Database, turns: list[Turn], reading: Reading
) -> None:
    async def law() -> None:
        vendor = Vendor(FakeClock())
        hub = Hub(database, vendor, watch(listing(vendor, updated_field="updated_at"), id="things", title="Things", reading=reading))
        await _lived(hub, vendor, [], [], calm=True)
        await vendor.clock.advance(2 * 86_400)
        await hub.poll()
        vendor.back_s = 20 * 3600
        for turn in turns:
            for change in turn.before:
                await vendor.change(change)
        for _ in range(25):
            await vendor.clock.advance(3600)
            await hub.poll()
        told = await hub.told()
        assert set(told) == {(key, item["v"]) for key, item in vendor.items.items()}
        assert len(told) == len(set(told))

    asyncio.run(law())
