"""The same work as a durable DBOS workflow of two steps, map and POST: `dbos_flow.py SINK_URL FILE COUNT`."""
# pyright: basic, reportMissingImports=false
# Peers run in an environment of their own, which the type checker does not see.

import asyncio
import sys

import aiohttp  # noqa: TID251 - a peer is no part of the program
from dbos import DBOS, DBOSConfig

CONCURRENCY = 50

sink_url, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
config: DBOSConfig = {"name": "bench", "system_database_url": f"sqlite:///{file}", "run_admin_server": False, "log_level": "ERROR"}
DBOS(config=config)


class Session:
    """The one HTTP session of the process."""

    current: aiohttp.ClientSession


@DBOS.step()
async def map_fields(contact: dict) -> dict:
    return {"firstName": contact["name"].split(" ")[0], "phone": contact["phone"], "email": contact["email"].lower()}


@DBOS.step()
async def send(mapped: dict) -> dict:
    async with Session.current.post(f"{sink_url}/contacts", json=mapped) as response:
        return await response.json()


@DBOS.workflow()
async def flow(contact: dict) -> dict:
    return await send(await map_fields(contact))


async def main() -> None:
    DBOS.launch()
    places = asyncio.Semaphore(CONCURRENCY)

    async def one(number: int) -> None:
        async with places:
            await flow({"id": f"d-{number}", "name": "Jane Roe", "phone": "+15555550100", "email": f"Jane.{number}@Example.com"})

    async with aiohttp.ClientSession() as Session.current:
        await asyncio.gather(*[one(number) for number in range(count)])
    DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(main())
