"""Where the program can be killed on purpose, and how a test does it."""

import ast
import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import trunkline
from trunkline.model.crash import VARIABLE

KILLED: Final = 137
"""The exit status of a process that died at a crash point, the one of kill -9."""


def crash_points() -> list[str]:
    """The names of all crash points, read from the program's source, in alphabetical order."""
    sources = Path(str(trunkline.__file__)).parent.rglob("*.py")
    return sorted({name for source in sources for name in _named_in(source.read_text())})


async def die_at(point: str, command: Sequence[str], *, env: Mapping[str, str] | None = None, timeout_s: float = 60) -> None:
    """Run `command` until it dies at `point`; fails when it ends in another way or not at all."""
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **(env or {}), VARIABLE: point})
    try:
        status = await asyncio.wait_for(process.wait(), timeout_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert status == KILLED, f"it was to die at {point}, but ended with {status}"


def _named_in(source: str) -> list[str]:
    """The constant names that `reach` is called with."""
    return [
        call.args[0].value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "reach"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]
