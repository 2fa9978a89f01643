"""Reading a list to its end, and lists that have none."""

from collections.abc import Callable

import pytest

from trunkline.connect.declaration import Operation, by_token, get
from trunkline.connect.pages import MOST_PAGES, pages
from trunkline.model.errors import RejectedError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import record

THINGS = Operation(
    id="things.list",
    title="List",
    category="Things",
    kind="read",
    call=get("/things", query=("token",)),
    takes=record({}, open=True),
    gives=record({}, open=True),
    items="data",
    next_page=by_token(param="token", answer="next"),
)


class Vendor:
    """A caller whose answers are made by a function of the token."""

    def __init__(self, answer: Callable[[JSON], JSON]) -> None:
        self.answer = answer
        self.calls = 0

    async def call(self, operation: Operation, input: JSONObject) -> JSON:
        assert operation is THINGS
        self.calls += 1
        return self.answer(input.get("token"))


async def read(vendor: Vendor, *, most: int = MOST_PAGES) -> list[list[JSON]]:
    return [page async for page in pages(vendor, THINGS, {"limit": 2}, most=most)]


async def test_pages_come_one_by_one_and_only_when_asked_for() -> None:
    vendor = Vendor(lambda token: {"data": [token], "next": "b" if token is None else None})
    reading = pages(vendor, THINGS, {})
    assert vendor.calls == 0
    assert await anext(reading) == [None]
    assert vendor.calls == 1
    assert await anext(reading) == ["b"]
    with pytest.raises(StopAsyncIteration):
        await anext(reading)


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}, {"next": None, "data": None}, [], None, "text"])
async def test_list_ends_without_a_token(end: JSON) -> None:
    assert await read(Vendor(lambda _: end)) == [[]]


async def test_same_token_twice_is_an_error_not_a_loop() -> None:
    vendor = Vendor(lambda _: {"data": [1], "next": "again"})
    with pytest.raises(RejectedError, match="does not end"):
        await read(vendor)
    assert vendor.calls == 2


async def test_cycle_of_tokens_is_an_error_not_a_loop() -> None:
    following: dict[str, JSON] = {"None": "a", "a": "b", "b": "c", "c": "a"}
    with pytest.raises(RejectedError, match="does not end"):
        await read(Vendor(lambda token: {"next": following[str(token)]}))


async def test_ever_new_tokens_end_at_the_bound() -> None:
    vendor = Vendor(lambda token: {"next": f"{token}x"})
    with pytest.raises(RejectedError, match="more than 5 pages"):
        await read(vendor, most=5)
    assert vendor.calls == 5
