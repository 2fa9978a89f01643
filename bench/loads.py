"""Putting load on a webhook: by wrk where it is installed (or can be), else by our own generator, which also keeps a steady rate."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.processes import NotMeasuredError

CONNECTIONS = 64
_SPARE_S = 30.0
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A webhook: where it is and what has to be sent along."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the load generator saw. `refused` were answered with an error, `lost` not at all."""

    requests: int
    refused: int
    lost: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def accepted(self) -> int:
        return self.requests - self.refused

    @property
    def accepted_per_s(self) -> float:
        return self.accepted / self.seconds


def generator() -> str:
    """`wrk`, installed where that is ours to do, else `python`, said with the way to get wrk."""
    if shutil.which("wrk") is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "wrk"]):
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
    if shutil.which("wrk"):
        return "wrk"
    print("wrk is not installed (Debian: apt-get install wrk; macOS: brew install wrk): a slower generator in Python is used.")
    return "python"


def flood(target: Target, *, seconds: float, by: str) -> Sent:
    """As many requests as the target answers, each connection sending its next one at once."""
    salt = uuid.uuid4().hex[:8]
    if by != "wrk":
        return _own(target, seconds=seconds, salt=salt, rate=None)
    headers = [part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")]
    shape = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "10s"]
    return _sent(["wrk", *shape, *headers, "-s", str(_HERE / "post.lua"), target.url, "--", salt], within_s=seconds + _SPARE_S)


def steady(target: Target, *, seconds: float, rate: float) -> Sent:
    """A fixed number of requests per second; latencies count from when each was due."""
    return _own(target, seconds=seconds, salt=uuid.uuid4().hex[:8], rate=rate)


def _own(target: Target, *, seconds: float, salt: str, rate: float | None) -> Sent:
    command = [sys.executable, "-m", "bench.post", target.url, "--connections", str(CONNECTIONS), "--seconds", str(seconds), "--salt", salt]
    for name, value in target.headers.items():
        command += ["--header", f"{name}: {value}"]
    if rate is not None:
        command += ["--rate", str(rate)]
    return _sent(command, within_s=seconds + _SPARE_S)


def _sent(command: list[str], *, within_s: float) -> Sent:
    try:
        told = subprocess.run(command, cwd=_HERE.parent, capture_output=True, text=True, timeout=within_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotMeasuredError("the load did not come to its end") from error
    if told.returncode:
        raise NotMeasuredError(f"the load failed: {told.stderr.strip()[-200:]}")
    return Sent(**json.loads(told.stdout.strip().splitlines()[-1]))
