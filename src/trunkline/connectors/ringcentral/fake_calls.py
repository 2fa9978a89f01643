"""The fake's call log and recordings."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.requests import Request

from trunkline.connectors.ringcentral.declaring import ACCOUNT, EXTENSION
from trunkline.connectors.ringcentral.fake_messages import audio
from trunkline.connectors.ringcentral.fake_records import ACCOUNT_ID, HOME, NUMBER, OWN, Changing, NextNumber, Now, Page, synced, there
from trunkline.model.clock import iso, later
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

_DAY_S: Final = 86_400


class Calls:
    """The calls of the one extension, which are all there are in the company, kept in `log`."""

    def __init__(self, *, now: Now, number: NextNumber, page: Page) -> None:
        self.log = Changing()
        self._now = now
        self._number = number
        self._page = page

    def add(self, record: JSONObject) -> JSONObject:
        id = f"call-{self._number()}"
        base: JSONObject = {
            "uri": f"{OWN}/call-log/{id}",
            "id": id,
            "sessionId": f"s-{id}",
            "telephonySessionId": f"t-{id}",
            "startTime": iso(self._now()),
            "duration": 42,
            "type": "Voice",
            "internalType": "Local",
            "direction": "Inbound",
            "action": "Phone Call",
            "result": "Accepted",
            "from": {"phoneNumber": "+15555550101"},
            "to": {"phoneNumber": NUMBER},
        }
        return self.log.put({**base, **record})

    def handlers(self) -> Mapping[str, Handler]:
        places = (ACCOUNT, EXTENSION)
        return {
            **{f"GET {place}/call-log": self._list for place in places},
            **{f"GET {place}/call-log/{{callRecordId}}": self._get for place in places},
            **{f"GET {place}/call-log-sync": self._sync for place in places},
            f"GET {ACCOUNT}/call-log-extract-sync": self._extract,
            f"GET {ACCOUNT}/recording/{{recordingId}}": _recording,
            f"GET {ACCOUNT}/recording/{{recordingId}}/content": audio,
        }

    def _get(self, request: Request, _: JSON) -> JSON:
        return there(self.log, request.path_params["callRecordId"])

    def _list(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        number, since = query.get("phoneNumber"), query.get("dateFrom") or iso(later(self._now(), -_DAY_S))
        found = [one for one in reversed(self.log.all()) if str(one["startTime"]) >= since]
        if number is not None:  # with a plus it is compared as it is, and nothing is found
            found = [
                one for one in found if f"+{number}" in (as_object(one["from"]).get("phoneNumber"), as_object(one["to"]).get("phoneNumber"))
            ]
        return self._page(found, request)

    def _sync(self, request: Request, _: JSON) -> JSON:
        return synced(self.log, request, now=self._now, too_old="CLG-101")

    def _extract(self, request: Request, _: JSON) -> JSON:
        answer = synced(self.log, request, now=self._now, too_old="CLG-104")
        records, info = as_list(answer["records"]), as_object(answer["syncInfo"])
        most = int(request.query_params.get("recordCount", "250"))
        more = len(records) > most
        token = self.log.token_after(as_object(records[most - 1])) if more else info["syncToken"]
        return {**answer, "records": records[:most], "syncInfo": {**info, "syncToken": token, "newerRecordsExist": more}}


def _recording(request: Request, _: JSON) -> JSON:
    id = request.path_params["recordingId"]
    here = f"{HOME}/account/{ACCOUNT_ID}/recording/{quote(id, safe='')}"
    return {"id": id, "uri": here, "contentType": "audio/mpeg", "contentUri": f"{here}/content", "duration": 42}
