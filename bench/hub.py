"""Trunkline as a person runs it: set up by its own command line, started as a process of its own."""

import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from bench.loads import Target
from bench.processes import HOST, NotMeasuredError, Running, free_port, running

FLOWS = Path(__file__).parent / "flows"
_COMMAND_S = 60.0


@contextlib.contextmanager
def hub(home: Path, *, flow: str, sink_url: str) -> Generator[tuple[Running, Target]]:
    """A hub in `home` with one published flow (a file in `flows/`) behind a webhook that wants a token."""
    token = secrets.token_urlsafe(24)
    target_path = _set_up(home, flow=flow, sink_url=sink_url, token=token)
    with started(home) as process:
        yield process, Target(url=process.address + target_path, headers={"x-webhook-token": token})


@contextlib.contextmanager
def started(home: Path) -> Generator[Running]:
    """A hub in `home`, which may be empty."""
    port = free_port()
    command = [program(), "up", "--home", home, "--host", HOST, "--port", str(port)]
    with running(command, port=port, ready="/healthz", log=home.with_suffix(".log")) as process:
        yield process


def _set_up(home: Path, *, flow: str, sink_url: str, token: str) -> str:
    """The path of the webhook."""
    proof = ("--option", "webhook_auth=token", "--secret", f"webhook_token={token}")
    trunkline(home, "connections", "add", "http", "--name", "inbox", *proof)
    trunkline(home, "connections", "add", "http", "--name", "sink", "--base-url", sink_url)
    trunkline(home, "flows", "apply", str(FLOWS / f"{flow}.yaml"))
    trunkline(home, "flows", "publish", flow)
    shown = json.loads(trunkline(home, "connections", "show", "inbox", "--json"))
    address = _webhook(shown)
    if address is None:
        raise NotMeasuredError("the connection shows no webhook address")
    return urlsplit(address).path


def _webhook(shown: object) -> str | None:
    """The first text that looks like a webhook address, wherever it stands."""
    if isinstance(shown, str):
        return shown if "/hooks/" in shown else None
    parts: list[object] = []
    if isinstance(shown, dict):
        parts = list(cast("dict[str, object]", shown).values())
    elif isinstance(shown, list):
        parts = cast("list[object]", shown)
    return next((found for part in parts if (found := _webhook(part))), None)


def program() -> Path:
    return Path(sys.executable).with_name("trunkline")


def trunkline(home: Path, *words: str) -> str:
    command = [str(program()), *words, "--home", str(home)]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
    if told.returncode:
        raise NotMeasuredError(f"`trunkline {' '.join(words[:2])}` ended with {told.returncode}: {told.stderr.strip()[-300:]}")
    return told.stdout
