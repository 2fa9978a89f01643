"""The small file beside a connector made of an OpenAPI document."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.manifest import AUTH_KINDS, Auth, Manifest, manifest_in, manifest_of, text_of
from trunkline.model.errors import ConfigError
from trunkline.testing.strategies import texts

WHOLE = Manifest(
    title='My "CRM"',
    base_url="https://api.mycrm.example/v2",
    auth=Auth(kind="header", name="X-Key"),
    headers={"accept-version": "2", "x": "ä"},
    hosts=("https://files.mycrm.example",),
    check="GET /me",
)


def test_a_manifest_reads_as_people_write_toml() -> None:
    text = """
    title = 'My "CRM"'   # what people see
    base_url = "https://api.mycrm.example/v2"
    hosts = ["https://files.mycrm.example"]
    check = "GET /me"
    [auth]
    kind = "header"
    name = "X-Key"
    [headers]
    accept-version = "2"
    x = "ä"
    """
    assert manifest_in(text, place="connector.toml") == WHOLE


def test_what_is_written_reads_the_same() -> None:
    assert manifest_in(text_of(WHOLE), place="x") == WHOLE


headers = st.dictionaries(
    st.text(string.ascii_letters + "-", min_size=1, max_size=8), texts().filter(lambda text: text.isprintable()), max_size=3
)


@given(title=texts(), check=texts(), headers=headers, kind=st.sampled_from(AUTH_KINDS))
def test_any_manifest_survives_being_written(title: str, check: str, headers: dict[str, str], kind: str) -> None:
    auth = Auth(kind=next(known for known in AUTH_KINDS if known == kind), name="x" if kind in ("header", "query") else "")
    manifest = Manifest(title=title, base_url="http://a.example", auth=auth, headers=headers, check=check)
    assert manifest_in(text_of(manifest), place="x") == manifest


BASE = 'title = "x"\nbase_url = "https://a.example"\n'
AUTH = '[auth]\nkind = "none"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "no TOML"),
        ('base_url = 5\n[auth]\nkind="none"', "`base_url` has to be a text"),
        (f'{BASE}hosts = "https://b.example"\n{AUTH}', "`hosts` has to be a list"),
        (f"{BASE}hosts = [1]\n{AUTH}", "`hosts` has to be a list"),
        (f'{BASE}auth = "bearer"', "`auth` has to be a table"),
        (f"{BASE}{AUTH}[headers]\nx = 5", "`x` has to be a text"),
        (AUTH, "no address"),
        (f'base_url = "ftp://a.example"\n{AUTH}', "no address"),
        (f'base_url = "https://user:pass@a.example"\n{AUTH}', "no address"),
        (f'base_url = "https://{{region}}.a.example"\n{AUTH}', "no address"),
        (f'{BASE}hosts = ["/files"]\n{AUTH}', "no address"),
        (f'{BASE}[auth]\nkind = "magic"', "no way to prove"),
        (BASE, "no way to prove"),
        (f'{BASE}[auth]\nkind = "header"', "which header"),
        (f'{BASE}[auth]\nkind = "query"', "which query"),
        (f'{BASE}[auth]\nkind = "header"\nname = "X Key"', "no name of a header"),
        (f'{BASE}{AUTH}[headers]\n"a:b" = "x"', "no name of a header"),
        (f'{BASE}{AUTH}[headers]\na = "x\\r\\nevil: 1"', "cannot be sent"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        manifest_in(text, place="mine/connector.toml")
    assert caught.value.place == "mine/connector.toml"
    assert caught.value.hint


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        manifest_of(tmp_path)
    (tmp_path / "connector.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        manifest_of(tmp_path)
