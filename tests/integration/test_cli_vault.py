"""The keys from the command line: real processes, killed and running side by side on one data folder."""

import asyncio
import os
import random
import signal
import stat
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.shell import Shell
from trunkline.admin import connections, runs, vault
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.admin.grants import SealedGrants
from trunkline.admin.vault import Looked
from trunkline.app import opened_desk
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.model.clock import Instant
from trunkline.model.crash import VARIABLE
from trunkline.model.errors import ConfigError
from trunkline.model.grant import Grant
from trunkline.model.json import as_object
from trunkline.settings import Settings
from trunkline.testing.crashpoints import KILLED, crash_points
from trunkline.testing.vendor import serving

POINTS = [point for point in crash_points() if point.startswith("rotate-")]
NAMES = [f"c{number}" for number in range(3)]


def a_key(byte: int) -> str:
    return b64encode(bytes([byte]) * 32).decode()


def keys_in(shell: Shell) -> list[str]:
    return (shell.home / "master.key").read_text().split()


@asynccontextmanager
async def desk_at(home: Path, **environment: str) -> AsyncGenerator[Desk]:
    """The same data, opened in this process: starting one for every step would take most of the time."""
    async with opened_desk(Settings(home=home, environment=environment)) as desk:
        yield desk


async def connected(shell: Shell, base_url: str = "http://127.0.0.1:9", **environment: str) -> None:
    """Three connections with a token, and tokens from a sign-in besides."""
    async with desk_at(shell.home, **environment) as desk:
        held = SealedGrants(desk.database, desk.vault, desk.clock)
        for name in NAMES:
            new = NewConnection(connector="http", name=name, base_url=base_url, options={}, secrets={"token": FakeHTTP.token})
            connection = await connections.add(desk, new)
            await held.store(connection.id, Grant(access_token="access", granted_at=Instant(1)), generation=0)


async def call(shell: Shell, name: str) -> object:
    words = ("call", "http.fetch", "--connection", name, "--input", '{"url": "/things/1"}')
    return as_object((await shell.done(*words))["body"])["name"]


async def looked(shell: Shell, **environment: str) -> Looked:
    async with desk_at(shell.home, **environment) as desk:
        return await vault.look(desk)


def test_the_points_of_a_rotation_are_known() -> None:
    assert POINTS == ["rotate-dropped", "rotate-key-made", "rotate-noted", "rotate-piece", "rotate-wrapped"]


@pytest.mark.parametrize("point", [*POINTS, "rotate-piece:2"])
async def test_rotation_killed_at_any_point_is_brought_to_its_end_by_the_next(shell: Shell, point: str) -> None:
    await connected(shell)
    (old,) = keys_in(shell)
    assert (await shell("vault", "rotate", **{VARIABLE: point})).code == KILLED

    begun = keys_in(shell)
    over = point == "rotate-dropped"
    assert len(begun) == (1 if over else 2)
    async with desk_at(shell.home) as desk:
        assert (await vault.look(desk)).unopened == ()
        await connections.update(desk, "c1", secrets={"token": "another"}, options={}, base_url=None)

    done = await shell.done("vault", "rotate")
    assert (done["made"], done["left"]) == (over, 0)
    (key,) = keys_in(shell)
    assert (key == begun[0]) is not over, "a rotation that was begun goes on with its key"
    assert key != old
    found = await looked(shell)
    assert {key.hex(): number for key, number in found.by_key.items()} == {str(done["key"]): 6}
    assert found.unopened == ()


async def test_rotation_killed_at_random_moments_loses_nothing(shell: Shell) -> None:
    await connected(shell)
    chance = random.Random(7)
    for _ in range(6):
        process = await shell.start("vault", "rotate", "--json")
        try:
            await asyncio.wait_for(process.wait(), 0.2 + 0.8 * chance.random())
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
        await process.communicate()
        assert (await looked(shell)).unopened == ()
    done = await shell.done("vault", "rotate")
    assert {key.hex() for key in (await looked(shell)).by_key} == {str(done["key"])}
    assert len(keys_in(shell)) == 1
    assert {path.name for path in shell.home.iterdir() if path.name.startswith("master")} <= {"master.key", "master.key.lock"}


