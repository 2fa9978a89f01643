"""Instants, ids and JSON: the laws everything else leans on."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.model.clock import SECOND, Instant, from_iso, iso, later
from trunkline.model.connection import Credential
from trunkline.model.ids import DEFAULT_WORKSPACE, PARTITIONS, EventId, FlowId, RunId, digest, effect_key, fresh, partition_of, run_id
from trunkline.model.json import JSON, at_path, canonical, depth_exceeds
from trunkline.testing.strategies import json_values

instants = st.integers(0, 4_000_000_000 * SECOND).map(Instant)


@given(instants)
def test_an_instant_survives_its_text_to_the_millisecond(instant: Instant) -> None:
    assert from_iso(iso(instant)) == instant - instant % 1000


@given(instants, instants)
def test_texts_of_instants_sort_as_the_instants_do(one: Instant, other: Instant) -> None:
    assert (iso(one) <= iso(other)) or one > other


def test_a_time_with_a_zone_and_one_without_are_both_understood() -> None:
    assert from_iso("2026-11-21T09:00:00+01:00") == from_iso("2026-11-21T08:00:00Z") == from_iso("2026-11-21T08:00:00")
    assert iso(later(from_iso("2026-12-31T23:59:59Z"), 1)) == "2027-01-01T00:00:00.000Z"


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_parts_give_different_digests(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_derived_ids_are_found_again_and_differ_by_what_they_are_made_of() -> None:
    run = run_id(EventId("e"), FlowId("f"), 0)
    assert run == run_id(EventId("e"), FlowId("f"), 0)
    assert len({run, run_id(EventId("e"), FlowId("f"), 1), run_id(EventId("e"), FlowId("g"), 0)}) == 3
    assert effect_key(RunId("r"), "a[1].b") != effect_key(RunId("r"), "a[2].b")


def test_fresh_ids_do_not_repeat() -> None:
    assert len({fresh("x") for _ in range(10_000)}) == 10_000


def test_the_partition_of_a_workspace_never_changes() -> None:
    assert partition_of(DEFAULT_WORKSPACE) == 223
    assert 0 <= partition_of(DEFAULT_WORKSPACE) < PARTITIONS


@given(json_values())
def test_canonical_text_does_not_depend_on_the_order_of_keys(value: JSON) -> None:
    assert canonical({"a": value, "b": 1}) == canonical({"b": 1, "a": value})


def test_depth_is_measured_without_recursion() -> None:
    deep: JSON = []
    for _ in range(100_000):
        deep = [deep]
    assert depth_exceeds(deep)
    assert not depth_exceeds([[[]]], limit=3)
    assert depth_exceeds([[[[1]]]], limit=3)
    while isinstance(deep, list) and deep:
        deep = deep.pop()


def test_paths_lead_through_objects_and_lists_or_nowhere() -> None:
    value: JSON = {"contact": {"phones": [{"n": "1"}]}}
    assert at_path(value, "contact.phones.0.n") == "1"
    assert at_path(value, "contact.phones.7.n") is None
    assert at_path(value, "contact.none.deeper") is None
    assert at_path(value, "") == value


def test_a_credential_shows_no_secret_however_it_is_printed() -> None:
    credential = Credential({"token": "pit-secret"})
    assert "secret" not in f"{credential} {credential!r} {[credential]}"
    assert credential["token"] == "pit-secret"
