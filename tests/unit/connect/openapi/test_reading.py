"""The text of a description into values: JSON and YAML, good and bad."""

from pathlib import Path

import pytest

from trunkline.connect.openapi.reading import MAX_BYTES, parse, read
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON


def yaml(text: str) -> JSON:
    return parse(text.encode(), name="api.yaml")


def refusal(data: bytes, name: str = "api.yaml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(data, name=name)
    return caught.value


def test_yaml_and_json_say_the_same() -> None:
    as_yaml = 'openapi: 3.0.3\npaths:\n  /a:\n    get: {deprecated: true, x: [1, 2.5, null, "3"]}\n'
    as_json = '{"openapi": "3.0.3", "paths": {"/a": {"get": {"deprecated": true, "x": [1, 2.5, null, "3"]}}}}'
    assert yaml(as_yaml) == parse(as_json.encode(), name="api.json")


def test_words_that_only_yaml_1_1_takes_for_something_else_stay_text() -> None:
    assert yaml("[on, off, yes, no, NO, 2021-07-28, 12:30, 0777]") == ["on", "off", "yes", "no", "NO", "2021-07-28", "12:30", 777]


def test_keys_are_text_whatever_they_look_like() -> None:
    assert yaml("200: ok\ntrue: x\n1.5: y\n~: z\n") == {"200": "ok", "true": "x", "1.5": "y", "~": "z"}


def test_what_is_in_quotes_is_text() -> None:
    assert yaml("""{a: "1", b: 'true', c: !!str 5, d: "null"}""") == {"a": "1", "b": "true", "c": "5", "d": "null"}


def test_numbers_too_long_for_a_word_become_approximate() -> None:
    assert yaml("[9223372036854775807, 9223372036854775808, 123456789012345678901234567890]") == [
        9223372036854775807,
        9.223372036854775808e18,
        1.2345678901234568e29,
    ]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}', name="a.json") == {"a": 1}
    assert parse(b"\xef\xbb\xbfa: 1", name="a.yaml") == {"a": 1}


def test_yaml_in_braces_is_yaml() -> None:
    assert parse(b"{a: 1, b: [x]}", name="a.yaml") == {"a": 1, "b": ["x"]}


def test_aliases_stand_for_what_they_name_and_merge_keys_are_merged() -> None:
    text = "base: &b {type: object, x: 1}\nlist: &l [1, 2]\nagain: *l\nmore: {<<: *b, x: 2, y: 3}\nboth: {<<: [*b, {z: 1}]}\n"
    assert yaml(text) == {
        "base": {"type": "object", "x": 1},
        "list": [1, 2],
        "again": [1, 2],
        "more": {"type": "object", "x": 2, "y": 3},
        "both": {"type": "object", "x": 1, "z": 1},
    }


def test_aliases_that_stand_for_too_much_are_refused_at_their_line() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 12)]
    error = refusal("\n".join(lines).encode())
    assert "aliases" in error.message
    assert error.place.startswith("api.yaml:")


def test_an_alias_of_itself_is_refused() -> None:
    assert "names nothing" in refusal(b"a: &a [*a]").message


@pytest.mark.parametrize(
    ("data", "name", "place"),
    [
        (b'{\n  "a": 1,\n  "b" 2\n}', "api.json", "api.json:3:7"),
        (b'{"a": 1', "api.json", "api.json:1:8"),
        (b"a: 1\nb: [1, 2\nc: 3\n", "api.yaml", "api.yaml:3:2"),
        (b"a: 1\n\tb: 2\n", "api.yaml", "api.yaml:2:1"),
        (b"a: b: c", "api.yaml", "api.yaml:1:5"),
        (b"? [a, b]\n: 1", "api.yaml", "api.yaml:1:3"),
        (b"a: 1\n---\nb: 2", "api.yaml", "api.yaml:2:1"),
        (b"a: 1\nb: \xff", "api.yaml", "api.yaml:2:1"),
        (b"a: \x00", "api.yaml", "api.yaml:1:1"),
        (b"a: 1e999", "api.yaml", "api.yaml:1:4"),
    ],
)
def test_broken_text_is_refused_at_its_place(data: bytes, name: str, place: str) -> None:
    error = refusal(data, name)
    assert error.place == place
    assert error.message.startswith(name)


@pytest.mark.parametrize("open_close", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("name", ["api.json", "api.yaml"])
@pytest.mark.parametrize("depth", [210, 100_000])
def test_text_that_nests_too_deep_is_refused(open_close: tuple[str, str], name: str, depth: int) -> None:
    opened, closed = open_close
    text = '{"x":' + opened * depth + "1" + closed * depth + "}"
    assert "deep" in refusal(text.encode(), name).message


def test_a_file_is_known_by_the_name_people_gave_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^spec\.yaml cannot be read"):
        read(tmp_path / "spec.yaml", name="spec.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path, name="folder")


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than"):
        read(path, name="huge.json")


def test_progress_of_long_yaml_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text("".join(f"k{number}: value\n" for number in range(20_000)), encoding="utf-8")
    shares: list[float] = []
    read(path, name="long.yaml", share=shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 3
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("api.json", b'{"paths": {"/a": 1, "/b": 2, "/a": 3}}', ["'/a' stands 2 times in one object: the last counts"]),
        ("api.yaml", b"paths:\n  /a: 1\n  /b: 2\n  /a: 3\n", ["'/a' stands again in line 4: the last counts"]),
        ("api.yaml", b'{"paths": {"/a": 1, "/b": 2, "/a": 3}}', ["'/a' stands 2 times in one object: the last counts"]),
        ("api.json", b'{"a": {"x": 1}, "b": {"x": 1}}', []),
        ("api.yaml", b"base: &base {x: 1}\na: {<<: *base, x: 2}\n", []),
    ],
)
def test_a_key_that_stands_twice_is_told(name: str, text: bytes, said: list[str]) -> None:
    told: list[str] = []
    parse(text, name=name, twice=told.append)
    assert told == said
