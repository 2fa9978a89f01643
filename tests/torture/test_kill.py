"""A hub under load, killed again and again at moments nobody chose; `TRUNKLINE_TORTURE_KILLS` and `TRUNKLINE_TORTURE_SEED` set how."""

import asyncio
import os
import random
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests.torture.hub import FLOWS, KEYED, PATHS, PLAIN, Folder, Record, Sender, made, started
from tests.torture.sink import Sink
from trunkline.connect.client import Client
from trunkline.testing.vendor import serving

CONTACTS = 16
TURNED_AWAY = 0.003
"""Share of the writes that the far side refuses with a 503, so that their runs wait in the timetable."""
LONGEST_LIFE_S = 2.5


async def test_hub_killed_a_few_times_under_load_keeps_every_event_and_doubles_no_effect(tmp_path: Path) -> None:
    await _torture(tmp_path, kills=6, seed=random.randrange(1_000_000))


@pytest.mark.torture
async def test_hub_killed_a_hundred_times_under_load_keeps_every_event_and_doubles_no_effect(tmp_path: Path) -> None:
    kills = int(os.environ.get("TRUNKLINE_TORTURE_KILLS", "100"))
    seed = int(os.environ.get("TRUNKLINE_TORTURE_SEED", "0")) or random.randrange(1_000_000)
    await _torture(tmp_path, kills=kills, seed=seed)


async def _torture(home: Path, *, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    print(f"\n{kills} kills, seed {seed}")
    sink = Sink(turn_away=lambda _path, _contact, _number: chance.random() < TURNED_AWAY)
    async with serving(sink) as sink_url, Client() as client:
        folder = await made(home, sink_url)
        sender = Sender(folder, client)
        load = Load(sender)
        await _kill_and_restart(folder, kills, chance)
        async with started(folder) as hub:
            await load.end()
            await folder.settled(len(load.sent) * len(FLOWS), within_s=60 + 5 * kills)
            records = await folder.records()
            _prove(records, load, sink)
            unknown = await _resolve(folder, records, sink)
            assert await hub.stop() == 0
        assert sorted(await folder.events()) == sorted(load.sent)
        print(
            f"{len(load.sent)} events in {sender.tries} deliveries, {len(sink.landed)} writes landed, {sink.turned_away} were turned away, "
            f"{unknown} were unknown, {len(sink.landed) - len(load.sent) * 4} were repeated under their key"
        )
    for path in PLAIN:
        assert sink.times(path) == Counter(load.sent), path


class Load:
    """Sixteen contacts change as fast as the hub takes it, each one's changes in order."""

    def __init__(self, sender: Sender) -> None:
        self.sent: list[tuple[str, int]] = []
        self._sender = sender
        self._ending = False
        self._tasks = [asyncio.get_running_loop().create_task(self._change(f"c{number}")) for number in range(CONTACTS)]

    async def _change(self, contact: str) -> None:
        for number in count():
            if self._ending:
                return
            await self._sender.until_taken(contact, number)
            self.sent.append((contact, number))

    async def end(self) -> None:
        """Begin no more, and wait until the hub has taken what was begun."""
        self._ending = True
        await asyncio.gather(*self._tasks)


async def _kill_and_restart(folder: Folder, kills: int, chance: random.Random) -> None:
    """Each life ends at a random moment: while starting, while taking up what the last one left, or in full work."""
    for _ in range(kills):
        async with started(folder) as hub:
            await asyncio.sleep(chance.uniform(0.3, LONGEST_LIFE_S))
            await hub.kill()


def _prove(records: list[Record], load: Load, sink: Sink) -> None:
    """Every event taken has its one run per flow, and each run says of its writes what the far side knows."""
    runs = Counter((record.flow, record.contact, record.number) for record in records)
    assert runs == Counter((flow, *event) for flow in FLOWS for event in load.sent)
    landed = {path: sink.times(path) for path in (*PLAIN, KEYED)}
    for record in records:
        event = (record.contact, record.number)
        assert record.run.state in ("done", "unknown"), record
        assert record.run.state == "done" or record.flow != "keyed"
        states = {path: found.effect.state for path, found in record.effects.items()}
        assert (record.run.state == "unknown") == ("unknown" in states.values()), record
        for path in PATHS[record.flow]:
            times = landed[path][event]
            match states.get(path):
                case "done":
                    assert times == 1 or (path == KEYED and times > 1), (record, path, times)
                case "unknown":
                    assert times <= 1, (record, path, times)
                case None:
                    assert record.run.state == "unknown"
                    assert times == 0, (record, path)
                case other:
                    pytest.fail(f"{path} of {record} ended as {other}")
    assert all(len(keys) == 1 for keys in sink.keys(KEYED).values())
    for path in (*PLAIN, KEYED):
        for contact, numbers in sink.order(path).items():
            assert numbers == sorted(numbers), (path, contact, numbers)


async def _resolve(folder: Folder, records: list[Record], sink: Sink) -> int:
    """Tell of each unknown write what the far side knows; how many there were."""
    unsure = [
        (record.run.id, sink.times(path)[record.contact, record.number] == 1)
        for record in records
        for path, found in record.effects.items()
        if found.effect.state == "unknown"
    ]
    for run, landed in unsure:
        await folder.resolve(run, landed=landed)
    await folder.all_done()
    return len(unsure)
