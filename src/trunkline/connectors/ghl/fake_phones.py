"""The phone numbers of the simulated sub-account, in pages that are counted from nought."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.json import JSON, JSONObject
from trunkline.testing.simulation import Handler

_AT: Final = "2026-10-01T08:00:00.000Z"


class PhoneCalls:
    """The handler; `numbers` may be changed."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self.numbers: list[JSONObject] = []

    def handlers(self) -> Mapping[str, Handler]:
        return {"GET /phone-system/numbers/location/{locationId}": self._list}

    def seed(self) -> None:
        """The number of the office."""
        self.add("+15555550100", name="Office", default=True)

    def add(self, number: str, *, name: str = "", default: bool = False) -> None:
        self.numbers.append(
            {
                "sid": f"PN{len(self.numbers):032d}",
                "phoneNumber": number,
                "friendlyName": name or None,
                "type": "local",
                "countryCode": "US",
                "capabilities": {"sms": True, "mms": True, "voice": True, "fax": False},
                "isDefaultNumber": default,
                "isGroupConversationEnabled": False,
                "linkedRingAllUsers": [],
                "linkedUser": None,
                "dateAdded": _AT,
                "dateUpdated": _AT,
            }
        )

    def _list(self, request: Request, _: JSON) -> JSON:
        size, page = int(request.query_params.get("pageSize", 1000)), int(request.query_params.get("page", 0))
        found = self.numbers[page * size : (page + 1) * size]
        return {"numbers": [*found], "page": page, "pageSize": size, "accountStatus": "active", "isUnderGhl": True}
