"""The operations people know GoHighLevel by, each under its name, in its category, with its scopes, on its endpoint.

The list is not part of this repository; it lies beside it, and without it these tests are skipped.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl import connector

LIST: Final = Path(__file__).parents[3] / "shared/reference/ghl/operations.json"
KNOWN: Final[list[dict[str, Any]]] = json.loads(LIST.read_text(encoding="utf-8")) if LIST.is_file() else []
OURS: Final[dict[str, Operation]] = {one.id: one for one in connector.operations}

COMPOSED: Final = {"contacts.find", "conversations.update_message_status"}
"""More than one endpoint stands behind these names."""

on_each = pytest.mark.parametrize("known", KNOWN, ids=[one["key"] for one in KNOWN])
pytestmark = pytest.mark.skipif(not KNOWN, reason="the list of operations is not beside this repository")


def test_list_is_whole() -> None:
    assert len(KNOWN) == 124
    assert {one["key"] for one in KNOWN} <= set(OURS)


@on_each
def test_operation_has_its_name_and_category(known: dict[str, Any]) -> None:
    ours = OURS[known["key"]]
    assert (ours.title, ours.category, ours.deprecated) == (known["name"], known["category"], known["deprecated"])


@on_each
def test_operation_stands_on_its_endpoint(known: dict[str, Any]) -> None:
    if known["key"] not in COMPOSED:
        assert OURS[known["key"]].endpoint == f"{known['method']} {known['path']}"


@on_each
def test_operation_names_the_scopes_it_needs(known: dict[str, Any]) -> None:
    assert set(known["scopes"]) <= set(OURS[known["key"]].scopes)


@on_each
def test_list_says_where_its_items_are_and_a_single_read_where_its_record_is(known: dict[str, Any]) -> None:
    ours = OURS[known["key"]]
    if known["response_items_path"] not in (None, "$") and "*" not in known["response_items_path"]:
        assert ours.items == known["response_items_path"]
    if known["pagination"]["style"] != "none":
        assert ours.next_page is not None
