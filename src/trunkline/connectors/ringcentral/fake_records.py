"""The fake's records that can be synced: each change is counted, and what was removed leaves a trace."""

from collections.abc import Mapping
from typing import Final

from trunkline.model.json import JSON, JSONObject

_GONE: Final = "Deleted"


class Changing:
    """Records by id, in the order of their last change. Tokens tell how far somebody has read; `expire` makes all of them too old."""

    def __init__(self) -> None:
        self._records: dict[str, JSONObject] = {}
        self._changed: dict[str, int] = {}
        self._count = 0
        self._era = 0

    def put(self, record: JSONObject) -> JSONObject:
        """Keep `record` by its id, new or changed."""
        return self._note(str(record["id"]), record)

    def remove(self, id: str) -> bool:
        """Whether it was there."""
        record = self.get(id)
        if record is None:
            return False
        self._note(id, {name: record[name] for name in ("id", "uri") if name in record} | {"availability": _GONE})
        return True

    def get(self, id: str) -> JSONObject | None:
        record = self._records.get(id)
        return None if record is None or record.get("availability") == _GONE else record

    def all(self) -> list[JSONObject]:
        """What is there, in the order it was made."""
        return [record for record in self._records.values() if record.get("availability") != _GONE]

    def token(self) -> str:
        """Where a reader stands who has read everything."""
        return f"sync-{self._era}-{self._count}"

    def since(self, token: str) -> list[JSONObject] | None:
        """What changed after `token`, traces included; None when it is too old or none of ours."""
        era, _, count = token.removeprefix("sync-").partition("-")
        if era != str(self._era) or not count.isdecimal():
            return None
        changed = sorted((number, id) for id, number in self._changed.items() if number > int(count))
        return [self._records[id] for _, id in changed]

    def token_after(self, record: JSONObject) -> str:
        """Where a reader stands whose last change was this record's."""
        return f"sync-{self._era}-{self._changed[str(record['id'])]}"

    def expire(self) -> None:
        """All tokens told so far are too old from now on."""
        self._era += 1

    def _note(self, id: str, record: JSONObject) -> JSONObject:
        self._count += 1
        self._records[id] = record
        self._changed[id] = self._count
        return record


def page_of(records: list[JSONObject], query: Mapping[str, str], *, uri: str, totals: bool) -> JSONObject:
    """One page of a list, as the vendor answers it; without `totals` it leaves out how many there are."""
    size, page = _whole(query.get("perPage"), 100), _whole(query.get("page"), 1)
    begin = (page - 1) * size
    found = records[begin : begin + size]
    paging: JSONObject = {"page": page, "perPage": size, "pageStart": begin, "pageEnd": begin + max(len(found) - 1, 0)}
    if totals:
        paging.update({"totalPages": -(-len(records) // size), "totalElements": len(records)})
    more = begin + size < len(records)
    navigation: JSONObject = {"firstPage": {"uri": f"{uri}?page=1"}, **({"nextPage": {"uri": f"{uri}?page={page + 1}"}} if more else {})}
    listed: list[JSON] = [*found]
    return {"uri": uri, "records": listed, "paging": paging, "navigation": navigation}


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() else 1000 if text == "max" else otherwise
