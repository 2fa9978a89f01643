"""What people know GoHighLevel by: operations under their names, in their categories, on their endpoints; triggers; webhook events.

The list of operations and the facts are not part of this repository; they lie beside it, and without them these tests are skipped.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl import connector
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.triggers.routing import EVENTS

REFERENCE: Final = Path(__file__).parents[3] / "shared/reference/ghl"
LIST: Final = REFERENCE / "operations.json"
FACTS: Final = REFERENCE / "facts.md"
KNOWN: Final[list[dict[str, Any]]] = json.loads(LIST.read_text(encoding="utf-8")) if LIST.is_file() else []
OURS: Final[dict[str, Operation]] = {one.id: one for one in connector.operations}

COMPOSED: Final = {"contacts.find", "conversations.update_message_status"}
"""More than one endpoint stands behind these names."""

NEEDED: Final = {
    "messages": ("conversations.send_message", "conversations.create"),
    "location tags": ("location_tags.list", "location_tags.get", "location_tags.create", "location_tags.update", "location_tags.delete"),
    "custom values": ("custom_values.list", "custom_values.create", "custom_values.update", "custom_values.delete", "custom_values.set"),
    "form and survey submissions": ("forms.list_submissions", "surveys.list_submissions"),
    "invoices": (
        "invoices.list",
        "invoices.get",
        "invoices.create",
        "invoices.update",
        "invoices.send",
        "invoices.void",
        "invoices.delete",
    ),
    "payments": ("payments.list_orders", "payments.list_transactions", "payments.list_subscriptions", "payments.record_order_payment"),
    "products": ("products.list", "products.get", "products.create", "products.update", "products.delete", "products.create_price"),
    "objects": ("objects.list", "objects.get", "objects.create", "objects.update"),
    "records": (
        "objects.search_records",
        "objects.get_record",
        "objects.create_record",
        "objects.update_record",
        "objects.delete_record",
    ),
    "social posts": ("social.list_posts", "social.get_post", "social.create_post", "social.update_post", "social.delete_post"),
    "snapshots": ("snapshots.create_share_link", "snapshots.list_pushes", "snapshots.get_push"),
    "saas locations": ("saas.find_locations", "saas.list_locations"),
}
"""What the list lacks and people need. Each has a sample and a round trip like all others: the conformance suite sees to it."""

on_each = pytest.mark.parametrize("known", KNOWN, ids=[one["key"] for one in KNOWN])
pytestmark = pytest.mark.skipif(not KNOWN, reason="the list of operations is not beside this repository")


def test_list_is_whole() -> None:
    assert len(KNOWN) == 124
    assert {one["key"] for one in KNOWN} <= set(OURS)


def test_what_the_list_lacks_is_there() -> None:
    needed = {id for ids in NEEDED.values() for id in ids}
    assert needed <= set(OURS)
    assert not needed & {one["key"] for one in KNOWN}
    assert all(OURS[id].sample for id in needed)


def test_triggers_of_the_list_are_reads_in_a_step_as_well() -> None:
    triggers = [one["key"] for one in KNOWN if one["kind"] == "trigger"]
    assert len(triggers) == 55
    assert {OURS[key].kind for key in triggers} == {"read"}
    polled = {one.poll.read.id for one in connector.triggers if one.poll is not None}
    assert set(triggers) <= polled


@pytest.mark.skipif(not FACTS.is_file(), reason="the facts are not beside this repository")
def test_every_event_of_the_facts_is_a_trigger_and_no_other() -> None:
    table = FACTS.read_text(encoding="utf-8").partition("### Events")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| ([A-Z][A-Za-z, ]+) \|", table, re.MULTILINE) for name in row.split(", ")} - {"Event"}
    assert len(told) == 58
    assert told == set(EVENTS)
    assert told <= {kind for one in connector.triggers for kind in one.kinds}


@pytest.mark.skipif(not FACTS.is_file(), reason="the facts are not beside this repository")
def test_every_endpoint_of_both_versions_is_there() -> None:
    text = FACTS.read_text(encoding="utf-8")
    (older, newer, both) = map(int, re.findall(r"(\d+) v2 operations have no same .* (\d+) v3 operations .* (\d+) are shared", text)[0])
    assert older + both == 576
    assert sum(1 for _ in ENDPOINTS) == older + newer + both


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
