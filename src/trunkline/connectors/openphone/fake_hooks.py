"""The webhooks of a simulated workspace that were made by API: two generations that do not see each other."""

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.openphone.fake_activity import USER_ID
from trunkline.connectors.openphone.fake_lists import Problem, Refused, commas, dated_page, within
from trunkline.model.clock import Instant, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

MOST: Final = 50
_LEGACY: Final = ("messages", "calls", "call-summaries", "call-transcripts")


def new_key() -> str:
    """A signing key of the current generation."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


class Hooks:
    """Webhooks by id with their keys. `test` sends a sample event; `changed` is told when one was made, changed or removed."""

    def __init__(self, *, now: Callable[[], Instant], test: Callable[[str], None], changed: Callable[[], None]) -> None:
        self.current: dict[str, JSONObject] = {}
        self.legacy: dict[str, JSONObject] = {}
        self.deliveries: dict[str, list[JSONObject]] = {}
        self._now = now
        self._test = test
        self._changed = changed

    def note(self, event: str) -> bool:
        """Write a delivery down for each webhook that wants the event; whether one does, or none made by API is enabled."""
        enabled = [one for one in (*self.current.values(), *self.legacy.values()) if one["status"] == "enabled"]
        listening = [one for one in enabled if event in as_list(one["events"])]
        for one in listening:
            self._log(str(one["id"]), event)
        return bool(listening) or not enabled

    def _log(self, id: str, event: str) -> JSONObject:
        delivery: JSONObject = {"id": fresh("WD"), "eventType": event, "status": "success", "createdAt": iso(self._now())}
        self.deliveries.setdefault(id, []).append(delivery)
        return delivery

    def handlers(self) -> Mapping[str, Handler]:
        made: dict[str, Handler] = {f"POST /v1/webhooks/{kind}": self._create_legacy for kind in _LEGACY}
        return {
            **made,
            "GET /v1/webhooks": lambda _, __: {"data": [*self.legacy.values()]},
            "GET /v1/webhooks/{id}": lambda request, _: {"data": self._legacy(request)},
            "DELETE /v1/webhooks/{id}": self._delete_legacy,
            "GET /webhooks": lambda _, __: {"data": [_shown(one) for one in self.current.values()]},
            "POST /webhooks": self._create,
            "GET /webhooks/{webhookId}": lambda request, _: {"data": _shown(self._of(request))},
            "PATCH /webhooks/{webhookId}": self._change,
            "DELETE /webhooks/{webhookId}": self._delete,
            "POST /webhooks/{webhookId}/rotate": self._rotate,
            "POST /webhooks/{webhookId}/events/test": self._send_test,
            "GET /webhooks/{webhookId}/events": self._list_deliveries,
            "GET /webhooks/{webhookId}/events/{deliveryId}": lambda request, _: {"data": self._delivery(request)},
            "POST /webhooks/{webhookId}/events/{deliveryId}/retry": self._retry,
        }

    # ── the current generation ──

    def _of(self, request: Request) -> JSONObject:
        id = request.path_params["webhookId"]
        if id not in self.current:
            raise Refused(404, "Webhook not found")
        return self.current[id]

    def _create(self, _: Request, body: JSON) -> JSON:
        if len(self.current) >= MOST:
            raise Refused(400, "Webhook limit reached")
        return {"data": self.add(as_object(body), id=str(9000000000 + len(self.current) + 1))}

    def add(self, given: JSONObject, *, id: str) -> JSONObject:
        """A webhook of the current generation."""
        at = iso(self._now())
        hook: JSONObject = {
            "id": id,
            "orgId": "ORfake0001",
            "label": given.get("label"),
            "status": given.get("status", "enabled"),
            "url": given["url"],
            "apiVersion": "2026-03-30",
            "events": given["events"],
            "resourceIds": given.get("resourceIds", ["*"]),
            "createdAt": at,
            "updatedAt": at,
            "key": new_key(),
        }
        self.current[id] = hook
        self._changed()
        return hook

    def _change(self, request: Request, body: JSON) -> JSON:
        hook = self._of(request)
        hook.update({**as_object(body), "updatedAt": iso(self._now())})
        self._changed()
        return {"data": _shown(hook)}

    def _delete(self, request: Request, _: JSON) -> None:
        del self.current[str(self._of(request)["id"])]
        self._changed()

    def _rotate(self, request: Request, _: JSON) -> JSON:
        hook = self._of(request)
        hook["key"] = new_key()
        self._changed()
        return {"data": hook}

    def _send_test(self, request: Request, body: JSON) -> JSON:
        event = str(as_object(body)["eventType"])
        self._log(str(self._of(request)["id"]), event)
        self._test(event)
        return {}

    def _list_deliveries(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        events = commas(query, "eventType[in]")
        found = [
            one
            for one in reversed(self.deliveries.get(str(self._of(request)["id"]), []))
            if within(one, query) and query.get("status", one["status"]) == one["status"] and (not events or one["eventType"] in events)
        ]
        return dated_page(found, query)

    def _delivery(self, request: Request) -> JSONObject:
        some = self.deliveries.get(str(self._of(request)["id"]), [])
        found = next((one for one in some if one["id"] == request.path_params["deliveryId"]), None)
        if found is None:
            raise Refused(404, "Delivery not found")
        return found

    def _retry(self, request: Request, _: JSON) -> JSON:
        self._test(str(self._delivery(request)["eventType"]))
        return {}

    # ── the legacy one ──

    def _legacy(self, request: Request) -> JSONObject:
        id = request.path_params["id"]
        if id not in self.legacy:
            raise Refused(404, "Webhook not found")
        return self.legacy[id]

    def _create_legacy(self, _: Request, body: JSON) -> JSON:
        given = as_object(body)
        if not given.get("resourceIds"):
            raise Refused(400, "Bad Request", problems=[Problem(path="/resourceIds", message="Nothing would be delivered")])
        return {"data": self.add_legacy(given, id=fresh("WH").replace("_", ""))}

    def add_legacy(self, given: JSONObject, *, id: str) -> JSONObject:
        """A webhook of the legacy generation."""
        at = iso(self._now())
        hook: JSONObject = {
            "id": id,
            "userId": given.get("userId", USER_ID),
            "orgId": "ORfake0001",
            "label": given.get("label"),
            "status": given.get("status", "enabled"),
            "url": given["url"],
            "key": base64.b64encode(secrets.token_bytes(32)).decode(),
            "createdAt": at,
            "updatedAt": at,
            "deletedAt": None,
            "events": given["events"],
            "resourceIds": given["resourceIds"],
        }
        self.legacy[id] = hook
        self._changed()
        return hook

    def _delete_legacy(self, request: Request, _: JSON) -> None:
        del self.legacy[str(self._legacy(request)["id"])]
        self._changed()


def _shown(hook: JSONObject) -> JSONObject:
    """The key is told only when it is made."""
    return {name: value for name, value in hook.items() if name != "key"}
