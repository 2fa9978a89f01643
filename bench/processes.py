"""Processes of a measurement: started on free ports of the loopback, looked at, and ended by their own group and no other."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
STOP_S = 15.0


class NotMeasuredError(Exception):
    """A program could not be measured here; the text says why, in words for the table."""


@dataclass(slots=True, kw_only=True)
class Running:
    """A started process. `start_s` is the time from its start until it answered."""

    process: "subprocess.Popen[bytes]"
    port: int
    start_s: float

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def memory_mb(self) -> float:
        """Resident memory of the process and its children."""
        return sum(_resident_mb(pid) for pid in (self.process.pid, *_children(self.process.pid)))

    @property
    def cpu_s(self) -> float:
        """Processor time the process and its children have taken so far; 0 where the system does not tell."""
        return sum(_cpu_s(pid) for pid in (self.process.pid, *_children(self.process.pid)))


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def status_of(port: int, path: str, *, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None) -> int:
    """The status of one request; 0 when nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.005) -> bool:
    """Whether the condition came to hold in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(every_s)
    return False


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    port: int,
    ready: str,
    log: Path,
    within_s: float = 60,
    environment: Mapping[str, str] | None = None,
) -> Generator[Running]:
    """Start `command`, wait until `GET ready` is answered with 200, and stop it in the end. `NotMeasuredError` when it never answers."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        if (
            not wait_until(lambda: process.poll() is not None or status_of(port, ready) == 200, within_s=within_s)
            or process.poll() is not None
        ):
            raise NotMeasuredError(f"it did not start: {_last_line(log)}")
        yield Running(process=process, port=port, start_s=time.monotonic() - began)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the process group we made: asked first, then made to."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
            return


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def _resident_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(told.stdout.strip() or 0) / 1024


def peak_mb(pid: int) -> float:
    """The most memory a process ever had resident; 0 where the system does not tell, or the process is gone."""
    with contextlib.suppress(OSError, StopIteration):
        told = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in told if line.startswith("VmHWM:")).split()[1]) / 1024
    return 0.0


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(OSError):
        # proc(5): fields 14 and 15 are utime and stime; the name in field 2 may hold spaces, so what follows its bracket is counted.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _children(pid: int) -> list[int]:
    """Direct and further children, where the system tells them."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text(encoding="utf-8").split()]
    return found + [further for child in found for further in _children(child)]
