"""How the simulated sub-account answers about associations and relations: lists under a name, the same link refused twice."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import ADA
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.simulation import Handler

ASSOCIATION: Final = "aSsOc0000000000000A1"
RELATION: Final = "rElAtIoN000000000001"
PET: Final = "rEcOrD000000000000A1"
_ASSOCIATIONS: Final = "/associations"
_RELATIONS: Final = "/associations/relations"
_OBJECTS: Final = ("firstObjectKey", "secondObjectKey")
_RECORDS: Final = ("firstRecordId", "secondRecordId")


class AssociationCalls:
    """The handlers."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        one = "/associations/{associationId}"
        return {
            "GET /associations/": lambda request, _: _paged(self._where.held().all(_ASSOCIATIONS), "associations", request),
            "POST /associations/": self._create,
            f"GET {one}": lambda request, _: self._one(request.path_params["associationId"]),
            f"PUT {one}": self._update,
            f"DELETE {one}": self._delete,
            "GET /associations/key/{key_name}": self._by_key,
            "GET /associations/objectKey/{objectKey}": self._by_object,
            "POST /associations/relations": self._link,
            "GET /associations/relations/{recordId}": self._links,
            "DELETE /associations/relations/{relationId}": self._unlink,
        }

    def seed(self) -> None:
        """Contacts own pets, and Ada owns one."""
        kind: JSONObject = {"key": "owner_of_pet", "firstObjectKey": "contact", "firstObjectLabel": "Owner", "secondObjectLabel": "Pet"}
        self._made({**kind, "secondObjectKey": "custom_objects.pet"}, ASSOCIATION)
        self._linked({"associationId": ASSOCIATION, "firstRecordId": ADA, "secondRecordId": PET}, RELATION)

    # ── kinds of links ──

    def _made(self, fields: JSONObject, id: str) -> JSONObject:
        made: JSONObject = {**fields, "id": id, "locationId": self._where.location, "associationType": "USER_DEFINED"}
        self._where.held().put(_ASSOCIATIONS, id, made)
        return made

    def _create(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        if any(one["key"] == asked["key"] for one in self._where.held().all(_ASSOCIATIONS)):
            raise Refused(400, "An association with this key exists already")
        return self._made(asked, fresh("a").removeprefix("a_"))

    def _one(self, id: str) -> JSONObject:
        found = self._where.held().get(_ASSOCIATIONS, id)
        if found is None:
            raise Refused(404, "Association not found")
        return found

    def _update(self, request: Request, body: JSON) -> JSON:
        found = self._one(request.path_params["associationId"])
        found.update(as_object(body))
        return found

    def _delete(self, request: Request, _: JSON) -> JSON:
        id = str(self._one(request.path_params["associationId"])["id"])
        self._where.held().remove(_ASSOCIATIONS, id)
        for relation in self._where.held().all(_RELATIONS):
            if relation["associationId"] == id:
                self._where.held().remove(_RELATIONS, str(relation["id"]))
        return {"deleted": True, "id": id, "message": "Association deleted"}

    def _by_key(self, request: Request, _: JSON) -> JSON:
        found = next((one for one in self._where.held().all(_ASSOCIATIONS) if one["key"] == request.path_params["key_name"]), None)
        if found is None:
            raise Refused(404, "Association not found")
        return found

    def _by_object(self, request: Request, _: JSON) -> JSON:
        key = request.path_params["objectKey"]
        return [one for one in self._where.held().all(_ASSOCIATIONS) if key in (one[name] for name in _OBJECTS)]

    # ── links ──

    def _linked(self, fields: JSONObject, id: str) -> JSONObject:
        kind = self._one(str(fields["associationId"]))
        made: JSONObject = {**fields, "id": id, "locationId": self._where.location, **{name: kind[name] for name in _OBJECTS}}
        self._where.held().put(_RELATIONS, id, made)
        return made

    def _link(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        names = ("associationId", *_RECORDS)
        if any(all(one[name] == asked[name] for name in names) for one in self._where.held().all(_RELATIONS)):
            raise Refused(400, "Relation already exists")
        return self._linked(asked, fresh("r").removeprefix("r_"))

    def _links(self, request: Request, _: JSON) -> JSON:
        record, kinds = request.path_params["recordId"], request.query_params.getlist("associationIds")
        found = [one for one in self._where.held().all(_RELATIONS) if record in (one[name] for name in _RECORDS)]
        return _paged([one for one in found if not kinds or one["associationId"] in kinds], "relations", request)

    def _unlink(self, request: Request, _: JSON) -> JSON:
        id = request.path_params["relationId"]
        found = self._where.held().get(_RELATIONS, id)
        if found is None:
            raise Refused(404, "Relation not found")
        self._where.held().remove(_RELATIONS, id)
        return found


def _paged(found: list[JSONObject], name: str, request: Request) -> JSON:
    begin = int(request.query_params["skip"])
    return {name: [*found[begin : begin + int(request.query_params["limit"])]], "total": len(found)}
