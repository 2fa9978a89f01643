"""What a change of the master key promises, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import LargeBinary

from trunkline.admin import vault as admin
from trunkline.admin.desk import Desk
from trunkline.admin.grants import SealedGrants
from trunkline.admin.sealing import PLACES, sealed_in, sign_in_row
from trunkline.admin.vault import Looked, Rotating
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.model.clock import Instant, SystemClock
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError, ConflictError
from trunkline.model.grant import Grant
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, EndpointId
from trunkline.store import connections, grants, sealed, sign_ins, tables
from trunkline.store.database import Database
from trunkline.store.driver import Driver
from trunkline.store.sign_ins import StoredSignIn
from trunkline.store.statement import Transaction
from trunkline.vault.box import Vault, id_of, key_of
from trunkline.vault.key_file import KeyFile
from trunkline.vault.keys import MasterKeys

T = TypeVar("T")
OLD, NEW, NEWEST = bytes(32), b"1" * 32, b"2" * 32
MANY = sealed.PIECE * 2 + 7


def given(*keys: bytes) -> MasterKeys:
    return MasterKeys(keys=keys, place="TRUNKLINE_MASTER_KEY")


def a_desk(driver: Driver, keys: MasterKeys) -> Desk:
    return Desk(
        database=Database(driver),
        vault=Vault(*keys.keys, learn=keys.again),
        registry=Registry([]),
        client=Client(),
        clock=SystemClock(),
        keys=keys,
    )


def own(home: Path) -> MasterKeys:
    """As the program finds them: the file of the data folder."""
    file = KeyFile(home / "master.key")
    file.make()
    return MasterKeys(keys=file.read(), place=str(file.path), own=file, read_again=(file,))


def a_connection(number: int) -> Connection:
    name = f"c{number:04}"
    return Connection(
        id=ConnectionId(f"con_{name}"),
        workspace=DEFAULT_WORKSPACE,
        name=name,
        connector="http",
        base_url=None,
        options={},
        endpoint=EndpointId(name),
        state="ok",
        cause="",
        since=Instant(0),
        created_at=Instant(0),
    )


def secrets_of(number: int) -> dict[str, str]:
    return {"token": f"token of {number}"}


def a_grant(number: int) -> Grant:
    return Grant(access_token=f"access {number}", granted_at=Instant(1))


async def filled(desk: Desk, many: int) -> None:
    """So many connections, each with tokens, and one sign-in under way."""
    held = SealedGrants(desk.database, desk.vault, desk.clock)

    def add(tx: Transaction) -> None:
        for number in range(many):
            one = a_connection(number)
            connections.add_connection(tx, one, sealed=sealed_in(tx, desk.vault, secrets_of(number), row=one.id))

    await desk.database.journal.commit(add)
    for number in range(many):
        await held.store(a_connection(number).id, a_grant(number), generation=0)
    await begun(desk)


async def begun(desk: Desk) -> None:
    def begin(tx: Transaction) -> None:
        kept = sealed_in(tx, desk.vault, {"verifier": "v"}, row=sign_in_row("s"))
        new = StoredSignIn(state="s", connection=a_connection(0).id, sealed=kept, stage="waiting", message="", expires_at=Instant(1 << 60))
        sign_ins.begin(tx, new, purge_before=Instant(0))

    await desk.database.journal.commit(begin)


async def opens(desk: Desk, many: int) -> None:
    """Every secret is what it was."""
    held = SealedGrants(desk.database, desk.vault, desk.clock)
    for number, (connection, stored) in enumerate(await desk.database.read(connections.all_connections)):
        assert dict(desk.vault.open(stored, row=connection.id)) == secrets_of(number)
        assert (await held.read(connection.id)).grant == a_grant(number)
    waiting = await desk.database.read(lambda tx: sign_ins.get_sign_in(tx, "s"))
    assert waiting is not None
    assert dict(desk.vault.open(waiting.sealed, row=sign_in_row("s"))) == {"verifier": "v"}
    assert len(await desk.database.read(connections.all_connections)) == many


async def rotated(desk: Desk) -> Rotating:
    return [at async for at in admin.rotate(desk)][-1]


async def closed(desk: Desk, found: T) -> T:
    await desk.close()
    return found


async def looked(driver: Driver, keys: MasterKeys) -> Looked:
    desk = a_desk(driver, keys)
    return await closed(desk, await admin.look(desk))


def test_every_sealed_column_is_known_to_the_rotation() -> None:
    binary = {
        (table.name, column.name)
        for table in tables.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and "sealed" in column.name
    }
    assert {(column.table.name, "sealed") for column in sealed.COLUMNS} == binary
    assert [place.column for place in PLACES] == [*sealed.COLUMNS]


async def test_own_key_is_renewed_and_everything_is_under_it(driver: Driver, tmp_path: Path) -> None:
    keys = own(tmp_path)
    desk = a_desk(driver, keys)
    await filled(desk, MANY)
    steps = [at async for at in admin.rotate(desk)]
    done = steps[-1]
    assert (done.made, done.resumed, done.done) == (True, False, True)
    assert (done.rows, done.looked_at, done.wrapped, done.left) == (2 * MANY + 1, 2 * MANY + 1, 2 * MANY + 1, 0)
    assert [at.looked_at for at in steps] == sorted(at.looked_at for at in steps)
    assert len(steps) > 6, "it tells how far it is"
    await opens(desk, MANY)
    await desk.close()

    (key,) = own(tmp_path).keys
    assert key not in keys.keys
    found = await looked(driver, given(key))
    assert (found.key, dict(found.by_key), found.unopened) == (id_of(key), {id_of(key): 2 * MANY + 1}, ())
    assert len((await looked(driver, given(*keys.keys))).unopened) == 2 * MANY + 1


async def test_rotating_again_makes_another_key(driver: Driver, tmp_path: Path) -> None:
    keys = own(tmp_path)
    desk = a_desk(driver, keys)
    await filled(desk, 2)
    first, second = await rotated(desk), await rotated(desk)
    assert first.key != second.key
    assert second.made
    await opens(desk, 2)
    await desk.close()


async def test_another_process_goes_on_through_a_rotation(driver: Driver, tmp_path: Path) -> None:
    """A hub that runs has read the keys before; it opens what was moved, and what it stores is under the new key."""
    hub, desk = a_desk(driver, own(tmp_path)), a_desk(driver, own(tmp_path))
    await filled(hub, 2)
    rotation = admin.rotate(desk)
    first = await anext(rotation)
    await anext(rotation)
    held = SealedGrants(hub.database, hub.vault, hub.clock)
    await held.store(a_connection(0).id, a_grant(7), generation=1)
    stored = await hub.database.read(lambda tx: grants.get_grant(tx, a_connection(0).id))
    assert key_of(stored.sealed) == first.key
    async for _ in rotation:
        pass
    await held.store(a_connection(0).id, a_grant(0), generation=2)
    await opens(hub, 2)
    assert (await admin.look(desk)).by_key == {first.key: 5}
    await hub.close()
    await desk.close()


async def test_given_key_takes_over_from_an_older_one(driver: Driver) -> None:
    before = a_desk(driver, given(OLD))
    await filled(before, 3)
    await before.close()
    desk = a_desk(driver, given(NEW, OLD))
    await begun_anew(desk)
    found = await admin.look(desk)
    assert (found.key, dict(found.by_key), found.older) == (id_of(NEW), {id_of(OLD): 7}, 7), "until it is rotated the old key seals"
    done = await rotated(desk)
    assert (done.made, done.resumed, done.wrapped, done.key) == (False, True, 7, id_of(NEW))
    again = await rotated(desk)
    assert (again.made, again.resumed, again.wrapped) == (False, False, 0)
    await desk.close()
    alone = a_desk(driver, given(NEW))
    await opens(alone, 3)
    await alone.close()


async def begun_anew(desk: Desk) -> None:
    await desk.database.journal.commit(lambda tx: sign_ins.remove_sign_ins(tx, a_connection(0).id))
    await begun(desk)


async def test_data_moves_from_its_own_key_to_a_given_one_and_back(driver: Driver, tmp_path: Path) -> None:
    mine = own(tmp_path)
    desk = a_desk(driver, mine)
    await filled(desk, 2)
    await desk.close()

    desk = a_desk(driver, given(NEW, *mine.keys))
    assert (await rotated(desk)).wrapped == 5
    await desk.close()

    desk = a_desk(driver, MasterKeys(keys=(*mine.keys, NEW), place=mine.place, own=mine.own, read_again=mine.read_again))
    done = await rotated(desk)
    assert (done.made, done.wrapped, done.key) == (False, 5, id_of(mine.keys[0])), "the key that is there is put to use"
    await opens(desk, 2)
    await desk.close()


async def test_value_that_does_not_open_is_told_and_left_and_hinders_no_other(driver: Driver, tmp_path: Path) -> None:
    keys = own(tmp_path)
    desk = a_desk(driver, keys)
    await filled(desk, 3)
    other = Vault(NEWEST).seal({"token": "x"}, row="con_c0001")
    await desk.database.journal.commit(lambda tx: connections.update_connection(tx, a_connection(1), sealed=other))
    await desk.database.journal.commit(lambda tx: grants.put_grant(tx, a_connection(2).id, sealed=b"\x01" + keys_id(keys) + bytes(90)))

    first = await rotated(desk)
    assert (first.wrapped, first.left) == (5, 2)
    assert len(own(tmp_path).keys) == 2, "the old key stays while a value names it"
    second = await rotated(desk)
    assert (second.made, second.left) == (True, 2), "a broken value keeps nobody from rotating"

    found = await admin.look(desk)
    assert [(one.connection, one.what) for one in found.unopened] == [("c0001", "secrets"), ("c0002", "tokens")]
    assert f"another master key ({id_of(NEWEST).hex()})" in found.unopened[0].problem
    assert "connections update c0001" in found.unopened[0].cure
    assert "were changed" in found.unopened[1].problem
    assert "connections authorize c0002" in found.unopened[1].cure
    await desk.close()


def keys_id(keys: MasterKeys) -> bytes:
    return id_of(keys.keys[0])


async def test_rotation_that_another_key_overtook_ends(driver: Driver) -> None:
    desk, other = a_desk(driver, given(NEW, OLD, NEWEST)), a_desk(driver, given(NEWEST, NEW, OLD))
    await filled(desk, MANY)
    first = admin.rotate(other)
    for _ in range(2):
        await anext(first)
    assert (await rotated(desk)).key == id_of(NEW)
    with pytest.raises(ConflictError, match="Another rotation"):
        async for _ in first:
            pass
    assert (await admin.look(desk)).older == 0
    await other.close()
    await desk.close()


async def test_whoever_lacks_the_key_is_told_but_loses_no_tokens(driver: Driver) -> None:
    """Tokens a vendor has just given exist nowhere else, so they are stored with the key there is."""
    desk = a_desk(driver, given(NEW))
    await filled(desk, 1)
    late = a_desk(driver, given(OLD))
    with pytest.raises(ConfigError, match="another master key"):
        await begun_anew(late)
    held = SealedGrants(late.database, late.vault, late.clock)
    await held.store(a_connection(0).id, a_grant(9), generation=1)
    assert (await held.read(a_connection(0).id)).grant == a_grant(9)
    await late.close()
    await desk.close()
    both = a_desk(driver, given(NEW, OLD))
    assert (await rotated(both)).wrapped == 1
    await both.close()


async def test_note_of_the_key_holds_any_key_id(driver: Driver) -> None:
    database = Database(driver)

    async def commit(unit: Callable[[Transaction], T]) -> T:
        return await database.journal.commit(unit)

    assert await database.read(sealed.sealing_key) is None
    for key in (b"\x00" * 8, b"\xff" * 8, b"\x80" + b"\x00" * 7, b"\x7f" + b"\xff" * 7):
        await commit(lambda tx, key=key: sealed.note_sealing_key(tx, key))
        assert await database.read(sealed.sealing_key) == key
        assert await commit(lambda tx: sealed.held_sealing_key(tx, otherwise=b"12345678")) == key
    database.close()
