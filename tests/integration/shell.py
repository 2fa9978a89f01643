"""The program as real processes on one data folder."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.forking import carried_out
from trunkline.model.crash import VARIABLE
from trunkline.model.json import JSONObject, as_list, as_object, loads


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> JSONObject:
        return as_object(loads(self.out))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Commands on one data folder."""

    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
        return {**ours, "TRUNKLINE_HOME": str(self.home), "TRUNKLINE_ALLOW_HOSTS": "127.0.0.1", "NO_COLOR": "1", "COLUMNS": "160", **more}

    async def start(self, *words: str, **more: str) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "trunkline", *words, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self.environment(**more)
        )

    async def __call__(self, *words: str, stdin: str = "", **more: str) -> Said:
        if VARIABLE in more:
            process = await self.start(*words, **more)
            out, err = await process.communicate(stdin.encode())
            code = process.returncode or 0
        else:
            code, out, err = await carried_out(words, stdin.encode(), self.environment(**more))
        assert "Traceback" not in err.decode(), err.decode()
        return Said(code=code, out=out.decode(), err=err.decode())

    async def done(self, *words: str, stdin: str = "") -> JSONObject:
        """The answer of a command that must succeed."""
        said = await self(*words, "--json", stdin=stdin)
        assert said.code == 0, said
        return said.json

    @asynccontextmanager
    async def hub(self) -> AsyncGenerator[tuple[Process, JSONObject]]:
        """A running hub, and what it said when it started."""
        process = await self.start("up", "--port", "0", "--json")
        assert process.stdout is not None
        try:
            yield process, as_object(loads(await asyncio.wait_for(process.stdout.readline(), 30)))
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.communicate()

    async def run_in(self, state: str, *, attempts: int = 1) -> JSONObject:
        """The first run that gets into `state`, at its n-th attempt."""
        async with asyncio.timeout(60):
            while True:
                runs = [as_object(run) for run in as_list((await self.done("runs", "list", "--state", state))["runs"])]
                if runs and runs[0]["attempts"] == attempts:
                    return runs[0]
