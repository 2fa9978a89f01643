"""What holds for every connector there is, found by name as the program finds them."""

import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

from trunkline.connect.declaration import Connector
from trunkline.connect.registry import Registry
from trunkline.testing.conformance import RULES, Conformance

CONNECTORS = list(Registry.discover())
TRIED_BY: Final = {
    "auth": ("test_refused_credential_asks_for_a_new_one",),
    "errors": ("test_status_of_a_read_means", "test_status_of_a_write_means"),
    "limits": ("test_burst_stays_under_the_limit",),
    "operations-sampled": ("test_operation_works_against_the_fake",),
    "paging": ("test_any_page_size_gives_the_whole_list", "test_list_that_is_paged_is_read_whole"),
    "redaction": ("test_secrets_never_show",),
    "repeat-declared": ("test_operation_is_declared_completely",),
    "scopes": ("test_missing_scope_is_named_and_no_reason_to_pause_the_connection",),
    "triggers-sampled": ("test_trigger_sample_gives_its_payload",),
    "webhook-verified": ("test_unsigned_delivery_is_refused",),
}
"""The cases of the suite that show what a rule of the checklist says."""

every = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.id)


def folder(connector: Connector) -> Path:
    return Path(str(import_module(f"trunkline.connectors.{connector.id}").__file__)).parent


def suites(connector: Connector) -> Iterator[type[Conformance]]:
    tests = import_module(f"trunkline.connectors.{connector.id}.test_{connector.id}")
    for name, found in vars(tests).items():
        if name.startswith("Test") and isinstance(found, type) and issubclass(found, Conformance):
            yield found


def test_the_three_first_connectors_are_there() -> None:
    assert {"ghl", "openphone", "http"} <= {connector.id for connector in CONNECTORS}


@every
def test_connector_runs_the_conformance_suite(connector: Connector) -> None:
    """One that speaks HTTP with its fake; the calls of the others are tried by tests of their own."""
    (suite,) = suites(connector)
    speaks_http = connector.base_url.startswith("http") or connector.webhook is not None
    assert (suite.connector, suite.make is not None) == (connector, speaks_http)


@every
def test_what_is_done_by_the_checklist_is_tried_and_what_is_exempt_is_not(connector: Connector) -> None:
    (suite,) = suites(connector)
    rules = tomllib.loads((folder(connector) / "quality.toml").read_text())["rules"]
    for rule, cases in TRIED_BY.items():
        tried = any(getattr(suite, case) is not None for case in cases)
        assert tried == (rules[rule] == "done") or suite.make is None, rule


@every
def test_folder_holds_what_the_architecture_names(connector: Connector) -> None:
    for name in ("connector.py", "fake.py", "quality.toml", "README.md", "samples"):
        assert (folder(connector) / name).exists(), name


@every
def test_every_sample_is_used(connector: Connector) -> None:
    used = {one.sample for one in (*connector.operations, *connector.triggers)}
    assert {path.name for path in (folder(connector) / "samples").iterdir()} == used


@every
def test_readme_is_about_this_vendor(connector: Connector) -> None:
    text = (folder(connector) / "README.md").read_text()
    assert text.startswith(f"# {connector.name}")
    assert "webhook" in text.lower()


@every
def test_exempt_rule_says_why(connector: Connector) -> None:
    rules = tomllib.loads((folder(connector) / "quality.toml").read_text())["rules"]
    assert sorted(rules) == sorted(RULES)


@every
def test_operations_and_triggers_are_titled_for_people(connector: Connector) -> None:
    for one in (*connector.operations, *connector.triggers):
        assert one.title[0].isupper()
        assert not one.title.endswith(".")
        assert one.id == one.id.lower() or "_" not in one.id
