"""How the simulated agency answers about SaaS mode and the pushes of its snapshots."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import COMPANY
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

SOLD: Final = "LoCaTiOn0000000000B2"
"""The sub-account that pays."""
PLAN: Final = "pLaN00000000000000A1"
SNAPSHOT: Final = "sNaPsHoT0000000000A1"
_SOLD: Final = "/saas/locations"
_PLANS: Final = "/saas/plans"
_PUSHES: Final = "/snapshots/pushes"


class AgencyCalls:
    """The handlers."""

    def __init__(self, where: Where) -> None:
        self.size = 10
        """How many sub-accounts a page tells of; nobody can ask for more or less."""
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        pushes = "/snapshots/snapshot-status/{snapshotId}"
        return {
            "GET /saas/locations": self._find,
            "GET /saas/saas-locations/{companyId}": self._list,
            "GET /saas/get-saas-subscription/{locationId}": lambda request, _: self._location(request.path_params["locationId"]),
            "PUT /saas/update-saas-subscription/{locationId}": self._subscribe,
            "POST /saas/enable-saas/{locationId}": self._enable,
            "POST /saas/bulk-enable-saas/{companyId}": self._enable_all,
            "POST /saas/bulk-disable-saas/{companyId}": self._disable_all,
            "POST /saas/pause/{locationId}": self._pause,
            "GET /saas/agency-plans/{companyId}": self._list_plans,
            "GET /saas/saas-plan/{planId}": self._plan,
            f"GET {pushes}": self._pushed,
            f"GET {pushes}/location/{{locationId}}": self._pushed_to,
        }

    def seed(self) -> None:
        """One sub-account that pays for the one plan there is, and to which the one snapshot was pushed."""
        sold: JSONObject = {"companyId": COMPANY, "saasMode": "activated", "subscriptionId": "sub_000001", "customerId": "cus_000001"}
        self._where.held().put(_SOLD, SOLD, {"locationId": SOLD, **sold, "isSaaSV2": True, "name": "Miller Solar", "saasPlanId": PLAN})
        self._where.held().put(_PLANS, PLAN, {"planId": PLAN, "companyId": COMPANY, "title": "Starter", "prices": [{"amount": 97}]})
        self._where.held().put("/snapshots", SNAPSHOT, {"id": SNAPSHOT, "name": "Roofers", "type": "own"})
        self.pushed("pUsH00000000000000A1", SOLD)

    def pushed(self, id: str, location: str, at: str = "2026-11-10T08:00:00.000Z") -> None:
        """A push of the snapshot to a sub-account."""
        self._where.held().put(
            _PUSHES, id, {"id": id, "locationId": location, "status": "completed", "dateAdded": at, "snapshotId": SNAPSHOT}
        )

    # ── SaaS ──

    def _location(self, id: str) -> JSONObject:
        found = self._where.held().get(_SOLD, id)
        if found is None:
            raise Refused(404, "Location not found")
        return found

    def _find(self, request: Request, _: JSON) -> JSON:
        asked = {name: request.query_params.get(name) for name in ("customerId", "subscriptionId")}
        found = [one for one in self._where.held().all(_SOLD) if all(value in (None, one.get(name)) for name, value in asked.items())]
        return [one["locationId"] for one in found]

    def _list(self, request: Request, _: JSON) -> JSON:
        page, found = int(request.query_params["page"]), self._where.held().all(_SOLD)
        begin = (page - 1) * self.size
        place: JSONObject = {
            "page": page,
            "limit": self.size,
            "total": len(found),
            "hasNext": begin + self.size < len(found),
            "hasPrev": page > 1,
        }
        return {"locations": [*found[begin : begin + self.size]], "pagination": place}

    def _subscribe(self, request: Request, body: JSON) -> JSON:
        self._location(request.path_params["locationId"]).update(as_object(body))
        return {"success": True}

    def _enable(self, request: Request, body: JSON) -> JSON:
        self._switch(request.path_params["locationId"], "activated", as_object(body))
        return {"success": True}

    def _enable_all(self, _: Request, body: JSON) -> JSON:
        for id in as_list(as_object(body)["locationIds"]):
            self._switch(str(id), "activated", as_object(as_object(body).get("actionPayload")))
        return {"success": True, "message": "SaaS is being enabled"}

    def _disable_all(self, _: Request, body: JSON) -> JSON:
        for id in as_list(as_object(body)["locationIds"]):
            self._switch(str(id), "not_activated", {})
        return {"success": True}

    def _switch(self, id: str, mode: str, more: JSONObject) -> None:
        known = self._where.held().get(_SOLD, id) or {"locationId": id, "companyId": COMPANY}
        self._where.held().put(_SOLD, id, {**known, **more, "saasMode": mode})

    def _pause(self, request: Request, body: JSON) -> JSON:
        self._location(request.path_params["locationId"])["paused"] = as_object(body)["paused"]
        return {"success": True}

    def _list_plans(self, _: Request, body: JSON) -> JSON:
        return [*self._where.held().all(_PLANS)]

    def _plan(self, request: Request, _: JSON) -> JSON:
        found = self._where.held().get(_PLANS, request.path_params["planId"])
        if found is None:
            raise Refused(404, "Plan not found")
        return found

    # ── snapshots ──

    def _pushed(self, request: Request, _: JSON) -> JSON:
        """Newest first, from after the last one that is known."""
        query = request.query_params
        found = [
            one
            for one in reversed(self._where.held().all(_PUSHES))
            if one["snapshotId"] == request.path_params["snapshotId"] and query["from"] <= str(one["dateAdded"]) <= f"{query['to']}Z"
        ]
        ids = [one["id"] for one in found]
        begin = ids.index(query["lastDoc"]) + 1 if query.get("lastDoc") in ids else 0
        return {"data": [*found[begin : begin + int(query["limit"])]]}

    def _pushed_to(self, request: Request, _: JSON) -> JSON:
        for one in reversed(self._where.held().all(_PUSHES)):
            if all(one[name] == request.path_params[name] for name in ("snapshotId", "locationId")):
                return {"data": {**one, "completed": ["calendars", "workflows"], "pending": []}}
        raise Refused(404, "Snapshot push not found")
