"""Sealing, opening, and the master key's file."""

import stat
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.model.errors import ConfigError
from trunkline.vault.box import Vault
from trunkline.vault.keys import VARIABLE, master_key

SECRETS = {"token": "pit-very-secret"}


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text(min_size=1))
def test_what_was_sealed_opens_for_its_row(secrets: dict[str, str], row: str) -> None:
    vault = Vault(bytes(32))
    assert dict(vault.open(vault.seal(secrets, row=row), row=row)) == secrets


def test_a_sealed_value_moved_to_another_row_does_not_open() -> None:
    vault = Vault(bytes(32))
    with pytest.raises(ConfigError, match="were changed"):
        vault.open(vault.seal(SECRETS, row="con_a"), row="con_b")


def test_any_changed_byte_is_noticed() -> None:
    vault = Vault(bytes(32))
    sealed = vault.seal(SECRETS, row="r")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(ConfigError):
            vault.open(changed, row="r")


def test_another_master_key_is_named_as_the_cause() -> None:
    with pytest.raises(ConfigError, match="another master key"):
        Vault(b"1" * 32).open(Vault(bytes(32)).seal(SECRETS, row="r"), row="r")


def test_two_seals_of_one_secret_differ_and_neither_shows_it() -> None:
    vault = Vault(bytes(32))
    first, second = vault.seal(SECRETS, row="r"), vault.seal(SECRETS, row="r")
    assert first != second
    assert b"secret" not in first
    assert "secret" not in repr(vault.open(first, row="r"))
    assert "secret" not in str(vault.open(first, row="r"))


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    key = master_key(tmp_path, {})
    assert master_key(tmp_path, {}) == key
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    given_key = bytes(range(32))
    assert master_key(tmp_path, {VARIABLE: b64encode(given_key).decode()}) == given_key
    assert not (tmp_path / "master.key").exists()


@pytest.mark.parametrize("text", ["short", "", "####", b64encode(bytes(31)).decode()])
def test_a_wrong_key_says_how_to_make_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "master.key").write_text(text)
    with pytest.raises(ConfigError, match="32 bytes") as caught:
        master_key(tmp_path, {})
    assert "urandom" in caught.value.hint
    assert caught.value.place.endswith("master.key")
