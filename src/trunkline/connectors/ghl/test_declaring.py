"""The pieces operations are made of: paging, times, and what a lost create is looked for by."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.declaration import NextPage
from trunkline.connectors.ghl.paging import by_number, by_offset
from trunkline.connectors.ghl.times import as_iso, in_numbers, month_first, since_1970
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list

LISTS = st.integers(0, 40)
SIZES = st.integers(1, 12)


def walked(next_page: NextPage, whole: list[JSON], start: JSONObject, page: str, *, total: bool) -> list[JSON]:
    """What is read of `whole` by following `next_page`; `page` is the input that says where a page begins."""
    read: list[JSON] = []
    following: JSONObject | None = start
    while following is not None:
        size, number = int(str(following.get("limit", 10))), int(str(following.get(page, 1 if page == "page" else 0)))
        begin = (number - 1) * size if page == "page" else number
        answer: JSONObject = {"items": whole[begin : begin + size], **({"total": len(whole)} if total else {})}
        read += as_list(answer["items"])
        following = next_page(following, answer)
    return read


@given(LISTS, SIZES, st.booleans(), st.booleans())
def test_offset_reads_everything_once(count: int, size: int, total: bool, said: bool) -> None:
    whole: list[JSON] = [*range(count)]
    next_page = by_offset("items", usual=10, total="total" if total else None)
    assert walked(next_page, whole, {"limit": size} if said else {}, "offset", total=total) == whole


@given(LISTS, SIZES)
def test_numbers_read_everything_once(count: int, size: int) -> None:
    whole: list[JSON] = [*range(count)]
    assert walked(by_number("items", usual=10, total="total"), whole, {"limit": size}, "page", total=True) == whole


def test_vendors_word_that_there_is_no_more_ends_a_list() -> None:
    next_page = by_number("items", usual=1, more="meta.nextPage")
    assert next_page({}, {"items": [1], "meta": {"nextPage": 2}}) == {"page": 2}
    assert next_page({}, {"items": [1], "meta": {"nextPage": None}}) is None
    assert next_page({}, {"items": [], "meta": {"nextPage": 2}}) is None


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone comes beside
def test_times_survive_the_way_there_and_back(moment: datetime) -> None:
    milliseconds = since_1970(moment.isoformat(), "at")
    assert abs(milliseconds / 1000 - moment.timestamp()) < 0.001
    assert since_1970(str(as_iso(milliseconds)), "at") == milliseconds
    assert since_1970(str(milliseconds), "at") == since_1970(milliseconds, "at") == milliseconds


@pytest.mark.parametrize("value", ["soon", "", True, None, [], {"at": 1}, "2026-13-01"])
def test_what_is_no_time_is_refused_by_its_field(value: JSON) -> None:
    with pytest.raises(MappingError) as caught:
        since_1970(value, "startTime")
    assert caught.value.field == "startTime"


def test_inputs_that_are_left_out_stay_out() -> None:
    assert in_numbers("a", "b")({"a": None, "c": 1}) == {"a": None, "c": 1}
    assert month_first("day")({"c": 1}) == {"c": 1}


@pytest.mark.parametrize("value", [None, True, "x", 10**30, -1.5])
def test_what_is_no_count_of_milliseconds_stays_as_it_is(value: JSON) -> None:
    shown = as_iso(value)
    assert shown == value or str(shown).startswith("19")
