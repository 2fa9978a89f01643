"""Where the command line looks: at the beginning of a run's id, at the lock of a data folder, at a terminal with a person."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.shell import Shell
from trunkline.admin import runs as admin
from trunkline.app import opened_desk
from trunkline.cli.words import text_of
from trunkline.engine.ownership import FolderLock, holder
from trunkline.model.clock import Instant
from trunkline.model.errors import NotFoundError
from trunkline.model.event import Run
from trunkline.model.ids import DEFAULT_WORKSPACE, EventId, FlowId, RunId
from trunkline.settings import Settings
from trunkline.store import runs as store
from trunkline.store.flows import Flow, FlowVersion, save_flow


def _run(id: str) -> Run:
    return Run(
        seq=0,
        id=RunId(id),
        workspace=DEFAULT_WORKSPACE,
        flow=FlowId("flw_a"),
        version=1,
        event=EventId("evt_a"),
        record_key="a",
        generation=0,
        depth=0,
        state="done",
        code="",
        reason="",
        attempts=1,
        received_at=Instant(0),
        started_at=Instant(0),
        finished_at=Instant(0),
    )


async def test_a_run_is_found_by_the_beginning_of_its_id_when_only_one_has_it(tmp_path: Path) -> None:
    async with opened_desk(Settings(home=tmp_path)) as desk:
        for id in ("run_abcdefgh2345", "run_abcdefgh6767", "run_zbcdefgh2345", "run_abcdefgh234567"):
            await desk.database.journal.commit(lambda tx, id=id: store.start_run(tx, _run(id)))
        for letters in ("run_z", "abcdefg", ""):
            with pytest.raises(NotFoundError, match="too short"):
                await admin.identified(desk, letters)
        assert await admin.identified(desk, "run_zbcd") == "run_zbcdefgh2345"
        assert await admin.identified(desk, "zbcdefgh") == "run_zbcdefgh2345"
        assert await admin.identified(desk, "run_abcdefgh2345") == "run_abcdefgh2345", (
            "a whole id is meant even when longer ones begin with it"
        )
        with pytest.raises(NotFoundError, match="More than one"):
            await admin.identified(desk, "run_abcdefgh")
        for letters in ("run_xxxxxxxx", "run_abcd%", "run_abcd_", "\x00" * 9):
            with pytest.raises(NotFoundError, match="There is no run"):
                await admin.identified(desk, letters)


async def test_runs_of_one_flow_in_a_state_are_found_behind_many_of_another(tmp_path: Path) -> None:
    async with opened_desk(Settings(home=tmp_path)) as desk:
        now = desk.clock.now()
        for name in ("rare", "busy"):
            flow = Flow(
                id=FlowId(f"flw_{name}"),
                workspace=DEFAULT_WORKSPACE,
                name=name,
                title=name,
                latest=1,
                published=None,
                created_at=now,
                changed_at=now,
            )
            version = FlowVersion(flow=flow.id, version=1, document="", digest="", trigger={}, created_at=now, published_at=None)
            await desk.database.journal.commit(lambda tx, flow=flow, version=version: save_flow(tx, flow, version))
        for id, flow in (("run_rare", "rare"), *((f"run_busy{number}", "busy") for number in range(5))):
            run = replace(_run(id), flow=FlowId(f"flw_{flow}"))
            await desk.database.journal.commit(lambda tx, run=run: store.start_run(tx, run))
        assert [run.id for run in await admin.listed(desk, state="done", flow="rare", most=2)] == ["run_rare"]
        assert [run.id for run in await admin.listed(desk, state="done", flow="busy", most=2)] == ["run_busy4", "run_busy3"]


def test_a_folder_tells_which_hub_holds_it_and_looking_makes_nothing(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    lock = FolderLock(tmp_path)
    assert holder(tmp_path) == str(os.getpid())
    lock.release()
    assert holder(tmp_path) is None


async def test_a_person_at_a_terminal_is_asked_for_the_secret_and_it_is_not_shown(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "TRUNKLINE_HOME": str(tmp_path / "home"), "TERM": "dumb"}
    words = ("connections", "add", "openphone", "--name", "desk", "--json")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "trunkline",
        *words,
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    loop = asyncio.get_running_loop()
    asked = b""
    while not asked.endswith(b": "):  # the blank comes once the echo is off and what was typed before is dropped
        asked += await asyncio.wait_for(loop.run_in_executor(None, os.read, ours, 4096), 60)
    assert b"OpenPhone: API key" in asked
    os.write(ours, b"typed-secret-8812\n")
    assert process.stdout is not None
    out = await asyncio.wait_for(process.stdout.read(), 60)
    assert await process.wait() == 0
    assert b"typed-secret-8812" not in out + os.read(ours, 4096)
    assert b'"name": "desk"' in out
    os.close(ours)


def test_a_value_that_begins_with_an_at_sign_and_a_tilde_is_a_file_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text("abc\n")
    assert text_of("@~/key", place="--token") == "abc"


async def test_commands_that_begin_at_once_on_a_fresh_folder_all_work(shell: Shell) -> None:
    said = await asyncio.gather(*(shell("connections", "list") for _ in range(4)))
    assert [(one.code, one.err if one.code else "") for one in said] == [(0, "")] * 4
