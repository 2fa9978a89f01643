"""The layer contract for connector folders finds what it is there to find."""

import grimp
import pytest

from scripts.contracts import strays

GHL = "trunkline.connectors.ghl.connector"


def _graph(importer: str, imported: str) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    for module in ("trunkline.connectors", importer, imported):
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported)
    return graph


@pytest.mark.parametrize(
    "imported",
    ["trunkline.connectors.openphone.connector", "trunkline.engine.lanes", "trunkline.store", "trunkline.testing", "trunkline.connections"],
)
def test_a_connector_that_leaves_its_folder_is_found(imported: str) -> None:
    assert strays(_graph(GHL, imported)) == [(GHL, imported)]


@pytest.mark.parametrize("imported", ["trunkline.connectors.ghl.quirks", "trunkline.connect.declaration", "trunkline.model.json", "re"])
def test_a_connector_sees_its_folder_connect_and_model(imported: str) -> None:
    assert strays(_graph(GHL, imported)) == []


@pytest.mark.parametrize("name", ["fake", "fake_records", "fake.contacts", "test_ghl", "conftest"])
def test_fakes_and_tests_of_a_connector_also_see_testing_but_not_the_engine(name: str) -> None:
    importer = f"trunkline.connectors.ghl.{name}"
    assert strays(_graph(importer, "trunkline.testing.conformance")) == []
    assert strays(_graph(importer, "trunkline.engine.lanes")) == [(importer, "trunkline.engine.lanes")]


@pytest.mark.parametrize("name", ["fakery", "contest_ghl"])
def test_a_name_that_only_resembles_a_fake_is_found(name: str) -> None:
    importer = f"trunkline.connectors.ghl.{name}"
    assert strays(_graph(importer, "trunkline.testing")) == [(importer, "trunkline.testing")]
