"""How the simulated sub-account answers where its description is too thin to follow: funnels, redirects, media, figures, settings."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_where import Where
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.testing.simulation import Handler

_FUNNELS: Final = "/funnels/funnel"
_PAGES: Final = "/funnels/page"
_REDIRECTS: Final = "/funnels/lookup/redirect"
_FILES: Final = "/medias"
_LINKS: Final = "/links"


class SiteCalls:
    """The handlers."""

    def __init__(self, where: Where) -> None:
        self._where = where

    def handlers(self) -> Mapping[str, Handler]:
        redirect = "/funnels/lookup/redirect/{id}"
        return {
            "GET /links/id/{linkId}": lambda request, _: {"link": self._one(_LINKS, request.path_params["linkId"])},
            "GET /funnels/funnel/list": self._list_funnels,
            "GET /funnels/page": lambda request, _: _page(self._of_funnel(request), request),
            "GET /funnels/page/count": lambda request, _: {"count": len(self._of_funnel(request))},
            "GET /funnels/lookup/redirect/list": self._list_redirects,
            "POST /funnels/lookup/redirect": self._create_redirect,
            f"PATCH {redirect}": self._update_redirect,
            f"DELETE {redirect}": self._delete_redirect,
            "GET /medias/files": lambda request, _: {"files": _page(self._where.held().all(_FILES), request)},
            "POST /medias/upload-file": self._upload,
            "POST /medias/{id}": self._rename,
            "DELETE /medias/{id}": self._delete_file,
        }

    def seed(self) -> None:
        """What there is lies among the records of the office."""

    def _one(self, collection: str, id: str) -> JSONObject:
        found = self._where.held().get(collection, id)
        if found is None:
            raise Refused(404, "Not found")
        return found

    # ── funnels ──

    def _list_funnels(self, request: Request, _: JSON) -> JSON:
        kind, found = request.query_params.get("type"), self._where.held().all(_FUNNELS)
        found = [one for one in found if kind in (None, "", one["type"])]
        return {"funnels": _page(found, request), "count": len(found), "traceId": fresh("t")}

    def _of_funnel(self, request: Request) -> list[JSONObject]:
        return [one for one in self._where.held().all(_PAGES) if one["funnelId"] == request.query_params["funnelId"]]

    # ── redirects ──

    def _list_redirects(self, request: Request, _: JSON) -> JSON:
        found = self._where.held().all(_REDIRECTS)
        return {"data": {"count": len(found), "data": _page(found, request)}}

    def _create_redirect(self, _: Request, body: JSON) -> JSON:
        asked, id = as_object(body), fresh("r").removeprefix("r_")
        made: JSONObject = {**asked, "id": id, "pathLowercase": str(asked["path"]).lower(), "type": "Permanent"}
        self._where.held().put(_REDIRECTS, id, made)
        return {"data": made}

    def _update_redirect(self, request: Request, body: JSON) -> JSON:
        found = self._one(_REDIRECTS, request.path_params["id"])
        found.update(as_object(body))
        return {"data": found}

    def _delete_redirect(self, request: Request, _: JSON) -> JSON:
        self._where.held().remove(_REDIRECTS, str(self._one(_REDIRECTS, request.path_params["id"])["id"]))
        return {"data": {"status": "ok"}}

    # ── media ──

    def _upload(self, _: Request, body: JSON) -> JSON:
        asked, id = as_object(body), fresh("f").removeprefix("f_")
        url = f"https://storage.example.com/{self._where.location}/{id}"
        self._where.held().put(_FILES, id, {"_id": id, "name": asked.get("name") or asked.get("file"), "url": url, "type": "file"})
        return {"fileId": id, "url": url}

    def _rename(self, request: Request, body: JSON) -> JSON:
        found = self._one(_FILES, request.path_params["id"])
        found["name"] = as_object(body)["name"]
        return found

    def _delete_file(self, request: Request, _: JSON) -> JSON:
        self._where.held().remove(_FILES, str(self._one(_FILES, request.path_params["id"])["_id"]))
        return {"success": True}


def _page(found: Sequence[JSONObject], request: Request) -> list[JSON]:
    begin = int(request.query_params.get("offset", 0))
    return [*found[begin : begin + int(request.query_params.get("limit", 20))]]
