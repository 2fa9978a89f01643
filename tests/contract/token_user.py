"""A process that calls with tokens it shares with others: `python -m tests.contract.token_user DATABASE CALLS`.

It says `ready`, waits for a line, makes all calls at once, and says how they ended as JSON.
"""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import orjson

from tests.integration.signing_in import GUILD, READ, ROTATING
from trunkline.admin import connections
from trunkline.admin.desk import Desk
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.model.clock import SystemClock
from trunkline.model.errors import TrunklineError
from trunkline.store.database import Database, driver_for
from trunkline.vault.box import Vault

REPEATS = "TRUNKLINE_CRASH_AT_REPEATS"
"""A variable that says whether the vendor repeats a lost answer."""
LEASE_S = 1.0


def a_desk(address: str, *, repeats: bool) -> Desk:
    """A desk on a database at a path or a `postgresql://` address."""
    connector = replace(GUILD, oauth=replace(ROTATING, repeats_answer=repeats))
    return Desk(
        database=Database(driver_for(address if "://" in address else Path(address))),
        vault=Vault(bytes(32)),
        registry=Registry([connector]),
        client=Client(),
        clock=SystemClock(),
    )


async def main(address: str, calls: int) -> None:
    """Call, and tell."""
    desk = a_desk(address, repeats=os.environ.get(REPEATS) == "1")
    link = await connections.link_to(desk, "main")
    assert link.session.tokens is not None
    link.session.tokens.lease_s = LEASE_S

    async def call() -> str:
        try:
            await link.call(READ, {})
        except TrunklineError as error:
            return f"{error.code}: {error.message}"
        return "done"

    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    ended = await asyncio.gather(*(call() for _ in range(calls)))
    print(orjson.dumps(ended).decode(), flush=True)
    await desk.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
