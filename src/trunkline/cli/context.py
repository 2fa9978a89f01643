"""What a command works on: the data folder of what was given, opened."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from trunkline.admin.desk import Desk
from trunkline.app import opened_desk
from trunkline.cli.given import Given


@asynccontextmanager
async def desk_of(given: Given) -> AsyncGenerator[Desk]:
    """The data the command works on, opened."""
    async with opened_desk(given.settings()) as desk:
        yield desk