async def test_running_hub_goes_on_through_rotations(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeHTTP()
    vendor.seed()
    flow = tmp_path / "flow.yaml"
    flow.write_text(
        "flow: forward\ntrigger: {on: http.received, connection: inbox}\nsteps:\n"
        "  - {call: http.request, id: save, connection: c0, input: {url: /things, json: {name: a}}}\n"
    )
    async with serving(vendor) as base_url:
        await connected(shell, base_url)
        await shell.done("connections", "add", "http", "--name", "inbox", "--secret", "webhook_token=@-", stdin="hook-token")
        await shell.done("flows", "apply", str(flow))
        await shell.done("flows", "publish", "forward")
        async with shell.hub() as (process, greeting):
            address = str(as_object(greeting["webhooks"])["inbox"])
            for number in range(3):
                await shell.done("vault", "rotate")
                # The change makes the hub load every connection anew, under a key it has not seen yet.
                async with desk_at(shell.home) as desk:
                    await connections.update(desk, "c1", secrets={"token": FakeHTTP.token}, options={}, base_url=None)
                assert await delivered(address, number) == 200
                await runs_done(shell, number + 1)
            assert await call(shell, "c2") == "First"
            process.send_signal(signal.SIGTERM)
            _, err = await process.communicate()
            assert b"cannot be used" not in err
    assert (await shell.done("status"))["runs"] == {"done": 3}


async def delivered(address: str, number: int) -> int:
    curl = await asyncio.create_subprocess_exec(
        *(
            "curl",
            "-s",
            "-o",
            os.devnull,
            "-w",
            "%{http_code}",
            "-H",
            "content-type: application/json",
            "-H",
            "x-webhook-token: hook-token",
        ),
        *("-d", f'{{"id": {number}}}', address),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await curl.communicate()
    return int(out)


async def runs_done(shell: Shell, most: int) -> None:
    async with asyncio.timeout(60), desk_at(shell.home) as desk:
        while len(await runs.listed(desk, state="done")) < most:  # noqa: ASYNC110 - it is another process that does them
            await asyncio.sleep(0.02)


async def test_given_key_is_replaced_with_the_old_one_beside_it(shell: Shell, tmp_path: Path) -> None:
    old, new = {"TRUNKLINE_MASTER_KEY": a_key(1)}, {"TRUNKLINE_MASTER_KEY": a_key(2)}
    await connected(shell, **old)
    assert not (shell.home / "master.key").exists()

    said = await shell("vault", "rotate", **old)
    assert (said.code, "give a new key there" in said.out) == (0, True)

    lost = await shell("vault", "check", **new)
    assert lost.code == 1
    assert lost.out.count("another master key") == 6
    assert "connections update c0 --token @FILE" in lost.out

    both = {**new, "TRUNKLINE_OLD_MASTER_KEYS": a_key(1)}
    assert (await looked(shell, **both)).older == 6
    rotated = await shell("vault", "rotate", **both)
    assert "6 of 6 stored secrets were put under it" in rotated.out
    assert "TRUNKLINE_OLD_MASTER_KEYS is not needed any more" in rotated.out
    file = tmp_path / "key"
    file.write_text(a_key(2))
    file.chmod(0o400)
    for other in ({"TRUNKLINE_MASTER_KEY_COMMAND": f"cat {file}"}, {"TRUNKLINE_MASTER_KEY_FILE": str(file)}):
        found = await looked(shell, **other)
        assert (found.rows, found.older, found.unopened) == (6, 0, ())


async def test_connection_whose_key_is_lost_can_be_given_its_secrets_anew(shell: Shell) -> None:
    await connected(shell)
    (shell.home / "master.key").unlink()
    async with desk_at(shell.home) as desk:
        for secrets in ({}, {"token": "again"}):
            with pytest.raises(ConfigError, match="another master key"):
                # The data names a key that is not there: nothing is sealed with a wrong one by mistake.
                await connections.update(desk, "c0", secrets=secrets, options={"webhook_auth": "standard"}, base_url=None)
    assert (await shell("vault", "rotate", "--json")).json["left"] == 6
    async with desk_at(shell.home) as desk:
        for name in NAMES:
            await connections.update(desk, name, secrets={"token": "again"}, options={}, base_url=None)
        found = await vault.look(desk)
    assert [(one.connection, one.what) for one in found.unopened] == [(name, "tokens") for name in NAMES]


async def test_the_key_is_told_once_when_it_is_made(shell: Shell) -> None:
    first, second = await shell("connections", "list"), await shell("connections", "list")
    assert str(shell.home / "master.key") in first.err
    assert "back it up" in first.err
    assert second.err == ""
    assert stat.S_IMODE((shell.home / "master.key").stat().st_mode) == 0o600


async def test_key_file_open_to_others_stops_every_command_with_the_cure(shell: Shell) -> None:
    await shell("connections", "list")
    (shell.home / "master.key").chmod(0o644)
    said = await shell("connections", "list")
    assert said.code == 2
    assert f"chmod 600 {shell.home / 'master.key'}" in said.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hub.example"])
async def test_hub_that_others_can_reach_needs_a_key_of_its_own(shell: Shell, host: str) -> None:
    said = await shell("up", "--host", host, "--port", "0")
    assert said.code == 2
    assert "needs a master key" in said.err
    assert "trunkline vault new-key FILE" in said.err
    assert not shell.home.exists(), "nothing was made"


async def test_a_made_key_lets_a_hub_listen_to_others(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "trunkline.key"
    made = await shell.done("vault", "new-key", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = await shell("vault", "new-key", str(file))
    assert (again.code, "there already" in again.err) == (2, True)
    assert not shell.home.exists(), "a key is made without any data"

    process = await shell.start("up", "--host", "0.0.0.0", "--port", "0", "--json", TRUNKLINE_MASTER_KEY_FILE=str(file))
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert b"0.0.0.0" in line
    assert process.returncode == 0
    assert (await looked(shell, TRUNKLINE_MASTER_KEY_FILE=str(file))).key.hex() == made["key"]
