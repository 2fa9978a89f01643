"""Connectors by name."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trunkline.connect.declaration import Connector, Operation, Trigger, bearer, get
from trunkline.connect.endpoints import Endpoints
from trunkline.connect.registry import Registry
from trunkline.model.catalogue import Catalogue
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.schema import record


def operation(id: str) -> Operation:
    return Operation(id=id, title=id, category="Things", kind="read", call=get("/"), takes=record({}), gives=record({}))


def acme(*operations: Operation, id: str = "acme") -> Connector:
    trigger = Trigger(id="things.created", title="x", category="Things", gives=record({}), record_key=lambda payload: str(payload["id"]))
    return Connector(id=id, name="Acme", base_url="", about="", auth=bearer, operations=operations, triggers=(trigger,))


def test_everything_is_found_by_its_full_name() -> None:
    connector = acme(operation("things.get"))
    catalogue: Catalogue = Registry([connector])
    assert catalogue.operation("acme.things.get").id == "things.get"
    assert catalogue.trigger("acme.things.created").id == "things.created"
    assert Registry([connector]).split("acme.things.get") == (connector, connector.operations[0])
    assert Registry([connector]).split_trigger("acme.things.created") == (connector, connector.triggers[0])
    assert list(Registry([connector])) == [connector]


def test_unknown_name_is_answered_with_the_nearest() -> None:
    registry = Registry([acme(operation("things.get"), operation("people.list"))])
    with pytest.raises(NotFoundError) as caught:
        registry.operation("acme.thing.get")
    assert "acme.things.get" in caught.value.hint
    with pytest.raises(NotFoundError) as caught:
        registry.connector("amce")
    assert "acme" in caught.value.hint
    with pytest.raises(NotFoundError) as caught:
        registry.trigger("zzz")
    assert caught.value.hint == ""


def test_endpoint_is_meant_with_or_without_the_slash_at_its_end() -> None:
    facts = b'{\n"endpoints": {\n"GET /people/": {},\n"GET /people/{id}": {}\n},\n"schemas": {\n}\n}\n'
    registry = Registry([replace(acme(), endpoints=Endpoints(facts))])
    assert registry.operation("acme.call get  /people").endpoint == "GET /people/"
    assert registry.operation("acme.call GET /people/{id}/").endpoint == "GET /people/{id}"
    with pytest.raises(NotFoundError):
        registry.operation("acme.call GET /persons")


def test_name_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError):
        Registry([acme(), acme()])
    with pytest.raises(ConfigError):
        Registry([acme(operation("a"), operation("a"))])


def test_package_without_a_declaration_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        list(Registry.discover("trunkline"))
    assert caught.value.place.startswith("trunkline.")


def test_a_connector_is_loaded_when_it_is_first_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "lazily" / "broken"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "lazily" / "misnamed").mkdir()
    (tmp_path / "lazily" / "misnamed" / "__init__.py").write_text("from trunkline.connectors.http import connector")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    registry = Registry.discover("lazily")
    with pytest.raises(RuntimeError):
        registry.connector("broken")
    with pytest.raises(RuntimeError):
        registry.operation("broken.things.get")
    with pytest.raises(RuntimeError):
        registry.trigger("broken.things.created")
    with pytest.raises(ConfigError):
        registry.connector("misnamed")
    with pytest.raises(RuntimeError):
        list(registry)


def test_connectors_of_the_program_are_discovered() -> None:
    registry = Registry.discover()
    assert registry.connector("http").name == "HTTP"
    assert "http.request" in registry.operations()
    assert "http.received" in registry.triggers()
