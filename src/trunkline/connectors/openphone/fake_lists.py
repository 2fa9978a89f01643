"""How both surfaces of a simulated workspace page, filter by time, and refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from trunkline.model.clock import from_iso
from trunkline.model.json import JSON, JSONObject
from trunkline.testing import simulation

_USUAL: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a body, and where."""

    path: str
    message: str
    value: JSON = None


class Refused(simulation.Refused):
    """The vendor says no."""

    def __init__(self, status: int, message: str, *, code: str | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(status, message)
        self.code = code
        self.problems = problems


def v1_page(found: Sequence[JSONObject], query: QueryParams) -> JSON:
    """One page of v1; the token is where the next one starts. Its count is as little to be relied on as the vendor's."""
    start, end = _cut(query.get("pageToken"), int(query["maxResults"]))
    data: list[JSON] = [*found[start:end]]
    return {"data": data, "totalItems": len(data), "nextPageToken": str(end) if end < len(found) else None}


def dated_page(found: Sequence[JSONObject], query: QueryParams, *, usual: int = _USUAL) -> JSON:
    """One page of the dated surface."""
    start, end = _cut(query.get("after"), int(query.get("limit", usual)))
    data: list[JSON] = [*found[start:end]]
    return {"data": data, "nextCursor": str(end) if end < len(found) else None}


def _cut(token: str | None, size: int) -> tuple[int, int]:
    if token is not None and not token.isdecimal():
        raise Refused(400, "Bad Request", problems=[Problem(path="/after", message="Invalid cursor")])
    start = int(token or 0)
    return start, start + size


def within(item: JSONObject, query: QueryParams, field: str = "createdAt") -> bool:
    """Whether a record's time lies where the query wants it, in the words of either surface."""
    told = item.get(field)
    if not isinstance(told, str):
        return True
    at = from_iso(told)
    word = field.removesuffix("At")
    earliest = (f"{word}After", f"{field}[gte]", f"{field}[gt]")
    latest = (f"{word}Before", f"{field}[lte]", f"{field}[lt]")
    above = all(at > bound if name.endswith("[gt]") else at >= bound for name, bound in _bounds(query, earliest))
    return above and all(at < bound if name.endswith("[lt]") else at <= bound for name, bound in _bounds(query, latest))


def _bounds(query: QueryParams, names: Sequence[str]) -> list[tuple[str, int]]:
    return [(name, from_iso(query[name])) for name in names if name in query]


def commas(query: QueryParams, name: str) -> list[str]:
    """The values of a comma list."""
    return query[name].split(",") if name in query else []
