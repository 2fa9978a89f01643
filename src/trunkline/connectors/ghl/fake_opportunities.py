"""How the simulated sub-account answers about opportunities: two searches, an upsert by contact and pipeline, followers."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import Instant, from_iso, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps
from trunkline.testing.simulation import Handler

PIPELINE: Final = "pIpElInE000000000001"
STAGE: Final = "sTaGe0000000000000A1"
OPPORTUNITY: Final = "oPpOrTuNiTy00000000A1"
_OPPORTUNITIES: Final = "/opportunities"
_PIPELINES: Final = "/opportunities/pipelines"
_FIELDS: Final = frozenset(("pipelineId", "pipelineStageId", "name", "status", "monetaryValue", "assignedTo", "contactId", "lostReasonId"))
_FILTERS: Final = {
    "pipeline_id": "pipelineId",
    "pipeline_stage_id": "pipelineStageId",
    "contact_id": "contactId",
    "assigned_to": "assignedTo",
    "id": "id",
    "status": "status",
}
_EMPTY: Final[tuple[JSON, ...]] = (None, "", [], {})
_EVENTS: Final = {
    "status": "OpportunityStatusUpdate",
    "pipelineStageId": "OpportunityStageUpdate",
    "monetaryValue": "OpportunityMonetaryValueUpdate",
    "assignedTo": "OpportunityAssignedToUpdate",
}
"""Besides the update itself, what else is announced when a field changes."""


class OpportunityCalls:
    """The handlers."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        one = "/opportunities/{id}"
        return {
            "GET /opportunities/search": self._search,
            "POST /opportunities/search": self._search_deep,
            "POST /opportunities/": lambda _, body: {"opportunity": self.add(as_object(body))},
            "POST /opportunities/upsert": self._upsert,
            f"GET {one}": lambda request, _: {"opportunity": self._one(request)},
            f"PUT {one}": lambda request, body: {"opportunity": self.change(self._one(request), as_object(body))},
            f"DELETE {one}": self._delete,
            f"PUT {one}/status": self._status,
            f"POST {one}/followers": self._follow,
            f"DELETE {one}/followers": self._unfollow,
        }

    def seed(self) -> None:
        """One open opportunity."""
        roof: JSONObject = {"name": "New roof", "pipelineId": PIPELINE, "contactId": ADA, "status": "open", "monetaryValue": 12000}
        self.add(roof, id=OPPORTUNITY, at=from_iso("2026-11-02T14:03:11.204Z"))

    def add(self, fields: JSONObject, *, id: str = "", at: Instant | None = None) -> JSONObject:
        """A new one; its stage is the pipeline's first unless it says otherwise."""
        pipeline, person = self._pipeline(str(fields["pipelineId"])), self._where.contact(str(fields["contactId"]))
        made_at = iso(self._where.now() if at is None else at)
        name = " ".join(str(person[part]) for part in ("firstName", "lastName") if person.get(part))
        made: JSONObject = {
            "pipelineStageId": as_object(as_list(pipeline["stages"])[0])["id"],
            "status": "open",
            "monetaryValue": 0,
            **{name: value for name, value in fields.items() if name in _FIELDS},
            "id": id or fresh("o").removeprefix("o_"),
            "locationId": self._where.location,
            "contact": {"id": person["id"], "name": name, "email": person.get("email") or "", "phone": person.get("phone") or ""},
            "customFields": _held_fields(fields),
            "followers": as_list(fields.get("followers")),
            **dict.fromkeys(("createdAt", "updatedAt", "lastStatusChangeAt", "lastStageChangeAt"), made_at),
        }
        self._where.held().put(_OPPORTUNITIES, str(made["id"]), made)
        self._where.announce("OpportunityCreate", made)
        return made

    def change(self, found: JSONObject, fields: JSONObject) -> JSONObject:
        """Changes what is named and announces each thing that is no longer as it was."""
        before = dict(found)
        if fields.get("pipelineId"):
            self._pipeline(str(fields["pipelineId"]))
        found.update({name: value for name, value in fields.items() if name in _FIELDS})
        written = {as_object(one)["id"]: one for one in as_list(found["customFields"])} if "customFields" in fields else {}
        if "customFields" in fields:
            written.update({as_object(one)["id"]: one for one in _held_fields(fields)})
            gone = {str(as_object(one).get("id")) for one in as_list(fields["customFields"]) if as_object(one).get("field_value") in _EMPTY}
            found["customFields"] = [one for id, one in written.items() if str(id) not in gone]
        found["updatedAt"] = iso(self._where.now())
        changed = [event for name, event in _EVENTS.items() if found.get(name) != before.get(name)]
        for event in [*changed, "OpportunityUpdate"]:
            self._where.announce(event, found)
        return found

    # ── searches ──

    def _search(self, request: Request, _: JSON) -> JSON:
        """Newest first; the next page starts after the time and id of the last one, or at a page number."""
        query = request.query_params
        found = [one for one in self._newest_first() if _fits(one, query)]
        size, after = int(query.get("limit", 20)), query.get("startAfterId")
        if not 1 <= size <= 100:
            raise Refused(422, ["limit must not be greater than 100"])
        ids = [one["id"] for one in found]
        begin = ids.index(after) + 1 if after in ids else max(0, int(float(query.get("page", 1))) - 1) * size
        page = found[begin : begin + size]
        more = begin + size < len(found)
        meta: JSONObject = {"total": len(found), "currentPage": begin // size + 1}
        if more:
            meta.update(nextPage=begin // size + 2, startAfterId=page[-1]["id"], startAfter=_counted(page[-1]))
        return {"opportunities": [*page], "meta": meta}

    def _search_deep(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        words, size = str(asked.get("query") or "").lower(), int(str(asked.get("limit", 20)))
        found = [one for one in self._newest_first() if words in _told(one)]
        after = as_list(asked.get("searchAfter"))
        ids = [one["id"] for one in found]
        begin = ids.index(after[-1]) + 1 if after else (int(str(asked.get("page", 1))) - 1) * size
        page: list[JSON] = [{**one, "sort": [_counted(one), one["id"]]} for one in found[begin : begin + size]]
        return {"opportunities": page, "total": len(found), "aggregations": {}}

    def _newest_first(self) -> list[JSONObject]:
        return list(reversed(self._where.held().all(_OPPORTUNITIES)))

    # ── one ──

    def _pipeline(self, id: str) -> JSONObject:
        found = self._where.held().get(_PIPELINES, id)
        if found is None:
            raise Refused(400, "The pipeline id is invalid.")
        return found

    def _one(self, request: Request) -> JSONObject:
        found = self._where.held().get(_OPPORTUNITIES, request.path_params["id"])
        if found is None:
            raise Refused(404, "Opportunity not found")
        return found

    def _upsert(self, _: Request, body: JSON) -> Response:
        """By id, else the contact's open one in that pipeline."""
        asked = as_object(body)
        known = self._where.held().get(_OPPORTUNITIES, str(asked.get("id")))
        for one in self._newest_first():
            alike = all(one[name] == asked.get(name) for name in ("contactId", "pipelineId")) and one["status"] == "open"
            known = one if known is None and alike else known
        if known is None and not asked.get("contactId"):
            raise Refused(422, ["contactId must be a string"])
        answer = self.add(asked) if known is None else self.change(known, asked)
        return Response(dumps({"opportunity": answer, "new": known is None}), status_code=200, media_type="application/json")

    def _delete(self, request: Request, _: JSON) -> JSON:
        found = self._one(request)
        self._where.held().remove(_OPPORTUNITIES, str(found["id"]))
        self._where.announce("OpportunityDelete", found)
        return {"succeded": True}

    def _status(self, request: Request, body: JSON) -> JSON:
        self.change(self._one(request), as_object(body))
        return {"succeded": True}

    def _follow(self, request: Request, body: JSON) -> JSON:
        found = self._one(request)
        there = as_list(found["followers"])
        added = [user for user in as_list(as_object(body)["followers"]) if user not in there]
        found["followers"] = [*there, *added]
        return {"followers": found["followers"], "followersAdded": added}

    def _unfollow(self, request: Request, body: JSON) -> JSON:
        found = self._one(request)
        there = as_list(found["followers"])
        every = request.query_params.get("isRemoveAllFollowers") == "true"
        gone = [user for user in there if every or user in as_list(as_object(body)["followers"])]
        found["followers"] = [user for user in there if user not in gone]
        return {"followers": found["followers"], "followersRemoved": gone}


def pipelines(location: str) -> Mapping[str, list[JSONObject]]:
    """What there is besides opportunities, by the path of its collection."""
    stages: list[JSON] = [{"id": STAGE, "name": "New", "position": 0}, {"id": "sTaGe0000000000000B2", "name": "Quoted", "position": 1}]
    at = "2026-10-01T08:00:00.000Z"
    return {
        "opportunities/pipelines": [{"id": PIPELINE, "name": "Sales", "locationId": location, "stages": stages}],
        "opportunities/lost-reason": [
            {"id": "lOsTrEaSoN00000000A1", "name": "Too dear", "locationId": location, "createdAt": at, "updatedAt": at}
        ],
    }


def _held_fields(fields: JSONObject) -> list[JSON]:
    """They are written as `field_value` and read as `fieldValue`; one without a value is not told."""
    given = [(as_object(one), as_object(one).get("field_value")) for one in as_list(fields.get("customFields"))]
    return [{"id": one.get("id", one.get("key")), "fieldValue": value} for one, value in given if value not in _EMPTY]


def _fits(one: JSONObject, query: Mapping[str, str]) -> bool:
    asked = {field: query[name] for name, field in _FILTERS.items() if query.get(name) not in (None, "", "all")}
    return all(one.get(field) == value for field, value in asked.items()) and query.get("q", "").lower() in _told(one)


def _told(one: JSONObject) -> str:
    return " ".join(str(value) for value in (one.get("name"), *as_object(one.get("contact")).values())).lower()


def _counted(one: JSONObject) -> int:
    return from_iso(str(one["createdAt"])) // 1000
