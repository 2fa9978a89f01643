"""Values as a person gives them."""

from io import StringIO
from pathlib import Path

import pytest

from trunkline.cli import words
from trunkline.model.errors import ConfigError


def test_a_plain_value_is_itself() -> None:
    assert words.text_of("abc", place="--token") == "abc"


def test_a_file_is_read_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN-----\nabc\n-----END-----\n")
    assert words.text_of(f"@{tmp_path / 'key'}", place="--token") == "-----BEGIN-----\nabc\n-----END-----"


def test_a_dash_reads_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("abc\n"))
    assert words.text_of("-", place="--token") == "abc"


def test_a_missing_file_names_the_flag_and_the_file() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.txt cannot be read") as caught:
        words.text_of("@nowhere.txt", place="--token")
    assert caught.value.place == "--token"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="no UTF-8 text"):
        words.text_of(f"@{tmp_path / 'key'}", place="--token")


def test_pairs_may_hold_equals_signs_and_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    assert words.pairs(["a=1=2", f"b=@{tmp_path / 'key'}", "c="], place="--option") == {"a": "1=2", "b": "from a file", "c": ""}


@pytest.mark.parametrize("word", ["sesame", "=sesame"])
def test_a_pair_without_a_name_is_refused_without_quoting_it(word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        words.pairs([word], place="--secret")
    assert "sesame" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("given", ["{", "[1]", "7", '"text"'])
def test_an_input_that_is_no_json_object_is_refused(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        words.object_of(given, place="--input")
    assert caught.value.place == "--input"


def test_no_input_is_an_empty_object() -> None:
    assert words.object_of(None, place="--input") == {}


def test_nobody_there_to_ask_is_an_error_and_not_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    with pytest.raises(ConfigError, match="nobody is there"):
        words.confirm("Remove it?", yes=False)
    words.confirm("Remove it?", yes=True)
