"""Sealing, opening, and keys that change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.model.errors import ConfigError
from trunkline.vault.box import Vault, id_of, key_of

SECRETS = {"token": "pit-very-secret"}
OLD, NEW = bytes(32), b"1" * 32


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text(min_size=1))
def test_what_was_sealed_opens_for_its_row(secrets: dict[str, str], row: str) -> None:
    vault = Vault(OLD)
    assert dict(vault.open(vault.seal(secrets, row=row), row=row)) == secrets


def test_a_sealed_value_moved_to_another_row_does_not_open() -> None:
    vault = Vault(OLD)
    with pytest.raises(ConfigError, match="were changed"):
        vault.open(vault.seal(SECRETS, row="con_a"), row="con_b")


def test_any_changed_byte_is_noticed() -> None:
    vault = Vault(OLD)
    sealed = vault.seal(SECRETS, row="r")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(ConfigError):
            vault.open(changed, row="r")


def test_any_cut_value_is_noticed() -> None:
    vault = Vault(OLD)
    sealed = vault.seal(SECRETS, row="r")
    for length in range(len(sealed)):
        with pytest.raises(ConfigError):
            vault.open(sealed[:length], row="r")
        with pytest.raises(ConfigError):
            vault.open(vault.rewrapped(sealed[:length], row="r", key=vault.key_id), row="r")


def test_another_master_key_is_named_as_the_cause() -> None:
    with pytest.raises(ConfigError, match=f"another master key .{id_of(OLD).hex()}"):
        Vault(NEW).open(Vault(OLD).seal(SECRETS, row="r"), row="r")


def test_two_seals_of_one_secret_differ_and_neither_shows_it() -> None:
    vault = Vault(OLD)
    first, second = vault.seal(SECRETS, row="r"), vault.seal(SECRETS, row="r")
    assert first != second
    assert b"secret" not in first
    assert "secret" not in repr(vault.open(first, row="r"))
    assert "secret" not in str(vault.open(first, row="r"))


def test_the_first_key_seals_and_every_one_opens() -> None:
    sealed = Vault(OLD).seal(SECRETS, row="r")
    both = Vault(NEW, OLD)
    assert dict(both.open(sealed, row="r")) == SECRETS
    assert key_of(both.seal(SECRETS, row="r")) == id_of(NEW)
    assert key_of(both.seal(SECRETS, row="r", key=id_of(OLD))) == id_of(OLD)


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text(min_size=1), st.binary(min_size=32, max_size=32))
def test_rewrapped_secrets_open_with_the_new_key_alone(secrets: dict[str, str], row: str, key: bytes) -> None:
    sealed = Vault(b"2" * 32).seal(secrets, row=row)
    moved = Vault(key, b"2" * 32).rewrapped(sealed, row=row, key=id_of(key))
    assert dict(Vault(key).open(moved, row=row)) == secrets
    assert moved[69:] == sealed[69:], "the payload is not sealed anew"


def test_rewrapping_needs_the_row_the_value_belongs_to() -> None:
    vault = Vault(OLD)
    with pytest.raises(ConfigError, match="were changed"):
        vault.rewrapped(vault.seal(SECRETS, row="a"), row="b", key=vault.key_id)


def test_a_key_that_is_not_known_is_asked_for_and_then_seals() -> None:
    sealed = Vault(NEW).seal(SECRETS, row="r")
    asked: list[str] = []

    def learn() -> tuple[bytes, ...]:
        asked.append("keys")
        return (NEW, OLD)

    vault = Vault(OLD, learn=learn)
    assert dict(vault.open(vault.seal(SECRETS, row="r"), row="r")) == SECRETS
    assert asked == []
    assert dict(vault.open(sealed, row="r")) == SECRETS
    assert asked == ["keys"]
    assert vault.key_id == id_of(NEW)


def test_a_key_that_left_its_source_still_opens_what_this_process_read() -> None:
    vault = Vault(OLD, learn=lambda: (NEW,))
    sealed = vault.seal(SECRETS, row="r")
    vault.learn()
    assert dict(vault.open(sealed, row="r")) == SECRETS
