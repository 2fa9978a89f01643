"""Processes the demonstration starts: each is Trunkline's own program, told when to end by its process id."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from trunkline.model.errors import TrunklineError
from trunkline.model.json import JSONObject, as_object, loads

_PROGRAM: Final = "from trunkline.cli.main import main; main()"
_STOP_S: Final = 8.0
_LAST_WORDS: Final = 600


class Child:
    """A running `trunkline …`; what it writes to the standard error is kept in `log`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self._name = name
        self._process = process
        self._log = log

    async def first_line(self, *, within_s: float) -> JSONObject:
        """The JSON line it begins with; `TrunklineError` with its last words when there is none."""
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), within_s)
            return as_object(loads(line))
        except (TimeoutError, ValueError) as error:
            raise self.failed() from error

    @property
    def ended(self) -> bool:
        """Whether it is gone."""
        return self._process.returncode is not None

    def failed(self) -> TrunklineError:
        """The error that says that it did not start, or went away."""
        words = self._log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:].strip()
        return TrunklineError(f"{self._name} did not start or ended early.", hint=f"Its last words: {words or 'none'}")

    async def stop(self) -> None:
        """End it in peace, and by force when it does not end."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.communicate(), _STOP_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.communicate()


@asynccontextmanager
async def running(name: str, words: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> AsyncGenerator[Child]:
    """Start `trunkline WORDS` in a session of its own, so that Ctrl-C reaches only us and we end it in order."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _PROGRAM, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        await child.stop()


def clean_environment() -> dict[str, str]:
    """Ours without Trunkline's own settings: a demonstration never touches the person's data."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
