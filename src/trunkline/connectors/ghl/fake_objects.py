"""How the simulated sub-account keeps records of custom objects: properties by key, merged when changed, refused when unknown."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.clock import iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

_PEOPLE: Final = ("owner", "followers")
_EMPTY: Final[tuple[JSON, ...]] = (None, "", [], {})
_APP: Final[JSONObject] = {"channel": "OAUTH", "source": "INTEGRATION", "sourceId": "trunkline"}


class ObjectCalls:
    """The handlers; the first records lie among those of the office."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        every, one = "/objects/{schemaKey}/records", "/objects/{schemaKey}/records/{id}"
        return {
            f"POST {every}": self._create,
            f"GET {one}": lambda request, _: {"record": self._one(request)},
            f"PUT {one}": self._update,
            f"DELETE {one}": self._delete,
        }

    def seed(self) -> None:
        """What there is lies among the records of the office."""

    def _create(self, request: Request, body: JSON) -> JSON:
        asked, at, key = as_object(body), iso(self._where.now()), request.path_params["schemaKey"]
        made: JSONObject = {
            "owner": [],
            "followers": [],
            **{name: asked[name] for name in _PEOPLE if name in asked},
            "id": fresh("r").removeprefix("r_"),
            "locationId": self._where.location,
            "objectId": key,
            "objectKey": key,
            "properties": self._merged({}, key, asked),
            "createdBy": {**_APP, "createdAt": at},
            "lastUpdatedBy": {**_APP, "createdAt": at},
            **dict.fromkeys(("dateAdded", "dateUpdated", "createdAt", "updatedAt"), at),
        }
        self._where.held().put(_place(request), str(made["id"]), made)
        self._tell("RecordCreate", made)
        return {"record": made}

    def _update(self, request: Request, body: JSON) -> JSON:
        found, asked, at = self._one(request), as_object(body), iso(self._where.now())
        kept = self._merged(as_object(found["properties"]), request.path_params["schemaKey"], asked)
        found.update({**{name: asked[name] for name in _PEOPLE if name in asked}, "properties": kept})
        found.update({"dateUpdated": at, "updatedAt": at, "lastUpdatedBy": {**_APP, "createdAt": at}})
        self._tell("RecordUpdate", found)
        return {"record": found}

    def _delete(self, request: Request, _: JSON) -> JSON:
        found = self._one(request)
        self._where.held().remove(_place(request), str(found["id"]))
        self._tell("RecordDelete", found)
        return {"id": found["id"], "success": True}

    def _one(self, request: Request) -> JSONObject:
        found = self._where.held().get(_place(request), request.path_params["id"])
        if found is None:
            raise Refused(404, "Record not found")
        return found

    def _merged(self, held: JSONObject, key: str, asked: JSONObject) -> JSONObject:
        """What is held, with what is asked for; empty properties are not kept."""
        given = as_object(asked.get("properties"))
        known = {str(one["fieldKey"]) for one in self._where.held().all("/custom-fields") if one.get("objectKey") == key}
        unknown = [name for name in given if not known & {f"{key}.{name}", f"{key}.{name.partition('.')[0]}"}]
        if unknown:
            raise Refused(422, [f"property {name} is not part of {key}" for name in unknown])
        return {name: value for name, value in {**held, **given}.items() if value not in _EMPTY}

    def _tell(self, kind: str, record: JSONObject) -> None:
        properties: list[JSON] = [{"key": key, "valueString": str(value)} for key, value in as_object(record["properties"]).items()]
        told: JSONObject = {
            "id": record["id"],
            "owners": record["owner"],
            "followers": as_list(record["followers"]),
            "properties": properties,
        }
        self._where.announce(kind, told)


def _place(request: Request) -> str:
    return f"/objects/{request.path_params['schemaKey']}/records"
