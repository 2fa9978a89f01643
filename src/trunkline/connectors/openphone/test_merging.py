"""What an update may never lose: numbers, e-mails and custom fields that it does not name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connectors.openphone.merging import differs, merged, without_removed
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object

NAMES = st.sampled_from(["mobile", "Mobile", "work", "", "домашний", "☎"])
NUMBERS = st.sampled_from([f"+1555555010{digit}" for digit in range(6)])


def _contact(*numbers: tuple[str, str]) -> JSONObject:
    entries: list[JSON] = [{"id": f"e{at}", "name": name, "value": value} for at, (name, value) in enumerate(numbers)]
    return {"id": "c1", "defaultFields": {"firstName": "Ada", "emails": [], "phoneNumbers": entries}, "customFields": []}


def _after(before: JSONObject, *given: JSONObject) -> list[tuple[JSON, JSON]]:
    body = merged(before, {"defaultFields": {"phoneNumbers": [*given]}})
    entries = map(as_object, as_list(as_object(body["defaultFields"])["phoneNumbers"]))
    return [(entry.get("id"), entry["value"]) for entry in entries]


TWO = _contact(("work", "+15555550101"), ("work", "+15555550102"))


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"name": "work", "value": "+15555550102"}, [("e0", "+15555550101"), ("e1", "+15555550102")]),
        ({"name": "home", "value": "+15555550103"}, [("e0", "+15555550101"), ("e1", "+15555550102"), (None, "+15555550103")]),
        ({"name": "work", "value": "+15555550103"}, [("e0", "+15555550101"), ("e1", "+15555550102"), (None, "+15555550103")]),
        ({"name": "work", "value": "+15555550103", "id": "e1"}, [("e0", "+15555550101"), ("e1", "+15555550103")]),
        ({"name": "work", "value": None, "id": "e0"}, [("e0", None), ("e1", "+15555550102")]),
        ({"name": "home", "value": None}, [("e0", "+15555550101"), ("e1", "+15555550102")]),
    ],
)
def test_entry_takes_the_place_of_its_like_or_comes_last(given: JSONObject, after: list[tuple[JSON, JSON]]) -> None:
    assert _after(TWO, given) == after


def test_entry_to_be_removed_that_could_be_either_is_refused() -> None:
    with pytest.raises(MappingError) as caught:
        _after(TWO, {"name": "work", "value": None})
    assert caught.value.field == "defaultFields.phoneNumbers"
    assert "+1555" not in str(caught.value)


def test_empty_list_removes_all_and_no_list_none() -> None:
    assert _after(TWO) == []
    assert not differs(TWO, merged(TWO, {"defaultFields": {"firstName": "Ada"}}))


def test_email_is_the_same_in_capitals() -> None:
    before: JSONObject = {"defaultFields": {"emails": [{"id": "e0", "name": "work", "value": "Ada@Example.com"}]}}
    body = merged(before, {"defaultFields": {"emails": [{"name": "private", "value": "ada@example.com"}]}})
    assert as_object(body["defaultFields"])["emails"] == [{"id": "e0", "name": "private", "value": "ada@example.com"}]


@given(
    st.lists(st.tuples(NAMES, NUMBERS), max_size=4, unique_by=lambda one: one[1]),
    st.lists(st.tuples(NAMES, NUMBERS), min_size=1, max_size=4, unique_by=lambda one: one[1]),
)
def test_no_number_is_lost_but_for_one_of_the_same_name(held: list[tuple[str, str]], given: list[tuple[str, str]]) -> None:
    entries: list[JSONObject] = [{"name": name, "value": value} for name, value in given]
    after = _after(_contact(*held), *entries)
    values = [str(value) for _, value in after]
    assert {value for _, value in given} <= set(values)
    names = {name.casefold() for name, _ in given}
    assert all(value in values for name, value in held if name.casefold() not in names)
    assert [id for id, _ in after][: len(held)] == [f"e{at}" for at in range(len(held))], "every entry there was is still there"


@given(
    st.lists(st.tuples(NAMES, NUMBERS), max_size=4, unique_by=lambda one: one[1]),
    st.lists(st.tuples(NAMES, NUMBERS), max_size=4, unique_by=lambda one: one[1]),
)
def test_what_was_written_once_is_not_written_again(held: list[tuple[str, str]], given: list[tuple[str, str]]) -> None:
    changes: JSONObject = {"defaultFields": {"phoneNumbers": [{"name": name, "value": value} for name, value in given]}}
    once: JSONObject = {"id": "c1", **merged(_contact(*held), changes)}
    assert not differs(once, merged(once, changes))


def test_contact_that_lacks_everything_can_be_merged() -> None:
    body = merged({"id": "c1", "defaultFields": None, "customFields": None}, {"customFields": [{"key": "k", "value": 1}]})
    assert body["customFields"] == [{"key": "k", "value": 1}]
    assert without_removed({"firstName": "Ada"}) == {"firstName": "Ada"}
