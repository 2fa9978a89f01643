"""A hub that is killed at full speed and started again at once does not overfill the shortest window of a vendor."""

import asyncio
import sys
from pathlib import Path

from bench.limits import Bucket, VendorProtocol, Vendors

ROOT = Path(__file__).parents[2]
PER_S = 0.4
"""A second, shortened for the test."""


class Watched(Bucket):
    """Says when it has taken `enough` calls."""

    def __init__(self) -> None:
        super().__init__(10, PER_S)
        self.enough = 0
        self.reached = asyncio.Event()

    def take(self, now: float) -> int:
        remaining = super().take(now)
        if self.taken >= self.enough:
            self.reached.set()
        return remaining


async def caller(url: str, database: Path) -> asyncio.subprocess.Process:
    """A process that is ready to call."""
    command = (sys.executable, "-m", "tests.bench.caller", url, str(database), str(PER_S))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def go(process: asyncio.subprocess.Process, bucket: Watched, calls: int) -> None:
    """Let it call at full speed, then kill it."""
    assert process.stdin is not None
    bucket.enough = bucket.taken + calls
    bucket.reached.clear()
    process.stdin.write(b"\n")
    await bucket.reached.wait()
    process.kill()
    await process.wait()


async def test_no_call_is_refused_after_a_kill_and_a_start_at_once(tmp_path: Path) -> None:
    vendors = Vendors()
    bucket = vendors.buckets["openphone", "", "killed"] = Watched()
    server = await asyncio.get_running_loop().create_server(lambda: VendorProtocol(vendors), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    first = await caller(url, tmp_path / "data.db")
    second = await caller(url, tmp_path / "data.db")
    async with asyncio.timeout(20):
        await go(first, bucket, 15)
        await go(second, bucket, 15)
    server.close()
    assert bucket.refused == 0
