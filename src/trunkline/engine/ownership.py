"""Embedded ownership: one process has the data folder to itself, and with it every partition."""

import fcntl
import os
from pathlib import Path
from typing import IO

from trunkline.model.errors import ConfigError


class FolderLock:
    """Holds `hub.lock` in the data folder while it lives; the system lets go of it when the process dies, however it dies."""

    def __init__(self, home: Path) -> None:
        self._file: IO[str] = (home / "hub.lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise ConfigError(
                f"Another hub runs on this data folder{f' (process {holder})' if holder else ''}.",
                hint="Stop it first, or start this one with another --home.",
                place=str(home),
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def mine(self, partition: int) -> bool:
        """Every partition is ours."""
        return partition >= 0

    def release(self) -> None:
        self._file.close()


def holder(home: Path) -> str | None:
    """The process id of the hub that runs on this data folder; None when none does. Looks only, and makes nothing."""
    try:
        file = (home / "hub.lock").open()
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return file.read().strip() or "unknown"
    return None
