"""Sealing and opening: AES-256-GCM under a fresh data key, which the master key wraps; both are bound to the row they belong to."""

import os
from hashlib import sha256
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.model.connection import Credential
from trunkline.model.errors import ConfigError
from trunkline.model.json import dumps, loads

_FORMAT = b"\x01"
_NONCE = 12
_KEY_ID = 8
_WRAPPED = 32 + 16
_HEAD = 1 + _KEY_ID + _NONCE + _WRAPPED + _NONCE


class Vault:
    """Seals secrets for a row; `row` (the connection's id) is authenticated, so a sealed value moved to another row does not open.

    A sealed value is: format (1 byte), id of the master key (8), nonce (12), wrapped data key (48), nonce (12), ciphertext.
    """

    def __init__(self, master_key: bytes) -> None:
        self._master = AESGCM(master_key)
        self.key_id = sha256(b"trunkline key id" + master_key).digest()[:_KEY_ID]

    def seal(self, secrets: dict[str, str], *, row: str) -> bytes:
        """The secrets as stored."""
        data_key = AESGCM.generate_key(256)
        wrap_nonce, nonce = os.urandom(_NONCE), os.urandom(_NONCE)
        bound = _FORMAT + row.encode()
        wrapped = self._master.encrypt(wrap_nonce, data_key, bound)
        return _FORMAT + self.key_id + wrap_nonce + wrapped + nonce + AESGCM(data_key).encrypt(nonce, dumps(secrets), bound)

    def open(self, sealed: bytes, *, row: str) -> Credential:
        """The secrets again; `ConfigError` when the master key is another one or the value was changed or moved."""
        if sealed[:1] != _FORMAT or sealed[1 : 1 + _KEY_ID] != self.key_id:
            raise ConfigError(
                "The secrets were sealed with another master key.",
                hint="Start with the master.key (or TRUNKLINE_MASTER_KEY) this data was made with.",
                place=row,
            )
        rest = sealed[1 + _KEY_ID : _HEAD]
        bound = _FORMAT + row.encode()
        try:
            data_key = self._master.decrypt(rest[:_NONCE], rest[_NONCE : _NONCE + _WRAPPED], bound)
            plain = AESGCM(data_key).decrypt(rest[_NONCE + _WRAPPED :], sealed[_HEAD:], bound)
        except InvalidTag as error:
            raise ConfigError("The sealed secrets were changed.", hint="Enter the connection's secrets again.", place=row) from error
        return Credential(cast(dict[str, str], loads(plain)))
