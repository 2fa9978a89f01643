"""The fake's records that can be synced: each change is counted, and what was removed leaves a trace."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from trunkline.model.clock import Instant, iso
from trunkline.model.json import JSON, JSONObject
from trunkline.testing.simulation import Refused

ACCOUNT_ID: Final = "809646016"
EXTENSION_ID: Final = "62264425016"
NUMBER: Final = "+15555550100"
"""The extension's own number, which can send texts."""

HOME: Final = "https://platform.ringcentral.com/restapi/v1.0"
OWN: Final = f"{HOME}/account/{ACCOUNT_ID}/extension/{EXTENSION_ID}"

Now = Callable[[], Instant]
NextNumber = Callable[[], int]
Page = Callable[[list[JSONObject], Request], JSONObject]
"""One page of a list, as the request asks for it."""

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


def there(records: Changing, id: str) -> JSONObject:
    """The record, or the vendor's refusal."""
    record = records.get(id)
    if record is None:
        raise Refused(404, f"Resource for parameter [{id}] is not found")
    return record


def gone(records: Changing, ids: str) -> Response:
    """Take one record away, or several with commas between their ids."""
    for id in ids.split(","):
        if not records.remove(id):
            raise Refused(404, f"Resource for parameter [{id}] is not found")
    return Response(status_code=204)


def synced(records: Changing, request: Request, *, now: Now, too_old: str) -> JSONObject:
    """What changed since the token of the request, or all there is; a token that is too old is refused with the code `too_old`."""
    token = request.query_params.get("syncToken")
    if request.query_params.get("syncType") == "ISync":
        found = records.since(token or "")
        if found is None:
            raise Refused(400, f"{too_old}: Sync token is invalid or expired")
        kind = "ISync"
    else:
        found, kind = records.all(), "FSync"
    told: list[JSON] = [*found]
    info: JSONObject = {"syncType": kind, "syncToken": records.token(), "syncTime": iso(now())}
    return {"uri": f"{HOME}/sync", "records": told, "syncInfo": info}
