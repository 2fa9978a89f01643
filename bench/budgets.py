"""Many locations at full speed against vendors that enforce their limits: `python -m bench.budgets`, ended with 1 when a goal is missed.

The connectors' own limits and readings of headers, real sessions, a real client, and budgets that are kept in a real database meet a
process that counts (`bench.limits`). The goals: no call is refused, and 95 of 100 allowed calls are made.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from math import ceil
from pathlib import Path

import uvloop

from bench.limits import LIMITS
from bench.processes import free_port, running
from trunkline import connectors
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.connect.declaration import Connector, Operation, get
from trunkline.connect.memory import Memory
from trunkline.connect.registry import Registry
from trunkline.connect.session import Session
from trunkline.connect.turns import LANES, Errand
from trunkline.engine.budgets import BudgetRoom
from trunkline.model.clock import Instant, SystemClock
from trunkline.model.connection import Account, Connection, Credential
from trunkline.model.errors import RateLimitedError
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, EndpointId
from trunkline.model.schema import anything, record
from trunkline.store.database import Database, driver_for

GOAL = 0.95
_CALLERS = {"ghl": 3, "openphone": 12, "ringcentral": 1, "slack": 1}
"""Per location and group: as many as keep a budget busy. Each calls again as soon as it is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What became of one group of limits over all locations."""

    connector: str
    group: str
    allowed: int
    taken: int
    least: int
    """Of the location that had the fewest."""
    refused: int

    @property
    def share(self) -> float:
        return self.taken / self.allowed

    @property
    def least_share(self) -> float:
        return self.least / self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run. `cpu` is what part of one processor the calling process took, `late` how many calls the budget sent away."""

    used: tuple[Used, ...]
    calls: int
    seconds: float
    cpu: float

    @property
    def refused(self) -> int:
        return sum(one.refused for one in self.used)

    @property
    def share(self) -> float:
        """Of the group that was used least."""
        return min(one.share for one in self.used)


def operations(connector: str) -> Iterator[Operation]:
    """A read per group."""
    for group in LIMITS[connector]:
        yield Operation(
            id=f"bench.{group or 'any'}",
            title="Count",
            category="Bench",
            kind="read",
            call=get(f"/{connector}/{group}"),
            takes=record({}),
            gives=anything(),
            group=group,
        )


def measure(*, locations: int, seconds: float) -> Measured:
    """Drive everything for `seconds`, then ask the vendors what they saw."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="trunkline-budgets-") as name:
        command = [sys.executable, "-m", "bench.limits", str(port)]
        with running(command, port=port, ready="/count", log=Path(name) / "limits.log"):
            began, spent = time.monotonic(), time.process_time()
            uvloop.run(_drive(f"http://127.0.0.1:{port}", Path(name) / "data.db", locations=locations, seconds=seconds))
            took, cpu = time.monotonic() - began, time.process_time() - spent
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=10) as answer:
                counted: list[tuple[str, str, int, int]] = json.load(answer)
    used = tuple(_used(counted, connector, group, locations, seconds) for connector in LIMITS for group in LIMITS[connector])
    return Measured(used=used, calls=sum(row[2] for row in counted), seconds=seconds, cpu=cpu / took)


def _used(counted: list[tuple[str, str, int, int]], connector: str, group: str, locations: int, seconds: float) -> Used:
    calls, per_s = LIMITS[connector][group]
    rows = [(taken, refused) for name, of_group, taken, refused in counted if (name, of_group) == (connector, group)]
    allowed = calls * ceil(seconds / per_s)
    least = min((taken for taken, _ in rows), default=0) if len(rows) == locations else 0
    return Used(
        connector=connector,
        group=group,
        allowed=allowed * locations,
        taken=sum(min(taken, allowed) for taken, _ in rows),
        least=least * locations,
        refused=sum(refused for _, refused in rows),
    )


async def _drive(url: str, path: Path, *, locations: int, seconds: float) -> None:
    clock = SystemClock()
    database = Database(driver_for(path))
    room = BudgetRoom(database, clock)
    await room.alone()
    registry = Registry.discover(connectors.__name__)
    keeping = asyncio.ensure_future(room.keep())
    async with Client(addresses=Addresses(allow=("127.0.0.1",))) as client:
        until = clock.monotonic() + seconds
        callers = [
            keep_calling(session.keyed(None, errand=errand), operation, until)
            for number in range(locations)
            for name in LIMITS
            for session in [session_on(registry.connector(name), f"{name}-{number}", url, client, room, clock)]
            for operation in operations(name)
            for errand, _ in zip(_errands(), range(_CALLERS[name]), strict=False)
        ]
        tasks = [asyncio.ensure_future(caller) for caller in callers]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await room.close()
    database.close()


def _errands() -> Iterator[Errand]:
    """Callers of every lane, the first ones live."""
    for number in count():
        yield Errand(lane=LANES[number % len(LANES)], flow=f"flow {number}", patience_s=3600)


def session_on(connector: Connector, name: str, url: str, client: Client, room: BudgetRoom, clock: SystemClock) -> Session:
    """A location whose token is its name."""
    account = Account(options={"location": name}, credential=Credential({"token": name}))
    connection = Connection(
        id=ConnectionId(f"con_{name}"),
        workspace=DEFAULT_WORKSPACE,
        name=name,
        connector=connector.id,
        base_url=url,
        options=account.options,
        endpoint=EndpointId(name),
        state="ok",
        cause="",
        since=Instant(0),
        created_at=Instant(0),
    )
    return Session(
        connector=replace(connector, oauth=None),
        account=account,
        client=client,
        budget=room.of(connection, connector, account),
        memory=Memory(clock),
        clock=clock,
        base_url=url,
        location=connection.id,
    )


async def keep_calling(session: Session, operation: Operation, until: float) -> None:
    """Call again as soon as it is answered, and when told to come again."""
    while session.clock.monotonic() < until:
        try:
            await session.call(operation, {})
        except RateLimitedError as error:
            wait = 1.0 if error.retry_at is None else (error.retry_at - session.clock.now()) / 1_000_000
            await asyncio.sleep(max(wait, 0))


def table(measured: Measured) -> str:
    """A row per connector and group."""
    lines = ["| connector | group | limit | allowed | used | least location | refused |", "|---|---|---:|---:|---:|---:|---:|"]
    for one in measured.used:
        calls, per_s = LIMITS[one.connector][one.group]
        lines.append(
            f"| {one.connector} | {one.group or '–'} | {calls} in {per_s:g} s | {one.allowed:,} | {one.share:.1%} "
            f"| {one.least_share:.1%} | {one.refused} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.budgets", description=__doc__)
    parser.add_argument("--locations", type=int, default=100, metavar="N")
    parser.add_argument("--seconds", type=float, default=60, metavar="S")
    given = parser.parse_args(arguments)
    measured = measure(locations=given.locations, seconds=given.seconds)
    print(table(measured))
    print(
        f"\n{given.locations} locations, {len(LIMITS)} connectors, {given.seconds:g} s: {measured.calls:,} calls "
        f"({measured.calls / measured.seconds:,.0f} a second), {measured.refused} refused, {measured.share:.1%} of the allowed rate "
        f"where it was least, {measured.cpu:.0%} of a processor."
    )
    return int(measured.refused > 0 or measured.share < GOAL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
