"""How the simulated sub-account keeps bookings of services: one after the other, each as long as it says."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

SERVICE: Final = "sErViCe000000000000A1"
BOOKING: Final = "bOoKiNg000000000000A1"
_BOOKINGS: Final = "/calendars/services/bookings"
_CATALOG: Final = "/calendars/services/catalog"


class BookingCalls:
    """The handlers; the services that can be booked lie among the records of the office."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        one = "/calendars/services/bookings/{bookingId}"
        return {
            "GET /calendars/services/bookings": self._list,
            "POST /calendars/services/bookings": lambda _, body: self.add(as_object(body)),
            f"GET {one}": lambda request, _: self._one(request),
            f"PUT {one}": self._update,
            f"DELETE {one}": self._delete,
        }

    def seed(self) -> None:
        """One booking in the customer's own house."""
        begins, ends = "2026-12-01T10:00:00-05:00", "2026-12-01T11:00:00-05:00"
        asked: JSONObject = {"contactId": ADA, "startTime": begins, "endTime": ends, "services": [{"id": SERVICE}]}
        self.add({**asked, "timezone": "America/New_York", "title": "Gutter cleaning", "status": "confirmed"}, id=BOOKING)

    def add(self, asked: JSONObject, *, id: str = "") -> JSONObject:
        self._where.contact(str(asked["contactId"]))
        at = iso(self._where.now())
        made: JSONObject = {
            "status": "new",
            "title": "",
            "serviceLocationId": "sErLoC000000000000A1",
            **asked,
            "services": self._planned(asked),
            "bookingId": id or fresh("b").removeprefix("b_"),
            "locationId": self._where.location,
            "createdBy": {"source": "public_api"},
            "deleted": False,
            "dateAdded": at,
            "dateUpdated": at,
        }
        self._where.held().put(_BOOKINGS, str(made["bookingId"]), made)
        return made

    def _planned(self, asked: JSONObject) -> list[JSON]:
        """Each service begins when the one before it ends."""
        planned: list[JSON] = []
        begins = datetime.fromisoformat(str(asked["startTime"]))
        for wanted in map(as_object, as_list(asked["services"])):
            known = self._where.held().get(_CATALOG, str(wanted["id"]))
            if known is None:
                raise Refused(400, "Service not found")
            ends = begins + timedelta(minutes=int(str(known["serviceDuration"])))
            planned.append(
                {
                    "id": known["id"],
                    "serviceCategoryId": known["serviceCategoryId"],
                    "serviceStaffId": wanted.get("staffId") or as_object(as_list(known["staff"])[0])["id"],
                    "serviceStartTime": begins.isoformat(),
                    "serviceEndTime": ends.isoformat(),
                }
            )
            begins = ends
        return planned

    def _list(self, request: Request, _: JSON) -> JSON:
        since, until = (int(request.query_params[name]) / 1000 for name in ("startTime", "endTime"))
        every = self._where.held().all(_BOOKINGS)
        return {"bookings": [one for one in every if since <= datetime.fromisoformat(str(one["startTime"])).timestamp() < until]}

    def _one(self, request: Request) -> JSONObject:
        found = self._where.held().get(_BOOKINGS, request.path_params["bookingId"])
        if found is None:
            raise Refused(404, "Booking not found")
        return found

    def _update(self, request: Request, body: JSON) -> JSON:
        found, asked = self._one(request), as_object(body)
        moved = {**found, **asked}
        found.update({**asked, "services": self._planned(moved), "dateUpdated": iso(self._where.now())})
        return found

    def _delete(self, request: Request, _: JSON) -> JSON:
        self._where.held().remove(_BOOKINGS, str(self._one(request)["bookingId"]))
        return {"success": True, "message": "Booking deleted"}
