"""The output of a person's command, bounded in time and size; nothing of it is shown."""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from trunkline.model.errors import ConfigError

TIMEOUT_S: Final = 15.0
_BY_HAND: Final = "Run it by hand as the user the hub runs as."


def output_of(command: str, environment: Mapping[str, str], *, place: str, timeout_s: float = TIMEOUT_S) -> str:
    """What `command` prints. It is split into words as a shell would and started without one: a pipeline needs `sh -c '…'`.

    Raises `ConfigError`, which names the program and never its arguments or its output.
    """
    words = _words(command, place)
    program = Path(words[0]).name
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment) or None,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigError(f"{program} cannot be started: {error.strerror}.", hint="Give its whole path.", place=place) from error
    try:
        out, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"{program} gave no key within {timeout_s:g} s.", hint=_BY_HAND, place=place) from error
    finally:
        _end(process)
    if process.returncode != 0:
        raise ConfigError(f"{program} ended with {process.returncode} instead of giving a key.", hint=_BY_HAND, place=place)
    return out.decode("ascii", errors="replace")


def _words(command: str, place: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError("The command for the master key has an open quote.", hint="Close it.", place=place) from error
    if not words:
        raise ConfigError("The command for the master key is empty.", hint="Give one, or leave the setting out.", place=place)
    return words


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Leave neither it nor what it started, when it did not end by itself."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
