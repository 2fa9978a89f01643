"""Accounts that a connection makes tokens for, as an agency does for its locations: listed, and given connections of their own."""

import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count
from typing import Final
from unicodedata import normalize

from trunkline.admin import connections
from trunkline.admin.connections import NAME, NewConnection
from trunkline.admin.desk import Desk
from trunkline.connect.pages import pages
from trunkline.connect.sign_in import AccountFound
from trunkline.engine.links import Link
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError, NotFoundError, ReconnectError
from trunkline.model.json import as_object, dumps

_LONGEST: Final = 50
"""Of a name that is made, so that a number still fits behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An account, and the names of the connections there are to it, however these sign in."""

    account: AccountFound
    connections: tuple[str, ...]


async def listed(desk: Desk, name: str) -> list[Listed]:
    """The accounts that the connection of this name makes tokens for, in the vendor's order.

    Raises `ConfigError` when it makes none, and what the vendor's list raises.
    """
    link = await connections.link_to(desk, name)
    accounts = await _read(link)
    known = [one for one in await connections.everything(desk) if _same_vendor(one, link.connection)]
    return [Listed(account=one, connections=tuple(mine.name for mine in known if _is_of(mine, one))) for one in accounts]


async def _read(link: Link) -> Iterable[AccountFound]:
    offered, name = link.connector.accounts, link.connection.name
    if offered is None:
        raise ConfigError(f"A connection of {link.connector.name} stands for itself alone: it makes no tokens for other accounts.")
    found: dict[str, AccountFound] = {}
    try:
        async with aclosing(pages(link.session, offered.read, offered.ask(link.account))) as read:
            async for page in read:
                for account in (offered.account(as_object(item), name) for item in page):
                    if account is not None:
                        found.setdefault(account.id, account)
    except ReconnectError as error:
        error.hint = error.hint.replace("NAME", name)
        raise
    return found.values()


def only(found: Sequence[Listed], ids: Sequence[str]) -> list[Listed]:
    """Those of `ids`, all when there are none; `NotFoundError` for one that was not listed."""
    known = {one.account.id: one for one in found}
    for id in ids:
        if id not in known:
            raise NotFoundError(f"There is no {id!r} among the accounts it makes tokens for.", hint="See all of them: leave the ids out.")
    return [known[id] for id in dict.fromkeys(ids or known)]


async def add(desk: Desk, name: str, found: Sequence[Listed], ids: Sequence[str] = ()) -> list[Listed]:
    """Make a connection for each account of `ids`, or for all that have none; each lives on the tokens of the connection `name`.

    Gives those that have one now. Raises `ConfigError` for an id that has one already, and as `only` does; then none is made.
    """
    wanted = _without(only(found, ids), named=bool(ids))
    maker = await connections.named(desk, name)
    shared = _shared(desk, maker)
    taken = {one.name for one in await connections.everything(desk)}
    made: list[Listed] = []
    for one in wanted:
        new = NewConnection(
            connector=maker.connector,
            name=name_of(one.account, taken),
            base_url=maker.base_url,
            options={**shared, **one.account.marks, **one.account.options},
            secrets={},
        )
        await connections.add(desk, new)
        made.append(replace(one, connections=(new.name,)))
        taken.add(new.name)
    return made


def name_of(account: AccountFound, taken: Collection[str]) -> str:
    """A connection's name made of the account's own, or of its id where that one has no Latin letter; a number tells equal ones apart."""
    name = _plain(account.name) or f"account-{_plain(account.id)}"
    assert NAME.fullmatch(name)
    numbered = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(one for one in numbered if one not in taken)


def _plain(text: str) -> str:
    """Lower-case letters and digits, with dashes between; accents are dropped."""
    ascii = normalize("NFKD", text.replace("&", " and ")).encode("ascii", "ignore").decode().lower().replace("'", "")
    return "-".join(re.findall("[a-z0-9]+", ascii))[:_LONGEST].strip("-")


def _shared(desk: Desk, maker: Connection) -> dict[str, str]:
    """What a new connection takes over of the options of the one that makes its tokens, as a person would type it."""
    offered = desk.registry.connector(maker.connector).accounts
    given = {name: maker.options[name] for name in (offered.shared if offered else ()) if name in maker.options}
    return {name: value if isinstance(value, str) else dumps(value).decode() for name, value in given.items()}


def _without(found: Iterable[Listed], *, named: bool) -> list[Listed]:
    """Those that have no connection; one that was named and has one is an error."""
    for one in found:
        if named and one.connections:
            raise ConfigError(f"{one.account.id!r} has a connection already: {', '.join(one.connections)}.", place=one.account.id)
    return [one for one in found if not one.connections]


def _same_vendor(one: Connection, other: Connection) -> bool:
    return (one.connector, one.workspace) == (other.connector, other.workspace)


def _is_of(connection: Connection, account: AccountFound) -> bool:
    return all(connection.options.get(name) == value for name, value in account.marks.items())
