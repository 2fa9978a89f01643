"""Where master keys come from: one setting or the file of the data folder, and what is said when a source is wrong."""

import os
import stat
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from trunkline.model.errors import ConfigError
from trunkline.vault.box import id_of
from trunkline.vault.command import output_of
from trunkline.vault.key_file import KeyFile, parsed
from trunkline.vault.keys import given_by, master_keys

FIRST, SECOND, THIRD = bytes(range(32)), bytes(32), b"3" * 32


def text(*keys: bytes) -> str:
    return "".join(f"{b64encode(key).decode()}\n" for key in keys)


def a_file(path: Path, *keys: bytes, mode: int = 0o600) -> Path:
    path.write_text(text(*keys))
    path.chmod(mode)
    return path


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    made = master_keys(tmp_path, {})
    again = master_keys(tmp_path, {})
    assert (made.made, again.made) == (True, False)
    assert made.keys == again.keys
    assert made.place == str(tmp_path / "master.key")
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("how", ["value", "file", "command"])
def test_a_key_that_is_given_comes_before_the_file_and_makes_none(tmp_path: Path, how: str) -> None:
    file = a_file(tmp_path / "given", FIRST)
    environment = {
        "value": {"TRUNKLINE_MASTER_KEY": text(FIRST)},
        "file": {"TRUNKLINE_MASTER_KEY_FILE": str(file)},
        "command": {"TRUNKLINE_MASTER_KEY_COMMAND": f"cat '{file}'"},
    }[how]
    home = tmp_path / "home"
    home.mkdir()
    found = master_keys(home, environment)
    assert (found.keys, found.own, found.made) == ((FIRST,), None, False)
    assert list(home.iterdir()) == []


def test_two_sources_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="TRUNKLINE_MASTER_KEY and TRUNKLINE_MASTER_KEY_COMMAND"):
        given_by({"TRUNKLINE_MASTER_KEY": "a", "TRUNKLINE_MASTER_KEY_COMMAND": "b"})
    assert given_by({"TRUNKLINE_MASTER_KEY": "", "TRUNKLINE_MASTER_KEY_FILE": "/x"}) == "TRUNKLINE_MASTER_KEY_FILE"
    assert given_by({}) is None


def test_older_keys_and_the_file_of_the_folder_open_besides(tmp_path: Path) -> None:
    a_file(tmp_path / "master.key", THIRD)
    found = master_keys(
        tmp_path, {"TRUNKLINE_MASTER_KEY": text(FIRST), "TRUNKLINE_OLD_MASTER_KEYS": f"{text(SECOND).strip()}, {text(FIRST)}"}
    )
    assert found.keys == (FIRST, SECOND, THIRD)
    assert found.place == "TRUNKLINE_MASTER_KEY"


def test_further_lines_of_a_given_file_are_older_keys(tmp_path: Path) -> None:
    found = master_keys(tmp_path, {"TRUNKLINE_MASTER_KEY_FILE": str(a_file(tmp_path / "given", FIRST, SECOND))})
    assert found.keys == (FIRST, SECOND)


def test_the_folders_own_file_stays_its_own_when_it_is_given_by_name(tmp_path: Path) -> None:
    path = a_file(tmp_path / "master.key", FIRST)
    found = master_keys(tmp_path, {"TRUNKLINE_MASTER_KEY_FILE": str(path)})
    assert (found.keys, found.own is not None) == ((FIRST,), True)


def test_files_are_read_again_with_the_newest_key_first(tmp_path: Path) -> None:
    own = a_file(tmp_path / "master.key", FIRST)
    by_home = master_keys(tmp_path, {})
    by_value = master_keys(tmp_path, {"TRUNKLINE_MASTER_KEY": text(THIRD)})
    a_file(own, SECOND, FIRST)
    assert by_home.again() == (SECOND, FIRST)
    assert by_value.again() == (THIRD, FIRST, SECOND), "a given key goes on to seal"


