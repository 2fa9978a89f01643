"""A process that calls one vendor as fast as its budget lets it until it is killed: `python -m tests.bench.caller URL DATABASE PER_S`.

It says `ready` when all that is slow is done, and begins when it reads a line.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from bench.budgets import keep_calling, operations, session_on
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.connect.declaration import RateLimit
from trunkline.connect.turns import Errand
from trunkline.connectors.openphone import connector as openphone
from trunkline.engine.budgets import BudgetRoom
from trunkline.model.clock import SystemClock
from trunkline.store.database import Database, driver_for

_CALLERS = 12


async def _call(url: str, path: Path, per_s: float) -> None:
    clock = SystemClock()
    database = Database(driver_for(path))
    room = BudgetRoom(database, clock)
    connector = replace(openphone, limits=(RateLimit(calls=10, per_s=per_s),))
    async with Client(addresses=Addresses(allow=("127.0.0.1",))) as client:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await room.alone()
        session = session_on(connector, "killed", url, client, room, clock).keyed(None, errand=Errand(patience_s=60))
        (operation,) = operations("openphone")
        await asyncio.gather(room.keep(), *(keep_calling(session, operation, clock.monotonic() + 60) for _ in range(_CALLERS)))


if __name__ == "__main__":
    asyncio.run(_call(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))
