"""Secrets sealed inside the unit that stores them, and every place where sealed ones lie."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from trunkline.model.ids import ConnectionId
from trunkline.store import sealed as store
from trunkline.store.sealed import SealedColumn
from trunkline.store.statement import Transaction
from trunkline.vault.box import KeyId, Vault


def sealed_in(tx: Transaction, vault: Vault, secrets: dict[str, str], *, row: str, at_once: bool = False) -> bytes:
    """`secrets` sealed for the unit `tx` that stores them.

    Which key seals is asked inside that unit: so nothing is stored under an old key once a rotation has begun, whichever process does it
    and however long it slept. Without that key: `ConfigError`; what is lost unless it is stored `at_once` is sealed with ours, to be
    rotated later.
    """
    key = KeyId(store.held_sealing_key(tx, otherwise=vault.key_id))
    return vault.seal(secrets, row=row, key=None if at_once and not vault.knows(key) else key)


def grant_row(connection: ConnectionId) -> str:
    """What a connection's live tokens are bound to: they do not open as its secrets."""
    return f"{connection}/grant"


def sign_in_row(state: str) -> str:
    """What the sealed part of a sign-in is bound to; `state` is its key in the table."""
    return f"sign-in/{state}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPlace:
    """A kind of sealed value: what a person calls it, what it is bound to by its row's key, and what to do when one does not open."""

    column: SealedColumn
    what: str
    bound_to: Callable[[str], str]
    cure: str


PLACES: Final = (
    SealedPlace(
        column=store.CONNECTIONS,
        what="secrets",
        bound_to=str,
        cure="Enter them again: trunkline connections update NAME --token @FILE (or --secret)",
    ),
    SealedPlace(
        column=store.GRANTS,
        what="tokens",
        bound_to=lambda id: grant_row(ConnectionId(id)),
        cure="Sign in again: trunkline connections authorize NAME",
    ),
    SealedPlace(
        column=store.SIGN_INS,
        what="sign-in under way",
        bound_to=sign_in_row,
        cure="Begin it again: trunkline connections authorize NAME",
    ),
)
"""All of them; what is new and sealed gets a row here and in `store.sealed.COLUMNS`."""
