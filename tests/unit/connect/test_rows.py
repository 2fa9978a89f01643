"""CSV files as people have them: good rows by name, bad ones with their line, and nothing lost."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.rows import MOST_LINES, Row, RowFile, assigned, opened, written_as
from trunkline.model.errors import ConfigError


def read(data: bytes, **how: str) -> list[Row]:
    return list(opened(io.BytesIO(data), **how).rows)  # pyright: ignore[reportArgumentType] - encoding and delimiter


def test_rows_come_by_heading_with_their_line() -> None:
    rows = read(b'name,note\nAda,"two\nlines"\n\nBen,x\n')
    assert [(row.line, row.values) for row in rows] == [(2, {"name": "Ada", "note": "two\nlines"}), (5, {"name": "Ben", "note": "x"})]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiter_is_recognised(mark: str) -> None:
    assert read(f'a{mark}"b,;|"\n1{mark}2\n'.encode())[0].values == {"a": "1", "b,;|": "2"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encoding_is_recognised_by_its_mark(encoding: str) -> None:
    assert read("name\nÉloïse\n".encode(encoding))[0].values == {"name": "Éloïse"}


def test_wrong_encoding_is_told_by_row_and_nothing_is_lost() -> None:
    data = "name,n\nAda,1\nÉlo,2\nBen,3\n".encode("windows-1252")
    rows = read(data)
    assert [row.problem[:17] for row in rows] == ["", "it is not UTF-8; ", ""]
    assert rows[1].raw.encode("utf-8", "surrogateescape") == "Élo,2\n".encode("windows-1252")
    assert read(data, encoding="windows-1252")[1].values == {"name": "Élo", "n": "2"}


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("windows-1252", b"name,n\nAda,1\n" + b"\x81lo,2\nBen,3\n"),
        ("utf-16", "name,n\nAda,1\n\ufffd,2\nBen,3\n".encode("utf-16")),
        ("utf-16", "name,n\nAda,1\nBen,3\nElo,2".encode("utf-16")[:-1]),
    ],
)
def test_letter_that_a_given_encoding_does_not_have_is_told_by_row(encoding: str, data: bytes) -> None:
    rows = read(data, encoding=encoding)
    assert sorted(row.problem for row in rows) == ["", "", f"it holds what is no {encoding}"]
    assert [row.values["name"] for row in rows if not row.problem] == ["Ada", "Ben"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "windows-1252"])
def test_what_is_left_of_a_file_is_written_so_that_it_is_read_again(encoding: str) -> None:
    plain, mark = written_as(encoding)
    told = read(b"".join(line.encode(plain) for line in (f"{mark}name\n", "Élo\n", "Zoë\n")), encoding=encoding)
    assert [row.values["name"] for row in told] == ["Élo", "Zoë"]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"1\n", "it has 1 fields, the header has 2"),
        (b"1,2,3\n", "it has 3 fields, the header has 2"),
        (b'"1"x,2\n', "a quote is closed in the middle of a field"),
        (b"1,\0\n", "it holds a zero byte"),
    ],
)
def test_bad_row_says_what_is_wrong_and_the_others_are_read(bad: bytes, problem: str) -> None:
    rows = read(b"a,b\n1,2\n" + bad + b"3,4\n")
    assert [row.problem for row in rows] == ["", problem, ""]
    assert rows[1].raw == bad.decode()
    assert rows[1].line == 3


@pytest.mark.parametrize("after", [3, MOST_LINES + 50])
def test_quote_that_is_never_closed_costs_its_own_line_only(after: int) -> None:
    rows = read(b'a,b\n1,2\n"open,3\n' + b"".join(b"%d,x\n" % number for number in range(after)))
    assert [row.line for row in rows if row.problem] == [3]
    assert rows[1].problem == "a quote is opened and not closed"
    assert len([row for row in rows if not row.problem]) == after + 1


def test_file_without_line_ends_is_bounded() -> None:
    rows = read(b"a\n" + b"x" * 2_500_000)
    assert all(row.problem == "the line is too long" for row in rows[:2])
    assert sum(len(row.raw) for row in rows) == 2_500_000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"a,a\n", "two columns"),
        (b"a,\n", "no heading"),
        (b"\xff\xd8\xff\n", "not UTF-8"),
        (b"PK\0\0\n", "binary"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        opened(io.BytesIO(data))


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "idna", "undefined", "utf\0"])
def test_unknown_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(io.BytesIO(b"a\n"), encoding=encoding)
    assert caught.value.place == "--encoding"


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n", "\0"])
def test_what_cannot_stand_between_fields_is_refused(delimiter: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(io.BytesIO(b"a,b\n"), delimiter=delimiter)
    assert caught.value.place == "--delimiter"


@pytest.mark.parametrize("typed", ["\t", "\\t", "tab"])
def test_tab_is_told_as_people_type_it(typed: str) -> None:
    assert read(b"a\tb\n1,1\t2\n", delimiter=typed)[0].values == {"a": "1,1", "b": "2"}


PEOPLE = RowFile(
    id="people",
    title="People",
    kind="people",
    columns={"email": ("E-mail address",), "first_name": ("first",), "phone": ()},
    required=("email",),
)


def test_columns_are_recognised_however_they_are_spelt() -> None:
    assert assigned(PEOPLE, ["First Name", "E-MAIL", "Other"], {}) == {"email": "E-MAIL", "first_name": "First Name"}
    assert assigned(PEOPLE, ["x", "Email Address"], {"first_name": "X"}) == {"email": "Email Address", "first_name": "x"}


@pytest.mark.parametrize(("headings", "given"), [(["name"], {}), (["email"], {"phone": "nowhere"}), (["email"], {"nobody": "email"})])
def test_column_that_is_missing_is_told(headings: list[str], given: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        assigned(PEOPLE, headings, given)


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)


@given(st.lists(st.tuples(cell, cell, cell), max_size=20))
def test_what_was_written_is_read(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("a", "b", "c"), *rows])
    found = read(text.getvalue().encode())
    assert [tuple(row.values.values()) for row in found] == rows


@given(st.binary(max_size=300))
def test_no_byte_is_lost_whatever_the_file_holds(data: bytes) -> None:
    rows = read(b"a,b\n" + data)
    kept = "".join(row.raw for row in rows).encode("utf-8", "surrogateescape")
    assert kept.split() == data.split() or all(part in kept for part in data.split())


def test_a_million_rows_are_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "million.csv"
    with path.open("w") as file:
        file.write("id,name\n")
        file.writelines(f"{number},Somebody\n" for number in range(1_000_000))
    count = 0
    with path.open("rb") as file:
        for row in opened(file).rows:
            count += 1
            if count == 950_000:
                tracemalloc.start()
            assert not row.problem
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000_000
    assert peak < 500_000
