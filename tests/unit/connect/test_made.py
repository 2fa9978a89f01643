"""Connectors from a folder: found by name, read when asked for, read again when changed."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from trunkline.connect.declaration import Call
from trunkline.connect.made import MadeConnectors
from trunkline.connect.manifest import Auth, Manifest, text_of
from trunkline.connect.openapi.facts import Facts
from trunkline.connect.openapi.facts import text_of as facts_text
from trunkline.connect.registry import Registry
from trunkline.model.connection import Credential
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.http import Pairs

TOKEN = Credential({"token": "t-1", "username": "u", "password": "p:w"})


def put(folder: Path, name: str, *keys: str, auth: Auth | None = None, headers: Mapping[str, str] | None = None) -> Path:
    """Store a connector whose endpoints are `keys`."""
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    facts = Facts(sources=("a.json",), server="", security={}, endpoints={key: {"area": "A"} for key in keys}, schemas={})
    (path / "endpoints.json").write_bytes(facts_text(facts))
    manifest = Manifest(title=name.title(), base_url="https://a.example", auth=auth or Auth(), headers=headers or {}, check="GET /me")
    (path / "connector.toml").write_text(text_of(manifest), encoding="utf-8")
    return path


def test_connectors_are_the_folders_with_both_files_and_a_good_name(tmp_path: Path) -> None:
    put(tmp_path, "mycrm", "GET /me")
    put(tmp_path, "Bad Name", "GET /me")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert list(MadeConnectors(tmp_path)) == ["mycrm"]
    assert list(MadeConnectors(tmp_path / "gone")) == []
    assert MadeConnectors(tmp_path).get("empty") is None
    assert MadeConnectors(tmp_path).get("../mycrm") is None


@pytest.mark.parametrize(
    ("auth", "headers", "query", "secrets"),
    [
        (Auth(kind="bearer"), (("authorization", "Bearer t-1"),), None, ["token"]),
        (Auth(kind="header", name="X-Key"), (("x-key", "t-1"),), None, ["token"]),
        (Auth(kind="basic"), (("authorization", "Basic dTpwOnc="),), None, ["username", "password"]),
        (Auth(kind="query", name="key"), (), (("key", "t-1"),), ["token"]),
        (Auth(kind="none"), (), None, []),
    ],
)
def test_every_way_to_prove_who_calls(tmp_path: Path, auth: Auth, headers: Pairs, query: Pairs | None, secrets: list[str]) -> None:
    put(tmp_path, "mycrm", "GET /me", auth=auth)
    connector = MadeConnectors(tmp_path).get("mycrm")
    assert connector is not None
    assert connector.auth(TOKEN) == headers
    assert (connector.auth_query(TOKEN) if connector.auth_query else None) == query
    assert [secret.name for secret in connector.secrets] == secrets


def test_its_headers_go_along_and_its_check_is_a_read(tmp_path: Path) -> None:
    put(tmp_path, "mycrm", "GET /me", "PUT /me", headers={"Accept-Version": "2"})
    registry = Registry([], made=MadeConnectors(tmp_path))
    connector, operation = registry.split("mycrm.call put /me")
    assert isinstance(operation.call, Call)
    assert operation.call.headers == (("accept-version", "2"),)
    assert connector.check is not None
    assert connector.check.endpoint == "GET /me"
    assert [one.id for one in registry] == ["mycrm"]


def test_a_changed_file_is_read_again_and_a_removed_one_is_gone(tmp_path: Path) -> None:
    path = put(tmp_path, "mycrm", "GET /me")
    registry = Registry([], made=MadeConnectors(tmp_path))
    first = registry.split("mycrm.call GET /me")
    assert registry.split("mycrm.call GET /me") is first
    with pytest.raises(NotFoundError, match="GET /new"):
        registry.split("mycrm.call GET /new")
    put(tmp_path, "mycrm", "GET /me", "GET /new")
    os.utime(path / "endpoints.json", ns=(1, 1))
    assert registry.split("mycrm.call GET /new")[1].endpoint == "GET /new"
    assert registry.split("mycrm.call GET /me") is not first
    (path / "connector.toml").unlink()
    with pytest.raises(NotFoundError, match="there is no connector mycrm"):
        registry.connector("mycrm")


def test_a_broken_connector_is_refused_when_it_is_asked_for_and_no_other_one(tmp_path: Path) -> None:
    put(tmp_path, "good", "GET /me")
    (put(tmp_path, "broken", "GET /me") / "connector.toml").write_text("title = ", encoding="utf-8")
    registry = Registry([], made=MadeConnectors(tmp_path))
    assert registry.connector("good").name == "Good"
    with pytest.raises(ConfigError, match="no TOML") as caught:
        registry.connector("broken")
    assert caught.value.place.endswith("broken/connector.toml")


def test_a_near_name_is_suggested(tmp_path: Path) -> None:
    put(tmp_path, "mycrm", "GET /me")
    with pytest.raises(NotFoundError) as caught:
        Registry([], made=MadeConnectors(tmp_path)).connector("mycrn")
    assert caught.value.hint == "Did you mean mycrm?"
