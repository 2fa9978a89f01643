"""How the simulated sub-account answers about custom fields: their definitions, and files uploaded for one of them."""

import re
from collections.abc import Callable, Mapping
from uuid import uuid4

from starlette.requests import Request

from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.records import Records
from trunkline.testing.simulation import Handler


class FieldCalls:
    """The handlers; definitions lie among the records the fake keeps by itself, which `held` gives."""

    def __init__(self, held: Callable[[], Records], location: str) -> None:
        self.uploads: dict[str, str] = {}
        """Addresses of uploaded files, each with the record it was uploaded for."""
        self._held = held
        self._place = f"/locations/{location}/customFields"

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "GET /locations/{locationId}/customFields": self._list,
            "POST /locations/{locationId}/customFields": self._create,
            "POST /locations/{locationId}/customFields/upload": self._upload,
            "GET /custom-fields/object-key/{objectKey}": self._of_object,
        }

    def takes(self, field_id: JSON) -> bool:
        """Whether there is such a field; with none defined at all, any will do."""
        known = self._held().all(self._place)
        return not known or any(one["id"] == field_id for one in known)

    def _list(self, request: Request, _: JSON) -> JSON:
        """Those of contacts unless the query asks for others."""
        model = request.query_params.get("model", "contact")
        return {"customFields": [one for one in self._held().all(self._place) if model in ("all", one.get("model"))]}

    def _create(self, _: Request, body: JSON) -> JSON:
        asked = as_object(body)
        model, id = str(asked.get("model", "contact")), fresh("f").removeprefix("f_")
        key = str(asked.get("fieldKey") or re.sub(r"\W+", "_", str(asked["name"]).lower()))
        field: JSONObject = {
            **{name: value for name, value in asked.items() if name in ("name", "dataType", "placeholder", "position", "parentId")},
            "id": id,
            "model": model,
            "fieldKey": f"{model}.{key.removeprefix(f'{model}.')}",
            "picklistOptions": as_list(asked.get("options")),
        }
        self._held().put(self._place, id, field)
        return {"customField": field}

    def _upload(self, request: Request, body: JSON) -> JSON:
        """Any part that is no field of the form is a file, named by its field and an id."""
        parts = as_object(body)
        names = [name for name in parts if name not in ("id", "maxFiles")]
        urls = {name: f"https://storage.example.com/custom-field/{uuid4()}" for name in names}
        self.uploads.update(dict.fromkeys(urls.values(), str(parts.get("id"))))
        meta: list[JSON] = [
            {"fieldname": name, "originalname": parts[name], "encoding": "7bit", "mimetype": "text/plain", "url": urls[name]}
            for name in names
        ]
        return {"uploadedFiles": {**urls}, "meta": meta}

    def _of_object(self, request: Request, _: JSON) -> JSON:
        key = request.path_params["objectKey"]
        found = [one for one in self._held().all("/custom-fields") if one.get("objectKey") == key]
        return {"fields": [*found], "folders": []}
