"""Both surfaces of the vendor behind one set of names: a person says `after`, `before`, `maxResults` and `pageToken` everywhere.

The dated surface pages by `limit` and `after`, and each of its lists knows one pair of range operators: a wrong one is refused with 400
(vendor's documentation, read 2026-11-21). The words of each list are said here once.
"""

from collections.abc import Callable, Mapping
from typing import Final

from trunkline.connect.declaration import Caller, Operation, Perform, by_token
from trunkline.connect.endpoints import Endpoints
from trunkline.model.errors import RejectedError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, integer, list_of, nullable, record, text

ENDPOINTS: Final = Endpoints.of("trunkline.connectors.openphone")
"""Those of `/v1` from the official description, those of the dated surface from `dated.json`, which also names its header."""

Shape = Callable[[JSONObject], JSONObject]
"""From a record as a surface tells it to the one people see."""

MOST: Final = 50
"""Records in one page, unless told: the most that every list takes but one."""

NEXT_PAGE: Final = by_token(param="pageToken", answer="nextPageToken")
PAGE_TOKEN: Final = text("Where the next page begins: `nextPageToken` of the page before")
_DATED: Final = {"maxResults": "limit", "pageToken": "after"}

STRICT: Final[Mapping[str, str]] = {"after": "createdAt[gt]", "before": "createdAt[lt]"}
"""How messages and deliveries of webhooks are cut out of time on the dated surface."""

INCLUSIVE: Final[Mapping[str, str]] = {"after": "createdAt[gte]", "before": "createdAt[lte]"}
"""How calls and conversations are."""

CHANGED: Final[Mapping[str, str]] = {"updatedAfter": "updatedAt[gte]", "updatedBefore": "updatedAt[lte]"}
V1: Final[Mapping[str, str]] = {"after": "createdAfter", "before": "createdBefore"}
"""`since` stays unused: it works like `createdBefore` (official description 1.0.0)."""


def same(item: JSONObject) -> JSONObject:
    return item


def dated(words: Mapping[str, str]) -> Mapping[str, str]:
    """The words of a list of the dated surface: paging, and those of its own."""
    return {**_DATED, **words}


def listed(read: Operation, words: Mapping[str, str], *, shape: Shape = same) -> Perform:
    """A list whose inputs `words` turn into the vendor's; the answer of either surface in one form."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        asked: JSONObject = {"maxResults": MOST, **input}
        answer = await caller.call(read, {words.get(name, name): value for name, value in asked.items()})
        return page_of(as_object(answer), shape)

    return perform


def page_of(answer: JSONObject, shape: Shape = same) -> JSONObject:
    """`{data, nextPageToken}`. The count of v1 is left out: the vendor itself calls it unreliable."""
    following = answer.get("nextPageToken") or answer.get("nextCursor")
    return {"data": [shape(as_object(item)) for item in as_list(answer.get("data"))], "nextPageToken": following or None}


async def every(caller: Caller, read: Perform, input: JSONObject, *, until: Callable[[JSONObject], bool] | None = None) -> list[JSONObject]:
    """The records of a list from its first page on, as far as the one that `until` is about; to its end without one.

    Raises `RejectedError` when the vendor leads back to a page already read.
    """
    found: list[JSONObject] = []
    page: JSONObject | None = input
    seen: set[str] = set()
    while page is not None:
        answer = as_object(await read(caller, page))
        for one in map(as_object, as_list(answer["data"])):
            found.append(one)
            if until is not None and until(one):
                return found
        page = NEXT_PAGE(page, answer)
        token = "" if page is None else str(page["pageToken"])
        if token in seen:
            raise RejectedError("the list does not end: it leads back to a page already read", connector="openphone")
        seen.add(token)
    return found


async def first(caller: Caller, read: Perform, input: JSONObject, holds: Callable[[JSONObject], bool]) -> JSONObject | None:
    """The first record of a list for which this holds; no page after it is read."""
    found = await every(caller, read, input, until=holds)
    return found[-1] if found and holds(found[-1]) else None


def read_one(read: Operation, *, shape: Shape) -> Perform:
    """A read of one record in the form people see."""

    async def perform(caller: Caller, input: JSONObject) -> JSON:
        return {"data": shape(as_object(as_object(await caller.call(read, input)).get("data")))}

    return perform


# ── schemas ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def paged(fields: Mapping[str, Schema], *, required: tuple[str, ...] = (), most: int = MOST) -> Schema:
    """The input of a list: its filters, and its pages."""
    pages = {"maxResults": integer("Records in one page", minimum=1, maximum=most), "pageToken": PAGE_TOKEN}
    return record({**fields, **pages}, required=required)


def within(what: str) -> dict[str, Schema]:
    """The inputs that cut a stretch out of time."""
    return {
        "after": text(f"Only {what} from then on", format="date-time"),
        "before": text(f"Only {what} until then", format="date-time"),
    }


def pages_of(item: Callable[[], Schema]) -> Callable[[], Schema]:
    """The output of a list of such records."""

    def made() -> Schema:
        return record({"data": list_of(item()), "nextPageToken": nullable(text())}, required=("data",), open=True)

    return made


def one_of_those(item: Callable[[], Schema]) -> Callable[[], Schema]:
    """The output of an operation that gives such a record."""

    def made() -> Schema:
        return record({"data": item()}, required=("data",), open=True)

    return made


def described(key: str, changes: Mapping[str, Schema] | None = None) -> Callable[[], Schema]:
    """The record in the answer of an endpoint, with what we change of it; more may come."""

    def made() -> Schema:
        data = as_object(as_object(ENDPOINTS[key].answer.get("properties")).get("data"))
        schema = as_object(data.get("items")) if data.get("type") == "array" else data
        fields = {name: as_object(field) for name, field in as_object(schema.get("properties")).items()}
        needed = [str(name) for name in as_list(schema.get("required")) if name not in (changes or {})]
        return record({**fields, **(changes or {})}, required=needed, open=True)

    return made


def number_id(about: str = "A number of the workspace, by its id") -> Schema:
    return text(about, pattern="^PN")


def user_id(about: str) -> Schema:
    return text(about, pattern="^US")