@pytest.mark.parametrize("content", ["short", "", "####", b64encode(bytes(31)).decode(), f"{text(FIRST)}x"])
def test_a_wrong_key_says_how_to_make_one_and_not_what_it_was(tmp_path: Path, content: str) -> None:
    (tmp_path / "master.key").touch(mode=0o600)
    (tmp_path / "master.key").write_text(content)
    with pytest.raises(ConfigError, match="32 bytes") as caught:
        master_keys(tmp_path, {})
    assert "vault new-key" in caught.value.hint
    assert caught.value.place.endswith("master.key")
    assert not content.strip() or content.strip() not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("mode", "ours", "given"), [(0o640, False, True), (0o604, False, False), (0o620, False, False), (0o400, True, True)]
)
def test_a_file_open_to_others_is_refused_with_the_cure(tmp_path: Path, mode: int, ours: bool, given: bool) -> None:
    path = a_file(tmp_path / "master.key", FIRST, mode=mode)
    other = tmp_path / "other"
    other.mkdir()
    for home, environment, accepted in ((tmp_path, {}, ours), (other, {"TRUNKLINE_MASTER_KEY_FILE": str(path)}, given)):
        if accepted:
            assert master_keys(home, environment).keys == (FIRST,)
            continue
        with pytest.raises(ConfigError, match=f"open to others .mode {mode:04o}") as caught:
            master_keys(home, environment)
        assert f"chmod 600 {path}" in caught.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file") as caught:
        master_keys(tmp_path, {"TRUNKLINE_MASTER_KEY_FILE": str(tmp_path / "gone")})
    assert caught.value.place == str(tmp_path / "gone")


def test_keys_do_not_show_in_a_repr(tmp_path: Path) -> None:
    found = master_keys(tmp_path, {"TRUNKLINE_MASTER_KEY": text(FIRST)})
    assert repr(FIRST)[2:12] not in repr(found)


# ── the file that is renewed ──


def test_a_renewed_file_begins_with_a_new_key_and_drops_what_nobody_needs(tmp_path: Path) -> None:
    file = KeyFile(a_file(tmp_path / "master.key", FIRST, SECOND))
    file.renew()
    new, *older = file.read()
    assert older == [FIRST, SECOND]
    file.keep({id_of(new), id_of(SECOND)})
    assert file.read() == (new, SECOND)
    file.keep(set())
    assert file.read() == (new,), "the first one always stays"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_making_never_writes_over_a_key(tmp_path: Path) -> None:
    file = KeyFile(a_file(tmp_path / "master.key", FIRST))
    assert file.make() is False
    assert file.read() == (FIRST,)
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_one_command_at_a_time_changes_the_file(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "master.key")
    with file.held(), pytest.raises(ConfigError, match="Another command"), file.held():
        pass
    with file.held():
        pass


# ── the command ──


def run(command: str, *, timeout_s: float = 10) -> str:
    return output_of(command, os.environ, place="HERE", timeout_s=timeout_s)


def test_a_command_is_split_into_words_and_gets_no_shell() -> None:
    assert run("echo 'a  b' $HOME | cat") == "a  b $HOME | cat\n"
    assert run("sh -c 'echo one | cat'") == "one\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("false", "false ended with 1"),
        ("/nowhere/keys --password=hunter2", "keys cannot be started: No such file"),
        ("echo 'a", "open quote"),
        ("   ", "is empty"),
    ],
)
def test_a_command_that_fails_is_told_by_its_name_only(command: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        run(command)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.place == "HERE"


def test_what_a_failing_command_prints_is_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        run("sh -c 'echo hunter2; echo hunter2 >&2; exit 3'")
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert "ended with 3" in caught.value.message


def test_a_command_that_hangs_is_ended_with_what_it_started() -> None:
    with pytest.raises(ConfigError, match="gave no key within"):
        run("sh -c 'sleep 600 & sleep 600'", timeout_s=0.3)


def test_output_that_is_no_text_is_no_key() -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        parsed(run(f"{sys.executable} -c 'import os; os.write(1, bytes(range(256)))'"), "HERE")
