"""Commands as processes forked from one that has imported the program: `python -m tests.integration.forking SOCKET`.

To start Python and import everything for each command would take most of a test's time. What a command does it still does in a process of
its own, with its own environment, standard streams and exit code.
"""

import asyncio
import atexit
import contextlib
import gc
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

import orjson

from trunkline.cli.main import COMMANDS, loaded, main
from trunkline.connect.registry import Registry
from trunkline.model.crash import VARIABLE

ROOT = Path(__file__).parents[2]
_LARGEST = 1 << 20
_KILLED = -signal.SIGKILL


async def carried_out(words: Sequence[str], stdin: bytes, environment: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    """Exit code, output and errors of one command line. Not for crash points, which a process reads when it imports."""
    assert VARIABLE not in environment
    with contextlib.ExitStack() as opened:
        given, out, err = (opened.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(stdin)
        given.seek(0)
        asking = opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        asking.connect(_forker())
        socket.send_fds(asking, [orjson.dumps([words, dict(environment), os.getcwd()])], [given.fileno(), out.fileno(), err.fileno()])
        asking.setblocking(False)
        ended = await asyncio.get_running_loop().sock_recv(asking, 16)
        out.seek(0)
        err.seek(0)
        return int(ended or _KILLED), out.read(), err.read()


@cache
def _forker() -> str:
    """Where the process listens that commands are forked from; it ends with this one."""
    folder = tempfile.mkdtemp(prefix="trunkline-commands-")
    path = f"{folder}/socket"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
    words = [sys.executable, "-m", "tests.integration.forking", path]
    process = subprocess.Popen(words, cwd=ROOT, env=clean, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(process.kill)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return path


def _serve(path: str) -> None:
    for name in COMMANDS:
        loaded(name)
    assert [one.id for one in Registry.discover()]
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(path)
    listening.listen(64)
    assert len(os.listdir("/proc/self/task")) == 1, "a process with threads cannot be forked in peace"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _carry_out(asking)
        asking.close()


def _carry_out(asking: socket.socket) -> None:
    asked, streams, _, _ = socket.recv_fds(asking, _LARGEST, 3)
    words, environment, folder = orjson.loads(asked)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    random.seed()
    sys.argv = ["trunkline", *words]
    code = 1
    try:
        main(words)
    except SystemExit as ended:
        code = cast(int, ended.code)
    except BaseException:  # noqa: BLE001 - told as Python itself would
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    asking.send(str(code).encode())
    os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
