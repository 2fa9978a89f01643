"""Any split into pages gives the same items."""

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.declaration import Operation, by_token, get
from trunkline.connect.pages import pages
from trunkline.model.json import JSON, JSONObject, as_list
from trunkline.model.schema import record
from trunkline.testing.strategies import json_values


class Split:
    """A vendor that cuts its list at the given places; empty pages in between are allowed."""

    def __init__(self, items: list[JSON], cuts: list[int]) -> None:
        bounds = [0, *sorted(min(cut, len(items)) for cut in cuts), len(items)]
        self.pages = [items[begin:end] for begin, end in pairwise(bounds)]

    async def call(self, operation: Operation, input: JSONObject) -> JSON:
        assert operation.kind == "read"
        number = int(str(input.get("page", "0")))
        return {"data": {"rows": self.pages[number]}, "next": str(number + 1) if number + 1 < len(self.pages) else None}


LIST = Operation(
    id="rows.list",
    title="List",
    category="Rows",
    kind="read",
    call=get("/rows", query=("page",)),
    takes=record({}, open=True),
    gives=record({}, open=True),
    items="data.rows",
    next_page=by_token(param="page", answer="next"),
)


@given(items=st.lists(json_values(max_leaves=3), max_size=30), cuts=st.lists(st.integers(0, 30), max_size=8))
def test_any_split_gives_the_same_items(items: list[JSON], cuts: list[int]) -> None:
    async def read() -> list[JSON]:
        return [item async for page in pages(Split(items, cuts), LIST, {}) for item in as_list(page)]

    assert asyncio.run(read()) == items
