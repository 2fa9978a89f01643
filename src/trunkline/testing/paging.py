"""One page of a list, as the parameters and the answer of an endpoint name such things."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema
from trunkline.testing.places import at_place

SIZES: Final = (
    *("limit", "maxResults", "pageLimit", "pageSize", "perPage", "recordCount", "page_size", "per_page", "count", "size", "first", "take"),
)
SKIPS: Final = ("skip", "offset", "startAt", "start")
PAGES: Final = ("page", "pageNumber", "pageNo", "page_number", "currentPage")
TOKENS: Final = ("pageToken", "cursor", "after", "next", "nextToken", "nextCursor", "startAfterId", "lastMessageId", "pageId", "syncToken")
PAGING: Final = frozenset((*SIZES, *SKIPS, *PAGES, *TOKENS, "startAfter", "searchAfter"))
"""Parameters that choose a page and say nothing of its records."""

_ASKED_BY_ID: Final = ("startAfterId", "lastMessageId")
_TOTALS: Final = frozenset(("total", "totalItems", "totalCount", "totalElements", "total_count", "totalRecords", "count", "totalResults"))
_NEXT: Final = frozenset(("nextPageToken", "nextCursor", "next_cursor", "nextToken", "endCursor"))
_LAST_ID: Final = frozenset(("startAfterId", "lastMessageId"))
_MORE: Final = frozenset(("hasMore", "hasNextPage", "has_more", "nextPage", "moreAvailable"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list; `end` is where the next one starts."""

    records: list[JSONObject]
    end: int
    total: int
    size: int

    @property
    def last(self) -> bool:
        return self.end >= self.total


def paged(records: Sequence[JSONObject], asked: Mapping[str, JSON], *, id: str, usual: int, zero: bool = False) -> Page:
    """The page that is asked for, `usual` records where no size is. `id` is the field of a record's id; `zero`: pages count from 0."""
    size = next((number for name in SIZES if (number := _whole(asked.get(name))) is not None), usual)
    start = _start(records, asked, size, id=id, zero=zero)
    return Page(records=list(records[start : start + size]), end=start + size, total=len(records), size=size)


def _start(records: Sequence[JSONObject], asked: Mapping[str, JSON], size: int, *, id: str, zero: bool) -> int:
    for name in _ASKED_BY_ID:
        if asked.get(name):
            place = next((at for at, record in enumerate(records) if str(record.get(id)) == str(asked[name])), -1)
            return place + 1
    for name in (*TOKENS, *SKIPS):
        if (number := _whole(asked.get(name))) is not None:
            return max(0, number)
    for name in PAGES:
        if (number := _whole(asked.get(name))) is not None:
            return max(0, number - (0 if zero else 1)) * size
    return 0


def facts_of(schema: Schema, page: Page, *, id: str, depth: int) -> JSONObject:
    """What an answer tells of its page besides the records, where its schema has a place for it, down to `depth` levels."""
    facts: dict[str, Callable[[], JSON]] = {
        **{name: lambda: page.total for name in _TOTALS},
        **{name: lambda: None if page.last else str(page.end) for name in _NEXT},
        **{name: lambda: str(page.records[-1].get(id)) if page.records else None for name in _LAST_ID},
        **{name: lambda: not page.last for name in _MORE},
        "totalPages": lambda: -(-page.total // page.size) if page.size else 0,
        "perPage": lambda: page.size,
    }
    return _filled(schema, facts, depth=depth)


def _filled(schema: Schema, facts: Mapping[str, Callable[[], JSON]], *, depth: int) -> JSONObject:
    made: JSONObject = {}
    fields = schema.get("properties")
    for name in fields if isinstance(fields, dict) else ():
        inner = at_place(schema, (name,))
        if "properties" in inner and depth > 0:
            if below := _filled(inner, facts, depth=depth - 1):
                made[name] = below
        elif name in facts and "items" not in inner and (value := facts[name]()) is not None:
            made[name] = value
    return made


def _whole(value: JSON) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None
