"""Sealing and opening: AES-256-GCM under a fresh data key, which a master key wraps; both are bound to the row they belong to."""

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NewType, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.model.connection import Credential
from trunkline.model.errors import ConfigError
from trunkline.model.json import dumps, loads

KeyId = NewType("KeyId", bytes)
"""Eight bytes that name a master key and tell nothing of it."""

_FORMAT = b"\x01"
_NONCE = 12
_KEY_ID = 8
_WRAPPED = 32 + 16
_WRAP = 1 + _KEY_ID + _NONCE + _WRAPPED
_HEAD = _WRAP + _NONCE


def id_of(master_key: bytes) -> KeyId:
    """The name of a master key."""
    return KeyId(sha256(b"trunkline key id" + master_key).digest()[:_KEY_ID])


def key_of(sealed: bytes) -> KeyId:
    """The name of the master key that wraps a sealed value."""
    return KeyId(sealed[1 : 1 + _KEY_ID])


class Vault:
    """Seals secrets for a row; `row` (the connection's id) is authenticated, so a sealed value moved to another row does not open.

    A sealed value is: format (1 byte), id of the master key (8), nonce (12), wrapped data key (48), nonce (12), ciphertext. The first key
    given seals, every one opens. `learn` gives the keys anew when a value names one that is not known: another process may have made it.
    """

    def __init__(self, *keys: bytes, learn: Callable[[], Sequence[bytes]] | None = None) -> None:
        self._keys: dict[KeyId, AESGCM] = {}
        self._learn = learn
        self.key_id = id_of(keys[0])
        """The key that seals unless another one is named."""
        self._take(keys)

    def _take(self, keys: Sequence[bytes]) -> None:
        self._keys.update({id_of(key): AESGCM(key) for key in keys})
        self.key_id = id_of(keys[0])

    def learn(self) -> None:
        """Take over what the source of the keys holds now; those known before stay."""
        if self._learn is not None:
            self._take(self._learn())

    def knows(self, key: KeyId) -> bool:
        """Whether what this key wraps can be opened."""
        if key not in self._keys:
            self.learn()
        return key in self._keys

    def seal(self, secrets: dict[str, str], *, row: str, key: KeyId | None = None) -> bytes:
        """The secrets as stored; `ConfigError` when `key` is not known."""
        data_key = AESGCM.generate_key(256)
        nonce = os.urandom(_NONCE)
        bound = _FORMAT + row.encode()
        wrap = self._wrapped(data_key, key or self.key_id, bound, row)
        return wrap + nonce + AESGCM(data_key).encrypt(nonce, dumps(secrets), bound)

    def open(self, sealed: bytes, *, row: str) -> Credential:
        """The secrets again; `ConfigError` when the master key is another one or the value was changed or moved."""
        bound = _FORMAT + row.encode()
        data_key = self._unwrapped(sealed, bound, row)
        try:
            plain = AESGCM(data_key).decrypt(sealed[_WRAP:_HEAD], sealed[_HEAD:], bound)
        except InvalidTag as error:
            raise _changed(row) from error
        return Credential(cast(dict[str, str], loads(plain)))

    def rewrapped(self, sealed: bytes, *, row: str, key: KeyId) -> bytes:
        """The same secrets under another master key: only the data key is wrapped anew. `ConfigError` as `open`."""
        bound = _FORMAT + row.encode()
        return self._wrapped(self._unwrapped(sealed, bound, row), key, bound, row) + sealed[_WRAP:]

    def _wrapped(self, data_key: bytes, key: KeyId, bound: bytes, row: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return _FORMAT + key + nonce + self._master(key, row).encrypt(nonce, data_key, bound)

    def _unwrapped(self, sealed: bytes, bound: bytes, row: str) -> bytes:
        if sealed[:1] != _FORMAT or len(sealed) < _HEAD:
            raise _changed(row)
        nonce_at = 1 + _KEY_ID
        try:
            return self._master(key_of(sealed), row).decrypt(sealed[nonce_at : nonce_at + _NONCE], sealed[nonce_at + _NONCE : _WRAP], bound)
        except InvalidTag as error:
            raise _changed(row) from error

    def _master(self, key: KeyId, row: str) -> AESGCM:
        if not self.knows(key):
            raise ConfigError(
                f"The secrets were sealed with another master key ({key.hex()}).",
                hint="Start with the key this data was made with, or give it in TRUNKLINE_OLD_MASTER_KEYS. "
                "If it is lost: trunkline vault rotate, then enter the secrets again.",
                place=row,
            )
        return self._keys[key]


def _changed(row: str) -> ConfigError:
    return ConfigError("The sealed secrets were changed.", hint="Enter the connection's secrets again.", place=row)
