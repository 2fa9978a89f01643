"""A file of master keys: one in base64 per line, the first seals, the others still open. It is always whole, whoever is killed when."""

import binascii
import fcntl
import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from trunkline.model.errors import ConfigError
from trunkline.vault.box import KeyId, id_of

KEY_BYTES: Final = 32
OURS: Final = 0o077
"""Nobody but the owner."""
GIVEN: Final = 0o027
"""Nobody but the owner, and the group to read: that is how orchestrators hand a secret to a program that is not root."""


def parsed(text: str, place: str) -> tuple[bytes, ...]:
    """The keys in a text, separated by line ends, spaces or commas; `ConfigError` when there is none or one is no key."""
    keys = tuple(_decoded(word) for word in text.replace(",", " ").split())
    if not keys or b"" in keys:
        raise ConfigError(
            "The master key is not 32 bytes in base64.", hint="Make one in a file of its own: trunkline vault new-key FILE", place=place
        )
    return keys


def _decoded(word: str) -> bytes:
    try:
        key = b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return key if len(key) == KEY_BYTES else b""


class KeyFile:
    """`others_may_not` are the mode bits that must not be set."""

    def __init__(self, path: Path, *, others_may_not: int = OURS) -> None:
        self.path = path
        self._others_may_not = others_may_not

    def read(self) -> tuple[bytes, ...]:
        """The keys; `ConfigError` when the file cannot be read, is open to others, or holds something else."""
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read(1 << 16).decode("ascii", errors="replace")
        except OSError as error:
            raise ConfigError(
                f"The master key cannot be read from {self.path}: {error.strerror}.",
                hint="Check the path and who may read it.",
                place=str(self.path),
            ) from error
        if stat.S_ISREG(mode) and mode & self._others_may_not:
            raise ConfigError(
                f"The file of the master key is open to others (mode {stat.S_IMODE(mode):04o}).",
                hint=f"Close it: chmod 600 {self.path}. If somebody may have read it, then: trunkline vault rotate",
                place=str(self.path),
            )
        return parsed(text, str(self.path))

    def make(self) -> bool:
        """A new key; False when a file is there, which stays as it is. Of several processes the first wins."""
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        _write(draft, [secrets.token_bytes(KEY_BYTES)])
        try:
            os.link(draft, self.path)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        self._settle()
        return True

    def renew(self) -> None:
        """A new key before those there are."""
        self._replace([secrets.token_bytes(KEY_BYTES), *self.read()])

    def keep(self, wanted: set[KeyId]) -> None:
        """Drop the keys behind the first that are not wanted any more."""
        first, *older = self.read()
        kept = [first, *(key for key in older if id_of(key) in wanted)]
        if len(kept) <= len(older):
            self._replace(kept)

    @contextmanager
    def held(self) -> Generator[None]:
        """Nobody else changes the file meanwhile; `ConfigError` when somebody is at it."""
        with self.path.with_name(f"{self.path.name}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ConfigError("Another command is rotating the keys.", hint="Wait until it is done.", place=str(self.path)) from error
            yield

    def _replace(self, keys: Sequence[bytes]) -> None:
        """By whoever holds the file; a draft that a crash left is written over."""
        draft = self.path.with_name(f"{self.path.name}.new")
        _write(draft, keys)
        draft.replace(self.path)
        self._settle()

    def _settle(self) -> None:
        """The new name is on the disk too."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write(draft: Path, keys: Sequence[bytes]) -> None:
    """The whole file, on the disk, under another name: a crash leaves no half a key under its own."""
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{b64encode(key).decode()}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
