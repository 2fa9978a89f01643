"""A hub that dies at each crash point, and what is true when it runs again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from tests.torture.hub import FLOWS, KEYED, PATHS, PLAIN, Folder, Record, Sender, made, started
from tests.torture.sink import Sink
from trunkline.connect.client import Client
from trunkline.model.event import FINAL
from trunkline.testing.crashpoints import crash_points, die_at
from trunkline.testing.vendor import serving

POINTS: Final = [*(point for point in crash_points() if not point.startswith(("token-", "rotate-"))), "after-intent:4"]
"""Those of tokens and of rotation are reached elsewhere: tests/contract/test_token_processes.py, tests/integration/test_cli_vault.py."""
TIMES: Final = {"before-commit": 4, "after-commit": 4}
"""The hub writes a little by itself when it starts; these are to die over an event."""
PARKING: Final = frozenset({"after-park", "after-claim", "after-wait-behind"})
"""Points that are reached only when a write is turned away for some seconds."""
SENT: Final = frozenset({"after-answer", "before-finish"})
EVENTS: Final = [(f"c{contact}", number) for number in range(2) for contact in range(3)]


TURNED_AWAY: Final = ("c0", 0)


class Once:
    """Turns the first try of one event away on each of these paths."""

    def __init__(self, *paths: str) -> None:
        self._left = set(paths)

    def __call__(self, path: str, contact: str, number: int) -> bool:
        if (contact, number) != TURNED_AWAY or path not in self._left:
            return False
        self._left.remove(path)
        return True


def _sink_for(point: str) -> Sink:
    if point in PARKING:
        return Sink(turn_away=Once("/plain", KEYED))
    return Sink(turn_away=Once("/plain") if point == "before-repeat" else None, retry_after_s=0)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client() as client:
        yield client


@pytest.mark.parametrize("point", POINTS)
async def test_hub_that_dies_at_a_crash_point_loses_nothing_doubles_nothing_and_says_what_it_cannot_know(
    point: str, tmp_path: Path, client: Client
) -> None:
    name = point.partition(":")[0]
    sink = _sink_for(name)
    async with serving(sink) as sink_url:
        folder = await made(tmp_path, sink_url)
        sender = Sender(folder, client)
        await _die(f"{name}:{TIMES[name]}" if name in TIMES else point, folder, sender)
        unsure = await folder.intended()
        assert name != "before-repeat" or (TURNED_AWAY, "/plain") not in unsure
        assert name not in SENT or any(sink.times(path)[event] for event, path in unsure)
        async with started(folder) as hub:
            await sender.until_up()
            known = await folder.events()
            await folder.settled(len(known) * len(FLOWS))
            _prove(sink, sender, known, await folder.records(), unsure)
            await _deliver_again(sender)
            await folder.settled(len(EVENTS) * len(FLOWS))
            assert sorted(await folder.events()) == sorted(EVENTS)
            await _resolve(folder, sink)
            assert await hub.stop() == 0
        records = await folder.records()
    assert {record.run.state for record in records} == {"done"}
    assert Counter((record.flow, record.contact, record.number) for record in records) == Counter(
        (flow, *event) for flow in FLOWS for event in EVENTS
    )
    for path in PLAIN:
        assert sink.times(path) == Counter(EVENTS), path
    assert all(len(keys) == 1 for keys in sink.keys(KEYED).values())
    assert sink.keys(KEYED).keys() == set(EVENTS)


async def _die(point: str, folder: Folder, sender: Sender) -> None:
    """Send the events, each once, to a hub that dies at `point`."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(die_at(point, folder.command))
        await sender.until_up()
        for event in EVENTS:
            await sender.once(*event)


def _prove(
    sink: Sink,
    sender: Sender,
    known: list[tuple[str, int]],
    records: list[Record],
    unsure: set[tuple[tuple[str, int], str]],
) -> None:
    """Before anybody delivers again: what was taken is there once, and unknown is exactly what was under way without a key."""
    assert len(known) == len(set(known))
    assert sender.accepted <= set(known)
    runs = Counter((record.flow, record.contact, record.number) for record in records)
    assert runs == Counter((flow, *event) for flow in FLOWS for event in known)
    unknown = {
        ((record.contact, record.number), path)
        for record in records
        for path, found in record.effects.items()
        if found.effect.state == "unknown"
    }
    assert unknown == {(event, path) for event, path in unsure if path in PLAIN}
    for record in records:
        event = (record.contact, record.number)
        doubtful = any((event, path) in unknown for path in PATHS[record.flow])
        assert record.run.state == ("unknown" if doubtful else "done"), record
        assert record.run.state in FINAL
        for path in PATHS[record.flow]:
            landed = sink.times(path)[event]
            if path in record.effects and record.effects[path].effect.state == "done":
                assert landed == 1 if path in PLAIN else landed >= 1
            else:
                assert landed <= 1


async def _deliver_again(sender: Sender) -> None:
    """Every event comes once more, as from a vendor that heard nothing."""
    for event in EVENTS:
        await sender.until_taken(*event)


async def _resolve(folder: Folder, sink: Sink) -> None:
    """Tell of every unknown write what the far side knows of it; a run with two may ask twice."""
    for record in await folder.records():
        for path, found in record.effects.items():
            if found.effect.state == "unknown":
                landed = sink.times(path)[record.contact, record.number] == 1
                await folder.resolve(record.run.id, landed=landed)
    await folder.all_done()
