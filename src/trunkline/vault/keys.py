"""Where the master key comes from: the environment, or a file of the data folder that is made at first use."""

import binascii
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path

from trunkline.model.errors import ConfigError

VARIABLE = "TRUNKLINE_MASTER_KEY"
KEY_BYTES = 32


def _decode(text: str, place: str) -> bytes:
    try:
        key = b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(
            "The master key is not 32 bytes in base64.",
            hint="Make one with: python3 -c 'import os,base64;print(base64.b64encode(os.urandom(32)).decode())'",
            place=place,
        )
    return key


def master_key(home: Path, environment: Mapping[str, str]) -> bytes:
    """The key from `TRUNKLINE_MASTER_KEY`, else from `master.key` in `home`; the file is made, readable by its owner only, when missing."""
    given = environment.get(VARIABLE)
    if given:
        return _decode(given, VARIABLE)
    path = home / "master.key"
    if not path.exists():
        _make(path)
    return _decode(path.read_text(), str(path))


def _make(path: Path) -> None:
    """Write the file whole under another name and link it into place: whoever is first wins, and a crash leaves no half a key."""
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
